"""Imports: training histories from other services, sent as files. Importing a file again adds nothing."""

"""Imports: training histories that were kept elsewhere come in as files, once."""

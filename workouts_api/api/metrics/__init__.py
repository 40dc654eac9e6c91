"""Figures of the server for superusers."""

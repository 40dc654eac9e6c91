"""Tests of what deploy/ ships for containers and pipelines."""

"""What /api/v1 promises: the OpenAPI description of the last release, and what of it must not change."""

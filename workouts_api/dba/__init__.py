"""What a DBA uses: check, explain, show, psql, stubs, scale."""

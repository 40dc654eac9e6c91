"""Background jobs, kept by procrastinate in the database: deferred in SQL by what causes them, run by a worker."""

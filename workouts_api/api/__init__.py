"""The chapters: each has its routes, its schemas and, where there is logic, its rules."""

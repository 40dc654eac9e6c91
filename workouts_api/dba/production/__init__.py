"""The planner of production without its data: its statistics in a file, and a server that plans by them."""

"""Faults of every part, each with the real thing: what clients see, what is lost, how long it takes to recover."""

"""The whole road: trips, latency, a real history through the tunnel, contention, bad input."""

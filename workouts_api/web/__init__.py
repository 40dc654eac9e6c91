"""What every request passes: its frame, what comes in, what goes out, what goes wrong."""

"""What runs on a host: child processes, the embedded server, a machine without a deployment."""

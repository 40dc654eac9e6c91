"""The admin listener: health, metrics and what the threads do, on an address of its own that needs no worker."""

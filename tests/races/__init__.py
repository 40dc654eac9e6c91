"""Two at once, in the order that would hurt: a second connection holds a lock until the request waits for it."""

"""Guards against slower code that measure no time: what a request and a query file cost, counted."""

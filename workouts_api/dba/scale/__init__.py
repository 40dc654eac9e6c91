"""Training of any size, made up: fills a database so that its speed can be measured on as many sets as one likes."""

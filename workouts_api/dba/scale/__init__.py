"""Fills a database with made-up training of any size, so that its speed can be measured."""

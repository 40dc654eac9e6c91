"""``workouts doctor``: looks over one host and what it depends on, and says in a line each what is wrong.

Owns what is looked at and how it is judged. It changes nothing. A look that takes long has a bound in seconds, so that
the doctor also ends where other programs hang.
"""

"""``workouts smoke``: plays what a person does first against a served API: register, import, report, delete.

Owns the walk and a small client for it. It knows the API from outside alone, by HTTP.
"""

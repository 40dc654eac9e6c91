"""Invitations into teams, and to claim athletes, by mail and by code."""

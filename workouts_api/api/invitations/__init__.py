"""Invitations to join a team or to claim an athlete, by mail and by code."""

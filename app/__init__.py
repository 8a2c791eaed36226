"""Puts the house together."""

"""Tickets: issued, called, served; who is next, how long it takes, and what it all came to."""

"""Stories across the rooms, on the real server, with real sockets and a real browser."""

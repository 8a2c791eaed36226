"""The officer's face: the console that signs in, calls, serves and pauses."""

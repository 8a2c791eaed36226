"""The waiting room's face: who is called now, and where to."""

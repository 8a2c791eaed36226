"""Many at once: what must hold when everybody comes at the same moment."""

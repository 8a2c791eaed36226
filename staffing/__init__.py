"""Who should be at a counter, who is, and why not."""

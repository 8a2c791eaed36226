"""Messages to people and signed webhooks to command centres: the ways out of the house, real and pretended."""

"""How fast Antre is on this machine: prints figures and ratios, and whether what was wanted is met."""

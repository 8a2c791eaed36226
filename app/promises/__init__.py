"""The promises of the house, each with the check whether a database keeps it; ``antre verify`` runs them all."""

"""The ground everything stands on: places, people, hours, the turn, the journal and the database."""

"""The one chain of migrations, run by Alembic, forwards only."""

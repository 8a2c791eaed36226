"""Where Alembic finds the connection it is to migrate: the caller opened it and holds the locks."""

from alembic import context

from hall.database import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()

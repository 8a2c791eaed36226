"""What gunicorn loads for a hall that copies its log back all the time: the same app, but every 25th turn, not 1,000th.

Servers that are killed every few seconds would hardly ever come to their thousandth turn.
"""

from __future__ import annotations

from sqlalchemy import Connection

from app.wsgi import app
from hall.database import Database

__all__ = ["app"]

_sometimes = Database._checkpoint_sometimes


def _often(db: Database, connection: Connection, turns: int) -> None:
    _sometimes(db, connection, turns * 40)


setattr(Database, "_checkpoint_sometimes", _often)  # noqa: B010  a method is not assigned to otherwise

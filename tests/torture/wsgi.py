"""What gunicorn loads for a hall that copies its log back all the time: the same app, but every 25th turn, not 1,000th.

Servers that are killed every few seconds would hardly ever come to their thousandth turn.
"""

from __future__ import annotations

from sqlalchemy import Connection

from app.wsgi import app
from hall.writers import FileWriters

__all__ = ["app"]

_sometimes = FileWriters.checkpoint_sometimes


def _often(file: FileWriters, connection: Connection, turns: int) -> None:
    _sometimes(file, connection, turns * 40)


setattr(FileWriters, "checkpoint_sometimes", _often)  # noqa: B010  a method is not assigned to otherwise

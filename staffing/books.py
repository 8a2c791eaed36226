"""The tables of what people enter about people: plans by date, the post register's changes, roll calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    or_,
)

from hall.database import Json, Moment, metadata

roster_entries = Table(
    "roster_entries",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("officer", String(18), nullable=False),
    Column("counter", String(40), nullable=False),
    Column("off", Boolean, nullable=False),
    Column("days", Json, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("start", String(8)),
    Column("end", String(8)),
    Column("substitute_for", String(18)),
    Column("reason", String(200), nullable=False),
    Column("recorded", Moment, nullable=False),
    Column("recorded_by", String(80), nullable=False),
    Column("withdrawn", Moment),
    Column("withdrawn_by", String(80)),
    Column("withdrawn_reason", String(200)),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_roster_entries_hall", "hall", "since"),
)
post_changes = Table(
    "post_changes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("agency", String(40), nullable=False),
    Column("counter", String(40), nullable=False),
    Column("title", String(200), nullable=False),
    Column("state", String(20), nullable=False),
    Column("since", Date, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("recorded", Moment, nullable=False),
    Column("recorded_by", String(80), nullable=False),
    Column("withdrawn", Moment),
    Column("withdrawn_by", String(80)),
    Column("withdrawn_reason", String(200)),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_post_changes_hall", "hall", "since"),
)
roll_marks = Table(
    "roll_marks",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("agency", String(40), nullable=False),
    Column("day", Date, nullable=False),
    Column("roll", String(10), nullable=False),
    Column("officer", String(18)),
    Column("mark", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("phone_at", Moment, nullable=False),
    Column("skew_seconds", Integer, nullable=False),
    Column("absence", String(36)),
    Column("recorded", Moment, nullable=False),
    Column("recorded_by", String(80), nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_roll_marks_day", "hall", "day", "agency"),
)


def standing(table: Table, known_at: datetime | None = None) -> ColumnElement[bool]:
    """The rows that stand: not withdrawn; with ``known_at`` (aware) those that stood to anybody's knowledge then.

    For every table whose rows are kept with ``recorded`` and ``withdrawn``: absences, punches, roster entries, post
    changes.
    """
    c: Any = table.c
    if known_at is None:
        return c.withdrawn.is_(None)  # type: ignore[no-any-return]
    return (c.recorded <= known_at) & or_(c.withdrawn.is_(None), c.withdrawn > known_at)  # type: ignore[no-any-return]

"""Databases of earlier revisions with a hall's life in them, kept as text under ``tests/data/revisions``."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Connection, Date, DateTime, LargeBinary, MetaData, Table, inspect, select

from hall.database import EPOCH, MICROSECOND, Database
from hall.schema import chain_config
from tests.cast import DATA

KEPT = DATA / "revisions"
Rows = dict[str, list[dict[str, Any]]]  # table -> its rows as plain values, moments in microseconds since 1970


def chain() -> list[str]:
    """Every revision, oldest first."""
    return [script.revision for script in ScriptDirectory.from_config(chain_config()).walk_revisions()][::-1]


def bring_to(db: Database, revision: str) -> None:
    """Makes the tables of that revision in an empty database."""
    config = chain_config()
    with db.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@lru_cache
def kept(revision: str) -> Rows:
    """What a hall held at that revision."""
    found: Rows = json.loads((KEPT / f"{revision}.json").read_text(encoding="utf-8"))
    return found


def fill(db: Database, rows: Rows) -> None:
    """Puts those rows in, table by table, as the program of that time had left them."""
    with db.writing() as connection:
        for table in in_order(connection):
            if rows.get(table.name):
                connection.execute(table.insert(), [_stored(table, row) for row in rows[table.name]])


def held(db: Database) -> Rows:
    """All that a database of any revision holds, as plain values, in one order."""
    with db.reading() as connection:
        return {
            table.name: sorted((_plain(table, row._mapping) for row in connection.execute(select(table))), key=repr)
            for table in in_order(connection)
        }


def keep(path: Path, rows: Rows) -> None:
    """Writes rows as a file of this folder: a line each, so that a change can be read."""
    lines = [
        f"{json.dumps(name)}: [\n"
        + ",\n".join(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in found)
        + "\n]"
        for name, found in rows.items()
    ]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def in_order(connection: Connection) -> list[Table]:
    """The tables as they are in the database, those that others refer to first."""
    there = MetaData()
    names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    there.reflect(connection, only=names)
    return there.sorted_tables


def _stored(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    made = dict(row)
    for column in table.c:
        value, kind = row.get(column.name), column.type
        if value is None:
            continue
        if isinstance(kind, DateTime):
            made[column.name] = EPOCH + value * MICROSECOND
        elif isinstance(kind, Boolean):
            made[column.name] = bool(value)
        elif isinstance(kind, Date):
            made[column.name] = date.fromisoformat(value)
        elif isinstance(kind, LargeBinary):
            made[column.name] = bytes.fromhex(value)
    return made


def _plain(table: Table, row: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for column in table.c:
        value = row[column.name]
        if isinstance(value, datetime):
            value = (value - EPOCH) // MICROSECOND
        elif isinstance(value, date):
            value = value.isoformat()
        elif isinstance(value, bytes):
            value = value.hex()
        elif isinstance(value, bool):
            value = int(value)
        made[column.name] = value
    return made

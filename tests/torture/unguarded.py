"""A hall whose guards are taken away one by one: its unique constraints, its turn, or both."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, UniqueConstraint, text

import hall
import queueing
import staffing
from hall.database import Database, metadata
from hall.turn import Turn

for room in (hall, queueing, staffing):  # every module, so that every table is known
    for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        if ".migrations" not in found.name:
            importlib.import_module(found.name)


@dataclass(frozen=True)
class Guard:
    """A unique constraint, unique index or primary key: no two rows (``where`` it holds) may agree in ``columns``."""

    name: str
    table: str
    columns: tuple[str, ...]
    kind: str  # how it is stored: constraint or index
    where: str = ""

    def doubled(self, connection: Connection) -> int:
        """How often rows are stored that this guard would not have let in."""
        columns, rows = ", ".join(f'"{name}"' for name in self.columns), f" WHERE {self.where}" if self.where else ""
        groups = f'SELECT count(*) AS times FROM "{self.table}"{rows} GROUP BY {columns} HAVING count(*) > 1'
        return int(connection.execute(text(f"SELECT count(*) FROM ({groups}) AS g")).scalar_one())

    def refused(self, fault: Exception) -> bool:
        """Whether it is this guard that spoke: PostgreSQL says its name, SQLite the columns."""
        said = str(fault)
        return f'"{self.name}"' in said or ", ".join(f"{self.table}.{c}" for c in self.columns) in said.split("\n")[0]


def guards() -> dict[str, Guard]:
    """Every guard of the schema by its name, as the code's tables have them."""
    known = []
    for table in metadata.sorted_tables:
        for own in table.constraints:
            if own is table.primary_key or isinstance(own, UniqueConstraint):
                columns: Any = own.columns
                known.append(Guard(str(own.name), table.name, tuple(c.name for c in columns), "constraint"))
        for index in table.indexes:
            if index.unique:
                where = str(index.dialect_options["sqlite"]["where"])
                known.append(Guard(str(index.name), table.name, tuple(c.name for c in index.columns), "index", where))
    return {guard.name: guard for guard in known}


def drop(connection: Connection, guard: Guard) -> None:
    """Takes the guard away and leaves the rows as they are. On SQLite foreign keys must be off meanwhile."""
    if guard.kind == "index":
        connection.execute(text(f"DROP INDEX {guard.name}"))
    elif connection.dialect.name == "postgresql":
        connection.execute(text(f'ALTER TABLE "{guard.table}" DROP CONSTRAINT {guard.name} CASCADE'))
    else:
        _rebuild_without(connection, guard)


def _rebuild_without(connection: Connection, guard: Guard) -> None:
    """SQLite cannot drop a constraint: the table is made again without it and gets its rows and indexes back."""
    query = text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL")
    stored = connection.execute(query, {"table": guard.table}).all()
    (before,) = [row.sql for row in stored if row.type == "table"]
    plain = re.sub(rf',\s*CONSTRAINT "?{guard.name}"? (PRIMARY KEY|UNIQUE) \([^)]*\)', "", before)
    assert plain != before, f"{guard.name} is not where it was looked for: {before}"
    bare = re.sub(r'^CREATE TABLE "?\w+"?', "CREATE TABLE bare", plain)
    connection.execute(text(bare))
    connection.execute(text(f'INSERT INTO bare SELECT * FROM "{guard.table}"'))
    connection.execute(text(f'DROP TABLE "{guard.table}"'))
    connection.execute(text(f'ALTER TABLE bare RENAME TO "{guard.table}"'))
    for row in stored:
        if row.type == "index":
            connection.execute(text(row.sql))


@contextmanager
def altering(db: Database) -> Iterator[Connection]:
    """A transaction in which guards may be dropped: foreign keys look away."""
    with db.engine.connect() as connection:
        if db.is_sqlite:
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN")
        else:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection
        connection.commit()
        connection.invalidate()  # nobody gets this one from the pool


class NoTurn:
    """The turn taken away: no queue, no lock, nothing remembered, and whoever reads does not keep others from writing.

    Everybody's work is still one transaction. :meth:`meanwhile` lets another one through in the middle of it.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._open: list[Turn] = []
        opened = self._open

        @contextmanager
        def writing(db: Database, hall: str | None = None, *, together: bool = False) -> Iterator[Connection]:
            with db.engine.connect() as connection, connection.begin():
                if db.is_sqlite:
                    connection.exec_driver_sql("BEGIN")
                yield connection

        def take(db: Database, connection: Connection, code: str, now: datetime) -> Turn:
            state: Any = hall.turn._read.first(connection, {"b_hall": code})
            opened.append(Turn(db, connection, code, now, state, {}))
            return opened[-1]

        patch.setattr(Database, "writing", writing)
        patch.setattr(hall.turn, "_take", take)

    def meanwhile(self, moment: str, other: Callable[[], object], *, counts_anew: bool) -> None:
        """Lets ``other`` do all of its work the first time that the function called ``moment`` has just answered.

        What that answer said is old from then on; all that is read later is fresh. ``counts_anew``: the journal is
        gone on with at its true end, as if the database itself counted its lines.
        """
        module, _, name = moment.rpartition(".")
        real = getattr(importlib.import_module(module), name)
        came: list[bool] = []

        def overtaken(*given: Any, **more: Any) -> Any:
            answer = real(*given, **more)
            if not came and self._open:
                came.append(True)
                mine = self._open[0]
                other()
                if mine.db.is_sqlite:  # its reads were of one state, in which nobody may write any more
                    mine.connection.exec_driver_sql("ROLLBACK")
                    mine.connection.exec_driver_sql("BEGIN")
                if counts_anew:
                    mine.seq, mine.hash, _ = hall.turn._read.first(mine.connection, {"b_hall": mine.hall}) or (0, "", 0)
            return answer

        self._patch.setattr(moment, overtaken)

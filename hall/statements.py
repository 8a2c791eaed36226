"""Statements that nearly every request runs, worked out once instead of at each execution."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.exc import DBAPIError

Convert = Callable[[Any], Any]


class Prepared:
    """One statement, ready to be run again and again.

    For each execution SQLAlchemy looks up the compiled text, orders the parameters and wraps the result: 30 to 90 µs
    where SQLite itself needs 2 to 20, and every writer of the hall stands in line behind it. Here that is done once.
    Values are converted by the columns' own types and faults are SQLAlchemy's, as ever. On PostgreSQL it runs them.
    The connection is one of :class:`hall.database.Database`, which has begun its transaction.
    """

    def __init__(self, statement: Select[Any] | Insert | Update | Delete) -> None:
        self._statement = statement
        self._text = ""
        self._given: tuple[tuple[str, Any, Convert | None], ...] = ()
        self._got: tuple[tuple[int, Convert], ...] = ()

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a select."""
        if connection.dialect.name != "sqlite":
            return [tuple(row) for row in connection.execute(self._statement, dict(values))]
        found: list[tuple[Any, ...]] = self._execute(connection, values).fetchall()
        return [self._converted(row) for row in found] if self._got else found

    def first(self, connection: Connection, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of a select, or None."""
        found = self.rows(connection, values)
        return found[0] if found else None

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Runs a statement that changes rows; returns how many. A column that ``values`` does not name gets NULL."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, dict(values)).rowcount
        return self._execute(connection, values).rowcount

    def run_each(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Runs it once for each row, in order."""
        if connection.dialect.name != "sqlite":
            connection.execute(self._statement, [dict(row) for row in rows])
            return
        if not self._text:
            self._prepare(connection.dialect)
        given = [self._converted_in(row) for row in rows]
        raw: Any = connection.connection.driver_connection
        try:
            raw.executemany(self._text, given)
        except sqlite3.Error as fault:
            raise self._told(connection, fault) from fault

    def _told(self, connection: Connection, fault: sqlite3.Error) -> Exception:
        """The fault as SQLAlchemy tells it, without the values: names and NIPs are nothing for a log."""
        told = DBAPIError.instance(
            self._text, None, fault, sqlite3.Error, hide_parameters=True, dialect=connection.dialect
        )
        assert isinstance(told, Exception)
        return told

    def _converted_in(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        get = values.get
        return tuple([get(name, own) if to is None else to(get(name, own)) for name, own, to in self._given])

    def _execute(self, connection: Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        if not self._text:
            self._prepare(connection.dialect)
        given = self._converted_in(values)
        raw: Any = connection.connection.driver_connection
        try:
            cursor: sqlite3.Cursor = raw.execute(self._text, given)
        except sqlite3.Error as fault:
            raise self._told(connection, fault) from fault
        return cursor

    def _converted(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for at, to in self._got:
            values[at] = to(values[at])
        return tuple(values)

    def _prepare(self, dialect: Dialect) -> None:
        compiled: Any = self._statement.compile(dialect=dialect)
        own = compiled.params  # what the statement itself brings, for example its limit
        names: list[str] = compiled.positiontup
        types = [compiled.binds[name].type.dialect_impl(dialect) for name in names]
        self._given = tuple(
            (name, own[name], kind.bind_processor(dialect)) for name, kind in zip(names, types, strict=True)
        )
        if isinstance(self._statement, Select):
            kinds = [column.type.dialect_impl(dialect) for column in self._statement.selected_columns]
            made = [kind.result_processor(dialect, None) for kind in kinds]
            self._got = tuple((at, to) for at, to in enumerate(made) if to is not None)
        self._text = str(compiled)  # last: another thread takes it for the sign that all is there

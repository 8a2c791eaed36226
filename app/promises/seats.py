"""Whether presence and pauses are well nested, and told alike by rows, lines and desks (I10)."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from app.promises.found import Found
from hall.journal import journal
from queueing.desks import CLOSED, LOST, OPEN, PAUSED, all_desks
from staffing.presence import open_pause, open_sessions, pauses, sessions

AT_ONCE = 500
_s, _p = sessions.c, pauses.c


def presence_is_well_nested(connection: Connection, found: Found, told: Counter[str]) -> None:
    """I10. ``told`` counts the journal's lines of each presence kind."""
    _no_overlap(connection, found, "counter", _s.counter)
    _no_overlap(connection, found, "officer", _s.officer)
    _pauses_inside(connection, found)
    _told_alike(connection, found, told)
    _desks_agree(connection, found)


def _no_overlap(connection: Connection, found: Found, what: str, column: Any) -> None:
    query = select(column.label("whose"), _s.start, _s.end).where(_s.hall == found.hall).order_by(column, _s.start)
    whose, until, still_open = None, None, False
    for row in connection.execute(query.execution_options(yield_per=AT_ONCE)):
        if row.whose != whose:
            whose, until, still_open = row.whose, None, False
        elif still_open or (until is not None and row.start < until):
            found.add("I10", f"sessions of {what} {whose} overlap at {row.start}")
        still_open = still_open or row.end is None
        until = max(until, row.end) if until and row.end else row.end or until


def _pauses_inside(connection: Connection, found: Found) -> None:
    query = (
        select(_s.id, _s.counter, _s.start.label("seated"), _s.end.label("left"), _p.start, _p.end)
        .join(pauses, _p.session == _s.id)
        .where(_s.hall == found.hall)
        .order_by(_s.id, _p.start)
    )
    session, until, still_open = None, None, False
    for row in connection.execute(query.execution_options(yield_per=AT_ONCE)):
        if row.id != session:
            session, until, still_open = row.id, None, False
        if still_open or (until is not None and row.start < until):
            found.add("I10", f"pauses at counter {row.counter} overlap at {row.start}")
        if row.start < row.seated or _outlasts(row.end, row.left) or (row.left is not None and row.start > row.left):
            found.add("I10", f"the pause at counter {row.counter} from {row.start} is not inside its session")
        still_open = still_open or row.end is None
        until = row.end or until


def _outlasts(end: datetime | None, left: datetime | None) -> bool:
    return left is not None and (end is None or end > left)


def _told_alike(connection: Connection, found: Found, told: Counter[str]) -> None:
    """Every session and pause has the lines that began and ended it, and no line is without its row."""
    mine = _s.hall == found.hall
    joined = select(_s.counter, _p.start, _p.end).join(pauses, _p.session == _s.id).where(mine)
    seated = select(_s.counter, _s.start, _s.end).where(mine)
    for what, query, began, ended in (
        ("session", seated, ("signed_in",), ("signed_out",)),
        ("pause", joined, ("paused",), ("unpaused", "signed_out")),
    ):
        start, end = query.selected_columns["start"], query.selected_columns["end"]
        for row in connection.execute(query.where(~_line(found.hall, began, start))):
            found.add("I10", f"the {what} at counter {row.counter} from {row.start} began without a journal line")
        for row in connection.execute(query.where(end.is_not(None), ~_line(found.hall, ended, end))):
            found.add("I10", f"the {what} at counter {row.counter} from {row.start} ended without a journal line")
        stored = connection.execute(select(func.count()).select_from(query.subquery())).scalar_one()
        if told[began[0]] > stored:
            found.add("I10", f"the journal tells of {told[began[0]]} beginnings of a {what}, {stored} are stored")


def _line(hall: str, kinds: tuple[str, ...], at: Any) -> Any:
    line = select(journal.c.seq).where(
        journal.c.hall == hall, journal.c.at == at, journal.c.kind.in_(kinds), journal.c.subject == _s.counter
    )
    return line.correlate(sessions, pauses).exists()


def _desks_agree(connection: Connection, found: Found) -> None:
    """A counter may call exactly while somebody sits there and does not pause."""
    seated = {s.counter: s for s in open_sessions(connection, found.hall)}
    for code, desk in all_desks(connection, found.hall).items():
        session = seated.pop(code, None)
        if session is None:
            if desk.state != CLOSED:
                found.add("I10", f"counter {code} is {desk.state} though nobody is signed in")
            continue
        paused = open_pause(connection, session.id) is not None
        right = (PAUSED, LOST) if paused else (OPEN, LOST)
        if desk.state not in right or desk.officer != session.officer:
            found.add("I10", f"counter {code} is {desk.state} ({desk.officer}), where {session.officer} is signed in")
    for code in seated:
        found.add("I10", f"{seated[code].officer} is signed in at counter {code}, which knows nothing of it")

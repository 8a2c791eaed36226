"""Numbers without paper: who took theirs from the kiosk's screen, and whose number perhaps nobody holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select, union_all

from hall.database import Database
from hall.errors import Invalid
from hall.journal import journal
from hall.places import Places
from hall.turn import turn
from queueing import tickets as tk
from queueing.slips import CONFIRMED, QUEUED, SENT, print_jobs

TOUCHED, LEFT = "touched", "left"
HOW = (TOUCHED, LEFT)
PATIENCE = timedelta(seconds=30)  # a slip on its way for longer than this is no paper either


@dataclass(frozen=True, slots=True)
class Paperless:
    """A number that waits to be served, has no confirmed paper, and was not taken from a screen by a touch.

    ``slip`` and ``reason`` are the newest print job's; ``shown``: the kiosk had it on its screen until the citizen's
    time there ran out. ``issued_at`` is aware UTC.
    """

    ticket: str
    number: str
    service: str
    issued_at: datetime
    printer: str
    slip: str
    reason: str | None
    shown: bool


def note_shown(db: Database, ticket_id: str, how: str, *, actor: str, now: datetime) -> str:
    """Notes that a kiosk had number and QR code on its screen in place of paper, and how that ended.

    ``touched``: the citizen said that the number is theirs; ``left``: the screen went on without a touch. A touch is
    the stronger word: it may follow a ``left``, nothing takes it back. Whatever is known already changes nothing, so
    a kiosk may repeat it. Returns what is known now. Raises :class:`NotFound` (``unknown_ticket``) and
    :class:`Invalid` (``bad_sight``).
    """
    if how not in HOW:
        raise Invalid("bad_sight", f"Cara {how!r} tidak dikenal.", allowed=list(HOW))
    with db.reading() as connection:
        hall = tk.find_ticket(connection, ticket_id).hall
    with turn(db, hall, now) as t:
        ticket = tk.of_hall(t, ticket_id)
        known = _shown(t.connection, hall, [ticket.id])[ticket.id]
        if how in known or TOUCHED in known:
            return TOUCHED if TOUCHED in known else LEFT
        t.write("ticket_shown", ticket.id, {"number": ticket.label, "how": how}, actor=actor)
        return how


def paperless(connection: Connection, hall: Places, now: datetime) -> list[Paperless]:
    """Today's waiting and called numbers that perhaps nobody holds, oldest first: staff look for these people.

    A slip counts as paper once one of its copies is confirmed, and as hope for half a minute after it was ordered.
    Numbers for which no slip was ever ordered (a hall without a printer) are not among them.
    """
    t, j = tk.tickets.c, print_jobs.c
    hope = j.state.in_((QUEUED, SENT)) & (j.created >= now - PATIENCE)
    found = [
        select(t.id, t.label, t.service, t.issued_at).where(
            t.hall == hall.code,
            t.business_date == hall.date(now),
            state,
            exists().where(j.ticket == t.id),
            ~exists().where(j.ticket == t.id, (j.state == CONFIRMED) | hope),
        )
        for state in (tk.WAITS, tk.AT_COUNTER & (t.state == tk.CALLED))
    ]
    rows = connection.execute(union_all(*found)).all()
    ids = [row.id for row in rows]  # at a printer that never answers, all who wait
    known = _shown(connection, hall.code, ids)
    slips = select(j.ticket, j.printer, j.state, j.reason).where(j.ticket.in_(ids)).order_by(j.copy)
    newest = {job.ticket: job for job in connection.execute(slips)}
    answer = []
    for row in rows:
        if TOUCHED not in known[row.id]:
            job = newest[row.id]
            told = (job.printer, job.state, job.reason, LEFT in known[row.id])
            answer.append(Paperless(row.id, row.label, row.service, row.issued_at, *told))
    return sorted(answer, key=lambda one: (one.issued_at, one.number))


def _shown(connection: Connection, hall: str, tickets: list[str]) -> dict[str, set[str]]:
    """How each of these tickets was on a kiosk's screen."""
    query = select(journal.c.subject, journal.c.data).where(
        journal.c.hall == hall, journal.c.subject.in_(tickets), journal.c.kind == "ticket_shown"
    )
    known: dict[str, set[str]] = defaultdict(set)
    for subject, data in connection.execute(query):
        known[subject].add(data["how"])
    return known

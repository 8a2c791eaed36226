"""Print jobs: a ticket exists before its slip, and what became of the slip is told, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    func,
    select,
    update,
)

from hall.database import Database, Json, Moment, metadata, must_fit, new_id
from hall.errors import Conflict, Invalid, NotFound
from hall.places import Places, places, printers
from hall.statements import Prepared
from hall.turn import Turn, turn
from queueing import tickets as tk

QUEUED, SENT, CONFIRMED, FAILED, UNKNOWN = "queued", "sent", "confirmed", "failed", "unknown"
SAME_WORD, UNHEARD = timedelta(seconds=20), timedelta(minutes=1)
OUTCOMES = (CONFIRMED, FAILED, UNKNOWN)

print_jobs = Table(
    "print_jobs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("ticket", String(36), nullable=False),
    Column("printer", String(40), nullable=False),
    Column("copy", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", String(40)),
    Column("detail", String(300)),
    Column("facts", Json, nullable=False),
    Column("created", Moment, nullable=False),
    Column("sent", Moment),
    Column("ended", Moment),
    UniqueConstraint("ticket", "copy", name="uq_print_jobs_copy"),
    ForeignKeyConstraint(["ticket"], ["tickets.id"]),
    Index("ix_print_jobs_open", "hall", "printer", "state"),
)
printer_states = Table(
    "printer_states",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("printer", String(40), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("reason", String(40)),
    Column("since", Moment, nullable=False),
    Column("seen", Moment, nullable=False),
)
_IN_ORDER = (print_jobs.c.created, print_jobs.c.id)
_insert = Prepared(print_jobs.insert())


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One slip for one printer.

    ``copy`` 0 is the original, 1 and more are marked reprints; ``facts`` go onto the paper.
    """

    id: str
    hall: str
    ticket: str
    printer: str
    copy: int
    state: str
    reason: str | None
    detail: str | None
    facts: dict[str, Any]
    created: datetime
    sent: datetime | None
    ended: datetime | None


def order_slip(t: Turn, hall: Places, ticket: tk.Ticket, kiosk: str | None, facts: dict[str, Any]) -> dict[str, str]:
    """Queues the original slip of a new ticket, inside the turn that issues it.

    ``none`` where the hall has no printer.
    """
    printer = hall.printer_for(kiosk)
    if printer is None:
        return {"state": "none"}
    _queue(t, ticket, printer.code, 0, facts)
    return {"state": QUEUED}


def _queue(t: Turn, ticket: tk.Ticket, printer: str, copy: int, facts: dict[str, Any]) -> str:
    job = new_id()
    values = {"id": job, "hall": t.hall, "ticket": ticket.id, "printer": printer, "copy": copy}
    _insert.run(t.connection, values | {"state": QUEUED, "facts": facts, "created": t.now})
    return job


def slip_facts(hall: Places, ticket: tk.Ticket, ahead: int, expected: tuple[int, int] | None) -> dict[str, Any]:
    """What goes onto the paper, as plain values. Nothing personal: the number, the service, the time, the line."""
    agency, service = hall.agencies.get(ticket.agency), hall.services.get(ticket.service)
    return {
        "hall_name": hall.name,
        "regency": hall.regency,
        "agency": agency.name if agency else ticket.agency,  # retired since: the code is what is left
        "service": service.name if service else ticket.service,
        "number": ticket.label,
        "priority": ticket.priority,
        "issued_at": ticket.issued_at.isoformat(),
        "zone": hall.zone,
        "ahead": ahead,
        "estimate": {"low": expected[0], "high": expected[1]} if expected else None,
        "path": f"/t/{ticket.secret}",
        "closing": hall.options.closing_line,
    }


def paper_of(job: PrintJob, base_url: str) -> dict[str, Any]:
    """What the job puts on paper, as plain values, with the citizen's own page as an absolute address for the QR."""
    facts = dict(job.facts)
    return facts | {"url": base_url + facts.pop("path"), "copy": job.copy}


def reprint(db: Database, ticket_id: str, *, actor: str, now: datetime, kiosk: str | None = None) -> PrintJob:
    """Queues another paper for a ticket, marked as a reprint.

    Raises :class:`NotFound` (``unknown_ticket``) and :class:`Conflict`: ``illegal_move`` for a ticket that has ended,
    ``no_printer``, and ``still_printing`` while a slip of it is on its way: two papers from two touches.
    """
    with db.reading() as connection:
        hall_code = tk.find_ticket(connection, ticket_id).hall
    with turn(db, hall_code, now) as t:
        ticket = tk.of_hall(t, ticket_id)
        if ticket.state not in tk.OPEN:
            raise Conflict("illegal_move", f"Nomor {ticket.label} sudah berakhir.", state=ticket.state, move="reprint")
        hall = places(db, t.connection, t.hall, t.config)
        jobs = _jobs_of(t.connection, ticket.id)
        if any(j.state in (QUEUED, SENT) for j in jobs):
            raise Conflict("still_printing", "Cetakan sebelumnya masih diproses.")
        printer = jobs[0].printer if jobs else None
        if kiosk is not None or printer is None:
            wanted = hall.printer_for(kiosk)
            printer = wanted.code if wanted else printer
        if printer is None:
            raise Conflict("no_printer", "Balai ini belum memiliki pencetak.")
        facts = jobs[0].facts if jobs else slip_facts(hall, ticket, 0, None)
        copy = max((j.copy for j in jobs), default=0) + 1
        job = _queue(t, ticket, printer, copy, facts)
        t.write("slip_reprint_ordered", ticket.id, {"job": job, "copy": copy, "printer": printer}, actor=actor)
        return find_job(t.connection, job)


def _jobs_of(connection: Connection, ticket_id: str) -> list[PrintJob]:
    query = select(print_jobs).where(print_jobs.c.ticket == ticket_id).order_by(print_jobs.c.copy)
    return [PrintJob(*row) for row in connection.execute(query)]


def find_job(connection: Connection, job_id: str) -> PrintJob:
    """Raises :class:`NotFound` (``unknown_job``)."""
    row = connection.execute(select(print_jobs).where(print_jobs.c.id == job_id)).first()
    if row is None:
        raise NotFound("unknown_job", "Pekerjaan cetak ini tidak dikenal.")
    return PrintJob(*row)


def slip_of(connection: Connection, ticket_id: str) -> PrintJob | None:
    """The newest print job of a ticket, or None."""
    jobs = _jobs_of(connection, ticket_id)
    return jobs[-1] if jobs else None


def waiting_jobs(connection: Connection, hall: str, printer: str) -> int:
    """How many slips are queued for a printer."""
    query = select(func.count()).where(
        print_jobs.c.hall == hall, print_jobs.c.printer == printer, print_jobs.c.state == QUEUED
    )
    return connection.execute(query).scalar_one()


def is_one_on_its_way(connection: Connection, hall: str, printer: str) -> bool:
    """Whether a slip was handed to whoever drives the printer and nothing was heard of it since."""
    query = select(print_jobs.c.id).where(
        print_jobs.c.hall == hall, print_jobs.c.printer == printer, print_jobs.c.state == SENT
    )
    return connection.execute(query.limit(1)).first() is not None


def may_hang_half(connection: Connection, hall: str, printer: str) -> bool:
    """Whether the slip that was last handed to whoever drives the printer perhaps hangs there half printed.

    That is so unless it is confirmed: one that failed left no paper, and the one before it counts.
    """
    mine = (print_jobs.c.hall == hall) & (print_jobs.c.printer == printer)
    uncertain = select(func.max(print_jobs.c.id)).where(mine, print_jobs.c.state.in_((SENT, UNKNOWN)))
    newest = connection.execute(uncertain).scalar()
    if newest is None:
        return False
    # by the key alone: the index would read years of confirmed slips to find that the last is one of them
    later = select(print_jobs.c.hall, print_jobs.c.printer, print_jobs.c.state).where(print_jobs.c.id > newest)
    with connection.execute(later.order_by(print_jobs.c.id)) as rows:
        return (hall, printer, CONFIRMED) not in map(tuple, rows)


def take_next(db: Database, hall: str, printer: str, *, now: datetime) -> PrintJob | None:
    """Hands the oldest queued slip to whoever drives the printer and marks it sent, before its first byte leaves.

    A slip older than the hall's ``stale_slip_seconds`` is not printed unasked: it fails as ``stale``. Each slip is
    handed out once; a driver that dies with it leaves it sent, and :func:`give_up` makes it unknown.
    Raises :class:`NotFound` (``unknown_printer``).
    """
    with db.reading() as connection:
        if printer not in places(db, connection, hall).printers:
            raise NotFound("unknown_printer", f"Pencetak {printer!r} tidak ada di balai ini.")
        if waiting_jobs(connection, hall, printer) == 0:
            return None
    with turn(db, hall, now) as t:
        now = t.now
        stale = timedelta(seconds=places(db, t.connection, hall, t.config).options.stale_slip_seconds)
        query = (
            select(print_jobs)
            .where(print_jobs.c.hall == hall, print_jobs.c.printer == printer, print_jobs.c.state == QUEUED)
            .order_by(*_IN_ORDER)
        )
        for row in t.connection.execute(query).all():
            job = PrintJob(*row)
            if now - job.created > stale:
                _end(t, job, FAILED, "stale", None, actor="system")
                continue
            values = {"state": SENT, "sent": now}
            t.connection.execute(update(print_jobs).where(print_jobs.c.id == job.id).values(**values))
            t.write("slip_sent", job.ticket, {"job": job.id, "printer": printer, "copy": job.copy}, actor="system")
            return find_job(t.connection, job.id)
    return None


def report(
    db: Database, job_id: str, state: str, reason: str | None, detail: str | None, *, actor: str, now: datetime
) -> PrintJob:
    """Notes what became of a slip. The same report again changes nothing.

    Raises :class:`Invalid` (``bad_outcome``), :class:`NotFound` (``unknown_job``) and :class:`Conflict`
    (``already_reported``) when another outcome was told before.
    """
    if state not in OUTCOMES:
        raise Invalid("bad_outcome", f"Hasil cetak {state!r} tidak dikenal.")
    must_fit(print_jobs.c.reason, reason)
    with db.reading() as connection:
        hall = find_job(connection, job_id).hall
    with turn(db, hall, now) as t:
        job = find_job(t.connection, job_id)
        if (job.state, job.reason) == (state, reason):
            return job
        if job.state in (CONFIRMED, FAILED) or job.state == QUEUED:
            raise Conflict("already_reported", f"Hasil cetak ini sudah dicatat sebagai {job.state}.")
        _end(t, job, state, reason, detail, actor=actor)
        return find_job(t.connection, job_id)


def _end(t: Turn, job: PrintJob, state: str, reason: str | None, detail: str | None, *, actor: str) -> None:
    values = {"state": state, "reason": reason, "detail": (detail or "")[:300] or None, "ended": t.now}
    t.connection.execute(update(print_jobs).where(print_jobs.c.id == job.id).values(**values))
    kind = {CONFIRMED: "slip_confirmed", FAILED: "slip_failed", UNKNOWN: "slip_left_unknown"}[state]
    data = {"job": job.id, "printer": job.printer, "copy": job.copy, "reason": reason}
    t.write(kind, job.ticket, data, actor=actor)


def give_up(db: Database, hall: str, *, now: datetime, after: timedelta) -> int:
    """Calls every slip unknown that was sent longer than ``after`` ago without a word; returns how many.

    And those that nobody fetched while their time ran fail as ``stale``: a kiosk computer that is off asks for nothing.
    """
    with db.reading() as connection:
        stale = timedelta(seconds=places(db, connection, hall).options.stale_slip_seconds)
        own = select(printers.c.code).where(printers.c.hall == hall)  # without it the index reads years of slips
        overdue = (print_jobs.c.hall == hall) & print_jobs.c.printer.in_(own) & print_jobs.c.state.in_((SENT, QUEUED))
        overdue &= ((print_jobs.c.state == SENT) & (print_jobs.c.sent < now - after)) | (
            (print_jobs.c.state == QUEUED) & (print_jobs.c.created < now - stale)
        )
        if connection.execute(select(print_jobs.c.id).where(overdue).limit(1)).first() is None:
            return 0
    with turn(db, hall, now) as t:
        jobs = [PrintJob(*row) for row in t.connection.execute(select(print_jobs).where(overdue).order_by(*_IN_ORDER))]
        for job in jobs:
            state, reason = (FAILED, "stale") if job.state == QUEUED else (UNKNOWN, "no_report")
            _end(t, job, state, reason, None, actor="system")
        return len(jobs)


def note_printer(db: Database, hall: str, printer: str, state: str, reason: str | None, *, now: datetime) -> None:
    """Keeps what a printer says of itself; a change gets a line in the journal (``printer_changed``) for the staff.

    The same word again is only now and then written down: many printers ask for no turn every few seconds.
    Raises :class:`NotFound` (``unknown_printer``).
    """
    must_fit(printer_states.c.state, state)
    must_fit(printer_states.c.reason, reason)
    mine = (printer_states.c.hall == hall) & (printer_states.c.printer == printer)
    with db.reading() as connection:
        before = connection.execute(select(printer_states).where(mine)).first()
        known = before is not None and (before.state, before.reason) == (state, reason)
        if known and before is not None and timedelta() <= now - before.seen < SAME_WORD:
            return
    with turn(db, hall, now) as t:
        now = t.now
        if printer not in places(db, t.connection, hall, t.config).printers:
            raise NotFound("unknown_printer", f"Pencetak {printer!r} tidak ada di balai ini.")
        row = t.connection.execute(select(printer_states).where(mine)).first()
        if row is not None and (row.state, row.reason) == (state, reason):
            t.connection.execute(update(printer_states).where(mine).values(seen=now))
            return
        values = {"state": state, "reason": reason, "since": now, "seen": now}
        if row is None:
            t.connection.execute(printer_states.insert().values(hall=hall, printer=printer, **values))
        else:
            t.connection.execute(update(printer_states).where(mine).values(**values))
        t.write("printer_changed", printer, {"state": state, "reason": reason}, actor="system")


def printers_now(connection: Connection, hall: str, now: datetime) -> dict[str, dict[str, Any]]:
    """What each printer last said of itself: state, reason, since (aware UTC).

    One that was well and has not been heard of for a minute is in ``trouble``, ``silent`` since its last word: whoever
    drives it (a kiosk computer, perhaps switched off) would have told.
    """
    query = select(printer_states).where(printer_states.c.hall == hall)
    found = {
        r.printer: {"state": r.state, "reason": r.reason, "since": r.since, "seen": r.seen}
        for r in connection.execute(query)
    }
    for said in found.values():
        if said["state"] != "trouble" and now - said["seen"] > UNHEARD:
            said |= {"state": "trouble", "reason": "silent", "since": said["seen"]}
    return found

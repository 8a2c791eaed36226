"""Whether every slip left at most once, unless it is marked as a reprint (I8)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import Connection, select

from app.promises.found import Found, chunks
from hall.journal import journal
from queueing.slips import FAILED, QUEUED, print_jobs

AT_ONCE = 300  # tickets
TOLD = ("slip_sent", "slip_reprint_ordered")


def no_slip_is_doubled(connection: Connection, found: Found) -> None:
    """I8: one original a ticket, every further paper ordered as a reprint, and each handed out at most once."""
    j = print_jobs.c
    query = select(j.id, j.ticket, j.copy, j.state, j.sent).where(j.hall == found.hall).order_by(j.ticket, j.copy)
    for jobs in chunks(connection.execute(query.execution_options(yield_per=AT_ONCE)), AT_ONCE):
        sent, ordered = _lines(connection, found.hall, {job.ticket for job in jobs})
        for job in jobs:
            _check(found, job, sent[job.id], job.id in ordered)
    _no_copy_twice(connection, found)
    _no_paper_without_a_job(connection, found)


def _lines(connection: Connection, hall: str, tickets: set[str]) -> tuple[Counter[str], set[str]]:
    query = select(journal.c.kind, journal.c.data).where(
        journal.c.hall == hall, journal.c.subject.in_(tickets), journal.c.kind.in_(TOLD)
    )
    sent: Counter[str] = Counter()
    ordered: set[str] = set()
    for kind, data in connection.execute(query):
        if kind == "slip_sent":
            sent[data.get("job")] += 1
        else:
            ordered.add(data.get("job"))
    return sent, ordered


def _check(found: Found, job: Any, sent: int, ordered: bool) -> None:
    told = f"print job {job.id} (copy {job.copy})"
    if sent > 1:
        found.add("I8", f"{told} was handed to a printer {sent} times")
    elif sent and (job.state == QUEUED or job.sent is None):
        found.add("I8", f"{told} was handed to a printer and still waits to be printed")
    elif not sent and (job.sent is not None or job.state not in (QUEUED, FAILED)):
        found.add("I8", f"{told} is {job.state}, but no line says that it was handed to a printer")
    if job.copy > 0 and not ordered:
        found.add("I8", f"{told} is a reprint that nobody ordered")


def _no_copy_twice(connection: Connection, found: Found) -> None:
    """By looking, not by trusting the constraint."""
    query = select(print_jobs.c.ticket, print_jobs.c.copy).where(print_jobs.c.hall == found.hall)
    before = None
    ordered = query.order_by(print_jobs.c.ticket, print_jobs.c.copy).execution_options(yield_per=AT_ONCE)
    for row in connection.execute(ordered):
        if (row.ticket, row.copy) == before:
            kind = "original slip" if row.copy == 0 else f"reprint {row.copy}"
            found.add("I8", f"ticket {row.ticket} has its {kind} twice")
        before = (row.ticket, row.copy)


def _no_paper_without_a_job(connection: Connection, found: Found) -> None:
    known = select(print_jobs.c.id).where(print_jobs.c.ticket == journal.c.subject)
    query = select(journal.c.seq).where(journal.c.hall == found.hall, journal.c.kind == "slip_sent", ~known.exists())
    for row in connection.execute(query):
        found.add("I8", f"line {row.seq} hands a slip to a printer that no print job knows of")

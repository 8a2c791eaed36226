"""What the stored rows promise by themselves and against the journal's lines (I1 to I4, I6, I7)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, func, select

from app.promises.found import Found, chunks
from hall.journal import FIRST_HASH, broken_links, journal
from hall.once import answers
from hall.turn import turns
from queueing import tickets as tk
from queueing.slips import print_jobs
from staffing.facts import absences, outages
from staffing.presence import pauses, sessions
from staffing.privacy import broken_looks

AT_ONCE = 500
_c = tk.tickets.c


def no_acknowledged_ticket_is_lost(connection: Connection, found: Found) -> None:
    """I1: every ticket that an answer promised, and every one that a slip names, is there under its number."""
    stored = select(answers.c.key, answers.c.answer).where(answers.c.hall == found.hall)
    for rows in chunks(connection.execute(stored.execution_options(yield_per=AT_ONCE)), AT_ONCE):
        promised = [(r.key, r.answer) for r in rows if isinstance(r.answer, dict) and {"id", "number"} <= set(r.answer)]
        query = select(_c.id, _c.hall, _c.label, _c.secret).where(_c.id.in_([a["id"] for _, a in promised]))
        tickets = {t.id: t for t in connection.execute(query)}
        for key, answer in promised:
            ticket = tickets.get(answer["id"])
            if ticket is None or (ticket.hall, ticket.label) != (found.hall, answer["number"]):
                found.add("I1", f"{answer['number']} was promised to the caller with the key {key} and is gone")
            elif "status_url" in answer and answer["status_url"] != f"/t/{ticket.secret}":
                found.add("I1", f"the link given with {answer['number']} (key {key}) leads to no ticket any more")
    shared = select(func.min(_c.label).label("label"), func.count().label("times")).where(_c.hall == found.hall)
    for row in connection.execute(shared.group_by(_c.secret).having(func.count() > 1)):
        found.add("I1", f"the link given with {row.label} leads to {row.times} tickets")
    orphans = select(print_jobs.c.id).where(
        print_jobs.c.hall == found.hall, ~select(_c.id).where(_c.id == print_jobs.c.ticket).exists()
    )
    for row in connection.execute(orphans):
        found.add("I1", f"the ticket of print job {row.id} is gone")


def no_number_is_given_twice(connection: Connection, found: Found) -> None:
    """I2: by looking, not by trusting the constraint, which may have been dropped."""
    for what, column in (("number", _c.number), ("label", _c.label)):
        key = (_c.business_date, _c.prefix, column) if what == "number" else (_c.business_date, column)
        query = select(*key, func.count().label("times")).where(_c.hall == found.hall).group_by(*key)
        for row in connection.execute(query.having(func.count() > 1)):
            *_, value, times = row
            found.add("I2", f"{what} {value} of {row.business_date} was given {times} times")


def every_ticket_was_issued(connection: Connection, found: Found) -> set[date]:
    """I3: a ticket without its line in the journal was acknowledged to nobody. Returns the days it happened on."""
    days = set()
    line = select(journal.c.seq).where(
        journal.c.hall == _c.hall, journal.c.subject == _c.id, journal.c.kind == "ticket_issued"
    )
    query = select(_c.label, _c.business_date).where(_c.hall == found.hall, ~line.exists())
    for row in connection.execute(query):
        found.add("I3", f"{row.label} of {row.business_date} stands in no line of the journal")
        days.add(row.business_date)
    return days


def no_request_has_two_answers(connection: Connection, found: Found) -> None:
    """I3: who asks again with the same key is answered with one ticket; the other has nobody. By looking, as ever."""
    twice = select(answers.c.key, func.count().label("times")).where(answers.c.hall == found.hall)
    for row in connection.execute(twice.group_by(answers.c.key).having(func.count() > 1)):
        found.add("I3", f"the key {row.key} has {row.times} answers: whoever asks again never hears of all of them")


def no_two_tickets_at_a_counter(connection: Connection, found: Found) -> None:
    """I4: by looking, not by trusting the constraint."""
    live = (_c.hall == found.hall) & tk.AT_COUNTER
    crowded = select(_c.counter, func.count().label("tickets")).where(live).group_by(_c.counter)
    for row in connection.execute(crowded.having((func.count() > 1) | _c.counter.is_(None))):
        found.add("I4", f"{row.tickets} tickets are called or served at counter {row.counter}")


def the_journal_is_whole(connection: Connection, found: Found) -> None:
    """I6: no gap, every hash follows, and the turn stands at the last line; the list of looks is whole as well."""
    for sentence in broken_looks(connection, found.hall):
        found.add("I6", sentence)
    for sentence in broken_links(connection, found.hall):
        found.add("I6", sentence)
    turn = connection.execute(select(turns.c.seq, turns.c.hash).where(turns.c.hall == found.hall)).first()
    newest = select(journal.c.seq, journal.c.hash).where(journal.c.hall == found.hall).order_by(journal.c.seq.desc())
    last = connection.execute(newest.limit(1)).first()
    seq, hash_ = (last.seq, last.hash) if last is not None else (0, FIRST_HASH)
    if turn is None:
        found.add("I6", "the hall's turn is missing")
    elif (turn.seq, turn.hash) != (seq, hash_):
        found.add("I6", f"the turn stands at line {turn.seq}, the journal ends with {seq}: lines are missing or forged")


def no_negative_durations(connection: Connection, found: Found) -> None:
    """I7: nothing ends before it begins."""

    def look(table: Table, what: str, start: Any, end: Any, *also: Any) -> None:
        query = select(table.c.id).where(end < start, *also)
        for row in connection.execute(query):
            found.add("I7", f"{what} {row.id} ends before it begins")

    here = select(sessions.c.id).where(sessions.c.hall == found.hall)
    look(sessions, "session", sessions.c.start, sessions.c.end, sessions.c.hall == found.hall)
    look(pauses, "pause", pauses.c.start, pauses.c.end, pauses.c.session.in_(here))
    look(outages, "outage", outages.c.start, outages.c.end, outages.c.hall == found.hall)
    look(absences, "absence", absences.c.start, absences.c.end, absences.c.hall == found.hall)
    look(print_jobs, "print job", print_jobs.c.created, print_jobs.c.sent, print_jobs.c.hall == found.hall)
    began = func.coalesce(print_jobs.c.sent, print_jobs.c.created)
    look(print_jobs, "print job", began, print_jobs.c.ended, print_jobs.c.hall == found.hall)

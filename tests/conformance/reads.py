"""What people and screens ask of a hall: every read that sorts, counts or sums, to be the same on both engines."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hall.journal import between, since
from hall.people import all_keys, list_tokens, officer_names
from hall.places import places
from queueing.board import board, spoken_lines
from queueing.line import count
from queueing.paperless import paperless
from queueing.services import offer
from queueing.slips import printers_now
from queueing.statistics import agree, day_numbers, day_numbers_from_journal, days_with_tickets, read_tickets
from queueing.upnext import ended_today, set_aside, up_next
from staffing.absences import absences_in
from staffing.attendance import covered, sources_now
from staffing.cases import count_cases, drafts_of, list_cases, pieces_of, steps_of, sums_of
from staffing.entries import plans_in, post_changes_of
from staffing.flags import open_flags, past_flags
from staffing.floor import floor
from staffing.machines import machines_of, unlisted_of
from staffing.outbox import count_messages, next_due
from staffing.outbox import told_of as messages_of
from staffing.people_day import people_on
from staffing.pins import pins_of, strangers
from staffing.privacy import broken_looks, read_looks
from staffing.reported import told_of
from staffing.rollcall import closed_at, marks_of
from staffing.source_keys import living_keys
from staffing.timeline import timeline
from staffing.vacancies import vacancies
from tests.conformance.stage import HALL, Stage

FIRST, LAST = date(2026, 3, 3), date(2026, 3, 6)


def look_around(s: Stage) -> None:
    """Asks everything there is to ask at this moment, and keeps the answers."""
    db, now = s.db, s.now
    with db.reading() as connection:
        place = places(db, connection, HALL)
        today = place.date(now)
        line = count(connection, place, today)
        agencies, flags = list(place.agencies), past_flags(connection, HALL, FIRST, LAST)
        cases = list_cases(connection, HALL)
        start, end = now - timedelta(days=2), now + timedelta(days=20)
        asked: dict[str, Any] = {
            "board": board(connection, line, None, now),
            "spoken": spoken_lines(connection, place, 0, None),
            "services": offer(line, now),
            "paperless": paperless(connection, place, now),
            "printers": sorted(printers_now(connection, HALL, now=now).items()),
            "ended": [ended_today(connection, HALL, code, today) for code in place.counters],
            "aside": [
                set_aside(connection, place, c, today, state) for c in place.counters.values()
                for state in ("held", "no_show")
            ],
            "next": [up_next(connection, place, c, today, run=0) for c in place.counters.values()],
            "days": days_with_tickets(db, HALL),
            "tickets": read_tickets(connection, HALL, today),
            "journal": (since(connection, HALL, 3, limit=20), between(connection, HALL, start, end)),
            "people": (officer_names(connection, HALL), list_tokens(connection), all_keys(connection)),
            "absences": absences_in(connection, HALL, agencies, start, end, withdrawn=True),
            "attendance": (strangers(connection, HALL), pins_of(connection, HALL), sources_now(connection, place)),
            "covered": covered(connection, HALL),
            "machines": (machines_of(connection, HALL), unlisted_of(connection, HALL), living_keys(connection, HALL)),
            "plans": plans_in(connection, HALL, list(place.counters), FIRST, date(2026, 4, 1), withdrawn=True),
            "posts": post_changes_of(connection, HALL, agencies),
            "looks": (read_looks(connection, HALL), list(broken_looks(connection, HALL))),
            "rolls": [(marks_of(connection, HALL, a, today), closed_at(connection, HALL, a, today)) for a in agencies],
            "flags": (open_flags(connection, HALL), flags, messages_of(connection, [f.id for f in flags])),
            "messages": (sorted(count_messages(connection, HALL).items()), next_due(connection, HALL)),
            "told": told_of(connection, HALL, FIRST, LAST),
            "cases": (cases, sorted(count_cases(connection, HALL).items()), sorted(sums_of(connection, cases).items())),
            "case": [(pieces_of(connection, c), steps_of(connection, c), drafts_of(connection, c)) for c in cases],
        }  # fmt: skip
    asked |= {
        "numbers": (day_numbers(db, HALL, today), day_numbers_from_journal(db, HALL, today), agree(db, HALL, today)),
        "floor": floor(db, HALL, now),
        "people on": people_on(db, HALL, agencies, today, now),
        "timeline": timeline(db, HALL, FIRST, now=now),
        "vacancies": vacancies(db, HALL, FIRST, min(LAST, today), now=now),
    }
    for what, answer in asked.items():
        s.look(what, answer)

"""Which lines of the journal made an empty counter's cause another one: the newest facts held against the evidence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Connection, select

from hall.clock import business_date
from hall.journal import Line, journal
from staffing.vacancy import Evidence, Piece

PUNCHES = ("punch_recorded", "punches_recorded", "punches_withdrawn", "roll_called")
COVERAGE = ("source_covered", "roll_closed")
ABSENCES = ("absence_recorded", "absence_corrected", "absence_withdrawn", "roll_called")
PLANS = ("plan_recorded", "plan_withdrawn", "hall_set_up")
POSTS = ("post_changed", "post_change_withdrawn", "hall_set_up")
SEATS = ("signed_in", "signed_out", "paused", "unpaused")
OUTAGES = ("outage_began", "outage_ended")
HOURS = ("closure_recorded", "hall_set_up")
KINDS = tuple(dict.fromkeys((*PUNCHES, *COVERAGE, *ABSENCES, *PLANS, *POSTS, *SEATS, *OUTAGES, *HOURS)))
"""The kinds of lines that can change a cause."""
DECIDED_BY: dict[str, tuple[str, ...]] = {
    "outage": OUTAGES,
    "no_plan": PLANS,
    "plan": PLANS,
    "post": POSTS,
    "no_post": POSTS,
    "agency_opened": ("signed_in",),
    "agency_unopened": ("signed_out", "hall_set_up"),
    "absence": ABSENCES,
    "punch": PUNCHES,
    "sign_in": ("signed_in",),
    "coverage": COVERAGE,
    "pause": ("paused", "unpaused"),
}
"""Kind of evidence -> the kinds of lines that bring such a fact."""


def read_facts_since(connection: Connection, hall: str, seq: int, until: int | None) -> list[Line]:
    """The facts written after line ``seq``, up to line ``until`` if given, in order of writing."""
    j = journal.c
    query = select(journal).where(j.hall == hall, j.seq > seq, j.kind.in_(KINDS))
    if until is not None:
        query = query.where(j.seq <= until)
    return [Line(*row) for row in connection.execute(query.order_by(j.seq))]


def which_decided(
    piece: Piece, officers_before: tuple[str, ...], cause_before: str, day: date, zone: str, lines: Iterable[Line]
) -> tuple[Line, ...]:
    """Of the ``lines`` written since, those that gave the piece its present cause.

    These are the lines that brought the evidence which decides now. Where there is none (what decided before was taken
    back), all lines about the piece's officers, their sources, the counter and its agency.
    """
    people = {one.officer for one in piece.evidence if one.officer} | set(piece.officers) | set(officers_before)
    sources = {str(one.detail["source"]) for one in piece.evidence if one.detail.get("source")}
    about = [line for line in lines if _is_about(line, piece, people, sources, day, zone)]
    decisive = [one for one in piece.evidence if one.decides]
    exact = [line for line in about if any(_brought(line, one) for one in decisive)]
    if exact:
        return tuple(exact)
    unsure = {"no_attendance_data", "absent_without_notice"}
    told = about if {cause_before, piece.cause} & unsure else [line for line in about if line.kind not in COVERAGE]
    return tuple(told)


def _is_about(line: Line, piece: Piece, people: set[str], sources: set[str], day: date, zone: str) -> bool:
    kind, subject = line.kind, line.subject
    if kind in ("punches_recorded", "punches_withdrawn"):
        return line.data["date"] == day.isoformat() and any(who in people for who, _ in line.data["punches"])
    if kind == "punch_recorded" or kind == "roll_called":
        return subject in people and business_date(line.at, zone) == day
    if kind in COVERAGE:
        until = datetime.fromisoformat(line.data["until"]) if kind == "source_covered" else line.at
        return subject in sources and until > piece.start
    if kind == "absence_recorded":
        lasts = (datetime.fromisoformat(line.data["from"]), datetime.fromisoformat(line.data["to"]))
        return subject in people and lasts[0] < piece.end and piece.start < lasts[1]
    if kind in ABSENCES:
        return subject in people
    if kind == "hall_set_up":
        return True
    if kind in PLANS:
        return subject in people or line.data.get("counter") == piece.counter
    if kind in POSTS:
        return subject == piece.counter
    if kind == "closure_recorded":
        return subject in (f"counter:{piece.counter}", f"agency:{piece.agency}", "hall")
    if kind in OUTAGES:
        return subject in (f"counter:{piece.counter}", "server", "hall")
    same_day = business_date(line.at, zone) == day
    return same_day and (subject == piece.counter or line.data.get("officer") in people or kind == "signed_in")


def _brought(line: Line, one: Evidence) -> bool:
    """Whether a line brought this very piece of evidence."""
    if line.kind not in DECIDED_BY.get(one.kind, ()):
        return False
    if one.kind == "punch":
        if line.kind == "punches_recorded":
            return any(
                who == one.officer and datetime.fromisoformat(at) == one.start for who, at in line.data["punches"]
            )
        return line.subject == one.officer and line.at == one.start
    if one.kind == "sign_in":
        return line.data.get("officer") == one.officer and line.at == one.start
    if one.kind == "agency_opened":
        return line.at == one.start
    if one.kind == "coverage":
        return line.subject == one.detail.get("source")
    if one.kind == "absence":
        return line.subject == one.officer
    if one.kind == "outage":
        return line.subject == one.detail.get("what")
    return True

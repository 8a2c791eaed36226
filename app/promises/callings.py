"""Whether each call took the right ticket, as far as the journal can prove it (I5)."""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

from sqlalchemy import Connection, func, select

from app.promises.found import Found
from hall.database import Database
from hall.errors import Refusal
from hall.journal import Line, journal
from hall.places import places
from queueing.order import NORMAL, PRIORITY

# lines that certainly leave the hall's counters, services and options as they are
HARMLESS = (
    "ticket_issued", "ticket_called", "ticket_recalled", "ticket_started", "ticket_held", "ticket_resumed",
    "ticket_transferred", "ticket_returned", "ticket_finished", "ticket_missed", "ticket_cancelled", "ticket_expired",
    "signed_in", "signed_out", "paused", "unpaused", "outage_began", "outage_ended", "absence_recorded",
    "punches_recorded", "punches_withdrawn", "strangers_kept", "pin_assigned", "machine_listed", "machine_unlisted",
    "machine_refused", "machine_clock_wrong", "machine_clock_right", "source_key_made",
    "punch_recorded", "source_covered", "closure_recorded", "day_closed", "slip_sent", "slip_confirmed", "slip_failed",
    "slip_left_unknown", "slip_reprint_ordered", "printer_changed", "ticket_shown", "absence_corrected",
    "absence_withdrawn",
    "flag_raised", "flag_changed", "flag_escalated", "flag_acknowledged", "flag_cleared", "message_sent",
    "message_failed", "message_left_unknown", "message_dropped",
    "plan_recorded", "plan_withdrawn", "post_changed", "post_change_withdrawn", "roll_called", "roll_closed",
    "vacancies_reported",
    "case_requested", "case_opened", "case_accepted", "case_assigned", "case_meeting_set", "case_letter_drafted",
    "case_answered", "case_noted", "case_facts_changed", "case_facts_renewed", "case_closed", "case_reopened",
)  # fmt: skip


class InLine(Protocol):
    """What has to be known of a ticket in the line."""

    id: str
    label: str
    service: str
    rank: int
    place: int
    only_counter: str | None


class Callings:
    """The people waiting, and the rule that says who of them is called.

    The journal does not say which services a counter took at the time of a call. For calls after the last change of
    the hall's set-up today's counters answer that, and the rule is checked in full. For earlier calls it is certain
    only that the counter took the called ticket's own service: then a ticket of that service may not be overtaken.
    """

    def __init__(
        self, found: Found, services: dict[str, tuple[str, ...]], known_after: int, limit: int, limit_after: int
    ) -> None:
        self._found, self._services, self._known_after = found, services, known_after
        self._limit, self._limit_after = limit, limit_after
        self._waiting: dict[str, dict[str, InLine]] = defaultdict(dict)
        # priority tickets in a row at a counter while others waited: at least, at most
        self._run: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))

    def enter(self, ticket: InLine) -> None:
        """The ticket waits."""
        self._waiting[ticket.service][ticket.id] = ticket

    def leave(self, ticket: InLine) -> None:
        """The ticket waits no longer."""
        self._waiting[ticket.service].pop(ticket.id, None)

    def called(self, line: Line, ticket: InLine, counter: str) -> None:
        """Holds a call against the rule. The ticket has left the line already."""
        known = self._services.get(counter) if line.seq > self._known_after else None
        said, number = line.data["reason"], line.data["number"]
        told = f"line {line.seq} calls {number} to counter {counter}"
        if ticket.only_counter is not None and ticket.only_counter != counter:
            self._found.add("I5", f"{told}, but it was sent to counter {ticket.only_counter}")
        if known is not None and ticket.only_counter is None and ticket.service not in known:
            self._found.add("I5", f"{told}, which does not take {ticket.service}")
        rivals = self._rivals(ticket, counter, known)
        first = min((r for r in rivals if r.rank == ticket.rank), key=lambda r: r.place, default=None)
        if first is not None and first.place < ticket.place:
            self._found.add("I5", f"{told} before {first.label}, which stood further ahead in the same class")
        others = [r for r in rivals if r.rank != ticket.rank]
        right = self._reason(ticket, others)
        if said != right and (known is not None or right != "order"):
            self._found.add("I5", f"{told} for the reason {said!r}, where only {right!r} is true")
        limit = self._limit if line.seq > self._limit_after else None
        self._check_share(told, said, ticket, counter, bool(others), limit)
        self._follow_run(ticket, counter, bool(others), known is not None)

    def _rivals(self, ticket: InLine, counter: str, known: tuple[str, ...] | None) -> list[InLine]:
        """Those who certainly could have been called to the counter instead."""
        found = []
        for service, waiting in self._waiting.items():
            same = ticket.only_counter is None and service == ticket.service
            here = same if known is None else service in known
            found += [w for w in waiting.values() if w.only_counter == counter or (here and w.only_counter is None)]
        return found

    @staticmethod
    def _reason(ticket: InLine, others: list[InLine]) -> str:
        """Why this ticket and not one of the other class."""
        if ticket.rank == NORMAL:
            return "fair_share" if others else "order"
        return "priority" if any(o.place < ticket.place for o in others) else "order"

    def _check_share(self, told: str, said: str, ticket: InLine, counter: str, others: bool, limit: int | None) -> None:
        """The others' share: not before as many of the priority class went as the hall's option says, and not later."""
        low, high = self._run[counter]
        if said == "fair_share" and (limit == 0 or high < (limit or 1)):
            self._found.add("I5", f"{told} for a fair share, though too few of the priority class went before")
        if ticket.rank == PRIORITY and others and limit and low >= limit:
            self._found.add("I5", f"{told}, though after {low} of the priority class it was the others' turn")

    def _follow_run(self, ticket: InLine, counter: str, others: bool, certain: bool) -> None:
        low, high = self._run[counter]
        if ticket.rank != PRIORITY or (certain and not others):
            self._run[counter] = (0, 0)
        else:
            self._run[counter] = (low + 1 if others else 0, high + 1)


def callings_of(db: Database, connection: Connection, hall: str, found: Found) -> Callings:
    """The rule with what is known of the hall: which services its counters take, and since which line for certain."""
    try:
        here = places(db, connection, hall)
    except Refusal as refusal:
        found.add("I6", f"the hall's set-up cannot be read, so that who was called is checked less: {refusal}")
        return Callings(found, {}, 0, 0, 0)
    services = {c.code: c.services for c in here.counters.values()}
    counters_after, options_after = _last_changes(connection, hall)
    return Callings(found, services, counters_after, here.options.priority_run, options_after)


def _last_changes(connection: Connection, hall: str) -> tuple[int, int]:
    """The last lines that may have changed the counters, and the options; 0 when none did."""
    unknown = select(func.max(journal.c.seq)).where(
        journal.c.hall == hall, journal.c.kind.not_in(HARMLESS), journal.c.kind != "hall_set_up"
    )
    counters = options = connection.execute(unknown).scalar_one() or 0
    loads = select(journal.c.seq, journal.c.data).where(journal.c.hall == hall, journal.c.kind == "hall_set_up")
    for seq, data in connection.execute(loads):
        if {"counters", "services"} & set(data["changed"]):
            counters = max(counters, seq)
        if data["created"] or "hall" in data["changed"]:
            options = max(options, seq)
    return counters, options

"""Reads a hall's journal from its first line and holds every step against the rules and the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from app.promises.callings import Callings
from app.promises.found import Found
from hall.clock import business_date
from hall.database import MICROSECOND
from hall.journal import Line, since
from queueing import tickets as tk
from queueing.order import NORMAL, PRIORITY

AT_ONCE = 1000  # journal lines in memory

# kind of line -> the move it tells of
MOVES = {
    "ticket_called": "call",
    "ticket_recalled": "recall",
    "ticket_started": "start",
    "ticket_finished": "finish",
    "ticket_returned": "finish",
    "ticket_missed": "no-show",
    "ticket_held": "hold",
    "ticket_resumed": "resume",
    "ticket_transferred": "transfer",
    "ticket_cancelled": "cancel",
    "ticket_expired": "expire",
}
ENDS = {
    "ticket_finished": tk.FINISHED,
    "ticket_missed": tk.NO_SHOW,
    "ticket_cancelled": tk.CANCELLED,
    "ticket_expired": tk.EXPIRED,
}
INTO_LINE = ("ticket_resumed", "ticket_transferred", "ticket_returned")
OVER = (tk.FINISHED, tk.CANCELLED, tk.EXPIRED)  # nothing follows; a missed ticket may be resumed on its day
SEATED = ("signed_in", "signed_out", "paused", "unpaused")

# what a row must say just as the journal does: first what statistics are made from, then the rest
COUNTED = (
    "service", "first_service", "agency", "state", "counter", "only_counter", "issued_at", "line_since", "called_at",
    "started_at", "ended_at", "waited",
)  # fmt: skip
KEPT = ("priority", "rank", "place", "back_service", "back_counter", "recalls")


@dataclass(slots=True)
class Told:
    """A ticket as the journal tells it, as in :class:`queueing.tickets.Ticket`; ``row`` is what is stored of it."""

    id: str
    label: str
    date: date
    first_service: str
    service: str
    agency: str
    priority: str | None
    rank: int
    place: int
    issued_at: datetime
    line_since: datetime
    last_at: datetime
    row: Any
    state: str = tk.WAITING
    counter: str | None = None
    only_counter: str | None = None
    back_service: str | None = None
    back_counter: str | None = None
    recalls: int = 0
    called_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    waited: int = 0
    ran_backwards: bool = False

    def __str__(self) -> str:
        return f"{self.label} of {self.date}"


class Story:
    """The journal's own account of one hall, told line by line.

    ``counted`` holds how often each presence kind came, ``troubled`` the business dates whose tickets are in disorder.
    """

    def __init__(self, found: Found, zone: str, callings: Callings) -> None:
        self._found, self._zone, self._callings = found, ZoneInfo(zone), callings
        self._tickets: dict[str, Told] = {}
        self._last_number: dict[tuple[date, str], int] = defaultdict(int)
        self._day = self._newest = date.min
        self._at: dict[str, str] = {}  # counter -> the ticket called or served there
        self._officer: dict[str, str] = {}  # counter -> who sits there
        self._paused: set[str] = set()
        self.counted: Counter[str] = Counter()
        self.troubled: set[date] = set()

    def read(self, connection: Connection, hall: str) -> None:
        """Reads the whole journal, a thousand lines at a time, and then compares what is left with the rows."""
        seq = 0
        while lines := self._next(connection, hall, seq):
            issued = [line.subject for line in lines if line.kind == "ticket_issued"]
            rows = {r.id: r for r in connection.execute(select(tk.tickets).where(tk.tickets.c.id.in_(issued)))}
            for line in lines:
                try:
                    self._tell(line, rows)
                except (KeyError, TypeError, ValueError, AttributeError) as fault:
                    self._found.add("I6", f"line {line.seq} ({line.kind}) lacks what its kind must say: {fault!r}")
            seq = lines[-1].seq
        for ticket in list(self._tickets.values()):
            self._let_go(ticket)

    def _next(self, connection: Connection, hall: str, seq: int) -> list[Line]:
        try:
            return since(connection, hall, seq, limit=AT_ONCE)
        except (TypeError, ValueError, OverflowError) as fault:
            self._found.add("I6", f"a line after {seq} cannot be read; nothing after it was checked: {fault}")
            return []

    def _tell(self, line: Line, rows: dict[str, Any]) -> None:
        if line.kind == "ticket_issued":
            self._issue(line, rows.get(line.subject))
        elif line.kind in MOVES:
            self._move(line)
        elif line.kind in SEATED:
            self.counted[line.kind] += 1
            self._seat(line)

    # ---- tickets ----

    def _issue(self, line: Line, row: Any) -> None:
        label, day = line.data["number"], business_date(line.at, self._zone.key)
        if row is None:
            self.troubled.add(day)
            self._found.add("I1", f"{label} was issued (line {line.seq}) and its ticket is gone")
        else:
            day = row.business_date
        if line.subject in self._tickets:
            self._found.add("I6", f"line {line.seq} issues {label} a second time")
        self._new_day(day)
        self._count(line, label, day, row)
        priority = line.data["priority"]
        self._tickets[line.subject] = ticket = Told(
            id=line.subject,
            label=label,
            date=day,
            first_service=line.data["service"],
            service=line.data["service"],
            agency=line.data["agency"],
            priority=priority,
            rank=NORMAL if priority is None else PRIORITY,
            place=line.seq,
            issued_at=line.at,
            line_since=line.at,
            last_at=line.at,
            row=row,
        )
        self._callings.enter(ticket)

    def _count(self, line: Line, label: str, day: date, row: Any) -> None:
        prefix, _, digits = label.rpartition("-")
        number, expected = int(digits), self._last_number[day, prefix] + 1
        if number != expected:
            self._found.add("I2", f"{label} of {day} (line {line.seq}) comes after number {expected - 1} of {prefix}")
        self._last_number[day, prefix] = max(number, expected - 1)
        if row is not None and (row.prefix, row.number) != (prefix, number):
            self.troubled.add(day)
            self._found.add("I2", f"{label} of {day} (line {line.seq}) is stored as {row.prefix} {row.number}")

    def _new_day(self, day: date) -> None:
        """The missed tickets of a day that is over cannot come back: their rows are compared, and they are let go.

        A replay may carry old days in while the present one runs, so the newest day stays as well as the one told of.
        """
        if day != self._day:
            self._day, self._newest = day, max(day, self._newest)
            stay = (day, self._newest)
            for ticket in [t for t in self._tickets.values() if t.state == tk.NO_SHOW and t.date not in stay]:
                self._let_go(ticket)

    def _move(self, line: Line) -> None:
        ticket = self._tickets.get(line.subject)
        if ticket is None:
            self.troubled.add(business_date(line.at, self._zone.key))
            what = f"line {line.seq} ({line.kind}) moves {line.data.get('number')}, which had ended or was never issued"
            self._found.add("I4", what)
            return
        move = MOVES[line.kind]
        if ticket.state not in tk.LEGAL[move]:
            self._found.add("I4", f"line {line.seq} ({line.kind}) moves {ticket}, which was {ticket.state}")
        if line.at < ticket.last_at:
            ticket.ran_backwards = True
            self._found.add("I7", f"line {line.seq} takes {ticket} back from {ticket.last_at} to {line.at}")
        ticket.last_at = line.at
        self._leave(line, ticket)
        if line.kind == "ticket_called":
            self._call(line, ticket)
        elif line.kind == "ticket_recalled":
            ticket.recalls = line.data["recalls"]
        elif line.kind == "ticket_started":
            ticket.state, ticket.started_at = tk.SERVING, line.at
        elif line.kind == "ticket_held":
            ticket.state = tk.HELD
        elif line.kind in ENDS:
            ticket.state, ticket.ended_at = ENDS[line.kind], line.at
            if ticket.state in OVER:
                self._let_go(ticket)
        else:
            self._into_line(line, ticket)

    def _leave(self, line: Line, ticket: Told) -> None:
        """Takes the ticket from where it stands: out of the line, or away from its counter."""
        if ticket.state == tk.WAITING:
            self._callings.leave(ticket)
            ticket.waited += max(0, (line.at - ticket.line_since) // MICROSECOND)
        stays = line.kind in ("ticket_recalled", "ticket_started")
        if ticket.counter is not None and not stays and self._at.get(ticket.counter) == ticket.id:
            del self._at[ticket.counter]

    def _call(self, line: Line, ticket: Told) -> None:
        counter = line.data["counter"]
        there = self._at.get(counter)
        if there is not None:
            other = self._tickets.get(there)
            self._found.add("I4", f"line {line.seq} calls {ticket} to counter {counter} while {other} is still there")
        if counter not in self._officer:
            self._found.add("I10", f"line {line.seq} calls {ticket} to counter {counter}, where nobody is signed in")
        elif counter in self._paused:
            self._found.add("I10", f"line {line.seq} calls {ticket} to counter {counter}, which is paused")
        self._callings.called(line, ticket, counter)
        self._at[counter] = ticket.id
        ticket.state, ticket.counter, ticket.called_at = tk.CALLED, counter, line.at
        ticket.started_at, ticket.only_counter, ticket.recalls = None, None, 0

    def _into_line(self, line: Line, ticket: Told) -> None:
        assert line.kind in INTO_LINE
        if line.kind == "ticket_resumed":
            if ticket.state == tk.NO_SHOW:
                ticket.place = line.seq
        else:
            if line.kind == "ticket_returned":
                ticket.back_service = ticket.back_counter = None
            elif line.data["back"]:
                ticket.back_service, ticket.back_counter = ticket.service, ticket.counter
            ticket.only_counter = line.data["to_counter"]
        ticket.service, ticket.agency = line.data["service"], line.data["agency"]
        ticket.state, ticket.counter, ticket.line_since, ticket.recalls = tk.WAITING, None, line.at, 0
        ticket.called_at = ticket.started_at = ticket.ended_at = None
        self._callings.enter(ticket)

    def _let_go(self, ticket: Told) -> None:
        """Compares a ticket with its row and forgets it."""
        self._tickets.pop(ticket.id, None)
        row = ticket.row
        if row is None:
            return
        if row.label != ticket.label:
            self.troubled.add(ticket.date)
            self._found.add("I2", f"{ticket} is stored as {row.label}")
        for promise, names in (("I9", COUNTED), ("I6", KEPT)):
            for name in names:
                stored, told = getattr(row, name), getattr(ticket, name)
                if stored != told:
                    self.troubled.add(ticket.date)
                    self._found.add(promise, f"{ticket}: its row says {name} {stored}, the journal {told}")
        moments = [m for m in (row.issued_at, row.called_at, row.started_at, row.ended_at) if m is not None]
        if not ticket.ran_backwards and (moments != sorted(moments) or row.waited < 0):
            self._found.add("I7", f"{ticket}: its stored times run backwards")

    # ---- presence ----

    def _seat(self, line: Line) -> None:
        counter, officer = line.subject, line.data["officer"]
        sits = self._officer.get(counter)
        if line.kind == "signed_in":
            if sits is not None:
                self._found.add("I10", f"line {line.seq} signs in at counter {counter}, where {sits} still sits")
            elsewhere = [c for c, who in self._officer.items() if who == officer and c != counter]
            if elsewhere:
                self._found.add("I10", f"line {line.seq} signs {officer} in at {counter} while still at {elsewhere[0]}")
            self._officer[counter] = officer
            return
        if sits != officer:
            self._found.add("I10", f"line {line.seq} ({line.kind}): {officer} does not sit at counter {counter}")
        if line.kind == "paused":
            if counter in self._paused:
                self._found.add("I10", f"line {line.seq}: counter {counter} pauses inside a pause")
            self._paused.add(counter)
        elif line.kind == "unpaused":
            if counter not in self._paused:
                self._found.add("I10", f"line {line.seq}: counter {counter} ends a pause that never began")
            self._paused.discard(counter)
        else:
            if counter in self._at:
                self._found.add("I10", f"line {line.seq}: counter {counter} is left with a ticket still there")
            self._officer.pop(counter, None)
            self._paused.discard(counter)

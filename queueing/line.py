"""What is known of today's line inside a turn: counted once, then kept true move by move."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, func, select, text

from hall.clock import midnight_after
from hall.database import MICROSECOND
from hall.journal import journal
from hall.places import Places, places
from hall.statements import Prepared
from hall.turn import Turn
from queueing import tickets as tk
from queueing.desks import CLOSED, OPEN, all_desks
from queueing.estimate import estimate

RECENT = 20  # handling times looked at for the present pace
UNSETTLED = (*tk.OPEN, tk.NO_SHOW)  # whoever missed the call may yet come back
TRUST = 5  # how many real handling times weigh as much as the standard minutes


@dataclass
class Line:
    """Today's line of one hall. True only at the journal line it was counted at; see :class:`hall.turn.Turn`."""

    places: Places
    date: date
    waiting: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    issued: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    last_number: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    desks: dict[str, str] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    pace: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=RECENT)))
    called: int = 0
    missed: int = 0
    unsettled: dict[str, tk.Ticket] = field(default_factory=dict)  # today's tickets that may still move, by id

    def open_counters(self, service: str) -> list[str]:
        """The counters that take this service and are open for calling now."""
        return [c for c in self.places.counters_of.get(service, ()) if self.desks.get(c) == OPEN]

    def minutes(self, service: str) -> float:
        """The present handling time of a service: today's recent ones, drawn towards the standard minutes."""
        known, standard = self.pace.get(service), float(self.places.services[service].minutes)
        if not known:
            return standard
        return (sum(known) + TRUST * standard) / (len(known) + TRUST)

    def rivals(self, service: str) -> list[str]:
        """The services whose tickets compete with this one: those of its open counters, or of all its counters."""
        counters = self.open_counters(service) or self.places.counters_of.get(service, ())
        found = {s for c in counters for s in self.places.counters[c].services} | {service}
        return [s for s in found if s in self.places.services]

    def ahead(self, service: str, rank: int) -> int:
        """How many waiting people would be called before a new ticket of this service and class."""
        return sum(sum(self.waiting[s][: rank + 1]) for s in self.rivals(service) if s in self.waiting)

    def waiting_for(self, service: str) -> int:
        """How many people wait for this service."""
        return sum(self.waiting[service]) if service in self.waiting else 0

    def handling(self, service: str) -> float:
        """Mean minutes per ticket in this service's shared line, weighted by who waits."""
        weights = [(self.waiting_for(s) or (1 if s == service else 0), self.minutes(s)) for s in self.rivals(service)]
        people = sum(w for w, _ in weights)
        return sum(w * m for w, m in weights) / people if people else self.minutes(service)

    def expect(self, service: str, ahead: int) -> tuple[int, int] | None:
        """The estimated wait in minutes (low, high) with ``ahead`` people before, or None when nobody serves."""
        counters = self.open_counters(service)
        rate = min(0.5, self.missed / self.called) if self.called >= RECENT else 0.0
        free = any(c not in self.live for c in counters)
        return estimate(ahead, len(counters), self.handling(service), no_show_rate=rate, free=free)

    def remaining_minutes(self, service: str, now: datetime) -> list[float]:
        """For each open counter of the service: its due minutes from now to the end of the business date."""
        end = midnight_after(self.date, self.places.zone)
        return [self.due_minutes(c, now, end) for c in self.open_counters(service)]

    def due_minutes(self, counter: str, start: datetime, end: datetime) -> float:
        """The minutes in [start, end) in which a counter is due by the calendar."""
        agency = self.places.counters[counter].agency
        due = self.places.calendar.due_intervals(agency, counter, start, end)
        return sum(i.duration.total_seconds() for i in due) / 60

    def ticket_issued(self, ticket: tk.Ticket) -> None:
        """Keeps the line true after a number was given to somebody who waits."""
        self.last_number[ticket.prefix] = ticket.number
        self.waiting[ticket.service][ticket.rank] += 1
        self.issued[ticket.first_service] += 1
        self.unsettled[ticket.id] = ticket

    def ticket_changed(self, before: tk.Ticket, after: tk.Ticket) -> None:
        """Keeps the line true after a ticket changed."""
        # a ticket of yesterday may still stand at a counter: it keeps the counter busy, all else of it is not today's
        if before.state in tk.LIVE and before.counter is not None:
            self.live.discard(before.counter)
        if after.state in tk.LIVE and after.counter is not None:
            self.live.add(after.counter)
        if before.business_date != self.date:
            return
        self.unsettled.pop(after.id, None)
        if after.state in UNSETTLED:
            self.unsettled[after.id] = after
        if before.state == tk.WAITING:
            self.waiting[before.service][before.rank] -= 1
        if after.state == tk.WAITING:
            self.waiting[after.service][after.rank] += 1
        if after.state == tk.CANCELLED != before.state:
            self.issued[after.first_service] -= 1
        if before.state != after.state and after.state in (tk.FINISHED, tk.NO_SHOW):
            self.called += 1
            self.missed += 1 if after.state == tk.NO_SHOW else 0
        if before.state == tk.NO_SHOW != after.state:
            self.called -= 1
            self.missed -= 1
        if after.state == tk.FINISHED and after.called_at and after.ended_at:
            self.pace[after.service].append((after.ended_at - after.called_at).total_seconds() / 60)

    def desk_changed(self, counter: str, state: str) -> None:
        """Keeps the line true after a counter opened, paused or closed."""
        if state == CLOSED:
            self.desks.pop(counter, None)
        else:
            self.desks[counter] = state


def line_of(t: Turn) -> Line:
    """The line inside a turn: remembered when nobody wrote in between, brought up to date where others wrote a little,
    counted anew otherwise.

    The first turn of a new business date ends what yesterday left waiting (``ticket_expired``).
    """
    line: Line | None = t.memory.get("line")
    hall = line.places if line is not None else places(t.db, t.connection, t.hall, t.config)
    today = hall.date(t.now)
    if line is None and (line := _brought_up_to_date(t, today)) is not None:
        t.memory["line"] = line
    if line is None or line.date != today:
        end_days_before(t, hall, today)
        line = count(t.connection, hall, today)
        here = {"b_hall": t.hall, "b_date": today}
        line.unsettled = {row[0]: tk.Ticket(*row) for row in t.connection.execute(_unsettled, here)}
        t.memory["line"] = line
    return line


def _brought_up_to_date(t: Turn, today: date) -> Line | None:
    """The line as this process knew it at an earlier line of the journal, after what others did since; or None.

    Without it each of several processes on one database counts the whole day whenever another wrote, and a hall grows
    slower with every ticket of the day.
    """
    earlier = t.take_earlier()
    line: Line | None = earlier[1].get("line") if earlier is not None else None
    if earlier is None or line is None or line.date != today:
        return None
    here = {"b_hall": t.hall, "b_from": earlier[0], "b_upto": t.seq}
    moved = [ticket for row in _moved.rows(t.connection, here) if (ticket := tk.Ticket(*row)).business_date == today]
    new = [ticket for ticket in moved if ticket.number > line.last_number[ticket.prefix]]
    for ticket in sorted(new, key=lambda ticket: ticket.number):
        line.ticket_issued(replace(ticket, state=tk.WAITING))
    for ticket in sorted(moved, key=lambda ticket: (ticket.ended_at or t.now, ticket.place)):  # as they are counted
        if (before := line.unsettled.get(ticket.id)) is not None:
            line.ticket_changed(before, ticket)
    _look_at_counters(t.connection, line)
    return line


# Made once: whenever another process wrote, the next turn counts, and making these costs more than their answers.
_c = tk.tickets.c
_today = (_c.hall == bindparam("b_hall")) & (_c.business_date == bindparam("b_date"))
_kinds = (_c.service, _c.first_service, _c.prefix, _c.rank, _c.state)
_tally = select(*_kinds, func.count(), func.max(_c.number)).where(_today).group_by(*_kinds)
_latest = func.row_number().over(partition_by=_c.service, order_by=(_c.ended_at.desc(), _c.place)).label("latest")
_ended = (_c.service, _c.called_at, _c.ended_at, _c.place)
_done = select(*_ended, _latest).where(_today, text("state = 'finished'")).subquery()
_pace = (
    select(_done.c.service, _done.c.called_at, _done.c.ended_at)
    .where(_done.c.latest <= RECENT)
    .order_by(_done.c.ended_at, _done.c.place)
)
_before = (_c.hall == bindparam("b_hall")) & (_c.business_date < bindparam("b_date"))
_still_waiting, _still_held = select(tk.tickets).where(_before, tk.WAITS), select(tk.tickets).where(_before, tk.IS_HELD)
_unsettled = select(tk.tickets).where(_today, _c.state.in_(UNSETTLED))
_told = select(journal.c.subject).where(
    journal.c.hall == bindparam("b_hall"), journal.c.seq > bindparam("b_from"), journal.c.seq <= bindparam("b_upto")
)
_moved = Prepared(select(tk.tickets).where(_c.id.in_(_told)))  # by nothing else: or the whole day is looked through
_live = select(_c.counter).where(_c.hall == bindparam("b_hall"), tk.AT_COUNTER)


def count(connection: Connection, hall: Places, today: date) -> Line:
    """Counts the line from the database; also for readers, outside any turn."""
    line = Line(hall, today)
    here = {"b_hall": hall.code, "b_date": today}
    for service, first_service, prefix, rank, state, people, number in connection.execute(_tally, here):
        line.last_number[prefix] = max(line.last_number[prefix], number)
        if state != tk.CANCELLED:
            line.issued[first_service] += people
        if state == tk.WAITING:
            line.waiting[service][rank] += people
        elif state in (tk.FINISHED, tk.NO_SHOW):
            line.called += people
            line.missed += people if state == tk.NO_SHOW else 0
    for service, called_at, ended_at in connection.execute(_pace, here):
        line.pace[service].append((ended_at - called_at).total_seconds() / 60)
    _look_at_counters(connection, line)
    return line


def _look_at_counters(connection: Connection, line: Line) -> None:
    line.desks = {code: d.state for code, d in all_desks(connection, line.places.code).items() if d.state != CLOSED}
    line.live = {row.counter for row in connection.execute(_live, {"b_hall": line.places.code})}


def end_days_before(t: Turn, hall: Places, today: date) -> int:
    """Ends every ticket of an earlier business date that nobody called; returns how many.

    They expire at the midnight that ended their day, whenever this is written: late is not the same as wrong.
    """
    left = left_behind(t.connection, t.hall, today)
    for ticket in left:
        expire(t, hall, ticket)
    return len(left)


def left_behind(connection: Connection, hall: str, today: date) -> list[tk.Ticket]:
    """The tickets of earlier business dates that still wait or are held, oldest first. Cheap with any history."""
    found = [
        tk.Ticket(*row)
        for query in (_still_waiting, _still_held)
        for row in connection.execute(query, {"b_hall": hall, "b_date": today})
    ]
    return sorted(found, key=lambda ticket: (ticket.business_date, ticket.place))


def expire(t: Turn, hall: Places, ticket: tk.Ticket) -> None:
    """Ends one ticket that nobody called, at the end of its business date (or now, if the day was closed early)."""
    at = min(t.now, midnight_after(ticket.business_date, hall.zone))
    waited = ticket.waited
    if ticket.state == tk.WAITING:
        waited += max(0, (at - ticket.line_since) // MICROSECOND)
    tk.change(t, ticket, state=tk.EXPIRED, ended_at=at, waited=waited)
    t.write("ticket_expired", ticket.id, {"number": ticket.label, "service": ticket.service}, actor="system", at=at)

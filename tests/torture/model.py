"""A hall as plain memory: what every verb must do, written from the design and sharing nothing with the program."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from tests.torture.model_hall import Refused, Seat, Shape, Slip, Ticket

AT_COUNTER = ("called", "serving")
MAY = {
    "recall": ("called",),
    "start": ("called",),
    "finish": ("serving",),
    "no-show": ("called",),
    "hold": ("called", "serving"),
    "resume": ("held", "no_show"),
    "transfer": ("waiting", "called", "serving", "held"),
    "cancel": ("waiting", "called", "serving", "held"),
    "withdraw": ("waiting",),
}
Got = TypeVar("Got")


@dataclass
class Model:
    """The hall. ``lines`` are the journal's lines of the last verb: kind, subject, when."""

    shape: Shape
    officers: tuple[str, ...]
    time: datetime  # when the newest line was written
    seq: int = 0
    tickets: dict[str, Ticket] = field(default_factory=dict)
    seats: dict[str, Seat] = field(default_factory=dict)
    runs: dict[str, int] = field(default_factory=dict)
    last_call: dict[str, datetime] = field(default_factory=dict)
    calls: list[tuple[datetime, str, str, str]] = field(default_factory=list)  # when, ticket, service, counter
    slips: dict[tuple[str, int], Slip] = field(default_factory=dict)
    answers: dict[str, tuple[Any, Any, datetime]] = field(default_factory=dict)
    lines: list[tuple[str, str, datetime]] = field(default_factory=list)
    spoken: dict[str, int] = field(default_factory=dict)  # ticket -> the line of its newest call or recall

    def attempt(self, now: datetime, verb: Callable[[datetime], Got]) -> Got:
        """Does it whole, or leaves everything as it was. Time in a hall never runs backwards, whatever a clock says."""
        before = {name: copy(value) for name, value in vars(self).items()}
        self.lines = []
        moment = max(now, self.time)
        try:
            answer = verb(moment)
        except Refused:
            vars(self).update(before)
            self.lines = []
            raise
        if self.lines:
            self.time = moment
        return answer

    def once(self, key: str | None, asked: Any, now: datetime, verb: Callable[[], Got]) -> Got:
        """The answer given before to the same question, or the thing done now."""
        if key is not None and key in self.answers:
            question, answer, _ = self.answers[key]
            if question != asked:
                raise Refused("key_reused")
            given: Got = answer
            return given
        answer = verb()
        if key is not None and answer is not None:
            self.answers[key] = (asked, answer, now)
        return answer

    def write(self, kind: str, subject: str, at: datetime) -> int:
        self.seq += 1
        self.lines.append((kind, subject, at))
        return self.seq

    def put(self, ticket: Ticket, kind: str, at: datetime, **values: Any) -> Ticket:
        """A ticket's next step. Whoever leaves the line, or begins to wait anew in another, has waited until now."""
        if ticket.state == "waiting" and (values.get("state", "waiting") != "waiting" or "since" in values):
            values["waited"] = ticket.waited + max(timedelta(0), at - ticket.since)
        self.tickets[ticket.id] = changed = replace(ticket, last=at, **values)
        self.write(kind, ticket.id, at)
        return changed

    def ticket(self, ticket_id: str) -> Ticket:
        if ticket_id not in self.tickets:
            raise Refused("unknown_ticket")
        return self.tickets[ticket_id]

    def at(self, counter: str) -> Ticket | None:
        """The ticket that stands at a counter."""
        found = [t for t in self.tickets.values() if t.counter == counter and t.state in AT_COUNTER]
        assert len(found) < 2
        return found[0] if found else None

    def waiting(self, day: date) -> list[Ticket]:
        """Everybody in the line of a day, in the order of their places."""
        mine = [t for t in self.tickets.values() if t.state == "waiting" and t.day == day]
        return sorted(mine, key=lambda t: t.place)

    def must_have(self, counter: str) -> None:
        if counter not in self.shape.counters:
            raise Refused("unknown_counter")

    # ---- who is next ----

    def following(self, counter: str, line: list[Ticket], run: int) -> tuple[Ticket, int, str] | None:
        """Who of the line this counter calls, its new run of priority tickets, and why that one."""
        services = self.shape.counters[counter].services
        mine = [t for t in line if t.only == counter or (t.only is None and t.service in services)]
        if not mine:
            return None
        first = [t for t in mine if t.priority]
        others = [t for t in mine if not t.priority]
        if not (first and others):
            return mine[0], 0, "order"
        if self.shape.priority_run and run >= self.shape.priority_run:
            return others[0], 0, "fair_share"
        return first[0], run + 1, "order" if first[0] is mine[0] else "priority"

    def ahead(self, service: str, priority: bool, day: date) -> int:
        """People of the same class or a better one, waiting for what the service's counters do."""
        taking = self.shape.taking(service)
        working = [c for c in taking if c in self.seats and self.seats[c].state == "open"] or taking
        rivals = {s for c in working for s in self.shape.counters[c].services} | {service}
        return sum(t.service in rivals and (t.priority is not None or not priority) for t in self.waiting(day))

    # ---- midnight ----

    def expire(self, ticket: Ticket, now: datetime) -> None:
        at = min(now, self.shape.midnight(ticket.day))
        self.put(ticket, "ticket_expired", at, state="expired", ended=at)

    def new_day(self, now: datetime) -> None:
        """What earlier days left in the line, or set aside, expires at the midnight that ended them."""
        old = [t for t in self.tickets.values() if t.state in ("waiting", "held") and t.day < self.shape.day(now)]
        for ticket in sorted(old, key=lambda t: (t.day, t.place)):
            self.expire(ticket, now)

    # ---- tickets ----

    def issue(
        self,
        new_id: str,
        service: str,
        priority: str | None,
        key: str | None,
        confirm: bool,
        free: bool,
        now: datetime,
        machine: datetime,
    ) -> dict[str, Any]:
        """The next number, known by ``new_id`` from now on. ``free``: no hours, quota or empty counter refuse it.

        ``machine``: what the clock says. While it names another day than the hall has come to, no number is given.
        """

        def give() -> dict[str, Any]:
            self.new_day(now)
            if not free and now - machine > timedelta(minutes=1) and self.shape.day(machine) != self.shape.day(now):
                raise Refused("clock_wrong")
            if service not in self.shape.services:
                raise Refused("unknown_service")
            wanted, day = self.shape.services[service], self.shape.day(now)
            given = [t for t in self.tickets.values() if t.day == day]
            serving = [c for c in self.shape.taking(service) if c in self.seats and self.seats[c].state == "open"]
            if not free:
                if not self.shape.taking(service) or not self.shape.open_at(now):
                    raise Refused("closed")
                used = sum(t.first_service == service and t.state != "cancelled" for t in given)
                if wanted.quota is not None and used >= wanted.quota:
                    raise Refused("quota_reached")
                if not confirm and not serving:
                    raise Refused("unstaffed_needs_confirmation")
            number = 1 + max((t.number for t in given if t.prefix == wanted.prefix), default=0)
            ahead, seq = self.ahead(service, priority is not None, day), self.write("ticket_issued", new_id, now)
            ticket = Ticket(
                new_id, day, wanted.prefix, number, service, service, wanted.agency, priority, seq, now, now, now
            )
            self.tickets[new_id] = ticket
            self.slips[new_id, 0] = Slip(new_id, 0, now, seq)
            return {
                "number": ticket.label,
                "service": service,
                "agency": wanted.agency,
                "business_date": day.isoformat(),
                "issued_at": self.shape.local(now),
                "state": "waiting",
                "ahead": ahead,
                "serving_now": len(serving),
                "slip": {"state": "queued"},
            }

        return self.once(key, ("issue", service, priority), now, give)

    def call(self, counter: str, key: str | None, now: datetime) -> dict[str, Any] | None:
        def take() -> dict[str, Any] | None:
            self.new_day(now)
            self.must_have(counter)
            seat = self.seats.get(counter)
            if seat is None:
                raise Refused("not_signed_in")
            if seat.state != "open":
                raise Refused({"lost": "console_lost", "paused": "paused"}[seat.state])
            if self.at(counter) is not None:
                raise Refused("still_serving")
            found = self.following(counter, self.waiting(self.shape.day(now)), self.runs.get(counter, 0))
            if found is None:
                return None
            ticket, self.runs[counter], _ = found
            self.last_call[counter] = now
            values = {"state": "called", "counter": counter, "called": now, "started": None, "only": None, "recalls": 0}
            called = self.put(ticket, "ticket_called", now, **values)
            self.calls.append((now, ticket.id, ticket.service, counter))
            self.spoken[ticket.id] = self.seq
            return self.public(called)

        return self.once(key, ("call", counter), now, take)

    def move(
        self,
        move: str,
        ticket_id: str,
        key: str | None,
        now: datetime,
        sits: str | None = None,
        to: tuple[str | None, str | None, bool] = (None, None, False),
    ) -> dict[str, Any]:
        """``sits``: where the acting officer sits, None: anywhere; ``to``: service, counter, return."""

        def step() -> dict[str, Any]:
            self.new_day(now)
            ticket = self.ticket(ticket_id)
            if sits is not None and not self.reaches(sits, ticket):
                raise Refused("other_counter")
            if ticket.state not in MAY[move]:
                raise Refused("illegal_move")
            over = ticket.day != self.shape.day(now)
            if over and move in ("resume", "transfer", "hold"):
                raise Refused("day_ended")
            return self.public(self.moved(move, ticket, now, to, over))

        service, counter, _ = to
        if move == "transfer" and (service is None) == (counter is None):
            raise Refused("service_or_counter")
        return self.once(key, (move, ticket_id, to), now, step)

    def moved(
        self, move: str, ticket: Ticket, now: datetime, to: tuple[str | None, str | None, bool], over: bool
    ) -> Ticket:
        """One legal move of a ticket."""
        again = {"state": "waiting", "since": now, "counter": None, "called": None, "started": None, "ended": None}
        again["recalls"] = 0
        missed = {"state": "no_show", "ended": now}
        if move == "recall":
            if self.shape.recalls and ticket.recalls >= self.shape.recalls:
                return self.put(ticket, "ticket_missed", now, **missed)
            self.spoken[ticket.id] = self.seq + 1
            return self.put(ticket, "ticket_recalled", now, recalls=ticket.recalls + 1)
        if move == "start":
            return self.put(ticket, "ticket_started", now, state="serving", started=now)
        if move == "no-show":
            return self.put(ticket, "ticket_missed", now, **missed)
        if move == "hold":
            return self.put(ticket, "ticket_held", now, state="held")
        if move in ("cancel", "withdraw"):
            return self.put(ticket, "ticket_cancelled", now, state="cancelled", ended=now)
        if move == "resume":
            if ticket.state == "no_show":
                again["place"] = self.seq + 1
            return self.put(ticket, "ticket_resumed", now, **again)
        if move == "finish":
            if ticket.back is None or ticket.back[0] not in self.shape.services or over:
                return self.put(ticket, "ticket_finished", now, state="finished", ended=now)
            service, counter = ticket.back
            there = counter if counter in self.shape.counters else None  # nobody waits for a counter that is gone
            again |= {"service": service, "agency": self.shape.services[service].agency, "only": there, "back": None}
            return self.put(ticket, "ticket_returned", now, **again)
        assert move == "transfer"
        to_service, to_counter, returns = to
        if to_service is not None:
            if to_service not in self.shape.services:
                raise Refused("unknown_service")
            again |= {"service": to_service, "agency": self.shape.services[to_service].agency, "only": None}
        else:
            assert to_counter is not None
            self.must_have(to_counter)
            if ticket.state in AT_COUNTER and ticket.counter == to_counter:
                raise Refused("same_counter")
            again["only"] = to_counter
        if returns:
            if ticket.counter is None:
                raise Refused("return_needs_counter")
            again["back"] = (ticket.service, ticket.counter)
        return self.put(ticket, "ticket_transferred", now, **again)

    def reaches(self, counter: str, ticket: Ticket) -> bool:
        """Who stands at a counter is that counter's; all others are every officer's whose agency serves them."""
        if ticket.state in AT_COUNTER or ticket.counter == counter:
            return ticket.counter == counter
        if counter not in self.shape.counters:
            return False
        codes = [*self.shape.taking(ticket.service), ticket.only, ticket.counter]
        if ticket.service not in self.shape.services:
            codes = codes[-2:]
        agencies = {self.shape.counters[c].agency for c in codes if c in self.shape.counters} | {ticket.agency}
        return self.shape.counters[counter].agency in agencies

    def public(self, ticket: Ticket) -> dict[str, Any]:
        """What an officer is answered of a ticket."""
        local = self.shape.local
        return {
            "id": ticket.id,
            "number": ticket.label,
            "service": ticket.service,
            "agency": ticket.agency,
            "business_date": ticket.day.isoformat(),
            "issued_at": local(ticket.issued),
            "state": ticket.state,
            "priority": ticket.priority,
            "counter": ticket.counter,
            "only_counter": ticket.only,
            "recalls": ticket.recalls,
            "called_at": local(ticket.called),
            "started_at": local(ticket.started),
            "ended_at": local(ticket.ended),
        }

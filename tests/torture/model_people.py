"""The rest of the model: people at the counters, papers, the end of a day, a hall that is set up anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tests.torture.model import Model
from tests.torture.model_hall import Refused, Seat, Shape, Slip

SILENT, STALE, UNREPORTED, KEPT = timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=30), timedelta(days=7)
OUTCOMES = {"confirmed": "slip_confirmed", "failed": "slip_failed", "unknown": "slip_left_unknown"}


class WholeModel(Model):
    """The hall with everybody in it."""

    # ---- at the counter ----

    def seat(self, counter: str) -> Seat:
        self.must_have(counter)
        if counter not in self.seats:
            raise Refused("not_signed_in")
        return self.seats[counter]

    def beat(self, counter: str, now: datetime) -> None:
        """The console was heard of: if it was lost, it is back."""
        seat = self.seats[counter]
        if seat.beats:
            self.seats[counter] = replace(seat, beat=now, lost=False)
            if seat.lost:
                self.write("outage_ended", f"counter:{counter}", now)

    def tell(self, kind: str, counter: str, at: datetime) -> None:
        """A line about a counter."""
        self.write(kind, counter, at)
        if counter in self.seats:
            self.seats[counter] = replace(self.seats[counter], last=at)

    def sign_in(self, counter: str, officer: str, beats: bool, now: datetime) -> None:
        self.new_day(now)
        self.must_have(counter)
        if officer not in self.officers:
            raise Refused("unknown_officer")
        self.end_sessions(now)
        there = self.seats.get(counter)
        if there is not None:
            if there.officer != officer:
                raise Refused("counter_taken")
            self.beat(counter, now)
            return
        if any(seat.officer == officer for seat in self.seats.values()):
            raise Refused("officer_elsewhere")
        self.seats[counter] = Seat(officer, now, beats, now if beats else None, now)
        self.tell("signed_in", counter, now)

    def sign_out(self, counter: str, now: datetime) -> None:
        self.seat(counter)
        if self.at(counter) is not None:
            raise Refused("still_serving")
        self.leave(counter, now)

    def leave(self, counter: str, at: datetime) -> None:
        del self.seats[counter]
        self.tell("signed_out", counter, at)

    def pause(self, counter: str, now: datetime) -> None:
        if self.seat(counter).pause is not None:
            raise Refused("already_paused")
        if self.at(counter) is not None:
            raise Refused("still_serving")
        self.beat(counter, now)
        self.seats[counter] = replace(self.seats[counter], pause=now, lost=False)
        self.tell("paused", counter, now)

    def unpause(self, counter: str, now: datetime) -> None:
        if self.seat(counter).pause is None:
            raise Refused("not_paused")
        self.beat(counter, now)
        self.seats[counter] = replace(self.seats[counter], pause=None, lost=False)
        self.tell("unpaused", counter, now)

    def heartbeat(self, counter: str, now: datetime) -> None:
        self.seat(counter)
        self.beat(counter, now)

    def find_lost(self, now: datetime) -> None:
        """A console that has not been heard of for longer than it may is down since its last beat."""
        for counter, seat in list(self.seats.items()):
            if seat.beats and not seat.lost and seat.beat is not None and seat.beat < now - SILENT:
                self.seats[counter] = replace(seat, lost=True)
                self.write("outage_began", f"counter:{counter}", seat.beat)

    def end_sessions(self, now: datetime) -> None:
        """Who forgot to sign out left at midnight, or when they last did something there; at a counter that is gone,
        now. Whoever still stood there was served, or did not come."""
        today = self.shape.day(now)
        for counter, seat in list(self.seats.items()):
            day = self.shape.day(seat.start)
            if day > today or (day == today and counter in self.shape.counters):
                continue
            at = now if day == today else self.shape.midnight(day)
            left = self.at(counter)
            done = [seat.last, self.last_call.get(counter, at), left.last if left else at]
            at = max(at, *done)
            if left is not None:
                state = "finished" if left.state == "serving" else "no_show"
                kind = "ticket_finished" if left.state == "serving" else "ticket_missed"
                self.put(left, kind, at, state=state, ended=at)
            self.leave(counter, at)

    # ---- the day ----

    def close_day(self, now: datetime) -> int:
        self.new_day(now)
        day = self.shape.day(now)
        left = [t for t in self.tickets.values() if t.day == day and t.state in ("waiting", "held")]
        for ticket in sorted(left, key=lambda t: t.place):
            self.expire(ticket, now)
        self.write("day_closed", day.isoformat(), now)
        return len(left)

    def give_up(self, now: datetime) -> None:
        """Slips that a printer took and said no more of, and those that no printer fetched in time."""
        for slip in list(self.slips.values()):
            if slip.state == "sent" and slip.sent is not None and slip.sent < now - UNREPORTED:
                self.report(slip, "unknown", now)
            elif slip.state == "queued" and slip.created < now - STALE:
                self.report(slip, "failed", now)

    def forget(self, now: datetime) -> None:
        """Answers older than a week are asked for by nobody any more."""
        self.answers = {key: kept for key, kept in self.answers.items() if kept[2] >= now - KEPT}

    def set_up(self, code: str, shape: Shape, now: datetime) -> None:
        """The hall file is loaded."""
        if (shape, [*shape.counters]) != (self.shape, [*self.shape.counters]):  # their order is shown
            self.shape = shape
            self.write("hall_set_up", code, now)

    # ---- papers ----

    def reprint(self, ticket_id: str, now: datetime) -> int:
        """Another paper; returns which copy it is."""
        if self.ticket(ticket_id).state not in ("waiting", "called", "serving", "held"):
            raise Refused("illegal_move")
        mine = [slip for slip in self.slips.values() if slip.ticket == ticket_id]
        if any(slip.state in ("queued", "sent") for slip in mine):
            raise Refused("still_printing")
        copy = 1 + max(slip.copy for slip in mine)
        seq = self.write("slip_reprint_ordered", ticket_id, now)
        self.slips[ticket_id, copy] = Slip(ticket_id, copy, now, seq)
        return copy

    def take_paper(self, now: datetime) -> Slip | None:
        """The oldest slip that waits for the printer; what is stale by then is not printed."""
        queued = sorted((s for s in self.slips.values() if s.state == "queued"), key=lambda s: (s.created, s.order))
        for slip in queued:
            if now - slip.created <= STALE:
                self.slips[slip.ticket, slip.copy] = taken = replace(slip, state="sent", sent=now)
                self.write("slip_sent", slip.ticket, now)
                return taken
            self.report(slip, "failed", now)
        return None

    def report(self, slip: Slip, outcome: str, now: datetime) -> None:
        self.slips[slip.ticket, slip.copy] = replace(slip, state=outcome)
        self.write(OUTCOMES[outcome], slip.ticket, now)

"""What may happen in a hall, in any order: the rules that a history is made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from hall.database import Database
from hall.once import forget_old
from queueing import calling, day_end, slips
from queueing.issuing import issue
from staffing import presence
from tests.cast import CONSOLE, KIOSK, SYSTEM
from tests.torture.machine_base import SideBySide
from tests.torture.model_people import WholeModel
from tests.torture.model_stage import CHANGES, OFFICERS, PRINTER, SERVICES, ZONES, first_shape

PLACES = ("1", "2", "3", "4", "5")
VERBS = {
    "recall": calling.recall,
    "start": calling.start,
    "finish": calling.finish,
    "no-show": calling.no_show,
    "hold": calling.hold,
    "resume": calling.resume,
    "cancel": calling.cancel,
    "withdraw": calling.withdraw,
}
HOURS = (time(5, 59), time(8), time(12), time(21, 58), time(23, 50))
WAITING, CALLED, SERVING, HELD, MISSED = ("waiting",), ("called",), ("serving",), ("held",), ("no_show",)

some = st.integers(0, 7)  # whichever of those there are, counted round
process = st.integers(0, 1)
keyed = st.booleans()
counters = st.sampled_from(PLACES[:4])
services = st.sampled_from([*SERVICES])
steps = st.sampled_from(("start", "finish", "recall", "hold", "no-show"))
people = st.tuples(services, st.booleans())  # what somebody comes for, and whether as one of those who go first


def there_is(*states: str) -> Any:
    """Only while a ticket is in one of these states."""
    return precondition(lambda self: any(ticket.state in states for ticket in self.model.tickets.values()))


class HallMachine(SideBySide):
    """The rules. A verb that the model refuses must be refused by the hall, and the other way round."""

    @initialize(
        zone=st.sampled_from(ZONES),
        hour=st.sampled_from(HOURS),
        limits=st.tuples(st.integers(0, 2), st.integers(0, 2)),
        seated=st.lists(st.tuples(counters, st.booleans()), min_size=1, max_size=3, unique_by=lambda seat: seat[0]),
        first=st.lists(people, min_size=1, max_size=6),
        pace=st.sampled_from((0, 1, 15)),
    )
    def open(
        self,
        zone: str,
        hour: time,
        limits: tuple[int, int],
        seated: list[tuple[str, bool]],
        first: list[tuple[str, bool]],
        pace: int,
    ) -> None:
        """A hall of its own, in which some are at their counters already and others wait."""
        self.now = datetime.combine(datetime(2026, 3, 3), hour, ZoneInfo(zone)).astimezone(ZoneInfo("UTC"))
        self.pace = timedelta(seconds=pace, microseconds=pace)
        shape = first_shape(zone, *limits)
        self.code = self.stage.new_hall(shape, self.now)
        self.model = WholeModel(shape, OFFICERS, self.now, seq=1)
        self.whole = True
        for (counter, beats), officer in zip(seated, OFFICERS, strict=False):
            self._sign_in(0, counter, officer, beats)
        for service, priority in first:
            self._issue(0, service, priority, True, confirm=True, free=True)

    # ---- numbers ----

    @rule(process=process, come=st.lists(people, min_size=1, max_size=4), keyed=keyed)
    def take_numbers(self, process: int, come: list[tuple[str, bool]], keyed: bool) -> None:
        """People come, one after the other, to kiosks of either process."""
        for nr, (service, priority) in enumerate(come):
            self._issue((process + nr) % 2, service, priority, keyed, confirm=True, free=True)

    @rule(process=process, service=services, keyed=keyed, confirm=st.booleans())
    def touch_the_kiosk(self, process: int, service: str, keyed: bool, confirm: bool) -> None:
        """The kiosk gives a number, or says why not."""
        self._issue(process, service, False, keyed, confirm=confirm, free=False)

    def _issue(self, process: int, service: str, priority: bool, keyed: bool, *, confirm: bool, free: bool) -> None:
        kind = "elderly" if priority else None
        self.ask(
            process,
            keyed,
            lambda db, key, now: issue(
                db, self.code, service, actor=KIOSK, now=now, priority=kind, confirm=confirm, key=key, history=free
            ),
            lambda got, key, now: self.model.issue(
                got["id"] if got else "", service, kind, key, confirm, free, now, self.now
            ),
        )

    # ---- the officer's work ----

    @rule(process=process, counter=counters, keyed=keyed, then=st.lists(steps, max_size=4))
    def serve(self, process: int, counter: str, keyed: bool, then: list[str]) -> None:
        """An officer calls the next, and does with whoever comes what officers do."""
        self._work(process, counter, keyed, then)

    @rule(process=process, counter=counters, keyed=keyed, how=st.sampled_from(("finish", "no-show", "hold", "cancel")))
    def serve_two(self, process: int, counter: str, keyed: bool, how: str) -> None:
        """One after the other, at the one process and at the other."""
        for other in (process, 1 - process):
            self._work(other, counter, keyed, ["start", how] if how == "finish" else [how])

    @rule(process=process, counter=counters, times=st.integers(1, 3))
    def call_in_vain(self, process: int, counter: str, times: int) -> None:
        """Nobody comes, however often they are called."""
        self._work(process, counter, True, ["recall"] * times)

    @rule(process=process, counter=counters, keyed=keyed, then=st.sampled_from(((), ("start",))), late=some)
    def hold_after_midnight(self, process: int, counter: str, keyed: bool, then: tuple[str, ...], late: int) -> None:
        """Somebody stands at a counter over midnight, and only then is to be set aside."""
        self._work(process, counter, keyed, [*then])
        there = [t for t in self.model.tickets.values() if t.state in (*CALLED, *SERVING)]
        if there:
            today = self.model.shape.day(max(self.now, self.model.time))
            self.now = self.model.shape.midnight(today) + timedelta(hours=late)
            self._move("hold", 1 - process, (self.model.at(counter) or there[-1]).id, keyed)

    @rule(process=process, counter=counters, keyed=keyed, silent=st.sampled_from((31, 900)))
    def call_from_a_silent_console(self, process: int, counter: str, keyed: bool, silent: int) -> None:
        """A console is not heard of for a while, the house is kept, and then it calls as if nothing had been."""
        if not any(seat.beats for seat in self.model.seats.values()):
            self._sign_in(process, counter, OFFICERS[-1], True)
        beats = {code: seat.beat for code, seat in self.model.seats.items() if seat.beat is not None}
        self.now = max(self.now, self.model.time, *beats.values()) + timedelta(seconds=silent)
        self._errand(process, presence.find_lost_consoles, self.model.find_lost)
        self._call(1 - process, counter if counter in beats else [*beats, counter][0], keyed)

    def _work(self, process: int, counter: str, keyed: bool, then: list[str]) -> None:
        """Makes the counter ready, calls if nobody stands there (for an empty line somebody comes), and goes on."""
        if counter not in self.model.shape.counters:
            return
        seat, taken = self.model.seats.get(counter), [seat.officer for seat in self.model.seats.values()]
        free = [officer for officer in OFFICERS if officer not in taken]
        if seat is None and free:
            self._sign_in(process, counter, free[0], False)
        elif seat is not None and seat.pause:
            self._at_counter(presence.unpause, self.model.unpause, process, counter)
        elif seat is not None and seat.lost:
            self._at_counter(presence.heartbeat, self.model.heartbeat, process, counter)
        if self.model.at(counter) is None:
            line = self.model.waiting(self.model.shape.day(max(self.now, self.model.time)))
            if self.model.following(counter, line, 0) is None:
                service = self.model.shape.counters[counter].services[0]
                self._issue(process, service, False, keyed, confirm=True, free=True)
            self._call(process, counter, keyed)
        for verb in then:
            there = self.model.at(counter)
            if there is not None:
                self._move(verb, 1 - process, there.id, keyed)

    def _call(self, process: int, counter: str, keyed: bool) -> None:
        self.ask(
            process,
            keyed,
            lambda db, key, now: calling.call(db, self.code, counter, actor=CONSOLE, now=now, key=key),
            lambda got, key, now: self.model.call(counter, key, now),
        )

    @there_is(*HELD, *MISSED)
    @rule(process=process, which=some, keyed=keyed)
    def resume(self, process: int, which: int, keyed: bool) -> None:
        self._move("resume", process, self.one(which, *HELD, *MISSED).id, keyed)

    @precondition(lambda self: self.model.tickets)
    @rule(
        process=process,
        which=some,
        keyed=keyed,
        verb=st.sampled_from([*VERBS]),
        sits=st.none() | counters,
    )
    def move_any(self, process: int, which: int, keyed: bool, verb: str, sits: str | None) -> None:
        """Any move of any ticket by anybody: most are refused."""
        self._move(verb, process, self.one(which).id, keyed, sits)

    def _move(self, verb: str, process: int, ticket: str, keyed: bool, sits: str | None = None) -> None:
        self.ask(
            process,
            keyed,
            lambda db, key, now: VERBS[verb](db, ticket, actor=CONSOLE, now=now, key=key, counter=sits),
            lambda got, key, now: self.model.move(verb, ticket, key, now, sits),
        )

    @there_is(*WAITING, *CALLED, *SERVING, *HELD)
    @rule(
        process=process,
        which=some,
        keyed=keyed,
        to=st.tuples(services, st.none()) | st.tuples(st.none(), st.sampled_from(PLACES)),
        back=st.booleans(),
        states=st.sampled_from(((*CALLED, *SERVING), (*WAITING, *CALLED, *SERVING, *HELD))),
    )
    def transfer(
        self, process: int, which: int, keyed: bool, to: tuple[Any, Any], back: bool, states: tuple[str, ...]
    ) -> None:
        if not any(t.state in states for t in self.model.tickets.values()):
            states = ()
        ticket, (service, counter) = self.one(which, *states).id, to
        self.ask(
            process,
            keyed,
            lambda db, key, now: calling.transfer(
                db, ticket, actor=CONSOLE, now=now, service=service, to_counter=counter, back=back, key=key
            ),
            lambda got, key, now: self.model.move("transfer", ticket, key, now, None, (service, counter, back)),
        )

    # ---- asked again ----

    @precondition(lambda self: self.requests)
    @rule(process=process, which=some, last=st.booleans())
    def ask_again(self, process: int, which: int, last: bool) -> None:
        """The answer was lost, or the request came twice: any earlier one, whatever has happened since."""
        request = self.requests[-1 - which % len(self.requests) if last else which % len(self.requests)]
        kept = self.model.answers.get(request.key)
        answer = self.do(process, request.real, request.alike, request.key)
        if kept is not None and request.answer is not None:
            assert answer == request.answer
        request.answer = answer

    @precondition(lambda self: self.requests)
    @rule(process=process, which=some, service=services)
    def same_key_for_something_else(self, process: int, which: int, service: str) -> None:
        request = self.requests[which % len(self.requests)]
        key, kept = request.key, self.model.answers.get(request.key)
        self.do(
            process,
            lambda db, key, now: issue(
                db, self.code, service, actor=KIOSK, now=now, priority="child", key=key, history=True
            ),
            lambda got, key, now: self.model.issue(
                got["id"] if got else "", service, "child", key, False, True, now, now
            ),
            key,
        )
        if self.model.answers.get(key) is not kept:
            request.answer = None  # the key was free again after a week: from now on it asks for this number

    # ---- at the counter ----

    @rule(process=process, counter=counters, who=st.integers(0, 2), beats=st.booleans())
    def sign_in(self, process: int, counter: str, who: int, beats: bool) -> None:
        self._sign_in(process, counter, OFFICERS[who], beats)

    def _sign_in(self, process: int, counter: str, officer: str, beats: bool) -> None:
        def real(db: Database, key: str | None, now: datetime) -> None:
            presence.sign_in(db, self.code, counter, officer, actor=CONSOLE, now=now, beats=beats)

        self.do(process, real, lambda got, key, now: self.model.sign_in(counter, officer, beats, now))

    @rule(process=process, counter=counters, what=st.sampled_from(("sign-out", "pause", "unpause", "heartbeat")))
    def at_counter(self, process: int, counter: str, what: str) -> None:
        def rest(db: Database, hall: str, counter: str, *, actor: str, now: datetime) -> None:
            presence.pause(db, hall, counter, "ke belakang", actor=actor, now=now)

        verbs: dict[str, tuple[Callable[..., None], Callable[[str, datetime], None]]] = {
            "sign-out": (presence.sign_out, self.model.sign_out),
            "pause": (rest, self.model.pause),
            "unpause": (presence.unpause, self.model.unpause),
            "heartbeat": (presence.heartbeat, self.model.heartbeat),
        }
        self._at_counter(*verbs[what], process, counter)

    def _at_counter(
        self, real: Callable[..., None], alike: Callable[[str, datetime], None], process: int, counter: str
    ) -> None:
        self.do(
            process,
            lambda db, key, now: real(db, self.code, counter, actor=CONSOLE, now=now),
            lambda got, key, now: alike(counter, now),
        )

    # ---- papers ----

    @there_is(*WAITING, *CALLED, *SERVING, *HELD)
    @rule(process=process, which=some)
    def reprint(self, process: int, which: int) -> None:
        ticket = self.one(which).id
        self.do(
            process,
            lambda db, key, now: slips.reprint(db, ticket, actor=KIOSK, now=now).copy,
            lambda got, key, now: self.model.reprint(ticket, now),
        )

    @precondition(lambda self: any(slip.state == "queued" for slip in self.model.slips.values()))
    @rule(process=process, outcome=st.sampled_from(("confirmed", "failed", "unknown", "")))
    def print(self, process: int, outcome: str) -> None:
        """The printer takes a slip and says what became of it, or never says a word."""
        taken: list[Any] = []

        def take(db: Database, key: str | None, now: datetime) -> tuple[str, int] | None:
            taken[:] = [slips.take_next(db, self.code, PRINTER, now=now)]
            return (taken[0].ticket, taken[0].copy) if taken[0] else None

        def alike(got: Any, key: str | None, now: datetime) -> tuple[str, int] | None:
            taken[1:] = [self.model.take_paper(now)]
            return (taken[1].ticket, taken[1].copy) if taken[1] else None

        def report(db: Database, key: str | None, now: datetime) -> None:
            slips.report(db, taken[0].id, outcome, None, None, actor="printer:p1", now=now)

        self.do(process, take, alike)
        if outcome and taken[0]:
            self.do(1 - process, report, lambda got, key, now: self.model.report(taken[1], outcome, now))

    # ---- the day, the house, the clock ----

    @rule(process=process, closing=st.integers(0, 4))
    def keep_house(self, process: int, closing: int) -> None:
        """What the couriers do every few seconds, or a manager who closes the day."""
        if closing == 4:
            self.do(
                process,
                lambda db, key, now: day_end.close_day(db, self.code, actor=SYSTEM, now=now),
                lambda got, key, now: self.model.close_day(now),
            )
            return
        errands: list[tuple[Callable[..., Any], Callable[[datetime], None]]] = [
            (day_end.end_old_days, self.model.new_day),
            (presence.end_day, self.model.end_sessions),
            (presence.find_lost_consoles, self.model.find_lost),
        ]
        for real, alike in errands:
            self._errand(process, real, alike)
        late = timedelta(seconds=30)
        self._errand(process, lambda db, hall, now: slips.give_up(db, hall, now=now, after=late), self.model.give_up)
        self._errand(process, lambda db, hall, now: forget_old(db, now), self.model.forget)

    def _errand(self, process: int, real: Callable[..., Any], alike: Callable[[datetime], None]) -> None:
        def go(db: Database, key: str | None, now: datetime) -> None:
            real(db, self.code, now=max(now, hall_time))  # couriers look first, and only then take their turn

        hall_time = self.model.time

        self.do(process, go, lambda got, key, now: alike(now))

    @rule(seconds=st.sampled_from((5, 29, 61, 900, 3600, 5 * 3600, -2, -45, -3600, -30 * 3600)))
    def clock(self, seconds: int) -> None:
        """Time passes, or somebody sets the machine's clock back, or its battery is empty."""
        self.now += timedelta(seconds=seconds)

    @rule(days=st.sampled_from((0, 0, 0, 1, 8)), seconds=st.sampled_from((-1, 0, 1, 7 * 3600)))
    def midnight(self, days: int, seconds: int) -> None:
        """It is midnight in the hall's zone, a second before it, or the next morning."""
        midnight = self.model.shape.midnight(self.model.shape.day(self.now) + timedelta(days=days))
        self.now = midnight + timedelta(seconds=seconds)

    @rule(process=process, change=st.sampled_from(["restart", *CHANGES]))
    def set_up(self, process: int, change: str) -> None:
        """A manager loads the hall file anew while people wait, or a process is started anew: its memory is gone."""
        if change == "restart":
            self.stage.restart(process)
            return
        shape = CHANGES[change](self.model.shape)

        def real(db: Database, key: str | None, now: datetime) -> None:
            self.stage.set_up(process, self.code, shape, now)

        self.do(process, real, lambda got, key, now: self.model.set_up(self.code, shape, now))

"""The day of each counter as one unbroken band: serving, staffed, paused, empty by cause, unobserved, not due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from hall.database import Database
from hall.hours import DayPlan
from hall.intervals import Interval, Intervals, Layer, clip, contains, cut, paint, total
from hall.journal import Line
from hall.places import Counter, Places, places
from hall.turn import position
from queueing.history import ENDS, lines_of_day
from staffing.day_facts import UNOBSERVED
from staffing.reported import Told
from staffing.seating import Sitting, read_sittings
from staffing.vacancies import Period, Vacancy, vacancies
from staffing.vacancy import CounterDay

SERVING, STAFFED, IDLE, PAUSED = "serving", "staffed", "idle", "paused"
VACANT, GRACE, NOT_DUE, AHEAD = "vacant", "grace", "not_due", "ahead"
STATES = (SERVING, STAFFED, IDLE, PAUSED, VACANT, UNOBSERVED, GRACE, NOT_DUE, AHEAD)
LEAVES = ("ticket_held", "ticket_transferred", "ticket_returned", *ENDS)
# what is seen where several things hold: a piece of the engine before everything, the plan of the day last
RANKS = {VACANT: 0, UNOBSERVED: 0, SERVING: 1, PAUSED: 2, IDLE: 3, STAFFED: 4, GRACE: 5, AHEAD: 6, NOT_DUE: 7}


@dataclass(frozen=True, slots=True)
class Turn:
    """A ticket at a counter, from the call until it left; ``end`` None: it is still there. Aware UTC."""

    counter: str
    label: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a counter's day, UTC. ``cause``: why it is empty or not due; ``detail``: a pause's or closing's reason.

    ``due``: whether the counter had to be open. ``vacancy``: the engine's piece with its evidence and cost, where the
    counter was empty or could not be seen.
    """

    state: str
    start: datetime
    end: datetime
    due: bool
    cause: str | None = None
    detail: str | None = None
    vacancy: Vacancy | None = None

    @property
    def minutes(self) -> float:
        """How long, in decimal minutes."""
        return (self.end - self.start) / timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Lane:
    """One counter's day: ``stretches`` touch each other and fill it from midnight to midnight.

    ``withdrawn``: what was told of it once as empty, and is so no more.
    """

    counter: Counter
    due: Intervals
    stretches: tuple[Stretch, ...]
    turns: tuple[Turn, ...]
    withdrawn: tuple[Told, ...] = ()

    def minutes(self, *states: str) -> float:
        """How long the counter was in one of these states, in decimal minutes."""
        return sum(stretch.minutes for stretch in self.stretches if stretch.state in states)

    @property
    def due_minutes(self) -> float:
        """How long it has to be open on this day, what is still ahead too."""
        return total(self.due) / timedelta(minutes=1)

    def at(self, moment: datetime) -> Stretch | None:
        """The stretch in which the moment lies, or None outside the day."""
        return next((s for s in self.stretches if s.start <= moment < s.end), None)


@dataclass(frozen=True, slots=True)
class Timeline:
    """All lanes of one business date, in the hall's order. ``window``: midnight to midnight; ``at``: the present.

    ``period`` is what was asked of the engine: who shows it to a person notes that they were told.
    """

    place: Places
    day: date
    at: datetime
    seq: int
    window: Interval
    lanes: tuple[Lane, ...]
    period: Period


def turns(lines: Iterable[Line]) -> dict[str, list[Turn]]:
    """Counter -> its tickets from call to leaving; ``lines`` in order of writing. A recall is no new call."""
    open_turns: dict[str, tuple[str, str, datetime]] = {}
    labels: dict[str, str] = {}
    found: dict[str, list[Turn]] = defaultdict(list)
    for line in lines:
        if line.kind == "ticket_issued":
            labels[line.subject] = line.data["number"]
        elif line.kind == "ticket_called":
            open_turns[line.subject] = (line.data["counter"], labels.get(line.subject, ""), line.at)
        elif line.kind in LEAVES and line.subject in open_turns:
            counter, label, start = open_turns.pop(line.subject)
            found[counter].append(Turn(counter, label, start, line.at))
    for counter, label, start in open_turns.values():
        found[counter].append(Turn(counter, label, start, None))
    return {counter: sorted(made, key=lambda turn: (turn.start, turn.label)) for counter, made in found.items()}


def lay_out(
    counter: CounterDay,
    plan: DayPlan,
    now: datetime,
    *,
    sittings: Sequence[Sitting] = (),
    served: Sequence[Turn] = (),
    idle: Iterable[Interval] = (),
    pieces: Sequence[Vacancy] = (),
) -> tuple[Stretch, ...]:
    """A counter's whole day as stretches that touch; nothing but not due and ahead lies after ``now``.

    What the engine says of empty and unobserved time stands above everything that sessions and tickets tell.
    """
    window = plan.window
    layers = [Layer(i.start, i.end, (RANKS[AHEAD],), (AHEAD, None, None, None)) for i in counter.ahead]
    for piece in plan.pieces:
        if not piece.due:
            label = (NOT_DUE, piece.reason, piece.detail, None)
            layers.append(Layer(piece.interval.start, piece.interval.end, (RANKS[NOT_DUE],), label))
    for spent in clip(counter.not_due, window):  # due by the hours, but the last number of the day had been served
        layers.append(Layer(spent.start, spent.end, (RANKS[NOT_DUE] + 1,), (NOT_DUE, "quota_reached", None, None)))
    for short in counter.grace:
        layers.append(Layer(short.start, short.end, (RANKS[GRACE],), (GRACE, None, None, None)))
    so_far = Interval(window.start, min(now, window.end)) if now > window.start else None
    if so_far is not None:
        layers += _seen(so_far, sittings, served, idle)
    for nr, vacancy in enumerate(pieces):
        state = UNOBSERVED if vacancy.cause == UNOBSERVED else VACANT
        layers.append(Layer(vacancy.start, vacancy.end, (0, nr), (state, vacancy.cause, None, nr)))
    layers += [Layer(i.start, i.end, (RANKS[STAFFED],), (STAFFED, None, None, None)) for i in counter.staffed]
    edges = [edge for span in counter.due for edge in (span.start, span.end)]
    found: list[Stretch] = []
    for seen in paint(layers):
        state, cause, detail, nr = seen.label
        known = None if nr is None else pieces[nr]
        for part in cut((Interval(seen.start, seen.end),), edges):
            owed = contains(counter.due, part.start)
            found.append(Stretch(state, part.start, part.end, owed, cause, detail, known))
    return tuple(found)


def _seen(
    so_far: Interval, sittings: Sequence[Sitting], served: Sequence[Turn], idle: Iterable[Interval]
) -> list[Layer]:
    """What sessions and tickets show up to now."""
    spans: list[tuple[str, datetime, datetime | None, str | None]] = []
    for sitting in sittings:
        spans.append((STAFFED, sitting.start, sitting.end, None))
        spans += [(PAUSED, pause.start, pause.end or sitting.end, pause.reason) for pause in sitting.pauses]
    spans += [(SERVING, turn.start, turn.end, None) for turn in served]
    spans += [(IDLE, span.start, span.end, None) for span in idle]
    layers = []
    for state, start, end, detail in spans:
        first, last = max(start, so_far.start), min(end or so_far.end, so_far.end)
        if first < last:
            layers.append(Layer(first, last, (RANKS[state],), (state, None, detail, None)))
    return layers


def timeline(db: Database, hall: str, day: date, *, now: datetime) -> Timeline:
    """Every counter's day as it is known at ``now`` (aware). Raises :class:`NotFound` (``unknown_hall``)."""
    period = vacancies(db, hall, day, day, now=now)
    judged = period.days[0]
    with db.reading() as connection:
        seq, config = position(connection, hall)
        place = places(db, connection, hall, config)
        sittings, served = _read(connection, place, day, now)
    window = place.calendar.window(day)
    lanes = []
    for counter in place.counters.values():
        found = judged.judgement.counters[counter.code]
        made = served.get(counter.code, [])
        stretches = lay_out(
            found,
            place.calendar.plan(counter.agency, counter.code, day),
            now,
            sittings=sittings.get(counter.code, []),
            served=made,
            idle=[Interval(i.start, i.end) for i in judged.idle if i.counter == counter.code],
            pieces=[piece for piece in judged.pieces if piece.counter == counter.code],
        )
        withdrawn = tuple(told for told in judged.withdrawn if told.counter == counter.code)
        lanes.append(Lane(counter, found.due, stretches, tuple(made), withdrawn))
    return Timeline(place, day, now, seq, window, tuple(lanes), period)


def _read(
    connection: Connection, place: Places, day: date, now: datetime
) -> tuple[dict[str, list[Sitting]], dict[str, list[Turn]]]:
    window = place.calendar.window(day)
    sittings = read_sittings(connection, place, window.start, window.end)
    return sittings, turns(lines_of_day(connection, place.code, place.zone, day, until=now))

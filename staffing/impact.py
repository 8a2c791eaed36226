"""What an empty counter cost the citizens, and who sat there without calling while they waited: pure, exact."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from hall.intervals import Interval, Intervals, clip, normalise, subtract
from hall.places import Counter
from queueing.waits import Wait
from staffing.seating import Sitting

ZERO = timedelta()
MINUTE = timedelta(minutes=1)


class Cost(NamedTuple):
    """What a stretch cost: minutes that citizens waited in it, those of them in which nobody could call them, and the
    tickets that waited in it and ended unserved. Minutes are decimal and not rounded."""

    waiting_minutes: float
    stranded_minutes: float
    abandoned: int


class Group:
    """Waits oldest first, of people whom the same counters may call; found by time without looking at all of them."""

    def __init__(self, waits: Iterable[Wait]) -> None:
        self.waits = sorted(waits, key=lambda w: (w.start, w.end, w.ticket))
        self._starts = [wait.start for wait in self.waits]
        self._longest = max((wait.end - wait.start for wait in self.waits), default=ZERO)

    def inside(self, start: datetime, end: datetime) -> list[Wait]:
        """The waits that lie at least in part in [start, end)."""
        first, last = bisect_right(self._starts, start - self._longest), bisect_left(self._starts, end)
        return [wait for wait in self.waits[first:last] if wait.end > start]


class Line:
    """The waits of one business date, sorted so that the cost of each piece is found without reading them all.

    A ticket waits for the counters of its service; one that was sent to a single counter waits for that one alone.
    """

    def __init__(self, waits: Iterable[Wait]) -> None:
        services: dict[str, list[Wait]] = defaultdict(list)
        counters: dict[str, list[Wait]] = defaultdict(list)
        for wait in waits:
            if wait.only_counter is None:
                services[wait.service].append(wait)
            else:
                counters[wait.only_counter].append(wait)
        self._services = {service: Group(found) for service, found in services.items()}
        self._counters = {counter: Group(found) for counter, found in counters.items()}

    def groups(self, counter: Counter) -> list[tuple[str | None, Group]]:
        """Who may be called at this counter: by service (its code), and who was sent there (None)."""
        found: list[tuple[str | None, Group]] = [
            (service, self._services[service]) for service in counter.services if service in self._services
        ]
        if counter.code in self._counters:
            found.append((None, self._counters[counter.code]))
        return found


class Staffed:
    """When each counter was staffed, and so when somebody served each service."""

    def __init__(self, staffed: Mapping[str, Intervals], counters: Mapping[str, Counter]) -> None:
        self._counters = staffed
        by_service: dict[str, list[Interval]] = defaultdict(list)
        for code, stretches in staffed.items():
            for service in counters[code].services if code in counters else ():
                by_service[service].extend(stretches)
        self._services = {service: normalise(stretches) for service, stretches in by_service.items()}

    def of(self, service: str | None, counter: str) -> Intervals:
        """When the people of a group could have been called: at any counter of the service, or at theirs alone."""
        return self._counters.get(counter, ()) if service is None else self._services.get(service, ())


def cost(counter: Counter, start: datetime, end: datetime, line: Line, staffed: Staffed) -> Cost:
    """What [start, end) at ``counter`` cost whoever waited for its services (section 3 of the domain reference)."""
    return cost_together([(counter, Interval(start, end))], line, staffed)


def cost_together(stretches: Iterable[tuple[Counter, Interval]], line: Line, staffed: Staffed) -> Cost:
    """What stretches of one or several counters cost in all: whoever waited for two of them at once counts once."""
    groups: dict[tuple[str | None, str], list[Interval]] = defaultdict(list)
    waiting: dict[tuple[str | None, str], Group] = {}
    for counter, stretch in stretches:
        for service, waits in line.groups(counter):
            key = (service, "" if service is not None else counter.code)
            groups[key].append(stretch)
            waiting[key] = waits
    waited = stranded = ZERO
    lost: set[str] = set()
    for (service, alone_at), found in groups.items():
        there = staffed.of(service, alone_at)
        for stretch in found if len(found) == 1 else normalise(found):
            inside = waiting[service, alone_at].inside(stretch.start, stretch.end)
            if not inside:
                continue
            alone = subtract((stretch,), clip(there, stretch))
            for wait in inside:
                waited += min(wait.end, stretch.end) - max(wait.start, stretch.start)
                if wait.lost:
                    lost.add(wait.ticket)
                for gap in alone:
                    if wait.start < gap.end and wait.end > gap.start:
                        stranded += min(wait.end, gap.end) - max(wait.start, gap.start)
    return Cost(waited / MINUTE, stranded / MINUTE, len(lost))


class Idle(NamedTuple):
    """An officer signed in who called nobody while people waited for longer than the hall allows (*tidak memanggil*).

    ``waiting_minutes`` is what those people waited in it; ``since`` and ``until`` are aware UTC.
    """

    counter: str
    officers: tuple[str, ...]
    start: datetime
    end: datetime
    waiting_minutes: float


def idle_while_waiting(
    counter: Counter,
    sittings: Iterable[Sitting],
    busy: Iterable[Interval],
    unseen: Intervals,
    line: Line,
    *,
    allowed: timedelta,
    until: datetime,
) -> list[Idle]:
    """When somebody sat free at ``counter`` while one and the same person waited for longer than ``allowed``.

    Free is: signed in, not pausing, nobody called or served there, and the counter in sight (``unseen`` is not). It
    counts from the moment at which both began, the officer's being free and the person's waiting.
    """
    sittings = list(sittings)
    free: list[Interval] = []
    for sitting in sittings:
        end = min(sitting.end or until, until)
        if sitting.start < end:
            rests = [
                Interval(pause.start, stop)
                for pause in sitting.pauses
                if pause.start < (stop := min(pause.end or until, until))
            ]
            free += subtract((Interval(sitting.start, end),), normalise(rests))
    taken = normalise([*busy, *unseen])
    groups = [group for _, group in line.groups(counter)]
    idle: list[Interval] = []
    for stretch in free:
        for piece in subtract((stretch,), taken):  # not joined where one sitting ends and the next begins
            if piece.end - piece.start > allowed:
                idle += _too_long(groups, piece, allowed)
    found = []
    for stretch in normalise(idle):
        there = {s.officer for s in sittings if s.start < stretch.end and (s.end is None or s.end > stretch.start)}
        waited = _waited(groups, stretch) / MINUTE
        found.append(Idle(counter.code, tuple(sorted(there)), stretch.start, stretch.end, waited))
    return found


def _too_long(groups: list[Group], piece: Interval, allowed: timedelta) -> Iterator[Interval]:
    """The parts of a piece in which one and the same person waited for longer than allowed."""
    for group in groups:
        for wait in group.inside(piece.start, piece.end):
            start, end = max(wait.start, piece.start), min(wait.end, piece.end)
            if end - start > allowed:
                yield Interval(start, end)


def _waited(groups: list[Group], stretch: Interval) -> timedelta:
    """How long people waited within a stretch, all together."""
    inside = (wait for group in groups for wait in group.inside(stretch.start, stretch.end))
    return sum((min(w.end, stretch.end) - max(w.start, stretch.start) for w in inside), start=ZERO)

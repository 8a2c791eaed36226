"""When and where a hall stands empty again and again: by weekday and hour, by agency and counter, and as habits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hall.intervals import Interval, Intervals, normalise, subtract, total
from hall.places import Places
from staffing.day_facts import AGENCY_NOT_OPEN, LATE, UNOBSERVED
from staffing.impact import Cost
from staffing.vacancies import Day, Period
from staffing.vacancy import CounterDay, Piece

ZERO = timedelta()
HOUR = timedelta(hours=1)
LONGEST = 366  # dates of one question

# When something that happened counts as a habit: on so many dates at least, and on so large a share of the dates.
LEAST_DAYS = 4
OFTEN_LATE = 0.25
OFTEN_NOT_OPEN = 0.25
OFTEN_EMPTY = 0.5
EMPTY_DAY = 0.25  # of a date's seen due time must be empty for the date to count as an empty one
ABOVE_OTHERS = 1.5  # so much more often than on the other weekdays, or it is no habit of that weekday
KINDS = ("late", "not_open", "empty", "empty_on_weekday")


@dataclass(slots=True)
class Cell:
    """One hour of one weekday: how much of the due time that could be seen was empty, over how many dates."""

    due: timedelta = ZERO
    empty: timedelta = ZERO
    days: int = 0
    empty_days: int = 0

    @property
    def share(self) -> float:
        """Empty out of seen due time, 0 to 1."""
        return self.empty / self.due if self.due else 0.0


@dataclass(slots=True)
class Standing:
    """A counter, an agency (its counters together) or the hall over the dates.

    ``due`` is the due time so far that could be seen, ``unobserved`` what could not: it counts for nobody and against
    nobody. ``provisional``: the part of ``empty`` whose cause may still be explained. Costs are citizen-minutes; an
    agency's count nobody twice. ``days``: dates with seen due time, ``empty_days`` those with a vacancy.
    """

    code: str
    agency: str
    due: timedelta = ZERO
    empty: timedelta = ZERO
    unobserved: timedelta = ZERO
    provisional: timedelta = ZERO
    days: int = 0
    empty_days: int = 0
    waiting_minutes: float = 0.0
    stranded_minutes: float = 0.0
    abandoned: int = 0

    @property
    def share(self) -> float:
        """Empty out of seen due time, 0 to 1."""
        return self.empty / self.due if self.due else 0.0


@dataclass(frozen=True, slots=True)
class Habit:
    """A statement from facts: on ``days`` out of ``of`` dates. ``kind`` is one of :data:`KINDS`, see :func:`habits`.

    ``counter`` None: about the agency. ``weekday`` (Monday 0) only for ``empty_on_weekday``.
    """

    kind: str
    agency: str
    counter: str | None
    weekday: int | None
    days: int
    of: int

    @property
    def share(self) -> float:
        """Out of the dates that count, 0 to 1."""
        return self.days / self.of


@dataclass(frozen=True, slots=True)
class Patterns:
    """What the dates of a period show. ``cells``: (weekday, hour of the hall's zone) -> cell, where anything was due.

    Agencies and counters stand worst first: by empty time, then by what it cost.
    """

    hall: str
    first: date
    last: date
    now: datetime
    seq: int
    dates: int
    cells: dict[tuple[int, int], Cell]
    whole: Standing
    agencies: tuple[Standing, ...]
    counters: tuple[Standing, ...]
    habits: tuple[Habit, ...]


@dataclass(slots=True)
class _Tally:
    """The dates of a counter or agency on which something held, by weekday; the running date is not among them."""

    seen: list[int] = field(default_factory=lambda: [0] * 7)
    empty: list[int] = field(default_factory=lambda: [0] * 7)
    late: int = 0
    not_open: int = 0


def find_patterns(
    period: Period, place: Places, *, agencies: Collection[str] | None = None, counter: str | None = None
) -> Patterns:
    """The patterns of the counters of these agencies (None: all), or of one ``counter`` of them alone."""
    within = [
        code
        for code, known in place.counters.items()
        if (agencies is None or known.agency in agencies) and counter in (None, code)
    ]
    agency_of = {code: place.counters[code].agency for code in within}
    singles = {code: Standing(code, agency_of[code]) for code in within}
    groups = {agency: Standing(agency, agency) for agency in place.agencies if agency in agency_of.values()}
    whole = Standing(place.code, "")
    cells: dict[tuple[int, int], Cell] = {}
    tallies: dict[tuple[str, str | None], _Tally] = defaultdict(_Tally)
    clock = _Hours(place.tz)
    for day in period.days:
        over = day.ends <= period.now
        seen_today: dict[str, list[_Seen]] = defaultdict(list)
        hours: dict[int, list[timedelta]] = {}
        for code in within:
            judged = day.judgement.counters.get(code)
            if judged is None or not judged.due:
                continue
            seen = _look(judged)
            _add(singles[code], [seen])
            seen_today[agency_of[code]].append(seen)
            for nr, spans in ((0, seen.due), (1, seen.empty)):
                for span in spans:
                    for hour, length in clock.split(span):
                        hours.setdefault(hour, [ZERO, ZERO])[nr] += length
            if over:
                _note(tallies[agency_of[code], code], day.date.weekday(), [seen])
        for agency, found in seen_today.items():
            _add(groups[agency], found)
            if over:
                _note(tallies[agency, None], day.date.weekday(), found)
        _add(whole, [seen for found in seen_today.values() for seen in found])
        for hour, (due, empty) in hours.items():
            cell = cells.setdefault((day.date.weekday(), hour), Cell())
            cell.due += due
            cell.empty += empty
            cell.days += due > ZERO
            cell.empty_days += empty > ZERO
        _add_costs(day, singles, {} if counter else groups)
    if counter is not None:
        for group in groups.values():  # one counter alone: the agency's row shows that counter's share of it
            _copy_costs(singles[counter], group)
    _copy_costs_of_all(period, whole, groups, singles, all_of=set(within) == set(place.counters))
    return Patterns(
        hall=period.hall,
        first=period.first,
        last=period.last,
        now=period.now,
        seq=period.seq,
        dates=len(period.days),
        cells={key: cells[key] for key in sorted(cells) if cells[key].due},
        whole=whole,
        agencies=_worst_first(groups.values()),
        counters=_worst_first(singles.values()),
        habits=habits(tallies),
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """A counter's date: the due time that could be seen and the empty parts of it."""

    due: Intervals
    empty: Intervals
    dark: timedelta
    pieces: tuple[Piece, ...]


def _look(judged: CounterDay) -> _Seen:
    dark = [Interval(p.start, p.end) for p in judged.pieces if p.cause == UNOBSERVED]
    empty = tuple(Interval(p.start, p.end) for p in judged.pieces if p.cause != UNOBSERVED)
    due = judged.due if not judged.ahead and not dark else subtract(judged.due, normalise([*judged.ahead, *dark]))
    return _Seen(due, empty, total(dark), judged.pieces)


def _add(standing: Standing, found: list[_Seen]) -> None:
    """One date of a counter, or of several together."""
    due = sum((total(seen.due) for seen in found), ZERO)
    empty = sum((total(seen.empty) for seen in found), ZERO)
    standing.due += due
    standing.empty += empty
    standing.unobserved += sum((seen.dark for seen in found), ZERO)
    standing.provisional += sum((p.end - p.start for seen in found for p in seen.pieces if p.provisional), ZERO)
    standing.days += due > ZERO
    standing.empty_days += empty > ZERO


def _add_costs(day: Day, singles: dict[str, Standing], groups: dict[str, Standing]) -> None:
    for known, costs in ((singles, day.costs.counters), (groups, day.costs.agencies)):
        for code, cost in costs.items():
            if code in known:
                _charge(known[code], cost)


def _charge(standing: Standing, cost: Cost) -> None:
    standing.waiting_minutes += cost.waiting_minutes
    standing.stranded_minutes += cost.stranded_minutes
    standing.abandoned += cost.abandoned


def _copy_costs(one: Standing, to: Standing) -> None:
    _charge(to, Cost(one.waiting_minutes, one.stranded_minutes, one.abandoned))


def _copy_costs_of_all(
    period: Period, whole: Standing, groups: dict[str, Standing], singles: dict[str, Standing], *, all_of: bool
) -> None:
    """The cost of all that was asked for; of the whole hall as it was worked out, so that nobody counts twice."""
    if all_of:
        for day in period.days:
            _charge(whole, day.costs.hall)
        return
    for one in groups.values() if groups else singles.values():
        _copy_costs(one, whole)


def _note(tally: _Tally, weekday: int, found: list[_Seen]) -> None:
    """What a date that is over says about habits; a date on which nothing could be seen says nothing."""
    due = sum((total(seen.due) for seen in found), ZERO)
    if not due:
        return
    causes = {piece.cause for seen in found for piece in seen.pieces}
    tally.seen[weekday] += 1
    tally.empty[weekday] += sum((total(seen.empty) for seen in found), ZERO) >= EMPTY_DAY * due
    tally.late += LATE in causes
    tally.not_open += AGENCY_NOT_OPEN in causes


def habits(tallies: dict[tuple[str, str | None], _Tally]) -> tuple[Habit, ...]:
    """What happened often enough to be said, most often first.

    ``late``: the counter stood empty because its officer came late, on at least :data:`LEAST_DAYS` dates that are at
    least :data:`OFTEN_LATE` of those on which it was due and could be seen; ``not_open`` likewise. ``empty``: at least
    :data:`EMPTY_DAY` of the due time was empty, on :data:`OFTEN_EMPTY` of the dates; ``empty_on_weekday``: so on one
    weekday, and there :data:`ABOVE_OTHERS` times as often as on the others. A date that is not over counts for nothing.
    What is true of an agency just as it is of one of its counters is said of the counter alone.
    """
    found: list[Habit] = []
    for (agency, counter), tally in tallies.items():
        seen, empty = sum(tally.seen), sum(tally.empty)
        told = [("late", tally.late, OFTEN_LATE), ("not_open", tally.not_open, OFTEN_NOT_OPEN)]
        told.append(("empty", empty, OFTEN_EMPTY))
        found += [
            Habit(kind, agency, counter, None, days, seen) for kind, days, least in told if _often(days, seen, least)
        ]
        for weekday, (days, of) in enumerate(zip(tally.empty, tally.seen, strict=True)):
            others = (empty - days) / (seen - of) if seen > of else 0.0
            if _often(days, of, OFTEN_EMPTY) and seen > of and days / of >= ABOVE_OTHERS * others:
                found.append(Habit("empty_on_weekday", agency, counter, weekday, days, of))
    counters = {(h.kind, h.agency, h.weekday, h.days, h.of) for h in found if h.counter is not None}
    found = [h for h in found if h.counter is not None or (h.kind, h.agency, h.weekday, h.days, h.of) not in counters]
    return tuple(sorted(found, key=lambda h: (-h.share, -h.days, h.agency, h.counter or "", h.kind, h.weekday or 0)))


def _often(days: int, of: int, least: float) -> bool:
    return days >= LEAST_DAYS and days >= least * of


def _worst_first(found: Iterable[Standing]) -> tuple[Standing, ...]:
    told = [standing for standing in found if standing.due or standing.unobserved]
    return tuple(sorted(told, key=lambda s: (-s.empty, -s.stranded_minutes, -s.waiting_minutes, s.code)))


class _Hours:
    """Cuts stretches at the full hours of a zone; the same stretch, as many counters have it, is cut once."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[Interval, tuple[tuple[int, timedelta], ...]] = {}

    def split(self, span: Interval) -> tuple[tuple[int, timedelta], ...]:
        """(hour of the day, how much of the span lies in it), exact."""
        known = self._known.get(span)
        if known is None:
            known = self._known[span] = tuple(self._cut(span))
        return known

    def _cut(self, span: Interval) -> Iterable[tuple[int, timedelta]]:
        at = span.start
        while at < span.end:
            local = at.astimezone(self._zone)
            begun = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
            until = min(at.astimezone(UTC) + HOUR - begun, span.end)
            yield local.hour, until - at
            at = until

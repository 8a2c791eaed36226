"""Opening hours: weekly rules, holidays, closures and special openings turned into the time in which a counter is due.

How the rules of a hall file are read, for one counter of one agency on one date:

1. A **special opening** (`special=True`, always with both dates) that is in force and lists the weekday decides the
   opening hours alone, over holidays and over every other rule of any scope. Of several, the narrowest scope counts.
2. Otherwise a **holiday** closes the whole day.
3. Otherwise the **narrowest scope with any rule in force** on that date (counter before agency before hall) decides,
   as a whole: nothing is taken from a wider scope, neither hours nor breaks, and a weekday it does not list is
   `not_service_day`. So an agency that lists three days is closed on the other days although the hall is open, and a
   counter that lists its hours without a break has none. A scope whose rules all lie in the past or the future says
   nothing, and the next wider one decides.
4. Inside that scope, for each weekday, **an entry with dates wins over entries without** while it is in force. It
   replaces them on the weekdays it lists; on the other weekdays those without dates stay as they were. (So Ramadan
   hours for Fridays alone do not close Monday. Whoever moves service to other weekdays gives the old entry an `until`.)
5. Entries that list the same day and win together are **sessions** of that day: the counter is due when any is open.
   A break belongs to its own session only; what lies between two sessions is `outside_hours`.
6. A session whose `close` is not after its `open` runs **past midnight** and belongs whole to the day it opened: what
   follows midnight stays due even if the next day is a holiday.
7. A **closure** takes service time and breaks away, never adds any. Of several the narrowest gives the reason.

Rules and breaks are wall-clock times of the hall's zone; every datetime that comes out is UTC. No clock, no database.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from operator import attrgetter
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from hall.errors import Invalid
from hall.intervals import Interval, Intervals, Layer, as_utc, clip, normalise, paint

Reason = Literal["holiday", "not_service_day", "outside_hours", "break", "quota_reached", "closure"]

DAY = timedelta(days=1)
SEARCH_DAYS = 60
# A long-lived server asks for ever new days: with this many plans of one rule set remembered it starts over.
MEMO_LIMIT = 1000


def check_scope(scope: str) -> None:
    """Refuse (`invalid_scope`) what is not "hall", "agency:CODE" or "counter:CODE"."""
    kind, _, code = scope.partition(":")
    if scope != "hall" and not (kind in ("agency", "counter") and code.strip()):
        raise Invalid("invalid_scope", f'Cakupan "{scope}" tidak dikenal: "hall", "agency:KODE" atau "counter:KODE".')


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second


@dataclass(frozen=True, slots=True)
class HoursRule:
    """One session on some weekdays (0 is Monday) for a scope; times are the hall's own, both dates inclusive.

    `close` not after `open` means past midnight (00:00 is the end of the day). Faults are refused with `invalid_hours`.
    """

    scope: str
    days: frozenset[int]
    open: time
    close: time
    breaks: tuple[tuple[time, time], ...] = ()
    since: date | None = None
    until: date | None = None
    special: bool = False

    def __post_init__(self) -> None:
        check_scope(self.scope)
        ends = (self.open, self.close, *(end for pair in self.breaks for end in pair))
        start, close = self.session()
        for wrong, sentence in (
            (not self.days or not self.days <= frozenset(range(7)), "sebutkan hari layanan, Senin sampai Minggu."),
            (any(end.tzinfo for end in ends), "jam ditulis tanpa zona, menurut jam setempat."),
            (close - start == 86_400, "jam buka dan jam tutup sama."),
            (self.since and self.until and self.until < self.since, "tanggal akhir mendahului tanggal awal."),
            (self.special and not (self.since and self.until), "pembukaan khusus wajib punya tanggal awal dan akhir."),
            (any(stop > close for _, stop in self.pauses()), "istirahat harus di dalam jam layanan."),
        ):
            if wrong:
                hours = f"{self.scope} {self.open:%H:%M}-{self.close:%H:%M}"
                raise Invalid("invalid_hours", f"Jam layanan {hours}: {sentence}")

    def in_force(self, day: date) -> bool:
        """Whether the date lies between its dates; a missing date has no limit."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)

    def session(self) -> tuple[int, int]:
        """Opening and closing in seconds after the midnight that begins the opening day; past midnight above 86,400."""
        start, end = _seconds(self.open), _seconds(self.close)
        return start, end if end > start else end + 86_400

    def pauses(self) -> list[tuple[int, int]]:
        """The breaks, earliest first, in seconds as `session` counts them: what is before opening is after midnight."""
        result = []
        for first, last in self.breaks:
            begin, stop = _seconds(first), _seconds(last)
            if begin < _seconds(self.open):
                begin += 86_400
            while stop <= begin:
                stop += 86_400
            result.append((begin, stop))
        return sorted(result)

    def sittings(self) -> list[tuple[int, int]]:
        """The stretches between the breaks in which counters are due, in seconds as `session` counts them."""
        at, end = self.session()
        result = []
        for begin, stop in [*self.pauses(), (end, end)]:
            if at < begin:
                result.append((at, begin))
            at = max(at, stop)
        return result


@dataclass(frozen=True, slots=True)
class Holiday:
    """A date on which the whole hall is closed, with the name people know it by."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class Closure:
    """A closing recorded beforehand, for a scope, with the reason that citizens are shown; kept in UTC."""

    scope: str
    start: datetime
    end: datetime
    reason: str

    def __post_init__(self) -> None:
        check_scope(self.scope)
        start, end = as_utc(self.start), as_utc(self.end)
        if start >= end:
            raise Invalid("invalid_closure", "Penutupan harus berakhir setelah waktu mulainya.")
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "end", end)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch in which a counter is due, or why not; `detail` is the holiday's name or the closure's reason."""

    interval: Interval
    due: bool
    reason: Reason | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class DayPlan:
    """One calendar day of a counter, midnight to midnight in the hall's zone, without gap or overlap."""

    day: date
    window: Interval
    pieces: tuple[Piece, ...]
    due: Intervals = field(repr=False)

    def at(self, moment: datetime) -> Piece:
        """The piece in which the moment lies; ValueError if it is not on this day."""
        moment = as_utc(moment)
        for piece in self.pieces:
            if piece.interval.start <= moment < piece.interval.end:
                return piece
        raise ValueError(f"{moment.isoformat()} is not on {self.day.isoformat()}")


# What a layer says: due, reason, detail.
_DUE = (True, None, None)
_BREAK = (False, "break", None)


def _plan(day: date, window: Interval, layers: Iterable[Layer]) -> DayPlan:
    pieces = tuple(Piece(Interval(seen.start, seen.end), *seen.label) for seen in paint(layers))
    return DayPlan(day, window, pieces, tuple(piece.interval for piece in pieces if piece.due))


def reach_quota(plan: DayPlan, moment: datetime) -> DayPlan:
    """The same day with everything that was due from `moment` on turned into `quota_reached`."""
    moment = as_utc(moment)
    layers = [Layer(p.interval.start, p.interval.end, (1,), (p.due, p.reason, p.detail)) for p in plan.pieces]
    for due in plan.due:
        if due.end > moment:
            layers.append(Layer(max(due.start, moment), due.end, (0,), (False, "quota_reached", None)))
    return _plan(plan.day, plan.window, layers)


class _Session(NamedTuple):
    """A rule with its stretches worked out once, in seconds after the midnight that begins the opening day."""

    rule: HoursRule
    sittings: list[tuple[int, int]]
    pauses: list[tuple[int, int]]


class _Scope:
    """The rules of one scope, sorted by what they are asked for."""

    def __init__(self, rules: Iterable[HoursRule]) -> None:
        self.special: list[_Session] = []
        self.dated: list[_Session] = []
        self.weekly: tuple[list[_Session], ...] = tuple([] for _ in range(7))
        self.spills = False
        for rule in rules:
            session = _Session(rule, rule.sittings(), rule.pauses())
            self.spills = self.spills or rule.session()[1] > 86_400
            if rule.special:
                self.special.append(session)
            elif rule.since or rule.until:
                self.dated.append(session)
            else:
                for weekday in rule.days:
                    self.weekly[weekday].append(session)
        self.has_weekly = any(self.weekly)

    def special_opening(self, day: date) -> list[_Session]:
        return [one for one in self.special if day.weekday() in one.rule.days and one.rule.in_force(day)]

    def opening(self, day: date) -> list[_Session] | None:
        """The day's sessions, empty if it is no service day; None if no rule of this scope is in force."""
        in_force = [one for one in self.dated if one.rule.in_force(day)]
        if not in_force and not self.has_weekly:
            return None
        return [one for one in in_force if day.weekday() in one.rule.days] or self.weekly[day.weekday()]


class _Profile:
    """What decides about all counters that share the same rules and closures, with the plans made so far."""

    def __init__(self, scopes: list[_Scope], closures: Iterable[Layer]) -> None:
        self.scopes = scopes  # narrowest first
        self.spills = any(scope.spills for scope in scopes)
        self.closures = paint(closures)  # disjoint, so sorted by end as well as by start
        self.plans: dict[date, DayPlan] = {}

    def sessions(self, day: date, holiday: str | None) -> tuple[list[_Session], Reason, str | None]:
        """What opens that day, and why the counter is not due in the rest of it."""
        for scope in self.scopes:
            if special := scope.special_opening(day):
                return special, "outside_hours", None
        if holiday is not None:
            return [], "holiday", holiday
        for scope in self.scopes:
            sessions = scope.opening(day)
            if sessions is not None:
                return sessions, "outside_hours" if sessions else "not_service_day", None
        return [], "not_service_day", None

    def closures_within(self, window: Interval) -> Iterator[Layer]:
        for at in range(bisect_right(self.closures, window.start, key=attrgetter("end")), len(self.closures)):
            if self.closures[at].start >= window.end:
                return
            yield self.closures[at]


class Calendar:
    """The rules, holidays and closures of one hall, indexed, so that a year of plans for every counter takes seconds.

    It never changes: whoever changes a rule or records a closure makes a new one. Counters that share all their rules
    and closures share their plans. May be used by several threads.
    """

    def __init__(
        self,
        rules: Iterable[HoursRule],
        holidays: Iterable[Holiday] = (),
        closures: Iterable[Closure] = (),
        *,
        zone: ZoneInfo,
    ) -> None:
        self.zone = zone
        by_scope: dict[str, list[HoursRule]] = {}
        for rule in rules:
            by_scope.setdefault(rule.scope, []).append(rule)
        self._scopes = {scope: _Scope(found) for scope, found in by_scope.items()}
        self._closures: dict[str, list[Closure]] = {}
        for closure in closures:
            self._closures.setdefault(closure.scope, []).append(closure)
        names: dict[date, set[str]] = {}
        for holiday in holidays:
            names.setdefault(holiday.day, set()).add(holiday.name)
        self._holidays = {day: "; ".join(sorted(found)) for day, found in names.items()}
        self._profiles: dict[tuple[str, ...], _Profile] = {}
        self._profile: Callable[[str, str], _Profile] = cache(self._find_profile)

    def local_date(self, moment: datetime) -> date:
        """The date on the hall's own calendar at that moment: the business date."""
        return as_utc(moment).astimezone(self.zone).date()

    def window(self, day: date) -> Interval:
        """The calendar day, midnight to midnight in the hall's zone."""
        return Interval(self._moment(day, 0), self._moment(day, 86_400))

    def plan(self, agency: str, counter: str, day: date) -> DayPlan:
        """The whole day of that counter, cut into what is due and what is not, with the reason."""
        profile = self._profile(agency, counter)
        if (known := profile.plans.get(day)) is not None:
            return known
        if len(profile.plans) >= MEMO_LIMIT:
            profile.plans.clear()
        plan = profile.plans[day] = self._make_plan(profile, day)
        return plan

    def state_at(self, agency: str, counter: str, moment: datetime) -> Piece:
        """Whether the counter is due at that moment, or why not; the piece ends at midnight at the latest."""
        return self.plan(agency, counter, self.local_date(moment)).at(moment)

    def due_intervals(self, agency: str, counter: str, start: datetime, end: datetime) -> Intervals:
        """When the counter is due from `start` until `end`; a service running over midnight is one interval."""
        window = Interval(start, end)
        day, last = self.local_date(window.start), self.local_date(window.end)
        due: list[Interval] = []
        while day <= last:
            due.extend(self.plan(agency, counter, day).due)
            day += DAY
        return clip(normalise(due), window)

    def next_opening(self, agency: str, counter: str, after: datetime) -> datetime | None:
        """The first moment later than `after` at which the counter becomes due; None if there is none in 60 days.

        While the counter is due this is the opening after the coming break or closing, not now.
        """
        after = as_utc(after)
        day, limit = self.local_date(after), after + SEARCH_DAYS * DAY
        open_until: datetime | None = None
        for ahead in range(SEARCH_DAYS + 1):
            for interval in self.plan(agency, counter, day + ahead * DAY).due:
                if interval.start > limit:
                    return None
                # A service that runs over midnight does not open again at midnight.
                if interval.start > after and interval.start != open_until:
                    return interval.start
                open_until = interval.end
        return None

    def _find_profile(self, agency: str, counter: str) -> _Profile:
        mine = (f"counter:{counter}", f"agency:{agency}", "hall")
        key = tuple(scope for scope in mine if scope in self._scopes or scope in self._closures)
        profile = self._profiles.get(key)
        if profile is None:
            closures = [
                Layer(c.start, c.end, (mine.index(scope), c.start, c.reason), (False, "closure", c.reason))
                for scope in key
                for c in self._closures.get(scope, ())
            ]
            profile = self._profiles[key] = _Profile([self._scopes[s] for s in key if s in self._scopes], closures)
        return profile

    def _moment(self, day: date, seconds: int) -> datetime:
        wall = datetime.combine(day, time()) + timedelta(seconds=seconds)
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def _make_plan(self, profile: _Profile, day: date) -> DayPlan:
        window = self.window(day)
        sessions, reason, detail = profile.sessions(day, self._holidays.get(day))
        service = self._lay(window, day, sessions)
        if profile.spills:
            eve = day - DAY
            service += self._lay(window, eve, profile.sessions(eve, self._holidays.get(eve))[0])
        layers = [Layer(window.start, window.end, (3,), (False, reason, detail)), *service]
        if service and profile.closures:
            hours = normalise(Interval(layer.start, layer.end) for layer in service)
            for closed in profile.closures_within(window):
                for taken in clip(hours, Interval(closed.start, closed.end)):
                    layers.append(Layer(taken.start, taken.end, (0,), closed.label))
        return _plan(day, window, layers)

    def _lay(self, window: Interval, opened: date, sessions: list[_Session]) -> list[Layer]:
        """The due stretches and breaks that sessions opened on that date have inside the window."""
        layers = []
        for session in sessions:
            for rank, label, spans in ((1, _DUE, session.sittings), (2, _BREAK, session.pauses)):
                for begin, stop in spans:
                    start = max(self._moment(opened, begin), window.start)
                    end = min(self._moment(opened, stop), window.end)
                    if start < end:
                        layers.append(Layer(start, end, (rank,), label))
        return layers


def day_plan(
    rules: Iterable[HoursRule],
    holidays: Iterable[Holiday],
    closures: Iterable[Closure],
    *,
    zone: ZoneInfo,
    agency: str,
    counter: str,
    day: date,
) -> DayPlan:
    """One day of one counter. For more than one keep a `Calendar`, which has the same as methods and remembers."""
    return Calendar(rules, holidays, closures, zone=zone).plan(agency, counter, day)

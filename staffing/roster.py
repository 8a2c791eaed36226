"""Who is planned at a counter and when: the roster's rows turned into stretches of time, pure, and one reader."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from hall.database import Database
from hall.hours import Calendar
from hall.intervals import Interval, Intervals, clip, normalise, subtract
from hall.people import officers
from hall.turn import position
from staffing import facts
from staffing.books import post_changes, roster_entries, standing

DAY = timedelta(days=1)
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the roster: weekdays (0 is Monday) with optional inclusive dates, or one ``day``.

    ``start`` and ``end`` are the hall's own times; where one is None the counter's due hours apply. An ``end`` not
    after ``start`` is on the next day. ``substitute_for`` is the officer whose place at this counter is taken. ``off``
    takes the officer's own plans at this counter away for that time, without a substitute. ``recorded`` is when people
    entered it (aware UTC; None: it stands in the hall file) and ``id`` their entry's.
    """

    officer: str
    counter: str
    days: frozenset[int]
    day: date | None
    start: time | None
    end: time | None
    since: date | None
    until: date | None
    substitute_for: str | None
    off: bool = False
    recorded: datetime | None = None
    id: str | None = None

    @property
    def past_midnight(self) -> bool:
        """Whether its own hours end on the next day."""
        return self.start is not None and self.end is not None and self.end <= self.start

    def on(self, day: date) -> bool:
        """Whether the row speaks of that date."""
        if self.day is not None:
            return self.day == day
        return (
            day.weekday() in self.days
            and (self.since is None or self.since <= day)
            and (self.until is None or day <= self.until)
        )


@dataclass(frozen=True, slots=True)
class Planned:
    """An officer planned at a counter for a stretch of time (UTC)."""

    counter: str
    officer: str
    interval: Interval
    substitute_for: str | None


@dataclass(frozen=True, slots=True)
class Post:
    """A post (*formasi*) at a counter, and whether somebody holds it.

    ``since`` is the first date on which that is so (None: as the hall file says), ``recorded`` when it was entered.
    """

    counter: str
    title: str
    filled: bool
    since: date | None = None
    recorded: datetime | None = None
    abolished: bool = False


class Roster:
    """All plans of one hall, sorted so that one date is found at once even among a year of dated rows. Immutable."""

    def __init__(
        self, entries: Iterable[Entry] = (), posts: Iterable[Post] = (), names: Mapping[str, str] | None = None
    ) -> None:
        self._weekly: list[Entry] = []
        self._dated: dict[date, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.day is None:
                self._weekly.append(entry)
            else:
                self._dated[entry.day].append(entry)
        self._register: dict[str, list[Post]] = defaultdict(list)  # counter -> its posts, older states first
        for post in sorted(posts, key=lambda p: (p.since or date.min, p.recorded or EARLIEST)):
            self._register[post.counter].append(post)
        self.names = dict(names or {})  # NIP -> name, also of officers who have left

    def on(self, day: date) -> list[Entry]:
        """The rows that speak of that date."""
        return [e for e in self._weekly if e.on(day)] + self._dated.get(day, [])

    def posts_on(self, day: date) -> dict[str, list[Post]]:
        """Counter -> its posts on that date, each as it was last said to be for that date; abolished ones left out."""
        found: dict[str, list[Post]] = {}
        for counter, states in self._register.items():
            latest = {p.title: p for p in states if p.since is None or p.since <= day}
            if here := [p for p in latest.values() if not p.abolished]:
                found[counter] = here
        return found

    def plans(
        self, calendar: Calendar, agencies: Mapping[str, str], start: datetime, end: datetime
    ) -> tuple[Planned, ...]:
        """Who is planned where in [start, end), in order of counter and time; ``agencies``: counter -> its agency.

        All rows count together: several officers may be planned for one counter. A substitute takes the named officer's
        place at that counter for the substitute's time. Rows of counters that are not in ``agencies`` say nothing.
        """
        window = Interval(start, end)
        planned: list[Planned] = []
        first = calendar.local_date(window.start)
        day = first - DAY  # a plan of the evening before may run past midnight
        while day <= calendar.local_date(window.end):
            rows = [e for e in self.on(day) if e.counter in agencies and (day >= first or e.past_midnight)]
            today = [(e, _stretches(e, calendar, agencies[e.counter], day)) for e in rows]
            taken: dict[tuple[str, str], list[Interval]] = defaultdict(list)
            for entry, stretches in today:
                if entry.off:
                    taken[entry.counter, entry.officer].extend(stretches)
                elif entry.substitute_for is not None:
                    taken[entry.counter, entry.substitute_for].extend(stretches)
            for entry, stretches in today:
                if entry.off:
                    continue
                left = subtract(stretches, normalise(taken.get((entry.counter, entry.officer), ())))
                planned += [
                    Planned(entry.counter, entry.officer, piece, entry.substitute_for) for piece in clip(left, window)
                ]
            day += DAY
        return tuple(sorted(set(planned), key=lambda p: (p.counter, p.interval, p.officer)))

    def planned_at(self, calendar: Calendar, agencies: Mapping[str, str], moment: datetime) -> dict[str, list[str]]:
        """Counter -> the officers planned there at that moment."""
        found: dict[str, list[str]] = defaultdict(list)
        for plan in self.plans(calendar, agencies, moment, moment + timedelta(microseconds=1)):
            if plan.officer not in found[plan.counter]:
                found[plan.counter].append(plan.officer)
        return dict(found)


def _stretches(entry: Entry, calendar: Calendar, agency: str, day: date) -> Intervals:
    """When a row plans its officer on that date: its own hours, or the counter's due hours where it has none."""
    if entry.start is not None and entry.end is not None:
        last = day + DAY if entry.past_midnight else day
        return (Interval(_moment(day, entry.start, calendar.zone), _moment(last, entry.end, calendar.zone)),)
    due = calendar.plan(agency, entry.counter, day).due
    window = calendar.window(day)
    start = _moment(day, entry.start, calendar.zone) if entry.start else window.start
    end = _moment(day, entry.end, calendar.zone) if entry.end else window.end
    return clip(due, Interval(start, end)) if start < end else ()


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def roster_of(
    db: Database, connection: Connection, hall: str, config: int | None = None, *, known_at: datetime | None = None
) -> Roster:
    """The hall's roster, posts and officers' names, read from the database only when the hall's set-up changed.

    The hall file's rows together with what people entered and did not withdraw. ``known_at`` (aware) gives it as it
    stood at that moment to anybody's knowledge, read anew each time; the hall file's own rows count as always known.
    Raises :class:`NotFound` (``unknown_hall``).
    """
    if config is None:
        config = position(connection, hall)[1]
    if known_at is not None:
        return _read(connection, hall, known_at)
    key = f"roster of {hall}"
    known: tuple[int, Roster] | None = db.known.get(key)
    if known is not None and known[0] == config:
        return known[1]
    fresh = _read(connection, hall, None)
    db.known[key] = (config, fresh)
    return fresh


def _read(connection: Connection, hall: str, known_at: datetime | None) -> Roster:
    r, e, p, x = facts.roster.c, roster_entries.c, facts.posts.c, post_changes.c
    from_file = select(r.officer, r.counter, r.days, r.day, r.start, r.end, r.since, r.until, r.substitute_for)
    entries = [
        Entry(
            officer=row.officer,
            counter=row.counter,
            days=frozenset(row.days or ()),
            day=row.day,
            start=_time(row.start),
            end=_time(row.end),
            since=row.since,
            until=row.until,
            substitute_for=row.substitute_for,
        )
        for row in connection.execute(from_file.where(r.hall == hall).order_by(r.nr))
    ]
    entered = select(roster_entries).where(e.hall == hall, standing(roster_entries, known_at))
    for row in connection.execute(entered.order_by(e.recorded, e.id)):
        one_day = row.since == row.until
        entries.append(
            Entry(
                officer=row.officer,
                counter=row.counter,
                days=frozenset(row.days),
                day=row.since if one_day else None,
                start=_time(row.start),
                end=_time(row.end),
                since=None if one_day else row.since,
                until=None if one_day else row.until,
                substitute_for=row.substitute_for,
                off=row.off,
                recorded=row.recorded,
                id=row.id,
            )
        )
    register = select(p.counter, p.title, p.filled).where(p.hall == hall).order_by(p.nr)
    posts = [Post(*row) for row in connection.execute(register)]
    changes = select(x.counter, x.title, x.state, x.since, x.recorded)
    posts += [
        Post(row.counter, row.title, row.state == "filled", row.since, row.recorded, row.state == "abolished")
        for row in connection.execute(changes.where(x.hall == hall, standing(post_changes, known_at)).order_by(x.id))
    ]
    people = select(officers.c.nip, officers.c.name).where(officers.c.hall == hall)
    return Roster(entries, posts, {row.nip: row.name for row in connection.execute(people)})


def _time(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None

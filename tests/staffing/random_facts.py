"""Days drawn at random for the engine, and a slow reading of the law that asks every five minutes on its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import prod
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from hall.intervals import Interval
from staffing.day_facts import CAUSES, RECORDED, Absence, DayFacts, Punch
from staffing.roster import Planned, Post
from staffing.seating import Pause, Sitting
from tests.staffing.paper_day import WINDOW

MINUTE = timedelta(minutes=1)
STEP = 5 * MINUTE
FIRST, CELLS = WINDOW.start + 6 * 60 * MINUTE, 72  # six to twelve: everything drawn lies there
T = TypeVar("T")
AGENCIES = {"1": "dukcapil", "2": "dukcapil", "3": "samsat"}
OFFICERS = ("a", "b", "c")
SOURCES = {"a": "bkd", "b": "apel"}  # c has none
ABSENT = RECORDED[::2]


def moment(cell: int) -> datetime:
    """The beginning of one of the five-minute cells."""
    return FIRST + cell * STEP


CELL = st.integers(0, CELLS - 1)
COUNTERS = tuple(AGENCIES)


def drawn(make: Callable[..., T], *sizes: int) -> st.SearchStrategy[T]:
    """``make`` called with one number below each of the sizes, all of them drawn as one: many times faster."""

    def unpack(number: int) -> T:
        numbers = []
        for size in sizes:
            number, rest = divmod(number, size)
            numbers.append(rest)
        return make(*numbers)

    return st.integers(0, prod(sizes) - 1).map(unpack)


def span(cell: int, length: int) -> Interval:
    return Interval(moment(cell), moment(cell + length + 1))


def sitting(cell: int, length: int, counter: int, officer: int, rest: int, long: int, resting: int) -> Sitting:
    begin = moment(cell + rest)
    pause = Pause(begin, None if long == 8 else begin + (long + 1) * STEP, "ibadah")
    end = None if length == 35 else moment(cell + length + 1)
    return Sitting(COUNTERS[counter], OFFICERS[officer], moment(cell), end, (pause,) if resting else ())


def plan(cell: int, length: int, counter: int, officer: int) -> Planned:
    return Planned(COUNTERS[counter], OFFICERS[officer], span(cell, length), None)


def absence(cell: int, length: int, officer: int, kind: int) -> Absence:
    when = span(cell, length)
    return Absence(OFFICERS[officer], ABSENT[kind], when.start, when.end, "SK")


def punch(cell: int, officer: int, source: int) -> Punch:
    return Punch(OFFICERS[officer], moment(cell), ("bkd", "apel")[source])


SPANS = drawn(span, CELLS, 36)
DUE = st.lists(st.tuples(st.sampled_from(COUNTERS), SPANS), min_size=1, max_size=4)
PLANS = st.lists(drawn(plan, CELLS, 36, 3, 3), min_size=1, max_size=4)
SITTINGS = st.lists(drawn(sitting, CELLS, 36, 3, 3, 7, 9, 2), max_size=4)
DOWN = st.lists(st.tuples(st.sampled_from(("server", "hall", "counter:1", "counter:3")), SPANS), max_size=2)
ABSENCES = st.lists(drawn(absence, CELLS, 36, 3, 3), max_size=2)
PUNCHES = st.lists(drawn(punch, CELLS, 3, 2), max_size=5)
COVERED = st.lists(drawn(lambda cell, source: (("bkd", "apel")[source], moment(cell)), CELLS, 2), max_size=2)
POSTS = st.lists(drawn(lambda c, filled: Post(COUNTERS[c], "Operator", bool(filled)), 3, 2), max_size=2)
REST = st.integers(0, 2 * CELLS * 4 * CELLS * 4 - 1)


@st.composite
def day_facts(draw: st.DrawFn) -> DayFacts:
    """A day of three counters and three officers, in which every kind of fact may lie over every other."""
    due: dict[str, tuple[Interval, ...]] = dict.fromkeys(COUNTERS, ())
    for counter, when in draw(DUE):
        due[counter] += (when,)
    seats: dict[str, list[Sitting]] = {}
    for seat in draw(SITTINGS):
        seats.setdefault(seat.counter, []).append(seat)
    down: dict[str, tuple[Interval, ...]] = {}
    for what, when in draw(DOWN):
        down[what] = (*down.get(what, ()), when)
    posts: dict[str, list[Post]] = {}
    for post in draw(POSTS):
        posts.setdefault(post.counter, []).append(post)
    rest, now = divmod(draw(REST), 2 * CELLS)
    rest, quota = divmod(rest, 4 * CELLS)
    return DayFacts(
        day=date(2026, 3, 3),
        window=WINDOW,
        now=moment(now) if now < CELLS else WINDOW.end,
        agencies=AGENCIES,
        due=due,
        rosterless=frozenset({"samsat"}) if rest % 2 else frozenset(),
        plans=draw(PLANS),
        sittings=seats,
        down=down,
        absences=draw(ABSENCES),
        punches=draw(PUNCHES),
        sources=SOURCES,
        covered=dict(draw(COVERED)),
        posts=posts,
        quota_reached={"1": moment(quota)} if quota < CELLS else {},
        closed=rest > 1,
    )


def cells() -> Iterator[datetime]:
    """The beginning of every five minutes of the day in which anything may happen."""
    return map(moment, range(CELLS + 40))


# The law, read slowly: each moment on its own, without any interval.


def state(facts: DayFacts, counter: str, at: datetime) -> str:
    """not_due, ahead, unobserved, staffed or empty."""
    reached = facts.quota_reached.get(counter)
    if not any(at in span for span in facts.due[counter]) or (reached is not None and reached <= at):
        return "not_due"
    if at >= facts.now:
        return "ahead"
    if any(at in span for what in ("server", "hall", f"counter:{counter}") for span in facts.down.get(what, ())):
        return "unobserved"
    for sitting in facts.sittings.get(counter, ()):
        if sitting.there_at(at):
            pause = sitting.pause_at(at)
            if pause is None or at < pause.start + facts.allowance:
                return "staffed"
    return "empty"


def cause(facts: DayFacts, counter: str, at: datetime) -> tuple[str, tuple[str, ...]]:
    """The first cause of the table that applies to an empty counter."""
    planned = sorted({p.officer for p in facts.plans if p.counter == counter and at in p.interval})
    away = {o: sorted(a.kind for a in facts.absences if a.officer == o and a.start <= at < a.end) for o in planned}
    agency = facts.agencies[counter]
    opened = any(
        s.start <= at for other, found in facts.sittings.items() if facts.agencies[other] == agency for s in found
    )
    if not (planned and all(away.values())):
        posts = facts.posts.get(counter, ())
        if not planned and posts and all(not post.filled for post in posts):
            return "post_vacant", ()
        if (not planned or agency in facts.rosterless) and not opened:
            return "agency_not_open", ()
        if not planned:
            return "no_one_assigned", ()
    each = {o: min(away[o], key=CAUSES.index) if away[o] else person(facts, o, counter, at) for o in planned}
    last = max(each.values(), key=CAUSES.index)
    return last, tuple(o for o in planned if each[o] == last)


def person(facts: DayFacts, officer: str, counter: str, at: datetime) -> str:
    """Rows 6 to 11 of the table for one officer."""
    punches = sorted(p.at for p in facts.punches if p.officer == officer)
    sat = [s for found in facts.sittings.values() for s in found if s.officer == officer]
    seen = sorted([*punches[:1], *(s.start for s in sat)])
    if seen and at < seen[0]:
        return "late"
    if punches and punches[-1] - seen[0] >= 30 * MINUTE and punches[-1] <= at:
        return "left_early"
    if any(s.counter != counter and s.there_at(at) for s in sat):
        return "at_other_counter"
    if seen:
        return "away_from_counter"
    until = facts.covered.get(facts.sources.get(officer, ""))
    return "absent_without_notice" if until is not None and at < until else "no_attendance_data"


def read_slowly(facts: DayFacts, counter: str) -> dict[datetime, tuple[str, tuple[str, ...]]]:
    """Every five minutes of a counter: not_due, ahead, staffed or grace, or the cause of a piece and its officers."""
    states = {at: state(facts, counter, at) for at in cells()}
    result: dict[datetime, tuple[str, tuple[str, ...]]] = {}
    run: list[datetime] = []
    for at, what in states.items():
        run = [*run, at] if run and states[run[-1]] == what else [at]
        result[at] = (what, ())
        if states.get(at + STEP) != what and what in ("unobserved", "empty"):
            for one in run:
                result[one] = ("grace", ()) if len(run) * STEP < facts.grace else (what, ())
                if result[one][0] == "empty":
                    result[one] = cause(facts, counter, one)
    return result


def shuffled(facts: DayFacts, chance: Random) -> DayFacts:
    """The same facts, told in another order."""

    def mixed(items: Iterable[Any]) -> list[Any]:
        return chance.sample(found := list(items), len(found))

    return replace(
        facts,
        plans=mixed(facts.plans),
        absences=mixed(facts.absences),
        punches=mixed(facts.punches),
        sittings={c: mixed(facts.sittings[c]) for c in mixed(facts.sittings)},
        posts={c: mixed(facts.posts[c]) for c in mixed(facts.posts)},
        down={what: tuple(mixed(facts.down[what])) for what in mixed(facts.down)},
        due={c: tuple(mixed(facts.due[c])) for c in mixed(facts.due)},
        covered={source: facts.covered[source] for source in mixed(facts.covered)},
        sources={officer: facts.sources[officer] for officer in mixed(facts.sources)},
    )

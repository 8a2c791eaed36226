"""What must hold for any rules, holidays and closures, checked against a slow reading of the same rules."""

from datetime import date, datetime, time, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from hall.hours import Calendar, Closure, Holiday, HoursRule, reach_quota
from hall.intervals import Interval, intersect, subtract, total, union
from tests.hall.test_hours import WIB, assert_whole

DAYS = [date(2026, 3, 2) + timedelta(days=n) for n in range(9)]
SCOPES = ("counter:1", "agency:a", "hall")
STEP = 30
MINUTE = timedelta(minutes=1)


def half_hour(number: int) -> time:
    return time(number % 48 // 2, number % 2 * STEP)


@st.composite
def rules(draw: st.DrawFn) -> HoursRule:
    start = draw(st.integers(10, 46))
    length = draw(st.integers(2, 20))
    breaks = []
    for _ in range(draw(st.integers(0, 2))):
        begin = draw(st.integers(0, length - 1))
        stop = draw(st.integers(begin + 1, length))
        breaks.append((half_hour(start + begin), half_hour(start + stop)))
    special = draw(st.booleans()) and draw(st.booleans())
    first, last = sorted((draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS))))
    return HoursRule(
        scope=draw(st.sampled_from((*SCOPES, "counter:other"))),
        days=draw(st.frozensets(st.integers(0, 6), min_size=1)),
        open=half_hour(start),
        close=half_hour(start + length),
        breaks=tuple(breaks),
        since=first if special or draw(st.booleans()) else None,
        until=last if special or draw(st.booleans()) else None,
        special=special,
    )


@st.composite
def closures(draw: st.DrawFn) -> Closure:
    start = datetime(2026, 3, 2, tzinfo=WIB) + STEP * MINUTE * draw(st.integers(0, 400))
    length = STEP * MINUTE * draw(st.integers(1, 120))
    return Closure(
        draw(st.sampled_from(SCOPES)), start, start + length, draw(st.sampled_from(["pindah", "listrik padam"]))
    )


RULES = st.lists(rules(), max_size=7)
HOLIDAYS = st.lists(st.sampled_from(DAYS).map(lambda day: Holiday(day, "libur")), max_size=2)
CLOSURES = st.lists(closures(), max_size=3)


def opened_slowly(given_rules: list[HoursRule], holidays: set[date], day: date) -> tuple[str, list[HoursRule]]:
    """The rules that open on that date, or why none does, straight from the words of the hours module."""
    weekday = day.weekday()
    for scope in SCOPES:
        found = [r for r in given_rules if r.special and r.scope == scope and weekday in r.days and r.in_force(day)]
        if found:
            return "outside_hours", found
    if day in holidays:
        return "holiday", []
    for scope in SCOPES:
        speaking = [r for r in given_rules if not r.special and r.scope == scope and r.in_force(day)]
        if speaking:
            listed = [r for r in speaking if weekday in r.days]
            dated = [r for r in listed if r.since or r.until]
            return "outside_hours" if listed else "not_service_day", dated or listed
    return "not_service_day", []


def says(one: HoursRule, opened: date, moment: datetime) -> str | None:
    """Whether the session opened on that date makes this moment due or a break."""

    def placed(clock: time, after: datetime | None) -> datetime:
        found = datetime.combine(opened, clock, WIB)
        return found + timedelta(days=1) if after is not None and found <= after else found

    start = placed(one.open, None)
    if not start <= moment < placed(one.close, start):
        return None
    for first, last in one.breaks:
        begin = placed(first, start) if first != one.open else start
        if begin <= moment < placed(last, begin):
            return "break"
    return "due"


def read_slowly(given_rules: list[HoursRule], holidays: set[date], shut: list[Closure], moment: datetime) -> str:
    day = moment.astimezone(WIB).date()
    eve = day - timedelta(days=1)
    reason, today = opened_slowly(given_rules, holidays, day)
    _, before = opened_slowly(given_rules, holidays, eve)
    said = [says(one, day, moment) for one in today] + [says(one, eve, moment) for one in before]
    service = "due" if "due" in said else "break" if "break" in said else None
    if service and any(closure.start <= moment < closure.end for closure in shut):
        return "closure"
    return service or reason


@given(RULES, HOLIDAYS, CLOSURES, st.sampled_from(DAYS))
def test_every_half_hour_is_what_the_rules_say_and_the_pieces_make_up_the_day(
    given_rules: list[HoursRule], holidays: list[Holiday], shut: list[Closure], day: date
) -> None:
    plan = Calendar(given_rules, holidays, shut, zone=WIB).plan("a", "1", day)
    assert_whole(plan)
    closed = {holiday.day for holiday in holidays}
    midnight = datetime(day.year, day.month, day.day, tzinfo=WIB)
    for half in range(48):
        moment = midnight + half * STEP * MINUTE
        piece = plan.at(moment)
        assert piece.interval.end >= moment + STEP * MINUTE
        assert (piece.reason or "due") == read_slowly(given_rules, closed, shut, moment)


@given(RULES, HOLIDAYS, CLOSURES, st.randoms(use_true_random=False))
def test_the_order_of_rules_holidays_and_closures_changes_nothing(
    given_rules: list[HoursRule], holidays: list[Holiday], shut: list[Closure], chance: Random
) -> None:
    first = Calendar(given_rules, holidays, shut, zone=WIB)
    for one in (given_rules, holidays, shut):
        chance.shuffle(one)
    second = Calendar(given_rules, holidays, shut, zone=WIB)
    for day in DAYS:
        assert first.plan("a", "1", day) == second.plan("a", "1", day)


@given(RULES, HOLIDAYS, CLOSURES, closures())
def test_a_closure_more_never_adds_due_time_and_takes_only_its_own(
    given_rules: list[HoursRule], holidays: list[Holiday], shut: list[Closure], more: Closure
) -> None:
    before = Calendar(given_rules, holidays, shut, zone=WIB)
    after = Calendar(given_rules, holidays, [*shut, more], zone=WIB)
    for day in DAYS:
        was, is_now = before.plan("a", "1", day).due, after.plan("a", "1", day).due
        assert is_now == subtract(was, (Interval(more.start, more.end),))


@given(RULES, HOLIDAYS, CLOSURES)
def test_a_range_is_its_days_put_together_and_openings_are_the_starts_in_it(
    given_rules: list[HoursRule], holidays: list[Holiday], shut: list[Closure]
) -> None:
    hall = Calendar(given_rules, holidays, shut, zone=WIB)
    plans = [hall.plan("a", "1", day) for day in DAYS]
    start, end = plans[0].window.start, plans[-1].window.end
    whole = hall.due_intervals("a", "1", start, end)
    assert whole == union(*(plan.due for plan in plans))
    openings, after = [], start
    while (opening := hall.next_opening("a", "1", after)) is not None and opening < end:
        openings.append(opening)
        after = opening
    assert openings == [interval.start for interval in whole if interval.start > start]


@given(RULES, st.sampled_from(DAYS), st.integers(0, 24 * 60))
def test_a_spent_quota_keeps_the_day_whole_and_moves_nothing_but_due_time(
    given_rules: list[HoursRule], day: date, minute: int
) -> None:
    plan = Calendar(given_rules, zone=WIB).plan("a", "1", day)
    moment = plan.window.start + minute * MINUTE
    spent = reach_quota(plan, moment)
    assert_whole(spent)
    lost = tuple(piece.interval for piece in spent.pieces if piece.reason == "quota_reached")
    assert union(spent.due, lost) == plan.due
    assert intersect(spent.due, lost) == ()
    assert total(spent.due) == sum(
        (min(one.end, moment) - one.start for one in plan.due if one.start < moment), timedelta()
    )

"""Interval algebra: every operation against its meaning, moment by moment."""

import re
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hall.intervals import (
    Interval,
    Intervals,
    Layer,
    as_utc,
    clip,
    complement,
    contains,
    cut,
    find,
    intersect,
    normalise,
    paint,
    subtract,
    total,
    union,
)

ZERO = datetime(2026, 3, 3, tzinfo=UTC)
SPAN = 40


def at(minute: float) -> datetime:
    return ZERO + timedelta(minutes=minute)


def span(start: float, end: float) -> Interval:
    return Interval(at(start), at(end))


def loose(pairs: list[tuple[int, int]]) -> list[Interval]:
    return [span(start, start + length) for start, length in pairs]


def minutes(intervals: Intervals) -> set[int]:
    """The whole minutes whose beginning lies inside: slow and plainly right."""
    return {minute for minute in range(SPAN + 1) if any(at(minute) in interval for interval in intervals)}


def is_normal(intervals: Intervals) -> bool:
    return all(left.end < right.start for left, right in pairwise(intervals))


SPANS = st.lists(st.tuples(st.integers(0, SPAN - 8), st.integers(1, 8)), max_size=9).map(loose)
SETS = SPANS.map(normalise)
WINDOWS = st.tuples(st.integers(0, SPAN - 12), st.integers(1, 12)).map(lambda pair: span(pair[0], sum(pair)))


def test_an_interval_keeps_utc_whatever_zone_it_was_given_in() -> None:
    jakarta = ZoneInfo("Asia/Jakarta")
    interval = Interval(
        datetime(2026, 3, 3, 8, tzinfo=jakarta), datetime(2026, 3, 3, 9, tzinfo=timezone(timedelta(hours=7)))
    )
    assert interval == Interval(datetime(2026, 3, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, 2, tzinfo=UTC))
    assert interval.start.tzinfo is UTC and interval.end.tzinfo is UTC
    assert interval.duration == timedelta(hours=1)


def test_a_naive_datetime_is_refused_everywhere_it_could_enter() -> None:
    naive = datetime(2026, 3, 3, 8)
    intervals = (span(0, 10),)
    with pytest.raises(ValueError, match="without a zone"):
        Interval(naive, at(5))
    with pytest.raises(ValueError, match="without a zone"):
        Interval(at(-5), naive)
    with pytest.raises(ValueError, match="without a zone"):
        contains(intervals, naive)
    with pytest.raises(ValueError, match="without a zone"):
        cut(intervals, [naive])
    with pytest.raises(ValueError, match="without a zone"):
        as_utc(naive)
    with pytest.raises(ValueError, match="without a zone"):
        assert naive in intervals[0]


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5)])
def test_an_empty_or_backward_interval_cannot_exist(start: int, end: int) -> None:
    told = f"must end after it starts: {at(start).isoformat()} to {at(end).isoformat()}"
    with pytest.raises(ValueError, match=re.escape(told)):
        span(start, end)


def test_the_start_is_inside_and_the_end_is_not() -> None:
    intervals = (span(0, 10), span(20, 30))
    assert contains(intervals, at(0))
    assert contains(intervals, at(9.999))
    assert not contains(intervals, at(10))
    assert not contains(intervals, at(15))
    assert find(intervals, at(29)) == span(20, 30)
    assert find(intervals, at(30)) is None
    assert find((), at(0)) is None


def test_touching_intervals_become_one_and_nested_ones_do_not_shorten_it() -> None:
    assert normalise([span(10, 20), span(0, 10), span(12, 15)]) == (span(0, 20),)
    assert normalise([]) == ()
    assert union([span(0, 5)], [span(5, 6)], [span(8, 9)]) == (span(0, 6), span(8, 9))


def test_subtracting_a_long_interval_reaches_over_several() -> None:
    left = (span(0, 4), span(6, 8), span(10, 14), span(16, 20))
    assert subtract(left, (span(2, 12),)) == (span(0, 2), span(12, 14), span(16, 20))
    assert subtract(left, (span(1, 2), span(3, 7), span(17, 18))) == (
        span(0, 1),
        span(2, 3),
        span(7, 8),
        span(10, 14),
        span(16, 17),
        span(18, 20),
    )


def test_cutting_leaves_pieces_that_touch_and_lose_nothing() -> None:
    pieces = cut((span(0, 10), span(20, 30)), [at(25), at(0), at(4), at(10), at(15), at(25), at(99)])
    assert pieces == (span(0, 4), span(4, 10), span(20, 25), span(25, 30))
    assert total(pieces) == timedelta(minutes=20)
    assert find(pieces, at(4)) == span(4, 10)


def test_the_lowest_rank_is_seen_and_equal_neighbours_are_one() -> None:
    floor = Layer(at(0), at(30), (9,), ("floor",))
    mat = Layer(at(5), at(15), (2,), ("mat",))
    other = Layer(at(12), at(20), (2,), ("rug",))
    patch = Layer(at(20), at(25), (1,), ("floor",))
    assert paint([patch, other, floor, mat]) == [
        Layer(at(0), at(5), (9,), ("floor",)),
        Layer(at(5), at(15), (2,), ("mat",)),
        Layer(at(15), at(20), (2,), ("rug",)),
        Layer(at(20), at(30), (1,), ("floor",)),
    ]


def test_where_nothing_lies_nothing_is_seen() -> None:
    layers = [Layer(at(0), at(2), (1,), ("a",)), Layer(at(5), at(7), (1,), ("a",))]
    assert [(layer.start, layer.end) for layer in paint(layers)] == [(at(0), at(2)), (at(5), at(7))]
    assert paint([]) == []


@given(SPANS)
def test_normalising_keeps_every_moment_and_sorts_them_apart(spans: list[Interval]) -> None:
    normal = normalise(spans)
    assert minutes(normal) == minutes(tuple(spans))
    assert is_normal(normal)
    assert normalise(reversed(spans)) == normal


@given(SETS, SETS)
def test_union_intersection_and_difference_mean_what_sets_mean(left: Intervals, right: Intervals) -> None:
    for result, meaning in (
        (union(left, right), minutes(left) | minutes(right)),
        (intersect(left, right), minutes(left) & minutes(right)),
        (subtract(left, right), minutes(left) - minutes(right)),
    ):
        assert minutes(result) == meaning
        assert total(result) == timedelta(minutes=len(meaning))
        assert is_normal(result)


@given(SETS, WINDOWS)
def test_a_window_is_what_lies_in_it_and_what_it_leaves_free(intervals: Intervals, window: Interval) -> None:
    inside, free = clip(intervals, window), complement(intervals, window)
    assert total(inside) + total(free) == window.duration
    assert union(inside, free) == (window,)


@given(SETS, st.lists(st.integers(0, SPAN)))
def test_cutting_changes_no_moment(intervals: Intervals, points: list[int]) -> None:
    pieces = cut(intervals, [at(point) for point in points])
    assert normalise(pieces) == intervals
    assert total(pieces) == total(intervals)
    assert not any(piece.start < at(point) < piece.end for piece in pieces for point in points)

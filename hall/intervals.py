"""Algebra on half-open stretches of time, without any knowledge of halls, hours or people.

A set of moments is an `Intervals`: a tuple of `Interval`, sorted, that neither overlap nor touch. `normalise` makes one
from anything; every function here takes such tuples and gives such tuples back (`cut` alone gives pieces that touch).
All work is done in one sweep over the sorted ends, so a year of a large hall stays cheap.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

_START = attrgetter("start")


def as_utc(moment: datetime) -> datetime:
    """The same moment in UTC. ValueError for a naive datetime: nobody knows whose clock it was read from."""
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() is None:
        raise ValueError(f"a time without a zone cannot be placed: {moment.isoformat()}")
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """From `start` (inside) to `end` (outside); any aware datetimes go in, UTC is kept.

    ValueError for a naive datetime and for an interval that is empty or runs backwards, so no empty piece can travel on
    and be counted as a vacancy of zero minutes.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC:
            object.__setattr__(self, "start", as_utc(self.start))
        if self.end.tzinfo is not UTC:
            object.__setattr__(self, "end", as_utc(self.end))
        if self.start >= self.end:
            span = f"{self.start.isoformat()} to {self.end.isoformat()}"
            raise ValueError(f"an interval must end after it starts: {span}")

    @property
    def duration(self) -> timedelta:
        """How long it lasts."""
        return self.end - self.start

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= as_utc(moment) < self.end


Intervals = tuple[Interval, ...]


def normalise(intervals: Iterable[Interval]) -> Intervals:
    """The same moments as a sorted tuple in which overlapping and touching intervals have become one."""
    ordered = sorted(intervals, key=_START)
    if len(ordered) < 2:
        return tuple(ordered)
    result = [ordered[0]]
    for item in ordered[1:]:
        last = result[-1]
        if item.start > last.end:
            result.append(item)
        elif item.end > last.end:
            result[-1] = Interval(last.start, item.end)
    return tuple(result)


def union(*sets: Iterable[Interval]) -> Intervals:
    """The moments that lie in at least one of the sets."""
    return normalise(interval for one in sets for interval in one)


def intersect(left: Intervals, right: Intervals) -> Intervals:
    """The moments that lie in both."""
    result: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        one, other = left[i], right[j]
        later = one if one.start >= other.start else other
        ends_first = one if one.end <= other.end else other
        if later.start < ends_first.end:
            # What lies whole inside the other is taken as it is: making a new one is most of the work.
            result.append(later if later is ends_first else Interval(later.start, ends_first.end))
        if one.end < other.end:
            i += 1
        else:
            j += 1
    return tuple(result)


def subtract(left: Intervals, right: Intervals) -> Intervals:
    """The moments of `left` that do not lie in `right`."""
    result: list[Interval] = []
    j = 0
    for item in left:
        start = item.start
        while j < len(right) and right[j].end <= start:
            j += 1
        k = j
        while k < len(right) and right[k].start < item.end:
            if right[k].start > start:
                result.append(Interval(start, right[k].start))
            start = right[k].end
            k += 1
        # The last one looked at may reach into the next interval of `left`: step back to it, no further.
        j = max(j, k - 1)
        if start < item.end:
            result.append(item if start is item.start else Interval(start, item.end))
    return tuple(result)


def clip(intervals: Intervals, window: Interval) -> Intervals:
    """What lies inside the window."""
    return intersect(intervals, (window,))


def complement(intervals: Intervals, window: Interval) -> Intervals:
    """The moments of the window that the intervals leave free."""
    return subtract((window,), intervals)


def total(intervals: Iterable[Interval]) -> timedelta:
    """How long they last together."""
    return sum((interval.duration for interval in intervals), timedelta())


def cut(intervals: Intervals, points: Iterable[datetime]) -> Intervals:
    """The same moments, cut at every point that lies inside an interval; the pieces touch there and are not merged."""
    marks = sorted({as_utc(point) for point in points})
    result: list[Interval] = []
    i = 0
    for item in intervals:
        start = item.start
        while i < len(marks) and marks[i] <= start:
            i += 1
        while i < len(marks) and marks[i] < item.end:
            result.append(Interval(start, marks[i]))
            start = marks[i]
            i += 1
        result.append(Interval(start, item.end))
    return tuple(result)


def find(intervals: Intervals, moment: datetime) -> Interval | None:
    """The interval in which the moment lies, or None. Works on the pieces of `cut` too."""
    moment = as_utc(moment)
    at = bisect_right(intervals, moment, key=_START) - 1
    if at >= 0 and moment < intervals[at].end:
        return intervals[at]
    return None


def contains(intervals: Intervals, moment: datetime) -> bool:
    """Whether the moment lies in one of them."""
    return find(intervals, moment) is not None


class Layer(NamedTuple):
    """A labelled stretch between two UTC moments, start before end; where layers overlap the lowest rank is seen.

    `rank` is any tuple that can be compared with the others'. Of equal ranks the earlier start is seen; layers with
    different labels need different ranks or starts, or which of them is seen would depend on their order.
    """

    start: datetime
    end: datetime
    rank: tuple[Any, ...]
    label: tuple[Any, ...]


def paint(layers: Iterable[Layer]) -> list[Layer]:
    """What is seen from above: sorted, disjoint, touching stretches with equal labels made one."""
    waiting = sorted(layers, key=_START)
    edges = sorted({edge for layer in waiting for edge in (layer.start, layer.end)})
    seen: list[Layer] = []
    pile: list[tuple[tuple[Any, ...], datetime, int]] = []
    at = 0
    for left, right in pairwise(edges):
        while at < len(waiting) and waiting[at].start <= left:
            heappush(pile, (waiting[at].rank, waiting[at].start, at))
            at += 1
        while pile and waiting[pile[0][2]].end <= left:
            heappop(pile)
        if not pile:
            continue
        top = waiting[pile[0][2]]
        if seen and seen[-1].end == left and seen[-1].label == top.label:
            seen[-1] = seen[-1]._replace(end=right)
        else:
            seen.append(Layer(left, right, top.rank, top.label))
    return seen

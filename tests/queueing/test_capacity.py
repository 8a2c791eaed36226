"""Capacity: whole tickets, counter by counter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.capacity import can_still_serve, is_full

remaining = st.lists(st.floats(0, 600), max_size=12)


@pytest.mark.parametrize(
    ("minutes_left", "handling", "tickets"),
    [
        ([], 10, 0),  # nobody serves
        ([60], 10, 6),
        ([59], 10, 5),  # nobody is served by half
        ([55, 55], 10, 10),  # two halves at two counters are no ticket
        ([0, 120], 15, 8),
        ([-5, 20], 10, 2),  # a counter whose day is over takes none, and takes none away
    ],
)
def test_only_whole_tickets_count(minutes_left: list[float], handling: float, tickets: int) -> None:
    assert can_still_serve(minutes_left, handling) == tickets


def test_the_day_is_full_when_those_who_wait_fill_it() -> None:
    assert not is_full(5, [60], 10)
    assert is_full(6, [60], 10)
    assert is_full(0, [9], 10)  # nobody waits, but nobody would be served any more either


@given(left=remaining, handling=st.floats(1, 60), more=st.floats(0, 600))
def test_another_counter_never_takes_a_place_away(left: list[float], handling: float, more: float) -> None:
    assert can_still_serve([*left, more], handling) >= can_still_serve(left, handling)


@pytest.mark.parametrize("handling", [0, -1])
def test_a_handling_time_is_positive(handling: float) -> None:
    with pytest.raises(ValueError, match="positive"):
        can_still_serve([60], handling)

"""The estimate: the reference's formula, always a range, never a promise where nobody serves."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing.estimate import estimate

people, counters = st.integers(0, 500), st.integers(1, 30)
minutes = st.floats(0.5, 120)
rates = st.floats(0, 0.5)


@pytest.mark.parametrize(
    ("ahead", "serving", "handling", "wanted"),
    [
        # QL = (n+1)/(s mu), one standard deviation sqrt(n+1)/(s mu) to both sides, outwards to five minutes
        (0, 1, 12.0, (0, 25)),  # 12 +- 12
        (3, 1, 10.0, (20, 60)),  # 40 +- 20
        (8, 3, 10.0, (20, 40)),  # 30 +- 10
        (15, 4, 10.0, (30, 50)),  # 40 +- 10
        (99, 2, 6.0, (270, 330)),  # 300 +- 30
        (24, 5, 7.0, (25, 45)),  # 35 +- 7 = 28 to 42
    ],
)
def test_the_range_is_the_formula_of_the_reference(
    ahead: int, serving: int, handling: float, wanted: tuple[int, int]
) -> None:
    assert estimate(ahead, serving, handling) == wanted


def test_nobody_serving_means_that_nothing_can_be_said() -> None:
    assert estimate(0, 0, 10) is None
    assert estimate(50, 0, 10, free=True) is None


def test_an_idle_counter_and_nobody_ahead_means_no_wait() -> None:
    assert estimate(0, 2, 30, free=True) == (0, 5)
    assert estimate(1, 2, 30, free=True) != (0, 5)


def test_people_who_do_not_come_shorten_the_wait() -> None:
    assert estimate(10, 1, 10, no_show_rate=0.3) == (50, 110)  # as if 7 were ahead: 80 +- 28
    assert estimate(7, 1, 10) == (50, 110)


@given(ahead=people, serving=counters, handling=minutes, rate=rates)
def test_it_is_a_range_around_the_mean_in_steps_of_five(ahead: int, serving: int, handling: float, rate: float) -> None:
    found = estimate(ahead, serving, handling, no_show_rate=rate)
    assert found is not None
    low, high = found
    mean = (ahead * (1 - rate) + 1) * handling / serving
    spread = sqrt(ahead * (1 - rate) + 1) * handling / serving
    assert low % 5 == high % 5 == 0
    assert 0 <= low < high
    assert low <= mean <= high
    assert low <= max(0, mean - spread) < low + 5 + 1e-9
    assert high - 5 - 1e-9 < mean + spread <= high


@given(ahead=people, serving=counters, handling=minutes)
def test_more_people_never_shorten_it_and_more_counters_never_lengthen_it(
    ahead: int, serving: int, handling: float
) -> None:
    here = estimate(ahead, serving, handling)
    longer, shorter = estimate(ahead + 1, serving, handling), estimate(ahead, serving + 1, handling)
    assert here is not None and longer is not None and shorter is not None
    assert longer[0] >= here[0] and longer[1] >= here[1]
    assert shorter[0] <= here[0] and shorter[1] <= here[1]


@pytest.mark.parametrize(
    "given_values", [(-1, 1, 10.0, 0.0), (1, -1, 10.0, 0.0), (1, 1, 0.0, 0.0), (1, 1, 10.0, 1.0), (1, 1, 10.0, -0.1)]
)
def test_senseless_input_is_refused(given_values: tuple[int, int, float, float]) -> None:
    ahead, serving, handling, rate = given_values
    with pytest.raises(ValueError, match="people"):
        estimate(ahead, serving, handling, no_show_rate=rate)

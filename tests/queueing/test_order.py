"""Who is next: order of issue inside a class, priority before the others, and nobody waits for ever."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from queueing.order import NORMAL, PRIORITY, Choice, Head, choose


def head(place: int, rank: int = NORMAL) -> Head:
    return Head(f"t{place}", rank, place)


def call_all(ranks: list[int], limit: int, *, run: int = 0) -> list[Choice]:
    """Calls everybody; the index in ``ranks`` is the place in the line. What the counter sees are the two heads."""
    waiting = {rank: [head(p, rank) for p, r in enumerate(ranks) if r == rank] for rank in (PRIORITY, NORMAL)}
    calls = []
    while any(waiting.values()):
        choice = choose([line[0] for line in waiting.values() if line], run=run, limit=limit)
        assert choice is not None
        run = choice.run
        calls.append(choice)
        for line in waiting.values():
            if line and line[0].ticket == choice.ticket:
                line.pop(0)
    return calls


def test_nobody_is_next_when_nobody_waits() -> None:
    assert choose([], run=0, limit=2) is None


def test_the_oldest_of_all_services_is_next() -> None:
    assert choose([head(7), head(3), head(5)], run=0, limit=2) == Choice("t3", 0, "order")


def test_priority_goes_before_an_older_ticket_and_says_so() -> None:
    assert choose([head(1), head(9, PRIORITY)], run=0, limit=2) == Choice("t9", 1, "priority")


def test_priority_that_was_first_anyway_overtook_nobody() -> None:
    assert choose([head(4), head(2, PRIORITY)], run=0, limit=2) == Choice("t2", 1, "order")


def test_after_the_limit_of_priority_calls_one_of_the_others_goes() -> None:
    heads = [head(1), head(8, PRIORITY)]
    assert choose(heads, run=2, limit=2) == Choice("t1", 0, "fair_share")


def test_priority_calls_count_only_while_others_wait() -> None:
    choice = choose([head(8, PRIORITY)], run=2, limit=2)
    assert choice == Choice("t8", 0, "order")


def test_limit_zero_means_priority_always_first() -> None:
    calls = call_all([NORMAL, PRIORITY, PRIORITY, PRIORITY], 0)
    assert [c.ticket for c in calls] == ["t1", "t2", "t3", "t0"]


def test_with_a_limit_of_two_every_third_call_is_for_the_others() -> None:
    calls = call_all([NORMAL] * 2 + [PRIORITY] * 5, 2)
    assert [c.ticket for c in calls] == ["t2", "t3", "t0", "t4", "t5", "t1", "t6"]


classes = st.lists(st.sampled_from([PRIORITY, NORMAL]), max_size=40)


@given(classes, st.integers(0, 5), st.integers(0, 9))
def test_inside_a_class_the_order_is_the_order_of_issue(ranks: list[int], limit: int, run: int) -> None:
    called = [int(c.ticket[1:]) for c in call_all(ranks, limit, run=run)]
    assert sorted(called) == list(range(len(ranks)))
    for rank in (PRIORITY, NORMAL):
        mine = [place for place in called if ranks[place] == rank]
        assert mine == sorted(mine)


@given(classes, st.integers(1, 5), st.integers(0, 9))
def test_nobody_starves(ranks: list[int], limit: int, run: int) -> None:
    """Never more priority calls in a row than the limit while others wait: the n-th of them is called by n(limit+1)."""
    called = [int(c.ticket[1:]) for c in call_all(ranks, limit, run=run)]
    others = [i + 1 for i, place in enumerate(called) if ranks[place] == NORMAL]
    assert all(position <= n * (limit + 1) for n, position in enumerate(others, start=1))


@given(st.lists(st.tuples(st.sampled_from([PRIORITY, NORMAL]), st.integers(0, 6)), max_size=60), st.integers(1, 4))
def test_nobody_starves_while_priority_keeps_coming(arrivals: list[tuple[int, int]], limit: int) -> None:
    """Priority people who arrive later do not lengthen the wait of the first of the others beyond the limit."""
    waiting: list[Head] = [head(0)]
    run, calls = 0, 0
    for place, (rank, _) in enumerate(arrivals, start=1):
        waiting.append(head(place, rank))
        heads = [min((h for h in waiting if h.rank == r), key=lambda h: h.place, default=None) for r in (0, 1)]
        choice = choose([h for h in heads if h is not None], run=run, limit=limit)
        assert choice is not None
        run, calls = choice.run, calls + 1
        waiting = [h for h in waiting if h.ticket != choice.ticket]
        if choice.ticket == "t0":
            break
    assert calls <= limit + 1

"""What so many days without notice mean by the table, and who the table is not for."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest

from staffing.discipline import GUIDANCE, IN_A_ROW, PNS_TABLE, Rung, WorkDay, count_days, indicate

MONDAY = date(2026, 3, 2)
CUT = "pemotongan tunjangan kinerja 25% selama"
LOWER = "penurunan jabatan setingkat lebih rendah selama 12 bulan"
FREED = "pembebasan dari jabatan menjadi pelaksana selama 12 bulan"
DISMISSED = "pemberhentian dengan hormat tidak atas permintaan sendiri"


def year(*absent: date, days: int = 60, late: float = 0.0) -> list[WorkDay]:
    """Working days from the Monday on, Saturdays and Sundays left out; ``late`` minutes on each day that was kept."""
    found = []
    for n in range(days):
        day = MONDAY + timedelta(days=n)
        if day.weekday() < 5:
            found.append(WorkDay(day, day in absent, 0.0 if day in absent else late))
    return found


def scattered(number: int) -> list[WorkDay]:
    """That many absent days, never two in a row."""
    return [WorkDay(MONDAY + timedelta(days=n), n % 2 == 0 and n < 2 * number) for n in range(80)]


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (1, GUIDANCE), (2, GUIDANCE), (3, "teguran lisan"), (4, "teguran tertulis"), (6, "teguran tertulis"),
        (7, "pernyataan tidak puas secara tertulis"), (10, "pernyataan tidak puas secara tertulis"),
        (11, f"{CUT} 6 bulan"), (13, f"{CUT} 6 bulan"), (14, f"{CUT} 9 bulan"), (16, f"{CUT} 9 bulan"),
        (17, f"{CUT} 12 bulan"), (20, f"{CUT} 12 bulan"), (21, LOWER), (24, LOWER), (25, FREED), (27, FREED),
        (28, DISMISSED), (40, DISMISSED),
    ],
)  # fmt: skip
def test_the_table_is_read_with_the_days_of_the_year(days: int, says: str) -> None:
    count = count_days(scattered(days), 2026)
    assert (count.days, count.longest_run) == (days, 1)
    assert indicate(count, "pns", "opd").text == says


def test_the_table_has_no_gap_and_no_overlap() -> None:
    assert PNS_TABLE[0].first == 3 and PNS_TABLE[-1].last is None
    for before, after in pairwise(PNS_TABLE):
        assert before.last is not None and after.first == before.last + 1


def test_no_absent_day_means_nothing() -> None:
    assert indicate(count_days(year(), 2026), "pns", "opd").kind == "none"


def test_ten_working_days_in_a_row_weigh_more_than_their_number_and_a_weekend_does_not_break_them() -> None:
    two_weeks = [MONDAY + timedelta(days=n) for n in range(12) if n % 7 < 5]
    assert len(two_weeks) == 10
    count = count_days(year(*two_weeks), 2026)
    assert (count.days, count.longest_run) == (10, 10)
    assert indicate(count, "pns", "opd").text == IN_A_ROW
    nine = count_days(year(*two_weeks[:-1]), 2026)
    assert indicate(nine, "pns", "opd").text == "pernyataan tidak puas secara tertulis"


def test_a_day_at_work_between_breaks_the_row() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(19) if n % 7 < 5]
    count = count_days(year(*(d for d in days if d != days[7])), 2026)
    assert count.longest_run == 7


def test_a_row_across_new_year_is_seen_whole_while_the_sum_begins_anew() -> None:
    first = date(2025, 12, 24)
    days = [WorkDay(first + timedelta(days=n), True) for n in range(12)]
    count = count_days(days, 2026)
    assert (count.longest_run, count.days) == (12, 4)
    assert indicate(count, "pns", "opd").kind == "in_a_row"


def test_late_minutes_become_days_only_where_the_hall_says_so() -> None:
    days = year(days=18, late=60)
    assert count_days(days, 2026).days == 0
    counted = count_days(days, 2026, minutes_per_day=450)
    assert counted.late_minutes == 14 * 60
    assert (counted.from_minutes, counted.days) == (1, 1)


def test_for_contract_staff_nothing_is_said_until_the_agencys_rule_is_known() -> None:
    count = count_days(scattered(5), 2026)
    assert indicate(count, "pppk", "opd").kind == "own_rule"
    own = (Rung(5, None, "menurut aturan instansi"),)
    assert indicate(count, "pppk", "opd", pppk_table=own).text == "menurut aturan instansi"


@pytest.mark.parametrize(
    ("status", "kind"),
    [("vertical", "vertical"), ("bumn", "bumn"), ("other", "opd"), ("pns", "vertical"), ("pns", "province")],
)
def test_who_is_not_the_regencys_gets_a_notice_to_their_head(status: str, kind: str) -> None:
    assert indicate(count_days(scattered(30), 2026), status, kind).kind == "notice"

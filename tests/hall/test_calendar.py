"""National holidays and cuti bersama, joined with a hall's own, and the warnings for uncertain years."""

from datetime import date

import pytest

from hall.calendar import (
    YEARS,
    holidays_for,
    is_cuti_bersama,
    is_estimated,
    merge_holidays,
    missing_years,
    national_holidays,
)
from hall.hours import Holiday
from tests.hall.test_hours import HALL, calendar, due, rows, rule

# The joint decree for 2026, as the domain reference lists it.
CUTI_BERSAMA_2026 = [
    date(2026, 2, 16),
    date(2026, 3, 18),
    date(2026, 3, 20),
    date(2026, 3, 23),
    date(2026, 3, 24),
    date(2026, 5, 15),
    date(2026, 5, 28),
    date(2026, 12, 24),
]


def test_the_cuti_bersama_of_2026_are_those_of_the_decree_and_say_so() -> None:
    found = [holiday for holiday in national_holidays([2026]) if is_cuti_bersama(holiday)]
    assert [holiday.day for holiday in found] == CUTI_BERSAMA_2026
    assert found[0].name == "Cuti Bersama Tahun Baru Imlek"


def test_the_national_holidays_of_2026_are_there_with_indonesian_names() -> None:
    names = {holiday.day: holiday.name for holiday in national_holidays([2026], cuti_bersama_closed=False)}
    assert names[date(2026, 1, 1)] == "Tahun Baru Masehi"
    assert names[date(2026, 3, 21)] == "Hari Raya Idul Fitri"
    assert names[date(2026, 8, 17)] == "Hari Kemerdekaan Republik Indonesia"
    assert len(names) == 17


def test_a_hall_that_opens_on_cuti_bersama_has_only_the_holidays() -> None:
    closed, opened = national_holidays([2026]), national_holidays([2026], cuti_bersama_closed=False)
    assert not any(is_cuti_bersama(holiday) for holiday in opened)
    assert {holiday.day for holiday in closed} - {holiday.day for holiday in opened} == set(CUTI_BERSAMA_2026)


def test_every_government_day_the_package_knows_is_called_cuti_bersama() -> None:
    for year in YEARS:
        opened = set(national_holidays([year], cuti_bersama_closed=False))
        assert not any(is_cuti_bersama(holiday) for holiday in opened)
        assert all(is_cuti_bersama(holiday) for holiday in set(national_holidays([year])) - opened)


def test_years_come_once_and_in_order_and_without_asking_all_are_given() -> None:
    several = national_holidays([2026, 2025, 2026])
    assert several == national_holidays([2025]) + national_holidays([2026])
    assert [holiday.day for holiday in several] == sorted(holiday.day for holiday in several)
    assert set(several) <= set(national_holidays())


def test_local_holidays_join_the_national_ones_without_doubles() -> None:
    anniversary = Holiday(date(2026, 12, 11), "Hari jadi kabupaten")
    christmas = Holiday(date(2026, 12, 25), "hari raya natal")
    merged = holidays_for([2026], [anniversary, christmas, anniversary])
    assert merged.count(anniversary) == 1
    assert [holiday for holiday in merged if holiday.day == christmas.day] == [christmas]
    assert len(merged) == len(national_holidays([2026])) + 1


def test_a_holiday_falling_on_a_cuti_bersama_keeps_both_names() -> None:
    day = CUTI_BERSAMA_2026[0]
    merged = holidays_for([2026], [Holiday(day, "Hari jadi kabupaten")])
    assert [holiday.name for holiday in merged if holiday.day == day] == [
        "Cuti Bersama Tahun Baru Imlek",
        "Hari jadi kabupaten",
    ]
    plan = calendar(HALL, merged).plan("dukcapil", "1", day)
    assert plan.pieces[0].detail == "Cuti Bersama Tahun Baru Imlek; Hari jadi kabupaten"


def test_a_hall_file_confirms_an_estimated_date_under_the_same_name() -> None:
    estimated = Holiday(date(2027, 3, 10), "Hari Raya Idul Fitri (perkiraan)")
    other = Holiday(date(2028, 2, 27), "Hari Raya Idul Fitri (perkiraan)")
    decreed = Holiday(date(2027, 3, 11), "Hari Raya Idul Fitri")
    assert is_estimated(estimated) and not is_estimated(decreed)
    assert merge_holidays([estimated, other], [decreed]) == (decreed, other)


def test_a_year_that_is_certain_is_not_warned_about() -> None:
    assert missing_years([2024, 2025, 2026]) == ()


def test_estimated_dates_are_named_with_their_dates() -> None:
    (warning,) = missing_years([2027])
    assert "2027" in warning and "perkiraan" in warning
    assert "Hari Raya Idul Fitri (10-03-2027)" in warning
    assert "Waisak" not in warning


def test_a_year_without_a_decree_or_without_any_islamic_date_is_warned_about() -> None:
    assert [("Cuti bersama" in warning, "2028" in warning) for warning in missing_years([2028])] == [
        (False, True),
        (True, True),
    ]
    beyond = missing_years([2105])
    assert len(beyond) == 2
    assert "keagamaan tahun 2105 tidak ada" in beyond[0]


def test_warnings_fall_silent_for_what_the_hall_file_has_confirmed() -> None:
    (warning,) = missing_years([2027], [Holiday(date(2027, 3, 11), "Hari Raya Idul Fitri")])
    assert "Hari Raya Idul Fitri (" not in warning.replace("dari Hari Raya Idul Fitri (", "")
    assert "Idul Adha" in warning
    assert len(missing_years([2028], [Holiday(date(2028, 2, 25), "Cuti bersama Idul Fitri")])) == 1


@pytest.mark.parametrize(("closed", "expected"), [(True, []), (False, ["08:00-11:30", "13:00-15:30"])])
def test_the_hall_s_setting_decides_about_cuti_bersama(closed: bool, expected: list[str]) -> None:
    hall = calendar(HALL, holidays_for([2026], cuti_bersama_closed=closed))
    assert due(hall.plan("dukcapil", "1", date(2026, 5, 15))) == expected
    assert rows(hall.plan("dukcapil", "1", date(2026, 5, 14))) == [("00:00", "00:00", "holiday")]


def test_half_a_day_on_a_cuti_bersama_is_a_special_opening() -> None:
    day = date(2026, 5, 15)
    half = rule("hall", "jum", "08:00-11:00", since=day, until=day, special=True)
    assert due(calendar([*HALL, half], holidays_for([2026])).plan("dukcapil", "1", day)) == ["08:00-11:00"]

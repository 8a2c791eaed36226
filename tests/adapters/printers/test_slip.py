"""The slip as data: what it refuses, how it travels, and the words for time and waiting."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.printers.slip import Slip
from hall.errors import Invalid
from tests.adapters.printers.cast import make_slip


@pytest.mark.parametrize(
    "changes", [{}, {"estimate": None, "copy": 2}, {"priority": True, "url": ""}, {"priority": "lansia", "ahead": 0}]
)
def test_a_slip_survives_the_way_through_json(changes: dict[str, Any]) -> None:
    slip = make_slip(**changes)
    assert Slip.from_dict(json.loads(json.dumps(slip.to_dict()))) == slip


def test_keys_of_a_newer_server_are_passed_over() -> None:
    assert Slip.from_dict({**make_slip().to_dict(), "logo": "baru"}) == make_slip()


@pytest.mark.parametrize(
    ("zone", "day", "time"),
    [
        ("Asia/Jakarta", "Sabtu, 21 November 2026", "pukul 08.00 WIB"),
        ("Asia/Makassar", "Sabtu, 21 November 2026", "pukul 09.00 WITA"),
        ("Asia/Jayapura", "Sabtu, 21 November 2026", "pukul 10.00 WIT"),
    ],
)
def test_day_and_time_are_those_of_the_hall(zone: str, day: str, time: str) -> None:
    assert make_slip(zone=zone).when == (day, time)


def test_a_ticket_taken_late_in_utc_belongs_to_the_next_day_in_the_hall() -> None:
    slip = make_slip(issued_at=datetime(2026, 11, 19, 17, 30, tzinfo=UTC))
    assert slip.when == ("Jumat, 20 November 2026", "pukul 00.30 WIB")


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (None, "belum dapat diperkirakan"),
        ((10, 25), "10-25 menit"),
        ((0, 5), "kurang dari 5 menit"),
        ((15, 15), "sekitar 15 menit"),
        ((0, 0), "segera dipanggil"),
    ],
)
def test_the_estimate_is_said_in_words(estimate: tuple[int, int] | None, words: str) -> None:
    assert make_slip(estimate=estimate).estimate_text == words


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", ""),
        ("number", "A\x1b@"),
        ("number", "A" * 17),
        ("service", "   "),
        ("hall_name", None),
        ("agency", "x" * 201),
        ("url", "https://a b"),
        ("url", "https://é"),
        ("issued_at", datetime(2026, 11, 21, 8, 0)),
        ("zone", "Asia/Blora"),
        ("zone", "../etc/passwd"),
        ("ahead", -1),
        ("ahead", True),
        ("copy", "1"),
        ("estimate", (20, 10)),
        ("estimate", (1, 2, 3)),
        ("priority", 3),
    ],
)
def test_what_cannot_be_printed_is_refused_with_its_field(field: str, value: object) -> None:
    with pytest.raises(Invalid) as refusal:
        make_slip(**{field: value})
    assert (refusal.value.code, refusal.value.extra["field"]) == ("bad_slip", field)


@pytest.mark.parametrize(
    "change",
    [
        {"issued_at": "besok"},
        {"issued_at": 5},
        {"estimate": "10"},
        {"estimate": {"low": 1}},
        {"estimate": {"low": "1", "high": 2}},
        {"number": ["A"]},
    ],
)
def test_a_slip_from_the_network_is_checked_like_any_other(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Slip.from_dict({**make_slip().to_dict(), **change})


def test_a_slip_from_the_network_must_be_complete() -> None:
    data = make_slip().to_dict()
    del data["number"]
    with pytest.raises(Invalid) as refusal:
        Slip.from_dict(data)
    assert refusal.value.extra["field"] == "number"

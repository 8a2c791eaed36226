"""A replayed session that nobody ended, and who calls in it the next morning."""

from __future__ import annotations

from app.verify import verify
from hall.database import Database
from staffing import presence
from tests.app.replaying import OPEN_COUNTER, carry, line, rows, ticket
from tests.cast import SARI, wib


def test_a_session_left_open_overnight_ends_at_midnight(contoh: Database) -> None:
    days = [
        OPEN_COUNTER,
        line("08:01:00", "issue", service="ktp", **{"as": "t"}),
        line("08:02:00", "call", counter="1"),
        f'{{"at": "2026-03-04T07:55:00+07:00", "do": "sign-in", "counter": "1", "officer": "{SARI.nip}"}}',
    ]
    assert carry(contoh, *days).done == 4
    assert [s.end for s in rows(contoh, presence.sessions)] == [wib("2026-03-04", "00:00"), None]
    assert ticket(contoh, "A-001").state == "no_show"
    assert verify(contoh) == []


def test_who_calls_in_the_session_of_the_day_before_does_not_turn_time_back(contoh: Database) -> None:
    days = [
        OPEN_COUNTER,
        '{"at": "2026-03-04T08:00:00+07:00", "do": "issue", "service": "ktp", "as": "t"}',
        '{"at": "2026-03-04T08:01:00+07:00", "do": "call", "counter": "1"}',
        '{"at": "2026-03-04T08:02:00+07:00", "do": "start", "ticket": "t"}',
        f'{{"at": "2026-03-04T08:03:00+07:00", "do": "sign-in", "counter": "1", "officer": "{SARI.nip}"}}',
    ]
    carry(contoh, *days, keep_going=True)
    assert verify(contoh) == []

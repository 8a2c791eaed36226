"""Attendance from programs over HTTP: signed once, within its time, for its own source; or with a token."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.factory import create_app
from app.settings import Settings
from hall.database import Database
from hall.people import new_token
from staffing import facts
from staffing.attendance import covered
from staffing.pins import strangers
from staffing.source_keys import new_source_key, sign
from tests.cast import BAMBU, TUESDAY_MORNING
from tests.clock import HandClock

STRANGER = "200001012024032001"
AT = "2026-03-03T07:31:05+07:00"
BODY = {
    "source": "bkd",
    "punches": [{"officer": BAMBU.nip, "at": AT}, {"officer": STRANGER, "at": AT}],
    "covered_until": "2026-03-03T08:30:00+07:00",
}


class Program:
    """A program of the regency that knows the hall's address, and perhaps a key or a token."""

    def __init__(self, db: Database, home: Path) -> None:
        self.db, self.clock = db, HandClock(TUESDAY_MORNING)
        settings = Settings(home=home, secret_key="k" * 40, voice="off", secure_cookies=False)
        self.client: FlaskClient = create_app(settings, clock=self.clock, database=db).test_client()
        self.key, self.secret = new_source_key(db, "blora", "bkd", only=False, actor="x", now=TUESDAY_MORNING)

    def signed(self, body: Any, *, after: float = 0, **header: str) -> Any:
        """Sends a body signed ``after`` seconds from the hall's time."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        stamp = str(int((TUESDAY_MORNING + timedelta(seconds=after)).timestamp()))
        headers = {
            "X-Antre-Key": self.key, "X-Antre-Timestamp": stamp, "X-Antre-Signature": sign(self.secret, stamp, raw)
        } | header  # fmt: skip
        return self.client.post("/api/v1/attendance", data=raw, headers=headers, content_type="application/json")

    def with_token(self, body: Any, role: str = "attendance", hall: str | None = "blora") -> Any:
        secret = new_token(self.db, role, hall=hall, name="bkd", now=TUESDAY_MORNING)
        return self.client.post("/api/v1/attendance", json=body, headers={"Authorization": f"Bearer {secret}"})

    def punches(self) -> int:
        with self.db.reading() as connection:
            return int(connection.execute(select(func.count()).select_from(facts.punches)).scalar_one())


@pytest.fixture
def program(blora: Database, tmp_path: Path) -> Program:
    return Program(blora, tmp_path)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_a_signed_request_is_taken_and_says_what_became_of_it(program: Program) -> None:
    answer = program.signed(BODY)
    assert answer.status_code == 200, answer.text
    assert answer.json == {
        "hall": "blora", "source": "bkd", "told": 2, "new": 1, "again": 0, "strangers": 1,
        "covered_until": "2026-03-03T08:30:00+07:00",
    }  # fmt: skip
    with program.db.reading() as connection:
        assert [one.who for one in strangers(connection, "blora")] == [STRANGER]
        assert covered(connection, "blora")["bkd"].isoformat() == "2026-03-03T01:30:00+00:00"
    assert program.punches() == 1


def test_a_replay_is_refused_and_the_same_signed_anew_is_harmless(program: Program) -> None:
    assert program.signed(BODY).status_code == 200
    assert code(program.signed(BODY)) == (409, "replayed")
    again = program.signed(BODY, after=1)
    assert (again.status_code, again.json["again"], program.punches()) == (200, 2, 1)


@pytest.mark.parametrize("after", [-301, 301])
def test_a_timestamp_outside_five_minutes_is_refused(program: Program, after: int) -> None:
    assert code(program.signed(BODY, after=after)) == (401, "signature_expired")
    assert program.signed(BODY, after=after - after // abs(after)).status_code == 200


def test_a_wrong_signature_key_or_changed_body_is_refused_alike(program: Program) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        {"X-Antre-Signature": "0" * 64}, {"X-Antre-Signature": ""}, {"X-Antre-Key": "nobody"},
        {"X-Antre-Timestamp": str(int(TUESDAY_MORNING.timestamp()) - 1)}, {"X-Antre-Timestamp": "now"},
    )  # fmt: skip
    for header in wrong:
        assert code(program.signed(BODY, **header)) == (401, "bad_signature")
    assert program.punches() == 0


def test_a_key_speaks_for_its_own_source_and_hall_only(program: Program) -> None:
    assert code(program.signed(BODY | {"source": "other"})) == (403, "other_source")
    assert code(program.signed(BODY | {"hall": "contoh"})) == (403, "other_hall")


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"punches": [{"officer": BAMBU.nip, "at": AT}, {"officer": BAMBU.nip, "at": "kemarin"}]}, "bad_time"),
        ({"punches": [{"officer": BAMBU.nip, "at": AT}, {"officer": BAMBU.nip, "at": "2026-03-03T07:31"}]}, "bad_time"),
        (
            {"punches": [{"officer": BAMBU.nip, "at": AT}, {"officer": BAMBU.nip, "at": "2027-03-03T07:31Z"}]},
            "bad_time",
        ),
        ({"punches": [{"officer": BAMBU.nip, "at": AT}, {"officer": "Bambu Kuning", "at": AT}]}, "bad_who"),
        ({"punches": [{"officer": BAMBU.nip, "at": AT}, {"nip": BAMBU.nip, "at": AT}]}, "wrong_type"),
        ({"punches": [{"officer": 7, "at": AT}]}, "wrong_type"),
        ({"punches": BAMBU.nip}, "wrong_type"),
        ({"covered_until": "2026-03-03T18:00:00+07:00"}, "bad_time"),
        ({"machine": "M1"}, "unknown_field"),
    ],
)
def test_a_body_with_one_fault_is_refused_whole(program: Program, change: dict[str, Any], wanted: str) -> None:
    assert code(program.signed(BODY | change)) == (422, wanted)
    assert program.punches() == 0
    assert program.signed(BODY).status_code == 200  # what was refused has used nothing up


def test_a_token_of_the_role_is_enough_and_another_is_not(program: Program) -> None:
    assert program.with_token(BODY).json["new"] == 1
    assert code(program.with_token(BODY, role="kiosk")) == (401, "sign_in_needed")
    assert code(program.with_token(BODY, hall=None)) == (422, "hall_needed")
    assert program.with_token(BODY | {"hall": "blora"}, hall=None).json["again"] == 2
    assert code(program.with_token(BODY | {"hall": "contoh"})) == (403, "other_hall")


def test_the_secret_is_not_in_the_journal(program: Program) -> None:
    from hall.journal import since

    with program.db.reading() as connection:
        assert program.secret not in str(since(connection, "blora", 0))

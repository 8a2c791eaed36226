"""Whatever the reason why a counter is empty, kiosk, screen and phone say that nobody serves now, and never why."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.factory import create_app
from app.settings import Settings
from hall.database import Database
from hall.people import new_token
from queueing.issuing import issue
from staffing import facts, presence
from staffing.floor import floor
from staffing.vacancies import vacancies
from staffing.vacancies_view import LABELS
from staffing.vacancy import CAUSES
from tests.cast import BIMA, CONSOLE, GALIH, KIOSK, SARI, SYSTEM, TUESDAY
from tests.clock import HandClock
from tests.staffing.tuesday import at

NOW = at("09:30")
BLAMING = (
    "sakit",
    "cuti",
    "izin",
    "terlambat",
    "tanpa keterangan",
    "dinas luar",
    "tugas belajar",
    "pulang cepat",
    "bolos",
)
# pages bring all their words along; a kiosk's tell also of a slip that came out late
ON_PAGES = tuple(word for word in BLAMING if word != "terlambat")
DAY = date.fromisoformat(TUESDAY)
Scene = Callable[[Database], None]


def punched(db: Database, clock: str, *, later: str | None = None) -> None:
    facts.record_punch(db, "contoh", SARI.nip, "bkd", at(clock), actor=SYSTEM, now=at(later or "09:29"))


def covered(db: Database) -> None:
    facts.record_coverage(db, "contoh", "bkd", at("10:00"), actor=SYSTEM, now=at("09:29"))


def absent(kind: str) -> Scene:
    def scene(db: Database) -> None:
        end = at("15:00")
        facts.record_absence(db, "contoh", SARI.nip, kind, at("07:00"), end, "800/1", actor=SYSTEM, now=at("07:00"))

    return scene


def arrived_late(db: Database) -> None:
    punched(db, "09:30", later="09:30")


def left(db: Database) -> None:
    punched(db, "07:50")
    punched(db, "08:40")


def elsewhere(db: Database) -> None:
    presence.sign_in(db, "contoh", "2", SARI.nip, actor=CONSOLE, now=at("08:00"), beats=False)


def dark(db: Database) -> None:
    facts.begin_outage(db, "contoh", "counter:1", actor=SYSTEM, now=at("08:00"))


def open_samsat_and_leave(db: Database) -> None:
    presence.sign_in(db, "contoh", "3", GALIH.nip, actor=CONSOLE, now=at("08:00"), beats=False)
    presence.sign_out(db, "contoh", "3", actor=CONSOLE, now=at("08:30"))


def nothing(db: Database) -> None:
    """No fact at all."""


# cause -> (the counter that shows it, what happened)
SCENES: dict[str, tuple[str, Scene]] = {
    "unobserved": ("1", dark),
    **{kind: ("1", absent(kind)) for kind in facts.ABSENCES},
    "post_vacant": ("4", nothing),
    "agency_not_open": ("3", nothing),
    "no_one_assigned": ("3", open_samsat_and_leave),
    "late": ("1", arrived_late),
    "left_early": ("1", left),
    "at_other_counter": ("1", elsewhere),
    "away_from_counter": ("1", lambda db: punched(db, "07:50")),
    "no_attendance_data": ("1", nothing),
    "absent_without_notice": ("1", covered),
}


@pytest.fixture
def app(contoh: Database, tmp_path: Path) -> Flask:
    settings = Settings(home=tmp_path, secret_key="k" * 40, voice="off", secure_cookies=False)
    return create_app(settings, clock=HandClock(NOW), database=contoh)


def seen_in_public(app: Flask, db: Database, service: str) -> dict[str, str]:
    """Everything that a citizen can be told of the hall: where -> the words."""
    keys = {
        role: {"Authorization": f"Bearer {new_token(db, role, hall='contoh', name=role, now=NOW)}"}
        for role in ("kiosk", "display")
    }
    client, api = app.test_client(), "/api/v1/halls/contoh"
    body = {"service": service}
    asked = client.post(f"{api}/tickets", json=body, headers=keys["kiosk"] | {"Idempotency-Key": "a"})
    taken = client.post(
        f"{api}/tickets", json=body | {"confirm": True}, headers=keys["kiosk"] | {"Idempotency-Key": "b"}
    )
    assert taken.status_code == 201, taken.text
    secret = taken.get_json()["status_url"].rpartition("/")[2]
    answers: dict[str, Any] = {
        "services": client.get(f"{api}/services", headers=keys["kiosk"]),
        "warning": asked,
        "ticket": taken,
        "board": client.get(f"{api}/board?since=0", headers=keys["display"]),
        "phone": client.get(f"/t/{secret}/state"),
        "phone page": client.get(f"/t/{secret}", headers={"Accept": "text/html"}),
        "kiosk page": client.get("/kiosk/contoh", headers=keys["kiosk"] | {"Accept": "text/html"}),
        "display page": client.get("/display/contoh", headers=keys["display"] | {"Accept": "text/html"}),
    }
    assert {where: a.status_code for where, a in answers.items() if a.status_code not in (200, 201, 409)} == {}
    return {where: answer.text for where, answer in answers.items()}


@pytest.mark.parametrize("cause", CAUSES)
def test_no_citizen_is_told_why_a_counter_is_empty(app: Flask, contoh: Database, cause: str) -> None:
    counter, scene = SCENES[cause]
    scene(contoh)
    issue(contoh, "contoh", "ktp", actor=KIOSK, now=at("08:10"), history=True)
    at_counter = next(c for c in floor(contoh, "contoh", NOW).counters if c.counter == counter)
    judged = [
        v.cause
        for v in vacancies(contoh, "contoh", DAY, DAY, now=NOW + timedelta(seconds=1)).pieces
        if v.counter == counter
    ]
    assert cause in judged
    assert at_counter.due
    told = seen_in_public(app, contoh, "pkb" if counter == "3" else "ktp")
    for where, words in told.items():
        for word in ON_PAGES if where.endswith(" page") else (*CAUSES, *BLAMING, *LABELS.values()):
            assert not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", words, re.IGNORECASE), (where, word)
        for person in (SARI, BIMA):
            assert person.nip not in words
            assert person.name not in words
    shown = {c["counter"]: c for c in json.loads(told["board"])["counters"]}[counter]
    assert (shown["open"], shown["due"], shown["text"], shown["expected_at"]) == (False, True, "Belum melayani", None)


def test_a_counter_that_is_closed_by_schedule_says_when_it_opens_again(app: Flask, contoh: Database) -> None:
    app.extensions["antre"].clock.moment = at("12:30")
    key = {"Authorization": f"Bearer {new_token(contoh, 'display', hall='contoh', name='d', now=NOW)}"}
    board = app.test_client().get("/api/v1/halls/contoh/board", headers=key).get_json()
    shown = {c["counter"]: (c["text"], c["expected_at"]) for c in board["counters"]}
    assert shown["1"] == ("Sedang istirahat", f"{TUESDAY}T13:00:00+07:00")
    assert shown["2"] == ("Di luar jam layanan", None)  # not again today

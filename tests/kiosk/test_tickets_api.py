"""A number over HTTP: the contract word for word, every refusal with its code, and the same key twice."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from hall.journal import since
from tests.cast import BAMBU, RANDU, TUESDAY_EVENING, wib
from tests.kiosk.stage import SERVICES, TICKETS, Caller, Stage


def code(answer: Any) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert problem["status"] == answer.status_code
    assert problem["detail"]
    return answer.status_code, problem["code"]


def test_a_number_is_answered_as_the_contract_says(stage: Stage) -> None:
    stage.sit(BAMBU)
    answer = stage.kiosk.take("ktp", key="a")
    assert answer.status_code == 201
    body = answer.get_json()
    assert set(body) == {
        "id", "number", "service", "agency", "business_date", "issued_at", "state", "ahead", "estimate",
        "serving_now", "status_url", "slip",
    }  # fmt: skip
    assert (body["number"], body["service"], body["agency"]) == ("B-001", "ktp", "dukcapil")
    assert (body["business_date"], body["issued_at"]) == ("2026-03-03", "2026-03-03T09:00:00+07:00")
    assert (body["state"], body["ahead"], body["serving_now"]) == ("waiting", 0, 1)
    assert body["estimate"] == {"low": 0, "high": 5}
    assert body["status_url"].startswith("/t/")
    assert body["slip"] == {"state": "queued"}


def test_the_same_key_gets_the_same_answer_and_no_second_ticket(stage: Stage) -> None:
    stage.sit(BAMBU)
    first = stage.kiosk.take("ktp", key="touch-1")
    stage.clock.pass_by(minutes=3)
    again = stage.kiosk.take("ktp", key="touch-1")
    assert (again.status_code, again.get_json()) == (201, first.get_json())
    assert stage.issued() == 1


def test_another_body_with_the_key_is_refused(stage: Stage) -> None:
    stage.sit(BAMBU)
    stage.kiosk.take("ktp", key="touch-1")
    assert code(stage.kiosk.take("kia", key="touch-1")) == (422, "key_reused")
    assert code(stage.kiosk.take("ktp", key="touch-1", priority="elderly")) == (422, "key_reused")
    assert stage.issued() == 1


def test_a_refusal_does_not_use_up_the_key(stage: Stage) -> None:
    assert code(stage.kiosk.take("ktp", key="touch-1")) == (409, "unstaffed_needs_confirmation")
    assert stage.kiosk.take("ktp", key="touch-1", confirm=True).status_code == 201
    assert stage.kiosk.take("ktp", key="touch-1").status_code == 201
    assert stage.issued() == 1


def test_without_a_key_every_request_is_its_own(stage: Stage) -> None:
    stage.sit(BAMBU)
    numbers = [stage.kiosk.take("ktp").get_json()["number"] for _ in range(2)]
    assert numbers == ["B-001", "B-002"]


def test_sixteen_at_once_with_one_key_get_one_number(stage: Stage) -> None:
    stage.sit(BAMBU)
    numbers: list[str] = []

    def touch() -> None:
        numbers.append(Caller(stage.app, stage.secret).take("ktp", key="one").get_json()["number"])

    threads = [threading.Thread(target=touch) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers == ["B-001"] * 16
    assert stage.issued() == 1


def test_nobody_serving_asks_for_consent_and_says_what_is_known(stage: Stage) -> None:
    stage.citizen("ktp")
    problem = stage.kiosk.take("ktp").get_json()
    assert (problem["code"], problem["waiting"], problem["expected_at"]) == ("unstaffed_needs_confirmation", 1, None)
    answer = stage.kiosk.take("ktp", confirm=True)
    assert answer.status_code == 201
    assert answer.get_json()["estimate"] is None
    assert answer.get_json()["serving_now"] == 0


def test_a_full_day_asks_for_consent(stage: Stage) -> None:
    stage.clock.moment = wib("2026-03-03", "14:50")
    stage.sit(RANDU)
    for _ in range(3):
        stage.citizen("pkb")
    answer = stage.kiosk.take("pkb")
    assert code(answer) == (409, "capacity_needs_confirmation")
    assert answer.get_json()["waiting"] == 3
    assert stage.kiosk.take("pkb", confirm=True).status_code == 201


def test_a_full_day_stops_where_the_hall_wants_it(stage: Stage) -> None:
    stage.clock.moment = wib("2026-03-03", "14:50")
    stage.options(capacity="stop")
    stage.sit(RANDU)
    for _ in range(3):
        stage.citizen("pkb")
    assert code(stage.kiosk.take("pkb", confirm=True)) == (409, "capacity_reached")
    assert stage.issued() == 3


def test_closed_says_why_and_when_it_opens(stage: Stage) -> None:
    stage.clock.moment = TUESDAY_EVENING
    answer = stage.kiosk.take("ktp", confirm=True)
    assert code(answer) == (409, "closed")
    problem = answer.get_json()
    assert (problem["reason"], problem["next_opening"]) == ("outside_hours", "2026-03-04T08:00:00+07:00")
    stage.clock.moment = wib("2026-03-04", "12:30")
    assert stage.kiosk.take("pkb").get_json()["reason"] == "break"
    stage.clock.moment = wib("2026-12-11", "09:00")
    assert stage.kiosk.take("ktp").get_json()["reason_detail"] == "Hari Jadi Kabupaten Blora"
    assert stage.issued() == 0


def test_a_used_up_quota_is_final(stage: Stage) -> None:
    stage.clock.moment = wib("2026-03-03", "09:30")
    for _ in range(15):
        stage.citizen("paspor")
    assert code(stage.kiosk.take("paspor", confirm=True)) == (409, "quota_reached")
    assert stage.issued() == 15


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"service": "tidak-ada"}, (404, "unknown_service")),
        ({"service": "ktp", "priority": "vip"}, (422, "unknown_priority")),
        ({"service": "ktp", "confirm": "ya"}, (422, "wrong_type")),
        ({"service": 7}, (422, "wrong_type")),
        ({"service": ""}, (422, "wrong_length")),
        ({"service": "k" * 201}, (422, "wrong_length")),
        ({"service": "ktp", "nik": "3316"}, (422, "unknown_field")),
        ({"priority": None}, (422, "missing_field")),
        (["ktp"], (422, "not_an_object")),
    ],
)
def test_a_wrong_body_is_refused_with_its_code(stage: Stage, body: Any, expected: tuple[int, str]) -> None:
    assert code(stage.kiosk.post(TICKETS, body)) == expected
    assert stage.issued() == 0


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"{", (400, "bad_json")),
        (b"\xff\xfe", (400, "bad_json")),
        (b"[" * 20_000, (400, "bad_json")),
        (b"", (422, "missing_field")),
        (json.dumps({"service": "ktp", "x": "y" * 70_000}).encode(), (413, "too_large")),
    ],
)
def test_a_malformed_or_oversized_body_is_refused(stage: Stage, raw: bytes, expected: tuple[int, str]) -> None:
    assert code(stage.kiosk.post(TICKETS, raw=raw)) == expected
    assert stage.issued() == 0


@pytest.mark.parametrize("key", ["", "x" * 129, "antre\u00e9".encode().decode("latin-1")])
def test_a_bad_key_is_refused(stage: Stage, key: str) -> None:
    assert code(stage.kiosk.take("ktp", key=key)) == (422, "bad_key")
    assert stage.issued() == 0


def test_only_who_may_give_numbers_does(stage: Stage) -> None:
    assert code(stage.passer_by.take()) == (401, "sign_in_needed")
    assert code(stage.program("display").take()) == (403, "not_allowed")
    assert code(stage.kiosk.post("/halls/lain/tickets", {"service": "ktp"})) == (403, "other_hall")
    assert stage.issued() == 0


def test_the_journal_names_the_kiosk_and_no_person(stage: Stage) -> None:
    stage.sit(BAMBU)
    stage.kiosk.take("ktp")
    with stage.db.reading() as connection:
        line = since(connection, "blora", 0, kinds=("ticket_issued",))[-1]
    assert line.actor == "kiosk:kiosk-1"


def test_what_a_kiosk_shows_follows_every_change(stage: Stage) -> None:
    def ktp() -> dict[str, Any]:
        answer = stage.kiosk.get(SERVICES).get_json()
        return next(s for a in answer["agencies"] for s in a["services"] if s["code"] == "ktp")

    assert ktp()["refusal"] == "unstaffed_needs_confirmation"
    stage.sit(BAMBU)
    assert (ktp()["refusal"], ktp()["waiting"], ktp()["serving_now"]) == (None, 0, 1)
    stage.kiosk.take("ktp")
    assert ktp()["waiting"] == 1
    stage.clock.moment = TUESDAY_EVENING
    assert (ktp()["open"], ktp()["reason"]) == (False, "outside_hours")


def test_the_offer_is_kept_until_somebody_writes_or_the_minute_ends(stage: Stage) -> None:
    kept = stage.app.extensions["antre"].kept
    first = stage.kiosk.get(SERVICES)
    offer = kept[("offer", "blora")][2]
    again = stage.kiosk.get(SERVICES, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert kept[("offer", "blora")][2] is offer
    stage.clock.pass_by(minutes=1)
    assert stage.kiosk.get(SERVICES, If_None_Match=first.headers["ETag"]).status_code == 304
    assert kept[("offer", "blora")][2] is not offer
    stage.citizen("ktp")
    changed = stage.kiosk.get(SERVICES, If_None_Match=first.headers["ETag"])
    assert changed.status_code == 200
    assert changed.get_json()["seq"] > first.get_json()["seq"]


def test_the_offer_carries_what_live_screens_need(stage: Stage) -> None:
    answer = stage.kiosk.get(SERVICES).get_json()
    assert (answer["hall"], answer["zone"], answer["business_date"]) == ("blora", "Asia/Jakarta", "2026-03-03")
    assert answer["now"] == "2026-03-03T09:00:00+07:00"
    assert isinstance(answer["seq"], int)
    assert answer["open"] is True
    assert len(answer["agencies"]) == 13

"""Signing in and out, pausing and beating over HTTP; what a browser keeps and what it may not keep."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from counter.seat import must_sit_at
from hall.journal import since
from hall.people import set_account
from hall.turn import position
from queueing import calling
from staffing import facts, presence
from tests.cast import BAMBU, JATI, RANDU, SEKAR, Person
from tests.counter.stage import PIN, WRONG, Browser, Stage


def problem(answer: Any) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    return answer.status_code, answer.json["code"]


def sign_in(browser: Browser, counter: str = "3", nip: str = BAMBU.nip, pin: str = PIN) -> Any:
    return browser.at(counter, "sign-in", {"officer": nip, "pin": pin})


def seated_now(stage: Stage) -> dict[str, str]:
    with stage.db.reading() as connection:
        return {s.counter: s.officer for s in presence.open_sessions(connection, "blora")}


def test_signing_in_seats_the_officer_and_the_browser_keeps_the_seat(stage: Stage) -> None:
    browser = stage.browser()
    assert 'id="form"' in browser.open()
    answer = sign_in(browser)
    assert answer.json == {"counter": "3", "state": "open", "since": "2026-03-03T09:00:00+07:00", "pause": None}
    assert seated_now(stage) == {"3": BAMBU.nip}
    page = browser.open()
    assert 'id="console"' in page and "Bambu Kuning" in page
    with browser.client.session_transaction() as cookie:
        assert cookie["officer"]["counter"] == "3"
        assert not cookie.permanent
    with stage.db.reading() as connection:
        line = since(connection, "blora", 0, kinds=("signed_in",))[-1]
    assert line.actor == f"officer:{BAMBU.nip}"


def test_a_nip_typed_in_groups_is_the_same_nip(stage: Stage) -> None:
    assert sign_in(stage.browser(), nip="19851130 200902 1 001").status_code == 200


def test_a_reload_or_a_crash_brings_the_same_console_back(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    stage.citizen()
    ticket = bambu.at("3", "call").json
    bambu.move(ticket, "start")
    stage.clock.pass_by(minutes=10)
    assert 'id="console"' in bambu.open()
    assert bambu.desk("3")["ticket"]["id"] == ticket["id"]
    # the cookie is lost with the machine: the same officer signs in at the same counter, elsewhere, and finds it all
    other = stage.browser()
    assert sign_in(other).status_code == 200
    assert other.desk("3")["ticket"]["state"] == "serving"


def test_a_program_with_a_token_gets_no_cookie(stage: Stage) -> None:
    program = stage.program()
    answer = sign_in(program)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert program.at("3", "heartbeat").status_code == 204


def test_a_wrong_pin_and_an_unknown_officer_look_the_same(stage: Stage) -> None:
    for nip, pin in ((BAMBU.nip, WRONG), ("197001011990011001", PIN)):
        answer = sign_in(stage.browser(), nip=nip, pin=pin)
        assert problem(answer) == (401, "wrong_pin")
        assert answer.json["detail"] == "NIP atau PIN salah."
    assert seated_now(stage) == {}


def test_guessing_is_slowed_and_the_right_pin_waits_too(stage: Stage) -> None:
    browser = stage.browser()
    assert [sign_in(browser, pin=WRONG).status_code for _ in range(5)] == [401] * 5
    answer = sign_in(browser)
    assert problem(answer) == (429, "too_many_tries")
    assert "Coba lagi dalam" in answer.json["detail"]
    wait = answer.json["retry_after"]
    assert answer.headers["Retry-After"] == str(wait) and 0 < wait <= 16
    stage.clock.pass_by(seconds=wait)
    assert sign_in(browser).status_code == 200


def test_each_further_failure_doubles_the_wait(stage: Stage) -> None:
    browser, waits = stage.browser(), []
    for _ in range(5):
        sign_in(browser, pin=WRONG)
    for _ in range(3):
        waits.append(sign_in(browser).json["retry_after"])
        stage.clock.pass_by(seconds=waits[-1])
        sign_in(browser, pin=WRONG)
    assert [round(w / waits[0]) for w in waits] == [1, 2, 4]


def test_who_does_not_sit_at_counters_is_refused(stage: Stage) -> None:
    set_account(stage.db, "blora", "bupati", name="Gunung Kidul", role="regent", agency=None, pin=PIN)
    assert problem(sign_in(stage.browser(), nip="bupati")) == (403, "not_an_officer")
    set_account(stage.db, "blora", "coba", name="Kabut Tipis", role="officer", agency="dukcapil", pin=PIN)
    assert problem(sign_in(stage.browser(), nip="coba")) == (404, "unknown_officer")
    assert seated_now(stage) == {}


def test_a_coordinator_who_is_an_officer_may_sit_at_a_counter(stage: Stage) -> None:
    stage.account(JATI, role="coordinator")
    jati = stage.seated(JATI)
    stage.citizen("nib")
    assert jati.at("2", "call").status_code == 200
    assert problem(jati.at("1", "call")) == (403, "other_counter")  # seated as an officer, not as the coordinator


def test_one_officer_one_counter_and_one_counter_one_officer(stage: Stage) -> None:
    stage.seated(BAMBU)
    taken = sign_in(stage.browser(), nip=SEKAR.nip)
    assert problem(taken) == (409, "counter_taken")
    elsewhere = sign_in(stage.browser(), counter="4")
    assert problem(elsewhere) == (409, "officer_elsewhere")
    assert elsewhere.json["counter"] == "3" and "Loket 3" in elsewhere.json["detail"]
    assert seated_now(stage) == {"3": BAMBU.nip}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"officer": BAMBU.nip}, "missing_field"),
        ({"officer": BAMBU.nip, "pin": 482915}, "wrong_type"),
        ({"officer": BAMBU.nip, "pin": ""}, "wrong_length"),
        ({"officer": BAMBU.nip, "pin": PIN, "role": "manager"}, "unknown_field"),
    ],
)
def test_a_sign_in_that_says_something_else_is_refused(stage: Stage, body: Any, code: str) -> None:
    assert problem(stage.browser().at("3", "sign-in", body)) == (422, code)


def test_unknown_halls_and_counters_are_404(stage: Stage) -> None:
    browser = stage.browser()
    assert problem(sign_in(browser, counter="99")) == (404, "unknown_counter")
    answer = browser.post("/halls/cepu/counters/1/sign-in", {"officer": BAMBU.nip, "pin": PIN})
    assert problem(answer) == (404, "unknown_hall")
    assert browser.client.get("/counter/cepu", headers={"Accept": "text/html"}).status_code == 404


def test_signing_out_with_a_citizen_at_the_counter_is_refused(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    stage.citizen()
    ticket = bambu.at("3", "call").json
    answer = bambu.at("3", "sign-out")
    assert problem(answer) == (409, "still_serving")
    assert ticket["number"] in answer.json["detail"]
    assert 'id="console"' in bambu.open()
    bambu.move(ticket, "no-show")
    assert bambu.at("3", "sign-out").status_code == 204
    assert 'id="form"' in bambu.open()
    assert problem(bambu.at("3", "call")) == (401, "sign_in_needed")
    assert seated_now(stage) == {}


def test_a_paused_counter_does_not_call_and_says_since_when_and_why(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    stage.citizen()
    answer = bambu.at("3", "pause", {"reason": "  Makan siang "})
    assert answer.json["pause"] == {"since": "2026-03-03T09:00:01+07:00", "reason": "Makan siang"}
    assert problem(bambu.at("3", "call")) == (409, "paused")
    assert problem(bambu.at("3", "pause", {"reason": "Salat"})) == (409, "already_paused")
    assert bambu.desk("3")["session"]["state"] == "paused"
    assert bambu.at("3", "resume").json["pause"] is None
    assert problem(bambu.at("3", "resume")) == (409, "not_paused")
    assert bambu.at("3", "call").status_code == 200


def test_a_pause_needs_a_reason_and_a_free_counter(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    assert problem(bambu.at("3", "pause")) == (422, "missing_field")
    assert problem(bambu.at("3", "pause", {"reason": "   "})) == (422, "reason_needed")
    assert problem(bambu.at("3", "pause", {"reason": "x" * 201})) == (422, "wrong_length")
    stage.citizen()
    bambu.at("3", "call")
    assert problem(bambu.at("3", "pause", {"reason": "Salat"})) == (409, "still_serving")


def test_a_lost_console_comes_back_with_its_first_sign_of_life(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    for recover in ("heartbeat", "call"):
        stage.citizen()
        presence.find_lost_consoles(stage.db, "blora", now=stage.clock.pass_by(minutes=2))
        assert bambu.desk("3")["session"]["state"] == "lost"
        assert bambu.at("3", recover).status_code in (200, 204)
        assert bambu.desk("3")["session"]["state"] == "open"


def test_a_console_that_is_found_lost_while_its_officer_presses_calls(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bambu = stage.seated(BAMBU)
    number = stage.citizen()["number"]
    later, found = stage.clock.pass_by(minutes=2), []

    def call(*asked: Any, **given: Any) -> dict[str, Any] | None:
        found.append(presence.find_lost_consoles(stage.db, "blora", now=later))
        return calling.call(*asked, **given)

    monkeypatch.setattr("counter.api.calling", SimpleNamespace(call=call))
    assert bambu.at("3", "call").json["number"] == number
    assert found == [1, 0]


def test_a_call_that_is_asked_again_after_the_console_was_lost_brings_it_back(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    stage.citizen()
    called = bambu.at("3", "call", key="sekali").json
    presence.find_lost_consoles(stage.db, "blora", now=stage.clock.pass_by(minutes=2))
    assert bambu.at("3", "call", key="sekali").json == called
    assert bambu.desk("3")["session"]["state"] == "open"


def test_a_console_whose_outage_somebody_else_ended_comes_back_with_its_next_beat(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    presence.find_lost_consoles(stage.db, "blora", now=stage.clock.pass_by(minutes=2))
    facts.end_outage(stage.db, "blora", "counter:3", actor="system", now=stage.clock.now())
    assert bambu.desk("3")["session"]["state"] == "lost"
    assert bambu.at("3", "heartbeat").status_code == 204
    assert bambu.desk("3")["session"]["state"] == "open"


@pytest.mark.parametrize("move", ["call", "pause", "resume", "heartbeat", "sign-out", "recall", "cancel"])
@pytest.mark.parametrize(("successor", "refusal"), [(SEKAR, (403, "other_counter")), (None, (409, "not_signed_in"))])
def test_who_loses_the_seat_while_waiting_for_the_turn_does_nothing_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, move: str, successor: Person | None, refusal: tuple[int, str]
) -> None:
    bambu = stage.seated(BAMBU)
    ticket = stage.citizen()["id"]
    if move == "recall":
        bambu.at("3", "call")
    elif move == "resume":
        bambu.at("3", "pause", {"reason": "Salat"})

    def gone(hall: str, counter: str) -> str | None:
        may = must_sit_at(hall, counter)
        if move == "recall":
            calling.hold(stage.db, ticket, actor="manager:kelola", now=stage.clock.now())
        presence.sign_out(stage.db, hall, counter, actor="manager:kelola", now=stage.clock.now())
        if successor is not None:
            presence.sign_in(stage.db, hall, counter, successor.nip, actor="system", now=stage.clock.now())
        with stage.db.reading() as connection:
            before.append(position(connection, hall))
        return may

    before: list[tuple[int, int]] = []
    monkeypatch.setattr("counter.api.must_sit_at", gone)
    monkeypatch.setattr("counter.seat.must_sit_at", gone)
    if move in ("recall", "cancel"):
        answer = bambu.move(ticket, move)
    else:
        answer = bambu.at("3", move, {"reason": "Salat"} if move == "pause" else None)
    assert problem(answer) == refusal
    with stage.db.reading() as connection:
        assert [position(connection, "blora")] == before


def test_at_midnight_the_console_is_signed_out_and_the_old_cookie_does_nothing(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    presence.end_day(stage.db, "blora", now=stage.clock.pass_by(hours=22))
    assert problem(bambu.at("3", "call")) == (409, "not_signed_in")
    assert problem(bambu.at("3", "heartbeat")) == (409, "not_signed_in")
    assert 'id="form"' in bambu.open()
    # somebody else sits there now: the old cookie must not reach their citizens
    sekar = stage.browser()
    assert sign_in(sekar, nip=SEKAR.nip).status_code == 200
    assert problem(bambu.at("3", "call")) == (403, "other_counter")
    assert 'id="form"' in bambu.open()


def test_a_browser_left_behind_does_not_act_at_the_officers_new_counter(stage: Stage) -> None:
    left = stage.seated(BAMBU)
    moved = stage.browser()
    assert sign_in(moved).status_code == 200
    assert moved.at("3", "sign-out").status_code == 204
    assert sign_in(moved, counter="4").status_code == 200
    assert problem(left.at("4", "call")) == (403, "other_counter")
    assert problem(left.at("3", "call")) == (409, "not_signed_in")
    assert 'id="form"' in left.open()


def test_a_new_pin_ends_the_old_cookie(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.doorkeeper.SECONDS_REMEMBERED", 0.0)
    bambu = stage.seated(BAMBU)
    assert bambu.at("3", "heartbeat").status_code == 204
    stage.account(BAMBU, pin="739104")
    assert problem(bambu.at("3", "heartbeat")) == (401, "sign_in_needed")


def test_the_list_of_counters_tells_who_is_free_and_names_nobody(stage: Stage) -> None:
    stage.seated(BAMBU)
    stage.seated(RANDU)
    answer = stage.browser().get("/halls/blora/counters")
    listed = {c["code"]: c for c in answer.json["counters"]}
    assert len(listed) == 19
    assert (listed["3"]["taken"], listed["3"]["state"], listed["3"]["agency_short"]) == (True, "open", "Dukcapil")
    assert (listed["4"]["taken"], listed["4"]["state"]) == (False, "closed")
    assert {"code": "pkb", "agency": "samsat"}.items() <= next(
        s for s in answer.json["services"] if s["code"] == "pkb"
    ).items()
    for person in (BAMBU, RANDU):
        assert person.name not in answer.text and person.nip not in answer.text

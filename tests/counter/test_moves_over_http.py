"""Every move over HTTP as the contract has it: answers, refusals with a code, repeats, and who may act where."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hall.journal import since
from tests.cast import AYU, BAMBU, RANDU, SEKAR
from tests.counter.stage import Browser, Stage

MOVES = ("recall", "start", "finish", "no-show", "hold", "resume", "transfer", "cancel")
BODIES = {"transfer": {"counter": "9"}}


def problem(answer: Any) -> tuple[int, str]:
    assert answer.content_type == "application/problem+json"
    return answer.status_code, answer.json["code"]


def seq(stage: Stage) -> int:
    with stage.db.reading() as connection:
        return len(since(connection, "blora", 0))


def called(stage: Stage, officer: Browser, counter: str = "3", service: str = "ktp") -> dict[str, Any]:
    stage.citizen(service)
    answer = officer.at(counter, "call")
    assert answer.status_code == 200
    ticket: dict[str, Any] = answer.json
    return ticket


def test_a_call_answers_with_the_ticket_and_never_with_its_secret(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    issued = stage.citizen()
    ticket = bambu.at("3", "call").json
    assert (ticket["id"], ticket["number"], ticket["state"], ticket["counter"]) == (
        issued["id"],
        "B-001",
        "called",
        "3",
    )
    assert ticket["called_at"] == "2026-03-03T09:00:01+07:00"
    assert issued["status_url"].rpartition("/")[2] not in str(ticket) + str(bambu.desk("3"))


def test_a_call_with_nobody_waiting_is_204(stage: Stage) -> None:
    answer = stage.seated(BAMBU).at("3", "call")
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_call_before_the_last_one_is_finished_is_still_serving(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    ticket = called(stage, bambu)
    stage.citizen()
    answer = bambu.at("3", "call")
    assert problem(answer) == (409, "still_serving")
    assert answer.json["ticket"]["number"] == ticket["number"]


def test_a_ticket_goes_through_a_whole_visit(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    ticket = called(stage, bambu)
    states = [bambu.move(ticket, verb).json["state"] for verb in ("recall", "recall", "start", "finish")]
    assert states == ["called", "called", "serving", "finished"]
    assert bambu.desk("3")["today"] == {"finished": 1, "no_show": 0}


def test_each_other_move_answers_with_the_tickets_new_state(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    for path, states in (
        (("no-show", "resume"), ["no_show", "waiting"]),
        (("hold", "resume"), ["held", "waiting"]),
        (("start", "hold"), ["serving", "held"]),
        (("transfer",), ["waiting"]),
        (("cancel",), ["cancelled"]),
    ):
        ticket = bambu.at("3", "call").json if bambu.desk("3")["waiting"] else called(stage, bambu)
        answers = [bambu.move(ticket, verb, BODIES.get(verb)) for verb in path]
        assert [a.status_code for a in answers] == [200] * len(path)
        assert [a.json["state"] for a in answers] == states


def test_an_illegal_move_is_told_and_writes_nothing(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    ticket = called(stage, bambu)
    bambu.move(ticket, "start")
    before = seq(stage)
    for verb in ("recall", "start", "no-show", "resume"):
        answer = bambu.move(ticket, verb)
        assert problem(answer) == (409, "illegal_move")
        assert (answer.json["state"], answer.json["move"]) == ("serving", verb)
    bambu.move(ticket, "finish")
    for verb in MOVES:
        assert problem(bambu.move(ticket, verb, BODIES.get(verb))) == (409, "illegal_move")
    assert seq(stage) == before + 1


def test_a_repeat_with_the_same_key_is_answered_and_not_done_again(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    stage.citizen()
    stage.citizen()
    first = bambu.at("3", "call", key="press-1")
    assert bambu.at("3", "call", key="press-1").json == first.json
    sent = bambu.move(first.json, "transfer", {"service": "pkb"}, key="press-2")
    before = seq(stage)
    # the ticket is out of reach by now; the lost answer is given all the same
    assert bambu.move(first.json, "transfer", {"service": "pkb"}, key="press-2").json == sent.json
    assert seq(stage) == before
    assert problem(bambu.at("3", "call", key="press-2")) == (422, "key_reused")


def test_a_key_that_is_no_key_is_refused(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    stage.citizen()
    assert problem(bambu.at("3", "call", key="x" * 129)) == (422, "bad_key")
    assert bambu.desk("3")["ticket"] is None


def test_an_officer_acts_at_their_own_counter_only(stage: Stage) -> None:
    bambu, sekar = stage.seated(BAMBU), stage.seated(SEKAR)
    ticket = called(stage, bambu)
    stage.citizen()
    before = seq(stage)
    for verb in ("call", "pause", "resume", "heartbeat", "sign-out"):
        body = {"reason": "Rapat"} if verb == "pause" else None
        assert problem(sekar.at("3", verb, body)) == (403, "other_counter")
    assert problem(sekar.get("/halls/blora/counters/3/desk")) == (403, "other_counter")
    for verb in MOVES:
        assert problem(sekar.move(ticket, verb, BODIES.get(verb))) == (403, "other_counter")
    assert seq(stage) == before


def test_a_held_or_missed_ticket_is_resumed_by_any_officer_of_the_agency(stage: Stage) -> None:
    bambu, ayu, randu = stage.seated(BAMBU), stage.seated(AYU), stage.seated(RANDU)
    for aside in ("hold", "no-show"):
        ticket = called(stage, bambu)
        bambu.move(ticket, aside)
        assert problem(randu.move(ticket, "resume")) == (403, "other_counter")
        assert ayu.move(ticket, "resume").json["state"] == "waiting"
        assert problem(randu.move(ticket, "cancel")) == (403, "other_counter")
        assert ayu.move(ticket, "cancel").json["state"] == "cancelled"


def test_a_waiting_ticket_is_transferred_by_an_officer_of_its_agency(stage: Stage) -> None:
    bambu, randu = stage.seated(BAMBU), stage.seated(RANDU)
    ticket = stage.citizen("kk")
    assert problem(randu.move(ticket["id"], "transfer", {"service": "pkb"})) == (403, "other_counter")
    assert bambu.move(ticket["id"], "transfer", {"service": "ktp"}).json["service"] == "ktp"
    assert bambu.at("3", "call").json["id"] == ticket["id"]


def test_a_consoles_token_acts_at_every_counter_of_its_hall(stage: Stage) -> None:
    program = stage.program()
    for officer in (BAMBU, SEKAR):
        stage.seated(officer)
        ticket = called(stage, program, officer.counter)
        assert program.move(ticket, "start").json["state"] == "serving"
        assert program.move(ticket, "finish").json["state"] == "finished"
        assert program.desk(officer.counter)["today"]["finished"] == 1


@pytest.mark.parametrize("role", ["kiosk", "display", "reader"])
def test_other_tokens_do_not_call(stage: Stage, role: str) -> None:
    stage.seated(BAMBU)
    stage.citizen()
    stranger = stage.program(role)
    assert problem(stranger.at("3", "call")) == (403, "not_allowed")
    assert stage.program().desk("3")["ticket"] is None


def test_a_stranger_is_asked_who_they_are(stage: Stage) -> None:
    ticket = stage.citizen()
    nobody = stage.browser()
    assert problem(nobody.at("3", "call")) == (401, "sign_in_needed")
    assert problem(nobody.move(ticket["id"], "cancel")) == (401, "sign_in_needed")
    assert problem(nobody.get("/halls/blora/counters/3/desk")) == (401, "sign_in_needed")


def test_a_forged_press_from_another_page_does_nothing(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    ticket = called(stage, bambu)
    bambu.csrf = ""
    assert problem(bambu.move(ticket, "cancel"))[1] == "bad_csrf"
    assert bambu.desk("3")["ticket"]["state"] == "called"


def test_a_transfer_with_return_comes_back_to_its_counter(stage: Stage) -> None:
    bambu, randu = stage.seated(BAMBU), stage.seated(RANDU)
    ticket = called(stage, bambu)
    bambu.move(ticket, "start")
    assert bambu.move(ticket, "transfer", {"service": "pkb", "return": True}).status_code == 200
    there = randu.at("7", "call").json
    assert there["id"] == ticket["id"]
    assert randu.desk("7")["ticket"]["returns_to"] == "Loket 3"
    assert randu.desk("7")["ticket"]["came_for"] == "Perekaman dan pencetakan KTP-el"
    randu.move(there, "start")
    back = randu.move(there, "finish").json
    assert (back["state"], back["service"], back["only_counter"]) == ("waiting", "ktp", "3")
    assert [t["number"] for t in bambu.desk("3")["next"]] == [ticket["number"]]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "service_or_counter"),
        ({"service": "pkb", "counter": "7"}, 422, "service_or_counter"),
        ({"service": 7}, 422, "wrong_type"),
        ({"service": "pkb", "return": "yes"}, 422, "wrong_type"),
        ({"to": "7"}, 422, "unknown_field"),
        ({"service": "parkir"}, 404, "unknown_service"),
        ({"counter": "99"}, 404, "unknown_counter"),
        ({"counter": "3"}, 422, "same_counter"),
        ([], 422, "not_an_object"),
    ],
)
def test_a_transfer_to_nowhere_is_told_and_changes_nothing(stage: Stage, body: Any, status: int, code: str) -> None:
    bambu = stage.seated(BAMBU)
    ticket = called(stage, bambu)
    assert problem(bambu.move(ticket, "transfer", body)) == (status, code)
    assert bambu.desk("3")["ticket"]["state"] == "called"


def test_what_is_not_there_is_404(stage: Stage) -> None:
    program = stage.program()
    assert problem(program.at("99", "call")) == (404, "unknown_counter")
    assert problem(program.move("01a20090-0000-7000-8000-000000000000", "start")) == (404, "unknown_ticket")
    assert problem(program.get("/halls/blora/counters/99/desk")) == (404, "unknown_counter")


def test_bodies_that_cannot_be_read_are_refused(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    ticket = called(stage, bambu)
    headers = {"X-CSRF-Token": bambu.csrf, "Content-Type": "application/json"}
    path = f"/api/v1/tickets/{ticket['id']}/start"
    assert problem(bambu.client.post(path, data=b"{", headers=headers)) == (400, "bad_json")
    assert bambu.client.post(path, data=b" " * 70_000, headers=headers).status_code == 413
    assert problem(bambu.client.post(path, json={"now": 1}, headers=headers)) == (422, "unknown_field")
    assert bambu.desk("3")["ticket"]["state"] == "called"


def test_two_officers_pressing_at_once_never_get_the_same_ticket(stage: Stage) -> None:
    seats = {"3": stage.seated(BAMBU), "4": stage.seated(SEKAR)}
    waiting = [stage.citizen()["id"] for _ in range(16)]

    def work(counter: str) -> list[str]:
        mine = []
        while (answer := seats[counter].at(counter, "call")).status_code == 200:
            mine.append(answer.json["id"])
            assert seats[counter].move(answer.json, "no-show").status_code == 200
        assert answer.status_code == 204
        return mine

    with ThreadPoolExecutor(2) as pool:
        here, there = pool.map(work, seats)
    assert sorted(here + there) == sorted(waiting)

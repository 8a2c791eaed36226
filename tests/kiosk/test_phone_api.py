"""A citizen's own ticket over HTTP: what it says in every state, how often it is asked, and who may give it back."""

from __future__ import annotations

from typing import Any

import pytest
import segno

from kiosk.phone import poll_seconds
from queueing import calling, day_end
from tests.cast import BAMBU, CONSOLE, WEDNESDAY_MORNING
from tests.kiosk.stage import BASE_URL, Stage


def state(stage: Stage, ticket: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = stage.passer_by.get(f"{ticket['status_url']}/state").get_json()
    return answer


def call(stage: Stage) -> dict[str, Any]:
    ticket = calling.call(stage.db, "blora", "3", actor=CONSOLE, now=stage.clock.now())
    assert ticket is not None
    return ticket


def test_anybody_with_the_link_sees_the_ticket_and_nothing_of_the_person(stage: Stage) -> None:
    stage.sit(BAMBU)
    stage.citizen()
    ticket = stage.citizen(priority="disabled")
    told = state(stage, ticket)
    assert set(told) == {
        "number", "state", "agency", "service", "counter", "recalls", "issued_at", "called_at", "ended_at", "ahead",
        "estimate", "serving_now", "poll_seconds", "now",
    }  # fmt: skip
    assert (told["number"], told["state"], told["ahead"]) == ("B-002", "waiting", 0)
    page = stage.passer_by.get(ticket["status_url"])
    assert page.status_code == 200
    assert "B-002" in page.text
    assert "Fotokopi kartu keluarga." in page.text
    assert "disabilitas" not in page.text.lower()
    assert BAMBU.name not in page.text
    assert ticket["id"] not in page.text


def test_the_place_moves_with_the_line(stage: Stage) -> None:
    stage.sit(BAMBU)
    line = [stage.citizen() for _ in range(3)]
    mine = line[2]
    assert state(stage, mine)["ahead"] == 2
    called = call(stage)
    assert state(stage, mine)["ahead"] == 1
    calling.no_show(stage.db, called["id"], actor=CONSOLE, now=stage.clock.now())
    call(stage)
    told = state(stage, mine)
    assert (told["ahead"], told["serving_now"], told["poll_seconds"]) == (0, 1, 3)


def test_every_state_is_told(stage: Stage) -> None:
    stage.sit(BAMBU)
    ticket = stage.citizen()
    now, told = stage.clock.now, lambda: state(stage, ticket)
    call(stage)
    assert (told()["state"], told()["counter"], told()["poll_seconds"]) == ("called", "Loket 3", 3)
    calling.recall(stage.db, ticket["id"], actor=CONSOLE, now=now())
    assert told()["recalls"] == 1
    calling.start(stage.db, ticket["id"], actor=CONSOLE, now=now())
    assert (told()["state"], told()["counter"]) == ("serving", "Loket 3")
    calling.hold(stage.db, ticket["id"], actor=CONSOLE, now=now())
    assert (told()["state"], told()["ahead"], told()["poll_seconds"]) == ("held", None, 15)
    calling.resume(stage.db, ticket["id"], actor=CONSOLE, now=now())
    call(stage)
    calling.no_show(stage.db, ticket["id"], actor=CONSOLE, now=now())
    assert (told()["state"], told()["poll_seconds"]) == ("no_show", 15)
    calling.resume(stage.db, ticket["id"], actor=CONSOLE, now=now())
    call(stage)
    calling.start(stage.db, ticket["id"], actor=CONSOLE, now=now())
    calling.finish(stage.db, ticket["id"], actor=CONSOLE, now=now())
    assert (told()["state"], told()["poll_seconds"]) == ("finished", None)


def test_yesterdays_ticket_is_expired_or_at_least_not_in_line(stage: Stage) -> None:
    ticket = stage.citizen()
    stage.clock.moment = WEDNESDAY_MORNING
    assert state(stage, ticket)["ahead"] is None
    day_end.end_old_days(stage.db, "blora", now=stage.clock.now())
    assert (state(stage, ticket)["state"], state(stage, ticket)["poll_seconds"]) == ("expired", None)


def test_nobody_serving_is_said_and_the_number_stays(stage: Stage) -> None:
    told = state(stage, stage.citizen())
    assert (told["state"], told["estimate"], told["serving_now"]) == ("waiting", None, 0)


@pytest.mark.parametrize(
    ("state", "ahead", "seconds"),
    [
        ("waiting", 40, 60), ("waiting", 11, 60), ("waiting", 10, 15), ("waiting", 3, 15), ("waiting", 2, 3),
        ("waiting", 0, 3), ("called", None, 3), ("serving", None, 15), ("held", None, 15), ("no_show", None, 15),
        ("finished", None, None), ("cancelled", None, None), ("expired", None, None),
    ],
)  # fmt: skip
def test_the_pace_follows_the_place(state: str, ahead: int | None, seconds: int | None) -> None:
    assert poll_seconds(state, ahead) == seconds


def test_nothing_new_costs_no_body(stage: Stage) -> None:
    ticket = stage.citizen()
    url = f"{ticket['status_url']}/state"
    first = stage.passer_by.get(url)
    stage.clock.pass_by(seconds=15)
    again = stage.passer_by.get(url, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    stage.sit(BAMBU)
    assert stage.passer_by.get(url, If_None_Match=first.headers["ETag"]).status_code == 200


@pytest.mark.parametrize("tail", ["", "/state", "/qr.svg"])
def test_no_cache_no_search_engine_and_no_other_site_learns_the_link(stage: Stage, tail: str) -> None:
    answer = stage.passer_by.get(stage.citizen()["status_url"] + tail)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


@pytest.mark.parametrize("tail", ["", "/state", "/qr.svg"])
def test_a_guessed_link_leads_nowhere(stage: Stage, tail: str) -> None:
    answer = stage.passer_by.get(f"/t/AAAAAAAAAAAAAAAA{tail}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "unknown_ticket")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_citizen_gives_the_number_back(stage: Stage) -> None:
    ticket = stage.citizen()
    answer = stage.passer_by.post(f"{ticket['status_url']}/cancel")
    assert (answer.status_code, answer.get_json()["state"]) == (200, "cancelled")
    again = stage.passer_by.post(f"{ticket['status_url']}/cancel")
    assert (again.status_code, again.get_json()["code"]) == (409, "illegal_move")


def test_a_called_number_is_not_given_back(stage: Stage) -> None:
    stage.sit(BAMBU)
    ticket = stage.citizen()
    call(stage)
    answer = stage.passer_by.post(f"{ticket['status_url']}/cancel")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "illegal_move")
    assert state(stage, ticket)["state"] == "called"


def test_the_code_is_that_of_the_citizens_own_page(stage: Stage) -> None:
    ticket = stage.citizen()
    drawn = stage.passer_by.get(f"{ticket['status_url']}/qr.svg")
    assert drawn.content_type == "image/svg+xml"
    wanted = segno.make(BASE_URL + ticket["status_url"], error="m", micro=False)
    assert f'viewBox="0 0 {wanted.symbol_size(border=4)[0]} ' in drawn.text
    assert "style=" not in drawn.text

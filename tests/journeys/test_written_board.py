"""The written day on the screens: what the board shows while it goes on, and when it is over."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.factory import create_app
from app.replay import replay
from app.settings import Settings
from hall.database import Database
from hall.people import new_token
from tests.cast import CONTOH_DAY, TUESDAY, wib
from tests.clock import HandClock

A_CALL = {"seq": 5, "number": "A-001", "counter": "1", "counter_name": "Loket 1", "agency": "dukcapil"}
B_CALL = {"seq": 14, "number": "B-001", "counter": "3", "counter_name": "Loket 3", "agency": "samsat"}
CALLED_AT = {"A-001": f"{TUESDAY}T08:06:00+07:00", "B-001": f"{TUESDAY}T11:32:00+07:00"}


def ask(db: Database, home: Path, clock: str, path: str) -> dict[str, Any]:
    """What the hall's interface answers at that time of the day, everything up to then having been carried in."""
    moment = wib(TUESDAY, clock)
    lines = CONTOH_DAY.read_text(encoding="utf-8").splitlines()
    until_now = [line for line in lines if datetime.fromisoformat(json.loads(line)["at"]) <= moment]
    assert replay(db, "contoh", until_now).refused == []
    settings = Settings(home=home, secret_key="k" * 40, voice="off", secure_cookies=False)
    app = create_app(settings, clock=HandClock(moment), database=db)
    key = new_token(db, "reader", hall="contoh", name="layar", now=moment)
    answer = app.test_client().get(
        f"/api/v1/halls/contoh/{path}",
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def called(call: dict[str, Any]) -> dict[str, Any]:
    return call | {"at": CALLED_AT[call["number"]]}


def spoken(call: dict[str, Any]) -> dict[str, Any]:
    sound = f"/api/v1/halls/contoh/calls/{call['seq']}/sound.wav"
    return called(call) | {"kind": "ticket_called", "sound": sound}


def doors(board: dict[str, Any]) -> dict[str, tuple[bool, bool, str]]:
    return {c["counter"]: (c["open"], c["due"], c["text"]) for c in board["counters"]}


def lines_of(board: dict[str, Any]) -> dict[str, tuple[int, int, dict[str, int] | None]]:
    return {a["agency"]: (a["waiting"], a["serving_counters"], a["estimate"]) for a in board["waiting"]}


SERVES, LATE, RESTS = (True, True, ""), (False, True, "Belum melayani"), (False, True, "Istirahat sejenak")
CLOSED = (False, False, "Di luar jam layanan")


def test_the_board_shows_the_first_call_and_says_it(contoh: Database, tmp_path: Path) -> None:
    board = ask(contoh, tmp_path, "08:06:10", "board?since=0")
    assert (board["hall"], board["name"], board["now"]) == ("contoh", "MPP Contoh", f"{TUESDAY}T08:06:10+07:00")
    assert [c | {"ticket": ""} for c in board["calling"]] == [
        called(A_CALL) | {"ticket": "", "service": "ktp", "state": "called", "recalls": 0}
    ]
    assert board["last_calls"] == [] and board["lines"] == [spoken(A_CALL)]
    assert doors(board) == {"1": SERVES, "2": LATE, "3": LATE, "4": LATE}


def test_the_board_tells_a_short_rest_from_a_counter_that_does_not_serve(contoh: Database, tmp_path: Path) -> None:
    board = ask(contoh, tmp_path, "10:03", "board?since=0")
    assert doors(board) == {"1": RESTS, "2": SERVES, "3": LATE, "4": LATE}
    assert board["calling"] == [] and board["last_calls"] == [called(A_CALL)]
    assert lines_of(board)["samsat"] == (1, 0, None)  # somebody waits, nobody serves: no estimate


def test_the_board_in_the_middle_of_the_day(contoh: Database, tmp_path: Path) -> None:
    board = ask(contoh, tmp_path, "11:33:30", "board?since=5")
    assert [(c["number"], c["counter"], c["state"]) for c in board["calling"]] == [("B-001", "3", "serving")]
    assert board["last_calls"] == [called(A_CALL)]
    assert board["lines"] == [spoken(B_CALL)]  # what the screen had spoken before is not spoken again
    assert doors(board) == {"1": SERVES, "2": SERVES, "3": SERVES, "4": LATE}
    # one number a service so far: with 12 and 10 standard minutes, up to one in service before the next
    waiting = lines_of(board)
    assert waiting["dukcapil"][:2] == (0, 2) and waiting["samsat"] == (0, 1, {"low": 0, "high": 20})


def test_the_board_when_the_day_is_over(contoh: Database, tmp_path: Path) -> None:
    board = ask(contoh, tmp_path, "15:31", "board?since=0")
    assert board["calling"] == []
    assert board["last_calls"] == [called(B_CALL), called(A_CALL)]
    assert board["lines"] == [spoken(A_CALL), spoken(B_CALL)]
    assert doors(board) == dict.fromkeys("1234", CLOSED)
    assert lines_of(board) == {"dukcapil": (0, 0, None), "samsat": (0, 0, None)}


@pytest.mark.parametrize(("area", "counters"), [("Barat", ["1", "2", "4"]), ("Timur", ["3"])])
def test_a_screen_of_one_area_shows_only_its_own(
    contoh: Database, tmp_path: Path, area: str, counters: list[str]
) -> None:
    board = ask(contoh, tmp_path, "15:31", f"board?since=0&area={area}")
    assert [c["counter"] for c in board["counters"]] == counters
    mine = [call for call in (A_CALL, B_CALL) if call["counter"] in counters]
    assert board["last_calls"] == [called(c) for c in mine] and board["lines"] == [spoken(c) for c in mine]


def test_the_numbers_of_the_written_day(contoh: Database, tmp_path: Path) -> None:
    found = ask(contoh, tmp_path, "15:31", f"statistics?date={TUESDAY}")
    total = found["total"]
    assert (total["issued"], total["called"], total["served"], total["waiting"]) == (2, 2, 2, 0)
    assert (total["no_show"], total["cancelled"], total["expired"]) == (0, 0, 0)
    waits = {s["service"]: s["wait_mean"] for s in found["services"]}
    assert waits == {"ktp": 1.0, "pkb": 182.0}  # from 08.05 to 08.06, from 08.30 to 11.32

"""Slips over HTTP: what the kiosk is told, and the printer of a kiosk computer with its real agent."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.printers.agent import PrinterAgent
from adapters.printers.devices import PrinterConfig
from adapters.printers.pretend import PretendPrinter
from hall.clock import SystemClock
from queueing.slips import give_up, report, take_next
from tests.cast import SYSTEM
from tests.kiosk.stage import BASE_URL, PRINTER, SERVICES, Stage

NEXT = f"/halls/blora/printers/{PRINTER}/jobs/next"
STATUS = f"/halls/blora/printers/{PRINTER}/status"


def told(stage: Stage, ticket: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = stage.kiosk.get(f"/tickets/{ticket['id']}/slip").get_json()
    return answer


def health(stage: Stage) -> Any:
    return stage.kiosk.get(SERVICES).get_json()["printer"]


def test_a_slip_is_told_as_it_goes(stage: Stage) -> None:
    ticket = stage.citizen()
    assert told(stage, ticket) == {"state": "queued", "reason": None, "paper_low": False}
    job = take_next(stage.db, "blora", PRINTER, now=stage.clock.now())
    assert job is not None
    assert told(stage, ticket)["state"] == "sent"
    report(stage.db, job.id, "confirmed", None, None, actor=SYSTEM, now=stage.clock.now())
    assert told(stage, ticket)["state"] == "confirmed"


@pytest.mark.parametrize(
    ("state", "reason"), [("failed", "paper_end"), ("failed", "cover_open"), ("unknown", "silent")]
)
def test_a_lost_slip_keeps_its_reason_and_the_ticket_stays(stage: Stage, state: str, reason: str) -> None:
    ticket = stage.citizen()
    stage.print_next(state, reason)
    assert told(stage, ticket) == {"state": state, "reason": reason, "paper_low": False}
    assert stage.kiosk.get(ticket["status_url"] + "/state").get_json()["state"] == "waiting"


def test_a_printer_that_never_reports_leaves_the_slip_unknown(stage: Stage) -> None:
    ticket = stage.citizen()
    take_next(stage.db, "blora", PRINTER, now=stage.clock.now())
    stage.clock.pass_by(seconds=40)
    give_up(stage.db, "blora", now=stage.clock.now(), after=timedelta(seconds=30))
    assert told(stage, ticket)["state"] == "unknown"


def test_a_hall_without_a_printer_says_none(stage: Stage) -> None:
    stage.change_printer(active=False)
    answer = stage.kiosk.take(confirm=True).get_json()
    assert answer["slip"] == {"state": "none"}
    assert told(stage, answer) == {"state": "none", "reason": None, "paper_low": False}
    assert health(stage) is None
    reprint = stage.kiosk.post(f"/tickets/{answer['id']}/reprint")
    assert (reprint.status_code, reprint.get_json()["code"]) == (409, "no_printer")


def test_a_reprint_is_a_marked_copy_and_never_two_at_once(stage: Stage) -> None:
    ticket = stage.citizen()
    url = f"/tickets/{ticket['id']}/reprint"
    busy = stage.kiosk.post(url)
    assert (busy.status_code, busy.get_json()["code"]) == (409, "still_printing")
    stage.print_next("failed", "paper_end")
    again = stage.kiosk.post(url)
    assert (again.status_code, again.get_json()) == (202, {"state": "queued", "copy": 1, "printer": PRINTER})
    assert told(stage, ticket)["state"] == "queued"


def test_strangers_learn_nothing_of_slips(stage: Stage) -> None:
    ticket = stage.citizen()
    assert stage.passer_by.get(f"/tickets/{ticket['id']}/slip").status_code == 401
    assert stage.kiosk.get("/tickets/00000000-0000-7000-8000-000000000000/slip").status_code == 404


def test_the_agent_gets_a_slip_that_can_be_printed(stage: Stage) -> None:
    ticket = stage.citizen(priority="elderly")
    job = stage.kiosk.post(NEXT)
    assert job.status_code == 200
    slip = job.get_json()["slip"]
    assert (slip["number"], slip["copy"], slip["hall_name"]) == (ticket["number"], 0, "MPP Blora")
    assert slip["url"] == BASE_URL + ticket["status_url"]
    assert job.get_json()["expires_at"]
    assert stage.kiosk.post(NEXT).status_code == 204


def test_a_slip_is_handed_out_once(stage: Stage) -> None:
    stage.citizen()
    assert stage.kiosk.post(NEXT).status_code == 200
    assert stage.kiosk.post(NEXT).status_code == 204


def test_a_slip_that_waited_for_the_turn_expires_no_later(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.options(stale_slip_seconds=60)
    stage.citizen()
    real = stage.db.writing

    def writing(*hall: str, **how: Any) -> AbstractContextManager[Any]:
        stage.clock.pass_by(seconds=20)
        return real(*hall, **how)

    monkeypatch.setattr(stage.db, "writing", writing)
    earliest = SystemClock().now()
    expires = datetime.fromisoformat(stage.kiosk.post(NEXT).get_json()["expires_at"])
    assert earliest <= expires - timedelta(seconds=40) <= SystemClock().now()


def test_an_old_slip_is_not_printed_unasked(stage: Stage) -> None:
    ticket = stage.citizen()
    stage.clock.pass_by(minutes=5)
    assert stage.kiosk.post(NEXT).status_code == 204
    assert told(stage, ticket) == {"state": "failed", "reason": "stale", "paper_low": False}


def test_an_outcome_is_taken_once_and_a_repeat_is_no_fault(stage: Stage) -> None:
    ticket = stage.citizen()
    job = stage.kiosk.post(NEXT).get_json()["id"]
    body = {"state": "failed", "reason": "paper_end", "detail": "", "paper_low": False}
    assert stage.kiosk.post(f"/print-jobs/{job}/outcome", body).status_code == 200
    assert stage.kiosk.post(f"/print-jobs/{job}/outcome", body).status_code == 200
    other = stage.kiosk.post(f"/print-jobs/{job}/outcome", body | {"state": "confirmed", "reason": None})
    assert (other.status_code, other.get_json()["code"]) == (409, "already_reported")
    assert told(stage, ticket)["reason"] == "paper_end"
    assert health(stage) == {"code": PRINTER, "state": "trouble", "reason": "paper_end"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"state": "printed"}, (422, "bad_outcome")),
        ({"state": "failed", "reason": "r" * 41}, (422, "wrong_length")),
        ({"state": "failed", "colour": "blue"}, (422, "unknown_field")),
        ({}, (422, "missing_field")),
    ],
)
def test_a_wrong_outcome_is_refused(stage: Stage, body: Any, expected: tuple[int, str]) -> None:
    stage.citizen()
    job = stage.kiosk.post(NEXT).get_json()["id"]
    answer = stage.kiosk.post(f"/print-jobs/{job}/outcome", body)
    assert (answer.status_code, answer.get_json()["code"]) == expected
    assert stage.kiosk.post("/print-jobs/none/outcome", {"state": "confirmed"}).status_code == 404


def test_one_kiosk_does_not_eat_the_slips_of_another(stage: Stage) -> None:
    stage.citizen()
    other = stage.program("kiosk", "kiosk-2")
    for path in (NEXT, STATUS):
        answer = other.post(path)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "other_printer")
    job = stage.kiosk.post(NEXT).get_json()["id"]
    assert other.post(f"/print-jobs/{job}/outcome", {"state": "confirmed"}).status_code == 403
    unknown = stage.kiosk.post("/halls/blora/printers/tidak-ada/jobs/next")
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "unknown_printer")


def test_a_printer_tells_how_it_is(stage: Stage) -> None:
    assert health(stage) == {"code": PRINTER, "state": "unheard", "reason": None}
    facts = {
        "ready": True, "reason": None, "answers": True, "online": True, "paper_end": None, "paper_low": True,
        "cover_open": False, "cutter_error": False, "fault": False, "detail": "",
    }  # fmt: skip
    assert stage.kiosk.post(STATUS, facts).status_code == 204
    assert health(stage) == {"code": PRINTER, "state": "low", "reason": "paper_low"}
    ticket = stage.citizen()
    assert told(stage, ticket)["paper_low"] is True
    stage.kiosk.post(STATUS, facts | {"ready": False, "reason": "cover_open"})
    assert health(stage) == {"code": PRINTER, "state": "trouble", "reason": "cover_open"}
    stage.kiosk.post(STATUS, facts | {"ready": False, "answers": False, "paper_low": False})
    assert health(stage) == {"code": PRINTER, "state": "trouble", "reason": "silent"}
    stage.kiosk.post(STATUS, facts | {"paper_low": False})
    assert health(stage) == {"code": PRINTER, "state": "ready", "reason": None}


def test_the_real_agent_prints_on_a_real_socket_and_reports(stage: Stage, served: str, tmp_path: Path) -> None:
    ticket = stage.citizen()
    with PretendPrinter() as printer:
        config = PrinterConfig("network", printer.address, 80)
        agent = PrinterAgent(served, stage.secret, "blora", PRINTER, config, state_file=tmp_path / "agent.json")
        try:
            agent.step()
            assert told(stage, ticket)["state"] == "confirmed"
            agent.step()
            agent.report_status()
        finally:
            agent.close()
        assert len(printer.wait_for_papers(1)) == 1
    assert health(stage) == {"code": PRINTER, "state": "ready", "reason": None}

"""A service is not offered any more while people wait for it: every screen goes on, and who waits can be called."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from hall.database import Database
from hall.places import services
from hall.turn import turn
from queueing.slips import print_jobs
from tests.cast import BAMBU
from tests.counter.stage import Stage


@pytest.fixture
def stage(blora: Database, tmp_path: Path) -> Stage:
    return Stage(blora, tmp_path)


def withdraw(stage: Stage, code: str) -> None:
    """What ``active = false`` in the hall file does; the counters' own lists still name the service."""
    with turn(stage.db, "blora", stage.clock.now()) as t:
        t.connection.execute(update(services).where(services.c.code == code).values(active=False))
        t.set_up_changed()
        t.write("hall_set_up", "blora", {}, actor="system")


@pytest.mark.parametrize("seated", [True, False])
def test_a_withdrawn_service_breaks_no_screen(stage: Stage, seated: bool) -> None:
    if seated:
        stage.seated(BAMBU)
    ticket = stage.citizen("ktp")
    withdraw(stage, "ktp")
    manager, phone = stage.program("manager"), stage.browser()
    for path in ("board", "board?area=Barat&since=0", "services", "floor", "statistics", "counters", "counters/3/desk"):
        assert manager.get(f"/halls/blora/{path}").status_code == 200, path
    assert phone.client.get(ticket["status_url"], headers={"Accept": "text/html"}).status_code == 200
    told = phone.client.get(f"{ticket['status_url']}/state").json
    assert told is not None
    assert (told["state"], told["ahead"], told["estimate"]) == ("waiting", 0, None)


def test_who_waits_for_a_withdrawn_service_is_still_called(stage: Stage) -> None:
    officer = stage.seated(BAMBU)
    ticket = stage.citizen("ktp")
    withdraw(stage, "ktp")
    assert officer.at("3", "call").json["number"] == ticket["number"]


def test_a_paper_that_never_was_can_be_had_for_a_withdrawn_service(stage: Stage) -> None:
    ticket = stage.citizen("ktp")
    with turn(stage.db, "blora", stage.clock.now()) as t:
        t.connection.execute(delete(print_jobs))
    withdraw(stage, "ktp")
    assert stage.program("kiosk").move(ticket, "reprint").status_code == 202

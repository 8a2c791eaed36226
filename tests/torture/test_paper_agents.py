"""A kiosk computer's own printer: the agent is killed, answers are lost, the server is away; no paper comes twice."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest
from flask import Flask

from hall.database import Database
from tests.serving import serving
from tests.torture.paper_agents import Agent, LossyServer
from tests.torture.paper_hall import TROUBLES, PaperHall, paper_hall
from tests.torture.tally import LONG, Tally, size
from tests.torture.test_paper_truth import (
    let_all_come_out,
    nobody_holds_nothing_unseen,
    staff_see_it,
    the_paper_tells_the_truth,
)

NAMES = ("near-end", "drops", "power", "buffered") if LONG else ("near-end", "drops")


def away_now_and_then(hall: PaperHall, server: LossyServer, over: threading.Event) -> None:
    """The server is restarted: for a moment nobody is answered."""
    while not over.wait(3.0):
        server.down = True
        over.wait(0.8)
        server.down = False


def test_agents_that_are_killed_and_answers_that_are_lost(
    blora: Database, tmp_path: Path, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.couriers.UNREPORTED", timedelta(seconds=4))  # half a minute for each lost word is long
    each = size(3, 50)
    troubles = tuple(trouble for trouble in TROUBLES if trouble.name in NAMES)
    over = threading.Event()
    with paper_hall(blora, tmp_path, troubles, kind="agent") as hall, ExitStack() as stack:
        server = LossyServer(hall.app.wsgi_app, 4)
        url = stack.enter_context(serving(cast(Flask, server)))
        agents = [Agent(kiosk, server, url, tmp_path, 4) for kiosk in hall.kiosks]
        for agent in agents:
            stack.callback(agent.close)
            agent.start()
        absence = threading.Thread(target=away_now_and_then, args=(hall, server, over))
        absence.start()
        stack.callback(absence.join)
        stack.callback(over.set)
        hall.serve(each)
        over.set()
        for agent in agents:
            agent.calm_down()
        let_all_come_out(hall)
        low = next(kiosk for kiosk in hall.kiosks if kiosk.trouble.name == "near-end")
        low.printer.set(paper_near_end=True)
        seen = staff_see_it(hall, low, "low", "paper_low")
        kills = sum(agent.kills for agent in agents)
        tally.add(
            histories=1, faults=kills + server.faults + sum(kiosk.faults for kiosk in hall.kiosks),
            tickets=each * len(agents),
        )  # fmt: skip
        the_paper_tells_the_truth(hall)
        nobody_holds_nothing_unseen(hall)
        assert kills and server.faults
        tally.note(f"{kills} agents killed, {server.faults} answers lost; paper low after {seen:.1f} s")
    tally.verified(blora)

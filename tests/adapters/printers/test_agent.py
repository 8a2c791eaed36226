"""The printer agent against a small real HTTP server: at most once on paper, and no outcome lost."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from adapters.printers.agent import Memory, PrinterAgent, ServerTrouble
from adapters.printers.devices import Printer, PrinterConfig
from adapters.printers.layout import COPY_MARK, render
from adapters.printers.pretend import PretendPrinter
from adapters.printers.slip import Slip
from adapters.printers.status import Outcome, PrinterStatus
from hall.errors import Invalid
from tests.adapters.printers.cast import make_slip

NOW = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
TOKEN = "a token of the role kiosk"


class Server:
    """What the agent talks to: hands out ``jobs``, keeps what it is told, and fails as long as ``broken`` says."""

    def __init__(self) -> None:
        self.jobs: list[Any] = []
        self.outcomes: list[tuple[str, dict[str, Any]]] = []
        self.statuses: list[dict[str, Any]] = []
        self.broken: dict[str, int] = {}
        self.asked = 0
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.headers["Authorization"] != f"Bearer {TOKEN}":
                    return self.answer(401)
                parts = self.path.split("/")[3:]
                call = parts[-1]
                if call in server.broken:
                    return self.answer(server.broken[call])
                if parts == ["halls", "blora", "printers", "kiosk-1", "jobs", "next"]:
                    server.asked += 1
                    return self.answer(200, server.jobs.pop(0)) if server.jobs else self.answer(204)
                if parts == ["halls", "blora", "printers", "kiosk-1", "status"]:
                    server.statuses.append(body)
                    return self.answer(200, {})
                if parts[0] == "print-jobs" and call == "outcome":
                    server.outcomes.append((parts[1], body))
                    return self.answer(200, {})
                return self.answer(404)

            def answer(self, code: int, body: Any = None) -> None:
                data = b"" if body is None else json.dumps(body).encode()
                self.send_response_only(code)
                self.send_header("Date", format_datetime(NOW, usegmt=True))
                if code in (301, 307):
                    self.send_header("Location", "/elsewhere")
                if code != 204:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self._thread = threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def hand_out(self, job_id: str = "j1", **more: Any) -> None:
        expires = (NOW + timedelta(seconds=30)).isoformat()
        self.jobs.append({"id": job_id, "slip": make_slip().to_dict(), "expires_at": expires, **more})

    def close(self) -> None:
        self.http.shutdown()
        self._thread.join()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


class Agents:
    """Makes agents on one state file, as restarts of one program do, and closes them all."""

    def __init__(self, server: Server, pretend: PretendPrinter, folder: Path) -> None:
        self.state_file = folder / "state" / "agent.json"
        self._server, self._pretend = server, pretend
        self._made: list[PrinterAgent] = []

    def start(self, **changes: Any) -> PrinterAgent:
        values: dict[str, Any] = {"base_url": self._server.url, "token": TOKEN, "status_every_s": 3600.0, **changes}
        agent = PrinterAgent(
            values.pop("base_url"),
            values.pop("token"),
            "blora",
            "kiosk-1",
            PrinterConfig("network", self._pretend.address),
            state_file=self.state_file,
            **values,
        )
        self._made.append(agent)
        return agent

    def close(self) -> None:
        for agent in self._made:
            agent.close()


@pytest.fixture
def agents(server: Server, pretend: PretendPrinter, tmp_path: Path) -> Iterator[Agents]:
    agents = Agents(server, pretend, tmp_path)
    yield agents
    agents.close()


def test_a_job_is_printed_once_and_its_outcome_told(server: Server, agents: Agents, pretend: PretendPrinter) -> None:
    server.hand_out()
    agent = agents.start()
    assert agent.step() == 0.0  # perhaps the next one waits already
    assert agent.step() > 0
    assert len(pretend.papers) == 1
    [(job, outcome)] = server.outcomes
    assert job == "j1" and (outcome["state"], outcome["reason"], outcome["paper_low"]) == ("confirmed", None, False)


def test_trouble_of_the_printer_is_told_as_it_is(server: Server, agents: Agents, pretend: PretendPrinter) -> None:
    pretend.set(paper_end=True)
    server.hand_out()
    agents.start().step()
    assert [(o["state"], o["reason"]) for _, o in server.outcomes] == [("failed", "paper_end")]


def test_a_failed_job_may_be_handed_out_again(server: Server, agents: Agents, pretend: PretendPrinter) -> None:
    agent = agents.start()
    pretend.set(cover_open=True)
    server.hand_out()
    agent.step()
    pretend.clear()
    server.hand_out()
    agent.step()
    assert [o["state"] for _, o in server.outcomes] == ["failed", "confirmed"] and len(pretend.papers) == 1


@pytest.mark.parametrize("code", [500, 503, 401, 403, 429, 307])
def test_an_outcome_the_server_did_not_take_is_told_again_before_anything_else(
    server: Server, agents: Agents, pretend: PretendPrinter, code: int
) -> None:
    agent = agents.start()
    server.hand_out("j1")
    server.hand_out("j2")
    server.broken["outcome"] = code
    first, second = agent.step(), agent.step()
    assert second > first > 0  # it backs off
    assert len(pretend.papers) == 1 and server.outcomes == []
    server.broken.clear()
    agent.step()
    assert [job for job, _ in server.outcomes] == ["j1", "j2"] and len(pretend.papers) == 2


def test_an_unreported_outcome_survives_a_crash(server: Server, agents: Agents, pretend: PretendPrinter) -> None:
    server.hand_out()
    server.broken["outcome"] = 500
    agents.start().step()
    server.broken.clear()
    agents.start().step()
    assert [(job, o["state"]) for job, o in server.outcomes] == [("j1", "confirmed")]
    assert len(pretend.papers) == 1
    agents.start().step()
    assert len(server.outcomes) == 1


class Dies(BaseException):
    """The machine loses power."""


class DyingPrinter:
    """Prints on ``printer`` if there is one, and the computer is gone before anybody knows."""

    def __init__(self, printer: Printer | None = None) -> None:
        self.broken_off = False
        self._printer = printer

    def print_slip(self, slip: Slip, *, job_id: str) -> Outcome:
        if self._printer:
            self._printer.print_slip(slip, job_id=job_id)
        raise Dies

    def status(self) -> PrinterStatus:
        return PrinterStatus(None, answers=True)


def test_a_crash_while_printing_is_unknown_and_the_job_is_never_printed_again(
    server: Server, agents: Agents, pretend: PretendPrinter
) -> None:
    server.hand_out()
    with pytest.raises(Dies):
        agents.start(printer=DyingPrinter()).step()
    server.hand_out()  # the server has heard nothing and hands the same job out again
    agent = agents.start()
    agent.step()
    assert [(job, o["state"], o["reason"]) for job, o in server.outcomes] == [("j1", "unknown", "dropped")] * 2
    assert pretend.papers == []


@pytest.mark.parametrize("restarted", ["killed in the slip", "after its report", "after one that failed as well"])
def test_the_mark_of_a_reprint_that_broke_off_does_not_stand_above_the_next_slip(
    server: Server, agents: Agents, pretend: PretendPrinter, printer: Printer, restarted: str
) -> None:
    server.hand_out(slip=make_slip(number="A-011", copy=1).to_dict())
    of_the_mark = len(render(make_slip(copy=1), 80)) - len(render(make_slip(), 80))
    pretend.set(drop_mid_slip=of_the_mark + 10)
    if restarted == "killed in the slip":
        with pytest.raises(Dies):
            agents.start(printer=DyingPrinter(printer)).step()
    else:
        agent = agents.start()
        agent.step()
        if restarted == "after one that failed as well":
            pretend.set(refuse=True)
            server.hand_out("j2")
            agent.step()
    pretend.clear()
    assert COPY_MARK in pretend.device.unfinished.text
    server.hand_out("j3")
    agents.start().step()
    assert [o["state"] for job, o in server.outcomes if job == "j3"] == ["confirmed"]
    rest, paper = pretend.papers
    assert COPY_MARK in rest.text and COPY_MARK not in paper.text
    server.hand_out("j4")
    agents.start().step()
    assert len(pretend.papers) == 3  # after one that is whole no paper is wasted on a cut


def test_a_memory_that_an_earlier_version_wrote_cannot_say_what_hangs_there(tmp_path: Path) -> None:
    path = tmp_path / "agent.json"
    path.write_text(json.dumps({"begun": None, "unreported": [], "outcomes": {}}))
    assert Memory(path).broken_off
    assert not Memory(tmp_path / "new.json").broken_off


def test_a_job_whose_report_was_lost_is_told_again_and_not_printed_again(
    server: Server, agents: Agents, pretend: PretendPrinter
) -> None:
    agent = agents.start()
    server.hand_out()
    agent.step()
    server.hand_out()
    agent.step()
    assert [o["state"] for _, o in server.outcomes] == ["confirmed", "confirmed"] and len(pretend.papers) == 1


@pytest.mark.parametrize("code", [400, 404, 409, 422])
def test_an_outcome_the_server_will_never_take_does_not_block_the_printer(
    server: Server, agents: Agents, pretend: PretendPrinter, code: int
) -> None:
    agent = agents.start()
    server.hand_out("j1")
    server.broken["outcome"] = code
    agent.step()
    server.broken.clear()
    server.hand_out("j2")
    agent.step()
    assert [job for job, _ in server.outcomes] == ["j2"] and len(pretend.papers) == 2


def test_a_job_that_comes_after_its_time_is_not_printed(
    server: Server, agents: Agents, pretend: PretendPrinter
) -> None:
    server.hand_out(expires_at=(NOW - timedelta(seconds=1)).isoformat())
    agents.start().step()
    assert [(o["state"], o["reason"]) for _, o in server.outcomes] == [("failed", "expired")]
    assert pretend.papers == []


def test_a_wrong_slip_fails_and_says_why(server: Server, agents: Agents, pretend: PretendPrinter) -> None:
    server.hand_out(slip={"number": "A-1"})
    agents.start().step()
    assert [(o["state"], o["reason"]) for _, o in server.outcomes] == [("failed", "bad_slip")]
    assert "hall_name" in server.outcomes[0][1]["detail"] and pretend.papers == []


def test_what_cannot_be_written_down_is_not_printed(server: Server, agents: Agents, pretend: PretendPrinter) -> None:
    agents.state_file.parent.write_text("a file where the folder should be")
    server.hand_out()
    agents.start().step()
    assert [(o["state"], o["reason"]) for _, o in server.outcomes] == [("failed", "not_recorded")]
    assert pretend.papers == []


@pytest.mark.parametrize(
    "answer", [[], {"slip": {}}, {"id": "", "slip": {}}, {"id": "j", "slip": {}, "expires_at": "besok"}]
)
def test_an_answer_that_is_no_job_is_trouble_and_prints_nothing(
    server: Server, agents: Agents, pretend: PretendPrinter, answer: Any
) -> None:
    server.jobs.append(answer)
    with pytest.raises(ServerTrouble):
        agents.start().take_job()
    assert pretend.papers == []


def test_a_wrong_token_is_trouble_and_not_an_end(server: Server, agents: Agents) -> None:
    agent = agents.start(token="another")
    assert agent.step() > 0
    with pytest.raises(ServerTrouble, match="401"):
        agent.take_job()


def test_a_server_that_is_down_is_asked_less_and_less_often(server: Server, agents: Agents) -> None:
    agent = agents.start(base_url="http://127.0.0.1:9", longest_pause_s=3.0)
    assert [agent.step() for _ in range(4)] == [1.0, 2.0, 3.0, 3.0]


def test_a_server_that_is_back_is_noticed_while_the_citizen_still_stands_there(server: Server, agents: Agents) -> None:
    agent = agents.start(base_url="http://127.0.0.1:9")
    assert max(agent.step() for _ in range(12)) <= 5.0


def test_the_state_of_the_printer_is_told_while_nothing_is_to_print(
    server: Server, agents: Agents, pretend: PretendPrinter
) -> None:
    agent = agents.start()
    agent.step()
    pretend.set(paper_near_end=True)
    agent.report_status()
    assert [(s["ready"], s["paper_low"]) for s in server.statuses] == [(True, False), (True, True)]
    agent.step()
    assert len(server.statuses) == 2  # the next one is not due


def test_a_status_the_server_does_not_want_slows_no_job(
    server: Server, agents: Agents, pretend: PretendPrinter
) -> None:
    server.broken["status"] = 404
    agent = agents.start()
    assert agent.step() > 0  # the refused status
    server.hand_out()
    assert agent.step() == 0.0 and len(pretend.papers) == 1
    assert agent.step() == 0.5


def test_a_token_in_a_netrc_file_does_not_replace_ours(
    server: Server, agents: Agents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert agents.start().take_job() is None
    assert server.asked == 1


def test_a_state_file_nobody_can_read_stops_the_start(agents: Agents) -> None:
    agents.state_file.parent.mkdir()
    for broken in ("{", "[]", '{"begun": null, "outcomes": {"j": {}}, "unreported": []}'):
        agents.state_file.write_text(broken)
        with pytest.raises(Invalid) as refusal:
            agents.start()
        assert refusal.value.code == "bad_state"


def test_the_memory_forgets_old_outcomes_but_none_that_is_unreported(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "agent.json")
    for n in range(120):
        memory.end(f"j{n}", Outcome("confirmed"), broken_off=False)
        if n:
            memory.reported(f"j{n}")
    again = Memory(tmp_path / "agent.json")
    assert again.unreported == ["j0"] and "j0" in again.outcomes and "j119" in again.outcomes
    assert len(again.outcomes) < 60


def test_the_loop_works_until_it_is_told_to_stop(server: Server, agents: Agents, pretend: PretendPrinter) -> None:
    stop = threading.Event()
    agent = agents.start(poll_s=0.01)
    thread = threading.Thread(target=agent.run, args=(stop,))
    thread.start()
    server.hand_out("j1")
    server.hand_out("j2")
    pretend.wait_for_papers(2)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert [job for job, _ in server.outcomes] == ["j1", "j2"]

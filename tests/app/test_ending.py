"""A server that is asked to end does so with status 0, at whatever moment, and leaves nobody behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import websocket

from tests.cast import CONTOH_FILE
from tests.live import LiveHall, ask_antre, environment_of, free_port, hears_signals, lives

SERVE = ("app.cli", "serve")
SLOW = ("gunicorn", "--config", "python:app.gunicorn_conf", "tests.app.slow_start:app")
PATIENCE_S = 60.0
GONE_S = 5.0  # less than any server takes by itself to end its people


class Server:
    """A server in a group of processes of its own, as under systemd, and how it ended."""

    def __init__(self, home: Path, served: tuple[str, ...]) -> None:
        self.home = home
        environment = environment_of(home, free_port(), ANTRE_VOICE="off")
        with (home / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *served],
                env=environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        self.pid = self.process.pid

    def log(self) -> str:
        """What it said."""
        return (self.home / "server.log").read_text()

    def until(self, true: Callable[[Server], bool]) -> None:
        """Waits until it has come so far, and looks very often: the moments are short."""
        end = time.monotonic() + PATIENCE_S
        while not true(self):
            assert self.process.poll() is None and time.monotonic() < end, self.log()
            time.sleep(0.001)

    def end(self, asked: signal.Signals) -> str:
        """Asks it to end; what is wrong with how it did, or nothing."""
        self.process.send_signal(asked)
        status = self.process.wait(PATIENCE_S)
        soon = time.monotonic() + GONE_S
        while (left := lives(self.pid)) and time.monotonic() < soon:  # whoever has ended is there until he is buried
            time.sleep(0.01)
        if status or left or "SIGKILL" in self.log():
            return f"status {status}, {'somebody' if left else 'nobody'} left behind:\n{self.log()}"
        return ""

    def close(self) -> None:
        """Leaves nothing behind, whatever happened."""
        if lives(self.pid):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(PATIENCE_S)


def has_begun(server: Server) -> bool:
    return hears_signals(server.pid)


def is_gunicorn(server: Server) -> bool:
    return b"gunicorn" in Path(f"/proc/{server.pid}/cmdline").read_bytes()


def has_a_worker(server: Server) -> bool:
    return Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text() != ""


def loads(server: Server) -> bool:
    return (server.home / "begun").exists()


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_server_asked_to_end_before_it_serves_ends_in_order(asked: signal.Signals, tmp_path: Path) -> None:
    moments: list[tuple[tuple[str, ...], Callable[[Server], bool]]] = [
        (SERVE, has_begun), (SERVE, is_gunicorn), (SERVE, has_a_worker), (SLOW, loads)
    ]  # fmt: skip

    set_up = tmp_path / "set-up"
    made = ask_antre(environment_of(set_up, free_port()), "init", str(CONTOH_FILE))
    assert made.exit_code == 0, made.stderr

    def one(served: tuple[str, ...], moment: Callable[[Server], bool]) -> str:
        home = tmp_path / moment.__name__
        shutil.copytree(set_up, home)
        with closing(Server(home, served)) as server:
            server.until(moment)
            return server.end(asked)

    with ThreadPoolExecutor(len(moments)) as pool:
        ended = {moment.__name__: pool.submit(one, served, moment) for served, moment in moments}
    assert {name: done.result() for name, done in ended.items()} == dict.fromkeys(ended, "")


def test_screens_that_stay_do_not_keep_a_server_from_closing_its_house(live: LiveHall) -> None:
    address = live.url.replace("http://", "ws://") + "/socket.io/?EIO=4&transport=websocket"
    header = [f"Authorization: Bearer {live.tokens['display']}"]
    with closing(websocket.create_connection(address, header=header, timeout=PATIENCE_S, suppress_origin=True)) as line:
        assert str(line.recv()).startswith("0{")
        live.process.send_signal(signal.SIGTERM)
        assert live.process.wait(PATIENCE_S) == 0
    log = (live.home / "server.log").read_text()
    assert "SIGKILL" not in log and "Traceback" not in log, log
    assert not (live.home / "antre.db-wal").exists(), "the database was closed: SQLite puts its log away then"

"""A real hall for stories: set up with the real commands, served by the real server, a pretend printer beside it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests
from click.testing import CliRunner, Result

from adapters.printers.pretend import PretendPrinter
from app.cli import cli

HALL = "uji"
OFFICER = "199001152015032001"
PIN = "rahasia-uji-7"
MANAGER = "pengelola"
HALL_FILE = Path(__file__).parent / "data" / "journey.toml"
READY_S = 60.0


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def hears_signals(pid: int) -> bool:
    """Whether a process has made up its mind about SIGTERM: until then the interpreter starts, and dies of it."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    bit = 1 << (signal.SIGTERM - 1)
    return any(int(status[which], 16) & bit for which in ("SigCgt", "SigBlk"))


def lives(group: int) -> bool:
    """Whether anybody of a group of processes is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@dataclass
class LiveHall:
    """The running hall: where it is, its tokens by role, and its printer."""

    home: Path
    url: str
    printer: PretendPrinter
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    tokens: dict[str, str] = field(default_factory=dict)

    def api(self, method: str, path: str, role: str, **given: object) -> requests.Response:
        """A call to the HTTP interface with the role's token."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} | dict(given.pop("headers", {}) or {})  # type: ignore[call-overload]
        return requests.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=10, **given)  # type: ignore[arg-type]

    def command(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Runs ``antre`` with the hall's environment."""
        return run_antre(self.environment, *words, stdin=stdin)


def run_antre(environment: dict[str, str], *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Runs ``antre`` as a person at the shell would, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
    )


def ask_antre(environment: dict[str, str], *words: str, stdin: str = "") -> Result:
    """Runs a command of ``antre`` in this process: the same command without the half second that Python takes to start.

    That the program itself starts, reads its arguments and ends with a status is shown in ``tests/app/test_cli.py``.
    """
    own: dict[str, str | None] = {name: None for name in os.environ if name.startswith("ANTRE_")}
    before = os.umask(0o077)  # as the program itself does
    try:
        done = CliRunner().invoke(cli, words, input=stdin, env=own | environment)
    finally:
        os.umask(before)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def environment_of(home: Path, port: int, **more: str) -> dict[str, str]:
    """An environment for ``antre`` with its home in ``home``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ANTRE_")}
    return (
        kept
        | {
            "ANTRE_HOME": str(home),
            "ANTRE_BIND": f"127.0.0.1:{port}",
            "ANTRE_SECURE_COOKIES": "false",
            "PYTHONPATH": str(Path(__file__).parent.parent),
        }
        | more
    )


def open_hall(
    home: Path,
    printer: PretendPrinter,
    *,
    more: str = "",
    served: tuple[str, ...] = ("app.cli", "serve"),
    **settings: str,
) -> LiveHall:
    """Sets the hall up with the commands an operator uses, and serves it.

    ``more`` is added to its file; ``served`` is the module that serves it, for a story with a clock of its own.
    """
    port = free_port()
    environment = environment_of(home, port, **settings)
    text = HALL_FILE.read_text(encoding="utf-8").replace("127.0.0.1:9100", printer.address) + more
    file = home / "hall.toml"
    file.write_text(text, encoding="utf-8")
    _must(ask_antre(environment, "init", str(file)))
    _must(ask_antre(environment, "staff", "pin", OFFICER, "--hall", HALL, "--pin-stdin", stdin=f"{PIN}\n"))
    words = ("staff", "add", MANAGER, "--hall", HALL, "--name", "Pengelola Uji", "--role", "manager", "--pin-stdin")
    _must(ask_antre(environment, *words, stdin=f"{PIN}\n"))
    tokens = {}
    for role, name in (("kiosk", "kios-1"), ("display", "layar"), ("console", "konsol"), ("reader", "pembaca")):
        made = _must(ask_antre(environment, "token", "new", role, "--hall", HALL, "--name", name))
        tokens[role] = made.stdout.strip()
    process = _serve(home, environment, served)
    hall = LiveHall(home, f"http://127.0.0.1:{port}", printer, environment, process, tokens)
    try:
        _wait_until_ready(hall)
    except BaseException:
        close_hall(hall)
        raise
    return hall


def serve_again(hall: LiveHall) -> None:
    """Serves a hall whose server was stopped, at the same address."""
    hall.process = _serve(hall.home, hall.environment, ("app.cli", "serve"))
    _wait_until_ready(hall)


def _serve(home: Path, environment: dict[str, str], served: tuple[str, ...]) -> subprocess.Popen[bytes]:
    with (home / "server.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", *served], env=environment, stdout=log, stderr=subprocess.STDOUT)


def _must(done: Result) -> Result:
    assert done.exit_code == 0, done.stderr
    return done


def _wait_until_ready(hall: LiveHall) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until:
        assert hall.process.poll() is None, (hall.home / "server.log").read_text()
        try:
            if requests.get(f"{hall.url}/readyz", timeout=5).status_code == 200:
                return
        except (requests.ConnectionError, requests.Timeout):  # not there yet, or the machine is busy
            time.sleep(0.1)
    raise AssertionError((hall.home / "server.log").read_text())


def close_hall(hall: LiveHall) -> None:
    """Stops the server that was started here."""
    if hall.process.poll() is None:
        hall.process.send_signal(signal.SIGTERM)
        try:
            hall.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            hall.process.kill()
            hall.process.wait(timeout=10)

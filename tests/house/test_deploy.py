"""What a real hall is deployed with agrees with the program: settings, paths, limits, scripts that run."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from app.settings import read_settings
from tests.house.sources import ROOT, files, name
from web.bodies import LARGEST

DEPLOY = ROOT / "deploy"
SCRIPTS = [p for p in [*files(trees=("deploy", "scripts", ".ci"))] if p.read_text("utf-8").startswith("#!")]
TOKEN = "abcDEF-123_4"


def environment_of(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_the_example_environment_is_taken_by_the_program() -> None:
    settings = read_settings(environment_of(DEPLOY / "antre.env.example"))
    assert (settings.proxies, settings.bind) == (1, "127.0.0.1:8080")
    assert f"server {settings.bind};" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")


def test_the_agent_s_unit_uses_what_its_environment_names() -> None:
    unit = (DEPLOY / "antre-printer-agent.service").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{(\w+)\}", unit)) == set(environment_of(DEPLOY / "printer-agent.env.example"))


def test_nginx_refuses_the_bodies_that_the_program_refuses() -> None:
    assert f"client_max_body_size {LARGEST // 1024}k;" in (DEPLOY / "nginx.conf").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", [p for p in files(trees=("deploy",)) if p.suffix == ".service"], ids=name)
def test_a_unit_starts_and_names_what_exists(path: Path) -> None:
    spoken = re.findall(r"/opt/antre/([\w./-]+)", path.read_text(encoding="utf-8"))
    assert spoken
    assert [to for to in spoken if to != ".venv/bin/antre" and not (ROOT / to).exists()] == []


def test_the_browser_s_policy_is_sound_json_and_blocks_everything_else() -> None:
    policy = json.loads((DEPLOY / "chromium-policy.json").read_text(encoding="utf-8"))
    assert policy["URLBlocklist"] == ["*"]
    assert policy["DeveloperToolsAvailability"] == 2


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_script_is_executable_and_stops_at_the_first_fault(path: Path) -> None:
    assert os.access(path, os.X_OK)
    assert "set -euo pipefail" in path.read_text(encoding="utf-8")
    subprocess.run(["bash", "-n", path], check=True)


class Door(BaseHTTPRequestHandler):
    """A server that is not ready the first time, then serves a page which tells the fragment it was opened with."""

    asked: ClassVar[list[str]] = []
    told: ClassVar[list[str]] = []
    heard = threading.Event()

    def do_GET(self) -> None:
        self.asked.append(self.path)
        ready = self.path != "/readyz" or self.asked.count("/readyz") > 1
        page = b'<!doctype html><script>fetch("/told", {method: "POST", body: location.hash})</script>'
        self.send_response(200 if ready else 503)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_POST(self) -> None:
        self.told.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()
        self.heard.set()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as door:
        thread = threading.Thread(target=door.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{door.server_port}"
        door.shutdown()
        thread.join()


def kiosk(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """The start script, with ``folder`` as its user's home; what it says goes into the file ``said`` there."""
    without = ("DISPLAY", "XDG_RUNTIME_DIR", "PROFILE")
    inherited = {key: value for key, value in os.environ.items() if key not in without}
    with (folder / "said").open("wb") as said:
        return subprocess.Popen(
            [DEPLOY / "kiosk-browser.sh", *arguments],
            env=inherited | {"HOME": str(folder)},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )


def command_lines() -> list[str]:
    """The command line of every process; those that end meanwhile are left out."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(path.read_text(encoding="utf-8", errors="replace"))
    return found


def token_file(folder: Path, mode: int, text: str = TOKEN) -> str:
    path = folder / "token"
    path.write_text(text + "\n")
    path.chmod(mode)
    return str(path)


def test_a_kiosk_does_not_start_with_a_token_that_others_may_read(tmp_path: Path) -> None:
    for address, mode, text, why in (
        ("http://127.0.0.1:9", 0o640, TOKEN, "Others may read"),
        ("127.0.0.1:9", 0o600, TOKEN, "is not an address"),
        ("http://127.0.0.1:9", 0o600, "not a token; <script>", "holds no token"),
    ):
        with kiosk(tmp_path, address, token_file(tmp_path, mode, text)) as started:
            assert started.wait(timeout=20) == 1
        assert why in (tmp_path / "said").read_text(encoding="utf-8")
    assert not (tmp_path / ".local").exists()


def test_a_kiosk_waits_for_its_server_and_hands_over_its_token_unseen(server: str, tmp_path: Path) -> None:
    Door.heard.clear()
    headless = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic")
    with kiosk(tmp_path, server, token_file(tmp_path, 0o600), *headless) as started:
        try:
            assert Door.heard.wait(60), "the page was never opened"
            mine = [line for line in command_lines() if str(tmp_path) in line]
            assert mine, "the browser runs"
            assert not [line for line in mine if TOKEN in line], "the token is in a list of processes"
        finally:
            started.send_signal(signal.SIGTERM)
            started.wait(timeout=30)
    assert Door.told == [f"#{TOKEN}"]
    assert not [path for path in Door.asked if TOKEN in path], "the token reached a server's log"
    assert Door.asked[:2] == ["/readyz", "/readyz"]
    assert not list(tmp_path.rglob("start.html")), "the token stays on the disk"

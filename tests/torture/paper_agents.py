"""Printer agents as real processes that are killed at any moment, and a server whose answers get lost on the way."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.cast import ROOT
from tests.torture.paper_hall import Kiosk

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class LossyServer:
    """Stands before the app: now and then a question never arrives, or it does and its answer is lost.

    ``heard`` counts what came from each printer's agent; while ``down`` nobody is answered at all.
    """

    def __init__(self, app: Wsgi, seed: int, loss: float = 0.15) -> None:
        self._app, self._dice, self._loss = app, random.Random(seed), loss
        self.heard: Counter[str] = Counter()
        self.down = False
        self.faults = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        lost = self._dice.random() if "/printers/" in path or "/print-jobs/" in path else 1.0
        if self.down or lost < self._loss / 2:
            start_response("503 Service Unavailable", [])
            return self._hang_up(environ)
        answer = self._app(environ, start_response)
        if "/printers/" in path:
            self.heard[path.split("/printers/")[1].partition("/")[0]] += 1
        if lost < self._loss:
            for _ in answer:
                pass
            if hasattr(answer, "close"):
                answer.close()
            return self._hang_up(environ)
        return answer

    def _hang_up(self, environ: dict[str, Any]) -> Iterable[bytes]:
        self.faults += 1
        with suppress(OSError):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return []


class Agent:
    """``antre printer-agent`` of one kiosk, and whoever pulls its plug."""

    def __init__(self, kiosk: Kiosk, server: LossyServer, url: str, home: Path, seed: int) -> None:
        self._kiosk, self._server = kiosk, server
        self._dice = random.Random(f"{kiosk.trouble.name} {seed}")
        name = kiosk.trouble.name
        self._state = home / f"{name}.json"
        token = home / f"{name}.token"
        token.write_text(kiosk.secret)
        printer = ("--printer", name, "--kind", "network", "--address", kiosk.printer.address)
        files = ("--token-file", str(token), "--state", str(self._state))
        self._words = ("printer-agent", "--server", url, "--hall", "blora", *printer, *files)
        self._log = (home / f"{name}.log").open("wb")
        self._over = threading.Event()
        self._process = self._run()
        self._plug = threading.Thread(target=self._pull, name=f"plug-{name}")
        self.kills = 0

    def _run(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "app.cli", *self._words]
        return subprocess.Popen(words, cwd=ROOT, stdout=self._log, stderr=subprocess.STDOUT)

    def start(self) -> None:
        """From now on it is killed at any moment, and started again."""
        self._plug.start()

    def _pull(self) -> None:
        while not self._over.is_set():
            before = self._server.heard[self._kiosk.trouble.name]
            while self._server.heard[self._kiosk.trouble.name] == before and not self._over.wait(0.02):
                pass
            if self._over.wait(self._dice.uniform(0.0, 6.0)):
                return
            self._process.kill()
            self._process.wait()
            self.kills += 1
            self._process = self._run()

    def calm_down(self) -> None:
        """Nobody kills it any more; returns when it has told the server everything it knows. Fails after a minute."""
        self._over.set()
        self._plug.join()
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with suppress(OSError, ValueError):
                kept = json.loads(self._state.read_text())
                if kept["begun"] is None and kept["unreported"] == []:
                    return
            time.sleep(0.1)
        raise AssertionError(f"{self._state.name}: {self._state.read_text()}")

    def close(self) -> None:
        """Ends the process that was started here."""
        self._over.set()
        if self._plug.is_alive():
            self._plug.join()
        self._process.kill()
        self._process.wait()
        self._log.close()

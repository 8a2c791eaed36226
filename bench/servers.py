"""Starts gunicorn the way ``antre serve`` does, for the real app and for an endpoint that does nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REAL = ("app.gunicorn_conf", "app.wsgi:app")
EMPTY = ("bench.empty_conf", "bench.empty:app")
SOCKETS = 310  # the default of 200 is meant for one hall; 300 displays need more


@contextmanager
def serving(home: Path, which: tuple[str, str] = REAL, *, url: str = "") -> Iterator[int]:
    """A server on ``home``, or on the database ``url``; gives its port.

    Its log lies in ``home`` and is shown if it does not come up.
    """
    port, (config, app) = _free_port(), which
    given = {name: value for name, value in os.environ.items() if not name.startswith("ANTRE_")}
    given |= {"ANTRE_HOME": str(home), "ANTRE_BIND": f"127.0.0.1:{port}", "ANTRE_VOICE": "off"}
    given |= {"ANTRE_LOG_LEVEL": "warning", "ANTRE_SOCKETS": str(SOCKETS)}
    given |= {"ANTRE_DATABASE_URL": url} if url else {}
    log = home / f"{app.partition(':')[0]}-{port}.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "gunicorn", "--config", f"python:{config}", app]
        process = subprocess.Popen(command, cwd=ROOT, env=given, stdout=out, stderr=out)
        try:
            _wait_until_it_answers(process, port, log)
            yield port
        finally:
            process.terminate()
            process.wait(timeout=30)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_it_answers(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as probe:
                probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
                if b" 200 " in probe.recv(100):
                    return
        except OSError:
            time.sleep(0.05)
    raise SystemExit(f"the server did not come up:\n{log.read_text(errors='replace')}")

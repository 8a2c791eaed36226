"""A pretend receiver of messages on a real local port, for tests and trials: keeps what it gets, fails on command."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Received:
    """One request: its path, its headers with lower-case names, and its body as it came."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        """The body as JSON."""
        return json.loads(self.raw)


class PretendReceiver:
    """Listens on loopback from ``start`` (or ``with``) to ``stop``.

    ``status`` is what it answers; while ``hanging`` it takes requests and says nothing, while ``dripping`` it answers a
    byte at a time, for ever.
    """

    def __init__(self, port: int = 0) -> None:
        self.status = 200
        self.hanging = False
        self.dripping = False
        self.received: list[Received] = []
        self._came = threading.Condition()
        self._stopping = threading.Event()
        self._server = _server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    @property
    def channel(self) -> str:
        """Its address as a channel."""
        return f"json://127.0.0.1:{self.port}/pesan"

    @property
    def url(self) -> str:
        """Its address as a webhook."""
        return f"http://127.0.0.1:{self.port}/bendera"

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Received]:
        """Everything received, as soon as there are ``count``; raises :class:`TimeoutError` if that takes too long."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.received) >= count, timeout):
                raise TimeoutError(f"{len(self.received)} of {count} messages came")
            return list(self.received)

    def start(self) -> Self:
        """Listens from now on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Lets everybody go and closes the port."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def take(self, request: BaseHTTPRequestHandler) -> None:
        """Keeps a request and answers it as told."""
        raw = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in request.headers.items()}
        with self._came:
            self.received.append(Received(request.path, headers, raw))
            self._came.notify_all()
        while self.hanging and not self._stopping.wait(0.02):
            pass
        if self.dripping:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not self._stopping.wait(0.05):
                request.wfile.write(b".")
        if self._stopping.is_set():
            request.close_connection = True
            return
        request.send_response(self.status)
        request.send_header("Content-Length", "0")
        request.end_headers()


def _server(owner: PretendReceiver, port: int) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                owner.take(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the caller lost patience: that is what this receiver is for

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server

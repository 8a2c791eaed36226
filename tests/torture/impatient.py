"""People and machines on bad lines: they hang up, ask twice at once, and their requests overtake each other."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

Answer = tuple[int, Any]
PATIENCE_S = 60.0


class Line:
    """Connections to a server, opened and cut by hand, for the bearer of one token."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._address = (str(parts.hostname), int(parts.port or 80))
        self._token = token

    def request(self, path: str, body: Any, key: str | bytes | None) -> bytes:
        """The bytes of a POST."""
        content = json.dumps(body).encode()
        raw = key.encode("latin-1") if isinstance(key, str) else key
        named = b"" if raw is None else b"Idempotency-Key: " + raw + b"\r\n"
        head = f"POST /api/v1{path} HTTP/1.1\r\nHost: antre\r\nAuthorization: Bearer {self._token}\r\n".encode()
        rest = f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n".encode()
        return head + named + rest + content

    def open(self) -> socket.socket:
        """A new connection."""
        return socket.create_connection(self._address, timeout=PATIENCE_S)

    def ask(self, path: str, body: Any, key: str | bytes | None = None) -> Answer:
        """Asks and hears the answer."""
        with self.open() as line:
            line.sendall(self.request(path, body, key))
            return hear(line)

    def ask_and_hang_up(self, path: str, body: Any, key: str) -> None:
        """Asks, and the line is cut before the answer comes."""
        with self.open() as line:
            line.sendall(self.request(path, body, key))
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def ask_half(self, path: str, body: Any, key: str) -> None:
        """The line is cut in the middle of the question."""
        with self.open() as line:
            line.sendall(self.request(path, body, key)[:-5])

    def begin(self, path: str, body: Any, key: str) -> Callable[[], Answer]:
        """Sends a question but for its last bytes, which are held up; they come when what is returned is called."""
        line, whole = self.open(), self.request(path, body, key)
        line.sendall(whole[:-3])

        def go_on() -> Answer:
            with line:
                line.sendall(whole[-3:])
                return hear(line)

        return go_on


def hear(line: socket.socket) -> Answer:
    """Status and content of an answer."""
    with HTTPResponse(line) as response:
        response.begin()
        content = response.read()
        return response.status, json.loads(content) if content else None


def at_once(*asked: Callable[[], Answer]) -> list[Answer]:
    """Everybody asks at the same moment."""
    gate = threading.Barrier(len(asked))

    def one(ask: Callable[[], Answer]) -> Answer:
        gate.wait(PATIENCE_S)
        return ask()

    with ThreadPoolExecutor(len(asked)) as crowd:
        return [told.result(PATIENCE_S) for told in [crowd.submit(one, ask) for ask in asked]]

"""Many clients in one process: raw keep-alive sockets and one selector, to take little from the server's cores."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, TypeVar

Result = TypeVar("Result")


@dataclass(slots=True)
class Answer:
    """What came back for one request: its name, when it was sent, how long it took (seconds), status and body."""

    what: str
    sent: float
    took: float
    status: int
    body: bytes


Script = Generator[tuple[str, bytes], Answer, None]  # yields (name, request), is sent the answer


def apart(work: Callable[..., Result], *given: Any) -> Result:
    """Runs ``work`` in a process of its own and waits for it."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def request(method: str, path: str, *, token: str = "", headers: str = "", body: bytes = b"") -> bytes:
    """The bytes of a request. ``headers`` are whole lines."""
    lines = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n{headers}"
    if token:
        lines += f"Authorization: Bearer {token}\r\n"
    if method != "GET":
        lines += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{lines}\r\n".encode() + body


def received(connection: socket.socket) -> bytes:
    """What is there to read. Raises :class:`ConnectionError` when the server hung up."""
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server hung up")
    return data


class Reader:
    """Puts the answers on one connection together: feed bytes, get (status, body) once one is whole."""

    def __init__(self) -> None:
        self._data = self.head = b""  # ``head`` is that of the last answer

    def feed(self, data: bytes) -> tuple[int, bytes] | None:
        """More bytes of the one answer that is awaited."""
        self._data += data
        head, found, rest = self._data.partition(b"\r\n\r\n")
        if not found:
            return None
        status = int(head[9:12])
        length = 0
        if status not in (204, 304):
            at = head.lower().index(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(rest) < length:
            return None
        self._data, self.head = b"", head
        return status, rest


class _Client:
    def __init__(self, port: int, script: Script) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.script, self.reader = script, Reader()
        self.what, self.sent = "", 0.0

    def ask(self, question: tuple[str, bytes]) -> None:
        self.what, raw = question
        self.sent = time.monotonic()
        self.socket.sendall(raw)

    def read(self) -> Answer | None:
        whole = self.reader.feed(received(self.socket))
        return Answer(self.what, self.sent, time.monotonic() - self.sent, *whole) if whole else None


def drive(port: int | Sequence[int], scripts: list[Script], seconds: float) -> list[Answer]:
    """Lets every script ask, read and ask again for ``seconds`` or until it ends; all answers in order of coming.

    Those under way at the end are awaited. With several ports the clients are dealt out to them.
    """
    answers: list[Answer] = []
    ports = [port] if isinstance(port, int) else port
    clients = [_Client(ports[nr % len(ports)], script) for nr, script in enumerate(scripts)]
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        end = time.monotonic() + seconds
        for client in clients:
            client.ask(next(client.script))
        under_way = len(clients)
        while under_way:
            ready = selector.select(30)
            if not ready:
                raise TimeoutError("no answer for 30 s")
            for key, _ in ready:
                client = key.data
                answer = client.read()
                if answer is None:
                    continue
                answers.append(answer)
                try:
                    question = client.script.send(answer)
                except StopIteration:
                    under_way -= 1
                    continue
                if time.monotonic() < end:
                    client.ask(question)
                else:
                    under_way -= 1
    for client in clients:
        client.socket.close()
    return answers

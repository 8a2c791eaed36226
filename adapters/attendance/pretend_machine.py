"""A pretend attendance machine on a real socket: introduces itself, asks, delivers, and sends again what was lost."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from urllib.parse import urlsplit

PATIENCE_S = 20.0
CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said: status, headers in small letters, and the body byte for byte."""

    status: int
    headers: dict[str, str]
    body: bytes


class NoAnswer(Exception):
    """The line was cut before a whole answer came: the machine does not know whether its batch arrived."""


@dataclass(frozen=True, slots=True)
class Scan:
    """Somebody put a finger on it: their PIN and the machine's own time, which has no zone."""

    pin: str
    at: datetime
    status: int = 0
    verify: int = 1

    def record(self) -> str:
        """The line of a batch."""
        return "\t".join(
            [self.pin, self.at.strftime("%Y-%m-%d %H:%M:%S"), str(self.status), str(self.verify), "0", "0", "0"]
        )


@dataclass
class PretendMachine:
    """A machine with this serial number that knows ``base``, the address up to and with the secret.

    ``waiting`` are scans that no answer has confirmed yet: they are sent again, oldest batch first, until one does.
    """

    base: str
    serial: str
    waiting: list[Scan] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)
    _line: socket.socket | None = None

    def __enter__(self) -> PretendMachine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None
    ) -> None:
        self.hang_up()

    def introduce(self) -> Answer:
        """The handshake after switching on; the options that come are remembered."""
        answer = self.ask("GET", f"cdata?SN={self.serial}&options=all&language=73&pushver=2.4.1")
        if answer.status == 200:
            lines = answer.body.decode("ascii").splitlines()
            self.options = {key: value for key, _, value in (line.partition("=") for line in lines[1:])}
        return answer

    def get_request(self) -> Answer:
        """Asks whether there is a command."""
        return self.ask("GET", f"getrequest?SN={self.serial}")

    def ping(self) -> Answer:
        """Says that it is alive."""
        return self.ask("GET", f"ping?SN={self.serial}")

    def device_command(self, result: str) -> Answer:
        """Reports what became of a command."""
        return self.ask("POST", f"devicecmd?SN={self.serial}", result.encode("ascii"))

    def post_table(self, table: str, body: bytes, stamp: int = 9999) -> Answer:
        """Posts any table as it is."""
        return self.ask("POST", f"cdata?SN={self.serial}&table={table}&Stamp={stamp}", body)

    def scan(self, *scans: Scan) -> None:
        """People come; their scans wait to be sent."""
        self.waiting.extend(scans)

    def deliver(self, *, most: int = 50, lose_answer: bool = False) -> Answer:
        """Sends the oldest scans that wait; they wait no longer once 200 has come.

        ``lose_answer``: the line is cut after sending, so that the machine will send the batch again.
        """
        batch = self.waiting[:most]
        body = batch_of(batch)
        if lose_answer:
            self._send("POST", f"cdata?SN={self.serial}&table=ATTLOG&Stamp=9999", body)
            self._wait_for_anything()
            self.hang_up()
            raise NoAnswer
        answer = self.post_table("ATTLOG", body)
        if answer.status == 200:
            del self.waiting[: len(batch)]
        return answer

    def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """One request on the open line, which is opened again when the server has closed it."""
        self._send(method, path, body)
        return self._receive()

    def hang_up(self) -> None:
        """Cuts the line; a thread that waits for an answer on it waits no longer."""
        line, self._line = self._line, None
        if line is not None:
            with suppress(OSError):  # cut at the other end already
                line.shutdown(socket.SHUT_RDWR)
            line.close()

    def _send(self, method: str, path: str, body: bytes) -> None:
        where = urlsplit(self.base)
        head = [
            f"{method} {where.path}/{path} HTTP/1.1".encode("ascii"),
            f"Host: {where.netloc}".encode("ascii"),
            b"User-Agent: iClock Proxy/1.09",
            b"Connection: keep-alive",
            b"Accept: */*",
        ]
        if method == "POST":
            head += [b"Content-Type: text/plain", f"Content-Length: {len(body)}".encode("ascii")]
        request = CRLF.join(head) + CRLF + CRLF + body
        self.sent.append(request)
        if self._line is None:
            self._line = socket.create_connection((where.hostname or "", where.port or 80), timeout=PATIENCE_S)
        self._line.sendall(request)

    def _wait_for_anything(self) -> None:
        """Until the first byte of an answer is there: the batch was taken, but the machine will not know it."""
        assert self._line is not None
        self._line.recv(1, socket.MSG_PEEK)

    def _receive(self) -> Answer:
        assert self._line is not None
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        while len(body) < length:
            body += self._more()
        if headers.get("connection", "").lower() == "close":
            self.hang_up()
        return Answer(int(status_line.split(" ")[1]), headers, body)

    def _more(self) -> bytes:
        assert self._line is not None
        piece = self._line.recv(65536)
        if not piece:
            self.hang_up()
            raise NoAnswer
        return piece


def batch_of(scans: Sequence[Scan]) -> bytes:
    """The body of a batch: one record a line."""
    return "".join(f"{scan.record()}\n" for scan in scans).encode("ascii")

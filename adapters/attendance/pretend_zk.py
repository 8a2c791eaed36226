"""A pretend fingerprint machine that waits to be asked on TCP port 4370's protocol, as far as a pull speaks it."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

CONNECT, EXIT, OPTION, SIZES, FREE, BUFFER, CHUNK = 1000, 1001, 11, 50, 1502, 1503, 1504
USERS, RECORDS = 9, 13
OK, FAILED, DATA = 2000, 2001, 1501
MAGIC = (0x5050, 0x7D82)
SMALL = 1000  # bytes that are handed over at once; more is fetched piece by piece
SESSION = 4711


@dataclass(frozen=True, slots=True)
class Held:
    """A punch in the machine's memory, in its own time, which has no zone."""

    pin: str
    at: datetime


class _Talk(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def handle(self) -> None:
        """One connection: a packet, its answer, until EXIT or silence."""
        held = b""
        while True:
            top = self._exactly(8)
            if top is None:
                return
            packet = self._exactly(struct.unpack("<HHI", top)[2])
            if packet is None:
                return
            command, _, _, reply = struct.unpack("<4H", packet[:8])
            self.server.asked.append(command)
            code, data, held = self._answer(command, packet[8:], held)
            answer = struct.pack("<4H", code, 0, SESSION, reply) + data
            self.request.sendall(struct.pack("<HHI", *MAGIC, len(answer)) + answer)
            if command == EXIT:
                return

    def _answer(self, command: int, data: bytes, held: bytes) -> tuple[int, bytes, bytes]:
        server = self.server
        if command in (CONNECT, EXIT, FREE):
            return OK, b"", held
        if command == OPTION:
            return OK, data.rstrip(b"\0") + b"=" + server.serial.encode("ascii") + b"\0", held
        if command == SIZES:
            fields = [0] * 20
            fields[4], fields[8] = 1, len(server.punches)
            return OK, struct.pack("<20i", *fields), held
        if command == BUFFER:
            wanted = struct.unpack("<bhii", data)[1]
            held = server.users() if wanted == USERS else server.records()
            if len(held) <= SMALL:
                return DATA, held, b""
            return OK, b"\0" + struct.pack("<I", len(held)), held
        if command == CHUNK:
            start, size = struct.unpack("<ii", data)
            return DATA, held[start : start + size], held
        return FAILED, b"", held

    def _exactly(self, count: int) -> bytes | None:
        data = b""
        while len(data) < count:
            piece = self.request.recv(count - len(data))
            if not piece:
                return None
            data += piece
        return data


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, serial: str, punches: Sequence[Held]) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.serial, self.punches = serial, punches
        self.asked: list[int] = []

    def users(self) -> bytes:
        """Who is enrolled: one person, whose name nobody here reads."""
        one = struct.pack("<HB8s24sIx7sx24s", 1, 0, b"", b"Orang Rekaan", 0, b"", b"7")
        return struct.pack("<I", len(one)) + one

    def records(self) -> bytes:
        """The memory: records of forty bytes."""
        rows = b"".join(
            struct.pack("<H24sB4sB8s", 1, punch.pin.encode("ascii"), 1, _time(punch.at), 0, b"")
            for punch in self.punches
        )
        return struct.pack("<I", len(rows)) + rows


def _time(at: datetime) -> bytes:
    """Seconds as if every month had 31 days: how these machines count."""
    days = (at.year - 2000) * 12 * 31 + (at.month - 1) * 31 + at.day - 1
    return struct.pack("<I", ((days * 24 + at.hour) * 60 + at.minute) * 60 + at.second)


class PretendZk:
    """A machine with this serial number and memory on a port of this computer; ``asked`` are the commands it got."""

    def __init__(self, serial: str, punches: Sequence[Held]) -> None:
        self._server = _Server(serial, punches)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self.asked = self._server.asked

    def __enter__(self) -> PretendZk:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, where: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

"""Just enough WebSocket and Socket.IO to be a display: offers compression as browsers do, answers pings, hears."""

from __future__ import annotations

import json
import socket
import zlib
from collections.abc import Iterator

HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
    "{cookie}Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
)
NUDGE = '42/display,["nudge",'


class Nudged:
    """One socket of a display. ``seqs`` gives the journal numbers of the nudges that came."""

    def __init__(self, port: int, hall: str, cookie: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(30)
        self.connected = False
        self._hall, self._data = hall, b""
        self.socket.sendall(HANDSHAKE.format(host=f"127.0.0.1:{port}", cookie=cookie).encode())
        while b"\r\n\r\n" not in self._data:
            more = self.socket.recv(4096)
            if not more:
                break
            self._data += more
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        if b" 101 " not in head[:20]:
            raise ConnectionError(f"no socket for a display: {head[:100]!r}")
        self._inflate = zlib.decompressobj(-15) if b"permessage-deflate" in head.lower() else None
        list(self._heard())  # the first message may have come with the handshake

    def seqs(self) -> Iterator[int]:
        """Reads what is there; the numbers of the nudges in it."""
        more = self.socket.recv(65536)
        if not more:
            raise ConnectionError("the server closed a display's socket")
        self._data += more
        yield from self._heard()

    def _heard(self) -> Iterator[int]:
        for message in self._messages():
            if message.startswith("0"):
                self._send(f"40/display,{json.dumps({'hall': self._hall})}")
            elif message.startswith("40/display"):
                self.connected = True
            elif message == "2":
                self._send("3")
            elif message.startswith(NUDGE):
                yield json.loads(message[len(NUDGE) : -1])["seq"]
            else:
                raise ConnectionError(f"a display was told {message[:100]!r}")

    def _messages(self) -> Iterator[str]:
        """Every whole message read so far; the server never fragments and never masks."""
        while len(self._data) >= 2:
            first, length, at = self._data[0], self._data[1], 2
            if length == 126:
                if len(self._data) < 4:
                    return
                length, at = int.from_bytes(self._data[2:4], "big"), 4
            if len(self._data) < at + length:
                return
            body, self._data = self._data[at : at + length], self._data[at + length :]
            if first & 0x40 and self._inflate is not None:
                body = self._inflate.decompress(body + b"\0\0\xff\xff")
            if first & 0x0F == 1:
                yield body.decode()

    def _send(self, text: str) -> None:
        body = text.encode()
        assert len(body) < 126
        self.socket.sendall(bytes((0x81, 0x80 | len(body), 0, 0, 0, 0)) + body)  # a mask of zeros is a mask

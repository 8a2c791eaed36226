"""From the press of *call* until the last display shows it: real sockets, and each screen asks for the board itself."""

from __future__ import annotations

import json
import re
import selectors
import socket
import time
from dataclasses import dataclass, field

from bench.figures import percentile
from bench.load import Reader, apart, received, request
from bench.over_http import API, move
from bench.place import HALL, Place
from bench.websocket import Nudged

PATIENCE = 15.0  # seconds until a call that did not arrive counts as lost
SEQ = re.compile(rb'"seq":\s*(\d+)')
COOKIE = re.compile(rb"(?i)set-cookie: ([^;\r]+)")


@dataclass(frozen=True)
class Shown:
    """Milliseconds until the nudge was there and until the call was on the board, and how often it never came."""

    calls: int
    nudge_p50: float
    nudge_p99: float
    p50: float
    p99: float
    lost: int


@dataclass
class _Display:
    """One screen: hears over the socket, asks over a connection of its own, one question at a time, as live.js does."""

    port: int
    key: str
    nudged: Nudged = field(init=False)
    asking: bool = False
    wanted: int = 0
    known: int | None = None
    nudges: list[float] = field(default_factory=list)
    answers: list[tuple[float, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http = socket.create_connection(("127.0.0.1", self.port))
        self.http.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader()
        self.cookie = self._pair()
        self.nudged = Nudged(self.port, HALL, self.cookie)

    def _pair(self) -> str:
        """Gives the browser its key, as the page of devices does; from then on it shows its cookie."""
        body = json.dumps({"token": self.key}).encode()
        self.http.sendall(request("POST", "/perangkat", body=body))
        whole = None
        while whole is None:
            whole = self.reader.feed(received(self.http))
        found = COOKIE.search(self.reader.head)
        if whole[0] != 200 or found is None:
            raise ConnectionError(f"a display was not paired: {whole}")
        return f"Cookie: {found[1].decode()}\r\n"

    @property
    def current(self) -> bool:
        return not self.asking and self.known is not None and self.known >= self.wanted

    def hear(self) -> None:
        for seq in self.nudged.seqs():
            if seq > max(self.known or 0, self.wanted):  # the last one is repeated now and then
                self.nudges.append(time.monotonic())
                self.wanted = seq
        if self.wanted > (self.known or 0) and not self.asking:
            self.ask()

    def ask(self) -> None:
        self.asking = True
        since = "" if self.known is None else f"?since={self.known}"
        self.http.sendall(request("GET", f"{API}/halls/{HALL}/board{since}", headers=self.cookie))

    def read(self) -> None:
        whole = self.reader.feed(received(self.http))
        if whole is None:
            return
        status, body = whole
        seq = SEQ.search(body)
        if status != 200 or seq is None:
            raise ConnectionError(f"a display got {status} for the board")
        self.known, self.asking = int(seq[1]), False
        self.answers.append((time.monotonic(), body[body.rindex(b'"lines"') :]))
        if self.known < self.wanted:
            self.ask()


def call_to_display(port: int, place: Place, displays: int, calls: int) -> Shown:
    """Measures ``calls`` calls, one after the other, each when all screens are at rest."""
    return apart(_call_to_display, port, place, displays, calls)


def _call_to_display(port: int, place: Place, displays: int, calls: int) -> Shown:
    hall = _WaitingRoom(port, place, displays)
    nudge_took: list[float] = []
    shown_took: list[float] = []
    lost = 0
    for nr in range(calls + 2):
        for screen in hall.screens:
            screen.nudges.clear()
            screen.answers.clear()
        counter = place.counters[nr % len(place.counters)]  # in turn: at one alone nobody might wait in the end
        sent, ticket = hall.press(f"/halls/{HALL}/counters/{counter}/call")
        mark = b'"number": "%s"' % ticket["number"].encode()
        if nr >= 2:  # the first ones warm up
            for screen in hall.screens:
                at = next((at for at, lines in screen.answers if mark in lines.replace(b'":"', b'": "')), None)
                lost += at is None
                shown_took += [] if at is None else [1000 * (at - sent)]
                nudge_took += [1000 * (at - sent) for at in screen.nudges[:1]]
        hall.press(f"/tickets/{ticket['id']}/start")
        hall.press(f"/tickets/{ticket['id']}/finish")
    hall.close()
    nudge, shown = ((percentile(took, 0.5), percentile(took, 0.99)) for took in (nudge_took, shown_took))
    return Shown(calls, *nudge, *shown, lost)


class _WaitingRoom:
    """All screens and one officer, on one selector."""

    def __init__(self, port: int, place: Place, displays: int) -> None:
        self._place = place
        self._selector = selectors.DefaultSelector()
        self._officer = socket.create_connection(("127.0.0.1", port))
        self._officer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader, self._answer = Reader(), (0, b"")
        self._selector.register(self._officer, selectors.EVENT_READ, self._read)
        self.screens: list[_Display] = []
        for key in place.displays[:displays]:
            screen = _Display(port, key)
            self._selector.register(screen.nudged.socket, selectors.EVENT_READ, screen.hear)
            self._selector.register(screen.http, selectors.EVENT_READ, screen.read)
            self._run(lambda: screen.nudged.connected)  # noqa: B023  is run at once
            screen.ask()
            self.screens.append(screen)
        self._settle()

    def press(self, path: str) -> tuple[float, dict[str, str]]:
        """One press of a key. Returns when all screens are at rest again: when it was sent and what came back."""
        before = max(screen.known or 0 for screen in self.screens)
        self._answer = (0, b"")
        sent = time.monotonic()
        self._officer.sendall(move(self._place, path))
        self._run(lambda: self._answer[0] != 0 and all(s.current and (s.known or 0) > before for s in self.screens))
        status, body = self._answer
        if status != 200:
            raise ConnectionError(f"the officer got {status}: {body[:200]!r}")
        self._settle()
        return sent, json.loads(body)

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _read(self) -> None:
        whole = self._reader.feed(received(self._officer))
        if whole is not None:
            self._answer = whole

    def _settle(self) -> None:
        """A moment of rest: what the last press set going must not be counted to the next."""
        self._run(lambda: all(screen.current for screen in self.screens))
        end = time.monotonic() + 0.1
        self._run(lambda: time.monotonic() >= end)

    def _run(self, done: object) -> None:
        assert callable(done)
        until = time.monotonic() + PATIENCE
        while not done() and time.monotonic() < until:
            for key, _ in self._selector.select(0.05):
                key.data()

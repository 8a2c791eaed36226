"""A pretend network printer on a real TCP port, for tests and demo: answers like a real one and fails on command."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Any, Self

from adapters.printers.layout import DOTS
from adapters.printers.pretend_device import FAULT_NAMES, Faults, PretendDevice
from adapters.printers.pretend_paper import Paper

_SLOW_TICK_S = 0.05
_MID_SLIP = ("drop_mid_slip", "vanish_mid_slip", "power_cycle_mid_slip")


class _Connection:
    """One caller: what it sent, and when it may be read again."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.received = bytearray()
        self.slip_bytes = 0
        self.resume_at = 0.0
        self.deaf = False  # its peer vanished: never read again, never closed


class PretendPrinter:
    """An ESC/POS printer behind TCP. Start it with ``start`` or ``with``; ``stop`` leaves no thread and no socket.

    ``port`` 0 takes any free one; ``address`` says which. Faults are those of ``pretend_device.Faults``.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, width_mm: int = 80) -> None:
        self.device = PretendDevice(DOTS[width_mm])
        self.width_mm = width_mm
        self._host, self._port = host, port
        self._listener: socket.socket | None = None
        self._connections: list[_Connection] = []
        self._received: list[bytearray] = []
        self._crowd: list[socket.socket] = []  # those who stand in the way of others while the printer is vanished
        self._thread: threading.Thread | None = None
        self._wake_r = self._wake_w = -1
        self._stopping = False
        self._settled = threading.Condition()
        self._asked = self._done = 0

    def start(self) -> PretendPrinter:
        """Listens from now on."""
        self._listener = self._listen()
        self._port = self._listener.getsockname()[1]
        self._wake_r, self._wake_w = os.pipe()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="pretend-printer", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Closes everything and waits for the thread."""
        if self._thread is None:
            return
        self._stopping = True
        os.write(self._wake_w, b"x")
        self._thread.join()
        self._thread = None
        os.close(self._wake_r)
        os.close(self._wake_w)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """``host:port``, as a printer's configuration takes it."""
        return f"{self._host}:{self._port}"

    @property
    def faults(self) -> Faults:
        """The faults as they are set now."""
        return self.device.faults

    @property
    def papers(self) -> list[Paper]:
        """The papers cut off so far, oldest first."""
        return self.device.papers

    @property
    def busy(self) -> bool:
        """Whether something is still to come out: callers that were not read to their end, or lines not printed yet."""
        return bool([c for c in list(self._connections) if not c.deaf]) or self.device.next_line_in is not None

    @property
    def received(self) -> list[bytes]:
        """All bytes of each connection, oldest first, questions about the status included."""
        return [bytes(data) for data in list(self._received)]

    def wait_for_papers(self, count: int, timeout_s: float = 5.0) -> list[Paper]:
        """The papers, once there are at least ``count``. Raises ``TimeoutError`` when they do not come."""
        return self.device.wait_for_papers(count, timeout_s)

    def set(self, **faults: Any) -> None:
        """Switches faults; when it returns they hold."""
        unknown = set(faults) - set(FAULT_NAMES)
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")
        self.device.set(**faults)
        self._settle()

    def clear(self) -> None:
        """Mends everything; when it returns it works."""
        self.device.clear()
        self._settle()

    def buffer(self, size: int) -> None:
        """How many bytes the line takes from callers to come before the printer reads them; the kernel has a least."""
        if self._listener:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def _settle(self) -> None:
        """Waits until the loop has seen the faults: a refused connection must be refused from now on."""
        if self._thread is None:
            return
        with self._settled:
            self._asked += 1
            wanted = self._asked
            os.write(self._wake_w, b"x")
            self._settled.wait_for(lambda: self._done >= wanted or self._stopping, timeout=5)

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # a printer's memory is small
            listener.bind((self._host, self._port))
            listener.listen(8)
        except OSError:
            listener.close()
            raise
        return listener

    def _run(self) -> None:
        try:
            while not self._stopping:
                self._obey_refusal()
                with self._settled:
                    self._done = self._asked
                    self._settled.notify_all()
                self._turn()
        finally:
            for connection in list(self._connections):
                self._drop(connection)
            self._let_in()
            if self._listener:
                self._listener.close()
                self._listener = None
            with self._settled:
                self._settled.notify_all()

    def _obey_refusal(self) -> None:
        nobody = self.faults.refuse or self.faults.off
        if nobody and self._listener:
            self._listener.close()
            self._listener = None
        elif not nobody and not self._listener:
            self._listener = self._listen()
        if self.faults.off:
            self._lose_power()
        if self.faults.vanished and self._listener and not self._crowd:
            self._listener.listen(0)
            for _ in range(2):  # one more than fit: the next caller's first packet is passed over in silence
                one = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                one.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    one.connect((self._host, self._port))
                self._crowd.append(one)
        elif not (self.faults.vanished and self._listener):
            self._let_in()

    def _let_in(self) -> None:
        """The printer is there again: callers reach it."""
        if self._crowd and self._listener:
            self._listener.listen(8)
        while self._crowd:
            self._crowd.pop().close()

    def _turn(self) -> None:
        """Waits for something to happen and deals with it."""
        poller = select.poll()
        poller.register(self._wake_r, select.POLLIN)
        if self._listener and not self.faults.vanished:
            poller.register(self._listener, select.POLLIN)
        now = time.monotonic()
        pause = self.device.next_line_in
        for connection in self._connections:
            if self.faults.hanging or self.faults.vanished or connection.deaf:
                continue
            if connection.resume_at <= now:
                poller.register(connection.socket, select.POLLIN)
            else:
                pause = min(60.0 if pause is None else pause, connection.resume_at - now)
            break  # one caller at a time: the next is heard when this one has hung up, or slips would mix on paper
        ready = {fd for fd, _ in poller.poll(None if pause is None else pause * 1000)}
        self._say(self.device.work_on(), *[c for c in self._connections if not c.deaf][-1:])
        if self._wake_r in ready:
            os.read(self._wake_r, 4096)
            return  # the faults may have changed: look again before anything is read
        if self._listener and self._listener.fileno() in ready:
            accepted, _ = self._listener.accept()
            connection = _Connection(accepted)
            self._connections.append(connection)
            self._received.append(connection.received)
        for connection in [c for c in self._connections if c.socket.fileno() in ready]:
            self._serve(connection)

    def _serve(self, connection: _Connection) -> None:
        faults = self.faults  # one look: they may be switched at any moment
        slow = faults.slow
        size = 1024 if slow is None else max(1, int(slow * _SLOW_TICK_S))
        try:
            data = connection.socket.recv(size)
            if not data:
                self._drop(connection)
                return
            if slow is not None:
                connection.resume_at = time.monotonic() + len(data) / slow
            connection.received += data
            ends = {name: getattr(faults, name) for name in _MID_SLIP if getattr(faults, name) is not None}
            body = data.lstrip(b"\0")
            if ends and body and not body.startswith((b"\x10", b"\x1dr")):  # a slip, no question and no padding
                end, after = min(ends.items(), key=lambda item: item[1])
                taken = data[: len(data) - len(body) + max(0, after - connection.slip_bytes)]
                connection.slip_bytes += min(len(body), max(0, after - connection.slip_bytes))
                self._say(self.device.receive(taken), connection)
                if connection.slip_bytes >= after:
                    self._end(connection, end)
                return
            self._say(self.device.receive(data), connection)
        except OSError:
            self._drop(connection)  # the caller went away, as callers do

    def _say(self, said: bytes, *connections: _Connection) -> None:
        for connection in connections if said else ():
            try:
                connection.socket.settimeout(1)
                connection.socket.sendall(said)
            except OSError:
                self._drop(connection)

    def _end(self, connection: _Connection, how: str) -> None:
        """What the fault ``how`` does to a connection in the middle of a slip."""
        if how == "vanish_mid_slip":
            connection.deaf = True
        elif how == "drop_mid_slip":
            self._drop(connection, reset=True)
        else:
            self._lose_power()

    def _lose_power(self) -> None:
        self.device.power_cycle()
        for connection in list(self._connections):
            self._drop(connection, reset=True)

    def _drop(self, connection: _Connection, *, reset: bool = False) -> None:
        if reset:
            with contextlib.suppress(OSError):
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.socket.close()
        if connection in self._connections:
            self._connections.remove(connection)

"""A pretend printer at the far end of a pseudo-terminal: real bytes through a real serial driver."""

from __future__ import annotations

import contextlib
import os
import select
import threading
import tty
from types import TracebackType
from typing import Self

from adapters.printers.layout import DOTS
from adapters.printers.pretend_device import PretendDevice

XOFF = b"\x13"


class PtyPrinter:
    """``path`` is the port a program opens. ``hang_up`` is the cable pulled out, ``write`` what the printer sends."""

    def __init__(self, width_mm: int = 80) -> None:
        self.device = PretendDevice(DOTS[width_mm])
        self.received = bytearray()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._wake_r, self._wake_w = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hang_up()
        os.close(self._slave)
        os.close(self._wake_r)
        os.close(self._wake_w)

    def write(self, data: bytes) -> None:
        os.write(self._master, data)

    def hang_up(self) -> None:
        if self._thread.is_alive():
            os.write(self._wake_w, b"x")
            self._thread.join()
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def _run(self) -> None:
        poller = select.poll()
        poller.register(self._wake_r, select.POLLIN)
        poller.register(self._master, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poller.poll()}
            if self._wake_r in ready:
                return
            data = b""
            with contextlib.suppress(OSError):
                data = os.read(self._master, 4096)
            self.received += data
            if said := self.device.receive(data):
                os.write(self._master, said)

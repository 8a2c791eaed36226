"""The inside of a pretend ESC/POS printer: memory, paper, sensors and faults, without any cable."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, fields, replace
from typing import Any

from adapters.printers.pretend_paper import Paper, PaperReader

_PARAMETERS = {0x04: 1, 0x05: 1}  # DLE EOT n, DLE ENQ n
_PARAMETERS_DC4 = {1: 2, 2: 2, 8: 7}  # DLE DC4 fn ...
_FIXED = 0x12
_CLEARED = b"\x37\x25\x00"


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with the printer. All can be switched while it runs.

    ``paper_end_after_lines`` lets the paper end so many lines from now, ``cutter_jams`` lets the knife stick at the
    next cut. ``garbage`` is answered instead of any status. ``slow`` is bytes a second on the line, ``slow_mechanics``
    lines a second on the paper, while the status is answered at once. After so many bytes of slip data
    ``drop_mid_slip`` closes a connection, ``vanish_mid_slip`` never reads or answers it again and says nothing,
    ``power_cycle_mid_slip`` switches the printer off and on: connections are reset, its memory is gone, what is on
    paper stays on paper. ``hanging`` accepts connections and never reads, ``vanished`` does not even accept, as a
    machine whose cable is out (no refusal either), ``refuse`` has nobody listening, ``off`` has no current.
    ``answered_modes`` are the ``DLE EOT`` questions this model knows, ``answers_in_order`` is whether it knows ``GS
    r``, ``takes_back`` whether it knows ``DLE DC4 8``.
    """

    paper_end: bool = False
    paper_near_end: bool = False
    cover_open: bool = False
    offline: bool = False
    cutter_error: bool = False
    silent: bool = False
    cutter_jams: bool = False
    hanging: bool = False
    vanished: bool = False
    refuse: bool = False
    off: bool = False
    garbage: bytes = b""
    drop_mid_slip: int | None = None
    vanish_mid_slip: int | None = None
    power_cycle_mid_slip: int | None = None
    slow: int | None = None
    slow_mechanics: float | None = None
    paper_end_after_lines: int | None = None
    answers_in_order: bool = True
    takes_back: bool = True
    answered_modes: tuple[int, ...] = (1, 2, 3, 4)

    @property
    def stopped(self) -> bool:
        """Whether the mechanics stand still: what comes in then waits in the printer's memory."""
        return self.paper_end or self.cover_open or self.offline or self.cutter_error


FAULT_NAMES = tuple(f.name for f in fields(Faults))


class PretendDevice:
    """A printer's brain: takes bytes as they arrive, answers as a real one answers, keeps the papers. Thread-safe.

    Real-time commands (DLE) are obeyed on arrival, all others in order and only while the mechanics can move, so that a
    slip sent to a printer without paper comes out when paper is put in, unless it was taken back.
    """

    def __init__(self, width_dots: int = 576) -> None:
        self._lock = threading.Condition()
        self._faults = Faults()
        self._memory = bytearray()
        self._partial = bytearray()
        self._papers: list[Paper] = []
        self._width_dots = width_dots
        self._reader = PaperReader(width_dots, self._papers.append)
        self._free_at = 0.0  # when slow mechanics print their next line

    @property
    def faults(self) -> Faults:
        """The faults as they are set now."""
        return self._faults

    def set(self, **faults: Any) -> None:
        """Switches faults, for example ``set(cover_open=True)``. Clearing a stop lets waiting data be printed."""
        with self._lock:
            self._faults = replace(self._faults, **faults)
            self._work()

    def clear(self) -> None:
        """Mends everything."""
        with self._lock:
            self._faults = Faults()
            self._work()

    def power_cycle(self) -> None:
        """Off and on again: memory, half a line and settings are gone, lines that were printed are not."""
        with self._lock:
            self._memory.clear()
            self._partial.clear()
            printed = self._reader.paper
            self._reader = PaperReader(self._width_dots, self._papers.append)
            self._reader.paper = printed

    def work_on(self) -> bytes:
        """Lets slow mechanics print what is due by now; gives back answers that were due in order."""
        with self._lock:
            said = self._work()
            return b"" if self._faults.silent else said

    @property
    def next_line_in(self) -> float | None:
        """Seconds until slow mechanics print the next line, None when nothing waits for them."""
        with self._lock:
            if self._faults.slow_mechanics is None or self._faults.stopped or not self._memory:
                return None
            return max(0.0, self._free_at - time.monotonic())

    @property
    def papers(self) -> list[Paper]:
        """The papers cut off so far, oldest first."""
        with self._lock:
            return list(self._papers)

    @property
    def unfinished(self) -> Paper:
        """What stands printed but not cut off."""
        with self._lock:
            return self._reader.paper

    @property
    def waiting(self) -> bytes:
        """What lies in the printer's memory and is not printed."""
        with self._lock:
            return bytes(self._memory)

    def wait_for_papers(self, count: int, timeout_s: float = 5.0) -> list[Paper]:
        """The papers, once there are at least ``count``. Raises ``TimeoutError`` when they do not come."""
        deadline = time.monotonic() + timeout_s
        with self._lock:
            while len(self._papers) < count:
                if not self._lock.wait(max(0.0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                    raise TimeoutError(f"{len(self._papers)} of {count} papers after {timeout_s} s")
            return list(self._papers)

    def receive(self, data: bytes) -> bytes:
        """Takes bytes that arrived and gives back what the printer says at once."""
        with self._lock:
            said = bytearray()
            for value in data:
                command = self._catch_real_time(value)
                if command:
                    said += self._obey_real_time(command)
            said += self._work()
            self._lock.notify_all()
            return b"" if self._faults.silent else bytes(said)

    def _catch_real_time(self, value: int) -> bytes | None:
        """Puts ordinary bytes into the memory and gives back a real-time command when its last byte is there."""
        self._partial.append(value)
        caught = self._partial
        if caught[0] != 0x10:
            length = 0
        elif len(caught) == 1:
            return None
        elif caught[1] == 0x14:
            length = 3 if len(caught) == 2 else 3 + _PARAMETERS_DC4.get(caught[2], 0)
        else:
            length = 2 + _PARAMETERS[caught[1]] if caught[1] in _PARAMETERS else 0
        if length == 0:
            self._memory += caught
            caught.clear()
            return None
        if len(caught) < length:
            return None
        command = bytes(caught)
        caught.clear()
        return command

    def _obey_real_time(self, command: bytes) -> bytes:
        if command[1] == 0x04 and command[2] in self._faults.answered_modes:
            return self._faults.garbage or bytes((self._status(command[2]),))
        if command[1:3] == b"\x14\x08" and command[3:] == bytes((1, 3, 20, 1, 6, 2, 8)) and self._faults.takes_back:
            self._memory.clear()
            return _CLEARED
        return b""

    def _status(self, mode: int) -> int:
        now = self._faults
        if mode == 1:
            return _FIXED | (0x08 if now.stopped else 0)
        if mode == 2:
            stopped_by_paper = 0x20 if now.paper_end else 0
            return _FIXED | (0x04 if now.cover_open else 0) | stopped_by_paper | (0x40 if now.cutter_error else 0)
        if mode == 3:
            return _FIXED | (0x08 if now.cutter_error else 0)
        return _FIXED | (0x0C if now.paper_near_end or now.paper_end else 0) | (0x60 if now.paper_end else 0)

    def _work(self) -> bytes:
        """Prints what waits in the memory, as long as the mechanics move; gives back answers that were due in order."""
        said = bytearray()
        while not self._faults.stopped:
            if self._faults.slow_mechanics is not None and time.monotonic() < self._free_at:
                break
            if self._faults.cutter_jams and self._memory[:2] == b"\x1dV":
                self._faults = replace(self._faults, cutter_jams=False, cutter_error=True)
                break
            before = len(self._reader.paper.lines)
            asked = self._reader.take(self._memory)
            if asked is None:
                break
            if self._faults.slow_mechanics is not None and len(self._reader.paper.lines) > before:
                self._free_at = time.monotonic() + 1 / self._faults.slow_mechanics
            if asked and self._faults.answers_in_order:
                said += self._faults.garbage or bytes((0x03 if self._faults.paper_near_end else 0x00,))
            left = self._faults.paper_end_after_lines
            if left is not None and (printed := len(self._reader.paper.lines) - before) > 0:
                ended = printed >= left
                self._faults = replace(
                    self._faults, paper_end=ended, paper_end_after_lines=None if ended else left - printed
                )
        self._lock.notify_all()
        return bytes(said)

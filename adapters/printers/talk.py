"""The conversation with a printer on an open line: real-time questions, questions in order, taking a slip back."""

from __future__ import annotations

import time

from adapters.printers.lines import Line, LineFault
from adapters.printers.status import FIXED_MASK, PrinterStatus, is_status_byte, read_status

_MODES = (1, 2, 3, 4)
_FURTHER_S = 0.12  # who answered the first question answers the next at once, or does not know it
_QUIET_S = 0.2  # answers that need no paper to move follow each other faster
_FLOW_BYTES = (0x11, 0x13)  # XON and XOFF are meant for the serial driver, not for us
_UNASKED_HEAD = 0x10  # first of the four bytes that some models send by themselves when their state changes
_IN_ORDER_MASK = 0x90  # the answer to GS r has bits 4 and 7 clear
_TAKE_BACK = bytes((0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8))  # DLE DC4 8: empties receive and print buffer


class Garbage(Exception):
    """A byte came in that no printer status can be."""


class Talk:
    """What is asked and heard on one line. ``in_order`` is the answer to ``GS r``, once it has come."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.in_order: int | None = None
        self._in_order_awaited = False
        self._first_owed = False
        self._unread = b""
        self._unasked_left = 0

    def ask(self, deadline: float) -> PrinterStatus:
        """Asks ``DLE EOT`` 1 to 4. Never raises: silence, garbage and a broken line are reasons in the answer.

        An empty answer is silence, never "all well". A model that knows only some of the questions is judged by those.
        """
        answers: dict[int, int] = {}
        try:
            for mode in _MODES:
                now = time.monotonic()
                if answers and now >= deadline:
                    break
                if answers or not self._first_owed:  # a late answer must not be taken for that to the next question
                    self.line.write(bytes((0x10, 0x04, mode)), deadline)
                    self._first_owed = not answers
                value = self._status_byte(min(deadline, now + _FURTHER_S) if answers else deadline)
                if value is not None:
                    answers[mode] = value
                    self._first_owed = False
                elif not answers:
                    return PrinterStatus("silent", detail="no answer to DLE EOT 1")
        except Garbage as fault:
            return PrinterStatus("garbage", detail=str(fault))
        except LineFault as fault:
            return PrinterStatus(fault.reason, detail=fault.detail)
        return read_status(answers)

    def ask_in_order(self, deadline: float) -> None:
        """Sends ``GS r 1``, which a printer answers after everything sent before it. Raises ``LineFault``."""
        self._in_order_awaited = True
        self.in_order = None
        self.line.write(b"\x1dr\x01", deadline)

    def wait_in_order(self, deadline: float) -> int | None:
        """The answer to ``ask_in_order``, or None when the deadline passes. Raises ``LineFault``.

        Garbage is left for the next real-time question to find: here the printer may still be busy.
        """
        while self.in_order is None:
            value = self._byte(deadline)
            if value is None:
                return None
            self._note_in_order(value)
        return self.in_order

    def catch_up(self, deadline: float) -> bool:
        """Whether all that was sent before is through: asks in order, and hears the answer. Raises ``LineFault``.

        An older question may still wait behind an older slip. Nothing moves between that and ours, so their answers
        come together: one answer and then quiet is the last.
        """
        self.ask_in_order(deadline)
        if self.wait_in_order(deadline) is None:
            return False
        while self.in_order is not None:
            self.in_order = None
            self.wait_in_order(time.monotonic() + _QUIET_S)
        return True

    def clear(self, deadline: float) -> None:
        """Takes back what is not printed yet. Models that do not know this pass over it. Raises ``LineFault``."""
        self.line.write(_TAKE_BACK, deadline)

    def _status_byte(self, deadline: float) -> int | None:
        while True:
            value = self._byte(deadline)
            if value is None:
                return None
            if is_status_byte(value):
                return value
            if not self._note_in_order(value):
                raise Garbage(f"answered {value:#04x}")

    def _note_in_order(self, value: int) -> bool:
        if self._in_order_awaited and self.in_order is None and value & _IN_ORDER_MASK == 0:
            self.in_order = value
            return True
        return False

    def _byte(self, deadline: float) -> int | None:
        """The next byte that means something to us."""
        while True:
            if not self._unread:
                if time.monotonic() >= deadline:
                    return None
                self._unread = self.line.read(deadline)
                if not self._unread:
                    return None
            value, self._unread = self._unread[0], self._unread[1:]
            if self._unasked_left:
                self._unasked_left -= 1
            elif value & FIXED_MASK == _UNASKED_HEAD:
                self._unasked_left = 3
            elif value not in _FLOW_BYTES:
                return value

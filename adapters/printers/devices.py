"""Printers as the house sees them: print this slip and say honestly what became of it, or say how you are."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from adapters.printers.layout import CODEPAGES, COLUMNS, render
from adapters.printers.lines import Line, LineFault, NetworkLine, open_file, open_serial
from adapters.printers.slip import Slip
from adapters.printers.status import Outcome, PrinterStatus
from adapters.printers.talk import Talk
from adapters.printers.usb_line import UsbLine
from hall.errors import Invalid

KINDS = ("network", "usb", "serial", "file")
CATCH_UP_S = 1.0  # a printer that still has an earlier slip to print after this time gets no further one
STATUS_S = 0.5  # a printer that has not answered by then is silent
PRINT_S = 4.0  # the whole of one print
QUIET_PRINT_S = 1.6  # the whole of a print on a printer that never answers (and what its line needs for the bytes)
FOLLOW_S = 2.5  # how long the mechanics may take for one slip
SETTLE_S = 1.0  # the same for a model that leaves GS r unanswered: its real-time answers come before the paper
LISTEN_S = 0.3  # after the slip on a silent printer: does the connection break?
QUEUE_S = 2.0  # wait for a slip of somebody else on the same device

_LONGER = 16  # bytes that the longest command of a slip, the one with the address for the QR code, has beyond it
_CUT_OFF = b"\x1b@\n\x1dV\x42\x00"  # reset, to the next line, and cut there

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PrinterConfig:
    """Which printer, and what is known about it. Raises ``Invalid`` (code ``bad_printer``) if it makes no sense.

    ``address``: network ``host[:port]`` (port 9100), usb ``vendor:product`` in hex, serial ``path[,baud[,flow]]``
    (9600, flow ``xonxoff``, ``rtscts`` or ``none``), file a path. ``timeout_s`` bounds the connecting.
    ``answers_status``: False never asks (a print is then ``unknown`` at best), True takes silence for a dead printer
    and sends nothing to it, None asks and prints anyway when nothing is heard.
    """

    kind: str
    address: str
    width_mm: int = 80
    timeout_s: float = 1.0
    answers_status: bool | None = None
    codepage: str = "CP437"

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise _bad(f"jenis {self.kind!r} tidak dikenal ({', '.join(KINDS)})")
        if self.width_mm not in COLUMNS:
            raise _bad(f"lebar kertas {self.width_mm!r} mm (58 atau 80)")
        if self.codepage not in CODEPAGES:
            raise _bad(f"halaman kode {self.codepage!r} ({', '.join(CODEPAGES)})")
        if not 0.1 <= self.timeout_s <= 5:
            raise _bad(f"batas waktu {self.timeout_s!r} detik (0,1 sampai 5)")
        _opener(self)


class Printer(Protocol):
    """Anything that puts slips on paper. Neither call raises for what a printer does, and both end in time."""

    broken_off: bool
    """Whether the last slip perhaps hangs there half printed and not cut. Then the next one begins with a cut: what was
    printed of the other, its mark above all, would be read as part of it. Whoever starts anew has to say so."""

    def print_slip(self, slip: Slip, *, job_id: str) -> Outcome:
        """Sends the slip at most once and says what became of it. Takes at most about four seconds, two if unheard."""

    def status(self) -> PrinterStatus:
        """How the printer is now. Takes at most the connecting time and half a second."""


def open_printer(config: PrinterConfig) -> Printer:
    """The printer of ``config``. Nothing is connected until it is used, and every use connects anew."""
    return DevicePrinter(config, _opener(config))


class DevicePrinter:
    """A printer at the end of a line."""

    def __init__(self, config: PrinterConfig, open_line: Callable[[], Line]) -> None:
        self.config = config
        self._open_line = open_line
        self._turn = _device_turn(config)
        self._queued_answers: bool | None = None  # whether this model answers GS r; known once it was ready and asked
        self._half_sent = True  # somebody's last slip may have broken off in the middle of a command
        self.broken_off = False

    def print_slip(self, slip: Slip, *, job_id: str) -> Outcome:
        data = render(slip, self.config.width_mm, self.config.codepage)
        outcome = self._print(data, bytes(len(slip.url) + _LONGER))
        level = logging.INFO if outcome.state == "confirmed" else logging.WARNING
        _log.log(level, "print job %s: %s %s %s", job_id, outcome.state, outcome.reason or "", outcome.detail)
        return outcome

    def status(self) -> PrinterStatus:
        with self._device(STATUS_S) as ours:
            if not ours:
                return PrinterStatus("busy", detail="a slip is being printed")
            try:
                line = self._open_line()
            except LineFault as fault:
                return PrinterStatus(fault.reason, detail=fault.detail)
            heard = PrinterStatus("silent", detail="never asked")
            try:
                if self.config.answers_status is not False:
                    heard = Talk(line).ask(time.monotonic() + STATUS_S)
            finally:
                line.close(abandon=heard.reason == "busy")
            return heard

    def _print(self, data: bytes, padding: bytes) -> Outcome:
        started = time.monotonic()
        with self._device(QUEUE_S) as ours:
            if not ours:
                return Outcome("failed", "busy", "another slip is still being printed")
            try:
                line = self._open_line()
            except LineFault as fault:
                return Outcome("failed", fault.reason, fault.detail)
            abandon = True
            try:
                outcome = self._converse(Talk(line), data, padding, started)
                abandon = outcome.reason in ("busy", "dropped", "unreachable")
            finally:
                line.close(abandon=abandon)
            return outcome

    def _converse(self, talk: Talk, data: bytes, padding: bytes, started: float) -> Outcome:
        before = PrinterStatus("silent", detail="never asked")
        if self.config.answers_status is not False:
            before = talk.ask(time.monotonic() + STATUS_S)
        if before.reason and (before.answers or before.reason in ("dropped", "busy")):
            return Outcome("failed", before.reason, before.detail, before.paper_low)
        if before.reason == "silent" and self.config.answers_status:
            return Outcome("failed", "silent", "this printer used to answer: nothing was sent")

        if before.answers and self._half_sent and self._queued_answers is not False:
            until = time.monotonic() + CATCH_UP_S + talk.line.seconds_per_byte * len(padding)
            try:  # now, while nothing keeps it: later, silence would not tell a busy model from an ignorant one
                talk.line.write(padding, until)
                through = talk.catch_up(until)
            except LineFault as fault:
                return Outcome("failed", fault.reason, fault.detail, before.paper_low)
            if self._queued_answers and not through:  # its late answer would be taken for that to this slip
                return Outcome("failed", "busy", "an earlier slip is not through yet", before.paper_low)
            self._queued_answers = through

        # A command that broke off takes the bytes that come next for its own: it would swallow the head of this slip,
        # and with it the mark of a reprint. NUL prints nothing. What was printed of a slip that broke off is cut off.
        data = padding * self._half_sent + _CUT_OFF * self.broken_off + data
        limit = (PRINT_S - STATUS_S if before.answers else QUIET_PRINT_S) + talk.line.seconds_per_byte * len(data)
        # From here on the slip may be on paper: nothing below may send any part of it again.
        self._half_sent = self.broken_off = True
        try:
            talk.line.write(data, started + limit)
        except LineFault as fault:
            return Outcome("unknown" if fault.accepted else "failed", fault.reason, fault.detail, before.paper_low)
        if before.answers:
            outcome = self._follow(talk, started + PRINT_S + talk.line.seconds_per_byte * len(data))
            self._half_sent = self.broken_off = outcome.state != "confirmed"
            return outcome
        try:
            talk.line.read(time.monotonic() + LISTEN_S)
        except LineFault as fault:
            return Outcome("unknown", fault.reason, fault.detail)
        self._half_sent = self.broken_off = False  # it never tells: as far as anybody knows, it took all
        return Outcome("unknown", before.reason, before.detail)

    def _follow(self, talk: Talk, deadline: float) -> Outcome:
        """Stays with the printer until it says that the slip is through.

        ``DLE EOT`` is answered at once, even while the slip still waits in the printer's memory. ``GS r`` is answered
        in its place, after the slip: only that answer, or its absence for as long as the mechanics need, tells more.
        """
        waiting = bool(self._queued_answers)
        patience = min(deadline - STATUS_S, time.monotonic() + FOLLOW_S)
        after = PrinterStatus("silent")
        try:
            if waiting:
                talk.ask_in_order(patience)
            else:
                talk.wait_in_order(min(patience, time.monotonic() + SETTLE_S))
            while waiting and talk.wait_in_order(min(patience, time.monotonic() + 0.3)) is None:
                after = talk.ask(min(deadline, time.monotonic() + STATUS_S))
                if time.monotonic() >= patience or after.reason not in (None, "silent"):
                    break  # some models answer nothing while they print: silence is no end yet
            if not after.reason or not after.answers:
                after = talk.ask(min(deadline, time.monotonic() + STATUS_S))
            self._queued_answers = waiting or talk.in_order is not None  # later than it was waited for, but it knows
            if after.ready and waiting == (talk.in_order is None):  # it would have said so, or did so of an older slip
                return Outcome("unknown", "busy", "the slip was not through in time", after.paper_low)
            if after.ready:
                return Outcome("confirmed", None, after.detail, after.paper_low)
            if after.answers:
                # The rest of this slip waits in the printer's memory and would come out after the mending, in front of
                # another citizen: it is taken back.
                talk.clear(deadline)
        except LineFault as fault:
            return Outcome("unknown", fault.reason, fault.detail)
        return Outcome("unknown", after.reason, after.detail, after.paper_low)

    @contextmanager
    def _device(self, patience_s: float) -> Iterator[bool]:
        ours = self._turn.acquire(timeout=patience_s)
        try:
            yield ours
        finally:
            if ours:
                self._turn.release()


_turns: dict[tuple[str, str], threading.Lock] = {}
_turns_guard = threading.Lock()


def _device_turn(config: PrinterConfig) -> threading.Lock:
    """One lock a device in this process: two slips must not run into each other on the same paper."""
    with _turns_guard:
        return _turns.setdefault((config.kind, config.address), threading.Lock())


def _opener(config: PrinterConfig) -> Callable[[], Line]:
    """What opens the line of ``config``; raises ``Invalid`` for an address that cannot be read."""
    address = config.address.strip()
    if config.kind == "network":
        host, port = _read_host(address)
        return lambda: NetworkLine(host, port, config.timeout_s)
    if config.kind == "usb":
        match = re.fullmatch(r"(?:0x)?([0-9a-fA-F]{4}):(?:0x)?([0-9a-fA-F]{4})", address)
        if not match:
            raise _bad(f"alamat USB {address!r} (vendor:produk, misalnya 04b8:0202)")
        vendor, product = int(match[1], 16), int(match[2], 16)
        return lambda: UsbLine(vendor, product)
    if config.kind == "serial":
        path, baud, flow = _read_serial(address)
        return lambda: open_serial(path, baud, flow)
    if not address.startswith("/"):
        raise _bad(f"berkas perangkat {address!r} (jalur lengkap, misalnya /dev/usb/lp0)")
    return lambda: open_file(address)


def _read_host(address: str) -> tuple[str, int]:
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+))(?::(\d{1,5}))?", address)
    port = int(match[3] or 9100) if match else 0
    if not match or not 1 <= port <= 65535:
        raise _bad(f"alamat jaringan {address!r} (host atau host:port)")
    return match[1] or match[2], port


def _read_serial(address: str) -> tuple[str, int, str]:
    path, baud, flow = ([part.strip() for part in address.split(",")] + ["", ""])[:3]
    baud, flow = baud or "9600", flow or "xonxoff"
    if not path.startswith("/") or not baud.isdecimal() or not 1200 <= int(baud) <= 921600 or address.count(",") > 2:
        raise _bad(f"alamat serial {address!r} (jalur,baud,aliran, misalnya /dev/ttyUSB0,19200,xonxoff)")
    if flow not in ("none", "xonxoff", "rtscts"):
        raise _bad(f"kendali aliran {flow!r} (none, xonxoff, rtscts)")
    return path, int(baud), flow


def _bad(what: str) -> Invalid:
    return Invalid("bad_printer", f"Pengaturan pencetak salah: {what}.")

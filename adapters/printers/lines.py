"""The cables: lines to a printer on which opening, writing and reading all end in time, whatever the other side does.

python-escpos draws the slips (``layout.py``) but does not carry them: its connectors wait without limit on a serial
line that holds XOFF, on a device file and on USB, leave the socket of a refused connection open, expect fixed USB
endpoints and reset a USB printer at every opening. Nor do they tell how much was taken before a write failed, and that
decides whether a slip may lie in the tray.
"""

from __future__ import annotations

import errno
import fcntl
import ipaddress
import os
import select
import socket
import stat
import struct
import termios
import threading
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import serial

from adapters.printers.status import Reason

_CHUNK = 4096


class LineFault(Exception):
    """The line is of no use any more. ``accepted`` bytes of the write that failed had been taken before."""

    def __init__(self, reason: Reason, detail: str, accepted: int = 0) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.accepted = accepted


class Line(Protocol):
    """One open connection to a printer. All deadlines are values of ``time.monotonic()``."""

    seconds_per_byte: float
    """How long a byte takes on the wire: what a slow serial line needs beyond every other limit."""

    def write(self, data: bytes, deadline: float) -> None:
        """Hands over all of ``data`` and waits until it left this computer. Raises ``LineFault``."""

    def read(self, deadline: float) -> bytes:
        """What has come in, as soon as there is something; nothing when the deadline passes. Raises ``LineFault``."""

    def close(self, *, abandon: bool) -> None:
        """Ends the connection. ``abandon`` throws away what has not left yet: it must not be printed later unasked."""


class NetworkLine:
    """A printer's TCP port."""

    seconds_per_byte = 0.0

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        """Connects within ``timeout_s`` seconds. Raises ``LineFault`` (``unreachable``)."""
        deadline = time.monotonic() + timeout_s
        target = resolve(host, port, timeout_s)
        left = max(0.05, deadline - time.monotonic())
        try:
            self._socket = socket.create_connection(target, timeout=left)
        except OSError as fault:
            raise LineFault("unreachable", f"{host}:{port} {fault}") from fault
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def write(self, data: bytes, deadline: float) -> None:
        sent = 0
        try:
            while sent < len(data):
                self._socket.settimeout(_left(deadline))
                sent += self._socket.send(data[sent : sent + _CHUNK])
        except TimeoutError as fault:
            raise LineFault("busy", f"printer stopped taking bytes at {sent} of {len(data)}", sent) from fault
        except OSError as fault:
            raise LineFault("dropped", str(fault), sent) from fault

    def read(self, deadline: float) -> bytes:
        try:
            self._socket.settimeout(_left(deadline))
            data = self._socket.recv(64)
        except TimeoutError:
            return b""
        except OSError as fault:
            raise LineFault("dropped", str(fault)) from fault
        if not data:
            raise LineFault("dropped", "printer closed the connection")
        return data

    def close(self, *, abandon: bool) -> None:
        try:
            if not (abandon and _unsent(self._socket.fileno())):
                # Closing with an unread answer in the buffer would send a reset, which can overtake the last bytes.
                self._socket.shutdown(socket.SHUT_WR)
                self._socket.settimeout(0.2)
                with suppress(TimeoutError):
                    while self._socket.recv(64):
                        pass
            if _unsent(self._socket.fileno()):  # nobody took it: the kernel would go on trying behind everybody's back
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass  # it is being closed: nothing that goes wrong now can change what is known about the slip
        finally:
            self._socket.close()


def resolve(host: str, port: int, timeout_s: float) -> tuple[str, int]:
    """An address to connect to. Raises ``LineFault`` (``unreachable``).

    A name is looked up for at most ``timeout_s``: a dead name server would hold a print for long.
    """
    try:
        ipaddress.ip_address(host)
        return host, port
    except ValueError:
        pass
    found: list[str] = []
    faults: list[OSError] = []

    def look_up() -> None:
        try:
            found.append(str(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]))
        except OSError as fault:
            faults.append(fault)

    seeker = threading.Thread(target=look_up, name="printer-name", daemon=True)
    seeker.start()
    seeker.join(timeout_s)
    if not found:
        raise LineFault("unreachable", f"name {host}: {faults[0] if faults else 'no answer in time'}")
    return found[0], port


class DeviceLine:
    """A device file or a serial port, through its file descriptor."""

    def __init__(self, fd: int, *, readable: bool, close: Callable[[], None], seconds_per_byte: float = 0.0) -> None:
        self._fd = fd
        self._readable = readable
        self._close = close
        self._tty = os.isatty(fd)
        self.seconds_per_byte = seconds_per_byte

    def write(self, data: bytes, deadline: float) -> None:
        sent = 0
        try:
            while sent < len(data):
                if not self._wait(select.POLLOUT, deadline):
                    raise LineFault("busy", f"printer stopped taking bytes at {sent} of {len(data)}", sent)
                try:
                    sent += os.write(self._fd, data[sent : sent + _CHUNK])
                except BlockingIOError:
                    time.sleep(0.005)
            self._drain(deadline, sent)
        except OSError as fault:
            raise LineFault("dropped", str(fault), sent) from fault

    def read(self, deadline: float) -> bytes:
        if not self._readable:
            return b""
        try:
            while self._wait(select.POLLIN, deadline):
                try:
                    data = os.read(self._fd, 64)
                except BlockingIOError:
                    data = b""
                if data:
                    return data
                if self._tty:
                    raise LineFault("dropped", "device hung up")
                time.sleep(0.02)  # some printer devices say "nothing" instead of making the reader wait
        except OSError as fault:
            raise LineFault("dropped", str(fault)) from fault
        return b""

    def close(self, *, abandon: bool) -> None:
        try:
            if abandon and self._tty:
                # Otherwise the kernel holds the closing for up to 30 s, hoping that the printer takes the rest.
                termios.tcflush(self._fd, termios.TCOFLUSH)
        except termios.error:
            pass  # the device is gone, and what it had not taken with it
        finally:
            self._close()

    def _wait(self, event: int, deadline: float) -> bool:
        poller = select.poll()  # not select(): a server with many open sockets has descriptors above its limit
        poller.register(self._fd, event)
        for _, seen in poller.poll(_left(deadline) * 1000):
            if seen & event:
                return True
            raise OSError(errno.EIO, "device hung up")
        return False

    def _drain(self, deadline: float, sent: int) -> None:
        """Waits until the kernel has passed on everything: what it still holds when the file is closed may be lost."""
        if not self._tty:
            if not self._wait(select.POLLOUT, deadline):
                raise LineFault("busy", "printer did not take the last bytes", sent)
            return
        while waiting := _unsent(self._fd):
            if time.monotonic() >= deadline:
                raise LineFault("busy", f"{waiting} of {sent} bytes still wait for the printer", sent)
            time.sleep(0.005)


def open_file(path: str) -> DeviceLine:
    """Opens a device file such as ``/dev/usb/lp0``, for answers too where it has them. Raises ``LineFault``.

    It has to exist: creating it would turn a mistyped device into a plain file that swallows every slip.
    """
    flags = os.O_NONBLOCK | os.O_NOCTTY | os.O_APPEND
    try:
        device = stat.S_ISCHR(os.stat(path).st_mode)
        fd, readable = -1, False
        if device:
            try:
                fd, readable = os.open(path, flags | os.O_RDWR), True
            except OSError as fault:
                if fault.errno not in (errno.EACCES, errno.EPERM, errno.EINVAL, errno.EROFS):
                    raise
        if fd < 0:
            fd = os.open(path, flags | os.O_WRONLY)
    except OSError as fault:
        raise _cannot_open(path, fault) from fault
    try:
        if os.isatty(fd):
            tty.setraw(fd)  # a terminal line would turn line feeds into two characters and echo answers back
            termios.tcflush(fd, termios.TCIFLUSH)
    except termios.error as fault:
        os.close(fd)
        raise LineFault("unreachable", f"{path}: {fault}") from fault
    return DeviceLine(fd, readable=readable, close=lambda: os.close(fd))


def open_serial(path: str, baud: int, flow: str) -> DeviceLine:
    """Opens a serial port, 8 bits, no parity. ``flow`` is ``none``, ``xonxoff`` or ``rtscts``. Raises ``LineFault``."""
    try:
        port = serial.Serial(
            path, baud, timeout=0, write_timeout=0, xonxoff=flow == "xonxoff", rtscts=flow == "rtscts", exclusive=True
        )
    except serial.SerialException as fault:
        raise _cannot_open(path, fault) from fault
    except (OSError, ValueError) as fault:
        raise LineFault("unreachable", f"{path}: {fault}") from fault
    return DeviceLine(port.fileno(), readable=True, close=port.close, seconds_per_byte=10 / baud)


def _cannot_open(path: str, fault: OSError) -> LineFault:
    taken = fault.errno in (errno.EBUSY, errno.EAGAIN)
    return LineFault("busy" if taken else "unreachable", f"{path}: {fault}")


def _unsent(fd: int) -> int:
    counted: int = struct.unpack("i", fcntl.ioctl(fd, termios.TIOCOUTQ, b"\0" * 4))[0]
    return counted


def _left(deadline: float) -> float:
    return max(0.001, deadline - time.monotonic())

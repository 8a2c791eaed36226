"""The pretend printer itself: a test may only trust it if it behaves like the real thing."""

from __future__ import annotations

import os
import socket
import threading
import time

import pytest

from adapters.printers.layout import render
from adapters.printers.pretend import PretendPrinter
from adapters.printers.pretend_device import PretendDevice
from tests.adapters.printers.cast import make_slip


def caller(pretend: PretendPrinter) -> socket.socket:
    host, _, port = pretend.address.partition(":")
    return socket.create_connection((host, int(port)), timeout=3)


def test_status_is_answered_at_once_and_in_the_bits_of_the_standard(pretend: PretendPrinter) -> None:
    pretend.set(paper_near_end=True, cover_open=True)
    with caller(pretend) as line:
        line.sendall(b"\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04")
        heard = b""
        while len(heard) < 4:
            heard += line.recv(16)
    assert heard == bytes((0x1A, 0x16, 0x12, 0x1E))


def test_a_question_torn_in_two_packets_is_still_one_question() -> None:
    device = PretendDevice()
    assert device.receive(b"Halo\x10") == b"" and device.receive(b"\x04") == b"" and device.receive(b"\x01") == b"\x12"
    assert device.waiting == b"" and device.unfinished.not_understood == []


def test_a_slip_sent_without_paper_comes_out_when_there_is_some() -> None:
    device = PretendDevice()
    device.set(paper_end=True)
    device.receive(render(make_slip(), 80))
    assert device.papers == [] and device.waiting
    device.set(paper_end=False)
    assert len(device.papers) == 1


def test_what_waits_can_be_taken_back() -> None:
    device = PretendDevice()
    device.set(paper_end=True)
    device.receive(render(make_slip(), 80))
    assert device.receive(b"\x10\x14\x08\x01\x03\x14\x01\x06\x02\x08") == b"\x37\x25\x00"
    device.clear()
    assert device.papers == [] and device.waiting == b""


def test_the_answer_in_order_waits_for_what_stands_before_it() -> None:
    device = PretendDevice()
    device.set(cover_open=True)
    assert device.receive(b"Halo\n\x1dr\x01") == b""
    device.set(cover_open=False)
    assert device.receive(b"\x1dr\x01") == b"\x00"


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_paper_is_the_same_however_the_bytes_arrive(size: int) -> None:
    data = render(make_slip(copy=1), 58)
    whole, parts = PretendDevice(384), PretendDevice(384)
    whole.receive(data)
    for start in range(0, len(data), size):
        parts.receive(data[start : start + size])
    assert parts.papers == whole.papers


def test_what_a_printer_does_not_know_or_cannot_fit_is_noticed() -> None:
    device = PretendDevice(384)
    device.receive(
        b"x" * 33 + b"\n\x1b\x7f\x1d(k\x03\x001C\x10\x1d(k\x67\x001P0" + b"y" * 100 + b"\x1d(k\x03\x001Q0\x1dV\x00"
    )
    [paper] = device.papers
    assert paper.overflowed == 1 and len(paper.not_understood) == 2 and paper.cut == "full"


def test_an_unknown_fault_is_refused(pretend: PretendPrinter) -> None:
    with pytest.raises(ValueError, match="paper_jam"):
        pretend.set(paper_jam=True)


def test_waiting_for_a_paper_that_does_not_come_ends(pretend: PretendPrinter) -> None:
    with pytest.raises(TimeoutError):
        pretend.wait_for_papers(1, timeout_s=0.05)


def test_it_refuses_and_listens_again_on_the_same_port(pretend: PretendPrinter) -> None:
    address = pretend.address
    pretend.set(refuse=True)
    with pytest.raises(ConnectionRefusedError):
        caller(pretend)
    pretend.clear()
    caller(pretend).close()
    assert pretend.address == address


def test_stopping_leaves_no_socket_and_no_thread_behind() -> None:
    before = set(os.listdir("/proc/self/fd"))
    with PretendPrinter() as pretend:
        open_line = caller(pretend)
        open_line.sendall(b"Halo")
        while pretend.received != [b"Halo"]:  # a line that is closed with bytes unread is reset
            time.sleep(0.01)
    assert open_line.recv(1) == b""  # closed from the other side
    open_line.close()
    assert set(os.listdir("/proc/self/fd")) <= before
    assert not [thread for thread in threading.enumerate() if thread.name == "pretend-printer"]
    pretend.stop()  # twice is no harm


def test_a_qr_command_that_is_too_short_does_not_stop_the_printer(pretend: PretendPrinter) -> None:
    for rest in (b"", b"1", b"1P"):
        pretend.device.receive(b"\x1d(k" + bytes((len(rest), 0)) + rest)
    pretend.device.receive(b"A-012\n\x1dV\x00")
    [paper] = pretend.papers
    assert paper.text == "A-012" and len(paper.not_understood) == 3

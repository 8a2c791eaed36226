"""Serial ports, device files and USB: real bytes through a real terminal driver and the real pyusb."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from adapters.printers.devices import DevicePrinter, PrinterConfig, open_printer
from adapters.printers.lines import LineFault, open_file, open_serial
from adapters.printers.usb_line import UsbLine
from tests.adapters.printers.cast import URL, make_slip
from tests.adapters.printers.pty_printer import XOFF, PtyPrinter
from tests.adapters.printers.usb_printer import PRODUCT, VENDOR, UsbPrinter

BOTH = pytest.mark.parametrize(("kind", "more"), [("serial", ",115200"), ("file", "")])


@BOTH
def test_a_slip_goes_through_a_terminal_line_unchanged_and_is_confirmed(kind: str, more: str) -> None:
    with PtyPrinter(58) as far_end:
        printer = open_printer(PrinterConfig(kind, far_end.path + more, width_mm=58))
        assert printer.status().ready
        assert printer.print_slip(make_slip(), job_id="1").state == "confirmed"
        [paper] = far_end.device.papers
    assert "A-012" in paper.text and paper.qr == [URL] and paper.not_understood == []


@BOTH
@pytest.mark.parametrize("fault", ["paper_end", "cover_open"])
def test_trouble_is_heard_over_a_terminal_line(kind: str, more: str, fault: str) -> None:
    with PtyPrinter() as far_end:
        far_end.device.set(**{fault: True})
        outcome = open_printer(PrinterConfig(kind, far_end.path + more)).print_slip(make_slip(), job_id="1")
        assert (outcome.state, outcome.reason) == ("failed", fault)
        assert b"A-012" not in far_end.received


@BOTH
def test_a_silent_line_prints_and_is_unknown(kind: str, more: str) -> None:
    with PtyPrinter() as far_end:
        far_end.device.set(silent=True)
        outcome = open_printer(PrinterConfig(kind, far_end.path + more)).print_slip(make_slip(), job_id="1")
        assert (outcome.state, outcome.reason) == ("unknown", "silent")
        assert len(far_end.device.wait_for_papers(1)) == 1


@BOTH
def test_a_cable_that_was_pulled_out_is_unreachable_or_dropped_and_never_fine(kind: str, more: str) -> None:
    with PtyPrinter() as far_end:
        printer = open_printer(PrinterConfig(kind, far_end.path + more))
        far_end.hang_up()
        outcome = printer.print_slip(make_slip(), job_id="1")
    assert outcome.state == "failed" and outcome.reason in ("unreachable", "dropped")


def test_a_printer_that_holds_xoff_does_not_hold_us() -> None:
    with PtyPrinter() as far_end:
        printer = open_printer(PrinterConfig("serial", far_end.path + ",9600,xonxoff"))
        assert printer.status().ready  # the port knows the flow control now
        far_end.write(XOFF)
        time.sleep(0.5)  # a terminal hears of it from a worker of the kernel, on a busy machine a little later
        begun = time.monotonic()
        outcome = printer.print_slip(make_slip(), job_id="1")
        assert time.monotonic() - begun < 3.0
        assert (outcome.state, outcome.reason) == ("failed", "busy")
        assert b"A-012" not in far_end.received


def test_a_line_that_stops_taking_bytes_ends_in_time_and_tells_what_left() -> None:
    """A terminal nobody reads fills up: that much was taken, the rest never left."""
    master, slave = os.openpty()
    try:
        line = open_file(os.ttyname(slave))
        with pytest.raises(LineFault) as fault:
            line.write(b"x" * 200_000, time.monotonic() + 0.3)
        line.close(abandon=True)
        assert fault.value.reason == "busy" and 0 < fault.value.accepted < 200_000
    finally:
        os.close(master)
        os.close(slave)


def test_a_serial_port_in_other_hands_is_busy() -> None:
    with PtyPrinter() as far_end:
        held = open_serial(far_end.path, 9600, "none")
        outcome = open_printer(PrinterConfig("serial", far_end.path)).print_slip(make_slip(), job_id="1")
        held.close(abandon=True)
    assert (outcome.state, outcome.reason) == ("failed", "busy")


@pytest.mark.parametrize("kind", ["serial", "file"])
def test_a_device_that_is_not_there_is_unreachable_and_not_made(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "lp0"
    printer = open_printer(PrinterConfig(kind, str(path)))
    assert printer.print_slip(make_slip(), job_id="1").reason == "unreachable"
    assert printer.status().reason == "unreachable"
    assert not path.exists()


def test_a_plain_file_takes_the_slip_and_confirms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "slip.bin"
    path.touch()
    outcome = open_printer(PrinterConfig("file", str(path))).print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("unknown", "silent")
    assert b"A-012" in path.read_bytes()


def test_something_that_is_no_serial_port_is_unreachable(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert open_printer(PrinterConfig("serial", str(path))).status().reason == "unreachable"


def test_a_usb_printer_that_is_not_plugged_in_is_unreachable() -> None:
    printer = open_printer(PrinterConfig("usb", "dead:beef"))
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("failed", "unreachable")
    assert printer.status().reason == "unreachable"


def usb_printer() -> tuple[UsbPrinter, DevicePrinter]:
    far_end = UsbPrinter()
    config = PrinterConfig("usb", f"{VENDOR:04x}:{PRODUCT:04x}")
    return far_end, DevicePrinter(config, lambda: UsbLine(VENDOR, PRODUCT, backend=far_end))


def test_a_usb_printer_is_taken_from_the_kernel_and_prints_on_the_endpoints_it_has() -> None:
    far_end, printer = usb_printer()
    assert printer.print_slip(make_slip(), job_id="1").state == "confirmed"
    assert far_end.device.papers[0].qr == [URL] and not far_end.kernel_driver
    assert far_end.claimed == []  # let go again, for the next slip


def test_a_usb_printer_tells_its_trouble() -> None:
    far_end, printer = usb_printer()
    far_end.device.set(cover_open=True)
    assert printer.print_slip(make_slip(), job_id="1").reason == "cover_open"
    assert far_end.device.papers == []


def test_a_usb_printer_that_takes_half_a_slip_is_unknown() -> None:
    far_end, printer = usb_printer()
    far_end.takes_only = 12 + 100  # four questions of three bytes each come first
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("unknown", "busy")
    assert far_end.taken == 112


def test_a_usb_printer_that_takes_nothing_failed() -> None:
    far_end, printer = usb_printer()
    far_end.takes_only = 12
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("failed", "busy")


@pytest.mark.parametrize(("trouble", "reason"), [("claimed_elsewhere", "busy"), ("forbidden", "unreachable")])
def test_a_usb_printer_we_may_not_have_failed(trouble: str, reason: str) -> None:
    far_end, printer = usb_printer()
    setattr(far_end, trouble, True)
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("failed", reason)

"""What becomes of a slip on a network printer, for every way in which one fails, over real sockets."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest

from adapters.printers.devices import Printer, PrinterConfig, open_printer
from adapters.printers.lines import LineFault, NetworkLine, resolve
from adapters.printers.pretend import PretendPrinter
from adapters.printers.status import Outcome, read_status
from hall.errors import Invalid
from tests.adapters.printers.cast import URL, make_slip
from tests.decoder import decode

UNHEARD_S = 3.0  # the contract says about two seconds for a printer that does not answer; a busy machine gets one more


def test_a_good_printer_confirms_and_the_paper_is_there(pretend: PretendPrinter, printer: Printer) -> None:
    assert printer.print_slip(make_slip(), job_id="1").state == "confirmed"
    [paper] = pretend.papers
    assert "A-012" in paper.text and paper.qr == [URL] and paper.not_understood == []


def test_another_decoder_reads_what_went_over_the_wire(pretend: PretendPrinter, printer: Printer) -> None:
    printer.print_slip(make_slip(), job_id="1")
    [sent] = pretend.received
    [paper] = decode(sent)
    assert "A-012" in paper.text and paper.qr == [URL] and paper.size_of("A-012") == (8, 8)


def test_paper_running_low_is_told_with_the_confirmation(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(paper_near_end=True)
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason, outcome.paper_low) == ("confirmed", None, True)


@pytest.mark.parametrize("fault", ["paper_end", "cover_open", "offline", "cutter_error"])
def test_trouble_seen_before_means_that_nothing_was_sent(pretend: PretendPrinter, printer: Printer, fault: str) -> None:
    pretend.set(**{fault: True})
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("failed", fault)
    assert printer.status().reason == fault and not printer.status().ready
    pretend.clear()
    assert pretend.papers == [] and b"A-012" not in b"".join(pretend.received)
    assert printer.print_slip(make_slip(), job_id="2").state == "confirmed"


@pytest.mark.parametrize(
    ("faults", "reason"), [({"paper_end": True}, "cover_open"), ({"offline": True, "cutter_error": True}, "cover_open")]
)
def test_of_several_troubles_the_open_cover_is_named(
    pretend: PretendPrinter, printer: Printer, faults: dict[str, Any], reason: str
) -> None:
    pretend.set(cover_open=True, **faults)
    assert printer.print_slip(make_slip(), job_id="1").reason == reason


def test_a_silent_printer_is_unknown_not_fine(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(silent=True)
    begun = time.monotonic()
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert time.monotonic() - begun < UNHEARD_S
    assert (outcome.state, outcome.reason) == ("unknown", "silent")
    assert len(pretend.wait_for_papers(1)) == 1  # many cheap printers never answer and print well
    status = printer.status()
    assert (status.reason, status.answers, status.ready) == ("silent", False, False)


def test_a_printer_known_to_answer_gets_nothing_while_it_is_silent(pretend: PretendPrinter) -> None:
    pretend.set(silent=True)
    strict = open_printer(PrinterConfig("network", pretend.address, answers_status=True))
    outcome = strict.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("failed", "silent")
    assert b"A-012" not in b"".join(pretend.received)


def test_a_printer_known_never_to_answer_is_not_asked(pretend: PretendPrinter) -> None:
    mute = open_printer(PrinterConfig("network", pretend.address, answers_status=False))
    outcome = mute.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("unknown", "silent")
    pretend.wait_for_papers(1)
    assert b"\x10\x04" not in b"".join(pretend.received)
    assert mute.status().reason == "silent"


def test_a_hanging_printer_does_not_hold_the_citizen(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(hanging=True)
    begun = time.monotonic()
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert time.monotonic() - begun < UNHEARD_S
    assert (outcome.state, outcome.reason) == ("unknown", "silent")
    assert pretend.papers == []


def test_nobody_listening_is_unreachable_and_nothing_is_printed_later(
    pretend: PretendPrinter, printer: Printer
) -> None:
    pretend.set(refuse=True)
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("failed", "unreachable")
    assert printer.status().reason == "unreachable"
    pretend.clear()
    assert pretend.papers == [] and printer.status().ready


@pytest.mark.parametrize("garbage", [b"\xff", b"\x00", b"HTTP/1.1 400 Bad Request", b"\x92\x92"])
def test_garbage_is_told_apart_from_silence(pretend: PretendPrinter, printer: Printer, garbage: bytes) -> None:
    pretend.set(garbage=garbage)
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("unknown", "garbage")
    assert len(pretend.wait_for_papers(1)) == 1
    assert printer.status().reason == "garbage"


@pytest.mark.parametrize("after", [1, 100, 400])
def test_a_connection_that_breaks_in_the_slip_is_unknown(pretend: PretendPrinter, printer: Printer, after: int) -> None:
    pretend.set(drop_mid_slip=after)
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("unknown", "dropped")
    assert len(pretend.received) == 1  # it did not try again
    assert pretend.papers == []


def test_a_break_is_seen_on_a_silent_printer_too(pretend: PretendPrinter) -> None:
    pretend.set(drop_mid_slip=50)
    mute = open_printer(PrinterConfig("network", pretend.address, answers_status=False))
    assert mute.print_slip(make_slip(), job_id="1").reason == "dropped"


def test_paper_that_ends_in_the_slip_is_unknown_and_the_rest_never_comes_out(
    pretend: PretendPrinter, printer: Printer
) -> None:
    pretend.set(paper_end_after_lines=6)
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("unknown", "paper_end")
    pretend.clear()  # new paper: what is left of the slip must not come out in front of another citizen
    assert pretend.papers == [] and pretend.device.waiting == b""
    assert printer.print_slip(make_slip(number="A-013"), job_id="2").state == "confirmed"
    rest, paper = pretend.papers
    assert "A-013" not in rest.text and "A-012" not in paper.text and paper.text.count("A-013") == 1


def test_a_slow_printer_that_gets_through_is_confirmed(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(slow=1500)
    assert printer.print_slip(make_slip(), job_id="1").state == "confirmed"
    assert len(pretend.papers) == 1


def test_a_printer_too_slow_to_wait_for_is_unknown_within_the_limit(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(slow=60)
    begun = time.monotonic()
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert time.monotonic() - begun < 5.0
    assert (outcome.state, outcome.reason) == ("unknown", "silent")


def test_a_model_that_knows_two_questions_is_judged_by_those(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(answered_modes=(1, 4))
    assert printer.print_slip(make_slip(), job_id="1").state == "confirmed"
    pretend.set(answered_modes=(1, 4), paper_end=True)
    assert printer.print_slip(make_slip(), job_id="2").reason == "paper_end"


def test_a_model_without_answers_in_order_is_confirmed_and_remembered(
    pretend: PretendPrinter, printer: Printer
) -> None:
    pretend.set(answers_in_order=False)
    assert printer.print_slip(make_slip(), job_id="1").state == "confirmed"
    assert printer.print_slip(make_slip(), job_id="2").state == "confirmed"
    first, second = pretend.received
    assert b"\x1dr\x01" in first and b"\x1dr\x01" not in second
    assert len(pretend.papers) == 2


def test_a_model_without_answers_in_order_still_tells_of_paper_that_ends(
    pretend: PretendPrinter, printer: Printer
) -> None:
    pretend.set(answers_in_order=False)
    printer.print_slip(make_slip(), job_id="1")
    pretend.set(paper_end_after_lines=3)
    outcome = printer.print_slip(make_slip(), job_id="2")
    assert (outcome.state, outcome.reason) == ("unknown", "paper_end")


def test_two_slips_at_once_do_not_run_into_each_other(pretend: PretendPrinter) -> None:
    outcomes: list[Outcome] = []

    def take(number: str) -> None:
        own = open_printer(PrinterConfig("network", pretend.address))
        outcomes.append(own.print_slip(make_slip(number=number), job_id=number))

    threads = [threading.Thread(target=take, args=(f"A-{n:03}",)) for n in range(1, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {outcome.state for outcome in outcomes} == {"confirmed"}
    numbers = [line for paper in pretend.papers for line in paper.text.splitlines() if line.startswith("A-")]
    assert sorted(numbers) == [f"A-{n:03}" for n in range(1, 6)]


def test_a_printer_in_use_says_busy_instead_of_making_others_wait(
    pretend: PretendPrinter, printer: Printer, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_it, enough = threading.Event(), threading.Event()
    write = NetworkLine.write

    def hold_up(line: NetworkLine, data: bytes, deadline: float) -> None:
        at_it.set()
        enough.wait(30)
        write(line, data, deadline)

    monkeypatch.setattr(NetworkLine, "write", hold_up)
    printing = threading.Thread(target=lambda: printer.print_slip(make_slip(), job_id="1"))
    printing.start()
    try:
        assert at_it.wait(30)
        seen = open_printer(PrinterConfig("network", pretend.address)).status().reason
        second = printer.print_slip(make_slip(), job_id="2")
    finally:
        enough.set()
        printing.join()
    assert seen == "busy" and (second.state, second.reason) == ("failed", "busy")
    assert len(pretend.received) == 1


def test_a_write_that_nobody_takes_ends_in_time_and_tells_what_left(pretend: PretendPrinter) -> None:
    pretend.set(hanging=True)
    host, _, port = pretend.address.partition(":")
    line = NetworkLine(host, int(port), 1.0)
    with pytest.raises(LineFault) as fault:
        line.write(b"x" * 20_000_000, time.monotonic() + 0.3)
    line.close(abandon=True)
    assert fault.value.reason == "busy" and 0 < fault.value.accepted < 20_000_000


def test_a_name_server_that_does_not_answer_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def dead_name_server(*question: object, **more: object) -> list[Any]:
        released.wait(5)
        raise socket.gaierror("Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", dead_name_server)
    with pytest.raises(LineFault) as fault:
        resolve("pencetak.example", 9100, 0.1)
    released.set()
    assert fault.value.reason == "unreachable"


def test_bytes_sent_unasked_are_passed_over(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(garbage=b"\x13\x14\x00\x00\x0f\x11\x12")  # XOFF, an unasked four-byte status, XON, then the answer
    assert printer.status().ready


def test_an_overheated_head_is_offline() -> None:
    assert read_status({1: 0x1A, 2: 0x52, 3: 0x52, 4: 0x12}).reason == "offline"
    assert read_status({1: 0x12, 4: 0x12}).reason is None


@pytest.mark.parametrize(
    ("kind", "address", "changes"),
    [
        ("bluetooth", "x", {}),
        ("network", "", {}),
        ("network", "host:99999", {}),
        ("network", "host/path", {}),
        ("usb", "printer", {}),
        ("serial", "ttyUSB0", {}),
        ("serial", "/dev/ttyS0,fast", {}),
        ("serial", "/dev/ttyS0,9600,none,8N1", {}),
        ("serial", "/dev/ttyS0,9600,dtr", {}),
        ("file", "lp0", {}),
        ("network", "host", {"width_mm": 76}),
        ("network", "host", {"codepage": "UTF-8"}),
        ("network", "host", {"timeout_s": 60}),
    ],
)
def test_a_configuration_that_makes_no_sense_is_refused_at_once(
    kind: str, address: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refusal:
        PrinterConfig(kind, address, **changes)
    assert refusal.value.code == "bad_printer"


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("network", "192.0.2.7"),
        ("network", "[2001:db8::7]:9101"),
        ("usb", "04b8:0202"),
        ("usb", "0x04b8:0x0202"),
        ("serial", "/dev/serial/by-path/pci-0000:00:14.0-usb-0:1:1.0-port0,19200,rtscts"),
        ("file", "/dev/usb/lp0"),
    ],
)
def test_usual_addresses_are_understood(kind: str, address: str) -> None:
    assert open_printer(PrinterConfig(kind, address)) is not None

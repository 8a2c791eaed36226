"""After a slip that broke off the next one stands alone, whole and marked, and nothing comes out later unasked."""

from __future__ import annotations

import time

import pytest

from adapters.printers.devices import Printer, PrinterConfig, open_printer
from adapters.printers.layout import COPY_MARK, render
from adapters.printers.lines import LineFault, NetworkLine
from adapters.printers.pretend import PretendPrinter
from tests.adapters.printers.cast import make_slip

WHOLE = len(render(make_slip(), 80))


@pytest.mark.parametrize("fault", ["drop_mid_slip", "vanish_mid_slip"])
@pytest.mark.parametrize("after", [2, WHOLE - 140, WHOLE - 100, WHOLE - 5])
def test_a_command_that_broke_off_does_not_swallow_the_mark_of_a_reprint(
    pretend: PretendPrinter, printer: Printer, fault: str, after: int
) -> None:
    printer.print_slip(make_slip(number="A-011"), job_id="0")
    pretend.set(**{fault: after})
    assert printer.print_slip(make_slip(), job_id="1").state == "unknown"
    pretend.clear()
    assert printer.print_slip(make_slip(copy=1), job_id="2").state == "confirmed"
    paper = pretend.wait_for_papers(2)[-1]
    assert paper.text.strip().startswith(f"{COPY_MARK} ke-1")
    assert paper.text.count("A-012") == 1 and paper.qr == [make_slip().url]


def test_not_even_when_another_process_broke_it_off(pretend: PretendPrinter) -> None:
    first, second = (open_printer(PrinterConfig("network", pretend.address)) for _ in range(2))
    pretend.set(drop_mid_slip=WHOLE - 100)
    first.print_slip(make_slip(), job_id="1")
    pretend.clear()
    assert second.print_slip(make_slip(copy=1), job_id="2").state == "confirmed"
    assert f"{COPY_MARK} ke-1" in pretend.papers[-1].text


def test_half_a_slip_is_not_handed_to_the_next_citizen(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(paper_end_after_lines=9)
    assert printer.print_slip(make_slip(), job_id="1").reason == "paper_end"
    pretend.clear()
    assert printer.print_slip(make_slip(number="A-013"), job_id="2").state == "confirmed"
    rest, paper = pretend.papers
    assert "A-012" in rest.text and rest.cut is not None
    assert "A-012" not in paper.text
    assert printer.print_slip(make_slip(number="A-014"), job_id="3").state == "confirmed"
    assert len(pretend.papers) == 3  # a slip that is whole needs no cut before the next


def test_a_printer_that_never_answers_cuts_once_a_slip(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(silent=True)
    for number in ("A-012", "A-013"):
        printer.print_slip(make_slip(number=number), job_id=number)
    assert [paper.text.count("A-0") for paper in pretend.wait_for_papers(2)] == [1, 1]


def test_a_slip_that_is_still_being_printed_is_not_called_confirmed(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(slow_mechanics=6)
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("unknown", "busy")
    assert pretend.papers == []  # it was well and answered: yet nothing was cut so far
    pretend.clear()
    assert len(pretend.wait_for_papers(1)) == 1  # nothing was taken back: the citizen still stands there


def test_slow_mechanics_that_get_through_are_confirmed(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(slow_mechanics=40)
    assert printer.print_slip(make_slip(), job_id="1").state == "confirmed"
    assert len(pretend.papers) == 1


def test_a_knife_that_sticks_at_the_end_is_no_confirmed_paper(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(cutter_jams=True)
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("unknown", "cutter_error")
    assert "A-012" in pretend.device.unfinished.text


def test_a_printer_switched_off_and_on_in_the_slip_prints_it_no_more(pretend: PretendPrinter, printer: Printer) -> None:
    pretend.set(power_cycle_mid_slip=WHOLE - 60)
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert (outcome.state, outcome.reason) == ("unknown", "dropped")
    pretend.clear()
    assert printer.print_slip(make_slip(copy=1), job_id="2").state == "confirmed"
    assert [("A-012" in p.text, COPY_MARK in p.text) for p in pretend.papers] == [(True, False), (True, True)]


@pytest.mark.parametrize("fault", ["vanished", "hanging"])
def test_a_printer_whose_cable_is_out_holds_nobody(pretend: PretendPrinter, printer: Printer, fault: str) -> None:
    pretend.set(**{fault: True})
    began = time.monotonic()
    outcome = printer.print_slip(make_slip(), job_id="1")
    assert time.monotonic() - began < 5
    wanted = {"vanished": ("failed", "unreachable"), "hanging": ("unknown", "silent")}[fault]
    assert (outcome.state, outcome.reason) == wanted
    pretend.clear()
    assert printer.print_slip(make_slip(number="A-013"), job_id="2").state == "confirmed"


@pytest.mark.parametrize("abandon", [True, False])
def test_what_a_full_printer_did_not_take_is_not_delivered_later(pretend: PretendPrinter, abandon: bool) -> None:
    pretend.set(hanging=True)
    host, _, port = pretend.address.partition(":")
    line = NetworkLine(host, int(port), 1.0)
    with pytest.raises(LineFault) as fault:
        line.write(b"A-012\n" * 3_500_000, time.monotonic() + 0.3)
    line.close(abandon=abandon)
    pretend.clear()
    until = time.monotonic() + 30
    while pretend.busy and time.monotonic() < until:  # until the connection has ended, in whatever way
        time.sleep(0.02)
    assert not pretend.busy
    assert len(pretend.received[0]) < fault.value.accepted


def test_a_late_answer_about_the_slip_before_does_not_confirm_this_one(
    pretend: PretendPrinter, printer: Printer
) -> None:
    assert printer.print_slip(make_slip(number="A-011"), job_id="0").state == "confirmed"
    pretend.set(slow_mechanics=3)
    assert printer.print_slip(make_slip(), job_id="1").reason == "busy"
    second = printer.print_slip(make_slip(number="A-013"), job_id="2")
    assert (second.state, second.reason) == ("failed", "busy")  # the first is still coming out: nothing was sent
    pretend.clear()
    assert printer.print_slip(make_slip(number="A-014"), job_id="3").state == "confirmed"
    assert [n for n in ("A-011", "A-012", "A-013", "A-014") if any(n in p.text for p in pretend.papers)] == [
        "A-011",
        "A-012",
        "A-014",
    ]

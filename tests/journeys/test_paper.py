"""Paper in trouble: the kiosk's answer stays quick, the ticket is kept, the state is told, no slip comes twice."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from adapters.printers.pretend import PretendPrinter
from tests.live import HALL, LiveHall, close_hall, open_hall

SETTLED_S = 15.0


@pytest.fixture(scope="module")
def hall_with_printer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHall]:
    """One served hall whose printer is broken in turn."""
    with PretendPrinter() as printer:
        hall = open_hall(tmp_path_factory.mktemp("paper"), printer)
        try:
            yield hall
        finally:
            close_hall(hall)


@pytest.fixture
def live(hall_with_printer: LiveHall) -> Iterator[LiveHall]:
    """The hall with a printer that is well again before and after."""
    hall_with_printer.printer.clear()
    yield hall_with_printer
    hall_with_printer.printer.clear()


def take(live: LiveHall) -> tuple[dict[str, object], float]:
    """A citizen takes a number; how long the kiosk waited for the answer, in seconds."""
    began = time.monotonic()
    answer = live.api("POST", f"/halls/{HALL}/tickets", "kiosk", json={"service": "ktp", "confirm": True})
    took = time.monotonic() - began
    assert answer.status_code == 201, answer.text
    return dict(answer.json()), took


def slip_when_settled(live: LiveHall, ticket: object) -> dict[str, object]:
    """What is told of the slip once its outcome is known."""
    until = time.monotonic() + SETTLED_S
    while time.monotonic() < until:
        told = dict(live.api("GET", f"/tickets/{ticket}/slip", "kiosk").json())
        if told["state"] not in ("queued", "sent"):
            return told
        time.sleep(0.1)
    raise AssertionError(f"the slip stayed {told}")


def papers_with(live: LiveHall, number: object) -> int:
    """How many papers carry the number."""
    return sum(1 for paper in live.printer.papers if str(number) in paper.text)


@pytest.mark.parametrize(
    ("faults", "states", "reasons"),
    [
        ({}, {"confirmed"}, {None}),
        ({"refuse": True}, {"failed"}, {"unreachable"}),
        ({"paper_end": True}, {"failed"}, {"paper_end"}),
        ({"cover_open": True}, {"failed"}, {"cover_open"}),
        ({"hanging": True}, {"unknown", "failed"}, {"silent", "busy", "dropped"}),
        ({"silent": True}, {"unknown"}, {"silent"}),
        ({"garbage": b"\xff\x00\xff"}, {"unknown"}, {"garbage"}),
    ],
    ids=["well", "unplugged", "out of paper", "cover open", "hanging", "silent", "garbage"],
)
def test_the_ticket_is_kept_and_the_truth_told(
    live: LiveHall, faults: dict[str, object], states: set[str], reasons: set[str | None]
) -> None:
    live.printer.set(**faults)
    ticket, took = take(live)
    assert took < 2.0, "the kiosk's answer waits for no printer"
    told = slip_when_settled(live, ticket["id"])
    assert told["state"] in states and told["reason"] in reasons, told
    phone = live.api("GET", "/../.." + f"{ticket['status_url']}/state", "kiosk").json()
    assert phone["state"] == "waiting"  # whatever the paper does, the number stands
    live.printer.clear()
    time.sleep(2.5)  # the courier looks again: nothing may come out now
    assert papers_with(live, ticket["number"]) <= 1


def test_a_reprint_is_marked_and_only_on_request(live: LiveHall) -> None:
    live.printer.set(paper_end=True)
    ticket, _ = take(live)
    assert slip_when_settled(live, ticket["id"])["state"] == "failed"
    live.printer.clear()
    assert papers_with(live, ticket["number"]) == 0
    again = live.api("POST", f"/tickets/{ticket['id']}/reprint", "kiosk")
    assert again.status_code in (200, 201, 202), again.text
    assert slip_when_settled(live, ticket["id"])["state"] == "confirmed"
    [paper] = [p for p in live.printer.papers if str(ticket["number"]) in p.text]
    assert "CETAK ULANG" in paper.text.upper() or "SALINAN" in paper.text.upper()
    assert live.command("verify").returncode == 0

"""Couriers: what follows the journal does its errand, tells the truth, and its failure never stops the line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from adapters.printers.pretend import PretendPrinter
from app.couriers import Courier, Couriers, Nudger, PrintCourier
from hall.database import Database, sqlite_url
from hall.places import Printer, places
from queueing import slips
from queueing.issuing import issue
from queueing.tickets import find_ticket
from staffing import presence
from staffing.facts import outages
from tests.cast import CONSOLE, KIOSK, MELATI, TUESDAY_MORNING
from tests.clock import HandClock
from web.ground import News


class Ears:
    """Stands where the socket server would: hears the nudges."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []

    def emit(self, event: str, data: dict[str, Any], *, namespace: str, to: str) -> None:
        """Takes what would be sent."""
        assert event == "nudge" and set(data) == {"hall", "seq"} and data["hall"] == to
        self.heard.append((namespace, data["seq"]))


@pytest.fixture
def clock() -> HandClock:
    """A Tuesday morning."""
    return HandClock(TUESDAY_MORNING)


@pytest.fixture
def other_process(blora: Database) -> Iterator[Database]:
    """The same file, opened as another process would."""
    other = Database(sqlite_url(blora.path))
    yield other
    other.close()


def take_number(db: Database, clock: HandClock) -> dict[str, object]:
    """A citizen at kiosk-1."""
    return issue(db, "blora", "ktp", actor=KIOSK, now=clock.now(), confirm=True, kiosk="kiosk-1")


def print_courier(db: Database, clock: HandClock, pretend: PretendPrinter) -> PrintCourier:
    """The courier of Blora's printer, which is the pretend one."""
    with db.reading() as connection:
        code = next(iter(places(db, connection, "blora").printers))
    place = Printer(code, "network", pretend.address, 80, "kiosk-1")
    return PrintCourier(db, clock, "blora", place, "https://antre.example")


def state_of(db: Database, ticket: dict[str, object]) -> tuple[str, str | None]:
    """The slip's state and reason."""
    with db.reading() as connection:
        job = slips.slip_of(connection, str(ticket["id"]))
    assert job is not None
    return job.state, job.reason


def test_a_slip_is_printed_and_confirmed(blora: Database, clock: HandClock) -> None:
    with PretendPrinter() as pretend:
        courier = print_courier(blora, clock, pretend)
        ticket = take_number(blora, clock)
        assert state_of(blora, ticket) == ("queued", None)
        courier.step()
        assert state_of(blora, ticket) == ("confirmed", None)
        [paper] = pretend.wait_for_papers(1)
        assert "B-001" in paper.text and paper.qr == [f"https://antre.example{ticket['status_url']}"]
        courier.step()
        assert len(pretend.papers) == 1


def test_half_a_slip_from_before_the_restart_is_cut_off(blora: Database, clock: HandClock) -> None:
    with PretendPrinter() as pretend:
        for number, broken in ((1, False), (2, True), (3, False), (4, False)):
            if number == 3:
                pretend.set(refuse=True)  # one that surely left no paper changes nothing about the half one
                ticket = take_number(blora, clock)
                print_courier(blora, clock, pretend).step()
                assert state_of(blora, ticket)[0] == "failed"
            pretend.set(refuse=False, drop_mid_slip=300 if broken else None)
            take_number(blora, clock)
            print_courier(blora, clock, pretend).step()
        shown = [[f"B-00{n}" for n in range(1, 6) if f"B-00{n}" in paper.text] for paper in pretend.papers]
    assert shown == [["B-001"], ["B-002"], ["B-004"], ["B-005"]]


def test_half_a_slip_is_no_concern_of_another_printer(blora: Database, clock: HandClock) -> None:
    take_number(blora, clock)
    with blora.reading() as connection:
        code = next(iter(places(blora, connection, "blora").printers))
        assert not slips.may_hang_half(connection, "blora", code)
    slips.take_next(blora, "blora", code, now=clock.now())
    with blora.reading() as connection:
        assert slips.may_hang_half(connection, "blora", code)
        assert not slips.may_hang_half(connection, "blora", "lain")


def test_a_stale_slip_is_not_printed_unasked(blora: Database, clock: HandClock) -> None:
    with PretendPrinter() as pretend:
        courier = print_courier(blora, clock, pretend)
        ticket = take_number(blora, clock)
        clock.move(minutes=10)
        courier.step()
        assert state_of(blora, ticket) == ("failed", "stale")
        assert pretend.papers == []


def test_a_slip_handed_out_without_a_word_becomes_unknown_and_the_ticket_stays(
    blora: Database, clock: HandClock
) -> None:
    ticket = take_number(blora, clock)
    with blora.reading() as connection:
        code = next(iter(places(blora, connection, "blora").printers))
    assert slips.take_next(blora, "blora", code, now=clock.now()) is not None
    clock.move(seconds=31)
    couriers = Couriers(blora, clock, Ears(), "https://antre.example")
    couriers.keep_house()
    couriers.dismiss()
    assert state_of(blora, ticket) == ("unknown", "no_report")
    with blora.reading() as connection:
        assert find_ticket(connection, str(ticket["id"])).state == "waiting"


def test_what_the_printer_says_of_itself_is_kept(blora: Database, clock: HandClock) -> None:
    with PretendPrinter() as pretend:
        courier = print_courier(blora, clock, pretend)
        pretend.set(paper_near_end=True)
        courier.step()
        with blora.reading() as connection:
            told = slips.printers_now(connection, "blora", clock.now())[courier.place.code]
        assert (told["state"], told["reason"]) == ("low", "paper_low")


def test_the_nudger_tells_what_this_process_wrote_and_what_others_wrote(
    blora: Database, other_process: Database, clock: HandClock
) -> None:
    ears = Ears()
    nudger = Nudger(blora, ears)
    nudger.step()
    ears.heard.clear()
    blora.heard.append(nudger.heard)
    take_number(blora, clock)
    nudger.step()
    assert {namespace for namespace, _ in ears.heard} == {"/display", "/counter", "/admin", "/ticket"}
    ears.heard.clear()
    take_number(other_process, clock)  # another process on the same file
    nudger._looked = 0.0
    nudger.step()
    assert ears.heard, "what another process wrote is told at the next look"
    ears.heard.clear()
    nudger._looked = 0.0
    nudger.step()
    assert ears.heard == [], "and told once"


def test_a_line_about_paper_does_not_wake_the_displays(blora: Database, clock: HandClock) -> None:
    ears = Ears()
    nudger = Nudger(blora, ears)
    nudger.heard("blora", 5, frozenset({"slip_confirmed"}))
    nudger.step()
    assert ears.heard == []
    nudger.heard("blora", 6, frozenset({"slip_confirmed", "ticket_called"}))
    nudger.step()
    assert ("/display", 6) in ears.heard


def test_a_line_about_paper_leaves_what_displays_show_as_it_was(blora: Database) -> None:
    news: News = {}
    nudger = Nudger(blora, Ears(), news)
    nudger.heard("blora", 5, frozenset({"ticket_called"}))
    nudger.heard("blora", 6, frozenset({"slip_sent"}))
    nudger.heard("blora", 7, frozenset({"slip_confirmed"}))
    assert (news["blora"].line, news["blora"].shown) == (7, 5)
    nudger.heard("blora", 8, frozenset({"slip_sent", "ticket_issued"}))
    assert (news["blora"].line, news["blora"].shown) == (8, 8)


def test_what_is_heard_late_does_not_send_the_screens_back(blora: Database) -> None:
    ears = Ears()
    nudger = Nudger(blora, ears)
    for line in (12, 11):  # both had one commit, and whoever wrote the second was quicker to say so
        nudger.heard("blora", line, frozenset({"ticket_called"}))
        nudger.step()
    assert [seq for namespace, seq in ears.heard if namespace == "/display"] == [12, 12]


def test_where_another_process_may_have_written_between_nothing_is_taken_for_unchanged(blora: Database) -> None:
    ears, news = Ears(), News()
    nudger = Nudger(blora, ears, news)
    nudger.heard("blora", 5, frozenset({"slip_sent"}))
    nudger.step()
    assert ("/display", 5) not in ears.heard
    nudger.heard("blora", 7, frozenset({"slip_confirmed"}))  # line 6 was written elsewhere: it may have been a call
    assert news["blora"].shown == 7
    nudger.step()
    assert ("/display", 7) in ears.heard


def test_a_board_that_cannot_be_made_ahead_does_not_hold_up_the_news(blora: Database) -> None:
    def breaks(hall: str) -> None:
        raise RuntimeError(f"no board for {hall}")

    ears = Ears()
    nudger = Nudger(blora, ears, prepare=breaks)
    nudger.heard("blora", 5, frozenset({"ticket_called"}))
    nudger.step()
    assert ("/display", 5) in ears.heard


def test_the_steward_finds_a_silent_console_and_ends_yesterday(blora: Database, clock: HandClock) -> None:
    presence.sign_in(blora, "blora", "1", MELATI.nip, actor=CONSOLE, now=clock.now())
    waiting = take_number(blora, clock)
    couriers = Couriers(blora, clock, Ears(), "https://antre.example")
    clock.move(minutes=2)
    couriers.keep_house()
    with blora.reading() as connection:
        assert [r.what for r in connection.execute(outages.select())] == ["counter:1"]
    clock.move(days=1)
    couriers.keep_house()
    couriers.dismiss()
    with blora.reading() as connection:
        assert find_ticket(connection, str(waiting["id"])).state == "expired"
        assert presence.open_sessions(connection, "blora") == []


def test_a_courier_that_fails_tries_again() -> None:
    tried, twice = [], threading.Event()

    def step() -> float:
        tried.append(1)
        if len(tried) == 1:
            raise RuntimeError("the first time goes wrong")
        twice.set()
        return 60.0

    courier = Courier("test", step)
    courier.start()
    try:
        courier.wake()
        assert twice.wait(10)
    finally:
        courier.stop()

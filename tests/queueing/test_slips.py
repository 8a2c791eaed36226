"""Slips: handed out once, told honestly, and never at the cost of a ticket."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hall.database import Database
from hall.errors import Refusal
from hall.hallfile import read_hall_file
from hall.journal import since
from hall.setup import StaffTables, load_hall
from queueing import calling, slips
from queueing.issuing import issue
from queueing.slips import PrintJob
from queueing.tickets import find_ticket
from staffing import facts
from tests.cast import CONSOLE, CONTOH_FILE, KIOSK, TUESDAY_BEFORE_OPENING, TUESDAY_MORNING

NOW, SOON, LATE = TUESDAY_MORNING, TUESDAY_MORNING + timedelta(seconds=20), TUESDAY_MORNING + timedelta(seconds=61)
PRINTER = '[[printer]]\ncode = "p1"\nkind = "network"\naddress = "127.0.0.1:9"\nwidth_mm = 80\n\n[[holiday]]'


@pytest.fixture(params=["sqlite", "postgresql"])
def hall(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """The small hall with one printer."""
    db: Database = request.getfixturevalue("db" if request.param == "sqlite" else "postgres")
    (tmp_path / "hall.toml").write_text(CONTOH_FILE.read_text().replace("[[holiday]]", PRINTER))
    tables = StaffTables(facts.roster, facts.posts)
    load_hall(db, read_hall_file(tmp_path / "hall.toml"), tables, actor="system", now=TUESDAY_BEFORE_OPENING)
    return db


def ticket(db: Database) -> str:
    given = issue(db, "contoh", "ktp", actor=KIOSK, now=NOW, confirm=True)
    assert given["slip"] == {"state": "queued"}
    return str(given["id"])


def handed(db: Database, now: Any = SOON) -> PrintJob:
    job = slips.take_next(db, "contoh", "p1", now=now)
    assert job is not None
    return job


def slip(db: Database, ticket_id: str) -> PrintJob:
    with db.reading() as connection:
        found = slips.slip_of(connection, ticket_id)
    assert found is not None
    return found


def refused(verb: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(Refusal) as fault:
        verb(*args, **more)
    return fault.value.code


def kinds(db: Database) -> list[str]:
    with db.reading() as connection:
        return [line.kind for line in since(connection, "contoh", 0) if line.kind.startswith(("slip", "printer"))]


def test_slips_are_handed_out_in_order_and_marked_sent_before_a_byte_leaves(hall: Database) -> None:
    first, second = ticket(hall), ticket(hall)
    with hall.reading() as connection:
        assert slips.waiting_jobs(connection, "contoh", "p1") == 2
    for wanted in (first, second):
        job = handed(hall)
        assert (job.ticket, job.state, job.sent, job.copy) == (wanted, "sent", SOON, 0)
        assert slip(hall, wanted).state == "sent"
    assert slips.take_next(hall, "contoh", "p1", now=SOON) is None


def test_each_slip_is_handed_out_once_however_many_ask(hall: Database) -> None:
    wanted = {ticket(hall) for _ in range(10)}
    with ThreadPoolExecutor(8) as drivers:
        jobs = list(drivers.map(lambda _: slips.take_next(hall, "contoh", "p1", now=SOON), range(16)))
    got = [job.ticket for job in jobs if job is not None]
    assert len(got) == 10 and set(got) == wanted


def test_a_stale_slip_is_not_printed_unasked_and_its_ticket_stays(hall: Database) -> None:
    old = ticket(hall)
    assert slips.take_next(hall, "contoh", "p1", now=LATE) is None
    assert (slip(hall, old).state, slip(hall, old).reason) == ("failed", "stale")
    with hall.reading() as connection:
        assert find_ticket(connection, old).state == "waiting"
    again = slips.reprint(hall, old, actor=KIOSK, now=LATE)
    assert handed(hall, LATE).id == again.id


def test_a_stale_slip_does_not_hold_up_a_fresh_one(hall: Database) -> None:
    ticket(hall)
    fresh = issue(hall, "contoh", "ktp", actor=KIOSK, now=LATE, confirm=True)
    assert handed(hall, LATE).ticket == fresh["id"]


@pytest.mark.parametrize("outcome", ["confirmed", "failed", "unknown"])
def test_an_outcome_is_kept_and_told_once(hall: Database, outcome: str) -> None:
    mine = ticket(hall)
    job = handed(hall)
    for _ in range(2):
        told = slips.report(hall, job.id, outcome, "paper_out", "x" * 400, actor="printer:p1", now=SOON)
        assert (told.state, told.reason, told.ended) == (outcome, "paper_out", SOON)
        assert told.detail == "x" * 300
    assert kinds(hall).count({"unknown": "slip_left_unknown"}.get(outcome, f"slip_{outcome}")) == 1
    with hall.reading() as connection:
        assert find_ticket(connection, mine).state == "waiting"  # nothing is cancelled because a printer was silent


def test_another_outcome_later_is_refused_except_after_unknown(hall: Database) -> None:
    ticket(hall), ticket(hall)
    first, second = handed(hall), handed(hall)
    slips.report(hall, first.id, "confirmed", None, None, actor="printer:p1", now=SOON)
    assert refused(slips.report, hall, first.id, "failed", "x", None, actor="p", now=SOON) == "already_reported"
    slips.report(hall, second.id, "unknown", "silent", None, actor="printer:p1", now=SOON)
    assert slips.report(hall, second.id, "confirmed", None, None, actor="p", now=SOON).state == "confirmed"


def test_what_cannot_be_reported_is_refused(hall: Database) -> None:
    ticket(hall)
    with hall.reading() as connection:
        queued = slips.find_job(connection, slip(hall, ticket(hall)).id)
    assert refused(slips.report, hall, queued.id, "confirmed", None, None, actor="p", now=NOW) == "already_reported"
    assert refused(slips.report, hall, queued.id, "eaten", None, None, actor="p", now=NOW) == "bad_outcome"
    assert refused(slips.report, hall, "no-such", "failed", None, None, actor="p", now=NOW) == "unknown_job"
    assert refused(slips.take_next, hall, "contoh", "p9", now=NOW) == "unknown_printer"
    assert refused(slips.take_next, hall, "tiada", "p1", now=NOW) == "unknown_hall"


def test_a_slip_without_a_word_becomes_unknown_after_a_while(hall: Database) -> None:
    mine = ticket(hall)
    handed(hall)
    wait = timedelta(seconds=30)
    assert slips.give_up(hall, "contoh", now=SOON + wait, after=wait) == 0
    assert slips.give_up(hall, "contoh", now=SOON + wait * 2, after=wait) == 1
    assert slips.give_up(hall, "contoh", now=SOON + wait * 3, after=wait) == 0
    assert (slip(hall, mine).state, slip(hall, mine).reason) == ("unknown", "no_report")


def test_a_reprint_is_another_paper_marked_as_one(hall: Database) -> None:
    mine = ticket(hall)
    assert refused(slips.reprint, hall, mine, actor=KIOSK, now=NOW) == "still_printing"
    slips.report(hall, handed(hall).id, "confirmed", None, None, actor="p", now=SOON)
    again = slips.reprint(hall, mine, actor=KIOSK, now=SOON)
    assert (again.copy, again.state) == (1, "queued")
    original = dict(again.facts)
    paper = slips.paper_of(again, "https://antre.contoh.example")
    assert (paper["copy"], paper["number"]) == (1, "A-001")
    assert paper["url"] == "https://antre.contoh.example" + original["path"] and "path" not in paper
    assert again.facts == original  # reading it for paper takes nothing away


def test_two_touches_on_reprint_are_one_paper(hall: Database) -> None:
    mine = ticket(hall)
    slips.report(hall, handed(hall).id, "confirmed", None, None, actor="p", now=SOON)

    def touch(_: int) -> str:
        try:
            return slips.reprint(hall, mine, actor=KIOSK, now=SOON).id
        except Refusal as no:
            return no.code

    with ThreadPoolExecutor(4) as fingers:
        got = list(fingers.map(touch, range(4)))
    assert got.count("still_printing") == 3


def test_no_paper_for_a_ticket_that_has_ended_or_never_was(hall: Database) -> None:
    mine = ticket(hall)
    calling.cancel(hall, mine, actor=CONSOLE, now=NOW)
    assert refused(slips.reprint, hall, mine, actor=KIOSK, now=NOW) == "illegal_move"
    assert refused(slips.reprint, hall, "no-such", actor=KIOSK, now=NOW) == "unknown_ticket"


def test_a_hall_without_a_printer_has_no_slips(contoh: Database) -> None:
    given = issue(contoh, "contoh", "ktp", actor=KIOSK, now=NOW, confirm=True)
    assert given["slip"] == {"state": "none"}
    assert refused(slips.reprint, contoh, given["id"], actor=KIOSK, now=NOW) == "no_printer"


def test_what_a_printer_says_of_itself_is_kept_and_only_changes_are_told(hall: Database) -> None:
    for state, reason in (("ready", None), ("ready", None), ("trouble", "cover_open"), ("trouble", "paper_out")):
        slips.note_printer(hall, "contoh", "p1", state, reason, now=SOON)
    assert kinds(hall) == ["printer_changed"] * 3
    with hall.reading() as connection:
        assert slips.printers_now(connection, "contoh", SOON) == {
            "p1": {"state": "trouble", "reason": "paper_out", "since": SOON, "seen": SOON}
        }
    assert refused(slips.note_printer, hall, "contoh", "p9", "ready", None, now=SOON) == "unknown_printer"


def test_a_slip_that_nobody_fetched_fails_when_its_time_is_over(hall: Database) -> None:
    mine = ticket(hall)
    late = NOW + timedelta(seconds=60)
    assert slips.give_up(hall, "contoh", now=late, after=timedelta(seconds=30)) == 0
    assert slips.give_up(hall, "contoh", now=late + timedelta(seconds=1), after=timedelta(seconds=30)) == 1
    assert (slip(hall, mine).state, slip(hall, mine).reason) == ("failed", "stale")


def test_a_printer_that_was_well_and_is_not_heard_of_any_more_is_silent(hall: Database) -> None:
    def seen(after: timedelta) -> tuple[str, str | None]:
        with hall.reading() as connection:
            said = slips.printers_now(connection, "contoh", SOON + after)["p1"]
        return said["state"], said["reason"]

    slips.note_printer(hall, "contoh", "p1", "ready", None, now=SOON)
    assert seen(timedelta(minutes=1)) == ("ready", None)
    assert seen(timedelta(minutes=1, seconds=1)) == ("trouble", "silent")
    for seconds in range(0, 120, 4):  # it says the same again and again, and that is heard
        slips.note_printer(hall, "contoh", "p1", "ready", None, now=SOON + timedelta(seconds=seconds))
    assert seen(timedelta(minutes=2, seconds=30)) == ("ready", None)
    slips.note_printer(hall, "contoh", "p1", "trouble", "paper_end", now=SOON + timedelta(minutes=3))
    assert seen(timedelta(minutes=30)) == ("trouble", "paper_end")

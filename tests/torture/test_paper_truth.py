"""Printers that break at any moment: what is said of a slip is what came out, and nobody holds nothing unseen."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from hall.database import Database
from hall.journal import journal
from queueing.slips import print_jobs
from queueing.tickets import tickets
from tests.torture.paper_hall import HALL_NAME, TROUBLES, WELL, Kiosk, PaperHall, paper_hall
from tests.torture.strip import Printed, read_strip, run_together
from tests.torture.tally import Tally, size

OF_A_TICKET = {"ticket_issued", "ticket_shown", "slip_sent", "slip_confirmed", "slip_failed", "slip_left_unknown",
               "slip_reprint_ordered"}  # fmt: skip


def let_all_come_out(hall: PaperHall) -> None:
    """Paper in, covers closed, current on: what a printer still holds comes out now."""
    until = time.monotonic() + 20
    for kiosk in hall.kiosks:
        kiosk.mend()
    while time.monotonic() < until and any(kiosk.printer.busy for kiosk in hall.kiosks):
        time.sleep(0.05)


def the_paper_tells_the_truth(hall: PaperHall) -> None:
    """Held against the strips: each number once without a mark, each copy once, and no word about it untrue."""
    with hall.db.reading() as connection:
        jobs = connection.execute(select(print_jobs)).all()
        stored = {row.id: row for row in connection.execute(select(tickets))}
        kinds = connection.execute(select(journal.c.subject, journal.c.kind)).all()
    for kiosk in hall.kiosks:
        mine = {citizen.id: citizen for citizen in kiosk.citizens}
        numbers = {citizen.number for citizen in kiosk.citizens}
        strip = read_strip(kiosk.printer, HALL_NAME, numbers)
        found = Counter((one.number, one.copy) for one in strip)
        where = kiosk.trouble.name
        assert [paper.text for paper in run_together(kiosk.printer, HALL_NAME)] == [], f"{where}: two on one paper"
        assert [one for one, times in found.items() if times > 1] == [], f"{where}: a second paper without a new mark"
        ordered = {(mine[job.ticket].number, job.copy): job for job in jobs if job.ticket in mine}
        assert set(found) <= set(ordered), f"{where}: paper that nobody ordered"
        for (number, copy), job in ordered.items():
            paper = [one for one in strip if (one.number, one.copy) == (number, copy)]
            told = f"{where}: {number} copy {copy} is {job.state} {job.reason} {job.detail}"
            assert job.state in ("confirmed", "failed", "unknown"), told
            if job.state == "confirmed":
                assert paper == [Printed(number, copy, mine[job.ticket].url, True)], told
            elif job.state == "failed":
                assert paper == [], told
    assert {row.state for row in stored.values()} == {"waiting"}, "a printer changed what became of a ticket"
    assert {kind for subject, kind in kinds if subject in stored} <= OF_A_TICKET


def nobody_holds_nothing_unseen(hall: PaperHall) -> None:
    """Confirmed paper, a touch on the screen, or on the list that staff see: every waiting number is one of these."""
    listed = {one["ticket"]: one for one in hall.floor()["paperless"]}
    with hall.db.reading() as connection:
        on_paper = set(
            connection.execute(select(print_jobs.c.ticket).where(print_jobs.c.state == "confirmed")).scalars()
        )
    for kiosk in hall.kiosks:
        for citizen in kiosk.citizens:
            held = citizen.id in on_paper or citizen.touched
            assert held != (citizen.id in listed), f"{kiosk.trouble.name}: {citizen}"


def staff_see_it(hall: PaperHall, kiosk: Kiosk, state: str, reason: str) -> float:
    """Seconds until the coordinator's floor shows the printer so."""
    began = time.monotonic()
    while hall.state_of(kiosk) != (state, reason):
        assert time.monotonic() - began < 60, hall.state_of(kiosk)
        time.sleep(0.1)
    return time.monotonic() - began


def the_couriers_end(hall: PaperHall) -> float:
    """Seconds until nobody drives a printer any more, while all of them hang and three people wait at each."""
    for kiosk in hall.kiosks:
        kiosk.printer.set(hanging=True)
        for _ in range(3):
            kiosk.post("/halls/blora/tickets", {"service": "ktp", "confirm": True})
    began = time.monotonic()
    hall.couriers.stop()
    took = time.monotonic() - began
    assert took < 30, "each printer was waited for in turn"
    return took


def test_printers_that_break_at_any_moment(blora: Database, tmp_path: Path, tally: Tally) -> None:
    each = size(6, 50)
    with paper_hall(blora, tmp_path, (WELL, *TROUBLES)) as hall:
        hall.serve(each)
        well = hall.kiosks[0].citizens
        assert {citizen.told for citizen in well} == {"confirmed"}, "a sick printer held up the one that is well"
        let_all_come_out(hall)
        low = next(kiosk for kiosk in hall.kiosks if kiosk.trouble.name == "near-end")
        low.printer.set(paper_near_end=True)
        seen = staff_see_it(hall, low, "low", "paper_low")
        tally.add(histories=1, faults=sum(kiosk.faults for kiosk in hall.kiosks), tickets=each * len(hall.kiosks))
        the_paper_tells_the_truth(hall)
        nobody_holds_nothing_unseen(hall)
        assert seen < 10
        everybody = [citizen for kiosk in hall.kiosks for citizen in kiosk.citizens]
        slowest = max(everybody, key=lambda one: one.told_s)
        tally.note(
            f"number and QR after {max(one.answer_s for one in everybody):.2f} s at most, whatever the printer did"
        )
        tally.note(f"what became of the slip after {slowest.told_s:.1f} s at most ({slowest.told})")
        tally.note(f"paper low on the coordinator's floor after {seen:.1f} s")
        tally.note(f"slips of the printer that was well: {max(one.told_s for one in well):.1f} s at most")
        tally.note(f"the couriers end after {the_couriers_end(hall):.1f} s, with ten printers that hang")
    tally.verified(blora)

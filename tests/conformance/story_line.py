"""The line's story: a hall is set up, numbers are given, called and moved, slips printed, people sit and leave."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hall.hallfile import HallFile, read_hall_file
from hall.setup import StaffTables, load_hall
from queueing import calling, day_end, slips
from queueing.issuing import issue
from queueing.paperless import note_shown
from staffing import facts, presence
from tests.cast import BIMA, CONTOH_FILE, GALIH, KIOSK, SARI, TUESDAY, wib
from tests.conformance.stage import Stage

MORE = """
[[printer]]
code = "kios-1"
kind = "agent"
kiosk = "k1"

[[escalation]]
stage = "coordinator"
after_minutes = 0
channels = ["koordinator"]

[[escalation]]
stage = "head"
after_minutes = 15
channels = ["kadis"]
"""
STAFF = StaffTables(facts.roster, facts.posts)


def a_file(text: str) -> HallFile:
    """A hall file of this text."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml", encoding="utf-8") as written:
        written.write(text)
        written.flush()
        return read_hall_file(Path(written.name))


def set_up(s: Stage) -> None:
    """The hall comes to be, changes by its file, and does not change by the same file again."""
    first = CONTOH_FILE.read_text(encoding="utf-8") + MORE
    second = first.replace("grace_minutes = 10", "grace_minutes = 12\nno_show_after_recalls = 2").replace(
        'name = "Sari Wening"', 'name = "Sari Wening 🌾 Ñandú"'
    )
    all_of_it = (
        "halls agencies services counters attendance_sources printers officers accounts hours escalations holidays "
        "roster posts"
    )
    s.does(load_hall, "hall_set_up", all_of_it, file=a_file(first), staff=STAFF)
    s.does(load_hall, file=a_file(first), staff=STAFF)
    s.does(load_hall, "hall_set_up", "halls officers accounts", file=a_file(second), staff=STAFF)


def a_morning_of_numbers(s: Stage) -> None:
    """Every verb of the line, on the Tuesday."""
    s.at(wib(TUESDAY, "07:00"))
    s.refuses("closed", issue, service="ktp", actor=KIOSK)
    s.at(wib(TUESDAY, "08:05:55"))
    s.refuses("unstaffed_needs_confirmation", issue, service="ktp", actor=KIOSK)
    s.refuses("unknown_service", issue, service="kawin", actor=KIOSK)
    s.refuses("unknown_hall", issue, hall="entah", service="ktp", actor=KIOSK)
    s.refuses("unknown_priority", issue, service="ktp", priority="raja", actor=KIOSK)
    s.refuses("bad_key", issue, service="ktp", key="kunci baru ✓", actor=KIOSK)
    given = {"actor": KIOSK, "confirm": True, "kiosk": "k1"}
    first = s.once(issue, "ticket_issued", "tickets print_jobs", {"service": "pkb"}, service="ktp", **given)["id"]
    tickets = [first]
    for nr, priority in enumerate(("elderly", None, None, None, None, None)):
        s.at(wib(TUESDAY, "08:06") + timedelta(seconds=7 * nr, microseconds=nr))
        more = {"service": "ktp", "priority": priority, "print_slip": False}
        tickets.append(s.does(issue, "ticket_issued", "tickets", **given | more)["id"])
    paper(s, first, tickets[1])
    seats(s)
    counters(s, tickets)
    s.at(wib(TUESDAY, "15:30"))
    s.does(issue, "ticket_issued", "tickets", service="pkb", history=True, print_slip=False, actor="replay")
    assert s.does(day_end.close_day, f"{'ticket_expired ' * 3}day_closed", "tickets", actor="manager:kelola") == 3


def paper(s: Stage, first: str, unprinted: str) -> None:
    """Slips: taken, reported, reprinted, given up; and what printers say of themselves."""
    s.at(wib(TUESDAY, "08:06:50"))
    s.refuses("unknown_printer", slips.take_next, printer="entah")
    job = s.does(slips.take_next, "slip_sent", "print_jobs", printer="kios-1")
    s.does(slips.take_next, printer="kios-1")
    s.refuses("bad_outcome", slips.report, job_id=job.id, state="habis", reason=None, detail=None)
    s.refuses("unknown_job", slips.report, job_id="entah", state="failed", reason=None, detail=None)
    s.refuses("still_printing", slips.reprint, ticket_id=first)
    told = {"job_id": job.id, "state": "failed", "reason": "paper_end", "detail": "kertas habis ✂ " * 40}
    s.does(slips.report, "slip_failed", "print_jobs", **told)
    s.does(slips.report, **told)
    s.refuses("already_reported", slips.report, **told | {"state": "confirmed"})
    s.refuses("unknown_ticket", slips.reprint, ticket_id="entah")
    s.does(slips.reprint, "slip_reprint_ordered", "print_jobs", ticket_id=first, kiosk="k1")
    s.refuses("no_printer", slips.reprint, ticket_id=unprinted)
    s.does(slips.reprint, "slip_reprint_ordered", "print_jobs", ticket_id=unprinted, kiosk="k1")
    s.at(wib(TUESDAY, "08:07"))
    again = s.does(slips.take_next, "slip_sent", "print_jobs", printer="kios-1")
    s.does(slips.give_up, after=timedelta(minutes=5))
    s.at(wib(TUESDAY, "08:07:55"))  # the other one has grown stale
    s.does(slips.take_next, "slip_failed", "print_jobs", printer="kios-1")
    s.at(wib(TUESDAY, "08:14"))
    assert s.does(slips.give_up, "slip_left_unknown", "print_jobs", after=timedelta(minutes=5)) == 1
    s.does(slips.report, "slip_confirmed", "print_jobs", job_id=again.id, state="confirmed", reason=None, detail=None)
    s.refuses("bad_sight", note_shown, ticket_id=first, how="dilihat")
    s.refuses("unknown_ticket", note_shown, ticket_id="entah", how="left")
    s.does(note_shown, "ticket_shown", ticket_id=first, how="left")
    s.does(note_shown, "ticket_shown", ticket_id=first, how="touched")
    s.does(note_shown, ticket_id=first, how="left")
    s.refuses("unknown_printer", slips.note_printer, printer="entah", state="ready", reason=None)
    s.does(slips.note_printer, "printer_changed", "printer_states", printer="kios-1", state="ready", reason=None)
    s.at(wib(TUESDAY, "08:15"))
    s.does(slips.note_printer, "", "printer_states", printer="kios-1", state="ready", reason=None)
    s.does(slips.note_printer, "printer_changed", "printer_states", printer="kios-1", state="fault", reason="paper_end")


def seats(s: Stage) -> None:
    """Presence: in, pause, beat, silent, out."""
    s.at(wib(TUESDAY, "08:16"))
    s.refuses("unknown_counter", presence.sign_in, counter="9", officer=SARI.nip)
    s.refuses("unknown_officer", presence.sign_in, counter="1", officer="1")
    for verb, more in ((presence.sign_out, {}), (presence.pause, {"reason": "salat"}), (presence.heartbeat, {}),
                       (presence.unpause, {}), (calling.call, {})):  # fmt: skip
        s.refuses("not_signed_in", verb, counter="1", **more)
        s.refuses("unknown_counter", verb, counter="9", **more)
    s.does(presence.sign_in, "signed_in", "sessions desks", counter="1", officer=SARI.nip)
    s.refuses("counter_taken", presence.sign_in, counter="1", officer=BIMA.nip)
    s.refuses("officer_elsewhere", presence.sign_in, counter="2", officer=SARI.nip)
    s.does(presence.sign_in, "signed_in", "sessions desks", counter="2", officer=BIMA.nip, beats=False)
    s.does(presence.sign_in, "signed_in", "sessions desks", counter="3", officer=GALIH.nip)
    s.at(wib(TUESDAY, "08:16:20"))
    s.does(presence.sign_in, "", "sessions", counter="1", officer=SARI.nip)
    s.does(presence.heartbeat, "", "sessions", counter="3")
    s.does(presence.heartbeat, "", "", counter="2")
    assert s.does(presence.find_lost_consoles) == 0
    s.refuses("not_paused", presence.unpause, counter="1")
    s.does(presence.pause, "paused", "pauses desks", counter="1", reason="salat 🕌 " * 40)
    s.refuses("already_paused", presence.pause, counter="1", reason="lagi")
    s.refuses("paused", calling.call, counter="1")
    s.at(wib(TUESDAY, "08:17"))
    assert s.does(presence.find_lost_consoles, "outage_began outage_began", "outages desks") == 2
    s.refuses("console_lost", calling.call, counter="3")
    s.does(presence.heartbeat, "outage_ended", "sessions outages desks", counter="3")
    s.does(presence.unpause, "outage_ended unpaused", "pauses sessions outages desks", counter="1")
    s.does(presence.sign_out, "signed_out", "sessions desks", counter="3")


def counters(s: Stage, tickets: list[str]) -> None:
    """Calls and every move, in and out of turn."""
    s.at(wib(TUESDAY, "08:20"))
    first = s.once(calling.call, "ticket_called", "tickets desks", {"counter": "2"}, counter="1")["id"]
    assert first == tickets[1]  # the elderly one
    s.refuses("still_serving", calling.call, counter="1")
    s.refuses("still_serving", presence.pause, counter="1", reason="salat")
    s.refuses("still_serving", presence.sign_out, counter="1")
    for verb in (calling.start, calling.finish, calling.no_show, calling.hold, calling.resume, calling.recall,
                 calling.cancel, calling.withdraw, calling.transfer):  # fmt: skip
        more = {"service": "pkb"} if verb is calling.transfer else {}
        s.refuses("unknown_ticket", verb, ticket_id="entah", **more)
        s.refuses("other_counter", verb, ticket_id=first, counter="2", **more)
        s.refuses("bad_key", verb, ticket_id=first, key="", **more)
    for verb in (calling.finish, calling.resume, calling.withdraw):
        s.refuses("illegal_move", verb, ticket_id=first)
    s.refuses("service_or_counter", calling.transfer, ticket_id=first)
    s.refuses("unknown_service", calling.transfer, ticket_id=first, service="kawin")
    s.refuses("unknown_counter", calling.transfer, ticket_id=first, to_counter="9")
    s.refuses("same_counter", calling.transfer, ticket_id=first, to_counter="1")
    s.refuses("return_needs_counter", calling.transfer, ticket_id=tickets[4], to_counter="2", back=True)
    someone = {"ticket_id": tickets[2]}
    s.at(wib(TUESDAY, "08:20:30"))
    s.once(calling.recall, "ticket_recalled", "tickets", someone, ticket_id=first, counter="1")
    s.once(calling.start, "ticket_started", "tickets", someone, ticket_id=first, counter="1")
    s.at(wib(TUESDAY, "08:24"))
    away = {"ticket_id": first, "to_counter": "2", "back": True, "counter": "1"}
    s.once(calling.transfer, "ticket_transferred", "tickets", {"to_counter": "4"}, **away)
    s.at(wib(TUESDAY, "08:25"))
    assert s.does(calling.call, "ticket_called", "tickets desks", counter="2")["id"] == first
    s.does(calling.start, "ticket_started", "tickets", ticket_id=first)
    s.once(calling.finish, "ticket_returned", "tickets", someone, ticket_id=first)
    s.wait()
    s.does(calling.call, "ticket_called", "tickets desks", counter="1")
    s.does(calling.start, "ticket_started", "tickets", ticket_id=first)
    s.does(calling.finish, "ticket_finished", "tickets", ticket_id=first)
    s.wait()
    missed = s.does(calling.call, "ticket_called", "tickets desks", counter="1")["id"]
    s.once(calling.no_show, "ticket_missed", "tickets", someone | {"ticket_id": first}, ticket_id=missed)
    s.once(calling.resume, "ticket_resumed", "tickets", {"ticket_id": first}, ticket_id=missed)
    s.wait()
    held = s.does(calling.call, "ticket_called", "tickets desks", counter="1")["id"]
    s.once(calling.hold, "ticket_held", "tickets", {"ticket_id": first}, ticket_id=held)
    s.wait()
    gone = s.does(calling.call, "ticket_called", "tickets desks", counter="1")["id"]
    s.does(calling.recall, "ticket_recalled", "tickets", ticket_id=gone)
    s.does(calling.recall, "ticket_recalled", "tickets", ticket_id=gone)
    s.does(calling.recall, "ticket_missed", "tickets", ticket_id=gone)  # the third time, by the hall's option
    waiting = [t for t in tickets if t not in (first, missed, held, gone)]
    s.once(calling.cancel, "ticket_cancelled", "tickets", {"ticket_id": first}, ticket_id=waiting[0])
    s.once(calling.withdraw, "ticket_cancelled", "tickets", {"ticket_id": first}, ticket_id=waiting[1])
    s.does(calling.resume, "ticket_resumed", "tickets", ticket_id=held)
    s.does(calling.transfer, "ticket_transferred", "tickets", ticket_id=held, service="pkb")
    s.wait()
    s.does(calling.call, "ticket_called", "tickets desks", counter="2")
    s.refuses("illegal_move", slips.reprint, ticket_id=first)


def overnight(s: Stage) -> None:
    """Nobody tidied up: the next day ends what was left, at its own midnight."""
    s.at(wib(TUESDAY, "16:00"))
    s.does(issue, "ticket_issued", "tickets", service="pkb", history=True, print_slip=False, actor="replay")
    s.at(wib("2026-03-04", "00:00:05"))
    s.does(day_end.end_old_days, "ticket_expired", "tickets")
    s.does(day_end.end_old_days)
    s.does(presence.end_day, "signed_out ticket_missed signed_out", "sessions tickets desks")
    s.does(presence.end_day)
    s.refuses("unknown_hall", day_end.close_day, hall="entah", actor="manager:kelola")
    s.refuses("unknown_hall", day_end.end_old_days, hall="entah")


LINE = (set_up, a_morning_of_numbers, overnight)

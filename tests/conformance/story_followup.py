"""The story of what follows from empty counters: what was told of them, flags, messages, cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from staffing import case_moves, outbox, presence
from staffing.case_facts import taken_from
from staffing.case_opening import Order, open_cases
from staffing.cases import Now, Taken
from staffing.flags import open_flags
from staffing.reported import tell, told_of
from staffing.vacancies import vacancies
from staffing.watch import acknowledge, watch
from tests.cast import BIMA, SARI, wib
from tests.conformance.stage import HALL, Stage

RAISED = "flag_raised " * 4 + "flag_escalated " * 4
ESCALATED = "flag_escalated " * 4
ACKNOWLEDGED = "flag_acknowledged message_dropped message_dropped"
CLEARED = "flag_cleared flag_cleared message_dropped"
OPENED = "case_opened"
FRIDAY, THE_DAY = "2026-03-06", date(2026, 3, 6)


def at(clock: str) -> datetime:
    """That time of the Friday."""
    return wib(FRIDAY, clock)


def flags_and_messages(s: Stage) -> None:
    """Nobody comes on Friday: flags go up, rise, are told, taken on and come down."""
    s.at(at("08:05"))
    s.does(watch)
    s.at(at("08:20"))
    s.does(watch, RAISED, "flags messages")
    s.does(watch)
    s.refuses("unknown_hall", watch, hall="entah")
    with s.db.reading() as connection:
        up = open_flags(connection, HALL)
    assert list(up) == ["1", "2", "3", "4"]
    s.does(outbox.follow_for_webhooks, "", "bookmarks", names=["dasbor"])
    first = s.does(outbox.take_message, "", "messages")
    assert first is not None
    s.does(outbox.report_message, "", "messages", message=first, state="failed", fault="tidak tersambung 🔌")
    second = s.does(outbox.take_message, "", "messages")
    s.does(outbox.report_message, "message_sent", "messages", message=second, state="sent")
    s.does(outbox.report_message, message=second, state="failed")  # too late: changes nothing
    s.at(at("08:36"))
    s.does(watch, ESCALATED, "flags messages")
    assert s.does(outbox.follow_for_webhooks, "", "messages bookmarks", names=["dasbor"]) > 0
    third = s.does(outbox.take_message, "", "messages")
    s.at(at("08:38"))
    s.does(outbox.take_message, "message_left_unknown", "messages")  # nobody reported the third
    assert third is not None
    flag = up["1"].id
    s.refuses("unknown_flag", acknowledge, flag="entah", reason="sudah tahu")
    s.refuses("reason_needed", acknowledge, flag=flag, reason=" \n ")
    s.refuses("other_agency", acknowledge, flag=flag, reason="sudah tahu", agency="samsat")
    s.does(acknowledge, ACKNOWLEDGED, "flags messages", flag=flag, reason="Sari  dipanggil\nrapat ☎")
    s.refuses("already_acknowledged", acknowledge, flag=flag, reason="lagi")
    s.does(presence.sign_in, "signed_in", "sessions desks", counter="1", officer=SARI.nip)
    s.does(presence.sign_in, "signed_in", "sessions desks", counter="2", officer=BIMA.nip, beats=False)
    s.does(watch, CLEARED, "flags messages")
    s.refuses("flag_cleared", acknowledge, flag=flag, reason="lagi")


def taken(s: Stage, *counters: str) -> list[Taken]:
    """What was empty on Friday, as it is known now."""
    period = vacancies(s.db, HALL, THE_DAY, THE_DAY, now=s.now)
    return [taken_from(v) for v in period.pieces if v.counter in counters]


def what_was_told(s: Stage) -> None:
    """The Friday's empty counters are told, once."""
    s.at(wib("2026-03-07", "09:00"))
    period = vacancies(s.db, HALL, THE_DAY, THE_DAY, now=s.now)
    assert len(period.pieces) > 3
    given = {"pieces": [(THE_DAY, v) for v in period.pieces], "by": "asked", "seq": period.seq}
    given |= {"known": {}, "actor": "manager:kelola"}
    assert s.does(tell, "vacancies_reported", "reported", **given) == len(period.pieces)
    assert s.does(tell, **given) == 0
    with s.db.reading() as connection:
        known = told_of(connection, HALL, THE_DAY, THE_DAY)
    s.look("told", known)
    s.does(tell, "vacancies_reported", "", **given | {"known": known, "by": "day_closed", "mark": THE_DAY})
    s.refuses("unknown_hall", tell, **given | {"hall": "entah"})


def cases(s: Stage) -> None:
    """A case is opened, asked for, accepted, worked on, closed and opened again when the facts change."""
    s.at(wib("2026-03-12", "09:00"))
    here = taken(s, "1", "2")
    assert here
    order = Order(note="Tolong ditindaklanjuti – segera ⏳", responsible="Sekretaris dinas", due=date(2026, 3, 20))
    given = {"taken": here, "order": order}
    other = {"order": replace(order, note="lain")}
    s.refuses("no_vacancies", open_cases, **given | {"taken": []})
    s.refuses("unknown_case_kind", open_cases, **given | {"order": Order(kind="hukuman")})
    s.refuses("bad_due", open_cases, **given | {"order": Order(due=date(2026, 3, 1))})
    s.refuses("note_too_long", open_cases, **given | {"order": Order(note="x" * 100_000)})
    s.refuses("bad_text", open_cases, **given | {"order": Order(note="a\0b")})
    opened = s.once(open_cases, OPENED, "cases case_pieces case_steps", other, **given)
    s.refuses("already_in_case", open_cases, **given)
    asked = {"taken": taken(s, "3"), "order": Order(requested=True)}
    [wanted] = s.does(open_cases, "case_requested", "cases case_pieces case_steps", **asked)
    both, one = "cases case_steps", {"case_id": opened[0]}
    s.refuses("unknown_case", case_moves.accept, case_id="entah")
    s.refuses("illegal_step", case_moves.accept, **one)
    s.does(case_moves.accept, "case_accepted", both, case_id=wanted, note="ya")
    s.wait()
    s.does(case_moves.assign, "case_assigned", both, **one, responsible="Kepala bidang", due=None)
    s.refuses("responsible_needed", case_moves.assign, **one, responsible=" ", due=None)
    s.refuses("bad_due", case_moves.assign, **one, responsible="Kepala", due=date(2026, 3, 1))
    s.refuses("note_too_long", case_moves.assign, **one, responsible="x" * 201, due=None)
    s.refuses("bad_text", case_moves.assign, **one, responsible="a\0b", due=None)
    meeting = one | {"at": wib("2026-03-13", "10:00"), "place": "Ruang rapat A"}
    s.wait()
    s.does(case_moves.set_meeting, "case_meeting_set", both, **meeting)
    s.refuses("meeting_in_the_past", case_moves.set_meeting, **meeting | {"at": s.now})
    s.refuses("place_needed", case_moves.set_meeting, **meeting | {"place": ""})
    letter = {"kind": "invitation", "names": False, "content": {"judul": "Undangan ✉", "isi": [1, 2.5, None]}}
    s.wait()
    assert s.does(case_moves.keep_draft, "case_letter_drafted", f"{both} case_letters", **one, **letter) == 1
    for verb, line in ((case_moves.answer, "case_answered"), (case_moves.add_note, "case_noted")):
        s.wait()
        s.does(verb, line, both, **one, note="Sudah dibaca 👓")
        s.refuses("note_needed", verb, **one, note="  ")
        s.refuses("unknown_case", verb, case_id="entah", note="ya")
    facts_change(s, opened[0])


def facts_change(s: Stage, case: str) -> None:
    """The end of a case, and its second life."""
    both, one = "cases case_steps", {"case_id": case}
    s.refuses("unknown_result", case_moves.close, **one, result="bagus", note="selesai")
    s.refuses("note_needed", case_moves.close, **one, result="not_needed", note="")
    s.refuses("illegal_step", case_moves.reopen, **one, note="lagi")
    s.wait()
    s.does(case_moves.close, "case_closed", both, **one, result="not_needed", note="selesai")
    s.refuses("illegal_step", case_moves.close, **one, result="not_needed", note="selesai")
    s.refuses("note_needed", case_moves.reopen, **one, note="")
    s.does(case_moves.reopen, "case_reopened", both, **one, note="belum selesai")
    s.wait()
    s.does(case_moves.close, "case_closed", both, **one, result="not_needed", note="selesai")
    found = {1: [Now(at("08:00"), at("08:10"), None)]}
    assert s.does(case_moves.note_facts, "case_facts_changed", f"{both} case_pieces", **one, found=found) is True
    assert s.does(case_moves.note_facts, **one, found=found) is False
    s.refuses("unknown_case", case_moves.note_facts, case_id="entah", found={})
    draft = {"kind": "invitation", "names": False, "content": {}}
    s.refuses("facts_changed", case_moves.keep_draft, **one, **draft)
    s.refuses("nothing_left", case_moves.renew, **one, taken=[])
    s.wait()
    s.does(case_moves.renew, "case_facts_renewed", f"{both} case_pieces", **one, taken=taken(s, "1"))


FOLLOWUP = (flags_and_messages, what_was_told, cases)

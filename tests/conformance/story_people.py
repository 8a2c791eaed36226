"""The people's story: facts, machines and lists, what is entered about officers, roll calls, who looked at whom."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from hall.setup import load_hall
from staffing import absence_list, absences, attendance, deliveries, entries, facts, machines, pins, privacy, rollcall
from staffing.absence_list import AbsenceList, AbsenceRow
from staffing.attendance import Told
from staffing.rollcall import Mark
from staffing.source_keys import new_source_key
from tests.cast import BIMA, CONTOH_FILE, GALIH, SARI, wib
from tests.conformance.stage import MANAGER, SAMSAT_HEAD, Stage
from tests.conformance.story_line import MORE, STAFF, a_file

WEDNESDAY = "2026-03-04"
STRANGER = "198001012006041009"


def plain_facts(s: Stage) -> None:
    """What is written down of a day: absences, punches, closures, outages."""
    s.at(wib(WEDNESDAY, "07:00"))
    away: dict[str, Any] = {"officer": SARI.nip, "kind": "sick", "document": "SKD 12/2026 – Bupati Ñ 🌾"}
    away |= {"start": wib(WEDNESDAY, "00:00"), "end": wib("2026-03-05", "00:00")}
    s.does(facts.record_absence, "absence_recorded", "absences", **away)
    s.refuses("unknown_kind", facts.record_absence, **away | {"kind": "bosan"})
    s.refuses("bad_period", facts.record_absence, **away | {"end": away["start"]})
    s.refuses("unknown_officer", facts.record_absence, **away | {"officer": "1"})
    punch = {"officer": BIMA.nip, "source": "bkd", "at": wib(WEDNESDAY, "06:59:59.123456")}
    assert s.does(facts.record_punch, "punch_recorded", "punches", **punch) is True
    assert s.does(facts.record_punch, **punch) is False
    s.refuses("unknown_source", facts.record_punch, **punch | {"source": "entah"})
    s.refuses("unknown_officer", facts.record_punch, **punch | {"officer": "1"})
    s.does(facts.record_coverage, "source_covered", "coverage", source="bkd", until=s.now)
    s.does(facts.record_coverage, source="bkd", until=s.now)
    s.refuses("unknown_source", facts.record_coverage, source="entah", until=s.now)
    shut = {"scope": "counter:3", "start": wib(WEDNESDAY, "10:00"), "end": wib(WEDNESDAY, "11:00"), "reason": "Listrik"}
    for scope in ("counter:3", "agency:samsat", "hall"):
        s.does(facts.record_closure, "closure_recorded", "closures", **shut | {"scope": scope})
    s.refuses("bad_period", facts.record_closure, **shut | {"end": wib(WEDNESDAY, "09:00")})
    s.refuses("reason_needed", facts.record_closure, **shut | {"reason": " "})
    s.refuses("unknown_counter", facts.record_closure, **shut | {"scope": "counter:9"})
    s.refuses("unknown_agency", facts.record_closure, **shut | {"scope": "agency:pdam"})
    s.refuses("bad_scope", facts.record_closure, **shut | {"scope": "meja"})
    s.does(facts.begin_outage, "outage_began", "outages", what="server")
    s.does(facts.begin_outage, what="server")
    s.refuses("unknown_outage", facts.begin_outage, what="kopi")
    s.refuses("unknown_counter", facts.begin_outage, what="counter:9")
    s.wait(300)
    s.does(facts.end_outage, "outage_ended", "outages", what="server")
    s.refuses("not_down", facts.end_outage, what="server")


def machines_and_lists(s: Stage) -> None:
    """Attendance as it is told by machines: each reading once, strangers aside, PINs, contact, clocks, keys."""
    s.at(wib(WEDNESDAY, "08:00"))
    told = [Told(BIMA.nip, wib(WEDNESDAY, "07:31")), Told("77", wib(WEDNESDAY, "07:32")),
            Told(STRANGER, wib(WEDNESDAY, "07:33"))]  # fmt: skip
    body = deliveries.keep(s.db, "contoh", "list", b"\x00\xff isi", source="bkd", actor="personnel:ani", now=s.now)
    given = {"source": "bkd", "told": told, "actor": "attendance:bkd"}
    first = {"covered_until": wib(WEDNESDAY, "07:45"), "delivery": body, "faults": ["baris 3"], "signature": "ab" * 32}
    s.does(
        attendance.deliver, "strangers_kept punches_recorded source_covered",
        "readings punches coverage deliveries signatures", **given | first,
    )  # fmt: skip
    assert s.does(attendance.deliver, **given).again == 3
    s.refuses("replayed", attendance.deliver, **given | first)
    s.refuses("unknown_source", attendance.deliver, **given | {"source": "entah"})
    s.refuses("bad_who", attendance.deliver, **given | {"told": [Told("a b", s.now)]})
    s.refuses("bad_time", attendance.deliver, **given | {"told": [Told("1", wib("1969-12-31", "23:00"))]})
    s.refuses("bad_time", attendance.deliver, **given | {"told": [Told("1", wib("2039-01-01", "08:00"))]})
    pin = {"source": "bkd", "machine": "", "pin": "77", "officer": SARI.nip}
    assert s.does(pins.assign_pin, "pin_assigned punches_recorded", "pins readings punches", **pin) == 1
    s.does(pins.assign_pin, **pin)
    s.refuses("other_agency", pins.assign_pin, "looks", **pin | {"officer": None, "by": SAMSAT_HEAD})
    s.refuses("unknown_officer", pins.assign_pin, **pin | {"officer": "1"})
    s.refuses("unknown_source", pins.assign_pin, **pin | {"source": "entah"})
    s.refuses("bad_who", pins.assign_pin, **pin | {"pin": ""})
    new = f'[[officer]]\nnip = "{STRANGER}"\nname = "Ågot Tamu"\nagency = "dukcapil"\nstatus = "pns"\nsource = "bkd"\n'
    more = a_file(CONTOH_FILE.read_text(encoding="utf-8") + MORE + new)
    s.does(load_hall, "hall_set_up", "halls officers accounts", file=more, staff=STAFF)
    assert s.does(pins.adopt_known, "punches_recorded", "readings punches", actor="operator:init") == 1
    assert s.does(pins.adopt_known, actor="operator:init") == 0
    one = {"serial": "CKJX-01", "source": "bkd", "name": "Mesin pintu 🚪"}
    s.does(machines.note_unlisted, "machine_refused", "unlisted_machines", serial="CKJX-01")
    s.does(machines.list_machine, "machine_listed", "machines unlisted_machines", **one)
    s.does(machines.list_machine, **one)
    s.refuses("bad_serial", machines.list_machine, **one | {"serial": "a\0b"})
    s.refuses("bad_name", machines.list_machine, **one | {"name": "\0"})
    s.refuses("unknown_source", machines.list_machine, **one | {"source": "entah"})
    for minute in range(7):
        s.at(wib(WEDNESDAY, "08:10") + timedelta(minutes=minute))
        lines = ("source_covered", "machines coverage") if minute == 5 else ("", "machines")
        s.does(machines.note_contact, *lines, serial="CKJX-01", batch=True)
    s.does(machines.note_clock, "machine_clock_wrong", "machines", serial="CKJX-01", newest=wib(WEDNESDAY, "09:00"))
    s.does(machines.note_clock, "machine_clock_right", "machines", serial="CKJX-01", newest=s.now)
    s.at(wib(WEDNESDAY, "09:00"))
    fetched = {"source": "bkd", "serial": "CKJX-01", "until": s.now}
    s.does(machines.note_delivered, **fetched | {"source": "entah"})
    s.does(machines.note_delivered, "source_covered", "machines coverage", **fetched)
    s.does(machines.unlist_machine, "machine_unlisted", "machines", serial="CKJX-01")
    s.refuses("unknown_machine", machines.unlist_machine, serial="CKJX-01")
    s.does(new_source_key, "source_key_made", "source_keys", source="bkd", only=False)
    s.does(new_source_key, "source_key_made", "source_keys", source="bkd", only=True)
    s.refuses("unknown_source", new_source_key, source="entah", only=True)


def what_is_entered(s: Stage) -> None:
    """Absences, plans and posts as people enter them, within their reach."""
    s.at(wib(WEDNESDAY, "10:00"))
    days: dict[str, Any] = {"start": wib("2026-03-09", "00:00"), "end": wib("2026-03-11", "00:00")}
    away: dict[str, Any] = {"officer": BIMA.nip, "kind": "leave", "document": "Cuti 4/2026"} | days
    other, samsat = {"document": "Cuti 5/2026"}, {"by": SAMSAT_HEAD}
    entered = s.once(absences.enter_absence, "absence_recorded", "absences", other, **away)
    s.refuses("already_recorded", absences.enter_absence, **away)
    s.refuses("unknown_kind", absences.enter_absence, **away | {"kind": "bosan"})
    s.refuses("bad_text", absences.enter_absence, **away | {"document": "a\0b"})
    s.refuses("bad_text", absences.enter_absence, **away | {"document": "x" * 101})
    s.refuses("unknown_officer", absences.enter_absence, **away | {"officer": "1"})
    s.refuses("other_agency", absences.enter_absence, "looks", **away | samsat)
    s.refuses("other_agency", absences.enter_absence, **away | samsat)  # the second look of a day is not written again
    changed = {"absence": entered, "kind": "sick", "document": "", "reason": "salah jenis"} | days
    again = s.once(absences.correct_absence, "absence_corrected", "absences", {"kind": "study"}, **changed)
    s.refuses("already_withdrawn", absences.correct_absence, **changed)
    s.refuses("unknown_absence", absences.correct_absence, **changed | {"absence": "entah"})
    s.refuses("reason_needed", absences.correct_absence, **changed | {"reason": ""})
    s.refuses("other_agency", absences.correct_absence, **changed | samsat)
    gone = {"absence": again, "reason": "dibatalkan"}
    s.refuses("reason_needed", absences.withdraw_absence, **gone | {"reason": " "})
    s.refuses("unknown_absence", absences.withdraw_absence, **gone | {"absence": "entah"})
    s.refuses("other_agency", absences.withdraw_absence, **gone | samsat)
    s.does(absences.withdraw_absence, "absence_withdrawn", "absences", **gone)
    s.refuses("already_withdrawn", absences.withdraw_absence, **gone)
    rows = (
        AbsenceRow(2, SARI.nip, "study", date(2026, 3, 16), date(2026, 3, 18), None, None, "ST 1"),
        AbsenceRow(3, BIMA.nip, "permission", date(2026, 3, 16), date(2026, 3, 16), time(8), time(10, 30), ""),
        AbsenceRow(4, "1", "leave", date(2026, 3, 16), date(2026, 3, 16), None, None, ""),
    )
    s.refuses("list_has_faults", absence_list.take_absences, listed=AbsenceList(rows, ()))
    s.refuses("list_unreadable", absence_list.take_absences, listed=AbsenceList((), ()))
    taken = {"listed": AbsenceList(rows, ()), "good_rows": True}
    s.does(absence_list.take_absences, "absence_recorded absence_recorded", "absences", **taken)
    s.does(absence_list.take_absences, **taken)
    plans_and_posts(s)


def plans_and_posts(s: Stage) -> None:
    """Who sits where by date, and which post is filled."""
    samsat = {"by": SAMSAT_HEAD}
    plan = {"officer": SARI.nip, "counter": "4", "first": date(2026, 3, 9), "last": date(2026, 3, 13)}
    plan |= {"days": [0, 2], "start": time(8), "end": time(11, 30), "reason": "loket ramai 📈"}
    made = s.once(entries.plan_officer, "plan_recorded", "roster_entries", {"days": [1]}, **plan)
    s.refuses("already_recorded", entries.plan_officer, **plan)
    s.refuses("bad_period", entries.plan_officer, **plan | {"last": date(2026, 3, 1)})
    s.refuses("bad_hours", entries.plan_officer, **plan | {"end": None})
    s.refuses("bad_text", entries.plan_officer, **plan | {"reason": "a\0b"})
    s.refuses("same_officer", entries.plan_officer, **plan | {"substitute_for": SARI.nip})
    s.refuses("unknown_officer", entries.plan_officer, **plan | {"officer": "1"})
    s.refuses("unknown_counter", entries.plan_officer, **plan | {"counter": "9"})
    s.refuses("other_agency", entries.plan_officer, "looks", **plan | samsat)
    s.refuses("not_planned", entries.plan_officer, **plan | {"substitute_for": BIMA.nip})
    s.does(
        entries.plan_officer, "plan_recorded", "roster_entries",
        officer=BIMA.nip, counter="1", first=date(2026, 3, 9), last=date(2026, 3, 9), substitute_for=SARI.nip,
    )  # fmt: skip
    gone = {"entry": made, "reason": "batal"}
    s.refuses("unknown_entry", entries.withdraw_plan, **gone | {"entry": "entah"})
    s.refuses("reason_needed", entries.withdraw_plan, **gone | {"reason": ""})
    s.refuses("other_agency", entries.withdraw_plan, **gone | samsat)
    s.does(entries.withdraw_plan, "plan_withdrawn", "roster_entries", **gone)
    s.refuses("already_withdrawn", entries.withdraw_plan, **gone)
    post = {"counter": "4", "title": "Operator layanan operasional", "state": "filled", "since": date(2026, 3, 9)}
    change = s.once(entries.change_post, "post_changed", "post_changes", {"state": "vacant"}, **post)
    s.refuses("already_recorded", entries.change_post, **post)
    s.refuses("unknown_state", entries.change_post, **post | {"state": "penuh"})
    s.refuses("bad_text", entries.change_post, **post | {"title": ""})
    s.refuses("unknown_counter", entries.change_post, **post | {"counter": "9"})
    s.refuses("other_agency", entries.change_post, "looks", **post | samsat)
    gone = {"change": change, "reason": "keliru"}
    s.refuses("unknown_entry", entries.withdraw_post_change, **gone | {"change": "entah"})
    s.refuses("reason_needed", entries.withdraw_post_change, **gone | {"reason": ""})
    s.refuses("other_agency", entries.withdraw_post_change, "looks", **gone | samsat)
    s.does(entries.withdraw_post_change, "post_change_withdrawn", "post_changes", **gone)
    s.refuses("already_withdrawn", entries.withdraw_post_change, **gone)


def roll_calls_and_looks(s: Stage) -> None:
    """A phone's ticks, and the list of who looked at whose attendance."""
    s.at(wib(WEDNESDAY, "11:00"))
    ticks = (
        Mark("tanda-01", "pagi", SARI.nip, "present", wib(WEDNESDAY, "07:30")),
        Mark("tanda-02", "pagi", BIMA.nip, "sick", wib(WEDNESDAY, "07:31")),
        Mark("tanda-03", "pagi", GALIH.nip, "present", wib(WEDNESDAY, "07:32")),  # of another agency: refused
        Mark("tanda-04", "pagi", None, "close", wib(WEDNESDAY, "07:35")),
        Mark("x", "pagi", None, "close", wib(WEDNESDAY, "07:35")),
    )
    given = {"agency": "dukcapil", "marks": ticks, "sent_at": s.now - timedelta(minutes=3, microseconds=7)}
    told, _ = s.does(
        rollcall.deliver, "roll_called roll_called roll_closed", "roll_marks punches absences coverage", **given
    )
    assert [o.code for o in told] == [None, None, "unknown_officer", None, "bad_key"]
    s.does(rollcall.deliver, **given)
    s.refuses("bad_time", rollcall.deliver, **given | {"sent_at": s.now.replace(tzinfo=None)})
    s.refuses("other_agency", rollcall.deliver, "looks", **given | {"by": SAMSAT_HEAD})
    later = (Mark("tanda-05", "pagi", BIMA.nip, "present", wib(WEDNESDAY, "07:33")),)
    s.does(rollcall.deliver, "roll_called", "roll_marks punches absences", **given | {"marks": later})
    asks = {"asker": SAMSAT_HEAD, "what": "attendance"}
    s.refuses("other_agency", privacy.must_reach, "looks", agency="dukcapil", **asks)
    s.refuses("unknown_agency", privacy.must_reach, agency="pdam", **asks)
    s.does(privacy.must_reach, agency="samsat", **asks)
    s.refuses("other_agency", privacy.must_reach_officer, "looks", officer=SARI.nip, **asks)
    s.refuses("unknown_officer", privacy.must_reach_officer, officer="1", **asks)
    s.does(privacy.must_reach_officer, officer=GALIH.nip, **asks)
    look = {"actor": MANAGER.actor, "whom": f"officer:{SARI.nip}", "what": "attendance"}
    assert s.does(privacy.note_look, "", "looks", **look) is True
    assert s.does(privacy.note_look, **look) is False
    s.refuses("unknown_hall", privacy.note_look, **look | {"hall": "entah"})


PEOPLE = (plain_facts, machines_and_lists, what_is_entered, roll_calls_and_looks)

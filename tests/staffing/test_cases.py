"""Follow-up: what may be opened from which cause, every step, and what happens when the facts change afterwards."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from hall.database import Database
from hall.errors import Conflict, Invalid, NotFound
from hall.journal import broken_links, since
from hall.turn import position
from staffing import case_moves, drafting
from staffing.case_facts import Reviewer, look_again, scheduled, take
from staffing.case_opening import Order, open_cases
from staffing.cases import (
    Case,
    drafts_of,
    find_case,
    letter_content,
    list_cases,
    open_pieces,
    pieces_of,
    steps_of,
    sums_of,
)
from staffing.day_facts import CAUSES
from staffing.followups import KINDS, LETTERS, RESULTS, follows
from tests.cast import SARI, WIB, wib
from tests.staffing.cases_stage import ACTOR, MONDAY_AFTER, TUESDAY, empty, explain, opened, spend

LATER = MONDAY_AFTER + timedelta(hours=1)


@pytest.fixture
def hall(contoh: Database) -> Database:
    return spend(contoh)


def look(db: Database, case_id: str) -> Case:
    with db.reading() as connection:
        return find_case(connection, case_id)


def kinds_of_lines(db: Database, case_id: str) -> list[str]:
    """The journal's lines about a case, in order."""
    with db.reading() as connection:
        return [line.kind for line in since(connection, "contoh", 0) if line.subject == f"case:{case_id}"]


# ---- what follows from what ----


def test_every_cause_has_its_proposal_and_the_unobserved_has_none() -> None:
    proposals = {cause: follows(cause, "opd", ["pns"])[:1] for cause in CAUSES}
    assert proposals.pop("unobserved") == ()
    assert proposals["agency_not_open"] == ("meeting",)
    assert proposals["absent_without_notice"] == ("examination",)
    assert proposals["post_vacant"] == ("rotation",)
    assert proposals["leave"] == ("substitute",)
    assert all(found for found in proposals.values())


@pytest.mark.parametrize("kind", ["vertical", "province", "bpjs", "bumn", "bumd", "private"])
def test_nobody_outside_the_regency_is_examined_or_rotated_their_head_is_told(kind: str) -> None:
    assert follows("absent_without_notice", kind, ["pns"]) == ("notice", "meeting")
    assert "rotation" not in follows("post_vacant", kind) and follows("post_vacant", kind)[0] == "notice"


def test_officers_who_are_no_civil_servants_are_not_examined() -> None:
    assert follows("absent_without_notice", "opd", ["pns", "pppk"])[0] == "examination"
    assert follows("absent_without_notice", "opd", ["pns", "other"])[0] == "notice"


def test_every_kind_can_be_closed_and_has_its_letters() -> None:
    assert set(KINDS) == set(RESULTS) == set(LETTERS)
    assert all("not_needed" in results for results in RESULTS.values())


# ---- opening ----


def test_a_case_keeps_the_vacancies_as_they_were_with_their_cost(hall: Database) -> None:
    [case_id] = opened(hall, "1", note="Sidak bupati", responsible="Kepala Seksi", due=date(2026, 3, 20))
    case = look(hall, case_id)
    assert (case.number, case.kind, case.agency, case.state) == (1, "examination", "dukcapil", "open")
    assert (case.first_day, case.last_day, case.due) == (TUESDAY, TUESDAY, date(2026, 3, 20))
    with hall.reading() as connection:
        kept = [piece.taken for piece in pieces_of(connection, case)]
        sums = sums_of(connection, [case])[case.id]
        [step] = steps_of(connection, case)
    assert kept == empty(hall, "1")
    assert kept[0].officers == (SARI.nip,) and kept[0].waiting_minutes == pytest.approx(455)
    assert (sums.pieces, sums.minutes, sums.abandoned) == (2, 360, 4)
    assert (step.step, step.note, step.by) == ("opened", "Sidak bupati", ACTOR)


def test_one_choice_opens_a_case_for_each_agency_and_kind(hall: Database) -> None:
    made = [look(hall, case_id) for case_id in opened(hall, "1", "2", "3", "4")]
    assert sorted((case.agency, case.kind) for case in made) == [
        ("dukcapil", "examination"), ("dukcapil", "notice"), ("dukcapil", "rotation"), ("samsat", "meeting"),
    ]  # fmt: skip
    assert [case.number for case in made] == [1, 2, 3, 4]


def test_the_journal_has_a_line_for_each_case_and_no_name_and_no_note_in_it(hall: Database) -> None:
    [case_id] = opened(hall, "1", note="Bukan untuk selamanya", responsible="Nama Orang")
    case_moves.add_note(hall, case_id, "Catatan panjang", actor=ACTOR, now=LATER)
    case_moves.assign(hall, case_id, "Nama Lain", None, actor=ACTOR, now=LATER)
    with hall.reading() as connection:
        lines = [line for line in since(connection, "contoh", 0) if line.kind.startswith("case_")]
        assert list(broken_links(connection, "contoh")) == []
    assert [line.kind for line in lines] == ["case_opened", "case_noted", "case_assigned"]
    told = str([line.data for line in lines])
    assert not any(word in told for word in (SARI.nip, "Bukan", "Catatan", "Nama"))


def test_a_vacancy_is_in_one_living_case_of_a_kind_only(hall: Database) -> None:
    [first] = opened(hall, "3")
    with pytest.raises(Conflict) as refused:
        opened(hall, "3")
    assert (refused.value.code, refused.value.extra["number"]) == ("already_in_case", 1)
    assert opened(hall, "3", kind="notice")  # another kind of follow-up is another thing
    case_moves.close(hall, first, "meeting_held", "Sudah rapat", actor=ACTOR, now=LATER)
    assert opened(hall, "3")
    with hall.reading() as connection:
        held = open_pieces(connection, "contoh", wib("2026-03-03", "00:00"), wib("2026-03-04", "00:00"))
    assert set(held) == {(t.counter, t.start) for t in empty(hall, "3")}


def test_the_same_request_sent_twice_opens_one_case(hall: Database) -> None:
    taken = take(hall, "contoh", [("3", empty(hall, "3")[0].start)], now=MONDAY_AFTER)
    first = open_cases(hall, "contoh", taken, Order(), actor=ACTOR, now=MONDAY_AFTER, key="k1")
    assert open_cases(hall, "contoh", taken, Order(), actor=ACTOR, now=LATER, key="k1") == first
    with pytest.raises(Invalid) as refused:
        open_cases(hall, "contoh", taken, Order(note="lain"), actor=ACTOR, now=LATER, key="k1")
    assert refused.value.code == "key_reused"


def test_a_kind_that_does_not_fit_the_cause_is_refused_and_nothing_is_written(hall: Database) -> None:
    with hall.reading() as connection:
        before = position(connection, "contoh")
    for counter, order, code in (
        ("3", {"kind": "examination"}, "kind_does_not_fit"),
        ("2", {"kind": "rotation"}, "kind_does_not_fit"),
        ("1", {"kind": "party"}, "unknown_case_kind"),
        ("1", {"due": date(2026, 3, 8)}, "bad_due"),
        ("1", {"note": "x" * 2001}, "note_too_long"),
        ("1", {"responsible": "x" * 201}, "note_too_long"),
    ):
        with pytest.raises(Invalid) as refused:
            opened(hall, counter, **order)
        assert refused.value.code == code
    with hall.reading() as connection:
        assert position(connection, "contoh") == before
        assert list_cases(connection, "contoh") == []


def test_nobody_is_examined_while_there_is_still_time_to_explain(hall: Database) -> None:
    early = wib("2026-03-04", "09:00")
    with pytest.raises(Conflict) as refused:
        opened(hall, "1", now=early)
    assert refused.value.code == "still_provisional"
    assert opened(hall, "1", now=early, kind="meeting")


def test_what_is_not_empty_by_the_facts_of_now_cannot_be_taken_in(hall: Database) -> None:
    with pytest.raises(Conflict) as refused:
        take(hall, "contoh", [("1", wib("2026-03-03", "08:30"))], now=MONDAY_AFTER)
    assert refused.value.code == "vacancy_changed"
    with pytest.raises(Invalid) as empty_handed:
        take(hall, "contoh", [], now=MONDAY_AFTER)
    assert empty_handed.value.code == "no_vacancies"
    with pytest.raises(Invalid) as too_far:
        take(hall, "contoh", [("1", wib("2025-12-30", "08:00")), ("1", wib("2026-03-03", "08:00"))], now=MONDAY_AFTER)
    assert too_far.value.code == "period_too_long"


def test_a_counter_closed_by_its_own_hours_can_be_talked_about_though_nobody_was_missing(hall: Database) -> None:
    [shut] = [t for t in scheduled(hall, "contoh", TUESDAY, now=MONDAY_AFTER) if t.counter == "2"]
    assert (shut.start, shut.end) == (wib("2026-03-03", "13:00"), wib("2026-03-03", "15:00"))
    assert (shut.cause, shut.officers) == ("outside_hours", ())
    assert shut.waiting_minutes == pytest.approx(240)
    taken = take(hall, "contoh", [("2", shut.start)], now=MONDAY_AFTER)
    [case_id] = open_cases(hall, "contoh", taken, Order(), actor=ACTOR, now=MONDAY_AFTER)
    assert look(hall, case_id).kind == "meeting"
    assert all(not today.changes for today in look_again(hall, case_id, now=LATER).values())
    nr = drafting.draft_letter(hall, case_id, "invitation", actor=ACTOR, now=LATER)
    with hall.reading() as connection:
        content = letter_content(connection, find_case(connection, case_id), nr)[1]
    assert dict(content["fields"])["Perihal"] == "Undangan Rapat Pembahasan Jam Layanan Loket"


# ---- the steps ----


def test_a_case_goes_from_request_to_result_and_each_step_is_a_line(hall: Database) -> None:
    [case_id] = opened(hall, "3", requested=True)
    assert look(hall, case_id).state == "requested"
    case_moves.accept(hall, case_id, actor=ACTOR, now=LATER)
    case_moves.assign(hall, case_id, "Kepala Seksi", date(2026, 3, 20), actor=ACTOR, now=LATER)
    case_moves.set_meeting(hall, case_id, wib("2026-03-12", "09:00"), "Ruang rapat", actor=ACTOR, now=LATER)
    assert look(hall, case_id).state == "in_progress"
    nr = drafting.draft_letter(hall, case_id, "invitation", actor=ACTOR, now=LATER)
    case_moves.answer(hall, case_id, "Kami hadir", actor="head:anom", now=LATER)
    case_moves.close(hall, case_id, "meeting_held", "Jadwal disepakati", actor=ACTOR, now=LATER)
    case = look(hall, case_id)
    assert (case.state, case.result, case.closed) == ("closed", "meeting_held", LATER)
    assert kinds_of_lines(hall, case_id) == [
        "case_requested", "case_accepted", "case_assigned", "case_meeting_set", "case_letter_drafted",
        "case_answered", "case_closed",
    ]  # fmt: skip
    with hall.reading() as connection:
        [draft] = drafts_of(connection, case)
        content = letter_content(connection, case, nr)[1]
    assert (draft.nr, draft.kind, draft.names) == (1, "invitation", False)
    assert dict(content["particulars"])["hari, tanggal"] == "Kamis, 12 Maret 2026"


def test_a_step_that_the_state_does_not_allow_is_refused(hall: Database) -> None:
    [case_id] = opened(hall, "3")
    with pytest.raises(Conflict) as refused:
        case_moves.reopen(hall, case_id, "x", actor=ACTOR, now=LATER)
    assert (refused.value.code, refused.value.extra) == ("illegal_step", {"state": "open"})
    case_moves.close(hall, case_id, "answered", "Dijawab", actor=ACTOR, now=LATER)
    with pytest.raises(Conflict):
        case_moves.assign(hall, case_id, "Kepala Seksi", None, actor=ACTOR, now=LATER)
    with pytest.raises(Conflict):
        drafting.draft_letter(hall, case_id, "invitation", actor=ACTOR, now=LATER)
    case_moves.reopen(hall, case_id, "Terulang", actor=ACTOR, now=LATER)
    assert (look(hall, case_id).state, look(hall, case_id).result) == ("open", None)


def test_what_a_step_needs_must_be_said(hall: Database) -> None:
    [case_id] = opened(hall, "3")
    past, place = wib("2026-03-09", "08:00"), "Ruang rapat"
    attempts = {
        "note_needed": lambda: case_moves.close(hall, case_id, "answered", "  ", actor=ACTOR, now=LATER),
        "unknown_result": lambda: case_moves.close(hall, case_id, "examined", "x", actor=ACTOR, now=LATER),
        "meeting_in_the_past": lambda: case_moves.set_meeting(hall, case_id, past, place, actor=ACTOR, now=LATER),
        "place_needed": lambda: case_moves.set_meeting(
            hall, case_id, LATER + timedelta(days=1), " ", actor=ACTOR, now=LATER
        ),
        "responsible_needed": lambda: case_moves.assign(hall, case_id, " ", None, actor=ACTOR, now=LATER),
        "bad_due": lambda: case_moves.assign(hall, case_id, "x", TUESDAY, actor=ACTOR, now=LATER),
        "unknown_letter_kind": lambda: drafting.draft_letter(hall, case_id, "rotation", actor=ACTOR, now=LATER),
    }
    for code, attempt in attempts.items():
        with pytest.raises(Invalid) as refused:
            attempt()
        assert refused.value.code == code
    assert kinds_of_lines(hall, case_id) == ["case_opened"]


def test_what_was_only_asked_for_ends_as_not_needed_alone(hall: Database) -> None:
    [case_id] = opened(hall, "3", requested=True)
    with pytest.raises(Invalid):
        case_moves.close(hall, case_id, "meeting_held", "x", actor=ACTOR, now=LATER)
    case_moves.close(hall, case_id, "not_needed", "Sudah dibicarakan", actor=ACTOR, now=LATER)
    assert look(hall, case_id).state == "closed"


def test_a_case_that_is_not_there_is_not_found(hall: Database) -> None:
    with pytest.raises(NotFound) as refused:
        case_moves.add_note(hall, "0199", "x", actor=ACTOR, now=LATER)
    assert refused.value.code == "unknown_case"


# ---- facts that come late ----


def test_a_late_fact_is_shown_with_what_it_was_and_what_it_is_now(hall: Database) -> None:
    [case_id] = opened(hall, "1")
    assert all(today.changes == () for today in look_again(hall, case_id, now=LATER).values())
    explain(hall)
    found = look_again(hall, case_id, now=LATER)
    assert [[c.cause for c in today.changes] for today in found.values()] == [["sick"], ["sick"]]
    case = look(hall, case_id)
    assert case.changed
    with hall.reading() as connection:
        last = steps_of(connection, case)[-1]
        assert [p.taken.cause for p in pieces_of(connection, case)] == ["absent_without_notice"] * 2
    assert last.step == "facts_changed"
    assert [(p["was"]["cause"], p["now"][0]["cause"]) for p in last.data["pieces"]] == [
        ("absent_without_notice", "sick")
    ] * 2


def test_a_change_is_noted_once_however_often_somebody_looks(hall: Database) -> None:
    [case_id] = opened(hall, "1")
    explain(hall)
    for _ in range(3):
        found = look_again(hall, case_id, now=LATER)
    assert not case_moves.note_facts(hall, case_id, {nr: f.changes for nr, f in found.items()}, now=LATER)
    assert kinds_of_lines(hall, case_id) == ["case_opened", "case_facts_changed"]


def test_a_closed_case_opens_again_when_the_facts_it_was_closed_on_are_no_longer_so(hall: Database) -> None:
    [case_id] = opened(hall, "1")
    case_moves.close(hall, case_id, "examined", "Sudah diperiksa", actor=ACTOR, now=LATER)
    explain(hall)
    look_again(hall, case_id, now=LATER)
    case = look(hall, case_id)
    assert (case.state, case.result, case.changed) == ("open", None, True)
    with hall.reading() as connection:
        assert steps_of(connection, case)[-1].data["reopened"] is True


def test_no_letter_is_drafted_on_facts_that_have_changed(hall: Database) -> None:
    [case_id] = opened(hall, "1")
    explain(hall)
    with pytest.raises(Conflict) as refused:
        drafting.draft_letter(hall, case_id, "examination", actor=ACTOR, now=LATER)
    assert refused.value.code == "facts_changed"


def test_going_on_with_the_facts_of_now_leaves_out_what_no_longer_fits(hall: Database) -> None:
    [case_id] = opened(hall, "1", "2", kind="meeting")
    explain(hall)
    found = look_again(hall, case_id, now=LATER)
    taken = sorted({t for today in found.values() for t in today.found}, key=lambda t: (t.start, t.counter))
    case_moves.renew(hall, case_id, taken, actor=ACTOR, now=LATER)
    case = look(hall, case_id)
    assert not case.changed
    with hall.reading() as connection:
        assert sorted(p.taken.cause for p in pieces_of(connection, case)) == ["late", "sick", "sick"]
        step = steps_of(connection, case)[-1]
    assert step.step == "facts_renewed" and len(step.data["was"]) == 3


def test_an_examination_of_somebody_who_was_ill_has_nothing_left_and_must_be_closed(hall: Database) -> None:
    [case_id] = opened(hall, "1")
    explain(hall)
    found = look_again(hall, case_id, now=LATER)
    with pytest.raises(Conflict) as refused:
        case_moves.renew(hall, case_id, [t for f in found.values() for t in f.found], actor=ACTOR, now=LATER)
    assert refused.value.code == "nothing_left"
    case_moves.close(hall, case_id, "explained", "Ada surat keterangan", actor=ACTOR, now=LATER)
    look_again(hall, case_id, now=LATER)
    assert look(hall, case_id).state == "closed"  # closed knowing the change: it does not open again for it


def test_the_reviewer_finds_late_facts_by_itself_and_rests_when_nothing_was_written(hall: Database) -> None:
    [case_id] = opened(hall, "1")
    reviewer = Reviewer(hall)
    assert reviewer.look("contoh", now=LATER) == 1
    assert reviewer.look("contoh", now=LATER + timedelta(minutes=5)) == 0
    explain(hall)
    assert reviewer.look("contoh", now=LATER + timedelta(seconds=30)) == 0  # not more than once a minute
    assert reviewer.look("contoh", now=LATER + timedelta(minutes=2)) == 1
    assert look(hall, case_id).changed
    assert reviewer.look("contoh", now=LATER + timedelta(minutes=4)) == 0  # its own line says nothing about days


# ---- examination ----


def test_an_examination_letter_tells_of_the_days_counted_and_of_nobody_else(hall: Database) -> None:
    [case_id] = opened(hall, "1", due=date(2026, 3, 20))
    nr = drafting.draft_letter(hall, case_id, "examination", actor=ACTOR, now=LATER)
    with hall.reading() as connection:
        draft, content = letter_content(connection, find_case(connection, case_id), nr)
    text = " ".join(content["opening"] + content["body"])
    assert draft.names and f"Saudara {SARI.name}, NIP {SARI.nip}" in text
    assert "terdapat 1 (satu) hari kerja" in text and "Jumat, 20 Maret 2026" in text
    with pytest.raises(Invalid) as refused:
        drafting.draft_letter(hall, case_id, "examination", officer="0", actor=ACTOR, now=LATER)
    assert refused.value.code == "officer_needed"


def test_days_on_which_nobody_was_seen_at_all_count_for_nobody(hall: Database) -> None:
    count = drafting.year_of(hall, "contoh", SARI.nip, 2026, now=LATER)
    assert count.dates == (TUESDAY,)  # the other days of the year are delivered too, but the hall was not at work
    assert (count.planned, count.longest_run) == (1, 1)
    assert drafting.indicated(hall, "contoh", SARI.nip, count).kind == "guidance"
    explain(hall)
    assert drafting.year_of(hall, "contoh", SARI.nip, 2026, now=LATER).dates == ()


def test_cases_are_the_same_on_both_engines(contoh_on_each: Database) -> None:
    hall = spend(contoh_on_each)
    [case_id] = opened(hall, "1", responsible="Kepala Seksi")
    drafting.draft_letter(hall, case_id, "examination", actor=ACTOR, now=LATER)
    explain(hall)
    look_again(hall, case_id, now=LATER)
    case = look(hall, case_id)
    assert (case.state, case.changed, case.opened) == ("in_progress", True, MONDAY_AFTER)
    with hall.reading() as connection:
        piece = pieces_of(connection, case)[0]
        assert piece.noted[0].cause == "sick" and piece.noted[0].start == piece.taken.start
        assert [c.id for c in list_cases(connection, "contoh", states=("in_progress",), agency="dukcapil")] == [case_id]
        assert list_cases(connection, "contoh", agency="samsat") == []
    assert piece.taken.start.astimezone(WIB).strftime("%H.%M") == "08.00"

"""What was told about empty counters, and what is said beside it when the facts have changed it since."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from hall.database import Database
from hall.journal import since
from hall.turn import batch
from staffing import facts, presence
from staffing.attendance import Told as Reading
from staffing.attendance import deliver
from staffing.reported import told_of
from staffing.vacancies import Period, Vacancy, note_asked, note_closed, vacancies
from tests.cast import BIMA, CONSOLE, SARI, SYSTEM, TUESDAY, WEDNESDAY_MORNING, wib
from tests.staffing.tuesday import at

THE_DAY = date.fromisoformat(TUESDAY)
ASKER = "manager:kelola"


def ask(db: Database, clock: str = "09:00", day: str = "2026-03-04") -> Period:
    found = vacancies(db, "contoh", THE_DAY, THE_DAY, now=wib(day, clock))
    note_asked(db, found, actor=ASKER)
    return found


def at_two(period: Period) -> list[Vacancy]:
    return [v for v in period.pieces if v.counter == "2"]


def told(db: Database) -> list[tuple[str, str, str]]:
    with db.reading() as connection:
        found = told_of(connection, "contoh", THE_DAY, THE_DAY).get(THE_DAY, [])
    return [(t.counter, t.cause, t.by) for t in found]


def kinds(db: Database) -> list[str]:
    with db.reading() as connection:
        return [line.kind for line in since(connection, "contoh", 0, limit=10_000)]


def punch(db: Database, clock: str, now: datetime = WEDNESDAY_MORNING) -> None:
    facts.record_punch(db, "contoh", BIMA.nip, "bkd", at(clock), actor=SYSTEM, now=now)


def test_what_is_told_is_noted_once_however_often_somebody_asks(contoh_on_each: Database) -> None:
    db = contoh_on_each
    for clock in ("09:00", "09:01", "10:00"):
        found = ask(db, clock)
        assert all(v.was is None for v in found.pieces)
    assert ("2", "no_attendance_data", "asked") in told(db)
    assert len(told(db)) == len(found.pieces)
    assert kinds(db).count("vacancies_reported") == 1


def test_a_day_that_goes_on_and_questions_about_habits_are_not_noted(contoh: Database) -> None:
    found = vacancies(contoh, "contoh", THE_DAY, THE_DAY, now=at("09:00"))
    assert found.pieces and note_asked(contoh, found, actor=ASKER) == 0
    long = vacancies(contoh, "contoh", date(2026, 1, 1), THE_DAY, now=WEDNESDAY_MORNING)
    assert long.pieces and note_asked(contoh, long, actor=ASKER) == 0
    assert told(contoh) == []


def test_a_head_is_told_of_the_own_agency_only(contoh: Database) -> None:
    found = vacancies(contoh, "contoh", THE_DAY, THE_DAY, now=WEDNESDAY_MORNING)
    note_asked(contoh, found, agency="samsat", actor="head:x")
    assert {counter for counter, _, _ in told(contoh)} == {"3"}


def test_a_changed_piece_says_what_it_was_and_which_fact_changed_it(contoh_on_each: Database) -> None:
    db = contoh_on_each
    ask(db)
    punch(db, "09:00")
    for _ in range(2):  # as often as somebody asks
        late, about = at_two(ask(db, "10:00"))
        for piece in (late, about):
            assert piece.was is not None
            assert (piece.was.told.cause, piece.was.told.start, piece.was.told.end) == (
                "no_attendance_data", at("08:00"), at("12:00"),
            )  # fmt: skip
            assert (piece.was.told.at, piece.was.told.by) == (WEDNESDAY_MORNING, "asked")
            assert [(line.kind, line.subject, line.at) for line in piece.was.facts] == [
                ("punch_recorded", BIMA.nip, at("09:00"))
            ]
        assert (late.cause, about.cause) == ("late", "away_from_counter")


def test_only_the_pieces_that_changed_say_so(contoh: Database) -> None:
    ask(contoh)
    punch(contoh, "09:00")
    assert {v.counter for v in ask(contoh, "10:00").pieces if v.was is not None} == {"2"}


def test_a_second_change_names_the_fact_that_made_it_and_not_the_first_one(contoh: Database) -> None:
    ask(contoh)
    facts.record_coverage(contoh, "contoh", "bkd", at("16:00"), actor=SYSTEM, now=WEDNESDAY_MORNING)
    (missing,) = at_two(ask(contoh, "10:00"))
    assert missing.was is not None
    assert [line.kind for line in missing.was.facts] == ["source_covered"]
    facts.record_absence(
        contoh, "contoh", BIMA.nip, "sick", at("00:00"), at("23:00"), "SKD 7", actor=SYSTEM, now=WEDNESDAY_MORNING
    )
    (sick,) = at_two(ask(contoh, "11:00"))
    assert sick.was is not None
    assert (sick.was.told.cause, [line.kind for line in sick.was.facts]) == (
        "absent_without_notice", ["absence_recorded"],
    )  # fmt: skip


def test_punches_of_a_machine_are_named_by_their_line(contoh: Database) -> None:
    ask(contoh)
    readings = [Reading(BIMA.nip, at("09:00")), Reading(SARI.nip, at("07:40"))]
    deliver(contoh, "contoh", "bkd", readings, actor="machine:1", now=WEDNESDAY_MORNING)
    late, _ = at_two(ask(contoh, "10:00"))
    assert late.was is not None
    assert [line.kind for line in late.was.facts] == ["punches_recorded"]


def test_a_fact_that_came_before_the_telling_is_no_change(contoh: Database) -> None:
    punch(contoh, "09:00", now=at("09:00"))
    assert all(v.was is None for v in ask(contoh).pieces)
    assert all(v.was is None for v in ask(contoh, "10:00").pieces)


def test_what_is_no_empty_counter_any_more_is_said_too(contoh: Database) -> None:
    ask(contoh)
    facts.record_closure(
        contoh, "contoh", "counter:2", at("08:00"), at("12:00"), "pindah", actor=SYSTEM, now=WEDNESDAY_MORNING
    )
    day = ask(contoh, "10:00").days[0]
    assert [(t.counter, t.cause, t.start) for t in day.withdrawn] == [("2", "no_attendance_data", at("08:00"))]
    assert not any(v.counter == "2" for v in day.pieces)


def test_an_outage_told_late_takes_the_cause_away_from_the_officer(contoh: Database) -> None:
    ask(contoh)
    with batch(contoh, "contoh", WEDNESDAY_MORNING):
        facts.begin_outage(contoh, "contoh", "hall", actor=SYSTEM, now=at("08:00"))
        facts.end_outage(contoh, "contoh", "hall", actor=SYSTEM, now=at("12:00"))
    (dark,) = at_two(ask(contoh, "10:00"))
    assert (dark.cause, dark.officers) == ("unobserved", ())
    assert dark.was is not None
    assert [line.kind for line in dark.was.facts] == ["outage_began", "outage_ended"]


def test_a_sign_in_carried_in_late_is_the_fact_that_changed_it(contoh: Database) -> None:
    ask(contoh)
    with batch(contoh, "contoh", WEDNESDAY_MORNING):
        presence.sign_in(contoh, "contoh", "2", BIMA.nip, actor=CONSOLE, now=at("10:00"), beats=False)
        presence.sign_out(contoh, "contoh", "2", actor=CONSOLE, now=at("12:00"))
    (late,) = at_two(ask(contoh, "10:00"))
    assert late.was is not None
    assert (late.cause, [line.kind for line in late.was.facts]) == ("late", ["signed_in"])


def test_what_a_day_had_to_tell_is_noted_once_when_it_is_closed(contoh_on_each: Database) -> None:
    db = contoh_on_each
    facts.record_punch(db, "contoh", SARI.nip, "bkd", at("07:40"), actor=SYSTEM, now=at("07:40"))
    assert note_closed(db, "contoh", now=at("23:59")) == 0  # the day before, in which nobody was here yet
    midnight = wib("2026-03-04", "00:00")
    noted = note_closed(db, "contoh", now=midnight)
    assert noted == len(told(db)) > 3
    assert {by for _, _, by in told(db)} == {"day_closed"}
    lines = len(kinds(db))
    assert note_closed(db, "contoh", now=wib("2026-03-04", "00:01")) == 0
    assert len(kinds(db)) == lines


def test_a_day_that_was_asked_for_before_it_was_closed_is_marked_and_not_told_again(contoh: Database) -> None:
    ask(contoh, "00:00")
    facts.record_punch(contoh, "contoh", SARI.nip, "bkd", at("07:40"), actor=SYSTEM, now=wib("2026-03-04", "00:00"))
    before = kinds(contoh).count("vacancies_reported")
    note_closed(contoh, "contoh", now=wib("2026-03-04", "00:01"))
    note_closed(contoh, "contoh", now=wib("2026-03-04", "00:02"))
    assert kinds(contoh).count("vacancies_reported") == before + 1


def test_a_late_punch_changes_what_was_told_at_the_close_of_the_day(contoh: Database) -> None:
    facts.record_punch(contoh, "contoh", SARI.nip, "bkd", at("07:40"), actor=SYSTEM, now=at("07:40"))
    note_closed(contoh, "contoh", now=wib("2026-03-04", "00:00"))
    punch(contoh, "09:00")
    late, _ = at_two(vacancies(contoh, "contoh", THE_DAY, THE_DAY, now=WEDNESDAY_MORNING))
    assert late.was is not None and (late.was.told.by, late.was.told.cause) == ("day_closed", "no_attendance_data")


@pytest.mark.parametrize("by", ["rumour", ""])
def test_nothing_is_told_by_unknown_ways(contoh: Database, by: str) -> None:
    from staffing.reported import tell

    with pytest.raises(ValueError, match="nothing is told by"):
        tell(contoh, "contoh", [], by, seq=1, known={}, actor=ASKER, now=WEDNESDAY_MORNING)

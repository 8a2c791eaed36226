"""Roll call on a phone: each tick once, in order, with its own time, and seen by whoever asks who was there."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from hall.database import Database
from hall.errors import Refusal
from hall.journal import since
from staffing.absences import absences_in, enter_absence
from staffing.books import roll_marks
from staffing.entries import plan_officer, withdraw_plan
from staffing.facts import coverage, punches
from staffing.privacy import Asker, read_looks
from staffing.rollcall import Mark, Outcome, closed_at, deliver, marks_of
from staffing.vacancies import vacancies
from tests.cast import AYU, BAMBU, RANDU, SEKAR, TUESDAY, wib

HEAD = Asker("head", "head:embun", "dukcapil")
DAY = wib(TUESDAY, "00:00"), wib("2026-03-04", "00:00")
SEVEN_THIRTY, NOON = wib(TUESDAY, "07:30"), wib(TUESDAY, "12:00")


def tick(nr: int, nip: str | None, mark: str, at: datetime = SEVEN_THIRTY, roll: str = "pagi") -> Mark:
    return Mark(f"tanda-{nr:04}", roll, nip, mark, at)


def send(db: Database, *marks: Mark, now: datetime = NOON, sent: datetime | None = None) -> list[Outcome]:
    return deliver(db, "blora", "dukcapil", marks, sent or now, by=HEAD, now=now)[0]


def came(db: Database) -> list[tuple[str, datetime]]:
    with db.reading() as connection:
        query = select(punches).where(punches.c.withdrawn.is_(None)).order_by(punches.c.at)
        return [(row.officer, row.at) for row in connection.execute(query) if row.source == "apel-dukcapil"]


def away(db: Database) -> list[tuple[str, str, datetime, datetime]]:
    with db.reading() as connection:
        return [(a.officer, a.kind, a.start, a.end) for a in absences_in(connection, "blora", ["dukcapil"], *DAY)]


def test_a_delivery_hours_later_counts_with_the_times_of_its_ticks(blora: Database) -> None:
    minute = timedelta(minutes=1)
    found = send(
        blora,
        tick(1, BAMBU.nip, "present"),
        tick(2, SEKAR.nip, "sick", SEVEN_THIRTY + minute),
        tick(3, AYU.nip, "absent", SEVEN_THIRTY + minute),
        tick(4, None, "close", SEVEN_THIRTY + 2 * minute),
    )
    assert [o.state for o in found] == ["recorded"] * 4
    assert came(blora) == [(BAMBU.nip, SEVEN_THIRTY)]
    assert away(blora) == [(SEKAR.nip, "sick", *DAY)]
    with blora.reading() as connection:
        [covered] = connection.execute(select(coverage))
        lines = [x for x in since(connection, "blora", 0) if x.kind.startswith("roll_")]
        assert closed_at(connection, "blora", "dukcapil", date(2026, 3, 3)) == {"pagi": SEVEN_THIRTY + 2 * minute}
        assert [(m.officer, m.mark) for m in marks_of(connection, "blora", "dukcapil", date(2026, 3, 3))] == [
            (BAMBU.nip, "present"), (SEKAR.nip, "sick"), (AYU.nip, "absent"),
        ]  # fmt: skip
    assert (covered.source, covered.until, covered.recorded) == ("apel-dukcapil", SEVEN_THIRTY + 2 * minute, NOON)
    assert [(x.kind, x.at, x.recorded) for x in lines][:1] == [("roll_called", SEVEN_THIRTY, NOON)]
    assert len(lines) == 4


def test_what_is_sent_again_changes_nothing(blora: Database) -> None:
    marks = [tick(1, BAMBU.nip, "present"), tick(2, SEKAR.nip, "leave"), tick(3, None, "close")]
    send(blora, *marks)
    with blora.reading() as connection:
        before = since(connection, "blora", 0)[-1].seq
    found = send(blora, *marks, now=NOON + timedelta(minutes=5))
    assert [(o.state, o.at) for o in found] == [("known", SEVEN_THIRTY)] * 3
    with blora.reading() as connection:
        assert since(connection, "blora", before) == []
    assert len(came(blora)) == len(away(blora)) == 1


def test_a_later_tick_of_the_same_roll_call_takes_the_former_back(blora: Database) -> None:
    minute = timedelta(minutes=1)
    send(blora, tick(1, BAMBU.nip, "sick"), tick(2, SEKAR.nip, "present"))
    send(
        blora,
        tick(3, BAMBU.nip, "present", SEVEN_THIRTY + minute),
        tick(4, SEKAR.nip, "absent", SEVEN_THIRTY + minute),
    )
    assert came(blora) == [(BAMBU.nip, SEVEN_THIRTY + minute)]
    assert away(blora) == []
    with blora.reading() as connection:
        gone = absences_in(connection, "blora", ["dukcapil"], *DAY, withdrawn=True)
        assert [(a.kind, a.withdrawn_reason) for a in gone] == [("sick", "diganti tanda apel berikutnya")]
        kept = connection.execute(select(punches).where(punches.c.officer == SEKAR.nip)).one()
    assert kept.withdrawn == NOON  # a mistaken tick is kept as a mistake


def test_a_tick_that_was_older_but_arrives_later_does_not_take_a_newer_one_back(blora: Database) -> None:
    send(blora, tick(2, BAMBU.nip, "present", SEVEN_THIRTY + timedelta(minutes=3)))
    send(blora, tick(1, BAMBU.nip, "sick", SEVEN_THIRTY))
    assert away(blora) == []
    assert len(came(blora)) == 1


def test_who_was_there_in_the_morning_and_asked_leave_in_the_afternoon_was_there(blora: Database) -> None:
    half_past_three = wib(TUESDAY, "15:30")
    send(blora, tick(1, BAMBU.nip, "present"))
    send(blora, tick(2, BAMBU.nip, "permission", half_past_three, "sore"), now=wib(TUESDAY, "16:00"))
    assert came(blora) == [(BAMBU.nip, SEVEN_THIRTY)]
    assert away(blora) == [(BAMBU.nip, "permission", half_past_three, DAY[1])]


def test_a_leave_known_with_its_document_is_not_recorded_again(blora: Database) -> None:
    enter_absence(blora, "blora", BAMBU.nip, "leave", *DAY, "SK 1", by=HEAD, now=SEVEN_THIRTY)
    [found] = send(blora, tick(1, BAMBU.nip, "leave"))
    assert found.state == "recorded"
    assert len(away(blora)) == 1


@pytest.mark.parametrize("wrong", [timedelta(hours=3), timedelta(hours=-3), timedelta(days=-400)])
def test_a_phone_with_a_wrong_clock_is_corrected_by_the_servers(blora: Database, wrong: timedelta) -> None:
    marks = [tick(1, BAMBU.nip, "present", SEVEN_THIRTY + wrong)]
    outcomes, off = deliver(blora, "blora", "dukcapil", marks, NOON + wrong, by=HEAD, now=NOON)
    assert (outcomes[0].state, outcomes[0].at, off) == ("recorded", SEVEN_THIRTY, -wrong.total_seconds())
    with blora.reading() as connection:
        row = connection.execute(select(roll_marks)).one()
    assert (row.phone_at, row.skew_seconds) == (SEVEN_THIRTY + wrong, -wrong.total_seconds())


def test_a_clock_that_is_off_by_seconds_is_taken_at_its_word(blora: Database) -> None:
    send(blora, tick(1, BAMBU.nip, "present"), sent=NOON - timedelta(seconds=20))
    assert came(blora) == [(BAMBU.nip, SEVEN_THIRTY)]


def test_one_tick_that_cannot_be_is_refused_and_the_others_are_taken(blora: Database) -> None:
    found = send(
        blora,
        tick(1, RANDU.nip, "present"),
        tick(2, BAMBU.nip, "present", NOON + timedelta(hours=1)),
        tick(3, BAMBU.nip, "present", NOON - timedelta(days=8)),
        tick(4, BAMBU.nip, "mangkir"),
        tick(5, BAMBU.nip, "close"),
        tick(6, BAMBU.nip, "present", roll="siang"),
        Mark("x", "pagi", BAMBU.nip, "present", SEVEN_THIRTY),
        tick(8, SEKAR.nip, "present"),
    )
    codes = ["unknown_officer", "bad_time", "bad_time", "unknown_kind", "unknown_kind", "unknown_kind", "bad_key", None]
    assert [o.code for o in found] == codes
    assert came(blora) == [(SEKAR.nip, SEVEN_THIRTY)]


def test_the_roll_of_another_agency_is_not_called_and_the_attempt_is_kept(blora: Database) -> None:
    with pytest.raises(Refusal, match="other_agency"):
        deliver(blora, "blora", "samsat", [tick(1, RANDU.nip, "present")], NOON, by=HEAD, now=NOON)
    with blora.reading() as connection:
        [look] = read_looks(connection, "blora")
    assert (look.allowed, look.whom, look.what) == (False, "agency:samsat", "roll_call")


def causes_of_counter_3(db: Database) -> list[tuple[str, tuple[str, ...]]]:
    """Why counter 3 stood empty on the Tuesday, as the engine tells it in the evening."""
    tuesday = date(2026, 3, 3)
    [day] = vacancies(db, "blora", tuesday, tuesday, now=wib(TUESDAY, "18:00")).days
    return [(v.piece.cause, v.piece.officers) for v in day.pieces if v.piece.counter == "3"]


def test_the_engine_takes_a_tick_for_a_punch_whatever_the_officers_source(blora: Database) -> None:
    before = causes_of_counter_3(blora)
    assert {cause for cause, _ in before} == {"no_attendance_data"}
    send(blora, tick(1, BAMBU.nip, "present"))
    assert {cause for cause, _ in causes_of_counter_3(blora)} == {"away_from_counter"}
    later = tick(2, BAMBU.nip, "sick", SEVEN_THIRTY + timedelta(minutes=1))
    send(blora, later)
    assert causes_of_counter_3(blora) == [(cause, (BAMBU.nip,)) for cause in ["sick"] * len(before)]


def test_the_engine_judges_the_substitute_who_was_named_later(blora: Database) -> None:
    assert {officers for _, officers in causes_of_counter_3(blora)} == {(BAMBU.nip,)}
    tuesday = date(2026, 3, 3)
    entry = plan_officer(blora, "blora", AYU.nip, "3", tuesday, tuesday, by=HEAD, now=NOON, substitute_for=BAMBU.nip)
    assert {officers for _, officers in causes_of_counter_3(blora)} == {(AYU.nip,)}
    withdraw_plan(blora, "blora", entry, "batal", by=HEAD, now=NOON)
    assert {officers for _, officers in causes_of_counter_3(blora)} == {(BAMBU.nip,)}


def test_a_key_that_was_used_for_another_tick_is_refused_not_taken_as_known(blora: Database) -> None:
    first = tick(1, BAMBU.nip, "present")
    assert [o.state for o in send(blora, first, first)] == ["recorded", "known"]
    for other in (
        tick(1, SEKAR.nip, "present"),
        tick(1, BAMBU.nip, "sick"),
        tick(1, BAMBU.nip, "present", roll="sore"),
    ):
        [found] = send(blora, other)
        assert (found.state, found.code) == ("refused", "key_reused")  # "known" would have lost it without a word
    assert came(blora) == [(BAMBU.nip, SEVEN_THIRTY)]

"""Plans by date, substitutes and the post register: entered, withdrawn, and seen with the time they became known."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from hall.database import Database
from hall.errors import Refusal
from hall.journal import since
from hall.places import places
from hall.setup import StaffTables, load_hall
from staffing import facts
from staffing.books import roster_entries
from staffing.entries import change_post, plan_officer, plans_in, post_changes_of, withdraw_plan, withdraw_post_change
from staffing.floor import floor
from staffing.privacy import Asker
from staffing.roster import roster_of
from tests.cast import BLORA_FILE, TUESDAY, wib
from tests.conftest import hall_file

MANAGER = Asker("manager", "manager:wulan")
HEAD = Asker("head", "head:embun", "dukcapil")
DAY = date.fromisoformat(TUESDAY)
EARLY, TEN = wib(TUESDAY, "07:00"), wib(TUESDAY, "10:00")


def planned(db: Database, counter: str, clock: str, day: str = TUESDAY, **known: object) -> list[str]:
    """Who is planned at a counter at that time, as known now or at an earlier moment."""
    with db.reading() as connection:
        place = places(db, connection, "blora")
        agencies = {c.code: c.agency for c in place.counters.values()}
        roster = roster_of(db, connection, "blora", **known)  # type: ignore[arg-type]
        return roster.planned_at(place.calendar, agencies, wib(day, clock)).get(counter, [])


def officers_of(db: Database, agency: str) -> list[str]:
    from hall.people import officers

    with db.reading() as connection:
        query = select(officers.c.nip).where(officers.c.hall == "blora", officers.c.agency == agency)
        return [row.nip for row in connection.execute(query.order_by(officers.c.nip))]


def test_an_officer_planned_for_a_date_sits_beside_the_week_pattern(blora: Database) -> None:
    [usual] = planned(blora, "3", "09:00")
    other = next(nip for nip in officers_of(blora, "dukcapil") if nip != usual)
    plan_officer(blora, "blora", other, "3", DAY, DAY, by=HEAD, now=EARLY, start=time(8), end=time(12))
    assert set(planned(blora, "3", "09:00")) == {usual, other}
    assert planned(blora, "3", "13:30") == [usual]
    assert planned(blora, "3", "09:00", "2026-03-04") == [usual]
    with blora.reading() as connection:
        last = since(connection, "blora", 0)[-1]
    assert (last.kind, last.actor, last.subject) == ("plan_recorded", "head:embun", other)


def test_a_substitute_takes_the_place_and_gives_it_back_when_withdrawn(blora: Database) -> None:
    [usual] = planned(blora, "3", "09:00")
    other = next(nip for nip in officers_of(blora, "dukcapil") if nip != usual)
    entry = plan_officer(blora, "blora", other, "3", DAY, DAY, by=HEAD, now=EARLY, substitute_for=usual)
    assert planned(blora, "3", "09:00") == [other]
    withdraw_plan(blora, "blora", entry, "petugas ternyata hadir", by=HEAD, now=TEN)
    assert planned(blora, "3", "09:00") == [usual]
    with blora.reading() as connection:
        assert plans_in(connection, "blora", ["3"], DAY, DAY) == []
        [kept] = plans_in(connection, "blora", ["3"], DAY, DAY, withdrawn=True)
    assert (kept.withdrawn, kept.withdrawn_by, kept.withdrawn_reason) == (TEN, HEAD.actor, "petugas ternyata hadir")


def test_what_was_known_at_an_earlier_moment_can_be_asked(blora: Database) -> None:
    [usual] = planned(blora, "3", "09:00")
    other = next(nip for nip in officers_of(blora, "dukcapil") if nip != usual)
    entry = plan_officer(blora, "blora", other, "3", DAY, DAY, by=HEAD, now=TEN, substitute_for=usual)
    minute = timedelta(minutes=1)
    assert planned(blora, "3", "09:00", known_at=TEN - minute) == [usual]
    assert planned(blora, "3", "09:00", known_at=TEN) == [other]
    withdraw_plan(blora, "blora", entry, "salah orang", by=HEAD, now=TEN + 5 * minute)
    assert planned(blora, "3", "09:00", known_at=TEN + minute) == [other]
    assert planned(blora, "3", "09:00", known_at=TEN + 5 * minute) == [usual]


def test_an_officer_may_be_taken_off_a_counter_without_a_substitute(blora: Database) -> None:
    [usual] = planned(blora, "3", "09:00")
    plan_officer(blora, "blora", usual, "3", DAY, DAY, by=HEAD, now=EARLY, off=True, start=time(8), end=time(10))
    assert planned(blora, "3", "09:00") == []
    assert planned(blora, "3", "10:30") == [usual]


def test_a_later_init_of_the_hall_file_leaves_what_people_entered(blora: Database) -> None:
    [usual] = planned(blora, "3", "09:00")
    other = next(nip for nip in officers_of(blora, "dukcapil") if nip != usual)
    plan_officer(blora, "blora", other, "3", DAY, DAY, by=HEAD, now=EARLY, substitute_for=usual)
    change_post(blora, "blora", "6", "Operator pengganti", "filled", DAY, by=MANAGER, now=EARLY)
    with blora.writing("blora") as connection:  # the file's own rows differ, so that they are all replaced
        connection.execute(facts.roster.delete().where(facts.roster.c.nr > 5))
        connection.execute(facts.posts.delete())
    tables = StaffTables(facts.roster, facts.posts)
    assert "roster" in load_hall(blora, hall_file(BLORA_FILE), tables, actor="system", now=TEN).changed
    assert planned(blora, "3", "09:00") == [other]
    with blora.reading() as connection:
        posts = roster_of(blora, connection, "blora").posts_on(DAY)["6"]
    assert ("Operator pengganti", True) in [(p.title, p.filled) for p in posts]


def test_the_same_plan_twice_is_refused_and_the_same_key_answered_again(blora: Database) -> None:
    nip = officers_of(blora, "dukcapil")[0]
    once = plan_officer(blora, "blora", nip, "3", DAY, DAY, by=HEAD, now=EARLY, key="satu")
    assert plan_officer(blora, "blora", nip, "3", DAY, DAY, by=HEAD, now=EARLY, key="satu") == once
    with pytest.raises(Refusal, match="already_recorded"):
        plan_officer(blora, "blora", nip, "3", DAY, DAY, by=HEAD, now=EARLY)
    with blora.reading() as connection:
        assert len(connection.execute(select(roster_entries)).all()) == 1


def test_what_cannot_be_a_plan_is_refused_and_writes_nothing(blora: Database) -> None:
    own = officers_of(blora, "dukcapil")[0]
    foreign = officers_of(blora, "samsat")[0]
    [usual] = planned(blora, "3", "09:00")
    before = DAY - timedelta(days=1)

    def refused(code: str, *given: object, **named: object) -> None:
        with pytest.raises(Refusal) as caught:
            plan_officer(blora, "blora", *given, by=HEAD, now=EARLY, **named)  # type: ignore[arg-type]
        assert caught.value.code == code

    refused("unknown_officer", "000000000000000000", "3", DAY, DAY)
    refused("unknown_counter", own, "99", DAY, DAY)
    refused("other_agency", foreign, "3", DAY, DAY)
    refused("other_agency", own, "7", DAY, DAY)
    refused("bad_period", own, "3", DAY, before)
    refused("bad_period", own, "3", DAY, DAY + timedelta(days=400))
    refused("bad_period", own, "3", DAY, DAY, days=[5])
    refused("bad_hours", own, "3", DAY, DAY, start=time(8))
    refused("same_officer", usual, "3", DAY, DAY, substitute_for=usual)
    refused("bad_text", own, "3", DAY, DAY, reason="dua\nbaris")
    sunday = DAY + timedelta(days=5)
    refused("not_planned", next(n for n in officers_of(blora, "dukcapil") if n != usual), "3", sunday, sunday,
            substitute_for=usual)  # fmt: skip
    with blora.reading() as connection:
        assert connection.execute(select(roster_entries)).all() == []


def test_the_post_register_changes_by_date_and_the_floor_follows(blora: Database) -> None:
    # counter 6 of Dukcapil stands in the hall file with an unfilled post and nobody planned
    assert {c.counter: c.cause for c in floor(blora, "blora", TEN).counters}["6"] == "post_vacant"
    with blora.reading() as connection:
        [post] = roster_of(blora, connection, "blora").posts_on(DAY)["6"]
    change_post(blora, "blora", "6", post.title, "filled", DAY, by=MANAGER, now=EARLY)
    assert {c.counter: c.cause for c in floor(blora, "blora", TEN).counters}["6"] != "post_vacant"
    with blora.reading() as connection:
        roster = roster_of(blora, connection, "blora")
    assert [p.filled for p in roster.posts_on(DAY - timedelta(days=1))["6"]] == [False]
    assert [p.filled for p in roster.posts_on(DAY)["6"]] == [True]
    again = change_post(blora, "blora", "6", post.title, "abolished", DAY, by=MANAGER, now=TEN)
    with blora.reading() as connection:
        assert "6" not in roster_of(blora, connection, "blora").posts_on(DAY)
    withdraw_post_change(blora, "blora", again, "salah loket", by=MANAGER, now=TEN)
    with blora.reading() as connection:
        assert [p.filled for p in roster_of(blora, connection, "blora").posts_on(DAY)["6"]] == [True]
        found = post_changes_of(connection, "blora", ["dukcapil"])
    assert [(c.state, c.withdrawn is None) for c in found] == [("abolished", False), ("filled", True)]

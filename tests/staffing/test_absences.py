"""Absences as people enter them, and who may: nothing is lost, a mistake is withdrawn, a refusal is kept."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hall.database import Database
from hall.errors import Refusal
from hall.journal import since
from hall.places import places
from staffing.absences import absences_in, correct_absence, enter_absence, whole_days, withdraw_absence
from staffing.facts import absences
from staffing.floor import floor
from staffing.privacy import Asker, broken_looks, looks, must_reach, note_look, reach, read_looks
from tests.cast import BAMBU, MELATI, RANDU, TUESDAY, wib

MANAGER = Asker("manager", "manager:wulan")
HEAD = Asker("head", "head:embun", "dukcapil")
PERSONNEL = Asker("personnel", "personnel:bkd")
REGENT = Asker("regent", "regent:bupati")
EARLY, TEN = wib(TUESDAY, "07:00"), wib(TUESDAY, "10:00")
DAY = wib(TUESDAY, "00:00"), wib("2026-03-04", "00:00")


def enter(db: Database, nip: str = BAMBU.nip, by: Asker = HEAD, **more: Any) -> str:
    return enter_absence(db, "blora", nip, more.pop("kind", "sick"), *DAY, more.pop("document", ""), by=by, now=EARLY,
                         **more)  # fmt: skip


def kept(db: Database, *, withdrawn: bool = False) -> list[tuple[str, str]]:
    with db.reading() as connection:
        everybody = list(places(db, connection, "blora").agencies)
        return [(a.officer, a.kind) for a in absences_in(connection, "blora", everybody, *DAY, withdrawn=withdrawn)]


def test_a_whole_day_is_the_day_of_the_hall(blora: Database) -> None:
    with blora.reading() as connection:
        place = places(blora, connection, "blora")
    assert whole_days(place, date(2026, 3, 3), date(2026, 3, 3)) == DAY


def test_the_head_enters_an_absence_and_the_floor_names_the_cause(blora: Database) -> None:
    enter(blora)
    assert {c.counter: c.cause for c in floor(blora, "blora", TEN).counters}["3"] == "sick"
    with blora.reading() as connection:
        last = since(connection, "blora", 0)[-1]
        [found] = absences_in(connection, "blora", ["dukcapil"], *DAY)
    assert (last.kind, last.actor, last.subject) == ("absence_recorded", "head:embun", BAMBU.nip)
    assert (found.name, found.agency, found.needs_document, found.recorded_by) == (
        BAMBU.name, "dukcapil", True, "head:embun",
    )  # fmt: skip


def test_a_withdrawn_absence_is_no_cause_any_more_and_is_still_there(blora: Database) -> None:
    absence = enter(blora)
    withdraw_absence(blora, "blora", absence, "salah orang", by=HEAD, now=TEN)
    assert {c.counter: c.cause for c in floor(blora, "blora", TEN).counters}["3"] != "sick"
    assert kept(blora) == []
    assert kept(blora, withdrawn=True) == [(BAMBU.nip, "sick")]
    with pytest.raises(Refusal, match="already_withdrawn"):
        withdraw_absence(blora, "blora", absence, "sekali lagi", by=HEAD, now=TEN)
    with pytest.raises(Refusal, match="reason_needed"):
        withdraw_absence(blora, "blora", absence, "  ", by=HEAD, now=TEN)


def test_a_correction_is_one_line_and_leaves_the_old_one_behind(blora: Database) -> None:
    old = enter(blora)
    with blora.reading() as connection:
        before = since(connection, "blora", 0)[-1].seq
    new = correct_absence(
        blora, "blora", old, kind="permission", start=DAY[0], end=DAY[1], document="S-1", reason="surat izin",
        by=HEAD, now=TEN, key="k1",
    )  # fmt: skip
    again = correct_absence(
        blora, "blora", old, kind="permission", start=DAY[0], end=DAY[1], document="S-1", reason="surat izin",
        by=HEAD, now=TEN, key="k1",
    )  # fmt: skip
    assert again == new
    assert kept(blora) == [(BAMBU.nip, "permission")]
    with blora.reading() as connection:
        [line] = since(connection, "blora", before)
        rows = {row.id: row for row in connection.execute(select(absences))}
    assert (line.kind, line.data["replaces"]) == ("absence_corrected", old)
    assert (rows[new].replaces, rows[old].withdrawn, rows[old].withdrawn_reason) == (old, TEN, "surat izin")


def test_the_same_absence_is_not_recorded_twice(blora: Database) -> None:
    enter(blora, key="a")
    enter(blora, key="a")
    with pytest.raises(Refusal, match="already_recorded"):
        enter(blora)
    with pytest.raises(Refusal, match="key_reused"):
        enter(blora, key="a", kind="leave")
    assert kept(blora) == [(BAMBU.nip, "sick")]


@pytest.mark.parametrize(
    ("kind", "end", "document", "code"),
    [
        ("malas", DAY[1], "", "unknown_kind"),
        ("sick", DAY[0], "", "bad_period"),
        ("study", DAY[0] + timedelta(days=3000), "", "bad_period"),
        ("sick", DAY[1], "x" * 101, "bad_text"),
        ("sick", DAY[1], "a\tb", "bad_text"),
    ],
)
def test_what_cannot_be_an_absence_writes_nothing(
    blora: Database, kind: str, end: object, document: str, code: str
) -> None:
    with pytest.raises(Refusal) as caught:
        enter_absence(blora, "blora", BAMBU.nip, kind, DAY[0], end, document, by=HEAD, now=EARLY)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert kept(blora, withdrawn=True) == []


def test_who_reaches_whom(blora: Database) -> None:
    with blora.reading() as connection:
        place = places(blora, connection, "blora")
    everybody = set(place.agencies)
    assert reach("manager", None, place) == reach("coordinator", None, place) == everybody
    assert reach("head", "dukcapil", place) == {"dukcapil"}
    assert reach("head", "ditutup", place) == set()
    assert reach("personnel", None, place) == {"dpmptsp", "dukcapil"}  # the regency's own; not Samsat, not Imigrasi
    assert reach("regent", None, place) == reach("officer", "dukcapil", place) == reach("kiosk", None, place) == set()


@pytest.mark.parametrize(("by", "nip"), [(HEAD, RANDU.nip), (PERSONNEL, RANDU.nip), (REGENT, MELATI.nip)])
def test_whoever_reaches_for_another_agency_is_refused_and_it_is_kept(blora: Database, by: Asker, nip: str) -> None:
    with pytest.raises(Refusal, match="other_agency"):
        enter(blora, nip, by)
    with pytest.raises(Refusal, match="other_agency"):
        enter(blora, nip, by)
    absence = enter(blora, nip, MANAGER)
    with pytest.raises(Refusal, match="other_agency"):
        withdraw_absence(blora, "blora", absence, "karena", by=by, now=EARLY)
    with blora.reading() as connection:
        found = read_looks(connection, "blora", refused=True)
    assert [(look.actor, look.whom, look.what) for look in found] == [(by.actor, f"officer:{nip}", "absences")]


def test_a_look_is_kept_once_a_day_for_each_purpose(contoh_on_each: Database) -> None:
    db, evening = contoh_on_each, wib(TUESDAY, "23:30")
    assert note_look(db, "contoh", MANAGER.actor, "agency:dukcapil", "attendance", EARLY)
    assert not note_look(db, "contoh", MANAGER.actor, "agency:dukcapil", "attendance", evening)
    db.known.clear()  # another process does not remember; the table does
    assert not note_look(db, "contoh", MANAGER.actor, "agency:dukcapil", "attendance", evening)
    assert note_look(db, "contoh", MANAGER.actor, "agency:dukcapil", "absences", evening)
    assert note_look(db, "contoh", MANAGER.actor, "agency:dukcapil", "attendance", evening + timedelta(hours=1))
    with pytest.raises(Refusal, match="other_agency"):
        must_reach(db, "contoh", HEAD, "samsat", "attendance", EARLY)
    with db.reading() as connection:
        found = read_looks(connection, "contoh")
        assert [look.nr for look in found] == [4, 3, 2, 1]
        assert [look.allowed for look in found] == [False, True, True, True]
        assert [look.nr for look in read_looks(connection, "contoh", before=3, limit=1)] == [2]
        assert list(broken_looks(connection, "contoh")) == []
        assert since(connection, "contoh", 0)[-1].kind == "hall_set_up"  # a look is no news to any screen


def test_a_look_that_was_removed_or_changed_is_found(contoh: Database) -> None:
    for what in ("a", "b", "c"):
        note_look(contoh, "contoh", MANAGER.actor, "hall", what, EARLY)
    with contoh.writing("contoh") as connection:
        connection.execute(looks.update().where(looks.c.nr == 2).values(actor="manager:lain"))
    with contoh.reading() as connection:
        assert list(broken_looks(connection, "contoh")) == [
            "looks of contoh: line 2 was changed or follows one that was"
        ]
    with contoh.writing("contoh") as connection:
        connection.execute(looks.delete().where(looks.c.nr == 2))
    with contoh.reading() as connection:
        assert next(iter(broken_looks(connection, "contoh"))) == "looks of contoh: expected line 2, found 3"

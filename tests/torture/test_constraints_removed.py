"""Each unique constraint taken away in turn: with the turn gone too, something is doubled, and ``verify`` names it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Connection, Date, Float, Integer, LargeBinary, String
from sqlalchemy.exc import IntegrityError

from app.verify import verify
from hall.database import Database, Json, Moment, metadata
from hall.errors import Refusal
from queueing import calling, slips
from queueing.issuing import issue
from staffing import presence
from staffing.privacy import note_look
from tests.cast import BIMA, BLORA_FILE, CONTOH_FILE, GALIH, KIOSK, SARI, SYSTEM, TUESDAY_MORNING
from tests.conftest import load
from tests.torture.crowd import Got, crowd
from tests.torture.tally import Tally
from tests.torture.test_crowd import open_hall, the_promises_hold
from tests.torture.test_without_turn import take_the_turn_away
from tests.torture.unguarded import Guard, NoTurn, altering, drop, guards

NOW = TUESDAY_MORNING
LATER = NOW + timedelta(minutes=30)
ENGINES = ("sqlite", "postgresql")


def take(db: Database, service: str = "ktp", **more: Any) -> dict[str, Any]:
    hall = "blora" if "kiosk" in more else "contoh"
    return issue(db, hall, service, actor=KIOSK, now=LATER, history=True, **more)


def call(db: Database) -> None:
    calling.call(db, "contoh", "1", actor=SYSTEM, now=LATER)


def seat(db: Database, nip: str, counter: str) -> None:
    presence.sign_in(db, "contoh", counter, nip, actor=SYSTEM, now=LATER, beats=False)


def pause(db: Database) -> None:
    presence.pause(db, "contoh", "1", "rapat", actor=SYSTEM, now=LATER)


def look(db: Database, what: str) -> None:
    note_look(db, "contoh", "manager:m", "hall", what, LATER)


def reprint(db: Database) -> None:
    with db.reading() as connection:
        job = connection.execute(slips.print_jobs.select()).mappings().first()
    assert job is not None
    slips.reprint(db, job["ticket"], actor=SYSTEM, now=LATER)


def three_wait_for_sari(db: Database) -> None:
    load(db, CONTOH_FILE)
    presence.sign_in(db, "contoh", "1", SARI.nip, actor=SYSTEM, now=NOW, beats=False)
    for minute in range(3):
        issue(db, "contoh", "ktp", actor=KIOSK, now=NOW + timedelta(minutes=minute), history=True)


def one_has_a_paper(db: Database) -> None:
    load(db, BLORA_FILE)
    take(db, kiosk="kiosk-1")
    job = slips.take_next(db, "blora", "kios-1", now=LATER)
    assert job is not None
    slips.report(db, job.id, slips.CONFIRMED, None, None, actor=SYSTEM, now=LATER)


@dataclass(frozen=True)
class Race:
    """Two who do not wait for each other: ``one`` has just looked (at ``moment``) when ``other`` does it first."""

    promise: str
    moment: str
    one: Callable[[Database], object]
    other: Callable[[Database], object]
    scene: Callable[[Database], None] = three_wait_for_sari
    counts_anew: bool = True


RACES = {
    "pk_journal": Race(
        "I6", "queueing.issuing.line_of", take, lambda db: take(db, "pkb"), counts_anew=False
    ),
    "uq_tickets_number": Race("I2", "queueing.issuing.line_of", take, take),
    "pk_answers": Race(
        "I3", "queueing.issuing.answered", lambda db: take(db, key="kios-1:77"), lambda db: take(db, key="kios-1:77")
    ),
    "uq_tickets_live_at_counter": Race("I4", "queueing.tickets.live_at", call, call),
    "pk_looks": Race("I6", "staffing.privacy._chain", lambda db: look(db, "attendance"), lambda db: look(db, "roster")),
    "uq_print_jobs_copy": Race("I8", "queueing.slips._jobs_of", reprint, reprint, scene=one_has_a_paper),
    "uq_sessions_counter": Race(
        "I10", "staffing.presence.session_at", lambda db: seat(db, BIMA.nip, "2"), lambda db: seat(db, GALIH.nip, "2")
    ),
    "uq_sessions_officer": Race(
        "I10", "staffing.presence.new_id", lambda db: seat(db, BIMA.nip, "2"), lambda db: seat(db, BIMA.nip, "4")
    ),
    "uq_pauses_open": Race("I10", "staffing.presence.open_pause", pause, pause),
}  # fmt: skip

BY_CHANCE = {"uq_tickets_secret"}  # no race: two links are alike only if chance itself is broken; a test of its own

FRESH_ID = "a fresh UUID for every row, so that two never meet; another unique constraint speaks of what they are about"
HALL_FILE = "a line of the hall file, written by one command in the hall's turn; no call depends on there being one"
WITHOUT_PROMISE = {
    **dict.fromkeys(
        (
            "pk_absences", "pk_cases", "pk_closures", "pk_deliveries", "pk_flags", "pk_messages", "pk_outages",
            "pk_pauses", "pk_post_changes", "pk_print_jobs", "pk_punches", "pk_reported", "pk_roster_entries",
            "pk_sessions", "pk_source_keys", "pk_tickets", "pk_tokens",
        ),
        FRESH_ID,
    ),
    **dict.fromkeys(
        (
            "pk_agencies", "pk_attendance_sources", "pk_counters", "pk_escalations", "pk_holidays", "pk_hours",
            "pk_officers", "pk_posts", "pk_printers", "pk_roster", "pk_services",
        ),
        HALL_FILE,
    ),
    "pk_halls": "a hall is set up once; a second row of it would tell the same",
    "pk_turns": "stands behind pk_halls: the row comes with the hall's own, and a change moves all rows of a hall",
    "pk_desks": "stands behind uq_sessions_counter: a desk is first written by the session that it follows",
    "pk_printer_states": "what a printer last said, for the staff; paper is counted by print jobs",
    "pk_accounts": "one PIN for a login; says nothing of the queue",
    "uq_tokens_hash": "a token opens one door; says nothing of the queue",
    "pk_bookmarks": "how far a webhook was told",
    "uq_messages_once": "one message a stage and channel",
    "uq_flags_open": "one open flag a counter",
    "uq_cases_number": "one number a case, for letters",
    "pk_case_letters": "a case's letters are counted from one",
    "pk_case_pieces": "a case's empty stretches are counted from one",
    "pk_case_steps": "a case's steps are counted from one",
    "uq_looks_once": "a look is written down once a day; one more would be the truth too",
    "uq_reported_once": "a cause told twice in the same words is kept once",
    "uq_punches_once": "a punch read twice is one; evidence of presence, which is a set",
    "pk_readings": "a machine's own record, read again with every pull",
    "pk_pins": "whose number in a machine it is",
    "pk_machines": "one row a machine",
    "pk_unlisted_machines": "one row a machine that nobody listed",
    "pk_coverage": "until when a source was read",
    "pk_signatures": "a signed delivery is taken once",
    "pk_roll_marks": "one mark an officer, day and roll call",
}  # fmt: skip


def test_every_unique_constraint_has_its_race_or_its_reason() -> None:
    lists = (set(RACES), BY_CHANCE, set(WITHOUT_PROMISE))
    assert sorted(name for names in lists for name in names) == sorted(guards())


# ---- each of them holds something ----


def _value(column: Any, nr: int) -> Any:
    kinds: list[tuple[type, Callable[[], Any]]] = [
        (Moment, lambda: datetime(2026, 3, 3, tzinfo=UTC) + timedelta(days=nr)),
        (Json, lambda: [nr]),
        (Boolean, lambda: bool(nr % 2)),
        (Date, lambda: date(2026, 3, 3) + timedelta(days=nr)),
        (Float, lambda: float(nr)),
        (LargeBinary, lambda: bytes([nr])),
        ((BigInteger, Integer), lambda: nr),  # type: ignore[list-item]
        (String, lambda: str(nr)),
    ]
    return next(make() for kind, make in kinds if isinstance(column.type, kind))


def put_two_alike(connection: Connection, guard: Guard) -> None:
    """Two rows that agree in what the guard speaks of, and in as little else as possible."""
    table = metadata.tables[guard.table]
    for nr in (1, 2):
        row = {c.name: _value(c, nr) for c in table.columns if not c.nullable}
        row |= {name: _value(table.c[name], 1) for name in guard.columns}
        row |= {"state": "called"} if guard.name == "uq_tickets_live_at_counter" else {}
        connection.execute(table.insert().values(**row))


@pytest.mark.parametrize("fresh", ["db", "postgres"])
def test_each_refuses_a_second_row_and_without_it_the_row_goes_in(fresh: str, request: pytest.FixtureRequest) -> None:
    db: Database = request.getfixturevalue(fresh)
    with altering(db) as connection:
        for guard in guards().values():
            step = connection.begin_nested()
            with pytest.raises(IntegrityError) as fault:
                put_two_alike(connection, guard)
            step.rollback()
            assert guard.refused(fault.value), (guard.name, str(fault.value))
            step = connection.begin_nested()
            drop(connection, guard)
            put_two_alike(connection, guard)
            assert guard.doubled(connection) == 1, guard.name
            step.rollback()
        connection.rollback()


# ---- those that carry a promise, raced for ----


@pytest.fixture(params=ENGINES)
def scene(request: pytest.FixtureRequest) -> Callable[[Race], Database]:
    """Plays a race's scene in a fresh database of either engine."""
    db: Database = request.getfixturevalue("db" if request.param == "sqlite" else "postgres")

    def play(race: Race) -> Database:
        race.scene(db)
        assert verify(db) == []
        return db

    return play


def without(db: Database, *names: str) -> None:
    with altering(db) as connection:
        for name in names:
            drop(connection, guards()[name])


def doubled(db: Database, name: str) -> int:
    with db.reading() as connection:
        return guards()[name].doubled(connection)


raced = pytest.mark.parametrize("name", RACES)


@raced
def test_without_the_turn_the_constraint_refuses_the_second(
    scene: Callable[[Race], Database], name: str, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    race = RACES[name]
    db = scene(race)
    NoTurn(monkeypatch).meanwhile(race.moment, lambda: race.other(db), counts_anew=race.counts_anew)
    with pytest.raises(IntegrityError) as fault:
        race.one(db)
    assert guards()[name].refused(fault.value), str(fault.value)
    monkeypatch.undo()
    assert doubled(db, name) == 0
    tally.add(histories=1, faults=1)
    tally.verified(db)


@raced
def test_without_the_turn_and_the_constraint_it_is_doubled_and_verify_names_the_promise(
    scene: Callable[[Race], Database], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = RACES[name]
    db = scene(race)
    without(db, name)
    NoTurn(monkeypatch).meanwhile(race.moment, lambda: race.other(db), counts_anew=race.counts_anew)
    race.one(db)
    monkeypatch.undo()
    assert doubled(db, name) == 1
    assert {breach.promise for breach in verify(db)} == {race.promise}, verify(db)


@raced
def test_without_the_constraint_the_turn_alone_holds(
    scene: Callable[[Race], Database], name: str, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    race = RACES[name]
    db = scene(race)
    without(db, name)
    waits: list[threading.Thread] = []
    faults: list[Exception] = []

    def other() -> None:
        try:
            race.other(db)
        except Refusal:
            pass  # it came too late
        except Exception as fault:  # noqa: BLE001  told below, by the thread that pytest watches
            faults.append(fault)

    module, _, function = race.moment.rpartition(".")
    real = getattr(__import__(module, fromlist=[function]), function)

    def comes_meanwhile(*given: Any, **more: Any) -> Any:
        if not waits:
            waits.append(threading.Thread(target=other))
            waits[0].start()
        return real(*given, **more)

    monkeypatch.setattr(race.moment, comes_meanwhile)
    race.one(db)
    waits[0].join()
    monkeypatch.undo()
    assert faults == []
    assert doubled(db, name) == 0
    tally.add(histories=1, faults=1)
    tally.verified(db)


@pytest.mark.parametrize("fresh", ["db", "postgres"])
def test_two_links_alike_are_refused_and_without_the_constraint_named(
    fresh: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    db: Database = load(request.getfixturevalue(fresh), CONTOH_FILE)
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: "no-chance")
    take(db)
    with pytest.raises(IntegrityError) as fault:
        take(db)
    assert guards()["uq_tickets_secret"].refused(fault.value)
    assert verify(db) == []
    without(db, "uq_tickets_secret")
    take(db)
    assert {breach.promise for breach in verify(db)} == {"I1"}


# ---- a whole crowd ----

CROWD = (12, 8)  # people, tickets each


@pytest.mark.parametrize("fresh", ["db", "postgres"])
def test_a_crowd_without_any_constraint_is_held_by_the_turn_alone(
    fresh: str, request: pytest.FixtureRequest, tally: Tally
) -> None:
    db: Database = open_hall(request.getfixturevalue(fresh))
    without(db, *RACES)
    tally.add(histories=1, tickets=CROWD[0] * CROWD[1])
    the_promises_hold(db, crowd(db, *CROWD, seed=7), CROWD[0] * CROWD[1])


@pytest.mark.parametrize("fresh", ["db", "postgres"])
def test_a_crowd_without_turn_and_constraints_breaks_what_verify_names(
    fresh: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    db: Database = open_hall(request.getfixturevalue(fresh))
    without(db, *RACES)
    take_the_turn_away(monkeypatch, db.engine)
    got, named = Got(), set()
    for seed in range(7, 17):  # on SQLite most who meet are sent away by the file's own lock
        got.add(crowd(db, *CROWD, seed=seed))
        named = {breach.promise for breach in verify(db)}
        if "I2" in named:
            break
    monkeypatch.undo()
    assert "I2" in named, named
    with pytest.raises(AssertionError):
        the_promises_hold(db, got, CROWD[0] * CROWD[1])

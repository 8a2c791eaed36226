"""Each promise is broken on purpose in a real database, and ``verify`` names that promise and no other."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from app.cli import cli
from app.promises.found import MOST, Found
from app.replay import replay
from app.verify import PROMISES, verify
from hall.database import Database, new_id
from hall.errors import NotFound
from hall.turn import turn
from queueing import calling, slips
from queueing import tickets as tk
from queueing.issuing import issue
from staffing import presence
from tests.app.breaks import BREAKS, LATER, NOW, forge_call, forging, raw, shortest, take, ticket, without_constraints
from tests.app.lively import Hall
from tests.cast import BLORA_FILE, CONTOH_DAY, SARI, SYSTEM, TUESDAY, wib
from tests.conftest import load


def promises_broken(db: Database) -> set[str]:
    return {breach.promise for breach in verify(db)}


def told_by_the_command(db: Database) -> set[str]:
    """The promises that ``antre verify --json`` names; its exit status says as much."""
    environment = {"ANTRE_DATABASE_URL": db.url.render_as_string(hide_password=False)}
    done = CliRunner().invoke(cli, ["verify", "--json"], env=environment)
    breaches = json.loads(done.stdout)
    assert done.exit_code == (1 if breaches else 0), done.output
    return {breach["promise"] for breach in breaches}


@pytest.fixture
def counter(contoh: Database) -> Database:
    """Three people wait for Sari at counter 1."""
    return three_wait(contoh)


@pytest.fixture
def counter_on_each(contoh_on_each: Database) -> Database:
    """The same on both engines."""
    return three_wait(contoh_on_each)


def three_wait(contoh: Database) -> Database:
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=SYSTEM, now=NOW - timedelta(minutes=5), beats=False)
    for minute in range(3):
        take(contoh, minute, key=f"k{minute}")
    assert verify(contoh) == []
    return contoh


# ---- nothing broken ----


def test_a_written_day_keeps_every_promise(contoh: Database) -> None:
    with CONTOH_DAY.open(encoding="utf-8") as day:
        replay(contoh, "contoh", day)
    assert verify(contoh) == []


def test_three_lively_days_keep_every_promise(blora: Database) -> None:
    hall = Hall(blora, "blora", seed=11)
    for day in ("2026-03-03", "2026-03-04", "2026-03-06"):
        hall.play(day, 300)
    for what in ("issue", "call", "start", "finish", "transfer", "hold", "resume", "pause", "take_next", "no_show"):
        assert hall.done[what], f"no {what} came about; take another seed"
    assert verify(blora) == []


def test_a_lively_day_keeps_every_promise_on_both_databases(contoh_on_each: Database) -> None:
    Hall(contoh_on_each, "contoh", seed=3).play(TUESDAY, 300)
    assert verify(contoh_on_each) == []


def test_a_look_at_years_is_not_cut_off_by_the_limit_for_programs_that_hang(
    contoh_on_postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    three_wait(contoh_on_postgres)
    url = contoh_on_postgres.url.update_query_dict({"options": "-c idle_in_transaction_session_timeout=100ms"})

    def count_for_minutes(*_: object) -> list[str]:
        time.sleep(0.5)
        return []

    monkeypatch.setattr("app.verify.agree", count_for_minutes)
    with closing(Database(url.render_as_string(hide_password=False), pool_size=2)) as impatient:
        assert verify(impatient) == []


def test_an_empty_hall_keeps_every_promise(contoh: Database) -> None:
    assert verify(contoh) == []


def test_only_the_asked_halls_are_looked_at(counter: Database) -> None:
    raw(counter, "UPDATE journal SET actor = 'somebody else' WHERE seq = 2")
    assert {b.hall for b in verify(counter, halls=["contoh"])} == {"contoh"}
    with pytest.raises(NotFound, match="unknown_hall"):
        verify(counter, halls=["nowhere"])


@pytest.mark.parametrize(("promise", "what", "act"), BREAKS, ids=[f"{p}: {w}" for p, w, _ in BREAKS])
def test_a_broken_promise_is_named(
    counter_on_each: Database, promise: str, what: str, act: Callable[[Database], None]
) -> None:
    act(counter_on_each)
    assert told_by_the_command(counter_on_each) == {promise}, [str(b) for b in verify(counter_on_each)]


# ---- paper needs a hall with a printer ----


@pytest.fixture(params=["sqlite", "postgresql"])
def printed(request: pytest.FixtureRequest) -> Database:
    """A ticket whose slip was handed to the kiosk's printer; on both engines."""
    blora: Database = request.getfixturevalue("blora" if request.param == "sqlite" else "postgres")
    if request.param == "postgresql":
        load(blora, BLORA_FILE)
    issue(blora, "blora", "ktp", actor="kiosk:k", now=NOW, history=True, kiosk="kiosk-1")
    assert slips.take_next(blora, "blora", "kios-1", now=NOW) is not None
    assert verify(blora) == []
    return blora


def hand_out_again(db: Database) -> None:
    with turn(db, "blora", LATER) as t:
        job = t.connection.execute(select(slips.print_jobs)).one()
        t.write("slip_sent", job.ticket, {"job": job.id, "printer": job.printer, "copy": 0}, actor=SYSTEM)


def second_original(db: Database) -> None:
    without_constraints(db, "print_jobs")
    raw(
        db,
        "INSERT INTO print_jobs SELECT 'another', hall, ticket, printer, copy, 'queued', reason, detail, facts, "
        "created, NULL, NULL FROM print_jobs",
    )


def unordered_reprint(db: Database) -> None:
    without_constraints(db, "print_jobs")
    second_original(db)
    raw(db, "UPDATE print_jobs SET copy = 1 WHERE id = 'another'")


def queued_again(db: Database) -> None:
    raw(db, "UPDATE print_jobs SET state = 'queued', sent = NULL")


def printed_from_nowhere(db: Database) -> None:
    with turn(db, "blora", LATER) as t:
        t.write("slip_sent", new_id(), {"job": new_id(), "printer": "kios-1", "copy": 0}, actor=SYSTEM)


@pytest.mark.parametrize(
    "act", [hand_out_again, second_original, unordered_reprint, queued_again, printed_from_nowhere]
)
def test_a_doubled_slip_is_named(printed: Database, act: Callable[[Database], None]) -> None:
    act(printed)
    assert told_by_the_command(printed) == {"I8"}


def test_a_slip_that_came_out_before_it_was_sent_is_named(printed: Database) -> None:
    raw(printed, f"UPDATE print_jobs SET state = 'confirmed', ended = sent - {shortest(printed)}")
    assert told_by_the_command(printed) == {"I7"}


def test_a_slip_without_its_ticket_is_a_lost_ticket(printed: Database) -> None:
    raw(printed, "DELETE FROM tickets")
    assert promises_broken(printed) == {"I1"}


# ---- what can be proved, and what cannot ----


def test_every_promise_has_a_test_that_breaks_it() -> None:
    assert {promise for promise, _, _ in BREAKS} | {"I8"} == set(PROMISES)


def test_a_call_is_held_against_the_services_its_counter_takes_now(blora: Database) -> None:
    first = issue(blora, "blora", "nib", actor="kiosk:k", now=NOW, history=True)
    second = issue(blora, "blora", "pbg", actor="kiosk:k", now=NOW, history=True)
    officer = Hall(blora, "blora", 1).officers[0]
    presence.sign_in(blora, "blora", "1", officer, actor=SYSTEM, now=NOW, beats=False)
    with turn(blora, "blora", LATER) as t:
        forge_call(t, second["number"])
    [breach] = verify(blora)
    assert breach.promise == "I5" and first["number"] in breach.what and second["number"] in breach.what


def test_nobody_is_accused_of_what_an_older_set_up_may_have_allowed(blora: Database) -> None:
    issue(blora, "blora", "nib", actor="kiosk:k", now=NOW, history=True)
    second = issue(blora, "blora", "pbg", actor="kiosk:k", now=NOW, history=True)
    third = issue(blora, "blora", "pbg", actor="kiosk:k", now=NOW, history=True)
    officer = Hall(blora, "blora", 1).officers[0]
    presence.sign_in(blora, "blora", "1", officer, actor=SYSTEM, now=NOW, beats=False)
    with turn(blora, "blora", LATER) as t:
        forge_call(t, second["number"])
        tk.change(t, ticket(t, second["number"]), state="no_show", ended_at=t.now)
        t.write("ticket_missed", second["id"], {"number": second["number"], "service": "pbg"}, actor=SYSTEM)
        t.write("hall_set_up", "blora", {"created": False, "changed": ["counters"]}, actor=SYSTEM)
    assert verify(blora) == []  # at that time counter 1 may have taken "pbg" alone
    with turn(blora, "blora", LATER) as t:
        forge_call(t, third["number"])
    assert promises_broken(blora) == {"I5"}


def test_a_ticket_is_never_overtaken_in_its_own_service_whatever_the_set_up_was(counter: Database) -> None:
    with forging(counter) as t:
        forge_call(t, "A-002")
        t.write("hall_set_up", "contoh", {"created": False, "changed": ["counters"]}, actor=SYSTEM)
    assert promises_broken(counter) == {"I5"}


def test_a_hall_whose_own_row_is_gone_is_still_looked_at(counter: Database) -> None:
    raw(counter, "DELETE FROM halls", "DELETE FROM tickets WHERE label = 'A-002'")
    assert {"I1", "I6"} <= promises_broken(counter)


def test_history_carried_in_while_the_present_goes_on_is_no_breach(counter: Database) -> None:
    calling.call(counter, "contoh", "1", actor=SYSTEM, now=LATER)
    with forging(counter) as t:
        first = ticket(t, "A-001").id
    calling.no_show(counter, first, actor=SYSTEM, now=LATER)
    counter.memory.clear()  # a command beside the server
    old = ['{"at": "2026-01-05T09:00:00+07:00", "do": "issue", "service": "ktp"}']
    assert replay(counter, "contoh", old).done == 1
    calling.resume(counter, first, actor=SYSTEM, now=LATER + timedelta(minutes=1))
    assert verify(counter) == []


def test_the_list_of_breaches_ends_before_it_fills_the_screen() -> None:
    found = Found("contoh")
    for nr in range(MOST + 7):
        found.add("I2", f"number {nr}")
    breaches = found.breaches()
    assert len(breaches) == MOST + 1 and breaches[-1].what == "and 7 more"


def test_a_ticket_left_at_a_counter_overnight_is_no_breach(contoh: Database) -> None:
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=SYSTEM, now=NOW, beats=False)
    take(contoh, 1)
    calling.call(contoh, "contoh", "1", actor=SYSTEM, now=LATER)
    presence.end_day(contoh, "contoh", now=wib("2026-03-04", "06:00"))
    assert verify(contoh) == []


def test_verify_reads_while_the_hall_goes_on_writing(counter: Database) -> None:
    with counter.reading() as connection:
        before = connection.execute(text("SELECT count(*) FROM tickets")).scalar_one()
        take(counter, 9)
        assert connection.execute(text("SELECT count(*) FROM tickets")).scalar_one() == before
    assert verify(counter) == []

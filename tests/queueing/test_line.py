"""What a process remembers of the line is what the database says, whatever happened and whoever did it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, select

from hall.clock import midnight_after
from hall.database import Database, sqlite_url
from hall.errors import Refusal
from hall.places import Places, places
from hall.schema import migrate
from hall.turn import turn, turns
from queueing import calling, day_end
from queueing.issuing import issue
from queueing.line import Line, count, line_of
from staffing import facts, presence
from tests.cast import AYU, BAMBU, BLORA_FILE, CONSOLE, KIOSK, SARI, SEKAR, TUESDAY_MORNING
from tests.conftest import load

SEATS = {"3": BAMBU, "4": SEKAR, "5": AYU}  # ktp+kia, ktp+kk, kk+akta-lahir+akta-kematian+pindah
SERVICES = ("ktp", "kia", "kk")
MOVES: dict[str, Callable[..., Any]] = {
    "recall": calling.recall,
    "start": calling.start,
    "finish": calling.finish,
    "no-show": calling.no_show,
    "hold": calling.hold,
    "resume": calling.resume,
    "cancel": calling.cancel,
    "withdraw": calling.withdraw,
}
services = st.sampled_from(SERVICES)
counters = st.sampled_from(sorted(SEATS))
processes = st.sampled_from([0, 0, 1])  # one of them remembers, the other hears of much at once


def plain(line: Line) -> dict[str, Any]:
    """A line as values that compare: what was looked up and not found is not there."""
    return {
        "date": line.date,
        "waiting": {s: list(w) for s, w in line.waiting.items() if any(w)},
        "issued": {s: n for s, n in line.issued.items() if n},
        "last_number": {p: n for p, n in line.last_number.items() if n},
        "desks": line.desks,
        "live": line.live,
        "pace": {s: list(p) for s, p in line.pace.items() if p},
        "called": line.called,
        "missed": line.missed,
        "options": line.places.options,
        "plans": {c: line.places.calendar.plan(at.agency, c, line.date) for c, at in line.places.counters.items()},
    }


def remembered(db: Database, hall: str) -> Line | None:
    """What the next turn of this process would go by, or None when it would count."""
    with db.reading() as connection:
        state = tuple(
            connection.execute(select(turns.c.seq, turns.c.hash, turns.c.config).where(turns.c.hall == hall)).one()
        )
    known = db.memory.get(hall)
    if known is None or known[0] != state:
        return None
    line: Line | None = known[1].get("line")
    return line


def counted(db: Database, hall: str, day: date) -> Line:
    """The line counted by somebody who only reads."""
    with db.reading() as connection:
        return count(connection, places(db, connection, hall), day)


class WorkingHall(RuleBasedStateMachine):
    """Two processes on one database do whatever comes to their minds; time goes on, days end."""

    template: Path

    @initialize()
    def opens(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="antre-line-"))
        shutil.copy(self.template, self.folder / "antre.db")
        self.dbs = [Database(sqlite_url(self.folder / "antre.db")) for _ in range(2)]
        self.auditor = Database(sqlite_url(self.folder / "antre.db"))
        self.now = TUESDAY_MORNING
        self.known: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            for db in (*self.dbs, self.auditor):
                db.close()
            shutil.rmtree(self.folder)

    def do(self, process: int, verb: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """One verb by one process a moment later; a refusal is fine."""
        self.now += timedelta(seconds=7)
        try:
            return verb(self.dbs[process], *args, now=self.now, **more)
        except Refusal:
            return None

    @rule(process=processes, service=services, priority=st.sampled_from([None, None, "elderly"]), history=st.booleans())
    def issues(self, process: int, service: str, priority: str | None, history: bool) -> None:
        given = self.do(process, issue, "blora", service, actor=KIOSK, priority=priority, confirm=True, history=history)
        if given is not None:
            self.known.append(given["id"])

    @rule(process=processes, counter=counters)
    def calls(self, process: int, counter: str) -> None:
        self.do(process, calling.call, "blora", counter, actor=CONSOLE)

    @rule(process=processes, counter=counters)
    def serves_the_next(self, process: int, counter: str) -> None:
        self.do(process, presence.sign_in, "blora", counter, SEATS[counter].nip, actor=CONSOLE, beats=False)
        ticket = self.do(process, calling.call, "blora", counter, actor=CONSOLE)
        if ticket is not None:
            self.do(process, calling.start, ticket["id"], actor=CONSOLE)
            self.do(process, calling.finish, ticket["id"], actor=CONSOLE)

    @precondition(lambda self: self.known)
    @rule(process=processes, nr=st.integers(0, 30), move=st.sampled_from(sorted(MOVES)))
    def moves(self, process: int, nr: int, move: str) -> None:
        self.do(process, MOVES[move], self.known[-1 - nr % len(self.known)], actor=CONSOLE)

    @precondition(lambda self: self.known)
    @rule(
        process=processes,
        nr=st.integers(0, 30),
        to=st.one_of(services.map(lambda s: {"service": s}), counters.map(lambda c: {"to_counter": c})),
        back=st.booleans(),
    )
    def transfers(self, process: int, nr: int, to: dict[str, str], back: bool) -> None:
        ticket = self.known[-1 - nr % len(self.known)]
        self.do(process, calling.transfer, ticket, back=back, actor=CONSOLE, **to)

    @rule(process=processes, counter=counters, beats=st.booleans())
    def signs_in(self, process: int, counter: str, beats: bool) -> None:
        self.do(process, presence.sign_in, "blora", counter, SEATS[counter].nip, actor=CONSOLE, beats=beats)

    @rule(process=processes, counter=counters)
    def signs_out(self, process: int, counter: str) -> None:
        self.do(process, presence.sign_out, "blora", counter, actor=CONSOLE)

    @rule(process=processes, counter=counters)
    def pauses(self, process: int, counter: str) -> None:
        self.do(process, presence.pause, "blora", counter, "salat", actor=CONSOLE)

    @rule(process=processes, counter=counters)
    def goes_on(self, process: int, counter: str) -> None:
        self.do(process, presence.unpause, "blora", counter, actor=CONSOLE)

    @rule(process=processes, counter=counters)
    def beats(self, process: int, counter: str) -> None:
        self.do(process, presence.heartbeat, "blora", counter, actor=CONSOLE)

    @rule(process=processes, seconds=st.integers(1, 90))
    def consoles_fall_silent(self, process: int, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        self.do(process, presence.find_lost_consoles, "blora")

    @rule(process=processes, counter=counters)
    def a_closure_is_recorded(self, process: int, counter: str) -> None:
        self.do(
            process, facts.record_closure, "blora", f"counter:{counter}", self.now, self.now + timedelta(minutes=5),
            "listrik padam", actor=CONSOLE,
        )  # fmt: skip

    @rule(process=processes)
    def the_manager_closes_the_day(self, process: int) -> None:
        self.do(process, day_end.close_day, "blora", actor=CONSOLE)

    @rule(process=processes, courier=st.sampled_from([None, day_end.end_old_days, presence.end_day]))
    def the_day_ends(self, process: int, courier: Callable[..., Any] | None) -> None:
        self.now = midnight_after((self.now + timedelta(hours=7)).date(), "Asia/Jakarta") + timedelta(hours=2)
        if courier is not None:
            self.do(process, courier, "blora")

    @rule(process=processes)
    def somebody_looks_at_the_line(self, process: int) -> None:
        self.now += timedelta(seconds=1)
        with turn(self.dbs[process], "blora", self.now) as t:
            line_of(t)

    @rule(process=processes)
    def a_turn_changes_everything_and_fails(self, process: int) -> None:
        def fail() -> None:
            with turn(self.dbs[process], "blora", self.now) as t:
                line = line_of(t)
                line.last_number["A"] += 1000
                line.waiting["ktp"][1] += 1000
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            fail()

    @invariant()
    def what_is_remembered_is_true(self) -> None:
        for db in getattr(self, "dbs", []):
            line = remembered(db, "blora")
            if line is not None:
                assert plain(line) == plain(counted(self.auditor, "blora", line.date))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with Blora in it, to be copied."""
    path = tmp_path_factory.mktemp("line") / "blora.db"
    database = Database(sqlite_url(path))
    try:
        migrate(database)
        load(database, BLORA_FILE)
        database.checkpoint()
    finally:
        database.close()
    return path


def test_what_is_remembered_is_what_a_fresh_count_says_after_any_verbs(template: Path) -> None:
    class InThisHall(WorkingHall):
        pass

    InThisHall.template = template
    run_state_machine_as_test(
        InThisHall,
        settings=settings(
            max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.fixture
def two(contoh_on_each: Database) -> Iterator[tuple[Database, Database]]:
    """Two processes on one database with an officer at counter 1."""
    other = Database(contoh_on_each.url.render_as_string(hide_password=False))
    try:
        presence.sign_in(other, "contoh", "1", SARI.nip, actor=CONSOLE, now=TUESDAY_MORNING, beats=False)
        yield contoh_on_each, other
    finally:
        other.close()


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """Every count of a whole day from now on."""
    counted: list[date] = []

    def watched(connection: Connection, hall: Places, today: date) -> Line:
        counted.append(today)
        return count(connection, hall, today)

    monkeypatch.setattr("queueing.line.count", watched)
    return counted


def take(db: Database) -> str:
    """The number that the next citizen is given by this process."""
    return str(issue(db, "contoh", "ktp", actor=KIOSK, now=TUESDAY_MORNING, confirm=True)["number"])


def serve(db: Database) -> None:
    """Somebody is called to counter 1 by this process and served."""
    ticket = calling.call(db, "contoh", "1", actor=CONSOLE, now=TUESDAY_MORNING)
    assert ticket is not None
    calling.start(db, ticket["id"], actor=CONSOLE, now=TUESDAY_MORNING + timedelta(minutes=1))
    calling.finish(db, ticket["id"], actor=CONSOLE, now=TUESDAY_MORNING + timedelta(minutes=2))


def test_what_another_process_did_is_taken_in_without_counting_the_day(
    two: tuple[Database, Database], counts: list[date]
) -> None:
    for nr in range(12):
        assert take(two[nr % 2]) == f"A-{nr + 1:03d}"
        if nr % 3 == 0:
            serve(two[nr // 3 % 2])
    assert len(counts) == 1  # at its first look; the other's was before
    for db in two:
        with turn(db, "contoh", TUESDAY_MORNING) as t:
            assert plain(line_of(t)) == plain(counted(db, "contoh", TUESDAY_MORNING.date()))
    assert len(counts) == 1


def test_whatever_another_process_does_with_a_ticket_is_taken_in_as_it_would_be_counted(
    two: tuple[Database, Database], counts: list[date]
) -> None:
    mine, other = two
    for _ in range(6):
        take(mine)

    def called(db: Database) -> str:
        ticket = calling.call(db, "contoh", "1", actor=CONSOLE, now=TUESDAY_MORNING)
        assert ticket is not None
        return str(ticket["id"])

    def move(db: Database, verb: Callable[..., Any], ticket: str, **more: Any) -> None:
        verb(db, ticket, actor=CONSOLE, now=TUESDAY_MORNING, **more)
        for here in (mine, other):
            with turn(here, "contoh", TUESDAY_MORNING) as t:
                assert plain(line_of(t)) == plain(counted(here, "contoh", TUESDAY_MORNING.date())), verb

    missed = called(mine)
    move(mine, calling.no_show, missed)
    held = called(other)
    move(mine, calling.hold, held)
    gone = called(mine)
    move(other, calling.cancel, gone)
    sent = called(other)
    move(other, calling.transfer, sent, service="pkb")
    move(other, calling.resume, missed)  # whoever missed the call was not settled yet
    move(mine, calling.resume, held)
    again = called(other)
    move(mine, calling.start, again)
    move(other, calling.finish, again)
    assert len(counts) == 1


def test_a_turn_that_does_not_look_at_the_line_does_not_forget_it(
    two: tuple[Database, Database], counts: list[date]
) -> None:
    mine, other = two
    take(mine)
    take(other)
    with turn(mine, "contoh", TUESDAY_MORNING) as t:
        t.write("thing_done", "thing", {}, actor=CONSOLE)
    assert take(mine) == "A-003"
    assert len(counts) == 1


def test_the_day_is_counted_where_what_was_known_does_not_lead_to_what_is_written(
    two: tuple[Database, Database], counts: list[date]
) -> None:
    mine, other = two
    take(mine)
    take(other)
    (seq, _, config), memory, recorded = mine.memory["contoh"]
    memory["line"].last_number["A"] = 500
    mine.memory["contoh"] = ((seq, "f" * 64, config), memory, recorded)  # as after an older backup was restored
    assert take(mine) == "A-003"
    assert len(counts) == 2


def test_the_day_is_counted_after_a_new_set_up_or_when_much_was_written_since(
    two: tuple[Database, Database], counts: list[date], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = two
    take(mine)
    with turn(other, "contoh", TUESDAY_MORNING) as t:
        t.set_up_changed()
        t.write("set_up_changed", "contoh", {}, actor=CONSOLE)
    assert (take(mine), len(counts)) == ("A-002", 2)
    monkeypatch.setattr("hall.turn.FAR_BACK", 3)
    assert [take(other) for _ in range(3)] == ["A-003", "A-004", "A-005"]
    assert (take(mine), len(counts)) == ("A-006", 3)
    assert [take(other) for _ in range(4)] == [f"A-{nr:03d}" for nr in range(7, 11)]
    assert (take(mine), len(counts)) == ("A-011", 4)

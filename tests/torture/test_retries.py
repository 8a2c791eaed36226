"""Asked again: lost answers, doubled and overtaking requests, odd keys; however it comes, it is done once."""

from __future__ import annotations

import random
import string
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.factory import create_app
from app.settings import Settings
from hall.database import Database, sqlite_url
from hall.journal import journal
from hall.once import forget_old
from hall.people import new_token
from queueing.tickets import tickets
from staffing import presence
from tests.cast import CONSOLE, CONTOH_FILE, GALIH, SARI, TUESDAY_MORNING
from tests.clock import HandClock
from tests.conftest import load
from tests.live import HALL, LiveHall
from tests.serving import serving
from tests.torture.impatient import Answer, Line, at_once
from tests.torture.tally import Tally, size

ROUNDS = size(20, 250)
KTP: dict[str, Any] = {"service": "ktp", "confirm": True}


@dataclass
class Desk:
    """A served hall, the lines to it, and every ticket that somebody was told of, by key."""

    db: Database
    hall: str
    kiosk: Line
    other_kiosk: Line
    console: Line
    clock: HandClock
    told: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: int = 0

    @property
    def tickets(self) -> str:
        return f"/halls/{self.hall}/tickets"

    def key(self) -> str:
        """One that nobody used."""
        self.asked += 1
        return f"key-{self.asked}"

    def told_once(self, key: str, *answers: Answer) -> None:
        """All who asked with a key were told of the same ticket."""
        for status, answer in answers:
            assert status == 201, answer
            assert answer == self.told.setdefault(key, answer)

    def each_was_done_once(self) -> None:
        """As many tickets as keys, each as it was told, each issued by one line."""
        with self.db.reading() as connection:
            stored = connection.execute(select(tickets.c.id, tickets.c.label).where(tickets.c.hall == self.hall)).all()
            lines = select(journal.c.subject).where(journal.c.hall == self.hall, journal.c.kind == "ticket_issued")
            issued = connection.execute(lines).scalars().all()
        assert sorted((t["id"], t["number"]) for t in self.told.values()) == sorted((r.id, r.label) for r in stored)
        assert Counter(issued) == Counter({row.id: 1 for row in stored})


@contextmanager
def desk_of(db: Database, home: Path) -> Iterator[Desk]:
    clock = HandClock(TUESDAY_MORNING)
    load(db, CONTOH_FILE)
    for officer in (SARI, GALIH):
        presence.sign_in(db, "contoh", officer.counter, officer.nip, actor=CONSOLE, now=clock.now(), beats=False)
    settings = Settings(home=home, secret_key="k" * 40, voice="off", secure_cookies=False)
    tokens = [
        new_token(db, role, hall="contoh", name=name, now=clock.now())
        for role, name in (("kiosk", "kios-1"), ("kiosk", "kios-2"), ("console", "konsol"))
    ]
    with serving(create_app(settings, clock=clock, database=db)) as url:
        first, second, console = (Line(url, token) for token in tokens)
        yield Desk(db, "contoh", first, second, console, clock)


@pytest.fixture(params=["db", "postgres"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, tally: Tally) -> Iterator[Desk]:
    db: Database = request.getfixturevalue(request.param)
    with desk_of(db, tmp_path) as here:
        yield here
    here.each_was_done_once()
    tally.add(histories=1, faults=here.asked, tickets=len(here.told))
    tally.verified(db)


def lose_answers(desk: Desk, dice: random.Random) -> None:
    """The answer is lost once, twice or three times, or the question was only half sent; then it is asked again."""
    key = desk.key()
    for _ in range(dice.randint(1, 3)):
        dice.choice((desk.kiosk.ask_and_hang_up, desk.kiosk.ask_half))(desk.tickets, KTP, key)
    desk.told_once(key, desk.kiosk.ask(desk.tickets, KTP, key), desk.kiosk.ask(desk.tickets, KTP, key))


def ask_twice_at_once(desk: Desk, _: random.Random) -> None:
    key = desk.key()
    answers = at_once(*[lambda: desk.kiosk.ask(desk.tickets, KTP, key)] * 2)
    desk.told_once(key, *answers)


def overtake(desk: Desk, _: random.Random) -> None:
    """The first question is held up on its way; its repetition is there before it."""
    key = desk.key()
    late = desk.kiosk.begin(desk.tickets, KTP, key)
    desk.told_once(key, desk.kiosk.ask(desk.tickets, KTP, key))
    desk.told_once(key, late())


def share_a_key(desk: Desk, _: random.Random) -> None:
    """Two kiosks with the same key: a key is of the hall, whoever sends it, so both are told of the same ticket."""
    key = desk.key()
    answers = at_once(
        *[(lambda line=line: line.ask(desk.tickets, KTP, key)) for line in (desk.kiosk, desk.other_kiosk)]
    )
    desk.told_once(key, *answers)


ATTACKS = (lose_answers, ask_twice_at_once, overtake, share_a_key)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__.replace("_", " "))
def test_however_often_a_number_is_asked_for_it_is_given_once(desk: Desk, attack: Any) -> None:
    dice = random.Random(4)
    for _ in range(max(ROUNDS, 50) if attack is ask_twice_at_once else ROUNDS):
        attack(desk, dice)


def test_a_key_that_asked_something_else_is_refused_by_every_verb(desk: Desk) -> None:
    for _ in range(size(3, 30)):
        key = desk.key()
        desk.told_once(key, desk.kiosk.ask(desk.tickets, KTP, key))
        ticket = desk.told[key]["id"]
        others = [
            (desk.kiosk, desk.tickets, KTP | {"service": "pkb"}),
            (desk.kiosk, desk.tickets, KTP | {"priority": "elderly"}),
            (desk.console, f"/halls/{desk.hall}/counters/1/call", {}),
            *((desk.console, f"/tickets/{ticket}/{move}", {}) for move in ("start", "hold", "cancel", "no-show")),
            (desk.console, f"/tickets/{ticket}/transfer", {"service": "pkb"}),
        ]
        for line, path, body in others:
            status, problem = line.ask(path, body, key)
            assert (status, problem["code"]) == (422, "key_reused"), path
        desk.told_once(key, desk.kiosk.ask(desk.tickets, KTP, key))


def test_keys_of_every_length_and_of_odd_characters(desk: Desk) -> None:
    lengths = [1, 2, 63, 64, 65, 127, 128, 129, 130, 200, 1000]
    for length in lengths:
        key = f"{length}".ljust(length, "k")[:length]
        answers = [desk.kiosk.ask(desk.tickets, KTP, key) for _ in range(2)]
        if length <= 128:
            desk.told_once(key, *answers)
        else:
            assert [(status, problem["code"]) for status, problem in answers] == [(422, "bad_key")] * 2
    odd = sorted({*string.punctuation, "a b", "'; DROP TABLE tickets; --", "%00", "../../etc", "${x}", "a,b", '"q"'})
    for key in odd[:: size(2, 1)]:
        desk.told_once(key, *(desk.kiosk.ask(desk.tickets, KTP, key) for _ in range(2)))
    upper, lower = desk.kiosk.ask(desk.tickets, KTP, "Key"), desk.kiosk.ask(desk.tickets, KTP, "key")
    desk.told_once("Key", upper)
    desk.told_once("key", lower)  # another key: capitals count
    for raw in (b"", b"   ", b"\xff\xfe", "kunci-é".encode(), "号".encode(), b"a\x7fb", b"a\tb", b"\x01", b"a\x00b"):
        status, problem = desk.kiosk.ask(desk.tickets, KTP, raw)
        assert (status, problem["code"]) in ((422, "bad_key"), (400, "bad_request")), raw


def test_a_key_is_remembered_over_night_and_a_week_and_then_free_again(desk: Desk) -> None:
    key = desk.key()
    desk.told_once(key, desk.kiosk.ask(desk.tickets, KTP, key))
    for days in (1, 7):
        desk.clock.moment = TUESDAY_MORNING + timedelta(days=days)
        forget_old(desk.db, desk.clock.now())
        desk.told_once(key, desk.kiosk.ask(desk.tickets, KTP, key))
    desk.clock.moment = TUESDAY_MORNING + timedelta(days=8)
    assert forget_old(desk.db, desk.clock.now()) == 1
    status, fresh = desk.kiosk.ask(desk.tickets, KTP, key)
    assert (status, fresh["number"], fresh["business_date"]) == (201, "A-001", "2026-03-11")
    desk.told["again"] = fresh


def test_every_move_with_a_key_is_made_once(desk: Desk) -> None:
    """The call, and each move after it: twice at once, the answer lost, or overtaken by its own repetition."""

    def moves(path: str, body: dict[str, Any]) -> dict[str, Any]:
        key = desk.key()
        desk.console.ask_and_hang_up(path, body, key)
        late = desk.console.begin(path, body, key)
        answers = at_once(*[lambda: desk.console.ask(path, body, key)] * 2)
        answers += [late(), desk.console.ask(path, body, key)]
        assert all(answer == answers[0] for answer in answers), (path, answers)
        assert answers[0][0] == 200, answers
        moved: dict[str, Any] = answers[0][1]
        return moved

    call = f"/halls/{desk.hall}/counters/1/call"
    done = size(2, 40)
    made: Counter[str] = Counter()
    for _ in range(done):
        for path in (("recall", "start", "finish"), ("no-show", "resume"), ("hold", "resume"), ("start", "transfer")):
            key = desk.key()
            desk.told_once(key, desk.kiosk.ask(desk.tickets, KTP, key))
            ticket = moves(call, {})["id"]
            made["ticket_called"] += 1
            for step in path:
                body = {"service": "pkb"} if step == "transfer" else {}
                moves(f"/tickets/{ticket}/{step}", body)
                made[KINDS[step]] += 1
            if path[-1] == "resume":
                moves(f"/tickets/{ticket}/cancel", {})
                made["ticket_cancelled"] += 1
    with desk.db.reading() as connection:
        lines = connection.execute(select(journal.c.kind).where(journal.c.kind.in_(set(made)))).scalars().all()
    assert Counter(lines) == made


KINDS = {
    "recall": "ticket_recalled", "start": "ticket_started", "finish": "ticket_finished", "no-show": "ticket_missed",
    "hold": "ticket_held", "resume": "ticket_resumed", "transfer": "ticket_transferred",
}  # fmt: skip


def test_the_real_server_gives_it_once_too(live: LiveHall, tally: Tally) -> None:
    db = Database(sqlite_url(live.home / "antre.db"))
    try:
        kiosk, console = Line(live.url, live.tokens["kiosk"]), Line(live.url, live.tokens["console"])
        desk = Desk(db, HALL, kiosk, kiosk, console, HandClock(TUESDAY_MORNING))
        dice = random.Random(5)
        for nr in range(size(24, 500)):
            ATTACKS[nr % len(ATTACKS)](desk, dice)
        desk.each_was_done_once()
        tally.add(histories=1, faults=desk.asked, tickets=len(desk.told))
        tally.verified(db)
    finally:
        db.close()

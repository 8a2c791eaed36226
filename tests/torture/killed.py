"""A hall on a real server that is killed and started again, and its people, who ask until they are answered."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from adapters.printers.pretend import PretendPrinter
from hall.clock import SystemClock
from hall.database import Database, new_id
from hall.hallfile import read_hall_file
from hall.journal import journal
from hall.people import new_token
from hall.schema import migrate
from hall.setup import StaffTables, load_hall
from queueing.tickets import tickets
from staffing import facts, presence
from tests.cast import CONSOLE, GALIH
from tests.live import HALL, HALL_FILE, OFFICER, environment_of, free_port, hears_signals, lives

KIOSKS = 5  # they do not pause: turns share transactions then, and there is more to lose at once
PATIENCE_S = 100.0  # for an answer, on a machine that has much else to do
SERVE = ("app.cli", "serve")
MORE = f"""
[[officer]]
nip = "{GALIH.nip}"
name = "{GALIH.name}"
agency = "samsat"
status = "vertical"
"""


@dataclass
class Told:
    """What people were told, by the key they asked with; and by the ticket which moves were confirmed."""

    given: dict[str, dict[str, Any]] = field(default_factory=dict)
    called: dict[str, dict[str, Any]] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    lines: int = 0  # the newest journal line that a screen showed
    repeated: int = 0


class Unanswered(Exception):
    """Nobody answered for so long that the server is not coming back."""


class KilledHall:
    """The hall ``uji`` under a server that does not live long."""

    def __init__(self, home: Path, printer: PretendPrinter, url: str, served: tuple[str, ...] = SERVE) -> None:
        self.url, self.told, self.first_tickets = url, Told(), list[float]()
        self.home, self._served = home, served
        self._port = free_port()
        self._address = f"http://127.0.0.1:{self._port}/api/v1"
        self.environment = environment_of(
            home, self._port, ANTRE_DATABASE_URL=url, ANTRE_SECRET_KEY=new_id() * 2, ANTRE_VOICE="off"
        )
        self._over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._tokens = self._open(printer)

    def _open(self, printer: PretendPrinter) -> dict[str, str]:
        file = self.home / "hall.toml"
        text = HALL_FILE.read_text(encoding="utf-8").replace("127.0.0.1:9100", printer.address)
        file.write_text(text + MORE, encoding="utf-8")
        now, db = SystemClock().now(), Database(self.url)
        try:
            migrate(db)
            load_hall(db, read_hall_file(file), StaffTables(facts.roster, facts.posts), actor="system", now=now)
            for counter, officer in (("1", OFFICER), ("2", GALIH.nip)):
                presence.sign_in(db, HALL, counter, officer, actor=CONSOLE, now=now, beats=False)
            return {
                role: new_token(db, role, hall=HALL, name=name, now=now)
                for role, name in (("kiosk", "kios-1"), ("console", "konsol"), ("display", "layar"))
            }
        finally:
            db.close()

    # ---- the server

    def start(self) -> None:
        """Starts the server, as systemd does: a group of processes of its own."""
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._served],
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log(self) -> str:
        """What the servers said, the last of it."""
        return (self.home / "server.log").read_text(errors="replace")[-4000:]

    def kill(self, what: str) -> None:
        """``kill -9`` of the whole server, of the process that keeps the one that works, or of that one alone.

        ``SIGTERM`` and ``SIGINT`` ask it to end, which it does with status 0 and without leaving anybody behind.
        """
        assert self._process is not None
        if what == "worker":
            for pid in self.processes()[1:]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return
        if what in ("SIGTERM", "SIGINT"):  # asked to end, in the middle of all this
            group = self._process.pid
            assert self.stop(signal.Signals[what]) == 0, self.log()
            assert not lives(group)
            return
        if what == "master":
            self._process.kill()
            self._process.wait()
            until = time.monotonic() + PATIENCE_S
            while lives(self._process.pid):  # the one that works notices, and goes
                assert time.monotonic() < until, self.log()
                time.sleep(0.05)
        else:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def processes(self) -> list[int]:
        """The process that keeps the one that works, and that one."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return [self._process.pid, *map(int, children.split())]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Asks the server to end; its exit status."""
        assert self._process is not None
        process, self._process = self._process, None
        process.send_signal(how)
        try:
            return process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise

    def close(self) -> None:
        """Leaves nothing behind."""
        self._over.set()
        if self._process is not None:
            self.kill("all")

    # ---- the people

    def ask(self, method: str, path: str, role: str, key: str | None = None, **given: Any) -> requests.Response:
        """Asks until somebody answers; the server may die and come back meanwhile."""
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                answer = self.ask_once(method, path, role, key, **given)
                if answer.status_code != 503:
                    return answer
            except requests.RequestException:
                pass
            if time.monotonic() > until:
                raise Unanswered(self.log())
            time.sleep(0.03)

    def ask_once(self, method: str, path: str, role: str, key: str | None = None, **given: Any) -> requests.Response:
        """Asks without patience."""
        headers = {"Authorization": f"Bearer {self._tokens[role]}"} | ({"Idempotency-Key": key} if key else {})
        return requests.request(method, self._address + path, headers=headers, timeout=20, **given)

    def _kiosk(self, dice: random.Random) -> None:
        """Takes numbers, and now and then asks again for one that was given long ago."""
        while not self._over.is_set():
            again = dice.random() < 0.1 and bool(self.told.given)
            key = dice.choice(list(self.told.given)) if again else new_id()
            service = self.told.given[key]["service"] if again else dice.choice(("ktp", "kk", "pkb"))
            answer = self.ask(
                "POST", f"/halls/{HALL}/tickets", "kiosk", key, json={"service": service, "confirm": True}
            )
            assert answer.status_code == 201, answer.text
            if again:
                assert answer.json() == self.told.given[key]
                self.told.repeated += 1
            self.told.given[key] = answer.json()

    def _officer(self, counter: str, dice: random.Random) -> None:
        """Calls, starts, finishes, each with a key of its own."""
        while not self._over.is_set():
            key = new_id()
            answer = self.ask("POST", f"/halls/{HALL}/counters/{counter}/call", "console", key)
            assert answer.status_code in (200, 204), answer.text
            if answer.status_code == 200:
                self.told.called[key] = ticket = answer.json()
                for move, confirmed in (("start", self.told.started), ("finish", self.told.finished)):
                    answer = self.ask("POST", f"/tickets/{ticket['id']}/{move}", "console", new_id())
                    assert answer.status_code == 200, answer.text
                    confirmed.append(ticket["id"])
            self._over.wait(dice.random() * 0.05)

    def _screen(self, dice: random.Random) -> None:
        """Looks at the board: its lines never become fewer."""
        while not self._over.is_set():
            answer = self.ask("GET", f"/halls/{HALL}/board?since={self.told.lines}", "display")
            assert answer.status_code == 200, answer.text
            assert answer.json()["seq"] >= self.told.lines
            self.told.lines = answer.json()["seq"]
            self._over.wait(0.1 + dice.random() * 0.2)

    # ---- the attack

    def live(self, lives: int, seed: int, attack: Callable[[random.Random], None] | None = None) -> None:
        """That many kills under load; at the end the server runs, and all who had asked are answered.

        With an ``attack`` on something else the server is left alone, and has to live through it.
        """
        dice = random.Random(seed)
        people: list[Callable[[], None]] = [
            *(partial(self._kiosk, random.Random(seed + nr)) for nr in range(KIOSKS)),
            lambda: self._officer("1", random.Random(seed + 97)),
            lambda: self._officer("2", random.Random(seed + 98)),
            lambda: self._screen(random.Random(seed + 99)),
        ]
        with ThreadPoolExecutor(len(people)) as crowd:
            asking = [crowd.submit(self._until_over, one) for one in people]
            try:
                for _ in range(lives):
                    self._one_life(dice, attack)
                if self._process is None:
                    self.start()
                self._wait_for_a_ticket()
            finally:
                self._over.set()
            for one in asking:
                one.result()

    def restart_alone(self) -> float:
        """Killed and started once more, while nobody else asks anything; seconds until it has given a number."""
        self.kill("all")
        begun = time.monotonic()
        self.start()
        key, wish = new_id(), {"service": "ktp", "confirm": True}
        self.told.given[key] = self.ask("POST", f"/halls/{HALL}/tickets", "kiosk", key, json=wish).json()
        return time.monotonic() - begun

    def _until_over(self, person: Callable[[], None]) -> None:
        try:
            person()
        finally:
            self._over.set()  # if one of them sees something wrong, nobody goes on

    def _one_life(self, dice: random.Random, attack: Callable[[random.Random], None] | None) -> None:
        if self._process is None:
            self.start()
            if self.first_tickets and dice.random() < 0.25:  # it does not even get up
                self._over.wait(dice.random() * self.first_tickets[-1])
                assert self._process is not None
                asked = dice.choice(("all", "SIGTERM", "SIGINT"))
                self.kill(asked if hears_signals(self._process.pid) else "all")
                return
            self.first_tickets.append(self._wait_for_a_ticket())
        self._over.wait(dice.random() * 0.7)
        if attack is not None:
            attack(dice)
            self.first_tickets.append(self._wait_for_a_ticket())
            return
        what = dice.choice(("all", "all", "worker", "master", "SIGTERM", "SIGINT"))
        self.kill(what)
        if what == "worker":
            self._wait_for_a_ticket()  # the master has started another

    def _wait_for_a_ticket(self) -> float:
        """Seconds until somebody is given a new number, by the server that runs now."""
        begun = time.monotonic()
        self.ask("GET", "/healthz", "kiosk")  # what the one before it gave may not have been noted yet
        before = len(self.told.given)
        while len(self.told.given) == before and not self._over.is_set():
            assert time.monotonic() < begun + PATIENCE_S, self.log()
            assert self._process is None or self._process.poll() is None, self.log()
            time.sleep(0.02)
        return time.monotonic() - begun

    # ---- afterwards

    def differences(self, db: Database) -> list[str]:
        """Everything in the database that is not as people were told."""
        told, found = self.told, list[str]()
        labels = Counter(answer["number"] for answer in told.given.values())
        found += [f"{label} was given {times} times" for label, times in labels.items() if times > 1]
        with db.reading() as connection:
            stored = {row.id: row.label for row in connection.execute(select(tickets.c.id, tickets.c.label))}
            lines = connection.execute(select(journal.c.kind, journal.c.subject)).all()
        given = {answer["id"]: answer["number"] for answer in told.given.values()}
        found += [f"{label} is lost" for one, label in given.items() if stored.get(one) != label]
        found += [f"{label} was stored, but nobody has it" for one, label in stored.items() if one not in given]
        for kind, heard in (
            ("ticket_called", [ticket["id"] for ticket in told.called.values()]),
            ("ticket_started", told.started),
            ("ticket_finished", told.finished),
        ):
            if Counter(line.subject for line in lines if line.kind == kind) != Counter(heard):
                found.append(f"{kind}: not as the counters were told")
        if told.lines > len(lines):
            found.append(f"a screen has seen line {told.lines} of {len(lines)}")
        return found

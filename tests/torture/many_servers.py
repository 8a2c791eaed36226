"""Several real servers on one PostgreSQL, and people who go on at another one when theirs is killed."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.place import HALL, Place, furnish
from hall.database import Database, new_id
from hall.journal import journal
from queueing.tickets import tickets
from tests.live import environment_of, free_port

PATIENCE_S = 100.0  # for an answer, on a machine that has much else to do


@dataclass
class Told:
    """What people were told: numbers by ticket, and the tickets that were called, started and finished."""

    given: dict[str, str] = field(default_factory=dict)
    moved: dict[str, list[str]] = field(default_factory=lambda: {"call": [], "start": [], "finish": []})
    faults: list[str] = field(default_factory=list)
    elsewhere: int = 0  # questions that were asked again at another server


class Server:
    """One ``antre serve``, in a group of processes of its own."""

    def __init__(self, home: Path, url: str) -> None:
        self.port, self._log = free_port(), home / "servers.log"
        self._environment = environment_of(home, self.port, ANTRE_DATABASE_URL=url, ANTRE_VOICE="off")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it."""
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "app.cli", "serve"]
            self.process = subprocess.Popen(
                command, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def wait(self) -> None:
        """Waits until it answers."""
        until = time.monotonic() + PATIENCE_S
        while True:
            with suppress(OSError, http.client.HTTPException):
                line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
                line.request("GET", "/readyz")
                status = line.getresponse().status
                line.close()
                if status == 200:
                    return
            assert time.monotonic() < until, self._log.read_text(errors="replace")[-4000:]
            assert self.process is not None and self.process.poll() is None, self._log.read_text(errors="replace")
            time.sleep(0.1)

    def kill(self) -> None:
        """``kill -9`` of all its processes at once."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


class Person(threading.Thread):
    """Takes numbers and calls at a counter of its own, each with a key; asks elsewhere when nobody answers."""

    def __init__(self, hall: ManyServers, nr: int, times: int) -> None:
        super().__init__(daemon=True)
        self._hall, self._nr, self._times = hall, nr, times
        self._at = nr % len(hall.servers)
        self._line: http.client.HTTPConnection | None = None

    def run(self) -> None:
        """All its rounds; what goes wrong is kept."""
        try:
            for _ in range(self._times):
                self._round()
        except Exception as fault:  # noqa: BLE001  told to whoever waits for all
            self._hall.told.faults.append(f"{type(fault).__name__}: {fault}")
        finally:
            if self._line is not None:
                self._line.close()

    def _round(self) -> None:
        place, told = self._hall.place, self._hall.told
        service = place.services[self._nr % len(place.services)]
        given = self._ask(201, place.kiosk, f"/halls/{HALL}/tickets", {"service": service, "confirm": True})
        with self._hall.guard:
            if given["id"] in told.given:
                told.faults.append(f"{given['number']} was given twice")
            told.given[given["id"]] = given["number"]
        counter = place.counters[self._nr]
        ticket = self._ask(200, place.console, f"/halls/{HALL}/counters/{counter}/call", {})["id"]
        told.moved["call"].append(ticket)
        for move in ("start", "finish"):
            self._ask(200, place.console, f"/tickets/{ticket}/{move}", {})
            told.moved[move].append(ticket)

    def _ask(self, wanted: int, token: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": new_id()}
        until = time.monotonic() + PATIENCE_S
        while True:
            try:
                if self._line is None:
                    port = self._hall.servers[self._at].port
                    self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                self._line.request("POST", f"/api/v1{path}", json.dumps(body), headers)
                answer = self._line.getresponse()
                text = answer.read()
                if answer.status == wanted:
                    given: dict[str, Any] = json.loads(text)
                    return given
                if answer.status != 503:
                    raise AssertionError(f"{path}: {answer.status} {text.decode(errors='replace')}")
            except (OSError, http.client.HTTPException):
                if self._line is not None:
                    self._line.close()
                self._line, self._at = None, (self._at + 1) % len(self._hall.servers)
            if time.monotonic() > until:
                raise AssertionError(f"{path}: nobody answered")
            self._hall.told.elsewhere += 1
            time.sleep(0.02)


class ManyServers:
    """A hall with a counter for each of its people, on one PostgreSQL behind several servers."""

    def __init__(self, home: Path, url: str, servers: int, people: int) -> None:
        self.place: Place = furnish(home, url=url, alike=people)
        self.servers = [Server(home, url) for _ in range(servers)]
        self.told, self.guard = Told(), threading.Lock()

    def open(self) -> None:
        """All servers at once."""
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait()

    def close(self) -> None:
        """Leaves nothing behind."""
        for server in self.servers:
            if server.process is not None:
                server.kill()

    def work(self, wanted: int, kills: int, dice: random.Random) -> float:
        """That many tickets issued and called by everybody together; seconds it took.

        At moments spread over the work a server is killed; it is started again if another one is to be killed later.
        """
        people = len(self.place.counters)
        crowd = [Person(self, nr, wanted // people + (nr < wanted % people)) for nr in range(people)]
        begun = time.monotonic()
        for person in crowd:
            person.start()
        dead: Server | None = None
        for nr in range(kills):
            self._wait_for((nr + 1) * wanted // (kills + 1), crowd)
            if dead is not None:
                dead.wait()
            dead = dice.choice(self.servers)
            dead.kill()
            if nr + 1 < kills:
                dead.start()
        for person in crowd:
            person.join()
        return time.monotonic() - begun

    def _wait_for(self, called: int, crowd: list[Person]) -> None:
        while len(self.told.moved["call"]) < called and any(person.is_alive() for person in crowd):
            time.sleep(0.01)

    def differences(self, db: Database) -> Iterator[str]:
        """Everything in the database that is not as people were told."""
        told = self.told
        yield from told.faults
        with db.reading() as connection:
            stored = {row.id: row.label for row in connection.execute(select(tickets.c.id, tickets.c.label))}
            lines = connection.execute(select(journal.c.kind, journal.c.subject)).all()
        yield from (f"{label} is lost" for one, label in told.given.items() if stored.get(one) != label)
        yield from (f"{label} was stored, but nobody has it" for one, label in stored.items() if one not in told.given)
        yield from (f"{label} twice" for label, times in Counter(told.given.values()).items() if times > 1)
        for move, kind in (("call", "ticket_called"), ("start", "ticket_started"), ("finish", "ticket_finished")):
            heard = Counter(told.moved[move])
            yield from (f"{move} of {ticket} told {times} times" for ticket, times in heard.items() if times > 1)
            if Counter(line.subject for line in lines if line.kind == kind) != heard:
                yield f"{kind}: not as the counters were told"

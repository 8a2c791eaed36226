"""One process of the crowd: ``python -m tests.torture.crowd URL THREADS TICKETS SEED``; tells what it got as JSON."""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from hall.clock import ShiftedClock
from hall.database import Database
from hall.errors import Refusal
from queueing import calling
from queueing.issuing import issue
from tests.cast import CONSOLE, KIOSK, TUESDAY_MORNING

HALL, SERVICES, COUNTERS = "blora", ("ktp", "kia", "kk", "akta-lahir", "nib", "pkb"), tuple("123456789")


@dataclass
class Got:
    """What a crowd was told: numbers given, tickets called (counter, ticket), and every code it was refused with."""

    numbers: list[str] = field(default_factory=list)
    called: list[tuple[str, str]] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)

    def add(self, other: Got) -> None:
        self.numbers += other.numbers
        self.called += other.called
        for mine, theirs in ((self.refused, other.refused), (self.faults, other.faults)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count


def one_of_them(db: Database, now: Callable[[], datetime], got: Got, tickets: int, dice: random.Random) -> None:
    """Takes that many numbers; after every second one also works at a counter that others work at too."""

    def ask(verb: Callable[..., Any], *args: Any, **more: Any) -> Any:
        try:
            return verb(*args, now=now(), **more)
        except Refusal as refused:
            got.refused[refused.code] = got.refused.get(refused.code, 0) + 1
        except SQLAlchemyError as fault:
            name = str(fault).splitlines()[0]
            got.faults[name] = got.faults.get(name, 0) + 1
        return None

    for nr in range(tickets):
        service = dice.choice(SERVICES)
        given = ask(issue, db, HALL, service, actor=KIOSK, confirm=True, history=True, key=f"{dice.random()}")
        if given is not None:
            got.numbers.append(given["number"])
        if nr % 2:
            counter = dice.choice(COUNTERS)
            ticket = ask(calling.call, db, HALL, counter, actor=CONSOLE)
            if ticket is not None:
                got.called.append((counter, ticket["id"]))
                if dice.random() < 0.7:
                    ask(calling.start, db, ticket["id"], actor=CONSOLE)
                    ask(calling.finish, db, ticket["id"], actor=CONSOLE)
                else:
                    ask(calling.no_show, db, ticket["id"], actor=CONSOLE)


def crowd(db: Database, threads: int, tickets: int, seed: int) -> Got:
    """That many people at once, each taking that many numbers."""
    clock = ShiftedClock(TUESDAY_MORNING)
    parts = [Got() for _ in range(threads)]
    gate = threading.Barrier(threads)

    def person(nr: int) -> None:
        gate.wait()
        one_of_them(db, clock.now, parts[nr], tickets, random.Random(seed * 1000 + nr))

    people = [threading.Thread(target=person, args=(nr,)) for nr in range(threads)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    together = Got()
    for part in parts:
        together.add(part)
    return together


if __name__ == "__main__":
    url, threads, tickets, seed = sys.argv[1], *map(int, sys.argv[2:])
    database = Database(url, patience=60)  # a slow machine is no reason to give up
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    told = crowd(database, threads, tickets, seed)
    database.close()
    sys.stdout.write(json.dumps(asdict(told)))

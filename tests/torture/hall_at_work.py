"""A hall at its daily work over HTTP: citizens take numbers, officers call and serve, phones and consoles ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as clock_time
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import requests

from tests.live import HALL, OFFICER, PIN, LiveHall

SECOND = "199203042018011002"
MORE = f"""
[[officer]]
nip = "{SECOND}"
name = "Bayu Pratama"
agency = "samsat"
status = "pns"

[[roster]]
officer = "{SECOND}"
counter = "2"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""
ZONE = ZoneInfo("Asia/Jakarta")  # the hall's
LATE = clock_time(23, 59, 45)
DESKS = {"1": (OFFICER, "ktp"), "2": (SECOND, "pkb")}


class Crew:
    """Officers who call and serve without a mistake, and the citizens who come to them."""

    def __init__(self, hall: LiveHall) -> None:
        self._hall = hall
        self._session = requests.Session()
        self._at = dict.fromkeys(DESKS, "")  # the ticket that is served there
        self.calls: list[tuple[float, int]] = []  # when a call was answered (machine's time), and its journal line
        self.tickets: list[dict[str, Any]] = []
        self._known = 0
        self._end = threading.Event()
        self._fault: BaseException | None = None

    def ask(self, method: str, path: str, role: str = "console", **given: Any) -> requests.Response:
        """A question that must be answered well."""
        headers = {"Authorization": f"Bearer {self._hall.tokens[role]}"}
        answer = self._session.request(
            method, f"{self._hall.url}/api/v1{path}", headers=headers, timeout=60, **({"json": {}} | given)
        )
        assert answer.ok, answer.text
        return answer

    def sit_down(self) -> None:
        """The officers sign in."""
        for counter, (officer, _) in DESKS.items():
            body = {"officer": officer, "pin": PIN}
            self.ask("POST", f"/halls/{HALL}/counters/{counter}/sign-in", json=body)

    def come(self, counter: str) -> None:
        """A citizen takes a number for what this counter does."""
        body = {"service": DESKS[counter][1], "confirm": True}
        self.tickets.append(self.ask("POST", f"/halls/{HALL}/tickets", "kiosk", json=body).json())

    def done(self, counter: str) -> None:
        """The officer is done with whoever is there."""
        if self._at[counter]:
            for move in ("start", "finish"):
                self.ask("POST", f"/tickets/{self._at[counter]}/{move}")
        self._at[counter] = ""

    def call(self, counter: str) -> None:
        """The officer is done with whoever is there, and calls the next."""
        self.done(counter)
        self._at[counter] = self.ask("POST", f"/halls/{HALL}/counters/{counter}/call").json()["id"]
        board = self._board(f"?since={self._known}")
        self._known = board["seq"]
        self.calls += [(time.time(), line["seq"]) for line in board["lines"]]

    def night(self) -> None:
        """Around midnight nobody is there: the last are served, and the officers sit down again on the new day."""
        now = datetime.now(ZONE)
        if now.time() < LATE:
            return
        for counter in DESKS:
            self.done(counter)
        morning = datetime.combine(now.date() + timedelta(days=1), clock_time(0, 0, 15), ZONE)
        time.sleep((morning - now).total_seconds())
        self.sit_down()

    def forget(self) -> None:
        """A backup was restored: nobody knows any more who is being served."""
        for counter in self._at:
            self._known = self.seq()
            row = self.ask("GET", f"/halls/{HALL}/counters/{counter}/desk", json=None).json()["ticket"]
            self._at[counter] = row["id"] if row else ""

    @contextmanager
    def working(self, pause: float) -> Iterator[None]:
        """While this lasts citizens come and are called, at one counter after the other."""

        def work() -> None:
            try:
                while not self._end.is_set():
                    self.night()
                    for counter in DESKS:
                        self.come(counter)
                        self.call(counter)
                        self._end.wait(pause)
            except (AssertionError, OSError, KeyError) as fault:  # told where it is waited for
                self._fault = fault

        self._end.clear()
        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()
        if self._fault is not None:
            raise self._fault

    def seq(self) -> int:
        """The journal's last line."""
        return int(self._board()["seq"])

    def _board(self, since: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/halls/{HALL}/board{since}", "display", json=None).json()
        return found

    def close(self) -> None:
        """Lets the connection go."""
        self._session.close()


class Phones:
    """Citizens' phones and the consoles' heartbeats over a line that may be bad: who gets no answer asks again."""

    def __init__(self, hall: LiveHall, url: str, crew: Crew, phones: int = 20) -> None:
        self._hall, self._url, self._crew, self._many = hall, url, crew, phones
        self._end = threading.Event()
        self.answers = {"phone": 0, "beat": 0}
        self._threads = [threading.Thread(target=self._watch), threading.Thread(target=self._beat)]

    def __enter__(self) -> Phones:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _watch(self) -> None:
        tags: dict[str, str] = {}
        while not self._end.wait(3 / self._many):  # each asks every three seconds: all of them are nearly next
            mine = self._crew.tickets[-self._many :]
            if mine:
                self.answers["phone"] += self._try(partial(self._look, mine[time.time_ns() % len(mine)], tags))

    def _look(self, ticket: dict[str, Any], tags: dict[str, str]) -> None:
        path = "/t/" + ticket["status_url"].rpartition("/")[2]
        known = {"If-None-Match": tags[path]} if path in tags else {}
        answer = requests.get(f"{self._url}{path}/state", headers=known, timeout=4)
        assert answer.status_code in (200, 304), answer.text
        tags[path] = answer.headers["ETag"]

    def _beat(self) -> None:
        headers = {"Authorization": f"Bearer {self._hall.tokens['console']}"}
        while not self._end.wait(5):
            for counter in DESKS:
                url = f"{self._url}/api/v1/halls/{HALL}/counters/{counter}/heartbeat"
                self.answers["beat"] += self._try(partial(requests.post, url, json={}, headers=headers, timeout=4))

    @staticmethod
    def _try(ask: Callable[[], object]) -> bool:
        try:
            ask()
        except requests.RequestException:
            return False
        return True


@dataclass(frozen=True)
class Size:
    """What the server's process takes of the machine, and its database's write-ahead log.

    ``visitors`` are connections of whoever is there. ``readers`` are connections to the SQLite file (two descriptors
    each): a pool keeps as many as were ever needed at once. ``descriptors`` is all else, which nothing may add to.
    """

    rss_kb: int
    visitors: int
    readers: int
    descriptors: int
    threads: int
    wal_kb: int

    def __str__(self) -> str:
        return (
            f"rss {self.rss_kb:,} kB, visitors {self.visitors}, readers {self.readers}, "
            f"descriptors {self.descriptors}, threads {self.threads}, wal {self.wal_kb:,} kB"
        )


def size_of(hall: LiveHall) -> Size:
    """The size of the process that serves (gunicorn's worker), now."""
    [worker] = Path(f"/proc/{hall.process.pid}/task/{hall.process.pid}/children").read_text().split()
    status = dict(line.split(":", 1) for line in Path(f"/proc/{worker}/status").read_text().splitlines())
    open_now = [aim for one in Path(f"/proc/{worker}/fd").iterdir() if (aim := _aim(one))]
    sockets = sum(aim.startswith("socket:") for aim in open_now)
    readers = sum(aim.endswith("/antre.db") for aim in open_now)
    logs = sum(aim.endswith("/antre.db-wal") for aim in open_now)
    wal = hall.home / "antre.db-wal"
    return Size(
        rss_kb=int(status["VmRSS"].split()[0]),
        visitors=sockets - 1,  # it listens on one
        readers=readers,
        descriptors=len(open_now) - sockets - readers - logs,
        threads=int(status["Threads"]),
        wal_kb=wal.stat().st_size // 1024 if wal.exists() else 0,
    )


def _aim(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except FileNotFoundError:  # closed meanwhile
        return ""

"""The real server on a machine whose clock goes wrong: it says why it gives no number, and goes on when it is right."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.printers.pretend import PretendPrinter
from hall.clock import SystemClock
from hall.database import EPOCH, Database, sqlite_url
from tests.cast import ROOT, WIB
from tests.live import HALL, OFFICER, PIN, LiveHall, close_hall, open_hall, run_antre
from tests.torture.tally import Tally

# Python reads this before anything else, also in the commands and in what gunicorn starts
ANOTHER_CLOCK = """
import os
from datetime import UTC, datetime, timedelta
from hall.clock import SteadyClock, SystemClock
SteadyClock.YOUNG = 0.0  # whenever the machine of the test was switched on
def now(self):
    with open(os.environ["OTHER_CLOCK"]) as file:
        return datetime.now(UTC) + timedelta(seconds=float(file.read()))
SystemClock.now = now
"""


class Watchmaker:
    """Sets the machine's clock: how far it is off stands in a file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "off"
        noon = datetime.combine(datetime.now(UTC).astimezone(WIB).date(), time(12), WIB)
        self.right = noon - datetime.now(UTC)  # so that the hour of the test run means nothing
        self.set(timedelta())

    def set(self, off: timedelta) -> None:
        """So far is the machine's clock from the right time."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str((self.right + off).total_seconds()))
        os.replace(fresh, self.file)

    def set_to(self, moment: datetime) -> None:
        """The machine believes that it is this moment."""
        self.set(moment - self.now())

    def believed(self) -> datetime:
        """What the machine believes."""
        return datetime.now(UTC) + timedelta(seconds=float(self.file.read_text()))

    def now(self) -> datetime:
        """The right time."""
        return datetime.now(UTC) + self.right


@pytest.fixture
def watch(tmp_path: Path) -> Watchmaker:
    return Watchmaker(tmp_path)


@pytest.fixture
def hall(
    tmp_path: Path, printer: PretendPrinter, watch: Watchmaker, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LiveHall]:
    monkeypatch.setattr(SystemClock, "now", lambda _: watch.believed())  # for commands that run in this process
    (tmp_path / "shim").mkdir()
    (tmp_path / "shim" / "sitecustomize.py").write_text(ANOTHER_CLOCK)
    paths = os.pathsep.join((str(tmp_path / "shim"), str(ROOT)))
    live = open_hall(tmp_path, printer, ANTRE_VOICE="off", PYTHONPATH=paths, OTHER_CLOCK=str(watch.file))
    try:
        yield live
    finally:
        close_hall(live)


def ask(hall: LiveHall, key: str) -> tuple[int, dict[str, Any]]:
    body = {"service": "ktp", "confirm": True}
    answer = hall.api("POST", f"/halls/{HALL}/tickets", "kiosk", json=body, headers={"Idempotency-Key": key})
    if answer.status_code != 201:
        assert answer.headers["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()


def faults(hall: LiveHall) -> tuple[int, str]:
    done = hall.command("doctor", "--json")
    found = json.loads(done.stdout)
    return done.returncode, " ".join(f["message"] for f in found if (f["topic"], f["level"]) == ("clock", "fault"))


def test_a_server_whose_clock_goes_wrong_gives_no_number_says_why_and_goes_on_when_it_is_right(
    hall: LiveHall, watch: Watchmaker, tally: Tally
) -> None:
    today = watch.now().astimezone(WIB).date().isoformat()
    assert ask(hall, "before")[1]["number"] == "B-001"
    assert hall.api("POST", f"/halls/{HALL}/counters/1/sign-in", "console", json={"officer": OFFICER, "pin": PIN}).ok
    wrong = {
        "1970": (EPOCH + timedelta(minutes=3), "set it"),
        "ahead": (watch.now() + timedelta(days=5 * 365), "nothing was written since"),
        "tomorrow": (watch.now() + timedelta(days=1), ""),
        "yesterday": (watch.now() - timedelta(days=1), "was written until"),
    }
    for name, (moment, told) in wrong.items():
        watch.set_to(moment)
        for _ in range(2):
            status, problem = ask(hall, name)
            assert (status, problem["code"], problem["business_date"]) == (503, "clock_wrong", today)
            assert "Jam server menunjukkan" in problem["detail"] and "hubungi petugas" in problem["detail"]
        if told:
            status, sentences = faults(hall)
            assert status == 1 and told in sentences
        tally.add(faults=1)
    called = hall.api("POST", f"/halls/{HALL}/counters/1/call", "console", json={})
    assert (called.status_code, called.json()["number"]) == (200, "B-001")  # who has a number is served all the same
    assert hall.api("GET", f"/halls/{HALL}/board", "display").ok
    watch.set(timedelta())
    assert faults(hall)[1] == ""
    for nr, name in enumerate(wrong, start=2):  # the very requests that were refused
        status, ticket = ask(hall, name)
        assert (status, ticket.get("number"), ticket.get("business_date")) == (201, f"B-{nr:03d}", today), ticket
    for nr, off in enumerate((timedelta(hours=-1), timedelta(), timedelta(hours=1), timedelta(minutes=-30)), start=6):
        watch.set(off)  # what a time server does to a clock that was a little wrong
        status, ticket = ask(hall, f"step-{nr}")
        assert (status, ticket.get("number"), ticket.get("business_date")) == (201, f"B-{nr:03d}", today), ticket
        tally.add(faults=1)
    tally.add(histories=1, tickets=9)
    close_hall(hall)
    assert "the machine's clock leapt by" in (hall.home / "server.log").read_text()
    for moment, told in (wrong["1970"], wrong["ahead"], wrong["yesterday"]):
        watch.set_to(moment)
        done = run_antre(hall.environment, "serve")
        assert done.returncode == 1 and "Not fit to serve" in done.stderr and told in done.stderr
    db = Database(sqlite_url(hall.home / "antre.db"))
    try:
        tally.verified(db)
    finally:
        db.close()

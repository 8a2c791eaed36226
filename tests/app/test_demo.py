"""The demo: what its month tells, its morning in quick motion, its machine, its inbox, and that nobody else gets in."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from app.demo import pages, present
from app.demo.machine import DoorMachine
from app.demo.pages import WAYS
from app.demo.place import CENTRE, CHANNELS, HALL, PIN, SERIAL, demo_file
from app.demo.prepare import PEOPLE, at_morning, must_be_loopback, next_working_day, prepare
from app.doors import DOORS
from app.factory import create_app
from app.settings import BadSettings
from app.verify import verify
from hall.database import Database, sqlite_url
from hall.people import new_token
from hall.places import Places, places
from staffing.attendance import sources_now
from staffing.cases import list_cases
from staffing.facts import punches
from staffing.flags import open_flags, past_flags
from staffing.floor import STAFFED, VACANT, floor
from staffing.machines import find_machine, list_machine, machines_of
from staffing.outbox import QUEUED, SENDING, SENT, count_messages
from staffing.pins import assign_pin, strangers
from staffing.vacancies import Period, vacancies
from tests.app.visit import Clock, settings_of
from tests.cast import SEKAR, TUESDAY_MORNING, WIB, wib
from tests.live import environment_of, free_port
from tests.serving import serving

SUNDAY = wib("2026-11-22", "10:00")  # the latest working morning of the demo is that of Thursday
DAYS = 15  # enough for every story that the tests look for
PATIENCE_S = 60.0


@dataclass
class Month:
    """A prepared demo: its folder, its database, and its working days, the visitor's last."""

    home: Path
    db: Database
    days: list[date]

    @property
    def place(self) -> Places:
        with self.db.reading() as connection:
            return places(self.db, connection, HALL)

    def past(self) -> Period:
        """The vacancies before the visitor's day, as known on its morning."""
        now = at_morning(self.place, self.days[-1]) - timedelta(hours=2)
        return vacancies(self.db, HALL, self.days[0], self.days[-2], now=now)


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    home = tmp_path_factory.mktemp("demo") / "demo"
    said: list[str] = []
    prepare(home, say=said.append, days=DAYS, now=SUNDAY)
    assert len(said) == 4
    told = json.loads((home / "demo.json").read_text())
    db = Database(sqlite_url(home / "antre.db"))
    try:
        yield Month(home, db, [date.fromisoformat(day) for day in told["working"]])
    finally:
        db.close()


def test_the_month_shows_every_kind_of_cause_and_breaks_no_promise(month: Month) -> None:
    found = Counter(vacancy.cause for vacancy in month.past().pieces)
    assert set(found) >= {
        "unobserved", "leave", "study", "official_travel", "permission", "post_vacant", "agency_not_open", "late",
        "left_early", "away_from_counter", "no_attendance_data", "absent_without_notice",
    }  # fmt: skip
    assert verify(month.db) == []


def test_a_list_that_came_late_changed_what_somebody_had_been_told(month: Month) -> None:
    changed = [v for v in month.past().pieces if v.was is not None]
    assert [(v.counter, v.was.told.cause, v.cause) for v in changed if v.was] == [
        ("11", "no_attendance_data", "away_from_counter")
    ] * len(changed)
    assert changed


def test_somebody_is_late_every_monday(month: Month) -> None:
    mondays = {day for day in month.days[:-1] if day.weekday() == 0}
    late = {month.place.date(v.start) for v in month.past().pieces if (v.counter, v.cause) == ("3", "late")}
    assert mondays and mondays <= late


def test_flags_sources_a_stranger_and_follow_up_are_there_to_be_looked_at(month: Month) -> None:
    with month.db.reading() as connection:
        assert past_flags(connection, HALL, month.days[0], month.days[-1])
        assert open_flags(connection, HALL) == {}
        assert [one.who for one in strangers(connection, HALL)] == ["777"]
        assert [machine.serial for machine in machines_of(connection, HALL)] == [SERIAL]
        assert all(source.until is not None for source in sources_now(connection, month.place))
        states = {case.kind: case.state for case in list_cases(connection, HALL)}
    assert states == {"meeting": "in_progress", "examination": "open", "notice": "closed", "rotation": "requested"}


def test_its_keys_and_channels_are_readable_by_their_owner_only(month: Month) -> None:
    secret = [*month.home.glob("*.token"), month.home / "messages.toml", month.home / "secret.key"]
    assert len(secret) == 6
    assert {path.stat().st_mode & 0o077 for path in secret} == {0}


def test_the_demo_listens_on_this_machine_only() -> None:
    for bind in ("0.0.0.0:8080", "[::]:8080", "192.0.2.7:8080", "balai.example:8080"):
        with pytest.raises(BadSettings, match="this machine only"):
            must_be_loopback(bind)
    must_be_loopback("127.0.0.1:8080")


def test_a_real_hall_has_nothing_of_the_demo(blora: Database) -> None:
    blora.path.chmod(0o600)
    app = create_app(settings_of(blora), database=blora)
    assert not [rule.rule for rule in app.url_map.iter_rules() if "demo" in rule.rule or "demo" in rule.endpoint]
    assert not [endpoint for endpoint in DOORS if endpoint.startswith("demo")]
    page = app.test_client().get("/").get_data(as_text=True)
    assert "/kiosk/blora" in page
    assert "demo" not in page.lower()
    assert PIN not in page


@dataclass
class Served:
    """The demo under its own server, by address, with a browser's cookies."""

    url: str
    month: Month
    browser: requests.Session

    def press(self, face: str) -> requests.Response:
        """Presses one of the buttons of the way in and follows to where it leads."""
        page = self.browser.get(self.url, timeout=PATIENCE_S).text
        token = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert token is not None
        where = f"{self.url}/demo/enter/{face}"
        return self.browser.post(where, data={"csrf_token": token[1]}, timeout=PATIENCE_S)

    def shows(self, text: str) -> bool:
        """Whether the way in shows that."""
        return text in self.browser.get(self.url, timeout=PATIENCE_S).text

    def received(self) -> dict[str, list[dict[str, Any]]]:
        """What the inbox shows."""
        found: dict[str, list[dict[str, Any]]] = self.browser.get(
            f"{self.url}/demo/messages/received", timeout=PATIENCE_S
        ).json()
        return found


def until(look: Callable[[], bool]) -> None:
    """Waits until it is so."""
    end = time.monotonic() + PATIENCE_S
    while not look():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def served(month: Month, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo as ``antre demo`` serves it, on a copy of the month."""
    home = tmp_path_factory.mktemp("served") / "demo"
    month.db.checkpoint()
    shutil.copytree(month.home, home)
    port = free_port()
    environment = environment_of(home, port, ANTRE_MESSAGES_FILE=str(home / "messages.toml"))
    words = ("gunicorn", "--config", "python:app.gunicorn_conf", "app.demo.wsgi:app")
    log = home / "server.log"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", *words], env=environment, stdout=out, stderr=out)
    db = Database(sqlite_url(home / "antre.db"))
    try:
        with requests.Session() as browser:
            made = Served(f"http://127.0.0.1:{port}", Month(home, db, month.days), browser)
            until(lambda: process.poll() is not None or _answers(made.url))
            assert process.poll() is None, log.read_text()
            yield made
    finally:
        db.close()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE_S)
    assert "Traceback" not in log.read_text(), log.read_text()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=5).status_code == 200
    except (requests.ConnectionError, requests.Timeout):  # it is still starting
        return False


def test_the_present_has_empty_counters_of_many_causes_and_one_by_schedule(served: Served) -> None:
    # later than what the sources have told of so far, earlier than the finger of the late officer of counter 13
    db, now = served.month.db, at_morning(served.month.place, served.month.days[-1]) + timedelta(minutes=1)
    until(lambda: served.shows("pukul 09.2"))
    counters = {one.counter: one for one in floor(db, HALL, now).counters}
    causes = {code: one.cause for code, one in counters.items() if one.state == VACANT}
    assert causes.pop("13") in ("no_attendance_data", "late"), "late: a slow test has seen the finger already"
    assert causes == {
        "2": "post_vacant", "6": "post_vacant", "4": "away_from_counter", "9": "agency_not_open", "11": "sick",
        "12": "study",
    }  # fmt: skip
    assert (counters["19"].state, counters["19"].cause) == ("not_due", "closure")
    assert sum(one.state in STAFFED for one in counters.values()) >= 8


def test_flags_are_told_to_every_stage_and_to_the_command_centre(served: Served) -> None:
    until(lambda: {one["channel"] for one in served.received()["messages"]} >= set(CHANNELS[:3]))
    got = served.received()
    assert {one["channel"] for one in got["centre"]} == {CENTRE}
    with served.month.db.reading() as connection:
        fates = {state for _, state in count_messages(connection, HALL)}
    assert fates <= {QUEUED, SENDING, SENT}, "none was left unknown by a clock in quick motion"
    said = " ".join(one["text"] for one in got["messages"])
    assert "formasi kosong" in said
    assert not any(officer.name in said for officer in demo_file().officers)


def test_the_machine_at_the_door_has_introduced_itself_over_http(served: Served) -> None:
    def heard() -> bool:
        with served.month.db.reading() as connection:
            found = find_machine(connection, HALL, SERIAL)
        return found is not None and found.last_contact is not None

    until(heard)


@pytest.mark.parametrize("way", [*WAYS, "kiosk", "display", "counter"])
def test_each_button_leads_to_its_page_in_its_role(served: Served, way: str) -> None:
    answer = served.press(way)
    assert answer.status_code == 200, answer.text
    assert "/admin/sign-in" not in answer.url
    if way in WAYS:
        assert PEOPLE[WAYS[way][0]][0] in answer.text


def test_the_way_in_lists_the_accounts_and_their_pin(served: Served) -> None:
    page = served.browser.get(served.url, timeout=PATIENCE_S).text
    assert PIN in page
    assert [login for login in PEOPLE if f"<code>{login}</code>" not in page] == []


def test_a_late_officer_s_finger_reaches_the_hall_by_the_machine_s_own_push(blora: Database) -> None:
    """The machine is silent while the morning passes in quick motion, then delivers what it holds."""
    now, secret = TUESDAY_MORNING, new_token(blora, "machine", hall=HALL, name="m", now=TUESDAY_MORNING)
    blora.path.chmod(0o600)
    app = create_app(settings_of(blora), clock=Clock(now), database=blora)
    list_machine(blora, HALL, SERIAL, source="bkd", name="pintu", actor="manager:x", now=now)
    assign_pin(blora, HALL, "bkd", SERIAL, "104", SEKAR.nip, actor="manager:x", now=now)
    awake: list[bool] = []
    with serving(app) as address:
        machine = DoorMachine(f"{address}/iclock/{secret}", WIB, lambda: bool(awake))
        machine.scan("104", now)
        machine.step()
        assert _punches(blora) == []
        awake.append(True)
        machine.step()
        assert _punches(blora) == [(SEKAR.nip, now)]
        machine.leave()
    gone = DoorMachine(f"{address}/iclock/{secret}", WIB, lambda: True)
    gone.scan("104", now)
    assert gone.step() > 1, "nobody answers: it tries again later"
    gone.leave()


def test_another_machine_on_the_network_is_shown_nothing(blora: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for endpoint, door in pages.DOORS.items():
        monkeypatch.setitem(DOORS, endpoint, door)
    blora.path.chmod(0o600)
    app = create_app(settings_of(blora), database=blora)
    app.register_blueprint(pages.bp)
    app.view_functions["house.home"] = pages.home
    visitor = app.test_client()
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    for path in ("/", "/demo/printer", "/demo/messages", "/demo/messages/received"):
        answer = visitor.get(path, environ_overrides=elsewhere)
        assert (answer.status_code, PIN in answer.text) == (403, False), path
    assert visitor.get("/").status_code == 200


def test_when_the_day_is_over_the_next_working_morning_comes(
    month: Month, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(present, "POST_S", 0)
    month.db.checkpoint()
    shutil.copytree(month.home, tmp_path / "demo")
    db = Database(sqlite_url(tmp_path / "demo" / "antre.db"))
    try:
        life = present.Present(db, tmp_path / "demo", "http://127.0.0.1:9")
        life.step()
        assert life.clock.now() >= at_morning(month.place, month.days[-1])
        life.clock.jump_to(at_morning(month.place, month.days[-1]) + timedelta(hours=7))
        life.step()
        following = next_working_day(month.place, month.days[-1])
        assert month.place.date(life.clock.now()) == following
        life.step()
        assert life.clock.now() >= at_morning(month.place, following)
        with db.reading() as connection:
            told = open_flags(connection, HALL)
        assert {"2", "6", "11", "12"} <= set(told)
        assert {flag.day for flag in told.values()} == {following}
        staffed = [one for one in floor(db, HALL, life.clock.now()).counters if one.state in STAFFED]
        assert len(staffed) >= 8
        assert verify(db) == []
    finally:
        db.close()


def _punches(db: Database) -> list[tuple[str, datetime]]:
    with db.reading() as connection:
        return [(row.officer, row.at) for row in connection.execute(select(punches))]

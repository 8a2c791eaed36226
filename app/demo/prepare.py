"""Makes the demo's database anew and hands over to gunicorn: hall, accounts, a month of history, a working morning."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import click

from app.demo.month import follow_up, live_through
from app.demo.place import CENTRE, CHANNELS, HALL, PIN, demo_file, free_port
from app.settings import BadSettings, Settings, secret_of
from hall.clock import SystemClock
from hall.database import Database, sqlite_url
from hall.hallfile_rows import HallFile
from hall.people import new_token, set_account
from hall.places import Places, places
from hall.schema import migrate
from hall.setup import StaffTables, load_hall
from hall.turn import position
from staffing.facts import posts, roster

OF_REAL_HALLS = ("ANTRE_DATABASE_URL", "ANTRE_MESSAGES_FILE")  # the demo's messages stay on this machine
DAYS_OF_HISTORY = 30
MORNING = (9, 20)  # the hall's own time at which a visitor finds it
# login -> name, role, agency of a head
PEOPLE: dict[str, tuple[str, str, str | None]] = {
    "pengelola": ("Pengelola Peragaan", "manager", None),
    "koordinator": ("Koordinator Peragaan", "coordinator", None),
    "kepala-dukcapil": ("Kepala Dukcapil Peragaan", "head", "dukcapil"),
    "kepala-samsat": ("Kepala Samsat Peragaan", "head", "samsat"),
    "kepegawaian": ("Kepegawaian Peragaan", "personnel", None),
    "bupati": ("Bupati Peragaan", "regent", None),
}


def run(settings: Settings) -> None:
    """Prepares the demo under ``home/demo`` and serves it.

    Raises :class:`BadSettings` off loopback or on a busy port.
    """
    must_be_loopback(settings.bind)
    _port_free(settings.bind)
    home = (settings.home / "demo").absolute()
    prepare(home, say=lambda text: click.echo(f"  {text}"), now=SystemClock().now())
    environment = {name: value for name, value in os.environ.items() if name not in OF_REAL_HALLS}
    environment |= {
        "ANTRE_HOME": str(home), "ANTRE_SECURE_COOKIES": "false", "ANTRE_MESSAGES_FILE": str(home / "messages.toml")
    }  # fmt: skip
    click.echo(f"  Silakan buka http://{settings.bind}/ (Ctrl+C untuk berhenti)")
    sys.stdout.flush()
    os.execve(
        sys.executable,
        [sys.executable, "-m", "gunicorn", "--config", "python:app.gunicorn_conf", "app.demo.wsgi:app"],
        environment,
    )


def must_be_loopback(bind: str) -> None:
    """Refuses any address that another machine could reach: the demo's PIN is known to everybody."""
    host = bind.rpartition(":")[0].strip("[]")
    try:
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise BadSettings(f"The demo has known PINs and listens on this machine only; ANTRE_BIND is {bind!r}.")


def _port_free(bind: str) -> None:
    host, _, port = bind.rpartition(":")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as fault:
            raise BadSettings(f"{bind} is taken ({fault.strerror}); set ANTRE_BIND=127.0.0.1:PORT.") from fault


def prepare(home: Path, *, say: Callable[[str], None], now: datetime, days: int = DAYS_OF_HISTORY) -> None:
    """Writes a fresh demo database with ``days`` of history before the working morning on which its clock will stand.

    ``now`` (aware) is the real present: the morning is the latest one up to it.
    """
    began = time.monotonic()
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    settings = Settings(home=home)
    secret_of(settings, make=True)
    db = Database(sqlite_url(home / "antre.db"))
    try:
        migrate(db)
        file = demo_file()
        load_hall(db, file, StaffTables(roster, posts), actor="operator:demo", now=now - timedelta(days=days + 10))
        say(
            f"balai {file.hall.name}: {len(file.agencies)} instansi, {len(file.services)} layanan, "
            f"{len(file.counters)} loket"
        )
        with db.reading() as connection:
            hall = places(db, connection, HALL)
        morning = working_morning(hall, now)
        _accounts(db, file, home, now)
        say("akun demo dan perangkat")
        working = [*history_days(hall, morning, days), hall.date(morning)]
        live_through(db, file, hall, working)
        with db.reading() as connection:
            seq = position(connection, HALL)[0]
        say(f"riwayat {days} hari: {seq} baris jurnal ({time.monotonic() - began:.0f} detik)")
        cases = follow_up(db, hall, working)
        say(f"{len(cases)} tindak lanjut dibuka ({time.monotonic() - began:.0f} detik)")
        db.checkpoint()
        told = {"working": [day.isoformat() for day in working], "receiver": _messages(home)}
        (home / "demo.json").write_text(json.dumps(told))
    finally:
        db.close()


def _messages(home: Path) -> int:
    """Writes the channels of the demo, all of them to the pretend receiver; returns its port."""
    port = free_port()
    lines = ["[channels]", *(f'{name} = "json://127.0.0.1:{port}/{name}"' for name in CHANNELS)]
    lines += [f"[webhook.{CENTRE}]", f'url = "http://127.0.0.1:{port}/{CENTRE}"', f'secret = "{PIN * 4}"']
    _write_secret(home / "messages.toml", "\n".join(lines) + "\n")
    return port


def _write_secret(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def working_morning(hall: Places, now: datetime) -> datetime:
    """The latest Tuesday, Wednesday or Thursday up to today on which the hall works, at the demo's time of day."""
    day = hall.date(now)
    while day.weekday() not in (1, 2, 3) or not open_on(hall, day):
        day -= timedelta(days=1)
    return at_morning(hall, day)


def at_morning(hall: Places, day: date) -> datetime:
    """The demo's time of day on ``day``, aware UTC."""
    return hall.calendar.window(day).start + timedelta(hours=MORNING[0], minutes=MORNING[1])


def open_on(hall: Places, day: date) -> bool:
    """Whether any counter is due that day."""
    return any(hall.calendar.plan(c.agency, c.code, day).due for c in hall.counters.values())


def next_working_day(hall: Places, day: date) -> date:
    """The next day on which any counter is due."""
    day += timedelta(days=1)
    while not open_on(hall, day):
        day += timedelta(days=1)
    return day


def history_days(hall: Places, morning: datetime, days: int) -> list[date]:
    """The working days in the ``days`` before the morning, oldest first."""
    today = hall.date(morning)
    return [d for n in range(days, 0, -1) if open_on(hall, d := today - timedelta(days=n))]


def _accounts(db: Database, file: HallFile, home: Path, now: datetime) -> None:
    for login, (name, role, agency) in PEOPLE.items():
        set_account(db, HALL, login, name=name, role=role, agency=agency, pin=PIN)
    for officer in file.officers:
        set_account(db, HALL, officer.nip, name=None, role=None, agency=None, pin=PIN)
    devices = (("kiosk", "kiosk-1"), ("display", "ruang-tunggu"), ("console", "konsol"), ("machine", "mesin-peragaan"))
    for role, device in devices:
        _write_secret(home / f"{role}.token", new_token(db, role, hall=HALL, name=device, now=now))

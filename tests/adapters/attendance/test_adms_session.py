"""A session of an attendance machine over a raw socket against a served hall, byte for byte as the protocol says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.attendance.pretend_machine import Answer, NoAnswer, PretendMachine, Scan
from adapters.printers.pretend import PretendPrinter
from hall.clock import SystemClock
from tests.cast import WIB
from tests.live import HALL, OFFICER, LiveHall, close_hall, open_hall

SERIAL = "CKJE203760012"
SOURCE = '\n[[attendance_source]]\ncode = "lobi"\nname = "Mesin sidik jari lobi"\n'
HANDSHAKE = (
    b"GET OPTION FROM: CKJE203760012\n"
    b"ATTLOGStamp=None\n"
    b"ErrorDelay=30\n"
    b"Delay=10\n"
    b"TransTimes=00:00;14:05\n"
    b"TransInterval=1\n"
    b"TransFlag=TransData AttLog\n"
    b"TimeZone=7\n"
    b"Realtime=1\n"
    b"Encrypt=None\n"
)
TEMPLATE = b"TYhhNlMyMQAAA5mbCAUHCc7QAABzOGsBAAAAg2kpdZlzAHMP"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHall]:
    """A served hall with one listed machine, set up with the commands an operator uses."""
    with PretendPrinter() as printer:
        live = open_hall(tmp_path_factory.mktemp("adms"), printer)
        try:
            file = live.home / "hall.toml"
            file.write_text(file.read_text(encoding="utf-8") + SOURCE, encoding="utf-8")
            for words in (
                ("init", str(file)),
                ("presensi", "machine", SERIAL, "--name", "Lobi"),
                ("presensi", "pin", "7", OFFICER, "--machine", SERIAL),
            ):
                done = live.command(*words)
                assert done.returncode == 0, done.stderr
            secret = live.command("token", "new", "machine", "--hall", HALL, "--name", "mesin").stdout.strip()
            live.tokens["machine"] = secret
            yield live
        finally:
            close_hall(live)


@pytest.fixture
def machine(hall: LiveHall) -> Iterator[PretendMachine]:
    with PretendMachine(f"{hall.url}/iclock/{hall.tokens['machine']}", SERIAL) as pretend:
        yield pretend


def said(answer: Answer) -> tuple[int, bytes]:
    return answer.status, answer.body


def at(clock: str, days_ago: int = 1) -> datetime:
    """A time of the machine's own, which has no zone, on a day that is over."""
    day = (SystemClock().now().astimezone(WIB) - timedelta(days=days_ago)).date()
    return datetime.fromisoformat(f"{day}T{clock}")


def status(hall: LiveHall) -> dict[str, Any]:
    done = hall.command("presensi", "status", "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def stored(hall: LiveHall) -> bytes:
    """Every byte of the database on disk."""
    return b"".join(Path(f"{hall.home / 'antre.db'}{end}").read_bytes() for end in ("", "-wal"))


def punches(hall: LiveHall, day: str) -> list[tuple[str, str]]:
    """(officer, local time) of the punches of a day, from the database itself."""
    with closing(sqlite3.connect(f"file:{hall.home / 'antre.db'}?mode=ro", uri=True)) as raw:
        rows = raw.execute("select officer, at from punches order by at").fetchall()
    told = [(who, datetime.fromtimestamp(moment / 1e6, WIB).isoformat()) for who, moment in rows]
    return [(who, moment[11:19]) for who, moment in told if moment.startswith(day)]


def test_a_session_from_switching_on_to_delivered_is_byte_for_byte_the_protocol(
    hall: LiveHall, machine: PretendMachine
) -> None:
    assert said(machine.introduce()) == (200, HANDSHAKE)
    assert machine.options["Realtime"] == "1" and machine.options["TimeZone"] == "7"
    assert said(machine.ping()) == (200, b"OK")
    assert said(machine.get_request()) == (200, b"OK")
    machine.scan(Scan("7", at("07:31:05")), Scan("7", at("16:02:41"), status=1))
    assert said(machine.deliver()) == (200, b"OK: 2")
    day = at("00:00").date().isoformat()
    assert machine.sent[-1].endswith(
        f"\r\n\r\n7\t{day} 07:31:05\t0\t1\t0\t0\t0\n7\t{day} 16:02:41\t1\t1\t0\t0\t0\n".encode()
    )
    assert said(machine.device_command("ID=1&Return=0&CMD=CHECK")) == (200, b"OK")
    assert punches(hall, day) == [(OFFICER, "07:31:05"), (OFFICER, "16:02:41")]


def test_a_batch_whose_answer_was_lost_is_sent_again_and_counts_once(hall: LiveHall, machine: PretendMachine) -> None:
    machine.scan(Scan("7", at("07:20:00", 2)), Scan("7", at("15:59:00", 2)))
    with pytest.raises(NoAnswer):
        machine.deliver(lose_answer=True)
    assert len(machine.waiting) == 2
    assert said(machine.deliver()) == (200, b"OK: 2")
    assert machine.waiting == []
    assert punches(hall, at("00:00", 2).date().isoformat()) == [(OFFICER, "07:20:00"), (OFFICER, "15:59:00")]


def test_batches_may_come_in_any_order(hall: LiveHall, machine: PretendMachine) -> None:
    machine.scan(Scan("7", at("16:10:00", 3)))
    machine.deliver()
    machine.scan(Scan("7", at("12:01:00", 3)), Scan("7", at("07:12:00", 3)))
    assert said(machine.deliver()) == (200, b"OK: 2")
    assert [when for _, when in punches(hall, at("00:00", 3).date().isoformat())] == [
        "07:12:00",
        "12:01:00",
        "16:10:00",
    ]


@pytest.mark.parametrize(
    ("table", "body"),
    [
        (
            "OPERLOG",
            b"OPLOG 4\t0\t2026-03-03 07:00:00\t0\t0\t0\t0\nFP PIN=7\tFID=1\tSize=1024\tValid=1\tTMP=" + TEMPLATE,
        ),
        ("FINGERTMP", b"PIN=7\tFID=0\tSize=1024\tValid=1\tTMP=" + TEMPLATE),
        ("BIODATA", b"BIODATA Pin=7\tNo=0\tType=9\tTmp=" + TEMPLATE),
        ("BIOPHOTO", b"BIOPHOTO PIN=7\tFileName=7.jpg\tContent=" + TEMPLATE * 40_000),
        ("ATTPHOTO", b"PIN=20260303070000-7.jpg\nSN=CKJE203760012\nsize=5\nCMD=uploadphoto\0" + TEMPLATE),
        ("ATTLOG", b"FP PIN=7\tFID=1\tSize=1024\tValid=1\tTMP=" + TEMPLATE + b"\n"),
    ],
)
def test_templates_and_photos_are_answered_and_kept_nowhere(
    hall: LiveHall, machine: PretendMachine, table: str, body: bytes
) -> None:
    answer = machine.post_table(table, body)
    assert said(answer) == (200, b"OK: 0" if table == "ATTLOG" else b"OK")
    assert said(machine.ping()) == (200, b"OK")  # on the same line: the body was read to its end
    assert TEMPLATE not in stored(hall)


def test_somebody_unknown_is_kept_aside_and_adopted_with_all_they_did(hall: LiveHall, machine: PretendMachine) -> None:
    machine.scan(Scan("12", at("07:40:00", 4)), Scan("12", at("16:00:00", 4)))
    assert said(machine.deliver()) == (200, b"OK: 2")
    day = at("00:00", 4).date().isoformat()
    assert punches(hall, day) == []
    [stranger] = [one for one in status(hall)["strangers"] if one["who"] == "12"]
    assert (stranger["readings"], stranger["machine"]) == (2, SERIAL)
    done = hall.command("presensi", "pin", "12", OFFICER, "--machine", SERIAL)
    assert "2 punches" in done.stdout
    assert punches(hall, day) == [(OFFICER, "07:40:00"), (OFFICER, "16:00:00")]
    assert [one for one in status(hall)["strangers"] if one["who"] == "12"] == []


def test_a_machine_that_is_not_listed_is_refused_and_staff_hear_of_it(hall: LiveHall) -> None:
    with PretendMachine(f"{hall.url}/iclock/{hall.tokens['machine']}", "ASING0001") as other:
        assert other.introduce().status == 403
        other.scan(Scan("7", at("07:00:00", 5)))
        assert other.deliver().status == 403
        assert len(other.waiting) == 1  # it keeps them, and sends them once it is listed
        [told] = status(hall)["unlisted"]
        assert told["serial"] == "ASING0001"
        assert hall.command("presensi", "machine", "ASING0001").returncode == 0
        assert said(other.deliver()) == (200, b"OK: 1")
    assert status(hall)["unlisted"] == []
    assert hall.command("presensi", "machine", "ASING0001", "--remove").returncode == 0


def test_a_wrong_secret_is_no_address_at_all(hall: LiveHall) -> None:
    for secret in ("geraten", hall.tokens["reader"]):
        with PretendMachine(f"{hall.url}/iclock/{secret}", SERIAL) as stranger:
            assert stranger.introduce().status == 404
            assert stranger.post_table("ATTLOG", b"7\t2026-03-03 07:00:00\t0\t1\n").status == 404


def test_a_database_that_fails_makes_the_machine_send_again_and_nothing_is_lost(
    hall: LiveHall, machine: PretendMachine
) -> None:
    machine.scan(Scan("7", at("07:33:00", 6)))
    with closing(sqlite3.connect(hall.home / "antre.db", isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")  # holds the database longer than anybody waits
        assert machine.deliver().status == 503
        somebody.execute("ROLLBACK")
    assert len(machine.waiting) == 1
    assert said(machine.deliver()) == (200, b"OK: 1")
    assert punches(hall, at("00:00", 6).date().isoformat()) == [(OFFICER, "07:33:00")]

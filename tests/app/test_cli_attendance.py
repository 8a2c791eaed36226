"""Attendance by command: lists in many layouts come in, broken ones leave nothing, machines are asked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from click.testing import CliRunner
from openpyxl import Workbook
from sqlalchemy import select

from adapters.attendance.pretend_zk import Held, PretendZk
from app.cli import cli
from hall.database import Database, sqlite_url
from staffing import deliveries, facts
from staffing.attendance import covered
from staffing.readings import readings
from tests.cast import BIMA, CONTOH_FILE, SARI, WIB
from tests.live import environment_of, run_antre

Antre = Callable[..., CompletedProcess[str]]
IN, OUT = datetime(2026, 3, 3, 7, 31), datetime(2026, 3, 3, 16, 2)


@pytest.fixture(scope="module")
def contoh_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the hall contoh, made once; each test works on its own copy."""
    home = tmp_path_factory.mktemp("contoh") / "home"
    done = run_antre(environment_of(home, 1), "init", str(CONTOH_FILE))
    assert done.returncode == 0, done.stderr
    return home


@pytest.fixture
def antre(contoh_home: Path, tmp_path: Path) -> Antre:
    """The command line, called in this process."""
    home = Path(shutil.copytree(contoh_home, tmp_path / "home"))

    def run(*words: str) -> CompletedProcess[str]:
        done = CliRunner().invoke(cli, words, env={"ANTRE_HOME": str(home)})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def shell(antre: Antre, tmp_path: Path) -> Antre:
    """The command line as a process of its own."""
    environment = environment_of(tmp_path / "home", 1)

    def run(*words: str, **more: str) -> CompletedProcess[str]:
        return run_antre(environment | more, *words)

    return run


def stored(tmp_path: Path) -> tuple[list[tuple[str, str]], int, dict[str, str]]:
    """(officer, local time) of every punch; how many readings and kept bodies there are; what each source covers."""
    db = Database(sqlite_url(tmp_path / "home" / "antre.db"))
    try:
        with db.reading() as connection:
            rows = connection.execute(select(facts.punches.c.officer, facts.punches.c.at).order_by(facts.punches.c.at))
            punches = [(row.officer, f"{row.at.astimezone(WIB):%Y-%m-%d %H:%M}") for row in rows]
            others = len(connection.execute(select(readings.c.at)).all())
            others += len(connection.execute(select(deliveries.deliveries.c.id)).all())
            until = {code: f"{at.astimezone(WIB):%Y-%m-%d %H:%M}" for code, at in covered(connection, "contoh").items()}
            return punches, others, until
    finally:
        db.close()


def a_punch_a_line() -> bytes:
    return f'NIP,Nama,Waktu\n{SARI.nip},"Wening, Sari",2026-03-03 07:31\n{SARI.nip},Sari,2026-03-03 16:02\n'.encode(
        "utf-8-sig"
    )


def in_and_out() -> bytes:
    return f"Nama;NIP;Tanggal;Jam Masuk;Jam Pulang\nSari Désirée;{SARI.nip};03/03/2026;07.31;16.02\n".encode("cp1252")


def scans_below_a_heading() -> bytes:
    head = "LAPORAN PRESENSI\n\nNIP\tHari, Tanggal\tScan 1\tScan 2\n"
    return f"{head}{SARI.nip}\tSelasa, 3 Maret 2026\t07:31\t16:02\n".encode("utf-16")


def without_titles() -> bytes:
    return f"{SARI.nip},03-Mar-2026 07:31:00\n{SARI.nip},03-Mar-2026 16:02:00\n".encode()


def workbook(*rows: tuple[object, ...]) -> Callable[[Path], None]:
    def save(path: Path) -> None:
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        for row in rows:
            sheet.append(row)
        book.save(path)

    return save


LISTS: dict[str, bytes | Callable[[Path], None]] = {
    "a punch a line, UTF-8 with BOM.csv": a_punch_a_line(),
    "in and out, Windows-1252.csv": in_and_out(),
    "scans below a heading, UTF-16.txt": scans_below_a_heading(),
    "without titles, UTF-8.csv": without_titles(),
    "date cells.xlsx": workbook(("NIP", "Waktu Scan"), (SARI.nip, IN), (SARI.nip, OUT)),
    "date and time apart.xlsx": workbook(
        ("Rekap Maret",), ("NIP", "Tanggal", "Datang", "Pulang"), (SARI.nip, IN.date(), IN.time(), "16:02")
    ),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_comes_in_whatever_it_looks_like(antre: Antre, tmp_path: Path, name: str) -> None:
    file, made = tmp_path / name, LISTS[name]
    if isinstance(made, bytes):
        file.write_bytes(made)
    else:
        made(file)
    done = antre("presensi", "import", str(file), "--source", "bkd", "--covered-until", "2026-03-03")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("2 punches: 2 new, 0 known already, 0 of people")
    wanted = [(SARI.nip, "2026-03-03 07:31"), (SARI.nip, "2026-03-03 16:02")]
    assert stored(tmp_path) == (wanted, 2, {"bkd": "2026-03-04 00:00"})
    assert "0 new, 2 known already" in antre("presensi", "import", str(file)).stdout


def line(text: str) -> bytes:
    return f"NIP;Waktu\n{SARI.nip};2026-03-03 07:31\n{text}\n".encode()


BROKEN: dict[str, tuple[bytes, int, str]] = {
    "day or month": (f"NIP;Waktu\n{SARI.nip};03/04/2025 07:31\n".encode(), 2, "nyatakan pola tanggalnya"),
    "two orders": (f"NIP;Waktu\n{SARI.nip};13/01/2026 07:31\n{SARI.nip};01/14/2026 07:31\n".encode(), 3, "urutan"),
    "damaged nip": (line("1,99001E+17;2026-03-03 07:31"), 3, "NIP rusak"),
    "a digit lost": (line("19900115201503200;2026-03-03 07:31"), 3, "18 angka"),
    "no such day": (line(f"{BIMA.nip};2026-02-30 07:31"), 3, "bukan tanggal dan jam"),
    "the future": (line(f"{BIMA.nip};2099-03-03 07:31"), 3, "tidak masuk akal"),
    "no time": (line(f"{BIMA.nip};2026-03-03"), 3, "bukan tanggal dan jam"),
    "open quote": (line(f'{BIMA.nip};"2026-03-03 07:31'), 3, "kutip"),
    "recap": (f"NAMA|NIP|TK|TL1|TL2|TL3|PSW1\nSari|{SARI.nip}|0|1|0|0|2\n".encode(), 1, "rekap"),
    "cut workbook": (b"PK\x03\x04" + bytes(range(200)), 0, "rusak"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_list_is_refused_with_line_and_reason_and_leaves_nothing(
    antre: Antre, tmp_path: Path, name: str
) -> None:
    data, number, reason = BROKEN[name]
    file = tmp_path / "list.csv"
    file.write_bytes(data)
    done = antre("presensi", "import", str(file), "--source", "bkd", "--covered-until", "2026-03-03")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{file}:{number}: " if number else f"{file}:"), done.stderr
    assert reason in done.stderr and done.stderr.endswith("Nothing was imported.\n")
    assert stored(tmp_path) == ([], 0, {})


def test_a_preview_stores_nothing_and_the_good_rows_need_a_word(antre: Antre, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(line("siapa;2026-03-03 07:45"))
    looked = antre("presensi", "import", str(file), "--preview")
    assert looked.returncode == 1
    assert f"     2  {SARI.nip}  2026-03-03 07:31:00" in looked.stdout
    assert f"{file}:3: NIP: 'siapa' bukan NIP" in looked.stderr
    assert stored(tmp_path) == ([], 0, {})
    done = antre("presensi", "import", str(file), "--good-rows")
    assert (done.returncode, stored(tmp_path)[0]) == (0, [(SARI.nip, "2026-03-03 07:31")])
    assert ":3: NIP" in done.stderr


def test_a_wrong_source_hall_or_time_is_told(antre: Antre, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(line(f"{BIMA.nip};2026-03-03 07:45"))
    assert "known are bkd" in antre("presensi", "import", str(file), "--source", "x").stderr
    assert antre("presensi", "import", str(file), "--hall", "x").returncode == 1
    assert antre("presensi", "import", str(file), "--covered-until", "nanti").returncode == 1
    assert antre("presensi", "import", str(file), "--covered-until", "2099-01-01").returncode == 1
    assert antre("presensi", "import", str(tmp_path / "none.csv")).returncode == 2
    assert stored(tmp_path) == ([], 0, {})
    assert antre("presensi", "import", str(file), "--source", "Presensi online BKD").returncode == 0


# ---- machines ----


def test_a_machine_that_does_not_push_is_asked_and_keeps_its_memory(antre: Antre, shell: Antre, tmp_path: Path) -> None:
    for words in (("machine", "ZK1", "--name", "Lobi"), ("pin", "7", SARI.nip, "--machine", "ZK1")):
        assert antre("presensi", *words).returncode == 0
    many = [Held("7", IN + timedelta(minutes=minute)) for minute in range(300)]  # more than one piece
    with PretendZk("ZK1", [*many, Held("12", OUT)]) as machine:
        done = shell("presensi", "pull", "ZK1", "--address", machine.address)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("301 punches: 300 new, 0 known already, 1 of people")
        assert "0 new, 301 known already" in shell("presensi", "pull", "ZK1", "--address", machine.address).stdout
        assert set(machine.asked) <= {1000, 1001, 11, 50, 1502, 1503, 1504}  # nothing that clears or changes
    punches, _, until = stored(tmp_path)
    assert punches[:2] == [(SARI.nip, "2026-03-03 07:31"), (SARI.nip, "2026-03-03 07:32")]
    assert list(until) == ["bkd"]  # a pull takes all there is
    told = json.loads(antre("presensi", "status", "--json").stdout)
    assert [one["who"] for one in told["strangers"]] == ["12"]


def test_another_machine_at_the_address_is_refused(antre: Antre, shell: Antre, tmp_path: Path) -> None:
    assert antre("presensi", "machine", "ZK1").returncode == 0
    with PretendZk("ZK2", [Held("7", IN)]) as other:
        done = shell("presensi", "pull", "ZK1", "--address", other.address)
        address = other.address
    assert (done.returncode, "'ZK2'" in done.stderr) == (1, True)
    gone = shell("presensi", "pull", "ZK1", "--address", address)
    assert (gone.returncode, "tidak dapat dibaca" in gone.stderr) == (1, True)
    assert "is not listed" in antre("presensi", "pull", "ZK9", "--address", address).stderr
    assert stored(tmp_path)[0] == []


def test_without_the_extra_the_pull_says_what_to_install(antre: Antre, shell: Antre, tmp_path: Path) -> None:
    assert antre("presensi", "machine", "ZK1").returncode == 0
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "zk.py").write_text("raise ImportError('no zk here')\n")
    path = f"{tmp_path / 'without'}:{Path(__file__).parent.parent.parent}"
    done = shell("presensi", "pull", "ZK1", "--address", "127.0.0.1:1", PYTHONPATH=path)
    assert (done.returncode, "antre[zk]" in done.stderr) == (1, True)


def test_a_key_is_printed_once_and_the_status_tells_of_everything(antre: Antre, tmp_path: Path) -> None:
    made = antre("presensi", "key").stdout.split()
    assert (made[0], made[2]) == ("key", "secret") and len(made[3]) >= 40
    assert antre("presensi", "machine", "M1").returncode == 0
    file = tmp_path / "attlog.dat"
    file.write_text("7\t2026-03-03 07:31:00\t1\t0\n")
    assert antre("presensi", "import", str(file), "--machine", "M1").returncode == 0
    told = antre("presensi", "status").stdout
    assert "machine  M1" in told and "stranger 7" in told and made[3] not in told
    assert "1 punches changed hands" in antre("presensi", "pin", "7", SARI.nip, "--machine", "M1").stdout
    assert antre("presensi", "pin", "7", "--machine", "M1").returncode == 2
    assert antre("presensi", "pin", "7", "--nobody", "--machine", "M1").returncode == 0
    assert stored(tmp_path)[0] == []
    assert antre("presensi", "machine", "M1", "--remove").returncode == 0
    assert antre("presensi", "machine", "M1", "--remove").returncode == 1


def test_who_is_added_to_the_hall_file_gets_what_was_told_before(antre: Antre, tmp_path: Path) -> None:
    file, newcomer = tmp_path / "list.csv", "200001012024032001"
    file.write_bytes(f"NIP;Waktu\n{newcomer};2026-03-03 07:31\n".encode())
    assert "1 of people" in antre("presensi", "import", str(file)).stdout
    person = f'[[officer]]\nnip = "{newcomer}"\nname = "Baru Rekaan"\nagency = "dukcapil"\nstatus = "pns"\n'
    hall = tmp_path / "hall.toml"
    hall.write_text(f"{CONTOH_FILE.read_text(encoding='utf-8')}\n{person}", encoding="utf-8")
    done = antre("init", str(hall))
    assert (done.returncode, "1 punches that were kept aside" in done.stdout) == (0, True), done.stderr
    assert stored(tmp_path)[0] == [(newcomer, "2026-03-03 07:31")]

"""Lists of absences as offices keep them: what is read, and what is refused with its line and reason."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import Workbook
from sqlalchemy import func, select

from adapters.attendance.absent import read_absences
from app.cli import cli
from hall.database import Database
from hall.errors import Refusal
from staffing import deliveries
from staffing.absence_list import check_list, take_absences
from staffing.attendance_list import Asked
from staffing.books import standing
from staffing.facts import absences
from staffing.privacy import Asker, read_looks
from tests.cast import AYU, BAMBU, RANDU, SEKAR, TUESDAY, wib

PLAIN = Asked()
HEAD = Asker("head", "head:embun", "dukcapil")
NOW = wib(TUESDAY, "07:00")
GOOD = (
    "NIP;Jenis;Mulai;Selesai;Nomor surat\n"
    f"{BAMBU.nip};Cuti Tahunan;13/03/2026;17/03/2026;851/12\n{SEKAR.nip};Sakit (demam);03/03/2026;;\n"
)


def workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Daftar ketidakhadiran Maret"])
    sheet.append(["No", "Nama", "NIP", "Keterangan", "Tanggal Mulai", "Tanggal Selesai", "Jam mulai", "Jam selesai"])
    sheet.append([1, BAMBU.name, BAMBU.nip, "Perjalanan dinas", datetime(2026, 3, 3), datetime(2026, 3, 4)])
    sheet.append([2, AYU.name, AYU.nip, "Izin", date(2026, 3, 5), None, time(13), time(15, 30)])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        GOOD.encode(),
        ("\ufeff" + GOOD).encode(),
        GOOD.replace(";", "\t").encode("utf-16"),
        GOOD.replace(";", ",").replace("\n", "\r\n").encode("cp1252"),
        GOOD.replace("13/03/2026", "13 Maret 2026").replace("17/03/2026", "17 Mar 2026").encode(),
    ],
)
def test_layouts_and_encodings_that_offices_use(data: bytes) -> None:
    read = read_absences(data, Asked("DD/MM/YYYY"))
    assert read.faults == ()
    rows = [(r.line, r.officer, r.kind, r.first, r.last, r.document) for r in read.rows]
    assert rows == [
        (2, BAMBU.nip, "leave", date(2026, 3, 13), date(2026, 3, 17), "851/12"),
        (3, SEKAR.nip, "sick", date(2026, 3, 3), date(2026, 3, 3), ""),
    ]
    assert "demam" not in repr(read.rows)  # the kind, never the diagnosis


def test_a_workbook_with_a_title_and_hours() -> None:
    read = read_absences(workbook(), PLAIN)
    assert read.faults == ()
    assert [(r.line, r.kind, r.last, r.start, r.end) for r in read.rows] == [
        (3, "official_travel", date(2026, 3, 4), None, None),
        (4, "permission", date(2026, 3, 5), time(13), time(15, 30)),
    ]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"{BAMBU.nip};malas;13/03/2026;;", "malas tidak dikenal"),
        (f"{BAMBU.nip};;13/03/2026;;", "kosong; tulis sakit"),
        (f"{BAMBU.nip};cuti;31/02/2026;;", "tidak dapat dibaca"),
        (f"{BAMBU.nip};cuti;;;", "tanggal kosong"),
        (f"{BAMBU.nip};cuti;13/03/2026;12/03/2026;", "selesai sebelum"),
        ("1990;cuti;13/03/2026;;" + "x" * 101, "paling panjang 100"),
        ("1,98511E+17;cuti;13/03/2026;;", "NIP rusak"),
    ],
)
def test_a_row_that_cannot_be_is_told_with_its_line(row: str, said: str) -> None:
    read = read_absences(f"NIP;Jenis;Mulai;Selesai;Nomor surat\n{row}\n".encode(), Asked("DD/MM/YYYY"))
    [fault] = read.faults
    assert fault.line == 2 and said in fault.reason, fault


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "kosong"),
        (b"%PDF-1.7", "PDF"),
        (b"Nama;Jabatan\nA;B\n", "judul kolom tidak ditemukan"),
        (b"NIP;Jenis\n1;cuti\n", "kolom tanggal mulai tidak ada"),
        (b"NIP;Jenis;Mulai\n", "hanya ada judul"),
        (f"NIP;Jenis;Mulai\n{BAMBU.nip};cuti;04/03/2026\n".encode(), "nyatakan pola"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(data: bytes, said: str) -> None:
    read = read_absences(data, PLAIN)
    assert read.rows == () and said in read.faults[0].reason


def count(db: Database) -> int:
    with db.reading() as connection:
        return int(
            connection.execute(select(func.count()).select_from(absences).where(standing(absences))).scalar_one()
        )


def test_nothing_is_imported_unless_all_is_sound_or_the_good_rows_are_asked_for(blora: Database) -> None:
    text = GOOD + f"000000000000000019;cuti;13/03/2026;;\n{RANDU.nip};sakit;13/03/2026;;\n"
    listed = read_absences(text.encode(), PLAIN)
    with pytest.raises(Refusal, match="list_has_faults"):
        take_absences(blora, "blora", listed, by=HEAD, now=NOW)
    assert count(blora) == 0
    checked = check_list(blora, "blora", listed, by=HEAD, now=NOW)
    assert [(f.line, f.reason.partition(" ")[2]) for f in checked.faults] == [
        (4, "tidak terdaftar di balai ini"),
        (5, "bukan petugas dalam kewenangan Anda"),
    ]
    assert len(take_absences(blora, "blora", listed, good_rows=True, by=HEAD, now=NOW).new) == 2
    again = take_absences(blora, "blora", read_absences(GOOD.encode(), PLAIN), by=HEAD, now=NOW)
    assert (again.new, again.known, count(blora)) == ((), (2, 3), 2)
    with blora.reading() as connection:
        [look] = read_looks(connection, "blora")
    assert (look.actor, look.allowed) == ("head:embun", False)  # the reach for Samsat's officer


def test_of_two_who_confirm_a_list_at_once_the_first_is_believed(blora: Database) -> None:
    body, listed = GOOD.encode(), read_absences(GOOD.encode(), PLAIN)
    kept = deliveries.keep(blora, "blora", "absences", body, actor=HEAD.actor, now=NOW, pending=True)
    for _ in range(2):
        take_absences(blora, "blora", listed, by=HEAD, now=NOW, delivery=kept)
    with blora.reading() as connection:
        told = deliveries.find_delivery(connection, "blora", kept)
    assert (told.state, told.result, told.body) == ("done", {"new": 2, "known": 0}, b"")


def test_a_list_that_was_thrown_away_meanwhile_is_not_imported(blora: Database) -> None:
    body, listed = GOOD.encode(), read_absences(GOOD.encode(), PLAIN)
    kept = deliveries.keep(blora, "blora", "absences", body, actor=HEAD.actor, now=NOW, pending=True)
    deliveries.discard(blora, "blora", kept)
    with pytest.raises(Refusal, match="unknown_delivery"):
        take_absences(blora, "blora", listed, by=HEAD, now=NOW, delivery=kept)
    assert count(blora) == 0


def test_the_command_shows_and_imports(blora: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTRE_DATABASE_URL", str(blora.url))
    file = tmp_path / "cuti.csv"
    file.write_text(GOOD + "1;cuti;13/03/2026;;\n", encoding="utf-8")
    run = CliRunner().invoke
    shown = run(cli, ["absences", "import", str(file), "--hall", "blora", "--preview"])
    assert shown.exit_code == 0 and "2 new, 0 known, 1 faults." in shown.output
    refused = run(cli, ["absences", "import", str(file), "--hall", "blora"])
    assert refused.exit_code == 1 and "list_has_faults" in refused.output
    assert count(blora) == 0
    taken = run(cli, ["absences", "import", str(file), "--hall", "blora", "--good-rows"])
    assert taken.exit_code == 0 and "2 recorded, 0 known before." in taken.output
    assert count(blora) == 2

"""Lists of attendance as offices have them: layouts, encodings and date patterns that are read, and what is refused."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl import Workbook

from adapters.attendance.dates import order_of, read_when
from adapters.attendance.lists import Wrong, read_list, read_who
from staffing.attendance_list import Asked, ListRead
from tests.cast import BIMA, SARI, TUESDAY_EVENING, WIB, WITA

NOW = TUESDAY_EVENING
SPACED = "19900115 201503 2 001"


def read(data: bytes | str, encoding: str = "utf-8", **asked: str) -> ListRead:
    return read_list(data.encode(encoding) if isinstance(data, str) else data, Asked(**asked), WIB, NOW)


def told(found: ListRead) -> list[tuple[str, str]]:
    return [(one.who, one.at.astimezone(WIB).strftime("%Y-%m-%d %H:%M:%S")) for one in found.told]


def workbook(*rows: tuple[Any, ...], more: dict[str, list[tuple[Any, ...]]] | None = None) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Presensi"
    for row in rows:
        sheet.append(row)
    for title, others in (more or {}).items():
        other = book.create_sheet(title)
        for row in others:
            other.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


DAY = [(SARI.nip, "2026-03-03 07:31:00"), (BIMA.nip, "2026-03-03 07:45:12"), (SARI.nip, "2026-03-03 16:02:00")]

PUNCH_A_LINE = f"""NIP,Nama,Waktu
{SARI.nip},"Wening, Sari",2026-03-03 07:31:00
{BIMA.nip},Bima,2026-03-03 07:45:12
{SARI.nip},Sari,2026-03-03 16:02:00
"""
IN_AND_OUT = f"""No;Nama;NIP;Tanggal;Jam Masuk;Jam Pulang
1;Sari;{SPACED};03/03/2026;07.31;16.02
2;Bima;'{BIMA.nip};03/03/2026;07.45.12;-
"""
TITLED = f"""DINAS KEPENDUDUKAN
Periode 1-31 Maret 2026

Nama\tNIP\tHari, Tanggal\tScan 1\tScan 2
Sari\t{SARI.nip}\tSelasa, 3 Maret 2026\t7:31 AM\t4:02 PM
Bima\t{BIMA.nip}\tSelasa, 3 Maret 2026\t07:45:12\t
"""
WITHOUT_TITLES = f"""{SARI.nip}|03-Mar-2026 07:31:00 WIB|I
{BIMA.nip}|03-Mar-2026 07:45:12 WIB|I
{SARI.nip}|03-Mar-2026 16:02:00 WIB|O
"""
TEXTS = {"a punch a line": PUNCH_A_LINE, "in and out": IN_AND_OUT, "titled": TITLED, "without titles": WITHOUT_TITLES}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_list_is_read_in_every_layout_and_encoding(text: str, encoding: str) -> None:
    found = read(text, encoding)
    assert (told(found), found.faults) == (DAY, ())


def test_a_name_with_an_accent_in_windows_s_own_encoding_is_read() -> None:
    found = read(PUNCH_A_LINE.replace("Bima", "Désirée"), "cp1252")
    assert (told(found), "Windows-1252" in found.understood[0]) == (DAY, True)


def test_a_workbook_with_date_cells_text_cells_and_numbers_is_read() -> None:
    found = read(
        workbook(
            ("REKAP PRESENSI HARIAN",),
            (),
            ("NIP", "Nama", "Tanggal", "Datang", "Pulang"),
            (SPACED, "Sari", date(2026, 3, 3), time(7, 31), timedelta(hours=16, minutes=2)),
            (BIMA.nip, "Bima", "3 Maret 2026", "07:45:12", None),
        )
    )
    assert (told(found), found.faults) == (DAY, ())
    found = read(
        workbook(
            ("AC-No.", "Name", "Time", "State"),
            (7, "Sari", datetime(2026, 3, 3, 7, 31), "C/In"),
            more={"Lain": [("catatan",)]},
        )
    )
    assert told(found) == [("7", "2026-03-03 07:31:00")]
    assert any("Lain" in sentence for sentence in found.understood)


def test_the_log_a_machine_writes_to_a_stick_is_read() -> None:
    text = "        7\t2026-03-03 07:31:00\t1\t0\t1\t0\r\n       12\t2026-03-03 07:45:12\t1\t0\t1\t0\r\n"
    assert told(read(text)) == [("7", "2026-03-03 07:31:00"), ("12", "2026-03-03 07:45:12")]


def test_what_is_stated_wins_over_what_would_be_recognised() -> None:
    text = f"NIP;Waktu\n{SARI.nip};03/04/2025 07:31\n"
    assert told(read(text, date_pattern="DD/MM/YYYY")) == [(SARI.nip, "2025-04-03 07:31:00")]
    assert told(read(text, date_pattern="mm-dd-yyyy")) == [(SARI.nip, "2025-03-04 07:31:00")]
    assert told(read(text.replace(";", "x"), delimiter="x", date_pattern="DMY")) == []  # a letter parts nothing
    assert told(read(text, delimiter="semicolon", encoding="latin-1", date_pattern="DMY")) != []
    assert "sep" not in str(read(f"sep=;\n{text}", date_pattern="DMY").rows)


def test_one_date_that_has_one_meaning_settles_the_order_of_all() -> None:
    text = f"NIP;Waktu\n{SARI.nip};03/04/2025 07:31\n{SARI.nip};25/04/2025 07:31\n"
    assert [at for _, at in told(read(text))] == ["2025-04-03 07:31:00", "2025-04-25 07:31:00"]
    same = f"NIP;Waktu\n{SARI.nip};03/03/2026 07:31\n"
    assert told(read(same)) == [(SARI.nip, "2026-03-03 07:31:00")]  # either way the same day


def test_a_time_with_its_own_zone_keeps_it_and_others_are_the_halls() -> None:
    text = f"NIP;Waktu\n{SARI.nip};2026-03-03T08:31:00+08:00\n{BIMA.nip};2026-03-03 08:31 WITA\n"
    assert {at for _, at in told(read(text))} == {"2026-03-03 07:31:00"}
    found = read_list(f"NIP;Waktu\n{SARI.nip};2026-03-03 08:31\n".encode(), Asked(), WITA, NOW)
    assert told(found) == [(SARI.nip, "2026-03-03 07:31:00")]


def test_rows_of_people_who_did_not_come_are_no_faults() -> None:
    text = f"NIP;Tanggal;Masuk;Pulang\n{SARI.nip};2026-03-03;07:31;16:02\n{BIMA.nip};2026-03-03;;\n"
    found = read(text)
    assert (len(found.rows), found.faults) == (1, ())
    assert "1 baris tanpa jam dilewati." in found.understood


OUT_BEFORE_IN = f"NIP;Tanggal;Masuk;Pulang\n{SARI.nip};2026-03-03;16:02;07:31\n"
SOUND_ROW = (SARI.nip, date(2026, 3, 3), time(7, 31))
BROKEN: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"\xef\xbb\xbf"[:0] + b"  \r\n", 0, "kosong"),
    "recap": (f"NAMA|NIP|TK|TL1|TL2|TL3|PSW1\nSari|{SARI.nip}|0|1|0|0|2\n".encode(), 1, "rekap"),
    "ambiguous": (f"NIP;Waktu\n{SARI.nip};03/04/2025 07:31\n".encode(), 2, "hari/bulan"),
    "mixed": (f"NIP;Waktu\n{SARI.nip};13/01/2026 07:31\n{SARI.nip};01/14/2026 07:31\n".encode(), 3, "urutan"),
    "quote": (f'NIP,Waktu\n{SARI.nip},"2026-03-03 07:31\n'.encode(), 2, "kutip"),
    "damaged nip": (b"NIP;Waktu\n1,99001E+17;2026-03-03 07:31\n", 2, "NIP rusak"),
    "no such day": (f"NIP;Waktu\n{SARI.nip};2026-03-03 07:31\n{BIMA.nip};31/02/2026 07:31\n".encode(), 3, "Waktu"),
    "short nip": (b"NIP;Waktu\n19900115201503200;2026-03-03 07:31\n", 2, "18 angka"),
    "future": (f"NIP;Waktu\n{SARI.nip};2036-03-03 07:31\n".encode(), 2, "tidak masuk akal"),
    "out before in": (OUT_BEFORE_IN.encode(), 2, "sebelum jam masuk"),
    "midnight": (f"NIP;Tanggal;Masuk;Pulang\n{SARI.nip};2026-03-03;07:31;00:00\n".encode(), 2, "00.00"),
    "no time": (f"NIP;Tanggal\n{SARI.nip};2026-03-03\n".encode(), 1, "tidak ada jam"),
    "no people": (b"Nama;Waktu\nSari;2026-03-03 07:31\n", 1, "NIP atau PIN"),
    "one column": (b"NIP\n199001152015032001\n", 0, "memisahkan"),
    "old excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), 0, ".xls"),
    "web page": (b"<html><table><tr><td>NIP</td></tr></table></html>", 0, "halaman web"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", 0, "PDF"),
    "cut xlsx": (workbook(("NIP", "Waktu"), (SARI.nip, datetime(2026, 3, 3, 7, 31)))[:-200], 0, "rusak"),
    "number in the date cell": (
        workbook(("NIP", "Tanggal", "Jam"), SOUND_ROW, (BIMA.nip, 46084, time(7, 45))),
        3,
        "Tanggal: 46084 bukan tanggal",
    ),
    "binary": (b"NIP;Waktu\n" + bytes(range(256)) * 8, 0, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_list_is_told_with_its_line_and_the_reason(name: str) -> None:
    data, line, reason = BROKEN[name]
    found = read(data)
    assert found.faults, found.rows
    assert name == "binary" or (found.faults[0].line, reason in str(found.faults[0])) == (line, True), found.faults


def test_a_packed_bomb_is_not_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("xl/workbook.xml", b"<x/>")
        file.writestr("xl/worksheets/sheet1.xml", bytes(97 * 1024 * 1024))
    assert "terlalu besar" in str(read(packed.getvalue()).faults[0])


@pytest.mark.parametrize(
    "cell",
    [
        SARI.nip, SPACED, f"'{SARI.nip}", int(SARI.nip), f"{SARI.nip}.0", f'="{SARI.nip}"', "1.99001152015032001E+17",
        "19900115.201503.2.001",
    ],
)  # fmt: skip
def test_a_nip_is_read_however_a_spreadsheet_left_it(cell: Any) -> None:
    assert read_who(cell) == SARI.nip


@pytest.mark.parametrize(
    "cell",
    [
        1.99001152015032e17, 199001152015032000, "1.99001152015032E+17", "1,99001E+17", "Total", "", None, True, "12A",
        "1" * 19,
    ],
)  # fmt: skip
def test_a_nip_that_lost_its_digits_or_is_none_is_never_guessed(cell: Any) -> None:
    assert isinstance(read_who(cell), Wrong)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2026-03-03 07:31", "moment"), ("2026/3/3 7:31:05", "moment"), ("20260303 07:31", "moment"),
        ("3 Maret 2026 pukul 07.31 WIB", "moment"), ("Jumat, 6 Maret 2026", "date"), ("March 3, 2026", "date"),
        ("03-Mar-26", "date"), ("3.3.2026", "date"), ("07.31", "time"), ("7:31:05 PM", "time"),
        ("07:31:05.123", "time"),
        ("2026-03-03T00:31:00Z", "moment"), ("25:00", None), ("2026-13-01", None), ("hadir", None), ("", None),
        ("7", None),
    ],
)  # fmt: skip
def test_dates_and_times_are_told_apart(text: str, kind: str | None) -> None:
    when = read_when(text)
    assert (None if when is None else when.kind) == kind


def test_a_pattern_states_an_order_or_nothing() -> None:
    assert [order_of(p) for p in ("DD/MM/YYYY", "mm/dd/yy", "YYYY-MM-DD HH:MM", "dmy", "besok", "DD/MM")] == [
        "DMY", "MDY", "YMD", "DMY", None, None
    ]  # fmt: skip

"""Files made to hurt: each is refused with a reason, in bounded work, whatever it holds."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from adapters.attendance import tables
from adapters.attendance.lists import Wrong, read_list, read_who
from adapters.attendance.tables import MOST_COLUMNS, MOST_ELEMENTS, MOST_LINES, MOST_SHEETS
from staffing.attendance_list import Asked, ListRead
from tests.adapters.attendance.test_lists import workbook
from tests.cast import SARI, TUESDAY_EVENING, WIB

SHEET = "xl/worksheets/sheet1.xml"
BEGIN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
END = b"</sheetData></worksheet>"
ROWS = (("NIP", "Waktu"), (SARI.nip, "2026-03-03 07:31:00"))


def read(data: bytes, **asked: str) -> ListRead:
    return read_list(data, Asked(**asked), WIB, TUESDAY_EVENING)


def refused(data: bytes, **asked: str) -> str:
    found = read(data, **asked)
    assert found.rows == ()
    return found.faults[0].reason


def changed(part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook of one good row, one of its parts replaced."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(*ROWS))) as packed,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made,
    ):
        for one in packed.infolist():
            content = packed.read(one)
            made.writestr(one.filename, change(content) if one.filename == part else content)
    return out.getvalue()


def sheet(inside: bytes) -> bytes:
    return changed(SHEET, lambda _: BEGIN + inside + END)


def test_millions_of_empty_cells_are_counted_before_anything_is_built_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "load_workbook", None)  # not even opened
    rows = b'<row r="1">' + b"<c/>" * MOST_COLUMNS + b"</row>"
    assert "terlalu banyak sel" in refused(sheet(rows * (MOST_ELEMENTS // MOST_COLUMNS + 1)))
    assert "lebih dari 200 kolom" in refused(sheet(b"<row>" + b"<x:c xmlns:x='y'/>" * (MOST_COLUMNS + 1) + b"</row>"))


def test_a_row_or_column_far_away_is_not_filled_up_to() -> None:
    far = sheet(f'<row r="{10**12}"><c r="A{10**12}"><v>1</v></c></row>'.encode())
    assert f"lebih dari {MOST_LINES} baris" in refused(far)
    wide = sheet(b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (nr, nr) for nr in range(1, 20_000)))
    assert refused(wide) == "berkas ini kosong"


def test_a_workbook_of_very_many_sheets_is_refused() -> None:
    many = workbook(*ROWS, more={f"L{nr}": [] for nr in range(MOST_SHEETS)})
    assert f"lebih dari {MOST_SHEETS} lembar" in refused(many)
    assert len(read(workbook(*ROWS, more={f"L{nr}": [] for nr in range(MOST_SHEETS - 1)})).rows) == 1


@pytest.mark.parametrize("part", [SHEET, "xl/styles.xml", "xl/workbook.xml"])
def test_broken_xml_in_any_part_is_a_broken_file(part: str) -> None:
    assert "rusak" in refused(changed(part, lambda content: content[: len(content) // 2]))
    assert "rusak" in refused(changed(part, lambda _: b"\0"))


def test_strings_that_are_not_there_are_a_broken_file() -> None:
    assert "rusak" in refused(sheet(b'<row r="1"><c r="A1" t="s"><v>99999</v></c></row>'))


def test_a_packed_part_that_cannot_be_unpacked_is_a_broken_file() -> None:
    data = bytearray(workbook(*ROWS))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as packed:
        where = packed.getinfo(SHEET).header_offset + 30 + len(SHEET)
    for place in range(where + 20, where + 60):
        data[place] ^= 0xFF
    assert "rusak" in refused(bytes(data))


def test_a_workbook_with_a_password_on_its_parts_is_refused() -> None:
    data = workbook(*ROWS)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the flag "encrypted" in every header
        parts = data.split(mark)
        data = mark.join([parts[0], *(p[: at - 4] + bytes([p[at - 4] | 1]) + p[at - 3 :] for p in parts[1:])])
    assert "rusak" in refused(data)


@pytest.mark.parametrize(
    "name", ["hex", "zip", "base64", "rot13", "idna", "punycode", "undefined", "unicode_escape", "utf-7", "a\0b", "💥"]
)
def test_an_encoding_that_offices_do_not_use_is_refused_by_name(name: str) -> None:
    assert "tidak dikenal" in refused(f"NIP;Waktu\n{SARI.nip};2026-03-03 07:31\n".encode(), encoding=name)


@pytest.mark.parametrize("name", ["UTF-8", "utf_8", "utf8", "windows-1252", "cp1252", "latin-1", "iso-8859-1"])
def test_the_encodings_of_offices_are_known_by_all_their_names(name: str) -> None:
    assert len(read(f"NIP;Waktu\n{SARI.nip};2026-03-03 07:31\n".encode(), encoding=name).rows) == 1


def test_a_number_of_thousands_of_digits_is_nobody() -> None:
    assert isinstance(read_who("1." + "0" * 5000 + "e5000"), Wrong)
    assert isinstance(read_who("1e999999999"), Wrong)


def test_zones_that_there_are_not_are_a_fault_of_their_line() -> None:
    zones = ("+99:99", "+24:00", "-23:60", "+07:00", "WIB", "Z", "-03:30")
    lines = [f"{SARI.nip};2026-03-02 07:31 {zone}" for zone in zones]
    found = read("\n".join(["NIP;Waktu", *lines]).encode())
    assert [fault.line for fault in found.faults] == [2, 3, 4]
    assert [row.line for row in found.rows] == [5, 6, 7, 8]

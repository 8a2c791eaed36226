"""Opens a list as people have it, CSV or XLSX, and gives its rows: encoding, delimiter and sheet are recognised."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from xml.parsers import expat

from openpyxl import load_workbook

MOST_ROWS = 50_000
MOST_COLUMNS = 200
LARGEST_UNPACKED = 96 * 1024 * 1024  # bytes: a small XLSX can be a very large one, packed
MOST_LINES = 4 * MOST_ROWS  # of a sheet, the empty ones too
MOST_SHEETS = 60
MOST_ELEMENTS = 3_000_000  # of all parts of a workbook; a cell with its value are two
DELIMITERS = {",": "koma", ";": "titik koma", "\t": "tab", "|": "garis tegak"}
NAMED = {"comma": ",", "koma": ",", "semicolon": ";", "titik koma": ";", "tab": "\t", "\\t": "\t", "pipe": "|"}
ENCODINGS = {"utf-8-sig": "UTF-8 dengan BOM", "utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
STATED = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252")

Cell = str | int | float | bool | datetime | date | time | timedelta | None


class Unreadable(Exception):
    """A file that cannot be opened as a list, with the line (0: as a whole) and the reason in Indonesian."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


@dataclass(frozen=True, slots=True)
class Row:
    """A row and its line as an editor or spreadsheet counts it."""

    line: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that are not empty, and how the file was understood, in sentences for a person."""

    rows: tuple[Row, ...]
    understood: tuple[str, ...]


def read_table(data: bytes, *, delimiter: str = "", encoding: str = "") -> Table:
    """Opens a CSV or XLSX file. What is not stated is recognised. Raises :class:`Unreadable`."""
    if not data.strip(b"\0 \r\n\t"):
        raise Unreadable("berkas ini kosong")
    if data[:4] == b"PK\x03\x04":
        return _workbook(data)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise Unreadable("berkas Excel lama (.xls) atau bersandi; simpan sebagai XLSX atau CSV tanpa sandi")
    if data[:5] == b"%PDF-":
        raise Unreadable("ini berkas PDF; minta berkas CSV atau XLSX")
    text, found = _decode(data, encoding)
    if re.match(r"\s*<(!doctype|html|table|\?xml)", text, re.IGNORECASE):
        raise Unreadable("ini halaman web yang dinamai tabel; buka di Excel lalu simpan sebagai XLSX atau CSV")
    return _text_table(text, found, delimiter)


# ---- text ----


def _decode(data: bytes, stated: str) -> tuple[str, str]:
    if stated:
        try:
            name = codecs.lookup(stated).name
        except (LookupError, ValueError):
            name = ""
        name = "cp1252" if name == "iso8859-1" else name
        if name not in STATED:  # Python knows many more, some of them no encodings of text, some without end
            raise Unreadable(f"penyandian {stated!r:.30} tidak dikenal; pakai utf-8, utf-16, atau windows-1252")
    else:
        name = _encoding(data)
    try:
        text = data.decode(name)
    except UnicodeDecodeError as fault:
        line = data[: fault.start].count(b"\n") + 1
        raise Unreadable(f"teks tidak dapat dibaca sebagai {ENCODINGS.get(name, name)}", line) from None
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise Unreadable("berkas ini bukan teks", text[: text.index("\0")].count("\n") + 1)
    return text, name


def _encoding(data: bytes) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = data[:2000]
    if start[1::2].count(0) > len(start) * 0.3:
        return "utf-16-le"
    if start[::2].count(0) > len(start) * 0.3:
        return "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _text_table(text: str, encoding: str, stated: str) -> Table:
    skip = 0
    hint = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)  # Excel's own word for it
    if hint is not None:
        skip, text = 1, text[hint.end() :]
    sign = NAMED.get(stated.strip().lower(), stated) or (hint[1] if hint else "") or _delimiter(text)
    if len(sign) != 1 or sign.isalnum() or sign == '"':
        raise Unreadable(f"pemisah {stated!r:.20} tidak dikenal; pakai koma, titik koma, atau tab")
    rows = tuple(_csv(text, sign, skip))
    name = ENCODINGS.get(encoding, "UTF-16" if encoding.startswith("utf-16") else encoding)
    return Table(rows, (f"Teks {name}, pemisah {DELIMITERS.get(sign, sign)}.",))


def _csv(text: str, sign: str, skip: int) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True)
    count = 0
    while True:
        line = reader.line_num + 1 + skip  # where the record begins, also when a quoted cell goes over lines
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise Unreadable("tanda kutip tidak ditutup atau tidak pada tempatnya", line) from None
        if any(cell.strip() for cell in cells):
            count += 1
            _check_size(count, len(cells), line)
            yield Row(line, tuple(cell.strip() for cell in cells))


def _delimiter(text: str) -> str:
    """The sign that cuts most of the first lines into the same number of cells, and into the most cells."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:50]
    best: tuple[int, int, str] | None = None
    for sign in DELIMITERS:
        try:
            counts = Counter(len(cells) for cells in csv.reader(lines, delimiter=sign) if len(cells) > 1)
        except csv.Error:
            continue
        if counts:
            cells, times = counts.most_common(1)[0]
            if best is None or (times, cells) > best[:2]:
                best = (times, cells, sign)
    if best is None:
        raise Unreadable("kolomnya tidak dapat dikenali: tidak ada koma, titik koma, atau tab yang memisahkan")
    return best[2]


# ---- workbooks ----


def _workbook(data: bytes) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
    except zipfile.BadZipFile:
        raise Unreadable("berkas XLSX ini rusak atau tidak lengkap") from None
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise Unreadable("berkas ini bukan XLSX; minta berkas CSV atau XLSX")
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise Unreadable("isi berkas ini terlalu besar")
    try:
        _must_be_bounded(data)
        return _sheets(data)
    except Unreadable:
        raise
    except Exception as fault:  # a file of any bytes whatever brings zip, XML and openpyxl to raise nearly everything
        raise Unreadable("berkas XLSX ini rusak atau tidak lengkap") from fault


def _must_be_bounded(data: bytes) -> None:
    """Counts what the workbook is made of before anything is built of it.

    A hundred megabytes of empty cells are a small file, and as Python's objects they would take the hall's server down.
    """
    elements = in_row = 0

    def count(name: str, _attributes: object) -> None:
        nonlocal elements, in_row
        elements += 1
        local = name.rpartition(":")[2]
        in_row = 0 if local == "row" else in_row + (local == "c")
        if in_row > MOST_COLUMNS:
            raise Unreadable(f"ada baris dengan lebih dari {MOST_COLUMNS} kolom")
        if elements > MOST_ELEMENTS:
            raise Unreadable("terlalu banyak sel; bagi menjadi beberapa berkas")

    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for part in packed.infolist():
            parser = expat.ParserCreate()
            parser.StartElementHandler = count
            with packed.open(part) as content:
                try:
                    parser.ParseFile(content)
                except expat.ExpatError:
                    continue  # a picture; or a broken part, at which openpyxl stops too


def _sheets(data: bytes) -> Table:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    try:
        chosen: tuple[str, tuple[Row, ...]] | None = None
        others = []
        if len(book.worksheets) > MOST_SHEETS:
            raise Unreadable(f"lebih dari {MOST_SHEETS} lembar; sisakan yang diperlukan")
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # programs write wrong ones, and rows would be missing
            if chosen is not None:
                others += [sheet.title] if any(_cells(sheet)) else []
            elif rows := tuple(_cells(sheet)):
                chosen = (sheet.title, rows)
    finally:
        book.close()
    if chosen is None:
        raise Unreadable("berkas ini kosong")
    told = [f"Lembar “{chosen[0]}”."]
    if others:
        told.append(f"Lembar lain tidak dibaca: {', '.join(others)}.")
    return Table(chosen[1], tuple(told))


def _cells(sheet: object) -> Iterator[Row]:
    count = 0
    # one column more than may be: openpyxl fills up to the last one, which may be the 18,000th
    filled = sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1)  # type: ignore[attr-defined]
    for line, values in enumerate(filled, 1):
        if line > MOST_LINES:
            raise Unreadable(f"lebih dari {MOST_LINES} baris, juga yang kosong; bagi menjadi beberapa berkas", line)
        if values.count(None) == len(values):
            continue
        cells = tuple(value.strip() if isinstance(value, str) else value for value in values)
        width = len(cells)
        while width and cells[width - 1] in (None, ""):
            width -= 1
        cells = cells[:width]
        if cells:
            count += 1
            _check_size(count, len(cells), line)
            yield Row(line, cells)


def _check_size(rows: int, columns: int, line: int) -> None:
    if rows > MOST_ROWS:
        raise Unreadable(f"lebih dari {MOST_ROWS} baris; bagi menjadi beberapa berkas", line)
    if columns > MOST_COLUMNS:
        raise Unreadable(f"lebih dari {MOST_COLUMNS} kolom", line)

"""Reads a list of absences, CSV or XLSX: who, why, from when to when, by which letter; what is wrong, by line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from adapters.attendance.dates import read_when
from adapters.attendance.lists import HEADER_WITHIN, WHO, Columns, Wrong, order_in, plain_title, read_who
from adapters.attendance.tables import Cell, Row, Unreadable, read_table
from staffing.absence_list import AbsenceList, AbsenceRow
from staffing.attendance_list import Asked, ListFault

KIND = {"jenis", "sebab", "alasan", "keterangan", "ket", "status", "jenis cuti", "jenis izin", "jenis ketidakhadiran",
        "ketidakhadiran", "kind"}  # fmt: skip
FIRST = {"mulai", "dari", "tanggal mulai", "tgl mulai", "mulai tanggal", "dari tanggal", "tanggal awal", "tgl awal",
         "tanggal", "tgl", "tmt", "from", "start"}  # fmt: skip
LAST = {"selesai", "sampai", "sampai dengan", "s d", "sd", "tanggal selesai", "tgl selesai", "sampai tanggal",
        "tanggal akhir", "tgl akhir", "berakhir", "to", "end", "until"}  # fmt: skip
START, END = {"jam mulai", "dari jam", "jam awal"}, {"jam selesai", "sampai jam", "jam akhir"}
DOCUMENT = {"nomor surat", "no surat", "surat", "nomor", "no sk", "nomor sk", "sk", "dokumen", "document", "dasar",
            "nomor dokumen", "no dokumen"}  # fmt: skip
YEARS = range(2000, 2101)
KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (  # the first that fits
    ("study", re.compile(r"study|tugas belajar|\btb\b|\bizin belajar\b")),
    ("official_travel", re.compile(r"official travel|dinas luar|perjalanan dinas|\b(dl|sppd|spt|dinas)\b")),
    ("leave", re.compile(r"\bleave\b|cuti")),
    ("sick", re.compile(r"\bsick\b|\bsakit\b|^s$")),
    ("permission", re.compile(r"permission|i[zj]in|^i$")),
)


@dataclass(frozen=True, slots=True)
class _Places:
    who: int
    kind: int
    first: int
    last: int | None
    start: int | None
    end: int | None
    document: int | None


def read_absences(data: bytes, asked: Asked) -> AbsenceList:
    """Reads a file as a list of absences. Nothing is refused by an exception: what is wrong is in the faults.

    The columns are found by their titles: NIP, jenis, mulai, and, where there are such, selesai, jam mulai, jam
    selesai, nomor surat; without ``selesai`` an absence is of one day. Which number of a date is the day is taken from
    all dates of the file together; if they leave it open and nobody stated it, the file is refused.
    """
    try:
        table = read_table(data, delimiter=asked.delimiter, encoding=asked.encoding)
        found, rows, titles = _find(table.rows)
        days = tuple(column for column in (found.first, found.last) if column is not None)
        order = order_in(Columns(found.who, days, None, titles), rows, asked.date_pattern)
    except Unreadable as fault:
        return AbsenceList((), (ListFault(fault.line, "", fault.reason),))
    good: list[AbsenceRow] = []
    faults: list[ListFault] = []
    for row in rows:
        read = _row(row, found, titles, order)
        if isinstance(read, ListFault):
            faults.append(read)
        else:
            good.append(read)
    named = [titles[c] for c in (found.who, found.kind, *days, found.document) if c is not None]
    told = [*table.understood, f"Kolom: {', '.join(named)}."]
    if order:
        told.append(f"Urutan tanggal: {' '.join({'D': 'hari', 'M': 'bulan', 'Y': 'tahun'}[sign] for sign in order)}.")
    return AbsenceList(tuple(good), tuple(faults), tuple(told))


def _find(rows: Sequence[Row]) -> tuple[_Places, Sequence[Row], dict[int, str]]:
    for place, row in enumerate(rows[:HEADER_WITHIN]):
        titles = [plain_title(cell) for cell in row.cells]

        def column(words: set[str], titles: list[str] = titles) -> int | None:
            return next((nr for nr, title in enumerate(titles) if title in words), None)

        by_nip = column({word for word in WHO if "nip" in word})
        who = by_nip if by_nip is not None else column(WHO)
        named = column({word for word in KIND if "jenis" in word})
        kind, first = named if named is not None else column(KIND), column(FIRST)
        if who is None or (kind is None and first is None):
            continue
        if kind is None or first is None:
            missing = "jenis" if kind is None else "tanggal mulai"
            raise Unreadable(f"kolom {missing} tidak ada; beri judul NIP, Jenis, Mulai, Selesai, Nomor surat", row.line)
        if not rows[place + 1 :]:
            raise Unreadable("hanya ada judul kolom, tidak ada baris", row.line)
        told = {nr: str(cell) for nr, cell in enumerate(row.cells) if cell not in (None, "")}
        found = _Places(who, kind, first, column(LAST), column(START), column(END), column(DOCUMENT))
        return found, rows[place + 1 :], told
    line = rows[0].line if rows else 0
    raise Unreadable("judul kolom tidak ditemukan; baris pertama harus memuat NIP, Jenis, Mulai, Selesai", line)


def _row(row: Row, found: _Places, titles: dict[int, str], order: str) -> AbsenceRow | ListFault:
    def cell(column: int | None) -> Cell:
        return None if column is None or column >= len(row.cells) else row.cells[column]

    def fault(column: int | None, reason: str) -> ListFault:
        return ListFault(row.line, titles.get(column, "") if column is not None else "", reason)

    who = read_who(cell(found.who))
    if isinstance(who, Wrong):
        return fault(found.who, who.reason)
    word = plain_title(cell(found.kind))
    kind = next((name for name, pattern in KINDS if pattern.search(word)), None)
    if kind is None:
        asked = "kosong" if not word else f"{cell(found.kind)!s:.40} tidak dikenal"
        return fault(found.kind, f"{asked}; tulis sakit, izin, cuti, tugas belajar, atau dinas luar")
    first = _day(cell(found.first), order)
    if isinstance(first, str):
        return fault(found.first, first)
    last: date | str = first
    if cell(found.last) not in (None, ""):
        last = _day(cell(found.last), order)
    if isinstance(last, str):
        return fault(found.last, last)
    if last < first:
        return fault(found.last, "tanggal selesai sebelum tanggal mulai")
    hours = [_hour(cell(column)) for column in (found.start, found.end)]
    for column, hour in zip((found.start, found.end), hours, strict=True):
        if isinstance(hour, str):
            return fault(column, hour)
    start, end = (hour if isinstance(hour, time) else None for hour in hours)
    if (start is None) != (end is None):
        return fault(found.start, "isi jam mulai dan jam selesai, atau kosongkan keduanya")
    if start is not None and end is not None and (first != last or end <= start):
        return fault(found.start, "jam hanya untuk satu hari, dan jam selesai sesudah jam mulai")
    document = " ".join(str(cell(found.document) or "").split())
    if len(document) > 100:
        return fault(found.document, "nomor surat paling panjang 100 karakter")
    return AbsenceRow(row.line, who, kind, first, last, start, end, document)


def _day(cell: Cell, order: str) -> date | str:
    if cell in (None, ""):
        return "tanggal kosong"
    when = read_when(cell)
    made = None if when is None else when.dates.get("") or when.dates.get(order)
    if made is not None and made.year not in YEARS:
        return f"tahun {made.year} di luar jangkauan"
    return made if made is not None else f"tanggal {cell!s:.40} tidak dapat dibaca"


def _hour(cell: Cell) -> time | str | None:
    if cell in (None, ""):
        return None
    when = read_when(cell)
    return when.time if when is not None and when.time is not None else f"jam {cell!s:.40} tidak dapat dibaca"

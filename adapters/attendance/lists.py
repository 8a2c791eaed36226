"""Reads a list of attendance: finds who and when in its columns, and tells what is wrong by line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from adapters.attendance.dates import DMY, MDY, YMD, When, order_of, read_when
from adapters.attendance.tables import Cell, Row, Unreadable, read_table
from staffing.attendance import AHEAD, EARLIEST_YEAR
from staffing.attendance_list import Asked, ListFault, ListRead, ListRow

HEADER_WITHIN = 20  # rows: reports begin with a title, a period, an address
WHO = {
    "nip", "nip pegawai", "nip nipppk", "nip nippppk", "nip nrp", "nip nik", "nippppk", "nipppk", "ni pppk",
    "nomor induk pegawai", "nomor induk", "no induk", "no induk pegawai", "pin", "ac no", "no id", "id pegawai", "id",
    "user id", "userid", "enroll number", "enrollnumber", "badge", "badgenumber", "emp no", "employee id",
}  # fmt: skip
WHEN = re.compile(
    r"(tanggal|tgl|hari tanggal|waktu|jam|date|time|timestamp|cap waktu|masuk|datang|pulang|keluar|scan|check|clock|"
    r"in|out|presensi|absen|absensi|log)( ?(in|out|masuk|datang|pulang|keluar|jam|waktu|time|tanggal|scan|presensi|"
    r"absen|absensi|kehadiran|time|\d{1,2})){0,2}"
)
ARRIVES, LEAVES = re.compile(r"\b(masuk|datang|in)\b"), re.compile(r"\b(pulang|keluar|out)\b")
RECAP = re.compile(r"tl ?[1-4]|psw ?[1-4]")
NOTHING = {"", "-", "--", "--:--", "-:-", "n/a", "nihil"}
RECAP_SENTENCE = (
    "ini rekap (TK, TL, PSW): berisi jumlah hari, bukan waktu presensi, sehingga tidak ada yang dapat diimpor; "
    "minta daftar yang memuat tanggal dan jam"
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Where things stand: the column of the person, those of moments or of a date and its times, and their titles."""

    who: int
    when: tuple[int, ...]
    date: int | None
    titles: dict[int, str]

    def title(self, column: int) -> str:
        """What a person calls a column: its title, else its letter."""
        return self.titles.get(column) or f"kolom {chr(65 + column) if column < 26 else column + 1}"


def read_list(data: bytes, asked: Asked, zone: ZoneInfo, now: datetime) -> ListRead:
    """Reads a file as a list of attendance. Nothing is refused by an exception: what is wrong is in the faults.

    Times without a zone are local at the hall. Which number of a date is the day is taken from all dates of the file
    together; if they leave it open and nobody stated it, the file is refused.
    """
    try:
        table = read_table(data, delimiter=asked.delimiter, encoding=asked.encoding)
        columns, rows = _columns(table.rows)
        order = order_in(columns, rows, asked.date_pattern)
    except Unreadable as fault:
        return ListRead((), (ListFault(fault.line, "", fault.reason),))
    good, faults, without = [], [], 0
    for row in rows:
        read = _row(row, columns, order, zone, now)
        if isinstance(read, ListFault):
            faults.append(read)
        elif read.moments:
            good.append(read)
        else:
            without += 1
    if not good and not faults:
        faults.append(ListFault(0, "", "tidak ada satu pun waktu presensi di berkas ini"))
    told = [*table.understood, f"Orang: {columns.title(columns.who)}."]
    told.append(f"Waktu: {', '.join(columns.title(c) for c in (*_dates(columns), *columns.when))}.")
    if order:
        told.append(f"Urutan tanggal: {' '.join({'D': 'hari', 'M': 'bulan', 'Y': 'tahun'}[sign] for sign in order)}.")
    if without:
        told.append(f"{without} baris tanpa jam dilewati.")
    return ListRead(tuple(good), tuple(faults), tuple(told))


def _dates(columns: Columns) -> tuple[int, ...]:
    return () if columns.date is None else (columns.date,)


# ---- which column is what ----


def plain_title(cell: Cell) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", cell.lower()).split()) if isinstance(cell, str) else ""


def _columns(rows: Sequence[Row]) -> tuple[Columns, Sequence[Row]]:
    for place, row in enumerate(rows[:HEADER_WITHIN]):
        titles = [plain_title(cell) for cell in row.cells]
        if "tk" in titles and any(RECAP.fullmatch(title) for title in titles):
            raise Unreadable(RECAP_SENTENCE, row.line)
        people = [column for column, title in enumerate(titles) if title in WHO]
        if people:
            after = rows[place + 1 :]
            if not after:
                raise Unreadable("hanya ada judul kolom, tidak ada baris presensi", row.line)
            who = min(people, key=lambda column: 0 if "nip" in titles[column] else 1)
            named = [column for column, title in enumerate(titles) if WHEN.fullmatch(title)]
            texts = {column: str(cell) for column, cell in enumerate(row.cells) if cell not in (None, "")}
            return _sorted(who, named or list(_by_content(after, who)), after, texts, row.line), after
    who_by_content = _who(rows)
    if who_by_content is None:
        line = rows[0].line if rows else 0
        raise Unreadable("tidak ada kolom NIP atau PIN yang dapat dikenali; beri judul kolom, misalnya NIP;Waktu", line)
    return _sorted(who_by_content, list(_by_content(rows, who_by_content)), rows, {}, rows[0].line), rows


def _who(rows: Sequence[Row]) -> int | None:
    """Without titles: the first column of NIPs, else the first column of whole numbers only."""
    width = max(len(row.cells) for row in rows)
    numbers = {
        column: [read_who(row.cells[column]) for row in rows if column < len(row.cells)] for column in range(width)
    }
    for column, found in numbers.items():
        nips = sum(one is not None and len(one) == 18 for one in found if not isinstance(one, Wrong))
        if nips > len(rows) / 2:
            return column
    for column, found in numbers.items():
        if len(found) == len(rows) and not any(isinstance(one, Wrong) for one in found):
            return column
    return None


def _by_content(rows: Sequence[Row], who: int) -> list[int]:
    width = max(len(row.cells) for row in rows)
    return [column for column in range(width) if column != who and _kind(rows, column) is not None]


def _kind(rows: Sequence[Row], column: int) -> str | None:
    """What most cells of a column are: ``moment``, ``date``, ``time``, or None of these."""
    seen: Counter[str | None] = Counter()
    for row in rows[:500]:
        cell = _cell(row, column)
        if not _empty(cell):
            when = read_when(cell)
            seen[None if when is None else when.kind] += 1
    return seen.most_common(1)[0][0] if seen else None


def _sorted(who: int, named: list[int], rows: Sequence[Row], titles: dict[int, str], line: int) -> Columns:
    kinds = {column: _kind(rows, column) for column in named if column != who}
    moments = tuple(column for column, kind in kinds.items() if kind == "moment")
    days = [column for column, kind in kinds.items() if kind == "date"]
    times = tuple(column for column, kind in kinds.items() if kind == "time")
    if moments:
        return Columns(who, moments, None, titles)
    if len(days) == 1 and times:
        return Columns(who, times, days[0], titles)
    if len(days) > 1 and times:
        raise Unreadable("ada lebih dari satu kolom tanggal; sisakan satu", line)
    if days:
        raise Unreadable("ada tanggal tetapi tidak ada jam presensi", line)
    if times:
        raise Unreadable("ada jam tetapi tidak ada tanggal", line)
    raise Unreadable("tidak ada kolom waktu presensi yang dapat dikenali", line)


# ---- which number is the day ----


def order_in(columns: Columns, rows: Sequence[Row], stated: str) -> str:
    """The order of the numbers in all dates of the file; empty where every date has only one meaning."""
    if stated:
        known = order_of(stated)
        if known is None:
            raise Unreadable(f"pola tanggal {stated!r:.30} tidak dikenal; tulis misalnya DD/MM/YYYY")
        return known
    possible, open_at, column = {DMY, MDY, YMD}, None, columns.when if columns.date is None else (columns.date,)
    seen = 0
    for row in rows:
        for place in column:
            when = read_when(_cell(row, place))
            if when is None or not when.dates or "" in when.dates:
                continue
            seen += 1
            if when.ambiguous and open_at is None:
                open_at = (row, place)
            if not possible & set(when.dates):
                raise Unreadable(
                    f"{_cell(row, place)!s:.40} memakai urutan hari dan bulan yang lain dari baris sebelumnya", row.line
                )
            possible &= set(when.dates)
    if len(possible) == 1:
        return next(iter(possible))
    if open_at is None:
        return min(possible) if seen else ""  # every reading gives the same dates
    row, place = open_at
    raise Unreadable(
        f"{_cell(row, place)!s:.40} dapat dibaca hari/bulan atau bulan/hari; "
        "nyatakan pola tanggalnya, misalnya DD/MM/YYYY",
        row.line,
    )


# ---- one row ----


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a cell names nobody."""

    reason: str


def read_who(cell: Cell) -> str | Wrong:
    """The NIP or PIN in a cell: text, number, with spaces, or as spreadsheets leave it; damaged ones are told."""
    if isinstance(cell, bool) or cell is None or cell == "":
        return Wrong("NIP kosong")
    if isinstance(cell, int):
        return _number(str(cell), as_number=True)
    if isinstance(cell, float):
        return _number(str(int(cell)), as_number=True) if cell.is_integer() and abs(cell) < 2**53 else Wrong(DAMAGED)
    if not isinstance(cell, str):
        return Wrong(f"{cell!s:.30} bukan NIP")
    cell = re.sub(r'^="(.*)"$', r"\1", cell)  # how some programs keep a spreadsheet from making it a number
    text = re.sub(r"[\s.\-']", "", cell.removeprefix("'")) if not re.search(r"[eE,]|\.0+$", cell) else cell.strip()
    if re.fullmatch(r"\d+\.0+", text):
        return _number(text.partition(".")[0], as_number=True)
    if re.fullmatch(r"\d([.,]\d+)?[eE]\+?\d+", text):
        try:
            value = Decimal(text.replace(",", "."))
        except InvalidOperation:
            return Wrong(f"{cell!r:.30} bukan NIP")
        if value.adjusted() > 30:
            return Wrong(f"{cell!r:.30} bukan NIP")
        whole = len(value.as_tuple().digits) > value.adjusted()  # every digit was written, none is guessed
        return _number(str(int(value)), as_number=True) if whole else Wrong(DAMAGED)
    return _number(text, as_number=False) if text.isascii() and text.isdigit() else Wrong(f"{cell!r:.30} bukan NIP")


DAMAGED = "NIP rusak: angka terakhirnya hilang karena disimpan sebagai bilangan; ubah kolom NIP menjadi teks"


def _number(digits: str, *, as_number: bool) -> str | Wrong:
    if not digits.isdigit():
        return Wrong(f"{digits:.30} bukan NIP")
    if as_number and len(digits) >= 16 and digits.endswith("000"):
        return Wrong(DAMAGED)  # a spreadsheet keeps 15 digits of a number; no NIP ends in 000
    if len(digits) == 17 or len(digits) > 18:  # a lost or doubled digit; shorter ones are numbers of other employers
        return Wrong(f"NIP harus 18 angka, ini {len(digits)}")
    return digits


def _cell(row: Row, column: int) -> Cell:
    return row.cells[column] if column < len(row.cells) else None


def _empty(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and cell.lower() in NOTHING)


def _row(row: Row, columns: Columns, order: str, zone: ZoneInfo, now: datetime) -> ListRow | ListFault:
    who = read_who(_cell(row, columns.who))
    if isinstance(who, Wrong):
        return ListFault(row.line, columns.title(columns.who), who.reason)
    wrong_day = _wrong_day(row, columns, order)
    if wrong_day is not None and columns.date is not None:
        return ListFault(row.line, columns.title(columns.date), wrong_day)
    moments: list[datetime] = []
    arrived: datetime | None = None
    for column in columns.when:
        if _empty(_cell(row, column)):
            continue
        moment = _moment(row, columns, column, order, zone)
        if isinstance(moment, str):
            return ListFault(row.line, columns.title(column), moment)
        if moment.year < EARLIEST_YEAR or moment > now + AHEAD:
            return ListFault(row.line, columns.title(column), f"{moment:%Y-%m-%d %H:%M} tidak masuk akal")
        title = plain_title(columns.titles.get(column))
        if ARRIVES.search(title):
            arrived = moment
        elif arrived is not None and LEAVES.search(title) and moment < arrived:
            return ListFault(row.line, columns.title(column), "jam pulang sebelum jam masuk")
        moments.append(moment)
    return ListRow(row.line, who, tuple(moments))


def _wrong_day(row: Row, columns: Columns, order: str) -> str | None:
    """Why the date of a row that has times cannot be read, or None."""
    if columns.date is None or all(_empty(_cell(row, column)) for column in columns.when):
        return None
    cell = _cell(row, columns.date)
    if _empty(cell):
        return "tanggal kosong"
    day = read_when(cell)
    if day is None or not day.dates:
        return f"{cell!s:.40} bukan tanggal"
    return None if "" in day.dates or order in day.dates else f"tanggal {cell!s:.40} tidak ada"


def _moment(row: Row, columns: Columns, column: int, order: str, zone: ZoneInfo) -> datetime | str:
    """The moment of one cell, or why there is none."""
    cell = _cell(row, column)
    when = read_when(cell)
    if when is None or when.time is None:
        return f"{cell!s:.40} bukan {'jam' if columns.date is not None else 'tanggal dan jam'}"
    if columns.date is None:
        return _together(when, when, order, zone, cell)
    if when.time == time():
        return "jam 00.00 biasanya berarti tidak presensi; kosongkan selnya"
    day_cell = _cell(row, columns.date)
    day = read_when(day_cell)
    assert day is not None  # the row's date was looked at before its times
    return _together(day, when, order, zone, day_cell)


def _together(day: When, clock: When, order: str, zone: ZoneInfo, cell: Cell) -> datetime | str:
    made = day.dates.get("") or day.dates.get(order)
    if made is None:
        return f"tanggal {cell!s:.40} tidak ada" if day.dates else f"{cell!s:.40} tidak memuat tanggal"
    assert clock.time is not None
    moment = datetime.combine(made, clock.time, tzinfo=clock.zone or zone)
    return moment if moment.utcoffset() is not None else moment.replace(tzinfo=zone)

"""Reads a hall file (TOML) into plain values, or answers every fault in it with its line; nothing is half accepted.

This module knows the tables and their keys, :mod:`hall.hallfile_fields` the shape of single fields,
:mod:`hall.hallfile_checks` what must hold between fields and tables.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from hall import hallfile_checks as checks
from hall.hallfile_fields import HALL_CODE, Fault, Row, Sheet, suggest
from hall.hallfile_lines import Lines
from hall.hallfile_options import DISPLAY_OPTIONS, read_option_values
from hall.hallfile_rows import (
    AgencyRow,
    CounterRow,
    DisplayRow,
    EscalationRow,
    HallFile,
    HallRow,
    OfficerRow,
    PostRow,
    PrinterRow,
    RosterRow,
    ServiceRow,
    SourceRow,
)
from hall.hours import Closure, Holiday, HoursRule
from hall.options import STAGES, Options

__all__ = ["LARGEST", "Fault", "HallFile", "HallFileFaults", "read_hall_file"]

LARGEST = 2 * 1024 * 1024  # bytes; a hall of fifty agencies with a year of daily roster lines stays well below it

ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")  # WIB, WITA, WIT: Indonesia has no others
AGENCY_KINDS = ("opd", "province", "vertical", "bpjs", "bumn", "bumd", "private")
STATUSES = ("pns", "pppk", "vertical", "bumn", "other")
PRINTER_KINDS = ("network", "usb", "serial", "file", "agent")
PREFIX = re.compile(r"[A-Z]{1,2}")
UNQUOTED_TIME = re.compile(r"[=\[,T ]\s*[0-9]{1,2}[:.][0-9]{2}\s*(?:[],#]|$)")
SINGLE = ("hall", "display")
REPEATED = (
    *("attendance_source", "agency", "service", "counter", "hours", "holiday", "closure", "post", "officer", "roster"),
    *("printer", "escalation"),
)
# Tables that others refer to, and the key they are known by.
KEYED = {
    "attendance_source": "code",
    "agency": "code",
    "service": "code",
    "counter": "code",
    "officer": "nip",
    "printer": "code",
}
Made = TypeVar("Made")


class HallFileFaults(ValueError):
    """A hall file was refused. ``faults`` has every fault, in the order of their lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(set(faults)))
        super().__init__("\n".join(map(str, self.faults)))


def read_hall_file(path_or_text: str | os.PathLike[str]) -> HallFile:
    """Read a hall file from a path, or from its text.

    A ``str`` is the text itself, unless it is a single line that ends in ``.toml``: then it is a path.
    Raises :class:`HallFileFaults` with every fault found; a file that cannot be read or is not TOML is one fault.
    """
    if isinstance(path_or_text, str) and ("\n" in path_or_text or not path_or_text.endswith(".toml")):
        content = path_or_text.encode("utf-8", "surrogatepass")
    else:
        content = _load(Path(path_or_text))
    text = _decode(content)
    document = _parse(text)
    sheet = Sheet(Lines(text))
    made = _Reader(sheet, document).read()
    if sheet.faults:
        raise HallFileFaults(sheet.faults)
    return made


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise HallFileFaults([Fault(1, "unreadable", f"berkas tidak dapat dibaca: {error}")]) from error


def _decode(content: bytes) -> str:
    if len(content) > LARGEST:
        raise HallFileFaults([Fault(1, "too_large", f"berkas lebih besar daripada {LARGEST // 1024 // 1024} MiB")])
    try:
        # Windows editors put a byte order mark in front, which tomllib would take for a key.
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"berkas bukan UTF-8 (bita 0x{content[error.start]:02x}); simpan ulang sebagai UTF-8"
        raise HallFileFaults([Fault(line, "not_utf8", message)]) from error


def _parse(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        fault = Fault(1, "toml_syntax", "bukan TOML yang wajar: daftar atau tabel bersarang terlalu dalam")
        raise HallFileFaults([fault]) from error
    except ValueError as error:  # tomllib.TOMLDecodeError, or int() refusing thousands of digits
        place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)$", str(error))
        if place is None:
            digits = re.search(r"[0-9_]{4000}", text)
            line = text.count("\n", 0, digits.start() if digits else 0) + 1
            raise HallFileFaults([Fault(line, "toml_syntax", "bilangan terlalu panjang")]) from error
        line = int(place[1]) if place[1] else max(1, len(text.splitlines()))
        message = f"bukan TOML yang sah: {str(error)[: place.start()]}"
        if UNQUOTED_TIME.search((text.splitlines() or [""])[line - 1]):
            message += "; jam ditulis di antara tanda kutip"
        raise HallFileFaults([Fault(line, "toml_syntax", message)]) from error


class _Reader:
    """Goes through the tables of one document; every method that answers a row has noted its faults on the way."""

    def __init__(self, sheet: Sheet, document: dict[str, object]) -> None:
        self.sheet = sheet
        self.document = document
        self.zone = ZONES[0]
        known = (*SINGLE, *REPEATED)
        for name in document:
            if name not in known:
                sheet.blame("unknown_table", f'tabel "{name[:64]}" tidak dikenal{suggest(name, known)}', name)
        self.rows = {name: self._rows(name) for name in REPEATED}
        # Declared codes are known even when their row has another fault, so that one fault does not look like ten.
        self.known = {name: self._codes(name, key) for name, key in KEYED.items()}

    def read(self) -> HallFile:
        """The hall file, worth something only when the sheet has no faults afterwards."""
        hall, display = self._hall()
        made = HallFile(
            hall=hall,
            display=display,
            sources=self._each("attendance_source", self._source),
            agencies=self._each("agency", self._agency),
            services=self._each("service", self._service),
            counters=self._each("counter", self._counter),
            hours=self._each("hours", self._hours),
            holidays=self._each("holiday", self._holiday),
            closures=self._each("closure", self._closure),
            posts=self._each("post", self._post),
            officers=self._each("officer", self._officer),
            roster=self._each("roster", self._roster),
            printers=self._each("printer", self._printer),
            escalations=self._each("escalation", self._escalation),
            warnings=(),
        )
        checks.check_prefixes(self.rows["service"])
        checks.check_unique(self.rows["holiday"], "date", "tanggal")
        checks.check_unique(self.rows["printer"], "kiosk", "kiosk")
        checks.check_escalations(self.rows["escalation"])
        if self.sheet.faults:
            return made
        checks.warn_about(self.sheet, made, self.rows)
        return replace(made, warnings=tuple(sorted(self.sheet.warnings)))

    def _rows(self, name: str) -> list[Row]:
        found = self.document.get(name, [])
        if isinstance(found, dict):
            self.sheet.blame("wrong_type", f"tabel ini ditulis [[{name}]] dengan kurung siku ganda", name)
            return []
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            self.sheet.blame("wrong_type", f'"{name}" harus tabel-tabel [[{name}]]', name)
            return []
        return [Row(self.sheet, one, (name, position)) for position, one in enumerate(found)]

    def _codes(self, name: str, key: str) -> dict[str, int]:
        """Every code of a table with the line where it was first declared; a second one of the same name is a fault."""
        first: dict[str, int] = {}
        for row in self.rows[name]:
            code = row.raw.get(key)
            if isinstance(code, str) and code in first:
                row.blame("duplicate_code", f'"{key}" "{code[:64]}" sudah dipakai di baris {first[code]}', key)
            elif isinstance(code, str):
                first[code] = self.sheet.lines.of(*row.path, key)
        return first

    def _each(self, name: str, make: Callable[[Row], Made | None]) -> tuple[Made, ...]:
        made = []
        for row in self.rows[name]:
            one = make(row)
            row.finish()
            if one is not None:
                made.append(one)
        return tuple(made)

    def _single(self, name: str) -> Row:
        """The row of ``[hall]`` or ``[display]``."""
        found = self.document.get(name)
        if isinstance(found, dict):
            return Row(self.sheet, found, (name,))
        if found is not None:
            self.sheet.blame("wrong_type", f"tabel ini ditulis [{name}], satu kali, dengan kurung siku tunggal", name)
        elif name == "hall":
            self.sheet.blame("missing_table", "berkas ini belum memuat tabel [hall]", name)
        # The one fault says it all: the missing keys of a missing table are noted on a sheet that nobody reads.
        return Row(Sheet(self.sheet.lines), {}, (name,))

    def _hall(self) -> tuple[HallRow, DisplayRow]:
        hall, display = self._single("hall"), self._single("display")
        code, name, regency = hall.code(pattern=HALL_CODE), hall.text("name"), hall.text("regency")
        self.zone = hall.text("zone")
        if hall.sound("zone") and self.zone not in ZONES:
            near = suggest(self.zone, ZONES)
            hall.blame("bad_zone", f'"zone" harus {", ".join(ZONES)} (WIB, WITA, WIT){near}', "zone")
            self.zone = ZONES[0]
        values = read_option_values(hall, display)
        stated = frozenset(name for name in values if name in hall.raw or name in display.raw)
        hall.finish()
        display.finish()
        shown = DisplayRow(**{name: values[name] for name in DISPLAY_OPTIONS})
        return HallRow(code, name, regency, self.zone, Options(**values), stated), shown

    def _source(self, row: Row) -> SourceRow:
        return SourceRow(row.code(), row.text("name"))

    def _agency(self, row: Row) -> AgencyRow:
        return AgencyRow(
            code=row.code(),
            name=row.text("name"),
            short=row.text("short", longest=60, default=""),
            kind=row.choice("kind", AGENCY_KINDS),
            keeps_roster=row.flag("keeps_roster", True),
            lateness_minutes=row.optional_whole("lateness_minutes", 0, 480),
        )

    def _service(self, row: Row) -> ServiceRow:
        prefix = row.text("prefix")
        if row.sound("prefix") and not PREFIX.fullmatch(prefix):
            row.blame("bad_prefix", f'"prefix" harus satu atau dua huruf besar A-Z, bukan "{prefix[:20]}"', "prefix")
        return ServiceRow(
            code=row.code(),
            agency=row.reference("agency", self.known["agency"], "instansi"),
            name=row.text("name"),
            prefix=prefix,
            minutes=row.whole("minutes", 1, 480),
            quota=row.optional_whole("quota", 1, 10_000),
            requirements=row.texts("requirements"),
            active=row.flag("active", True),
        )

    def _counter(self, row: Row) -> CounterRow:
        return CounterRow(
            code=row.code(),
            name=row.text("name", longest=100),
            agency=row.reference("agency", self.known["agency"], "instansi"),
            services=row.references("services", self.known["service"], "layanan"),
            area=row.text("area", longest=60, default=""),
        )

    def _scope(self, row: Row) -> str:
        scope = row.text("scope")
        kind, colon, code = scope.partition(":")
        if not row.sound("scope") or scope == "hall":
            return scope
        if not colon or kind not in ("agency", "counter"):
            message = f'"scope" harus "hall", "agency:KODE" atau "counter:KODE", bukan "{scope[:64]}"'
            row.blame("bad_scope", message, "scope")
        elif code not in self.known[kind]:
            near = suggest(scope, [f"{kind}:{known}" for known in self.known[kind]])
            row.blame("unknown_reference", f'"scope": "{scope[:64]}" tidak ada dalam berkas ini{near}', "scope")
        return scope

    def _hours(self, row: Row) -> HoursRule | None:
        scope, days, special = self._scope(row), row.days(), row.flag("special", False)
        opens, closes, breaks = row.hour("open"), row.hour("close"), checks.read_breaks(row)
        since, until = row.day_range("since", "until", "from", "to")
        if opens and closes:
            checks.check_session(row, opens, closes, breaks)
        checks.check_days_in_range(row, days, since, until)
        if special and row.sound("since", "until", "from", "to") and not (since and until):
            row.blame("special_without_dates", 'pembukaan khusus harus menyebut "since" dan "until"', "special")
        if row.spoiled or not opens or not closes:
            return None
        return HoursRule(scope, days, opens, closes, tuple(breaks.values()), since, until, special)

    def _holiday(self, row: Row) -> Holiday | None:
        day, name = row.day("date"), row.text("name")
        return Holiday(day, name) if day else None

    def _closure(self, row: Row) -> Closure | None:
        scope, reason = self._scope(row), row.text("reason", longest=200)
        start, end = (self._moment(row, key) for key in ("from", "to"))
        if start and end and end <= start:
            row.blame("ends_before_start", '"to" harus sesudah "from"', "to")
        if row.spoiled or not start or not end:
            return None
        return Closure(scope, start, end, reason)

    def _moment(self, row: Row, key: str) -> datetime | None:
        """A moment in UTC; one without an offset is read from the hall's own clock."""
        moment = row.moment(key)
        if moment is None:
            return None
        try:
            return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.zone))).astimezone(UTC)
        except OverflowError:  # year 1 or 9999, just across the zone's offset
            row.blame("bad_moment", f'"{key}": tahun {moment.year} di luar kalender', key)
            return None

    def _post(self, row: Row) -> PostRow:
        return PostRow(
            agency=row.reference("agency", self.known["agency"], "instansi"),
            counter=row.reference("counter", self.known["counter"], "loket"),
            title=row.text("title"),
            filled=row.flag("filled"),
        )

    def _officer(self, row: Row) -> OfficerRow:
        nip, status = row.text("nip"), row.choice("status", STATUSES)
        if row.sound("nip", "status"):
            checks.check_nip(row, nip, status)
        return OfficerRow(
            nip=nip,
            name=row.text("name"),
            agency=row.reference("agency", self.known["agency"], "instansi"),
            status=status,
            source=row.reference("source", self.known["attendance_source"], "sumber presensi", required=False) or None,
        )

    def _roster(self, row: Row) -> RosterRow:
        officer = row.reference("officer", self.known["officer"], "petugas")
        absent = row.reference("substitute_for", self.known["officer"], "petugas", required=False)
        if absent and absent == officer and row.sound("officer", "substitute_for"):
            row.blame("same_officer", '"substitute_for" menyebut petugas itu sendiri', "substitute_for")
        days, day = row.days(required=False), row.day("date", required=False)
        since, until = row.day_range("since", "until")
        checks.check_days_or_date(row)
        checks.check_days_in_range(row, days, since, until)
        start, end = row.hour("start", required=False), row.hour("end", required=False)
        if start and end:
            checks.check_order(row, start, end, "start", "end")
        counter = row.reference("counter", self.known["counter"], "loket")
        return RosterRow(officer, counter, days, day, start, end, since, until, absent or None)

    def _printer(self, row: Row) -> PrinterRow:
        kind = row.choice("kind", PRINTER_KINDS)
        address = row.text("address", longest=200, default="" if kind == "agent" else None)
        if kind in checks.ADDRESSES and row.sound("address"):
            checks.check_address(row, kind, address)
        width = row.whole("width_mm", 58, 80, 80)
        if row.sound("width_mm") and width not in (58, 80):
            row.blame("out_of_range", '"width_mm" harus 58 atau 80', "width_mm")
        return PrinterRow(row.code(), kind, address, width, row.text("kiosk", longest=80, default=""))

    def _escalation(self, row: Row) -> EscalationRow:
        return EscalationRow(
            stage=row.choice("stage", STAGES),
            after_minutes=row.whole("after_minutes", 0, 600),
            agency=row.reference("agency", self.known["agency"], "instansi", required=False) or None,
            channels=checks.read_channels(row),
            always=row.flag("always", False),
        )

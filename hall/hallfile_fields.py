"""Reads single fields out of a hall file's tables and notes every fault with its line instead of stopping at the first.

A reader method answers a harmless placeholder after a fault: the whole file is refused in the end, so that
placeholder never leaves :func:`hall.hallfile.read_hall_file`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from hall.hallfile_lines import Lines, Path

DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HALL_CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,30}[A-Za-z0-9])?")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII
)


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong with a hall file: line from 1, a stable code, an Indonesian sentence."""

    line: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"baris {self.line}: {self.message} [{self.code}]"


def suggest(word: str, known: Iterable[str]) -> str:
    """A ready "mungkin maksudnya" half sentence for a mistyped word, or nothing."""
    near = difflib.get_close_matches(word[:64], list(known), n=1, cutoff=0.6)
    return f'; mungkin maksudnya "{near[0]}"?' if near else ""


def name_type(value: object) -> str:
    """What a TOML value is, in words that the person who wrote it knows."""
    match value:
        case bool():
            return "true/false"
        case str():
            return "teks"
        case int():
            return "bilangan bulat"
        case float():
            return "bilangan pecahan"
        case datetime():
            return "tanggal dengan jam"
        case date():
            return "tanggal"
        case time():
            return "jam"
        case list():
            return "daftar"
    return "tabel"


class Sheet:
    """The faults and warnings found so far in one hall file."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def blame(self, code: str, message: str, *path: str | int) -> None:
        """Note a fault at ``path``."""
        self.faults.append(Fault(self.lines.of(*path), code, message))

    def warn(self, code: str, message: str, *path: str | int) -> None:
        """Note something allowed but odd at ``path``."""
        self.warnings.append(Fault(self.lines.of(*path), code, message))


class Row:
    """One table of the file.

    Each method reads one key, checks its type and shape, and remembers that it was asked for.
    """

    def __init__(self, sheet: Sheet, raw: Mapping[str, object], path: Path) -> None:
        self.sheet = sheet
        self.raw = raw
        self.path = path
        self.title = f"[[{path[0]}]]" if len(path) > 1 else f"[{path[0]}]"
        self.asked: set[str] = set()
        self.spoiled: set[str] = set()

    def blame(self, code: str, message: str, key: str, *deeper: int) -> None:
        """Note a fault at ``key`` (or at the table's header when the key is not there)."""
        self.spoiled.add(key)
        self.sheet.blame(code, f"{self.title} {message}", *self.path, key, *deeper)

    def warn(self, code: str, message: str, key: str) -> None:
        self.sheet.warn(code, f"{self.title} {message}", *self.path, key)

    def sound(self, *keys: str) -> bool:
        """True when none of ``keys`` has a fault, so that a further check on them makes sense."""
        return self.spoiled.isdisjoint(keys)

    def finish(self) -> None:
        """Blame the keys that nobody asked for."""
        for key in self.raw:
            if key not in self.asked:
                self.blame("unknown_key", f'tidak mengenal "{key[:64]}"{suggest(key, self.asked)}', key)

    def get(self, key: str, required: bool) -> object | None:
        self.asked.add(key)
        if key in self.raw:
            return self.raw[key]
        if required:
            self.blame("missing_key", f'belum memuat "{key}"', key)
        return None

    def wrong(self, key: str, wanted: str, value: object, *deeper: int) -> None:
        hint = ", tulis di antara tanda kutip" if wanted == "teks" and not isinstance(value, list | dict) else ""
        self.blame("wrong_type", f'"{key}" harus {wanted}, bukan {name_type(value)}{hint}', key, *deeper)

    def text(self, key: str, *, longest: int = 120, default: str | None = None) -> str:
        """A one-line text; line breaks and runs of blanks become single blanks.

        Without ``default`` it must say something.
        """
        value = self.get(key, default is None)
        if value is None:
            return default or ""
        return self.clean(key, value, longest, may_be_empty=default is not None)

    def clean(self, key: str, value: object, longest: int, *deeper: int, may_be_empty: bool = False) -> str:
        if not isinstance(value, str):
            self.wrong(key, "teks", value, *deeper)
            return ""
        words = " ".join(value.split())
        if not words and not may_be_empty:
            self.blame("empty", f'"{key}" kosong', key, *deeper)
        elif len(words) > longest:
            self.blame("too_long", f'"{key}" lebih dari {longest} huruf', key, *deeper)
        elif any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in words):
            # A control character in a name would reach the printer as a command.
            self.blame("bad_text", f'"{key}" memuat karakter yang tidak tampak', key, *deeper)
        return words

    def code(self, key: str = "code", pattern: re.Pattern[str] = CODE) -> str:
        """A code as it stands in URLs and references."""
        value = self.get(key, True)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.wrong(key, "teks", value)
            return ""
        if not pattern.fullmatch(value):
            letters = (
                "huruf kecil, angka, tanda hubung" if pattern is HALL_CODE else "huruf, angka, titik, tanda hubung"
            )
            self.blame("bad_code", f'"{key}" hanya boleh {letters}, paling banyak 32: "{value[:40]}"', key)
        return value

    def reference(self, key: str, known: Mapping[str, object], kind: str, *, required: bool = True) -> str:
        """The code of something that another table declares; empty when it may be left out and is."""
        value = self.get(key, required)
        return "" if value is None else self.resolve(key, value, known, kind)

    def resolve(self, key: str, value: object, known: Mapping[str, object], kind: str, *deeper: int) -> str:
        if not isinstance(value, str):
            self.wrong(key, "teks", value, *deeper)
            return ""
        if value not in known:
            message = f'"{key}": {kind} "{value[:64]}" tidak ada dalam berkas ini{suggest(value, known)}'
            self.blame("unknown_reference", message, key, *deeper)
        return value

    def references(self, key: str, known: Mapping[str, object], kind: str) -> tuple[str, ...]:
        """A list of codes, none twice."""
        codes: list[str] = []
        for position, value in enumerate(self.items(key)):
            code = self.resolve(key, value, known, kind, position)
            if code and code in codes:
                self.blame("duplicate_value", f'"{key}" menyebut "{code[:64]}" dua kali', key, position)
            codes.append(code)
        return tuple(codes)

    def items(self, key: str, *, required: bool = True) -> list[object]:
        value = self.get(key, required)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong(key, "daftar", value)
            return []
        return value

    def texts(self, key: str, *, longest: int = 300) -> tuple[str, ...]:
        """A list of sentences, empty when left out."""
        return tuple(self.clean(key, value, longest, at) for at, value in enumerate(self.items(key, required=False)))

    def whole(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number from ``low`` to ``high``, both included. Without ``default`` it must be there."""
        value = self.optional_whole(key, low, high, required=default is None)
        return value if value is not None else default if default is not None else low

    def optional_whole(self, key: str, low: int, high: int, *, required: bool = False) -> int | None:
        """A whole number from ``low`` to ``high``, both included, or None."""
        value = self.get(key, required)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.wrong(key, "bilangan bulat", value)
            return None
        if not low <= value <= high:
            self.blame("out_of_range", f'"{key}" harus {low} sampai {high}', key)
            return None
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        """true or false. Without ``default`` it must be there."""
        value = self.get(key, default is None)
        if isinstance(value, bool):
            return value
        if value is not None:
            self.wrong(key, "true atau false", value)
        return bool(default)

    def choice(self, key: str, known: Iterable[str], default: str | None = None) -> str:
        """One of the ``known`` words. Without ``default`` it must be there."""
        words = tuple(known)
        value = self.get(key, default is None)
        if value is None:
            return default or ""
        if not isinstance(value, str):
            self.wrong(key, "teks", value)
            return ""
        if value not in words:
            self.blame("unknown_value", f'"{key}" harus salah satu dari {", ".join(words)}{suggest(value, words)}', key)
        return value

    def days(self, key: str = "days", *, required: bool = True) -> frozenset[int]:
        """Weekdays from mon to sun, as numbers with 0 for Monday."""
        found: set[int] = set()
        for position, value in enumerate(self.items(key, required=required)):
            if not isinstance(value, str):
                self.wrong(key, "teks", value, position)
            elif value not in DAY_NAMES:
                message = (
                    f'"{key}": hari ditulis {" ".join(DAY_NAMES)}, bukan "{value[:20]}"{suggest(value, DAY_NAMES)}'
                )
                self.blame("bad_day", message, key, position)
            elif DAY_NAMES.index(value) in found:
                self.blame("duplicate_value", f'"{key}" menyebut "{value}" dua kali', key, position)
            else:
                found.add(DAY_NAMES.index(value))
        if key in self.raw and not found and self.sound(key):
            self.blame("never_applies", f'"{key}" kosong, jadi entri ini tidak pernah berlaku', key)
        return frozenset(found)

    def hour(self, key: str, *, required: bool = True) -> time | None:
        """A time of day, "HH:MM" or a TOML time, in whole minutes of the hall's own clock."""
        value = self.get(key, required)
        return None if value is None else self.read_hour(key, value)

    def read_hour(self, key: str, value: object, *deeper: int) -> time | None:
        if isinstance(value, time) and not value.second and not value.microsecond:
            return value
        match = _HOUR.fullmatch(value) if isinstance(value, str) else None
        if match:
            return time(int(match[1]), int(match[2]))
        shown = f'"{str(value)[:20]}"' if isinstance(value, str | time) else name_type(value)
        self.blame("bad_time", f'"{key}" harus jam seperti "08:00", bukan {shown}', key, *deeper)
        return None

    def day(self, key: str, *, required: bool = True) -> date | None:
        """A calendar day: a TOML date or "YYYY-MM-DD"."""
        value = self.get(key, required)
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                return date.fromisoformat(value)
            except ValueError:
                self.blame("bad_date", f'"{key}": tanggal {value} tidak ada di kalender', key)
                return None
        self.blame("bad_date", f'"{key}" harus tanggal seperti 2026-12-11, bukan {name_type(value)}', key)
        return None

    def day_range(
        self, first: str, last: str, other_first: str = "", other_last: str = ""
    ) -> tuple[date | None, date | None]:
        """Two optional days, both inclusive, under either of two names each; using both names at once is a fault."""
        since = self.day(self.one_of(first, other_first), required=False)
        until_key = self.one_of(last, other_last)
        until = self.day(until_key, required=False)
        if since and until and until < since:
            self.blame("ends_before_start", f'"{until_key}" ({until}) lebih awal daripada awalnya ({since})', until_key)
        return since, until

    def one_of(self, name: str, other: str) -> str:
        if other:
            self.asked.update((name, other))
            if name in self.raw and other in self.raw:
                self.blame("both_names", f'memuat "{name}" dan "{other}" sekaligus; keduanya berarti sama', other)
            elif other in self.raw:
                return other
        return name

    def moment(self, key: str) -> datetime | None:
        """A day with a time, TOML or text; naive when it was written without an offset."""
        value = self.get(key, True)
        if value is None or isinstance(value, datetime):
            return value
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                self.blame("bad_moment", f'"{key}": {value} tidak ada di kalender', key)
                return None
        message = f'"{key}" harus tanggal dengan jam seperti 2026-12-11T08:00, bukan {name_type(value)}'
        self.blame("bad_moment", message, key)
        return None

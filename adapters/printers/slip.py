"""What stands on one slip of paper, as plain data that can also travel as JSON to a kiosk computer's printer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from hall.errors import Invalid

UNKNOWN_ESTIMATE = "belum dapat diperkirakan"
_TEXT_LIMIT = 200  # characters: a longer name would only waste paper
_URL_LIMIT = 300  # characters: still a QR code that a cheap phone reads from 58 mm paper


@dataclass(frozen=True, slots=True)
class Slip:
    """One paper. All texts are Indonesian and already final: nothing is looked up or translated while printing.

    ``issued_at`` is aware; it is printed in ``zone`` (an IANA name such as ``Asia/Jakarta``). ``ahead`` counts the
    people in front, ``estimate`` is (low, high) in minutes or None when nobody serves. ``url`` is the citizen's own
    page and becomes the QR code; an empty one leaves it out. ``copy`` is 0 for the original and counts reprints from 1.
    ``priority`` may name a kind, yet the paper only ever says that there is one: the kind can be health data.
    Raises ``Invalid`` (code ``bad_slip``) if something cannot be printed.
    """

    hall_name: str
    regency: str
    agency: str
    service: str
    number: str
    issued_at: datetime
    zone: str
    ahead: int
    estimate: tuple[int, int] | None = None
    url: str = ""
    closing: str = ""
    priority: bool | str | None = None
    copy: int = 0

    def __post_init__(self) -> None:
        for name in ("hall_name", "regency", "agency", "service", "number", "zone", "url", "closing"):
            _check_text(name, getattr(self, name), _URL_LIMIT if name == "url" else _TEXT_LIMIT)
        for name in ("hall_name", "service", "number"):
            if not getattr(self, name).strip():
                raise _bad(name, "tidak boleh kosong")
        if not self.number.isascii() or not self.number.isprintable() or len(self.number) > 16:
            raise _bad("number", "harus berupa huruf Latin dan angka, paling banyak 16 karakter")
        if not self.url.isascii() or any(c <= " " or c == "\x7f" for c in self.url):
            raise _bad("url", "harus ASCII tanpa spasi")
        if not isinstance(self.issued_at, datetime) or self.issued_at.tzinfo is None:
            raise _bad("issued_at", "harus waktu dengan zona")
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError) as fault:
            raise _bad("zone", f"zona waktu tidak dikenal: {self.zone!r}") from fault
        _check_count("ahead", self.ahead)
        _check_count("copy", self.copy)
        if self.priority is not None and not isinstance(self.priority, (bool, str)):
            raise _bad("priority", "harus benar/salah atau teks")
        if self.estimate is not None:
            if not isinstance(self.estimate, tuple) or len(self.estimate) != 2:
                raise _bad("estimate", "harus dua angka menit")
            for value in self.estimate:
                _check_count("estimate", value)
            if self.estimate[0] > self.estimate[1]:
                raise _bad("estimate", "batas bawah melebihi batas atas")

    @property
    def when(self) -> tuple[str, str]:
        """Day and time in the hall's zone: ``("Sabtu, 21 November 2026", "pukul 08.00 WIB")``."""
        zone = ZoneInfo(self.zone)
        day = format_datetime(self.issued_at, "EEEE, d MMMM y", tzinfo=zone, locale="id")
        time = format_datetime(self.issued_at, "'pukul' HH.mm z", tzinfo=zone, locale="id")
        return day, time

    @property
    def ahead_text(self) -> str:
        """How many people are in front, as a sentence for the citizen."""
        return f"{self.ahead} orang di depan Anda" if self.ahead else "Tidak ada antrean di depan Anda"

    @property
    def estimate_text(self) -> str:
        """The wait, as words: a range in minutes, or the honest statement that nobody can tell."""
        if self.estimate is None:
            return UNKNOWN_ESTIMATE
        low, high = self.estimate
        if high == 0:
            return "segera dipanggil"
        if low == 0:
            return f"kurang dari {high} menit"
        return f"sekitar {high} menit" if low == high else f"{low}-{high} menit"

    def to_dict(self) -> dict[str, Any]:
        """The slip as JSON-safe values; ``from_dict`` makes the same slip of it."""
        return {
            "hall_name": self.hall_name,
            "regency": self.regency,
            "agency": self.agency,
            "service": self.service,
            "number": self.number,
            "issued_at": self.issued_at.astimezone(UTC).isoformat(),
            "zone": self.zone,
            "ahead": self.ahead,
            "estimate": None if self.estimate is None else {"low": self.estimate[0], "high": self.estimate[1]},
            "url": self.url,
            "closing": self.closing,
            "priority": self.priority,
            "copy": self.copy,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Slip:
        """The slip that ``to_dict`` wrote. Unknown keys are passed over, so an older kiosk understands a newer server.

        Raises ``Invalid`` (code ``bad_slip``, ``field`` names the culprit) for anything else that does not fit.
        """
        if not isinstance(data, Mapping):
            raise _bad("slip", "bukan objek")
        for name in ("hall_name", "regency", "agency", "service", "number", "issued_at", "zone", "ahead"):
            if name not in data:
                raise _bad(name, "tidak ada")
        return cls(
            hall_name=data["hall_name"],
            regency=data["regency"],
            agency=data["agency"],
            service=data["service"],
            number=data["number"],
            issued_at=_read_time(data["issued_at"]),
            zone=data["zone"],
            ahead=data["ahead"],
            estimate=_read_estimate(data.get("estimate")),
            url=data.get("url", ""),
            closing=data.get("closing", ""),
            priority=data.get("priority"),
            copy=data.get("copy", 0),
        )


def _bad(field: str, why: str) -> Invalid:
    return Invalid("bad_slip", f"Isi karcis salah, {field}: {why}.", field=field)


def _check_text(name: str, value: object, limit: int) -> None:
    if not isinstance(value, str):
        raise _bad(name, "harus teks")
    if len(value) > limit:
        raise _bad(name, f"lebih dari {limit} karakter")


def _check_count(name: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _bad(name, "harus bilangan bulat mulai dari 0")


def _read_time(value: object) -> datetime:
    if not isinstance(value, str):
        raise _bad("issued_at", "harus teks ISO 8601")
    try:
        return datetime.fromisoformat(value)
    except ValueError as fault:
        raise _bad("issued_at", f"bukan waktu ISO 8601: {value[:40]!r}") from fault


def _read_estimate(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    if isinstance(value, Mapping) and "low" in value and "high" in value:
        return value["low"], value["high"]
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return value[0], value[1]
    raise _bad("estimate", "harus low dan high dalam menit")

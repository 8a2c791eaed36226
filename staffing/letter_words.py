"""How letters say dates, times, numbers, causes and offices in official Indonesian."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

LOCALE = "id"
# A letter tells the state of a counter. Why somebody was lawfully away is nobody else's business (UU 27/2022).
CAUSES = {
    "outside_hours": "di luar jam layanan loket",
    "break": "istirahat terjadwal",
    "agency_not_open": "instansi belum buka",
    "no_one_assigned": "belum ada petugas ditugaskan",
    "post_vacant": "formasi kosong",
    "leave": "petugas berhalangan, ada dokumen",
    "sick": "petugas berhalangan, ada dokumen",
    "permission": "petugas berhalangan, ada dokumen",
    "study": "petugas tugas belajar",
    "official_travel": "petugas dinas luar",
    "late": "petugas belum datang",
    "left_early": "petugas sudah pulang menurut presensi",
    "at_other_counter": "petugas bertugas di loket lain",
    "away_from_counter": "petugas hadir, tidak di loket",
    "no_attendance_data": "data presensi belum masuk",
    "absent_without_notice": "tidak tercatat hadir, belum ada keterangan",
}
_HEADED_BY_A_KEPALA = ("opd", "province", "vertical")
_UNITS = (
    "nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan", "sepuluh", "sebelas",
)  # fmt: skip


def long_date(day: date) -> str:
    """``Sabtu, 21 November 2026``."""
    return str(format_date(day, "EEEE, d MMMM y", locale=LOCALE))


def plain_date(day: date) -> str:
    """``21 November 2026``."""
    return str(format_date(day, "d MMMM y", locale=LOCALE))


def span(first: date, last: date) -> str:
    """``pada hari Sabtu, 21 November 2026``, or from the first day to the last."""
    if first == last:
        return f"pada hari {long_date(first)}"
    return f"dalam kurun {plain_date(first)} sampai dengan {plain_date(last)}"


def clock(moment: datetime, tz: ZoneInfo) -> str:
    """``08.00``, in the hall's zone."""
    return moment.astimezone(tz).strftime("%H.%M")


def zone_name(moment: datetime, tz: ZoneInfo) -> str:
    """``WIB``, ``WITA`` or ``WIT``."""
    return moment.astimezone(tz).tzname() or ""


def moment_text(moment: datetime, tz: ZoneInfo) -> str:
    """``Sabtu, 21 November 2026 pukul 08.00 WIB``."""
    day = long_date(moment.astimezone(tz).date())
    return f"{day} pukul {clock(moment, tz)} {zone_name(moment, tz)}"


def decimal(value: float) -> str:
    """``1.234,5``."""
    return str(format_decimal(round(value, 1), format="#,##0.0", locale=LOCALE))


def whole(value: int) -> str:
    """``1.234``."""
    return str(format_decimal(value, format="#,##0", locale=LOCALE))


def in_words(value: int) -> str:
    """A small number in words, as letters write it behind the figure; larger ones stay figures."""
    return _UNITS[value] if 0 <= value < len(_UNITS) else whole(value)


def cause_text(cause: str) -> str:
    """What a letter says of a cause."""
    return CAUSES.get(cause, "sebab belum diketahui")


def head_of(agency_name: str, agency_kind: str) -> str:
    """Who the letter to an agency is for: ``Kepala Kantor Imigrasi``, ``Pimpinan Bank Jateng``."""
    return f"{'Kepala' if agency_kind in _HEADED_BY_A_KEPALA else 'Pimpinan'} {agency_name}"


def regent_of(regency: str) -> str:
    """``Bupati Blora`` for Kabupaten Blora, ``Wali Kota Salatiga`` for Kota Salatiga."""
    for start, title in (("kabupaten ", "Bupati"), ("kota ", "Wali Kota")):
        if regency.lower().startswith(start):
            return f"{title} {regency[len(start) :]}"
    return "Kepala Daerah"


def town_of(regency: str) -> str:
    """The place before the date: ``Blora`` for Kabupaten Blora."""
    return regency.partition(" ")[2] if regency.lower().startswith(("kabupaten ", "kota ")) else regency


def hall_in_full(name: str) -> str:
    """``Mal Pelayanan Publik Blora`` for MPP Blora."""
    return f"Mal Pelayanan Publik {name[4:]}" if name.startswith("MPP ") else name

"""Days absent without a valid reason and what PP 94/2021 says of so many: indicative, never imposed; pure.

The figures are those of section 4 of the domain reference. Only a superior's examination (Article 26) can establish
that a day was without a valid reason; what is counted here are days for which none is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Rung:
    """From ``first`` to ``last`` days (None: and more) in a calendar year, and what the table then names."""

    first: int
    last: int | None
    text: str


PNS_TABLE = (
    Rung(3, 3, "teguran lisan"),
    Rung(4, 6, "teguran tertulis"),
    Rung(7, 10, "pernyataan tidak puas secara tertulis"),
    Rung(11, 13, "pemotongan tunjangan kinerja 25% selama 6 bulan"),
    Rung(14, 16, "pemotongan tunjangan kinerja 25% selama 9 bulan"),
    Rung(17, 20, "pemotongan tunjangan kinerja 25% selama 12 bulan"),
    Rung(21, 24, "penurunan jabatan setingkat lebih rendah selama 12 bulan"),
    Rung(25, 27, "pembebasan dari jabatan menjadi pelaksana selama 12 bulan"),
    Rung(28, None, "pemberhentian dengan hormat tidak atas permintaan sendiri"),
)
PPPK_TABLE: tuple[Rung, ...] = ()  # the agency's own rule: nothing is said until it is known
GUIDANCE = "pembinaan oleh atasan, belum termasuk tabel"
CONSECUTIVE = 10
IN_A_ROW = "10 hari kerja berturut-turut: pemberhentian; gaji dihentikan mulai bulan berikutnya"


@dataclass(frozen=True, slots=True)
class WorkDay:
    """A day on which an officer was planned here. ``late_minutes``: missed by coming late or leaving early."""

    day: date
    absent: bool
    late_minutes: float = 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """An officer's year. ``longest_run`` are absent days in a row among the planned ones, also across New Year.

    ``from_minutes`` are whole days made up of late minutes; 0 unless the hall counts them.
    """

    year: int
    planned: int
    dates: tuple[date, ...]
    longest_run: int
    late_minutes: float
    from_minutes: int

    @property
    def days(self) -> int:
        """The days that the table is entered with."""
        return len(self.dates) + self.from_minutes


@dataclass(frozen=True, slots=True)
class Indication:
    """What the table names. ``kind``: none, guidance, table, in_a_row, own_rule (PPPK), notice (not the regent's)."""

    kind: str
    text: str


def count_days(days: Sequence[WorkDay], year: int, *, minutes_per_day: int = 0) -> Count:
    """Counts a calendar year. ``days`` may begin before it, so that a run across New Year is seen whole.

    ``minutes_per_day`` turns late minutes into days (450 in the repealed PP 53/2010); 0, the default, does not.
    """
    ordered = sorted(days, key=lambda d: d.day)
    longest = run = 0
    for one in ordered:
        run = run + 1 if one.absent else 0
        if one.day.year == year:
            longest = max(longest, run)
    mine = [d for d in ordered if d.day.year == year]
    late = sum(d.late_minutes for d in mine if not d.absent)
    made = int(late // minutes_per_day) if minutes_per_day > 0 else 0
    return Count(year, len(mine), tuple(d.day for d in mine if d.absent), longest, late, made)


def indicate(count: Count, status: str, agency_kind: str, *, pppk_table: Sequence[Rung] = PPPK_TABLE) -> Indication:
    """What follows by the table for an officer of this status (pns, pppk, ...) at an agency of this kind."""
    if agency_kind != "opd" or status not in ("pns", "pppk"):
        return Indication("notice", "bukan ASN daerah: pemberitahuan kepada pimpinan instansinya")
    if status == "pppk":
        if not pppk_table:
            return Indication("own_rule", "PPPK: mengikuti aturan instansi, yang belum diisi di sini")
        return _look_up(count.days, pppk_table)
    if count.longest_run >= CONSECUTIVE:
        return Indication("in_a_row", IN_A_ROW)
    return _look_up(count.days, PNS_TABLE)


def _look_up(days: int, table: Sequence[Rung]) -> Indication:
    for rung in table:
        if rung.first <= days and (rung.last is None or days <= rung.last):
            return Indication("table", rung.text)
    if days > 0:
        return Indication("guidance", GUIDANCE)
    return Indication("none", "tidak ada hari tanpa keterangan yang tercatat")

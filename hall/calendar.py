"""National holidays and cuti bersama of Indonesia, joined with a hall's own, and a warning for years not yet certain.

The dates come from the `holidays` package (country ID, names in Indonesian): its category `public` holds the national
holidays, its category `government` the *cuti bersama* of the yearly joint decree (SKB Tiga Menteri). Islamic dates that
no decree has confirmed are calculated there and marked "(perkiraan)" in the name; the mark stays until the hall file
gives the confirmed date under the same name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import holidays

from hall.hours import Holiday

CUTI_BERSAMA = "Cuti Bersama"
# What a hall can meet in its history and the plans ahead; nobody has to know the present year to ask for holidays.
YEARS = range(2015, 2051)
_ESTIMATED = " (perkiraan)"


def is_cuti_bersama(holiday: Holiday) -> bool:
    """Whether the day is a joint leave day rather than a holiday, as its name says."""
    return CUTI_BERSAMA.casefold() in holiday.name.casefold()


def is_estimated(holiday: Holiday) -> bool:
    """Whether the date is calculated and not yet confirmed by a decree."""
    return holiday.name.endswith(_ESTIMATED)


@lru_cache(maxsize=256)  # more than the years of YEARS in both categories, or every loading works them all out anew
def _known(year: int, category: str) -> tuple[Holiday, ...]:
    found = holidays.country_holidays("ID", years=year, language="id", categories=(category,))
    return tuple(Holiday(day, name) for day in sorted(found) for name in found.get_list(day))


def national_holidays(years: Iterable[int] = YEARS, *, cuti_bersama_closed: bool = True) -> tuple[Holiday, ...]:
    """The national holidays of those years, oldest first; with the cuti bersama if the hall closes on them.

    Every cuti bersama carries these words in its name, so citizens see which kind of day it is.
    """
    result: list[Holiday] = []
    for year in sorted(set(years)):
        result.extend(_known(year, "public"))
        if cuti_bersama_closed:
            for item in _known(year, "government"):
                result.append(item if is_cuti_bersama(item) else Holiday(item.day, f"{CUTI_BERSAMA} {item.name}"))
    return tuple(sorted(result, key=lambda item: (item.day, item.name)))


def merge_holidays(national: Iterable[Holiday], local: Iterable[Holiday]) -> tuple[Holiday, ...]:
    """Both lists in one, oldest first, each day and name once.

    A local holiday of the same year and name confirms an estimated one and takes its place, whatever its date.
    """
    own = tuple(local)
    confirmed = {(item.day.year, item.name.casefold()) for item in own}
    merged: dict[tuple[date, str], Holiday] = {}
    for item in (*own, *national):
        if not (is_estimated(item) and _confirmation(item) in confirmed):
            merged.setdefault((item.day, item.name.casefold()), item)
    return tuple(sorted(merged.values(), key=lambda item: (item.day, item.name)))


def holidays_for(
    years: Iterable[int] = YEARS, local: Iterable[Holiday] = (), *, cuti_bersama_closed: bool = True
) -> tuple[Holiday, ...]:
    """All days on which a hall is closed in those years: national ones, cuti bersama if it closes then, and its own."""
    return merge_holidays(national_holidays(years, cuti_bersama_closed=cuti_bersama_closed), local)


def missing_years(years: Iterable[int], local: Iterable[Holiday] = ()) -> tuple[str, ...]:
    """Warnings, sentences for the manager, about years whose holidays are unknown, estimated or lack cuti bersama.

    Empty when everything is certain. What the hall file has confirmed or added itself is no longer reported.
    """
    own = tuple(local)
    warnings: list[str] = []
    for year in sorted(set(years)):
        merged = merge_holidays(national_holidays((year,)), (item for item in own if item.day.year == year))
        if not any("idul fitri" in item.name.casefold() and not is_cuti_bersama(item) for item in merged):
            warnings.append(f"Hari libur keagamaan tahun {year} tidak ada dalam data; isi sendiri di berkas hall.")
        if estimated := [item for item in merged if is_estimated(item)]:
            names = ", ".join(f"{item.name.removesuffix(_ESTIMATED)} ({item.day:%d-%m-%Y})" for item in estimated)
            warnings.append(f"Tanggal tahun {year} yang masih perkiraan: {names}; cocokkan dengan SKB Tiga Menteri.")
        if not any(is_cuti_bersama(item) for item in merged):
            warnings.append(f"Cuti bersama tahun {year} belum ada dalam data; isi sendiri setelah SKB terbit.")
    return tuple(warnings)


def _confirmation(estimated: Holiday) -> tuple[int, str]:
    return estimated.day.year, estimated.name.removesuffix(_ESTIMATED).casefold()

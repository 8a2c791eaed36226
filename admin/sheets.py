"""Vacancies as a file for spreadsheets, as Excel in Indonesia opens it: semicolons, decimal commas, a mark."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import datetime

from admin.words import CAUSES, _
from hall.places import Places
from staffing.vacancies import Day, Vacancy
from staffing.vacancies_view import sentence

MARK = "\ufeff"  # without it Excel takes the file for Windows-1252
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_vacancies(rows: Iterable[tuple[Day, Vacancy]], place: Places) -> bytes:
    """The file's bytes, a header first; times in the hall's zone, minutes with two decimals. Nobody is named in it."""
    out = io.StringIO()
    out.write(MARK)
    sheet = csv.writer(out, delimiter=";", lineterminator="\r\n")
    sheet.writerow(
        [
            _("Tanggal"), _("Instansi"), _("Loket"), _("Mulai"), _("Selesai"), _("Menit"), _("Sebab"), _("Sementara"),
            _("Keterangan"), _("Menit warga menunggu"), _("Menit tanpa loket lain"), _("Nomor tanpa dilayani"),
            _("Sebelumnya dilaporkan"),
        ]
    )  # fmt: skip
    for day, v in rows:
        was = v.was.told.cause if v.was is not None else ""
        told = [
            day.date.isoformat(),
            place.agencies[v.agency].name,
            place.counters[v.counter].name,
            _clock(v.start, place),
            "24:00:00" if v.end == day.ends else _clock(v.end, place),
            _decimal(v.minutes),
            str(CAUSES[v.cause]),
            _("ya") if v.provisional else "",
            sentence(v, place),
            _decimal(v.cost.waiting_minutes),
            _decimal(v.cost.stranded_minutes),
            str(v.cost.abandoned),
            str(CAUSES.get(was, was)),
        ]
        sheet.writerow([_harmless(text) for text in told])
    return out.getvalue().encode()


def _clock(moment: datetime, place: Places) -> str:
    return moment.astimezone(place.tz).strftime("%H:%M:%S")


def _decimal(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def _harmless(text: str) -> str:
    """A name that begins like a formula must not become one in somebody's spreadsheet."""
    return f"'{text}" if text.startswith(FORMULA) else text

"""Which dates and whose counters a page about the past was asked for, and what may be shown of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from flask import request
from flask_babel import lazy_gettext

from admin.api import read_day
from admin.words import _
from hall.errors import Invalid
from hall.places import Places
from staffing.patterns import LONGEST
from staffing.privacy import Asker, must_reach
from staffing.vacancies import Period, note_asked, vacancies
from web.ground import db, now
from web.identity import who

DAY = timedelta(days=1)
WEEKS = {"bulan": 4, "triwulan": 13, "tahun": 52}  # whole weeks of days that are over: every weekday equally often
SPANS = {
    "kemarin": lazy_gettext("Kemarin"),
    "minggu": lazy_gettext("Minggu ini"),
    "bulan": lazy_gettext("4 minggu terakhir"),
    "triwulan": lazy_gettext("13 minggu terakhir"),
    "tahun": lazy_gettext("52 minggu terakhir"),
    "tanggal": lazy_gettext("Tanggal"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The dates [first, last], by which of :data:`SPANS`, and the agencies; ``agency`` and ``counter`` if one alone."""

    span: str
    first: date
    last: date
    agencies: frozenset[str]
    agency: str | None
    counter: str | None

    @property
    def link(self) -> dict[str, str]:
        """The same question as an address has it."""
        told = {"rentang": self.span}
        if self.span == "tanggal":
            told |= {"dari": self.first.isoformat(), "sampai": self.last.isoformat()}
        told |= {"instansi": self.agency} if self.agency else {}
        return told | ({"loket": self.counter} if self.counter else {})


def asked(place: Places, what: str, *, usual: str, agency: str | None = None) -> Asked:
    """What the address asks for; ``usual`` is the span without a word of it, ``agency`` the one named in the path.

    Raises :class:`Invalid` (``bad_date``, ``bad_period``, ``too_long``), and for agencies as :func:`agencies_of`.
    """
    today = place.date(now())
    begin, end = read_day(request.args.get("dari")), read_day(request.args.get("sampai"))
    span = request.args.get("rentang", "")
    if span not in SPANS:
        span = "tanggal" if begin or end else usual
    if span == "tanggal" and not (begin or end):
        span = usual
    if span == "tanggal":
        first, last = checked(begin or end or today, end or begin or today, today)
    elif span == "kemarin":
        first = last = today - DAY
    elif span == "minggu":
        first, last = today - today.weekday() * DAY, today
    else:
        first, last = today - 7 * WEEKS[span] * DAY, today - DAY
    wanted = agency or request.args.get("instansi") or None
    agencies = agencies_of(place, wanted, what)
    counter = place.counters.get(request.args.get("loket", ""))
    if counter is not None and counter.agency not in agencies:
        counter = None
    return Asked(span, first, last, agencies, wanted, counter.code if counter else None)


def checked(first: date, last: date, today: date) -> tuple[date, date]:
    """Dates that can be asked for, none after today. Raises :class:`Invalid` (``bad_period``, ``too_long``)."""
    if last < first:
        raise Invalid("bad_period", _("Tanggal akhir mendahului tanggal awal."))
    if first > today:
        raise Invalid("bad_period", _("Tanggal itu belum berlangsung."))
    last = min(last, today)
    if (last - first).days >= LONGEST:
        raise Invalid("too_long", _("Paling banyak %(days)s hari sekaligus.", days=LONGEST), most=LONGEST)
    return first, last


def agencies_of(place: Places, wanted: str | None, what: str) -> frozenset[str]:
    """The agencies whose counters the caller reads of: the one asked for, a head's own, or all.

    Raises :class:`NotFound` (``unknown_agency``), and :class:`Denied` (``other_agency``), which is written down.
    """
    me = who()
    if wanted is not None and (me.role == "head" or wanted not in place.agencies):
        must_reach(db(), place.code, Asker(me.role, me.actor, me.agency), wanted, what, now())
    if wanted is not None:
        return frozenset({wanted})
    return frozenset({me.agency or ""} & set(place.agencies)) if me.role == "head" else frozenset(place.agencies)


def read_period(place: Places, first: date, last: date, agencies: frozenset[str]) -> Period:
    """The vacancies of the dates; that somebody was told of them is noted."""
    period = vacancies(db(), place.code, first, last, now=now())
    whole = agencies == frozenset(place.agencies)
    for agency in (None,) if whole else sorted(agencies):
        note_asked(db(), period, agency=agency, actor=who().actor)
    return period

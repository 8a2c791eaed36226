"""What stood empty in the past, for the regent and the management: a period, an agency, the patterns, and as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, render_template
from flask_babel import format_date, get_locale

from admin.pages import bp, frame, place_of
from admin.periods import SPANS, Asked, asked, read_period
from admin.regent import long_minutes
from admin.sheets import write_vacancies
from admin.words import CAUSES, _
from hall.places import Places
from staffing import patterns as rules
from staffing.day_facts import UNOBSERVED
from staffing.impact import Idle
from staffing.patterns import Habit, Patterns, find_patterns
from staffing.vacancies import Day, Vacancy
from staffing.vacancies_view import sentence
from web.ground import now
from web.identity import who

MINUTE = timedelta(minutes=1)
WHAT = "vacancies"
LONG = 100  # hours from which minutes say nothing more
MOST_SHOWN = 200  # in a list for people; the file has all
STEPS = (0.10, 0.25, 0.50, 0.75)  # of a cell's due time: where the next shade begins


@dataclass(frozen=True, slots=True)
class Entry:
    """An empty, unseen or idle stretch of the past in words; nobody is named in it."""

    day: date
    counter: str
    name: str
    agency: str
    agency_code: str
    span: str
    lasting: str
    why: str
    cause: str
    cost: str
    provisional: bool
    changed: str
    order: tuple[float, float]


@bp.get("/admin/<hall>/kosong")
def empty(hall: str) -> str:
    """What stood empty in a period, the worst first; yesterday without a word of when."""
    return _list(hall, None)


@bp.get("/admin/<hall>/instansi/<agency>")
def agency(hall: str, agency: str) -> str:
    """The same of one agency, with its counters and habits."""
    return _list(hall, agency)


@bp.get("/admin/<hall>/kosong.csv")
def empty_csv(hall: str) -> Response:
    """All vacancies of the period as a file that a spreadsheet opens, without any person in it."""
    place = place_of(hall)
    wanted = asked(place, WHAT, usual="kemarin")
    period = read_period(place, wanted.first, wanted.last, wanted.agencies)
    rows = [(day, v) for day in period.days for v in day.pieces if _fits(v.agency, v.counter, wanted)]
    body = write_vacancies(rows, place)
    name = f"loket-kosong-{hall}-{wanted.first:%Y%m%d}-{wanted.last:%Y%m%d}.csv"
    answer = Response(body, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.get("/admin/<hall>/pola")
def patterns(hall: str) -> str:
    """Where and when it stands empty again and again: weekdays and hours, agencies and counters, habits."""
    place = place_of(hall)
    wanted = asked(place, WHAT, usual="bulan")
    period = read_period(place, wanted.first, wanted.last, wanted.agencies)
    found = find_patterns(period, place, agencies=wanted.agencies, counter=wanted.counter)
    return render_template(
        "admin/patterns.html",
        bar="patterns",
        grid=_grid(found),
        weekdays=_weekdays(),
        counters=[c for c in place.counters.values() if c.agency in wanted.agencies],
        **_shown(place, wanted, found),
        **frame(place),
    )


def _list(hall: str, agency: str | None) -> str:
    place = place_of(hall)
    wanted = asked(place, WHAT, usual="bulan" if agency else "kemarin", agency=agency)
    period = read_period(place, wanted.first, wanted.last, wanted.agencies)
    found = find_patterns(period, place, agencies=wanted.agencies, counter=wanted.counter)
    pieces = [(day, v) for day in period.days for v in day.pieces if _fits(v.agency, v.counter, wanted)]
    told = sorted((_entry(d, v, place) for d, v in pieces if v.cause != UNOBSERVED), key=lambda e: e.order)
    unseen = [_entry(d, v, place) for d, v in pieces if v.cause == UNOBSERVED]
    within = {code for code, known in place.counters.items() if _fits(known.agency, code, wanted)}
    idle = [_idle(day, one, place) for day in period.days for one in day.idle if one.counter in within]
    return render_template(
        "admin/empty.html",
        bar={"kemarin": "yesterday", "minggu": "week"}.get(wanted.span, "") if agency is None else "",
        one=place.agencies[agency] if agency else None,
        told=told[:MOST_SHOWN],
        all_told=len(told),
        unseen=unseen[:MOST_SHOWN],
        idle=sorted(idle, key=lambda e: e.order)[:MOST_SHOWN],
        several=wanted.first != wanted.last,
        **_shown(place, wanted, found),
        **frame(place),
    )


def _fits(agency: str, counter: str, wanted: Asked) -> bool:
    return agency in wanted.agencies and wanted.counter in (None, counter)


def _shown(place: Places, wanted: Asked, found: Patterns) -> dict[str, Any]:
    """What the period's head, its figures, rankings and habits need."""
    return {
        "wanted": wanted,
        "found": found,
        "spans": SPANS,
        "today": place.date(now()),
        "dates": _dates(wanted.first, wanted.last),
        "habits": [_habit(habit, place) for habit in found.habits],
        "rules": _rules(),
        "agencies": [a for a in place.agencies.values() if a.code in _reachable(place, wanted)],
        "hours": hours,
        "percent": percent,
    }


def _reachable(place: Places, wanted: Asked) -> frozenset[str]:
    """The agencies that may be chosen from: a head of an agency has no choice."""
    return wanted.agencies if who().role == "head" else frozenset(place.agencies)


def _entry(day: Day, v: Vacancy, place: Places) -> Entry:
    counter, agency = place.counters[v.counter], place.agencies[v.agency]
    cost, was = v.cost, v.was
    parts = [_("%(n)s menit warga", n=_whole(cost.waiting_minutes))] if cost.waiting_minutes else []
    if cost.stranded_minutes:
        parts.append(_("%(n)s tanpa loket lain", n=_whole(cost.stranded_minutes)))
    if cost.abandoned:
        parts.append(_("%(n)s nomor berakhir tanpa dilayani", n=cost.abandoned))
    return Entry(
        day=day.date,
        counter=v.counter,
        name=counter.name,
        agency=agency.short,
        agency_code=agency.code,
        span=_span(v.start, v.end, day, place),
        lasting=long_minutes(v.minutes),
        why=sentence(v, place),
        cause=str(CAUSES[v.cause]),
        cost=", ".join(parts) or _("tidak ada yang menunggu"),
        provisional=v.provisional,
        changed=_("sebelumnya: %(cause)s", cause=CAUSES.get(was.told.cause, was.told.cause)) if was else "",
        order=(-cost.stranded_minutes - cost.waiting_minutes, -v.minutes),
    )


def _idle(day: Day, one: Idle, place: Places) -> Entry:
    counter = place.counters[one.counter]
    agency = place.agencies[counter.agency]
    minutes = (one.end - one.start) / MINUTE
    return Entry(
        day=day.date,
        counter=counter.code,
        name=counter.name,
        agency=agency.short,
        agency_code=agency.code,
        span=_span(one.start, one.end, day, place),
        lasting=long_minutes(minutes),
        why=_("Petugas di loket, tetapi tidak memanggil, padahal ada yang menunggu."),
        cause=_("tidak memanggil"),
        cost=_("%(n)s menit warga", n=_whole(one.waiting_minutes)),
        provisional=False,
        changed="",
        order=(-one.waiting_minutes, -minutes),
    )


def _span(start: datetime, end: datetime, day: Day, place: Places) -> str:
    first, last = (moment.astimezone(place.tz).strftime("%H.%M") for moment in (start, end))
    return f"{first}–{'24.00' if end == day.ends else last}"


def _grid(found: Patterns) -> dict[str, Any]:
    """The heatmap as a table: a row for each hour in which anything was due, a column for each such weekday."""
    hours_due = sorted({hour for _, hour in found.cells})
    days_due = sorted({weekday for weekday, _ in found.cells})
    rows = []
    for hour in range(hours_due[0], hours_due[-1] + 1) if hours_due else ():
        rows.append((f"{hour:02}.00", [_shade(found, weekday, hour) for weekday in days_due]))
    return {"weekdays": days_due, "rows": rows}


def _shade(found: Patterns, weekday: int, hour: int) -> dict[str, Any] | None:
    cell = found.cells.get((weekday, hour))
    if cell is None:
        return None
    step = 0 if not cell.empty else 1 + sum(cell.share >= least for least in STEPS)
    return {
        "step": step,
        "share": percent(cell.share),
        "empty": hours(cell.empty),
        "due": hours(cell.due),
        "days": cell.days,
        "empty_days": cell.empty_days,
    }


def _weekdays() -> list[str]:
    locale = get_locale()
    assert locale is not None
    return [locale.days["format"]["wide"][nr] for nr in range(7)]


def _habit(habit: Habit, place: Places) -> dict[str, Any]:
    agency = place.agencies[habit.agency]
    where = place.counters[habit.counter].name if habit.counter else agency.short
    given = {"days": habit.days, "of": habit.of}
    if habit.kind == "late":
        title, words = (
            _("Sering terlambat"),
            _("kosong karena petugas terlambat pada %(days)s dari %(of)s hari", **given),
        )
    elif habit.kind == "not_open":
        title, words = _("Sering belum buka"), _("instansi belum buka pada %(days)s dari %(of)s hari", **given)
    elif habit.kind == "empty":
        title = _("Sering kosong")
        words = _("kosong sedikitnya seperempat waktu wajib buka pada %(days)s dari %(of)s hari", **given)
    else:
        weekday = _weekdays()[habit.weekday or 0]
        title = _("Sering kosong pada hari %(weekday)s", weekday=weekday)
        words = _("%(days)s dari %(of)s hari %(weekday)s", weekday=weekday, **given)
    return {
        "title": title,
        "where": where,
        "agency": agency.short if habit.counter else "",
        "words": words,
        "share": percent(habit.share),
        "agency_code": agency.code,
        "counter": habit.counter,
    }


def _rules() -> str:
    """When something counts as a habit, in words, from the same figures that decide it."""
    return _(
        "“Sering” berarti sedikitnya %(least)s hari, dan sedikitnya %(late)s dari hari yang terpantau untuk terlambat "
        "dan belum buka, %(empty)s untuk kosong (hari dengan sedikitnya %(day)s waktu wajib buka kosong). Sebuah hari "
        "disebut bila %(above)s kali lebih sering kosong daripada hari-hari lain. Waktu yang tidak terpantau, "
        "tutup sesuai jadwal, dan hari yang masih berjalan tidak dihitung.",
        least=rules.LEAST_DAYS,
        late=percent(rules.OFTEN_LATE),
        empty=percent(rules.OFTEN_EMPTY),
        day=percent(rules.EMPTY_DAY),
        above=str(rules.ABOVE_OTHERS).replace(".", ","),
    )


def _dates(first: date, last: date) -> str:
    if first == last:
        return str(format_date(first, "EEEE, d MMMM y"))
    same = first.year == last.year
    return f"{format_date(first, 'd MMMM' if same else 'd MMMM y')} – {format_date(last, 'd MMMM y')}"


def hours(length: timedelta) -> str:
    """How long, for a table: "12 mnt", "3 j 05 mnt"; seconds where it is less than a minute."""
    whole = length // MINUTE
    if whole < 1:
        return _("%(n)s dtk", n=length // timedelta(seconds=1)) if length else "0"
    if whole < 60:
        return _("%(n)s mnt", n=whole)
    if whole >= LONG * 60:
        return _("%(h)s jam", h=_whole(whole / 60))
    return _("%(h)s j %(m)s mnt", h=whole // 60, m=f"{whole % 60:02}")


def percent(share: float) -> str:
    """A share as people read it: 12 %, 0,4 %; what is there is never shown as nothing."""
    value = share * 100
    return f"{value:.1f} %".replace(".", ",") if 0 < value < 1 else f"{value:.0f} %"


def _whole(value: float) -> str:
    return f"{round(value):,}".replace(",", ".")

"""A day's lanes as what a template draws: places on the axis in per cent, words for every stretch, hours as marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from flask import url_for
from flask_babel import lazy_gettext

from admin.words import CAUSES, REASONS, _
from hall.intervals import Interval
from hall.places import KINDS, Places
from staffing.day_facts import UNOBSERVED
from staffing.timeline import AHEAD, GRACE, IDLE, NOT_DUE, PAUSED, SERVING, STAFFED, VACANT, Lane, Stretch, Timeline

HOUR = timedelta(hours=1)
USUAL = (7, 17)  # the axis of a day on which nothing was due and nobody came
LETTER = 0.78  # per cent of a band on a laptop that one letter of a cause takes
STATES = {
    SERVING: lazy_gettext("melayani"),
    STAFFED: lazy_gettext("dijaga, siap"),
    IDLE: lazy_gettext("tidak memanggil, padahal ada yang menunggu"),
    PAUSED: lazy_gettext("jeda"),
    VACANT: lazy_gettext("kosong"),
    UNOBSERVED: lazy_gettext("tidak terpantau"),
    GRACE: lazy_gettext("kosong dalam waktu toleransi"),
    NOT_DUE: lazy_gettext("tidak wajib buka"),
    AHEAD: lazy_gettext("belum berlangsung"),
}
# the causes as they are told apart without colour: each family has a pattern of its own
FAMILIES = {
    "person": ("late", "left_early", "away_from_counter", "absent_without_notice"),
    "excused": ("leave", "sick", "permission", "study", "official_travel", "at_other_counter"),
    "office": ("post_vacant", "agency_not_open", "no_one_assigned"),
    "unknown": ("no_attendance_data",),
}
FAMILY = {cause: family for family, causes in FAMILIES.items() for cause in causes}


@dataclass(frozen=True, slots=True)
class Box:
    """A stretch on the axis: ``x`` and ``width`` in per cent; ``text`` is told to who points at it, ``label`` drawn."""

    state: str
    family: str
    x: float
    width: float
    text: str
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Band:
    """One counter's lane: its boxes, its due time as [x, width] pairs, and what it comes to in words."""

    code: str
    name: str
    agency: str
    href: str
    boxes: tuple[Box, ...]
    due: tuple[tuple[float, float], ...]
    total: str
    empty_minutes: float


@dataclass(frozen=True, slots=True)
class Axis:
    """What part of the day is shown, and where its hours are, as (per cent, "08.00") pairs; ``now`` in per cent."""

    shown: Interval
    marks: tuple[tuple[float, str], ...]
    now: float | None

    def at(self, moment: datetime) -> float:
        """Where a moment lies, in per cent; what lies outside is at the edge."""
        share = (moment - self.shown.start) / (self.shown.end - self.shown.start)
        return round(min(1.0, max(0.0, share)) * 100, 3)


def minutes_in_words(minutes: float) -> str:
    """How long, as people say it: "42 mnt", "1 j 5 mnt"; less than a minute in seconds."""
    whole = int(minutes + 1e-9)
    if whole < 1:
        return _("%(n)s dtk", n=round(minutes * 60))
    if whole < 60:
        return _("%(n)s mnt", n=whole)
    return _("%(h)s j %(m)s mnt", h=whole // 60, m=whole % 60)


def describe(stretch: Stretch, place: Places) -> str:
    """A stretch in words: what, from when until when, how long."""
    start, end = (moment.astimezone(place.tz).strftime("%H.%M") for moment in (stretch.start, stretch.end))
    end = "24.00" if end == "00.00" else end
    return f"{name_of(stretch)}, {start}–{end}, {minutes_in_words(stretch.minutes)}"


def name_of(stretch: Stretch) -> str:
    """What a stretch is, with its cause: "kosong: terlambat", "tidak wajib buka: istirahat terjadwal"."""
    words = str(STATES[stretch.state])
    if stretch.state == NOT_DUE and stretch.cause in REASONS:
        words = str(REASONS[stretch.cause])
    elif stretch.state == VACANT and stretch.cause in CAUSES:
        words = f"{words}: {CAUSES[stretch.cause]}"
    if stretch.detail:
        words += f" ({stretch.detail})"
    if not stretch.due and stretch.state in (SERVING, STAFFED, IDLE, PAUSED):
        words += _(", di luar jam wajib buka")
    return words


def axis_of(found: Timeline) -> Axis:
    """The hours of the day in which anything was due or happened, from full hour to full hour in the hall's zone."""
    told = [s for lane in found.lanes for s in lane.stretches if s.state != NOT_DUE]
    if told:
        start, end = min(s.start for s in told), max(s.end for s in told)
    else:
        start, end = (found.window.start + hours * HOUR for hours in USUAL)
    zone = found.place.tz
    first = start.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    last = end.astimezone(zone)
    floor = last.replace(minute=0, second=0, microsecond=0)
    shown = Interval(first, floor if floor == last else floor + HOUR)
    axis = Axis(shown, (), None)
    hours = [shown.start + nr * HOUR for nr in range((shown.end - shown.start) // HOUR + 1)]
    marks = tuple((axis.at(hour), hour.astimezone(zone).strftime("%H.%M")) for hour in hours)
    return Axis(shown, marks, axis.at(found.at) if found.at in shown else None)


def band_of(lane: Lane, found: Timeline, axis: Axis) -> Band:
    """One counter's lane, ready to be drawn."""
    place, counter = found.place, lane.counter
    page = url_for("admin.counter_day", hall=place.code, day=found.day, counter=counter.code)
    boxes = []
    for stretch in lane.stretches:
        x, right = axis.at(stretch.start), axis.at(stretch.end)
        if right <= x:
            continue
        cause = str(CAUSES.get(stretch.cause or "", ""))
        label = cause[:1].upper() + cause[1:] if stretch.state == VACANT and right - x > LETTER * len(cause) else ""
        href = ""
        if stretch.vacancy is not None:
            href = f"{page}?{urlencode({'pada': stretch.start.astimezone(place.tz).isoformat()})}"
        family = FAMILY.get(stretch.cause or "", "") if stretch.state == VACANT else ""
        boxes.append(Box(stretch.state, family, x, round(right - x, 3), describe(stretch, place), label, href))
    due = tuple((axis.at(i.start), round(axis.at(i.end) - axis.at(i.start), 3)) for i in lane.due)
    agency = place.agencies[counter.agency]
    empty = lane.minutes(VACANT)
    return Band(counter.code, counter.name, agency.short, page, tuple(boxes), due, _total(lane, empty), empty)


def _total(lane: Lane, empty: float) -> str:
    if not lane.due:
        return _("tidak wajib buka hari ini")
    if empty:
        return _("kosong %(time)s", time=minutes_in_words(empty))
    return _("tidak terpantau sebagian") if lane.minutes(UNOBSERVED) else _("tidak pernah kosong")


def chosen(found: Timeline, *, agency: str, kind: str, only_empty: bool, within: frozenset[str]) -> list[Lane]:
    """The lanes of the agencies one may see, narrowed by what was asked for; unknown words narrow nothing."""
    place = found.place
    kind = kind if kind in KINDS else ""
    agency = agency if agency in place.agencies else ""
    return [
        lane
        for lane in found.lanes
        if lane.counter.agency in within
        and (not agency or lane.counter.agency == agency)
        and (not kind or place.agencies[lane.counter.agency].kind == kind)
        and (not only_empty or lane.minutes(VACANT) > 0)
    ]

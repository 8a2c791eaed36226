"""The patterns of empty counters over HTTP: weekdays and hours, rankings, habits; without any person in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response, jsonify, request

from admin.api import api, read_day
from admin.periods import agencies_of, checked, read_period
from hall.places import places
from staffing.patterns import Habit, Patterns, Standing, find_patterns
from staffing.vacancies_view import number
from web.ground import db, now

MINUTE = timedelta(minutes=1)
WHAT = "vacancies"


@api.get("/halls/<hall>/patterns")
def patterns(hall: str) -> Response:
    """The patterns of the business dates from ``from`` until ``to``, the last four weeks without them.

    ``agency`` and ``counter`` ask for one alone; a head of an agency reads of the own one only.
    """
    with db().reading() as connection:
        place = places(db(), connection, hall)
    agencies = agencies_of(place, request.args.get("agency"), WHAT)
    given = request.args.get("counter")
    counter = place.counter(given) if given is not None else None
    if counter is not None and counter.agency not in agencies:
        agencies = agencies_of(place, counter.agency, WHAT)
    today = place.date(now())
    begin, end = read_day(request.args.get("from")), read_day(request.args.get("to"))
    last = end or begin or today - timedelta(days=1)
    first = begin or end or last - timedelta(days=27)
    period = read_period(place, *checked(first, last, today), agencies)
    found = find_patterns(period, place, agencies=agencies, counter=counter.code if counter else None)
    return jsonify(_plain(found) | {"now": found.now.astimezone(place.tz).isoformat()})


def _plain(found: Patterns) -> dict[str, Any]:
    return {
        "hall": found.hall,
        "from": found.first.isoformat(),
        "to": found.last.isoformat(),
        "seq": found.seq,
        "dates": found.dates,
        "total": _standing(found.whole),
        "hours": [
            {
                "weekday": weekday + 1,
                "hour": hour,
                "due_minutes": _minutes(cell.due),
                "empty_minutes": _minutes(cell.empty),
                "share": round(cell.share, 4),
                "days": cell.days,
                "empty_days": cell.empty_days,
            }
            for (weekday, hour), cell in found.cells.items()
        ],
        "agencies": [{"agency": one.code} | _standing(one) for one in found.agencies],
        "counters": [{"counter": one.code, "agency": one.agency} | _standing(one) for one in found.counters],
        "habits": [_habit(habit) for habit in found.habits],
    }


def _standing(one: Standing) -> dict[str, Any]:
    return {
        "due_minutes": _minutes(one.due),
        "empty_minutes": _minutes(one.empty),
        "share": round(one.share, 4),
        "unobserved_minutes": _minutes(one.unobserved),
        "provisional_minutes": _minutes(one.provisional),
        "days": one.days,
        "empty_days": one.empty_days,
        "waiting_minutes": number(one.waiting_minutes),
        "stranded_minutes": number(one.stranded_minutes),
        "abandoned": one.abandoned,
    }


def _habit(habit: Habit) -> dict[str, Any]:
    return {
        "kind": habit.kind,
        "agency": habit.agency,
        "counter": habit.counter,
        "weekday": habit.weekday + 1 if habit.weekday is not None else None,
        "days": habit.days,
        "of": habit.of,
        "share": round(habit.share, 4),
    }


def _minutes(length: timedelta) -> int | float:
    return number(length / MINUTE)

"""When and where a hall stands empty again and again, as the interface describes it."""

from __future__ import annotations

from typing import Any

from app.openapi.pieces import (
    DAY,
    DECIMAL,
    MOMENT,
    NUMBER,
    TEXT,
    many,
    maybe,
    one_of,
    operation,
    path,
    query,
    ref,
    told,
)
from app.openapi.pieces import record as made_of
from app.openapi.watching import MANAGEMENT
from staffing.patterns import KINDS, LONGEST

_STANDING: dict[str, Any] = {
    "due_minutes": told(DECIMAL, "Due time so far that could be seen"),
    "empty_minutes": told(DECIMAL, "The part of it in which nobody was there, beyond the grace time"),
    "share": told(DECIMAL, "Empty out of due, 0 to 1"),
    "unobserved_minutes": told(DECIMAL, "Due time that could not be seen; counted neither for nor against anybody"),
    "provisional_minutes": told(DECIMAL, "Empty time whose cause may still be explained"),
    "days": told(NUMBER, "Dates behind it"),
    "empty_days": told(NUMBER, "Dates with a vacancy"),
    "waiting_minutes": told(DECIMAL, "What citizens waited meanwhile; an agency counts nobody twice"),
    "stranded_minutes": told(DECIMAL, "The part of it in which no counter served them"),
    "abandoned": told(NUMBER, "Tickets that waited meanwhile and ended unserved"),
}
_HOUR = made_of(
    weekday=told(NUMBER, "Monday is 1"),
    hour=told(NUMBER, "The hour in the hall's zone, 0 to 23"),
    due_minutes=DECIMAL,
    empty_minutes=DECIMAL,
    share=DECIMAL,
    days=told(NUMBER, "Dates behind the figure"),
    empty_days=NUMBER,
)
_HABIT = made_of(
    kind=told(one_of(*KINDS), "What happens often; from how many dates on is said in the guide"),
    agency=TEXT,
    counter=told(maybe(TEXT), "null: the agency as a whole"),
    weekday=told(maybe(NUMBER), "Monday is 1; only for `empty_on_weekday`"),
    days=told(NUMBER, "On how many dates"),
    of=told(NUMBER, "Out of how many that are over and could be seen"),
    share=DECIMAL,
)
SCHEMAS: dict[str, Any] = {
    "PatternStanding": made_of(**_STANDING),
    "Patterns": made_of(
        **{
            "hall": TEXT,
            "from": DAY,
            "to": DAY,
            "now": MOMENT,
            "seq": NUMBER,
            "dates": told(NUMBER, "Business dates that had begun"),
            "total": ref("PatternStanding"),
            "hours": many(_HOUR),
            "agencies": many(made_of(agency=TEXT, **_STANDING)),
            "counters": many(made_of(counter=TEXT, agency=TEXT, **_STANDING)),
            "habits": many(_HABIT),
        }
    ),
}
PATHS: dict[str, Any] = {
    "/halls/{hall}/patterns": {
        "get": operation(
            "admin_api.patterns",
            "Empty time by weekday and hour, by agency and counter, and what happens often; without any person",
            tag=MANAGEMENT,
            parameters=[
                *path("hall"),
                query("from", DAY, "The first business date; without it four weeks until yesterday"),
                query("to", DAY, f"The last one, at most {LONGEST} days in all"),
                query("agency", TEXT, "Only the counters of this agency"),
                query("counter", TEXT, "Only this counter"),
            ],
            answers={200: ("Agencies and counters worst first", ref("Patterns"), None)},
            codes=("bad_date", "bad_period", "too_long", "unknown_agency", "unknown_counter", "other_agency"),
        )
    }
}

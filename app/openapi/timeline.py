"""The timeline of a day, as the interface describes it."""

from __future__ import annotations

from typing import Any

from app.openapi.pieces import (
    DAY,
    DECIMAL,
    FLAG,
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
from staffing.timeline import STATES

STRETCH = made_of(
    {
        "provisional": FLAG,
        "waiting_minutes": told(DECIMAL, "What people waited for the counter's services meanwhile"),
        "stranded_minutes": told(DECIMAL, "The part of it in which no counter served them"),
        "abandoned": told(NUMBER, "Tickets that waited meanwhile and ended unserved"),
    },
    state=told(one_of(*STATES), "`staffed`: somebody sat there; `grace`: empty, but too shortly to be listed"),
    start=MOMENT,
    end=MOMENT,
    minutes=DECIMAL,
    due=told(FLAG, "Whether the counter had to be open"),
    cause=told(maybe(TEXT), "Why it was empty or not due"),
    detail=told(maybe(TEXT), "The reason of a pause or closing, the name of a holiday"),
)
LANE = made_of(
    counter=TEXT,
    name=TEXT,
    agency=TEXT,
    area=TEXT,
    due_minutes=DECIMAL,
    vacant_minutes=DECIMAL,
    tickets=told(NUMBER, "How many were called to it"),
    stretches=many(ref("TimelineStretch")),
)
SCHEMAS: dict[str, Any] = {
    "TimelineStretch": STRETCH,
    "Timeline": made_of(hall=TEXT, date=DAY, seq=NUMBER, now=MOMENT, lanes=many(LANE)),
}
PATHS: dict[str, Any] = {
    "/halls/{hall}/timeline": {
        "get": operation(
            "admin_api.timeline",
            "A day of every counter as stretches that touch, without any person; with ETag",
            tag=MANAGEMENT,
            parameters=[*path("hall"), query("date", DAY, "The business date; today without it")],
            answers={200: ("The lanes. A head of an agency reads the own counters only", ref("Timeline"), None)},
            codes=("bad_date", "future_day"),
        )
    },
}

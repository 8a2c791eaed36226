"""Flags over empty counters, as the interface describes them."""

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
from hall.options import STAGES

MESSAGE = made_of(
    stage=one_of(*STAGES),
    channel=TEXT,
    state=one_of("queued", "sending", "sent", "failed", "unknown", "dropped"),
)
FLAG = made_of(
    id=TEXT,
    counter=TEXT,
    name=TEXT,
    agency=TEXT,
    agency_name=TEXT,
    since=told(MOMENT, "When the counter became empty"),
    raised=MOMENT,
    minutes=told(DECIMAL, "How long it has been empty, or was when the flag came down"),
    cause=told(maybe(TEXT), "As everybody may know it: an absence with a document is `recorded_absence`"),
    stage=told(maybe(one_of(*STAGES)), "The highest stage reached"),
    stage_at=maybe(MOMENT),
    acknowledged=maybe(MOMENT),
    acknowledged_by=told(maybe(TEXT), "The role of whoever took it on"),
    reason=maybe(TEXT),
    cleared=maybe(MOMENT),
    cleared_why=told(maybe(TEXT), "`staffed`, `unobserved`, `counter_retired`, or why the counter is not due"),
    messages=many(MESSAGE),
)
SCHEMAS: dict[str, Any] = {"Flag": FLAG}
PATHS: dict[str, Any] = {
    "/halls/{hall}/flags": {
        "get": operation(
            "flags_api.flags",
            "The flags that are up, and those of a day that came down; a head reads of the own agency only",
            tag=MANAGEMENT,
            parameters=[*path("hall"), query("date", DAY, "The business date; today without it")],
            answers={
                200: (
                    "The flags",
                    made_of(
                        hall=TEXT, seq=NUMBER, now=MOMENT, date=DAY, open=many(ref("Flag")), past=many(ref("Flag"))
                    ),
                    None,
                )
            },
            codes=("bad_date",),
        )
    },
    "/flags/{flag_id}/acknowledge": {
        "post": operation(
            "flags_api.acknowledge_flag",
            "Take a flag on with a reason: it goes to no further stage",
            tag=MANAGEMENT,
            parameters=path("flag_id"),
            body=(made_of(reason=TEXT), {"reason": "Pengganti sedang menuju loket"}),
            answers={200: ("The flag", ref("Flag"), None)},
            codes=(
                "unknown_flag",
                "other_hall",
                "other_agency",
                "flag_cleared",
                "already_acknowledged",
                "reason_needed",
            ),
            changes=True,
        )
    },
}

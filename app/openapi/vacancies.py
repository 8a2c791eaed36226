"""The empty counters of a span of days, as the interface describes them."""

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
)
from app.openapi.pieces import record as made_of
from app.openapi.pieces import told as says
from app.openapi.watching import MANAGEMENT
from staffing.evidence import KINDS
from staffing.reported import BY
from staffing.vacancy import CAUSES

_CAUSE = says(one_of(*CAUSES), "The first cause of the table that applies")
_OFFICERS = says(many(TEXT), "NIPs, or `petugas` for whoever may not know who it is")
_TOLD: dict[str, Any] = {
    "cause": _CAUSE,
    "officers": _OFFICERS,
    "start": MOMENT,
    "end": MOMENT,
    "told_at": MOMENT,
    "told_by": one_of(*BY),
}
_LINE = made_of(
    seq=says(NUMBER, "The line of the journal"),
    kind=TEXT,
    at=says(MOMENT, "When it happened"),
    recorded=says(MOMENT, "When it was written"),
    subject=TEXT,
)
_EVIDENCE = made_of(
    kind=one_of(*KINDS),
    officer=maybe(TEXT),
    start=maybe(MOMENT),
    end=maybe(MOMENT),
    detail={"type": "object"},
    rules_out=says(many(one_of(*CAUSES)), "The causes it excludes"),
    decides=says(FLAG, "Whether the cause follows from it"),
)
SCHEMAS: dict[str, Any] = {
    "VacancyEvidence": _EVIDENCE,
    "VacancyTold": made_of(**_TOLD, changed_by=says(many(_LINE), "The facts that made it another one")),
    "Vacancy": made_of(
        {
            "provisional": says(FLAG, "There and true while the time for explanation has not passed"),
            "was": says(ref("VacancyTold"), "There where another cause was told before"),
        },
        counter=TEXT,
        agency=TEXT,
        start=MOMENT,
        end=MOMENT,
        minutes=DECIMAL,
        cause=_CAUSE,
        officers=_OFFICERS,
        waiting_minutes=says(DECIMAL, "What tickets for the counter's services spent waiting inside it"),
        stranded_minutes=says(DECIMAL, "The part of it in which no counter serving them was staffed"),
        abandoned=says(NUMBER, "Tickets that waited inside it and ended unserved"),
        evidence=many(ref("VacancyEvidence")),
    ),
    "Vacancies": made_of(
        **{
            "hall": TEXT,
            "from": DAY,
            "to": DAY,
            "now": MOMENT,
            "seq": NUMBER,
            "vacancies": many(ref("Vacancy")),
            "withdrawn": says(
                many(made_of(counter=TEXT, **_TOLD)), "What was told once and is no empty counter any more"
            ),
            "idle": says(
                many(
                    made_of(
                        counter=TEXT,
                        start=MOMENT,
                        end=MOMENT,
                        minutes=DECIMAL,
                        officers=_OFFICERS,
                        waiting_minutes=DECIMAL,
                    )
                ),
                "Signed in but calling nobody while people waited too long",
            ),
        }
    ),
}
PATHS: dict[str, Any] = {
    "/halls/{hall}/vacancies": {
        "get": operation(
            "admin_api.vacancies",
            "The counters that stood empty: since when, why, by what evidence, and what it cost; with ETag",
            tag=MANAGEMENT,
            parameters=[
                *path("hall"),
                query("from", DAY, "The first business date; today without it"),
                query("to", DAY, "The last one, at most 31 days in all"),
                query("agency", TEXT, "Only the counters of this agency"),
            ],
            answers={
                200: ("The vacancies, by date, counter and time", ref("Vacancies"), None),
                304: ("Nothing changed since the ETag in If-None-Match", None, None),
            },
            codes=("bad_date", "bad_period", "too_long", "unknown_agency", "other_agency"),
        )
    }
}

"""What people enter about people, as the interface describes it: attendance, absences, plans, posts, roll calls."""

from __future__ import annotations

from typing import Any

from app.openapi.pieces import (
    DAY,
    FLAG,
    MOMENT,
    NUMBER,
    ONCE,
    TEXT,
    many,
    maybe,
    one_of,
    operation,
    path,
    query,
    record,
    ref,
    told,
)
from staffing.entries import POST_STATES
from staffing.facts import ABSENCES
from staffing.people_day import STATES
from staffing.rollcall import MARKS, ROLLS

PEOPLE = "People"
_made = {"id": "01932c07-a7b0-7a3e-9d0c-5d6a8f1b2c3d"}
_agency = query("agency", TEXT, "One agency; without it all within the caller's reach. Others are refused, and kept")
_from = query("from", DAY, "The first date; today without it")
_to = query("to", DAY, "The last date; that of `from` without it")
_reason = (record(reason=TEXT), {"reason": "Salah orang"})
_seen = ("other_agency", "unknown_agency")
_HOUR = told(TEXT, "By the hall's clock, like 08:00")
_planned_fields: dict[str, Any] = {"counter": TEXT, "from_": MOMENT, "to": MOMENT, "substitute_for": maybe(TEXT)}
_entry: dict[str, Any] = {
    "officer": told(TEXT, "NIP"),
    "counter": TEXT,
    "from_": DAY,
    "to": told(DAY, "The last date, inclusive"),
}
_optional_entry: dict[str, Any] = {
    "start": maybe(_HOUR),
    "end": maybe(_HOUR),
    "days": maybe(told(many(NUMBER), "Weekdays, 0 is Monday; all without it")),
    "substitute_for": told(maybe(TEXT), "NIP of the officer whose place at this counter is taken"),
    "off": told(FLAG, "The officer does not come to this counter then"),
    "reason": maybe(TEXT),
}

SCHEMAS: dict[str, Any] = {
    "AbsenceKept": record(
        id=TEXT,
        officer=told(TEXT, "NIP"),
        name=TEXT,
        agency=TEXT,
        kind=one_of(*ABSENCES),
        from_=MOMENT,
        to=MOMENT,
        document=told(TEXT, "Empty while the letter is still to come"),
        recorded=MOMENT,
        replaces=told(maybe(TEXT), "The absence it corrects"),
        withdrawn=maybe(MOMENT),
        withdrawn_reason=maybe(TEXT),
    ),
    "OfficerDay": record(
        officer=told(TEXT, "NIP"),
        name=TEXT,
        agency=TEXT,
        state=told(one_of(*STATES), "`missing`: planned, begun, and neither sign-in, punch nor absence is known"),
        counter=maybe(TEXT),
        planned=many(record(**_planned_fields)),
        arrived=told(maybe(MOMENT), "The first punch or sign-in"),
        last_punch=maybe(MOMENT),
        covered_until=told(maybe(MOMENT), "Until when the officer's attendance source has delivered"),
        absences=many(ref("AbsenceKept")),
        roll_calls=many(record(roll=one_of(*ROLLS), mark=one_of(*MARKS), at=MOMENT)),
    ),
    "RollMark": record(
        {"officer": told(maybe(TEXT), "NIP; missing where the roll call is closed")},
        key=told(TEXT, "The phone's own key, 8 to 64 ASCII characters: each counts once"),
        roll=one_of(*ROLLS),
        mark=told(one_of(*MARKS), "`close` says that the roll call has been delivered up to then"),
        at=told(MOMENT, "By the phone's clock"),
    ),
}

PATHS: dict[str, Any] = {
    "/halls/{hall}/attendance": {
        "get": operation(
            "people_api.attendance",
            "The officers of a day: planned where, come when, away with what. Who looks is written down",
            tag=PEOPLE,
            parameters=[*path("hall"), _agency, query("date", DAY, "The business date; today without it")],
            answers={
                200: (
                    "The officers",
                    record(hall=TEXT, date=DAY, now=MOMENT, seq=NUMBER, officers=many(ref("OfficerDay"))),
                    None,
                )
            },
            codes=(*_seen, "bad_date"),
        )
    },
    "/halls/{hall}/absences": {
        "get": operation(
            "people_api.absences",
            "The absences that touch a span of dates",
            tag=PEOPLE,
            parameters=[*path("hall"), _agency, _from, _to, query("withdrawn", FLAG, "Withdrawn ones too")],
            answers={200: ("The absences", record(hall=TEXT, absences=many(ref("AbsenceKept"))), None)},
            codes=(*_seen, "bad_date", "bad_period"),
        ),
        "post": operation(
            "admin_api.record_absence",
            "Record that an officer is away",
            tag=PEOPLE,
            parameters=[*path("hall"), ONCE],
            body=(
                ref("Absence"),
                {
                    "officer": "199001152015032001",
                    "kind": "official_travel",
                    "from": "2026-03-04T08:00:00+07:00",
                    "to": "2026-03-04T16:00:00+07:00",
                    "document": "SPT 090/12/2026",
                },
            ),
            answers={201: ("Recorded", ref("Recorded"), _made)},
            codes=(
                "unknown_officer",
                "unknown_kind",
                "bad_time",
                "bad_period",
                "bad_text",
                "other_agency",
                "already_recorded",
            ),
            changes=True,
        ),
    },
    "/halls/{hall}/absences/{absence_id}/correct": {
        "post": operation(
            "people_api.correct",
            "Put another absence in place of one; the old one stays, withdrawn with the reason",
            tag=PEOPLE,
            parameters=[*path("hall", "absence_id"), ONCE],
            body=(
                record(kind=one_of(*ABSENCES), from_=MOMENT, to=MOMENT, document=TEXT, reason=TEXT),
                {
                    "kind": "sick",
                    "from": "2026-03-04T00:00:00+07:00",
                    "to": "2026-03-06T00:00:00+07:00",
                    "document": "SKD 7/2026",
                    "reason": "Surat menyusul",
                },
            ),
            answers={201: ("Corrected; the id of the new one", ref("Recorded"), _made)},
            codes=(
                "unknown_absence",
                "unknown_kind",
                "bad_time",
                "bad_period",
                "bad_text",
                "other_agency",
                "already_recorded",
                "already_withdrawn",
                "reason_needed",
            ),
            changes=True,
        )
    },
    "/halls/{hall}/absences/{absence_id}/withdraw": {
        "post": operation(
            "people_api.withdraw",
            "Withdraw an absence; the row stays",
            tag=PEOPLE,
            parameters=path("hall", "absence_id"),
            body=_reason,
            answers={200: ("Withdrawn", ref("Recorded"), _made)},
            codes=("unknown_absence", "already_withdrawn", "reason_needed", "bad_text", "other_agency"),
            changes=True,
        )
    },
    "/halls/{hall}/roster": {
        "get": operation(
            "plans_api.roster",
            "Who is planned where, and the plans that people entered for those dates",
            tag=PEOPLE,
            parameters=[*path("hall"), _agency, _from, _to],
            answers={
                200: (
                    "The plan, at most a month of it",
                    record(
                        hall=TEXT,
                        planned=many(record(officer=TEXT, name=TEXT, **_planned_fields)),
                        entries=many(
                            record(
                                id=TEXT,
                                name=TEXT,
                                recorded=MOMENT,
                                withdrawn=maybe(MOMENT),
                                withdrawn_reason=maybe(TEXT),
                                **_entry,
                                **_optional_entry,
                            )
                        ),
                    ),
                    None,
                )
            },
            codes=(*_seen, "bad_date", "bad_period"),
        ),
        "post": operation(
            "plans_api.plan",
            "Plan an officer at a counter for some dates, as a substitute too, or take one off a counter",
            tag=PEOPLE,
            parameters=[*path("hall"), ONCE],
            body=(
                record(_optional_entry, **_entry),
                {
                    "officer": "199002142014022004",
                    "counter": "3",
                    "from": "2026-03-04",
                    "to": "2026-03-04",
                    "substitute_for": "198511302009021001",
                },
            ),
            answers={201: ("Recorded", ref("Recorded"), _made)},
            codes=(
                "unknown_officer",
                "unknown_counter",
                "other_agency",
                "already_recorded",
                "not_planned",
                "bad_date",
                "bad_period",
                "bad_hours",
                "same_officer",
                "bad_text",
            ),
            changes=True,
        ),
    },
    "/halls/{hall}/roster/{entry_id}/withdraw": {
        "post": operation(
            "plans_api.withdraw_entry",
            "Withdraw a plan by date; the row stays",
            tag=PEOPLE,
            parameters=path("hall", "entry_id"),
            body=_reason,
            answers={200: ("Withdrawn", ref("Recorded"), _made)},
            codes=("unknown_entry", "already_withdrawn", "reason_needed", "bad_text", "other_agency"),
            changes=True,
        )
    },
    "/halls/{hall}/posts": {
        "get": operation(
            "plans_api.posts",
            "The post register on a date, and every change that was entered",
            tag=PEOPLE,
            parameters=[*path("hall"), _agency, query("date", DAY, "Today without it")],
            answers={
                200: (
                    "The register",
                    record(
                        hall=TEXT,
                        date=DAY,
                        posts=many(record(counter=TEXT, agency=TEXT, title=TEXT, filled=FLAG, since=maybe(DAY))),
                        changes=many(
                            record(
                                id=TEXT,
                                counter=TEXT,
                                title=TEXT,
                                state=one_of(*POST_STATES),
                                since=DAY,
                                reason=TEXT,
                                recorded=MOMENT,
                                withdrawn=maybe(MOMENT),
                            )
                        ),
                    ),
                    None,
                )
            },
            codes=(*_seen, "bad_date"),
        ),
        "post": operation(
            "plans_api.post",
            "Say that a counter's post is filled, vacant or abolished from a date on",
            tag=PEOPLE,
            parameters=[*path("hall"), ONCE],
            body=(
                record({"reason": maybe(TEXT)}, counter=TEXT, title=TEXT, state=one_of(*POST_STATES), since=DAY),
                {
                    "counter": "6",
                    "title": "Operator Layanan Operasional",
                    "state": "filled",
                    "since": "2026-03-04",
                    "reason": "SK 800/77/2026",
                },
            ),
            answers={201: ("Recorded", ref("Recorded"), _made)},
            codes=("unknown_counter", "other_agency", "already_recorded", "unknown_state", "bad_date", "bad_text"),
            changes=True,
        ),
    },
    "/halls/{hall}/posts/{entry_id}/withdraw": {
        "post": operation(
            "plans_api.withdraw_post",
            "Withdraw a change of the post register; the row stays",
            tag=PEOPLE,
            parameters=path("hall", "entry_id"),
            body=_reason,
            answers={200: ("Withdrawn", ref("Recorded"), _made)},
            codes=("unknown_entry", "already_withdrawn", "reason_needed", "bad_text", "other_agency"),
            changes=True,
        )
    },
    "/halls/{hall}/apel": {
        "post": operation(
            "people_api.roll_call",
            "Deliver the ticks of a roll call, perhaps made hours ago without signal; each key counts once",
            tag=PEOPLE,
            parameters=path("hall"),
            body=(
                record(
                    agency=TEXT,
                    sent_at=told(MOMENT, "The phone's clock now: what it is off by moves every tick"),
                    marks=many(ref("RollMark")),
                ),
                {
                    "agency": "dukcapil",
                    "sent_at": "2026-03-04T09:10:00+07:00",
                    "marks": [
                        {
                            "key": "0f0e5c2a-9f0b-4f57",
                            "roll": "pagi",
                            "officer": "199002142014022004",
                            "mark": "present",
                            "at": "2026-03-04T07:31:00+07:00",
                        }
                    ],
                },
            ),
            answers={
                200: (
                    "What became of each tick",
                    record(
                        clock_off_seconds=told(NUMBER, "Positive: the phone is behind. 0 within half a minute"),
                        marks=many(
                            record(
                                key=TEXT,
                                state=one_of("recorded", "known", "refused"),
                                at=told(maybe(MOMENT), "The time it counts with"),
                                code=maybe(TEXT),
                                message=maybe(TEXT),
                            )
                        ),
                    ),
                    None,
                )
            },
            codes=(*_seen, "bad_time"),
            changes=True,
        )
    },
    "/halls/{hall}/looks": {
        "get": operation(
            "people_api.looks",
            "Who looked at whose attendance, and who was refused; newest first, 200 at a time",
            tag=PEOPLE,
            parameters=[
                *path("hall"),
                query("before", NUMBER, "Only lines of a lower number"),
                query("refused", one_of("1"), "The refusals only"),
            ],
            answers={
                200: (
                    "The list",
                    record(
                        hall=TEXT,
                        looks=many(record(nr=NUMBER, at=MOMENT, actor=TEXT, what=TEXT, whom=TEXT, allowed=FLAG)),
                    ),
                    None,
                )
            },
            codes=("bad_since",),
        )
    },
}

"""Attendance from programs, as the interface describes it."""

from __future__ import annotations

from typing import Any

from app.openapi.pieces import MOMENT, NUMBER, TEXT, many, maybe, operation, record, told
from app.openapi.watching import MANAGEMENT

PUNCH = record(officer=told(TEXT, "The NIP, or another number that an officer is known by there"), at=MOMENT)
SCHEMAS: dict[str, Any] = {}
BODY = record(
    {
        "covered_until": told(maybe(MOMENT), "Up to when the source has delivered everything; never the future"),
        "hall": told(maybe(TEXT), "Needed with a token for every hall"),
    },
    source=told(TEXT, "The code of an attendance source in the hall file"),
    punches=many(PUNCH),
)
TAKEN = record(
    hall=TEXT,
    source=TEXT,
    told=told(NUMBER, "How many punches came"),
    new=told(NUMBER, "Of them recorded for officers of the hall"),
    again=told(NUMBER, "Of them known already: sending again is harmless"),
    strangers=told(NUMBER, "Of them kept aside: of people whom the hall does not know yet"),
    covered_until=maybe(MOMENT),
)


def _header(name: str, what: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": False, "description": what, "schema": TEXT}


PATHS: dict[str, Any] = {
    "/attendance": {
        "post": operation(
            "attendance_api.take",
            "Tell who came and when: signed by a source's key, or with a token",
            tag=MANAGEMENT,
            parameters=[
                _header("X-Antre-Key", "The id of the source's key (`antre presensi key`)"),
                _header("X-Antre-Timestamp", "Seconds since 1970, within five minutes of the hall's clock"),
                _header("X-Antre-Signature", "Hex of HMAC-SHA256 over timestamp, a full stop, and the body"),
            ],
            body=(
                BODY,
                {
                    "source": "bkd",
                    "punches": [{"officer": "199001152015032001", "at": "2026-03-03T07:31:05+07:00"}],
                    "covered_until": "2026-03-03T09:00:00+07:00",
                },
            ),
            answers={
                200: (
                    "What became of them",
                    TAKEN,
                    {
                        "hall": "blora", "source": "bkd", "told": 1, "new": 1, "again": 0, "strangers": 0,
                        "covered_until": "2026-03-03T09:00:00+07:00",
                    },
                )
            },
            codes=(
                "sign_in_needed", "bad_signature", "signature_expired", "replayed", "other_source", "other_hall",
                "unknown_hall", "unknown_source", "hall_needed", "bad_time", "bad_who",
            ),
            changes=True,
        )
    }
}  # fmt: skip

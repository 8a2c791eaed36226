"""The description of the HTTP interface (OpenAPI 3.1), put together from its readable pieces."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from types import ModuleType
from typing import Any

from app.openapi import attendance, cases, counter, flags, kiosk, patterns, people, timeline, vacancies, watching
from app.openapi.schemas import SCHEMAS

ABOUT = """\
Numbers, calls, and which counter stands empty. Times are ISO 8601 with offset. Bodies are JSON objects of at most
64 KiB; a field that is not known is refused. Every refusal is `application/problem+json` with a stable `code`; when one
is answered, nothing was written.
"""
TAGS = {
    kiosk.KIOSK: "Taking a number",
    kiosk.PRINTERS: "The printer agent of a kiosk computer",
    counter.COUNTER: "Presence at a counter, and the next call",
    counter.TICKETS: "The moves of a ticket",
    watching.SCREENS: "What screens show and speak",
    watching.MANAGEMENT: "The floor, the day's numbers, absences and closures",
    cases.CASES: "What follows from empty counters: cases, their steps, their letters",
    people.PEOPLE: "Attendance, absences, plans by date, posts, roll calls, and who looked at whom",
    watching.HOUSE: "Health, metrics and this description",
}

PARTS: tuple[ModuleType, ...] = (
    attendance,
    cases,
    counter,
    flags,
    kiosk,
    patterns,
    people,
    timeline,
    vacancies,
    watching,
)


@cache
def document() -> dict[str, Any]:
    """The whole OpenAPI document as plain values. Whoever gets it must not change it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Antre",
            "version": version("antre"),
            "summary": "The queue of a service hall",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/v1"}],
        "tags": [{"name": name, "description": what} for name, what in TAGS.items()],
        "paths": dict(sorted(path for part in PARTS for path in part.PATHS.items())),
        "components": {
            "schemas": SCHEMAS
            | {name: schema for part in PARTS for name, schema in getattr(part, "SCHEMAS", {}).items()},
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token made with `antre token new ROLE`, bound to its role and hall",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "antre",
                    "description": "A browser in which a device's key was entered or somebody signed in",
                },
                "csrf": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-CSRF-Token",
                    "description": 'The content of `<meta name="csrf-token">`, for browsers that change something',
                },
            },
        },
    }

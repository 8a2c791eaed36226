"""What screens, management and monitoring ask for."""

from __future__ import annotations

from typing import Any

from app.openapi.pieces import DAY, NUMBER, TEXT, many, one_of, operation, path, query, record, ref

SCREENS, MANAGEMENT, HOUSE = "Waiting room", "Management", "House"
_recorded = {"id": "01932c07-a7b0-7a3e-9d0c-5d6a8f1b2c3d"}

PATHS: dict[str, Any] = {
    "/halls/{hall}/board": {
        "get": operation(
            "display_api.show_board",
            "What a screen shows, and the calls after `since`",
            tag=SCREENS,
            parameters=[
                *path("hall"),
                query("since", NUMBER, "The last journal line the screen has seen"),
                query("area", TEXT, "Only the counters of this area"),
            ],
            answers={200: ("The board", ref("Board"), None)},
            codes=("bad_since",),
        )
    },
    "/halls/{hall}/calls/{seq}/sound.wav": {
        "get": operation(
            "display_api.sound",
            "A call as sound: chime, then the sentence twice",
            tag=SCREENS,
            parameters=path("hall", "seq"),
            answers={200: ("A WAV file", {"type": "string", "contentMediaType": "audio/wav"}, None)},
            codes=("unknown_call", "voice_unavailable"),
            media="audio/wav",
        )
    },
    "/halls/{hall}/floor": {
        "get": operation(
            "admin_api.floor",
            "Every counter now: state, cause, since when, who waits",
            tag=MANAGEMENT,
            parameters=path("hall"),
            answers={200: ("The floor. Only some roles read who an officer is", ref("Floor"), None)},
        )
    },
    "/halls/{hall}/statistics": {
        "get": operation(
            "admin_api.statistics",
            "A day in numbers: in all, by service, agency and counter",
            tag=MANAGEMENT,
            parameters=[*path("hall"), query("date", DAY, "The business date; today without it")],
            answers={200: ("The numbers", ref("Statistics"), None)},
            codes=("bad_date",),
        )
    },
    "/halls/{hall}/closures": {
        "post": operation(
            "admin_api.record_closure",
            "Close a counter for a stated reason, so that nobody is missed there",
            tag=MANAGEMENT,
            parameters=path("hall"),
            body=(
                ref("Closure"),
                {
                    "counter": "3",
                    "from": "2026-03-04T08:00:00+07:00",
                    "to": "2026-03-04T12:00:00+07:00",
                    "reason": "Pindah ke kantor induk",
                },
            ),
            answers={201: ("Recorded", ref("Recorded"), _recorded)},
            codes=("unknown_counter", "reason_needed", "bad_time", "bad_period"),
            changes=True,
        )
    },
    "/halls/{hall}/close-day": {
        "post": operation(
            "admin_api.close_day",
            "End the business day: who still waits or is held expires",
            tag=MANAGEMENT,
            parameters=path("hall"),
            answers={200: ("How many expired", record(expired=NUMBER), {"expired": 4})},
            changes=True,
        )
    },
    "/healthz": {
        "get": operation(
            "house.healthz",
            "Whether the process answers",
            tag=HOUSE,
            answers={200: ("It does", record(status=one_of("ok")), {"status": "ok"})},
        )
    },
    "/readyz": {
        "get": operation(
            "house.readyz",
            "Whether the database answers and its tables are of this version",
            tag=HOUSE,
            answers={
                200: (
                    "They are",
                    record(status=one_of("ready"), halls=many(TEXT)),
                    {"status": "ready", "halls": ["blora"]},
                )
            },
            codes=("not_migrated",),
        )
    },
    "/metrics": {
        "get": operation(
            "house.metrics",
            "Counters, causes, people waiting, flags and messages, for Prometheus",
            tag=HOUSE,
            answers={200: ("Prometheus text format", TEXT, None)},
            media="text/plain",
        )
    },
    "/openapi.json": {
        "get": operation(
            "house.openapi",
            "This description",
            tag=HOUSE,
            answers={200: ("An OpenAPI 3.1 document", {"type": "object"}, None)},
        )
    },
}

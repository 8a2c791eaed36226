"""What consoles ask for: presence at a counter, and the moves of a ticket."""

from __future__ import annotations

from typing import Any

from app.openapi.pieces import FLAG, ONCE, TEXT, maybe, operation, path, record, ref, told

COUNTER, TICKETS = "Counter", "Tickets"
_AT = "/halls/{hall}/counters/{counter}"
_HERE = path("hall", "counter")
_SEAT = ("not_signed_in", "other_counter")

_ticket = {
    "id": "01932c07-a7b0-7a3e-9d0c-5d6a8f1b2c3d",
    "number": "A-001",
    "service": "ktp",
    "agency": "dukcapil",
    "business_date": "2026-03-03",
    "issued_at": "2026-03-03T08:05:00+07:00",
    "state": "called",
    "priority": None,
    "counter": "1",
    "only_counter": None,
    "recalls": 0,
    "called_at": "2026-03-03T08:06:00+07:00",
    "started_at": None,
    "ended_at": None,
}
_session = {"counter": "1", "state": "open", "since": "2026-03-03T07:58:00+07:00", "pause": None}


def _move(
    door: str, summary: str, codes: tuple[str, ...] = (), body: Any = None, after: str = "called"
) -> dict[str, Any]:
    return {
        "post": operation(
            f"counter_api.{door}",
            summary,
            tag=TICKETS,
            parameters=[*path("ticket_id"), ONCE],
            body=body,
            answers={200: ("The ticket as it is now", ref("Ticket"), _ticket | {"state": after})},
            codes=("illegal_move", *_SEAT, *codes),
            changes=True,
        )
    }


PATHS: dict[str, Any] = {
    "/halls/{hall}/counters": {
        "get": operation(
            "counter_api.counters",
            "The counters of a hall, taken or free, and what they serve",
            tag=COUNTER,
            parameters=path("hall"),
            answers={200: ("No names of people", ref("Counters"), None)},
        )
    },
    f"{_AT}/sign-in": {
        "post": operation(
            "counter_api.sign_in",
            "Sit down at a counter",
            tag=COUNTER,
            parameters=_HERE,
            body=(
                record(officer=told(TEXT, "NIP; blanks do not count"), pin=TEXT),
                {"officer": "199001152015032001", "pin": "rahasia"},
            ),
            answers={200: ("Seated; a browser keeps the seat in its cookie", ref("Session"), _session)},
            codes=(
                "wrong_pin",
                "too_many_tries",
                "not_an_officer",
                "unknown_officer",
                "counter_taken",
                "officer_elsewhere",
            ),
            changes=True,
        )
    },
    f"{_AT}/sign-out": {
        "post": operation(
            "counter_api.sign_out",
            "Leave the counter",
            tag=COUNTER,
            parameters=_HERE,
            answers={204: ("Nobody sits there any more", None, None)},
            codes=(*_SEAT, "still_serving"),
            changes=True,
        )
    },
    f"{_AT}/pause": {
        "post": operation(
            "counter_api.pause",
            "Pause for a stated reason: the counter does not call",
            tag=COUNTER,
            parameters=_HERE,
            body=(record(reason=TEXT), {"reason": "Salat"}),
            answers={
                200: (
                    "Paused",
                    ref("Session"),
                    _session | {"state": "paused", "pause": {"since": "2026-03-03T10:00:00+07:00", "reason": "Salat"}},
                )
            },
            codes=(*_SEAT, "already_paused", "still_serving", "reason_needed"),
            changes=True,
        )
    },
    f"{_AT}/resume": {
        "post": operation(
            "counter_api.unpause",
            "Go on after a pause",
            tag=COUNTER,
            parameters=_HERE,
            answers={200: ("Open", ref("Session"), _session)},
            codes=(*_SEAT, "not_paused"),
            changes=True,
        )
    },
    f"{_AT}/heartbeat": {
        "post": operation(
            "counter_api.heartbeat",
            "The console is alive",
            tag=COUNTER,
            parameters=_HERE,
            answers={204: ("Noted", None, None)},
            codes=_SEAT,
            changes=True,
        )
    },
    f"{_AT}/call": {
        "post": operation(
            "counter_api.call",
            "Call the next ticket: the oldest of the best class among the counter's services",
            tag=COUNTER,
            parameters=[*_HERE, ONCE],
            answers={200: ("The ticket", ref("Ticket"), _ticket), 204: ("Nobody waits", None, None)},
            codes=(*_SEAT, "paused", "console_lost", "still_serving"),
            changes=True,
        )
    },
    f"{_AT}/desk": {
        "get": operation(
            "counter_api.desk_of",
            "Everything a console shows",
            tag=COUNTER,
            parameters=_HERE,
            answers={
                200: ("The desk; with an ETag", ref("Desk"), None),
                304: ("Nothing changed since the ETag in If-None-Match", None, None),
            },
            codes=_SEAT,
        )
    },
    "/tickets/{ticket_id}/recall": _move("recall", "Call the same number again"),
    "/tickets/{ticket_id}/start": _move("start", "The citizen stands at the counter", after="serving"),
    "/tickets/{ticket_id}/finish": _move(
        "finish", "Served; a ticket sent with return goes back to where it came from", after="finished"
    ),
    "/tickets/{ticket_id}/no-show": _move("no_show", "The citizen did not come", after="no_show"),
    "/tickets/{ticket_id}/hold": _move("hold", "Set aside; the counter is free", ("day_ended",), after="held"),
    "/tickets/{ticket_id}/resume": _move(
        "resume",
        "Back into the line: a held ticket at its own place, a missed one at the end",
        ("day_ended",),
        None,
        "waiting",
    ),
    "/tickets/{ticket_id}/cancel": _move("cancel", "Given up", after="cancelled"),
    "/tickets/{ticket_id}/transfer": _move(
        "transfer",
        "Send to another service, or to one counter, at the place it was issued at",
        (
            "service_or_counter",
            "same_counter",
            "return_needs_counter",
            "unknown_service",
            "unknown_counter",
            "day_ended",
        ),
        (
            record({"service": maybe(TEXT), "counter": maybe(TEXT), "return": maybe(FLAG)}),
            {"service": "kk", "return": True},
        ),
        "waiting",
    ),
}

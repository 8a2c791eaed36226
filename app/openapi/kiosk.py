"""What kiosks and their printers ask for."""

from __future__ import annotations

from typing import Any

from app.openapi.pieces import FLAG, ONCE, TEXT, maybe, one_of, operation, path, record, ref
from hall.places import PRIORITIES
from queueing.paperless import HOW

KIOSK, PRINTERS = "Kiosk", "Printers"
ID = "01932c07-a7b0-7a3e-9d0c-5d6a8f1b2c3d"

_issued = {
    "id": ID,
    "number": "A-001",
    "service": "ktp",
    "agency": "dukcapil",
    "business_date": "2026-03-03",
    "issued_at": "2026-03-03T08:05:00+07:00",
    "state": "waiting",
    "ahead": 3,
    "estimate": {"low": 15, "high": 30},
    "serving_now": 2,
    "status_url": "/t/8c1m9GZ0dQ4k2v7x",
    "slip": {"state": "queued"},
}

PATHS: dict[str, Any] = {
    "/halls/{hall}/services": {
        "get": operation(
            "kiosk_api.services",
            "Every agency and service: open or not and why, who waits, what a citizen is told first",
            tag=KIOSK,
            parameters=path("hall"),
            answers={
                200: ("The offer; with an ETag", ref("Offer"), None),
                304: ("Nothing changed since the ETag in If-None-Match", None, None),
            },
        )
    },
    "/halls/{hall}/tickets": {
        "post": operation(
            "kiosk_api.take_number",
            "Take a number",
            tag=KIOSK,
            parameters=[*path("hall"), ONCE],
            body=(
                record({"priority": maybe(one_of(*PRIORITIES)), "confirm": maybe(FLAG)}, service=TEXT),
                {"service": "ktp", "priority": None},
            ),
            answers={201: ("The ticket; the answer does not wait for the printer", ref("Issued"), _issued)},
            codes=(
                "unknown_service",
                "unknown_priority",
                "closed",
                "quota_reached",
                "unstaffed_needs_confirmation",
                "capacity_needs_confirmation",
                "capacity_reached",
                "clock_wrong",
            ),
            changes=True,
        )
    },
    "/tickets/{ticket_id}/slip": {
        "get": operation(
            "kiosk_api.slip",
            "What became of the newest slip",
            tag=KIOSK,
            parameters=path("ticket_id"),
            answers={
                200: (
                    "As far as anybody knows",
                    ref("Slip"),
                    {"state": "failed", "reason": "paper_end", "paper_low": False},
                )
            },
        )
    },
    "/tickets/{ticket_id}/reprint": {
        "post": operation(
            "kiosk_api.print_again",
            "Order another paper, marked as a reprint",
            tag=KIOSK,
            parameters=path("ticket_id"),
            answers={202: ("Ordered", ref("Reprint"), {"state": "queued", "copy": 1, "printer": "kios-1"})},
            codes=("illegal_move", "no_printer", "still_printing"),
            changes=True,
        )
    },
    "/tickets/{ticket_id}/shown": {
        "post": operation(
            "kiosk_api.shown",
            "Tell that number and QR code were on the kiosk's screen in place of paper, and how that ended",
            tag=KIOSK,
            parameters=path("ticket_id"),
            body=(record(how=one_of(*HOW)), {"how": "touched"}),
            answers={
                200: ("What is known now; a touch is not taken back", record(how=one_of(*HOW)), {"how": "touched"})
            },
            codes=("bad_sight",),
            changes=True,
        )
    },
    "/halls/{hall}/printers/{printer}/jobs/next": {
        "post": operation(
            "kiosk_api.next_job",
            "The printer agent takes the oldest queued slip",
            tag=PRINTERS,
            parameters=path("hall", "printer"),
            answers={
                200: ("The slip. It is handed out once", ref("PrintJob"), None),
                204: ("Nothing to print", None, None),
            },
            codes=("unknown_printer", "other_printer"),
            changes=True,
        )
    },
    "/halls/{hall}/printers/{printer}/status": {
        "post": operation(
            "kiosk_api.printer_status",
            "The printer agent tells how its printer is",
            tag=PRINTERS,
            parameters=path("hall", "printer"),
            body=(ref("PrinterStatus"), {"ready": False, "reason": "paper_end", "answers": True, "paper_end": True}),
            answers={204: ("Noted", None, None)},
            codes=("unknown_printer", "other_printer"),
            changes=True,
        )
    },
    "/print-jobs/{job_id}/outcome": {
        "post": operation(
            "kiosk_api.outcome",
            "The printer agent tells what became of a slip",
            tag=PRINTERS,
            parameters=path("job_id"),
            body=(ref("Outcome"), {"state": "confirmed", "reason": None, "detail": "", "paper_low": False}),
            answers={
                200: ("Noted", ref("OutcomeNoted"), {"id": ID, "state": "confirmed", "reason": None}),
            },
            codes=("unknown_job", "unknown_printer", "other_printer", "other_hall", "bad_outcome", "already_reported"),
            changes=True,
        )
    },
}

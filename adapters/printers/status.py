"""What a printer says about itself, read from its four real-time status bytes, and what became of one slip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Reason = Literal[
    "paper_end", "cover_open", "offline", "cutter_error", "silent", "unreachable", "dropped", "garbage", "busy",
    "bad_slip", "expired", "not_recorded",
]  # fmt: skip
"""Why a slip is not certainly on paper.

``paper_end`` ``cover_open`` ``cutter_error`` ``offline`` the printer said so · ``silent`` it does not answer ·
``garbage`` its answer is no status · ``unreachable`` no such device or no connection · ``dropped`` the connection
broke · ``busy`` somebody else uses the device, or it stopped taking bytes. Only from a printer agent: ``bad_slip`` the
job cannot be read, ``expired`` it came too late, ``not_recorded`` the agent could not write down that it was about to
print.
"""

State = Literal["confirmed", "failed", "unknown"]

FIXED_MASK, FIXED_BITS = 0x93, 0x12  # a DLE EOT answer is 0xx1xx10: anything else is not one


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one slip.

    ``confirmed``: all bytes were taken and the printer said afterwards that it is well. ``failed``: certainly nothing
    is on paper. ``unknown``: something may be. ``reason`` is None only when confirmed; ``detail`` is for logs.
    """

    state: State
    reason: Reason | None = None
    detail: str = ""
    paper_low: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe values, as the server's outcome call takes them."""
        return {"state": self.state, "reason": self.reason, "detail": self.detail, "paper_low": self.paper_low}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Outcome:
        """The outcome that ``to_dict`` wrote."""
        return cls(data["state"], data["reason"], data["detail"], data["paper_low"])


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """How a printer is. ``reason`` None with ``answers`` means ready; None in a single fact means it did not tell.

    ``fault`` is any other error that stops it (an overheated head, a mechanical fault).
    """

    reason: Reason | None
    answers: bool = False
    online: bool | None = None
    paper_end: bool | None = None
    paper_low: bool = False
    cover_open: bool | None = None
    cutter_error: bool | None = None
    fault: bool | None = None
    detail: str = ""

    @property
    def ready(self) -> bool:
        """Whether the printer said that it can print now."""
        return self.answers and self.reason is None

    def to_dict(self) -> dict[str, Any]:
        """JSON-safe values for the server's printer page."""
        return {
            "ready": self.ready,
            "reason": self.reason,
            "answers": self.answers,
            "online": self.online,
            "paper_end": self.paper_end,
            "paper_low": self.paper_low,
            "cover_open": self.cover_open,
            "cutter_error": self.cutter_error,
            "fault": self.fault,
            "detail": self.detail,
        }


def is_status_byte(value: int) -> bool:
    """Whether a byte has the fixed bits of a ``DLE EOT`` answer (bits 0 and 7 clear, bits 1 and 4 set)."""
    return value & FIXED_MASK == FIXED_BITS


def read_status(answers: Mapping[int, int]) -> PrinterStatus:
    """The meaning of the answers to ``DLE EOT n``, keyed by n. At least one must be there, all must be status bytes.

    Several troubles at once give the one a person has to mend first: an open cover also reads as no paper on many
    printers, and every trouble also reads as offline.
    """
    printer, offline, error, paper = (answers.get(n) for n in (1, 2, 3, 4))
    online = None if printer is None else not printer & 0x08
    cover_open = None if offline is None else bool(offline & 0x04)
    cutter_error = None if error is None else bool(error & 0x08)
    fault = None if error is None else bool(error & 0x64)
    paper_end = None
    if paper is not None or offline is not None:
        paper_end = bool((paper or 0) & 0x60 or (offline or 0) & 0x20)
    reason: Reason | None = None
    if cover_open:
        reason = "cover_open"
    elif paper_end:
        reason = "paper_end"
    elif cutter_error:
        reason = "cutter_error"
    elif online is False or fault:
        reason = "offline"
    return PrinterStatus(
        reason=reason,
        answers=True,
        online=online,
        paper_end=paper_end,
        paper_low=bool((paper or 0) & 0x0C),
        cover_open=cover_open,
        cutter_error=cutter_error,
        fault=fault,
        detail=" ".join(f"{n}:{value:02x}" for n, value in sorted(answers.items())),
    )

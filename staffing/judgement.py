"""Why a counter that is due and empty is empty at a moment: the table of causes applied to a day's facts, pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact behind a piece. ``officer`` None: about the counter; ``start``/``end`` None: the fact has no such edge.

    ``decides``: the cause follows from it. ``rules_out``: causes that it excludes for that officer (or the counter)
    during the whole piece. ``detail`` holds plain values.
    """

    kind: str
    officer: str | None
    start: datetime | None
    end: datetime | None
    detail: dict[str, Any] = field(default_factory=dict)
    rules_out: tuple[str, ...] = ()
    decides: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cause at a moment and the officers it is about, sorted."""

    cause: str
    officers: tuple[str, ...] = ()


class Judge:
    """A day's facts, indexed so that any counter can be judged at any moment of the day."""

"""Texts that one database would take and the other not: every verb refuses or takes them alike on both engines."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext, suppress
from typing import Any

import pytest

from hall.database import Database
from hall.errors import Refusal
from hall.faults import refusals
from hall.turn import batch
from tests.conformance.stage import HALL, Stage, same_chance
from tests.conformance.test_verbs import CHAPTERS

PROGRAM_SAYS = {
    ("staffing.outbox.report_message", "state"),
    ("staffing.reported.tell", "by"),
}  # never people or devices
ODD = {
    "nothing": "",
    "a NUL": "a\0b",
    "half a character": "\ud800",
    "too long": "panjang sekali " * 700,
    "of every kind": "Ñ 🌾 é ‮ \U0010ffff \x7f \n\t",
}
# these write outside a turn as well, so nothing could undo them; their texts are checked or shortened before
NOT_UNDONE = {"load_hall", "note_contact", "note_delivered", "note_unlisted"}


class Undo(Exception):
    """Takes everything back."""


class OddStage(Stage):
    """Before a verb's first success, tries it with each of its texts replaced by an odd one, and undoes that."""

    def __init__(self, db: Database) -> None:
        super().__init__(db)
        self.outcomes: dict[tuple[str, str, str], str] = {}

    def does(self, verb: Callable[..., Any], lines: str = "", rows: str = "", /, **given: Any) -> Any:
        name = self._name(verb)
        if name not in self.ran and verb.__name__ not in NOT_UNDONE:
            filled = self._filled(verb, given)
            for parameter, value in filled.items():
                if isinstance(value, str) and parameter != "actor" and (name, parameter) not in PROGRAM_SAYS:
                    for kind, odd in ODD.items():
                        outcome = self._tried(verb, filled | {parameter: odd})
                        self.outcomes[name, parameter, kind] = outcome
        answer = verb(**self._filled(verb, given))
        self.ran.add(name)
        self.told.append((name, ""))
        return answer

    def refuses(self, code: str, verb: Callable[..., Any], besides: str = "", /, **given: Any) -> None:
        with suppress(Refusal):
            verb(**self._filled(verb, given))

    def _tried(self, verb: Callable[..., Any], given: dict[str, Any]) -> str:
        outcome = "done"
        undoing = batch(self.db, HALL, self.now) if given.get("hall", HALL) == HALL else nullcontext()
        with suppress(Undo), undoing:  # a hall that is none is refused before anything could be written
            try:
                with refusals():  # as the turn would, were it not inside a batch
                    verb(**given)
            except Refusal as refusal:
                outcome = refusal.code
            except Exception as fault:  # noqa: BLE001  a fault of the program: the citizen would see "internal error"
                outcome = f"FAULT {type(fault).__name__}"
            raise Undo
        return outcome


def try_all(db: Database) -> dict[tuple[str, str, str], str]:
    """Verb, parameter and kind of text -> what became of it."""
    with same_chance():
        stage = OddStage(db)
        for chapter in CHAPTERS:
            chapter(stage)
    return stage.outcomes


@pytest.mark.timeout(600)
def test_odd_texts_are_taken_or_refused_alike_on_both_engines(db: Database, postgres: Database) -> None:
    here, there = try_all(db), try_all(postgres)
    assert len(here) > 300
    assert [(case, here[case], there.get(case)) for case in here if here[case] != there.get(case)] == []
    assert {case: outcome for case, outcome in here.items() if outcome.startswith("FAULT")} == {}

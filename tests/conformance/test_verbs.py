"""Every verb on both engines: one story, told to SQLite and to PostgreSQL, is the same to the last character."""

from __future__ import annotations

import pytest

from hall.database import Database
from tests.conformance.reads import look_around
from tests.conformance.stage import Stage, same_chance, tables_of
from tests.conformance.story_followup import FOLLOWUP
from tests.conformance.story_line import LINE
from tests.conformance.story_people import PEOPLE
from tests.conformance.verbs import verbs

CHAPTERS = (*LINE, *PEOPLE, *FOLLOWUP)


def tell(db: Database) -> Stage:
    """The whole story on one engine."""
    with same_chance():
        stage = Stage(db)
        for chapter in CHAPTERS:
            chapter(stage)
            look_around(stage)
    return stage


@pytest.mark.timeout(600)
def test_every_verb_runs_alike_on_both_engines(db: Database, postgres: Database) -> None:
    here, there = tell(db), tell(postgres)
    assert [(mine, theirs) for mine, theirs in zip(here.told, there.told, strict=True) if mine != theirs] == []
    assert here.journal() == there.journal()
    assert tables_of(db) == tables_of(postgres)
    assert here.ran == there.ran == verbs()

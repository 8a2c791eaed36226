"""The board over HTTP: what a screen may ask it, and what it is told of a senseless question."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from hall.database import Database
from tests.counter.stage import Stage


@pytest.fixture
def stage(blora: Database, tmp_path: Path) -> Stage:
    """The hall of Blora on an ordinary Tuesday at nine."""
    return Stage(blora, tmp_path)


@pytest.mark.parametrize("since", ["now", "-1", "1.5", "9" * 19, "²", "٣", "0x1", " "])
def test_a_since_that_is_no_line_of_the_journal_is_refused(stage: Stage, since: str) -> None:
    answer = stage.program("display").get(f"/halls/blora/board?since={quote(since)}")
    assert (answer.status_code, answer.json["code"]) == (422, "bad_since")


@pytest.mark.parametrize("since", ["", "0", "999999999999999999"])
def test_a_screen_may_ask_from_the_beginning_or_from_beyond_the_end(stage: Stage, since: str) -> None:
    stage.citizen()
    answer = stage.program("display").get(f"/halls/blora/board?since={since}")
    assert (answer.status_code, answer.json["lines"]) == (200, [])


def test_a_due_counter_that_nobody_serves_says_what_the_panels_title_says(stage: Stage) -> None:
    """The screen leaves that word out of every line below the title; another one would stand there again and again."""
    screen = stage.program("display")
    said = {one["text"] for one in screen.get("/halls/blora/board").json["counters"] if one["due"] and not one["open"]}
    template = (Path(__file__).parents[2] / "display" / "templates" / "display" / "board.html").read_text("utf-8")
    assert said == {"Belum melayani"}
    assert all(f'data-title="{text}"' in template for text in said)

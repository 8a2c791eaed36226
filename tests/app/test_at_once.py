"""Questions that were let in before are answered at once; everything else goes the long way."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import app.doorkeeper
from app.at_once import AtOnce
from app.doorkeeper import Doorkeeper
from display.boards import make_ahead
from hall.database import Database
from hall.people import list_tokens, new_token, revoke_token
from hall.turn import position
from queueing import calling
from staffing import presence
from tests.cast import BAMBU, CONSOLE
from tests.counter.stage import Stage
from web.ground import Ground, Latest


class Hall:
    """The stage with one display's key, and its questions as they come over the wire."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.at_once: AtOnce = stage.app.extensions["antre_at_once"]
        self.ground: Ground = stage.app.extensions["antre"]
        self.token = new_token(stage.db, "display", hall="blora", name="layar-1", now=stage.clock.now())
        presence.sign_in(stage.db, "blora", "3", BAMBU.nip, actor=CONSOLE, now=stage.clock.now(), beats=False)
        self.hear()

    def hear(self) -> int:
        """What the couriers do after a commit, which do not run here: the last line is known, the boards are made."""
        with self.stage.db.reading() as connection:
            seq = position(connection, "blora")[0]
        self.ground.news["blora"] = Latest(seq, seq, time.monotonic() + 60)
        with self.stage.app.app_context():
            make_ahead(self.ground, "blora", self.stage.clock.now())
        return seq

    def question(self, query: str = "", *more: str, token: str = "") -> bytes:
        lines = [f"GET /api/v1/halls/blora/board{query} HTTP/1.1", "Host: localhost"]
        lines += [f"Authorization: Bearer {token or self.token}", *more]
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode()

    def long_way(self, question: bytes) -> Any:
        """Asks the app as the server does; returns its answer."""
        first, *lines = question.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        length = {"CONTENT_LENGTH": headers["Content-Length"]} if "Content-Length" in headers else {}
        with self.at_once.listening(question) as remember:
            client = self.stage.app.test_client()
            answer = client.get(first.split(" ")[1], headers=headers, environ_overrides=length)
            remember()
        return answer

    def call(self) -> str:
        """A citizen comes and is called; returns the number."""
        self.stage.citizen()
        called = calling.call(self.stage.db, "blora", "3", actor=CONSOLE, now=self.stage.clock.now())
        assert called is not None
        for move in (calling.start, calling.finish):
            move(self.stage.db, called["id"], actor=CONSOLE, now=self.stage.clock.now())
        return str(called["number"])


@pytest.fixture
def hall(blora: Database, tmp_path: Path) -> Hall:
    return Hall(Stage(blora, tmp_path))


@pytest.mark.parametrize("query", ["", "?since=3", "?area=Barat", "?area=Barat&since=3"])
def test_the_answer_at_once_is_the_answer_of_the_long_way(hall: Hall, query: str) -> None:
    hall.call()
    hall.hear()
    question = hall.question(query)
    assert hall.at_once.answer(question) is None, "never asked before"
    slow = hall.long_way(question)
    found = hall.at_once.answer(question)
    assert found is not None
    heading, body = found
    assert body == slow.data
    said = {name: value for name, value in slow.headers.items() if name != "Content-Length"}
    assert dict(line.split(": ", 1) for line in heading.splitlines()) == said
    assert {"Content-Security-Policy", "Cache-Control", "X-Content-Type-Options"} <= set(said)


def test_a_new_call_is_in_the_answers_made_ahead_of_the_nudge_whatever_was_seen_last(hall: Hall) -> None:
    hall.long_way(hall.question("?since=1"))
    known = hall.hear()
    first, second = hall.call(), hall.call()
    assert hall.at_once.answer(hall.question(f"?since={known}")) is not None, "not yet heard of: the board of before"
    seq = hall.hear()
    for since, numbers in ((0, [first, second]), (known, [first, second]), (seq, [])):
        found = hall.at_once.answer(hall.question(f"?since={since}"))
        assert found is not None, since
        board = hall.stage.app.json.loads(found[1])
        assert (board["seq"], [line["number"] for line in board["lines"]]) == (seq, numbers)


def test_who_knows_more_than_this_process_goes_the_long_way(hall: Hall) -> None:
    question = hall.question("?since=1")
    hall.long_way(question)
    seq = hall.hear()
    assert hall.at_once.answer(hall.question(f"?since={seq}")) is not None
    assert hall.at_once.answer(hall.question(f"?since={seq + 1}")) is None, "heard at another process, a moment ago"


def test_who_comes_from_further_back_than_is_ready_goes_the_long_way_and_misses_nothing(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("display.boards.BACK", 2)
    numbers = [hall.call() for _ in range(3)]
    hall.hear()
    question = hall.question("?since=1")
    answer = hall.long_way(question)
    assert [line["number"] for line in answer.json["lines"]] == numbers
    assert hall.at_once.answer(question) is None


def test_what_others_wrote_makes_the_ready_board_old(hall: Hall) -> None:
    question = hall.question("?since=1")
    hall.long_way(question)
    assert hall.at_once.answer(question) is not None
    seq, soon = hall.ground.news["blora"].line, time.monotonic() + 60
    hall.ground.news["blora"] = Latest(seq + 1, seq + 1, soon)
    assert hall.at_once.answer(question) is None, "a line more is known than the board shows"
    hall.ground.news["blora"] = Latest(seq - 1, seq - 1, soon)
    assert hall.at_once.answer(question) is None, "the journal went back: a backup was restored"
    hall.ground.news["blora"] = Latest(seq, seq, time.monotonic() - 1)
    assert hall.at_once.answer(question) is None, "nobody has looked for a while"


def test_a_line_that_no_display_shows_leaves_the_board_ready_and_counts_on(hall: Hall) -> None:
    question = hall.question("?since=1")
    hall.long_way(question)
    seq = hall.ground.news["blora"].line
    hall.ground.news["blora"] = Latest(seq + 2, seq, time.monotonic() + 60)
    found = hall.at_once.answer(question)
    assert found is not None
    assert hall.stage.app.json.loads(found[1])["seq"] == seq + 2, "or a screen that knows that line would think it lost"


def test_a_board_of_yesterday_or_of_a_while_ago_is_not_given(hall: Hall) -> None:
    question = hall.question()
    hall.long_way(question)
    hall.stage.clock.pass_by(seconds=25)  # opening hours go on without a journal line
    assert hall.at_once.answer(question) is None


@pytest.mark.parametrize(
    "more",
    [("Content-Length: 5",), ("Transfer-Encoding: chunked",), ("Expect: 100-continue",), ("Upgrade: h2c",)],
)
def test_a_question_with_a_body_or_another_protocol_is_never_answered_at_once(hall: Hall, more: tuple[str]) -> None:
    question = hall.question("", *more)
    hall.long_way(question)
    assert hall.at_once.answer(question) is None


@pytest.mark.parametrize("query", ["?since=3&area=Barat", "?since=3&since=4", "?since=x", "?lang=en"])
def test_questions_of_another_shape_go_the_long_way(hall: Hall, query: str) -> None:
    hall.long_way(hall.question(query))
    assert hall.at_once.answer(hall.question(query)) is None


def test_other_words_other_key_and_two_questions_at_once_are_not_known(hall: Hall) -> None:
    question = hall.question("?since=1")
    hall.long_way(question)
    assert hall.at_once.answer(question) is not None
    assert hall.at_once.answer(hall.question("?since=1", "Cookie: antre=x")) is None
    assert hall.at_once.answer(hall.question("?since=1", token="guessed")) is None
    assert hall.at_once.answer(question + question) is None
    assert hall.at_once.answer(question.replace(b"/blora/", b"/contoh/")) is None
    assert hall.at_once.answer(question.replace(b"GET", b"POST")) is None


def test_a_refused_question_is_refused_every_time(hall: Hall) -> None:
    question = hall.question(token="guessed")
    assert hall.long_way(question).status_code == 401
    assert hall.at_once.answer(question) is None


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The doorkeeper's watch, moved by hand: ``moment.at``."""
    held = SimpleNamespace(at=1000.0)
    monkeypatch.setattr(app.doorkeeper, "time", SimpleNamespace(monotonic=lambda: held.at))
    return held


def test_a_revoked_key_opens_nothing_after_the_next_round(hall: Hall, moment: SimpleNamespace) -> None:
    keeper: Doorkeeper = hall.at_once._keeper
    keeper.go_round(hall.stage.db)
    moment.at += 1
    question = hall.question()
    hall.long_way(question)
    for _ in range(10):  # half a minute in which nothing changes: it need not be looked up again
        moment.at += 3
        keeper.go_round(hall.stage.db)
        assert hall.at_once.answer(question) is not None
    with hall.stage.db.reading() as connection:
        mine = next(token for token in list_tokens(connection) if token.name == "layar-1")
    revoke_token(hall.stage.db, mine.id, now=hall.stage.clock.now())
    assert hall.at_once.answer(question) is not None, "nobody has looked yet"
    moment.at += 2
    keeper.go_round(hall.stage.db)
    assert hall.at_once.answer(question) is None
    assert hall.long_way(question).status_code == 401


def test_without_rounds_a_key_is_looked_up_again_after_five_seconds(hall: Hall, moment: SimpleNamespace) -> None:
    keeper: Doorkeeper = hall.at_once._keeper
    keeper.go_round(hall.stage.db)
    moment.at += 1
    question = hall.question()
    hall.long_way(question)
    moment.at += 4.9
    assert hall.at_once.answer(question) is not None
    moment.at += 0.2
    assert hall.at_once.answer(question) is None, "the rounds stopped: their last word has grown old"


def test_what_was_looked_up_before_a_change_is_not_held_by_later_rounds(hall: Hall, moment: SimpleNamespace) -> None:
    keeper: Doorkeeper = hall.at_once._keeper
    keeper.go_round(hall.stage.db)
    moment.at += 1
    question = hall.question()
    hall.long_way(question)
    new_token(hall.stage.db, "display", hall="blora", name="layar-2", now=hall.stage.clock.now())
    for _ in range(3):
        moment.at += 2
        keeper.go_round(hall.stage.db)
    assert hall.at_once.answer(question) is None, "somebody's key changed: everybody is looked up once more"

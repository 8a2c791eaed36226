"""Webhooks: signed over time and body, as the documentation says they can be checked, and failing as they should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.messages.bounded import Outcome
from adapters.messages.channels import Webhook
from adapters.messages.pretend import PretendReceiver
from adapters.messages.webhook import Poster
from hall.clock import SystemClock
from tests.cast import ROOT, TUESDAY_MORNING
from tests.live import free_port

SECRET = "rahasia-bersama-" * 3
TOLD = {"id": "blora-17", "event": "flag_raised", "cause_text": "instansi belum buka — “tutup”"}


@pytest.fixture
def receiver() -> Iterator[PretendReceiver]:
    """A command centre on loopback."""
    with PretendReceiver() as started:
        yield started


@pytest.fixture
def poster() -> Poster:
    """One with little patience."""
    return Poster(connect_s=0.2, read_s=0.4, most_s=1.5)


def as_documented() -> Any:
    """The function that docs/command-centre.md gives to whoever receives."""
    text = (ROOT / "docs" / "command-centre.md").read_text(encoding="utf-8")
    [code] = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, str(Path("docs/command-centre.md")), "exec"), names)
    return names["is_genuine"]


def headers_of(came: Any) -> dict[str, str]:
    names = ("X-Antre-Id", "X-Antre-Event", "X-Antre-Timestamp", "X-Antre-Signature")
    return {name: came.headers[name.lower()] for name in names}


def test_a_post_passes_the_check_of_the_documentation_and_a_changed_one_does_not(
    receiver: PretendReceiver, poster: Poster
) -> None:
    now = SystemClock().now()
    assert poster.post(Webhook("komando", receiver.url, SECRET), TOLD, now=now) == Outcome("sent")
    [came] = receiver.wait_for(1)
    is_genuine, headers = as_documented(), headers_of(came)
    assert is_genuine(SECRET, headers, came.raw)
    assert came.body == TOLD
    assert (headers["X-Antre-Id"], headers["X-Antre-Event"]) == ("blora-17", "flag_raised")
    assert not is_genuine(SECRET, headers, came.raw + b" ")
    assert not is_genuine("x" * 32, headers, came.raw)
    assert not is_genuine(SECRET, headers | {"X-Antre-Timestamp": str(int(now.timestamp()) + 1)}, came.raw)


def test_a_recording_of_another_day_does_not_pass(receiver: PretendReceiver, poster: Poster) -> None:
    poster.post(Webhook("komando", receiver.url, SECRET), TOLD, now=TUESDAY_MORNING)
    [came] = receiver.wait_for(1)
    assert not as_documented()(SECRET, headers_of(came), came.raw)


@pytest.mark.parametrize(
    ("status", "again"), [(500, True), (503, True), (429, True), (302, True), (401, True), (404, False), (422, False)]
)
def test_what_is_answered_decides_whether_it_is_tried_again(
    receiver: PretendReceiver, poster: Poster, status: int, again: bool
) -> None:
    receiver.status = status
    outcome = poster.post(Webhook("komando", receiver.url, SECRET), TOLD, now=TUESDAY_MORNING)
    assert outcome == Outcome("failed", f"http_{status}", again)
    assert len(receiver.received) == 1


def test_a_centre_that_hangs_drips_or_is_not_there(receiver: PretendReceiver) -> None:
    poster = Poster(connect_s=0.2, read_s=0.4, most_s=0.9)
    nobody = Webhook("mati", f"http://127.0.0.1:{free_port()}/", SECRET)
    assert poster.post(nobody, TOLD, now=TUESDAY_MORNING) == Outcome("failed", "unreachable")
    receiver.hanging = True
    hangs = Webhook("gantung", receiver.url, SECRET)
    assert poster.post(hangs, TOLD, now=TUESDAY_MORNING) == Outcome("unknown", "no_answer")
    receiver.hanging, receiver.dripping = False, True
    drips = Webhook("tetes", receiver.url, SECRET)
    assert poster.post(drips, TOLD, now=TUESDAY_MORNING) == Outcome("unknown", "timeout")

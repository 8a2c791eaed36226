"""Sending through a real socket: taken, refused, hung, answered a byte at a time, and addresses that are none."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import pytest

from adapters.messages.bounded import Outcome
from adapters.messages.pretend import PretendReceiver
from adapters.messages.sender import Sender, understands
from tests.live import free_port


@pytest.fixture
def receiver() -> Iterator[PretendReceiver]:
    """A receiver on loopback."""
    with PretendReceiver() as started:
        yield started


@pytest.fixture
def sender() -> Sender:
    """One with little patience."""
    return Sender(connect_s=0.2, read_s=0.4, most_s=1.5)


def test_a_message_arrives_as_it_was_written(receiver: PretendReceiver, sender: Sender) -> None:
    outcome = sender.send(
        "koordinator", receiver.channel, "Loket kosong: Loket 3", 'Dua baris\nsebab: <formasi> & "kosong"'
    )
    assert outcome == Outcome("sent")
    [came] = receiver.wait_for(1)
    assert came.path == "/pesan"
    assert came.body["title"] == "Loket kosong: Loket 3"
    assert came.body["message"] == 'Dua baris\nsebab: <formasi> & "kosong"'


def test_a_receiver_that_refuses_has_not_got_it(receiver: PretendReceiver, sender: Sender) -> None:
    receiver.status = 500
    assert sender.send("koordinator", receiver.channel, "a", "b") == Outcome("failed", "refused")
    assert len(receiver.received) == 1, "whether to try again is not decided here"


def test_nobody_listening_means_not_sent(sender: Sender) -> None:
    assert sender.send("mati", f"json://127.0.0.1:{free_port()}/", "a", "b") == Outcome("failed", "refused")


def test_a_receiver_that_hangs_may_have_got_it(receiver: PretendReceiver, sender: Sender) -> None:
    receiver.hanging = True
    assert sender.send("gantung", receiver.channel, "a", "b") == Outcome("unknown", "no_answer")


def test_a_receiver_that_gives_a_byte_at_a_time_is_not_waited_for_for_ever(receiver: PretendReceiver) -> None:
    receiver.dripping = True
    sender = Sender(connect_s=0.2, read_s=0.4, most_s=0.8)
    begun = time.monotonic()
    assert sender.send("tetes", receiver.channel, "a", "b") == Outcome("unknown", "timeout")
    assert time.monotonic() - begun < 5
    assert sender.send("tetes", receiver.channel, "a", "b") == Outcome("failed", "still_stuck")
    assert len(receiver.received) == 1, "threads do not pile up behind one receiver"


def test_a_redirect_is_not_followed(receiver: PretendReceiver, sender: Sender) -> None:
    receiver.status = 302
    assert sender.send("alih", receiver.channel, "a", "b").state == "failed"
    assert len(receiver.received) == 1


@pytest.mark.parametrize("address", ["omong-kosong://x", "tgram://kurang", "", "json://"])
def test_an_address_that_is_none_is_told_and_never_tried_again(sender: Sender, address: str) -> None:
    assert not understands(address)
    assert sender.send("salah", address, "a", "b") == Outcome("failed", "bad_address", again=False)


def test_an_address_never_reaches_the_log(
    receiver: PretendReceiver, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 403
    with caplog.at_level(logging.INFO):
        sender.send("rahasia", receiver.channel.replace("//", "//u:SANGAT-RAHASIA@"), "a", "b")
        understands("tgram://SANGAT-RAHASIA")
    assert "SANGAT-RAHASIA" not in caplog.text

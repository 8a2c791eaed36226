"""The couriers of flags: they look when something changed, one of many sends, and a bad receiver holds nobody up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from adapters.messages.channels import Channels, Webhook
from adapters.messages.pretend import PretendReceiver
from adapters.messages.sender import Sender
from adapters.messages.webhook import Poster
from app import messenger
from app.messenger import Postman, Watcher, channels_of
from app.settings import BadSettings, Settings
from hall.database import Database, sqlite_url
from hall.turn import position
from staffing.outbox import LEASE, take_message
from staffing.watch import Looked, watch
from tests.cast import BIMA, GALIH, SARI
from tests.clock import HandClock
from tests.live import free_port
from tests.staffing.tuesday import at, give
from tests.staffing.watching import HALL, STAGES, leave, lines, look, set_stages, sit, told

SECRET = "rahasia-bersama-" * 3
KOORDINATOR: dict[str, object] = {"stage": "coordinator", "after_minutes": 0, "channels": ["koordinator"]}


@pytest.fixture
def clock() -> HandClock:
    """Ten past eight: the grace time of an empty morning is over."""
    return HandClock(at("08:10"))


@pytest.fixture
def hall(contoh: Database) -> Database:
    """The small hall where only counter 1 stands empty."""
    set_stages(contoh, *STAGES)
    sit(contoh, "08:00", BIMA)
    sit(contoh, "08:00", GALIH)
    sit(contoh, "08:00", SARI, "4")
    return contoh


@pytest.fixture
def receiver() -> Iterator[PretendReceiver]:
    """The coordinator's gateway."""
    with PretendReceiver() as started:
        yield started


@pytest.fixture
def other_process(hall: Database) -> Iterator[Database]:
    """The same file, opened as another process would."""
    other = Database(sqlite_url(hall.path))
    yield other
    other.close()


def postman(db: Database, clock: HandClock, channels: Channels, *, read_s: float = 0.4) -> Postman:
    """A postman with little patience."""
    sender = Sender(connect_s=0.2, read_s=read_s, most_s=5.0)
    poster = Poster(connect_s=0.2, read_s=read_s, most_s=5.0)
    return Postman(db, clock, channels, "https://antre.example", sender=sender, poster=poster)


def deliver(*postmen: Postman) -> None:
    """Lets them carry all that is due and waits until they are back."""
    for one in postmen:
        one.step()
    for one in postmen:
        assert one.wait(10)


def only(receiver: PretendReceiver) -> Channels:
    return Channels({"koordinator": receiver.channel})


def test_an_empty_counter_becomes_one_message(hall: Database, clock: HandClock, receiver: PretendReceiver) -> None:
    give(hall, "08:05")
    watcher, post = Watcher(hall, clock), postman(hall, clock, only(receiver))
    watcher.step()
    deliver(post)
    deliver(post)
    clock.move(minutes=5)
    watcher.step()
    deliver(post)
    [came] = receiver.received
    assert came.body["title"] == "Loket kosong: Loket 1, Dinas Kependudukan dan Pencatatan Sipil"
    assert "1 orang menunggu" in came.body["message"]
    assert "https://antre.example/admin/contoh/bendera" in came.body["message"]
    assert told(hall) == [("coordinator", "koordinator", "sent")]


def test_two_processes_send_one_message(
    hall: Database, other_process: Database, clock: HandClock, receiver: PretendReceiver
) -> None:
    for db in (hall, other_process):
        Watcher(db, clock).step()
    deliver(*(postman(db, clock, only(receiver)) for db in (hall, other_process, hall)))
    assert len(receiver.received) == 1


def test_after_a_restart_nothing_is_sent_again(
    hall: Database, other_process: Database, clock: HandClock, receiver: PretendReceiver
) -> None:
    Watcher(hall, clock).step()
    deliver(postman(hall, clock, only(receiver)))
    Watcher(other_process, clock).step()
    deliver(postman(other_process, clock, only(receiver)))
    assert len(receiver.received) == 1


def test_a_refusing_receiver_gets_it_when_it_is_back(
    hall: Database, clock: HandClock, receiver: PretendReceiver
) -> None:
    receiver.status = 503
    Watcher(hall, clock).step()
    post = postman(hall, clock, only(receiver))
    deliver(post)
    deliver(post)
    assert (len(receiver.received), told(hall)) == (1, [("coordinator", "koordinator", "queued")])
    receiver.status = 200
    clock.move(seconds=15)
    deliver(post)
    assert (len(receiver.received), told(hall)) == (2, [("coordinator", "koordinator", "sent")])


def test_a_hanging_receiver_is_left_unknown_and_holds_no_other_channel_up(
    hall: Database, clock: HandClock, receiver: PretendReceiver
) -> None:
    stages = [KOORDINATOR, {"stage": "head", "after_minutes": 0, "channels": ["kadis"]}]
    set_stages(hall, *stages)
    Watcher(hall, clock).step()
    with PretendReceiver() as hangs:
        hangs.hanging = True
        channels = Channels({"koordinator": hangs.channel, "kadis": receiver.channel})
        post = postman(hall, clock, channels, read_s=3.0)
        begun = time.monotonic()
        post.step()
        receiver.wait_for(1)
        assert time.monotonic() - begun < 2.5, "the other channel did not wait for the one that hangs"
        assert post.wait(10)
    assert told(hall) == [("coordinator", "koordinator", "unknown"), ("head", "kadis", "sent")]


def test_a_process_that_dies_while_sending_leaves_it_unknown_to_the_next(
    hall: Database, other_process: Database, clock: HandClock, receiver: PretendReceiver
) -> None:
    Watcher(hall, clock).step()
    assert take_message(hall, HALL, now=clock.now()) is not None  # and then the power went
    post = postman(other_process, clock, only(receiver))
    deliver(post)
    clock.moment += LEASE
    deliver(post)
    assert told(hall) == [("coordinator", "koordinator", "unknown")]
    assert receiver.received == []


def test_a_counter_that_is_staffed_before_the_message_left_sends_none(
    hall: Database, clock: HandClock, receiver: PretendReceiver
) -> None:
    watcher, post = Watcher(hall, clock), postman(hall, clock, only(receiver))
    watcher.step()
    leave(hall, "08:10", "4")
    sit(hall, "08:10", SARI)
    watcher.heard(HALL, frozenset({"signed_in"}))
    watcher.step()
    deliver(post)
    assert receiver.received == []
    assert told(hall) == [("coordinator", "koordinator", "dropped")]


def test_a_channel_without_an_address_fails_at_once_and_is_seen(hall: Database, clock: HandClock) -> None:
    Watcher(hall, clock).step()
    deliver(postman(hall, clock, Channels()))
    [line] = lines(hall, "message_failed")
    assert line.data["fault"] == "no_such_channel"


def test_a_command_centre_hears_signed_steps_and_the_person_s_channel_its_message(
    hall: Database, clock: HandClock, receiver: PretendReceiver
) -> None:
    with PretendReceiver() as centre:
        channels = Channels(
            {"koordinator": receiver.channel},
            {"komando": Webhook("komando", centre.url, SECRET), "lain": Webhook("lain", centre.url, SECRET, ("lain",))},
        )
        watcher, post = Watcher(hall, clock), postman(hall, clock, channels)
        deliver(post)
        watcher.step()
        for _ in range(4):  # one at a time through each channel
            deliver(post)
        came = centre.wait_for(2)
        assert [c.body["event"] for c in came] == ["flag_raised", "flag_escalated"]
        assert [c.body["stage"] for c in came[1:]] == ["coordinator"]
        assert came[0].headers["x-antre-id"] == came[0].body["id"]
    assert len(receiver.received) == 1


def test_a_centre_that_was_away_hears_the_same_event_with_the_same_id(hall: Database, clock: HandClock) -> None:
    port = free_port()
    channels = Channels({}, {"komando": Webhook("komando", f"http://127.0.0.1:{port}/x", SECRET)})
    post = postman(hall, clock, channels)
    deliver(post)
    set_stages(hall, {"stage": "regent", "after_minutes": 500})
    Watcher(hall, clock).step()
    deliver(post)
    clock.move(seconds=15)
    with PretendReceiver(port) as centre:
        centre.status = 500
        deliver(post)
        centre.status = 200
        clock.move(seconds=60)
        deliver(post)
        first, second = centre.received
    assert first.body == second.body
    assert first.headers["x-antre-signature"] != second.headers["x-antre-signature"], "signed at its own time"


def test_the_watcher_looks_when_something_changed_and_not_all_the_time(
    hall: Database, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = Watcher(hall, clock)
    watcher.step()
    with hall.reading() as connection:
        before = position(connection, HALL)
    looks: list[str] = []

    def counted(db: Database, code: str, *, now: datetime) -> Looked:
        looks.append(code)
        return watch(db, code, now=now)

    monkeypatch.setattr(messenger, "watch", counted)
    watcher.step()
    watcher.step()
    assert looks == []
    assert not watcher.heard(HALL, frozenset({"ticket_issued", "slip_sent"}))
    assert watcher.heard(HALL, frozenset({"ticket_issued", "signed_in"}))
    watcher.step()
    assert looks == [HALL]
    clock.move(seconds=30)  # an absence may begin by the clock alone
    watcher.step()
    assert looks == [HALL, HALL]
    with hall.reading() as connection:
        assert position(connection, HALL) == before


def test_the_watcher_sees_who_left_at_another_process(
    hall: Database, other_process: Database, clock: HandClock
) -> None:
    watcher = Watcher(hall, clock)
    watcher.step()
    leave(other_process, "08:10", "3")
    clock.move(minutes=10)
    watcher.step()
    assert "3" in look(hall, "08:20")


def test_a_messages_file_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    assert channels_of(Settings()) == Channels()
    with pytest.raises(BadSettings, match="ANTRE_MESSAGES_FILE"):
        channels_of(Settings(messages_file=str(tmp_path / "nothing.toml")))

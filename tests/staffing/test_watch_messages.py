"""Messages about flags: stored before they are sent, one for a stage, quiet at night, and never told late or twice."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from hall.database import Database, sqlite_url
from hall.turn import position, turn
from staffing.outbox import (
    BACKOFF,
    LEASE,
    Message,
    follow_for_webhooks,
    line_of,
    queue_messages,
    report_message,
    take_message,
)
from staffing.watch import acknowledge, watch
from tests.cast import BIMA, GALIH, SARI
from tests.staffing.tuesday import at
from tests.staffing.watching import HALL, STAGES, lines, look, send_all, set_options, set_stages, sit, take_all, told

KOOR = "coordinator:koor"


@pytest.fixture
def hall(contoh: Database) -> Database:
    """The small hall with stages and channels, and somebody everywhere but at counters 1 and 4."""
    set_stages(contoh, *STAGES)
    sit(contoh, "08:00", BIMA)
    sit(contoh, "08:00", GALIH)
    return contoh


def first(db: Database, clock: str = "08:10") -> Message:
    """The message about counter 1, taken at that time."""
    look(db, clock)
    flag = look(db, clock)["1"]
    [mine] = [m for m in take_all(db, at(clock)) if m.flag == flag.id]
    return mine


def state_of(db: Database, counter: str = "1") -> list[str]:
    return [state for _, _, state in told(db, counter)]


def test_a_message_is_taken_by_one_and_sent_once(hall: Database) -> None:
    message = first(hall)
    assert state_of(hall) == ["sending"]
    assert take_message(hall, HALL, now=at("08:10")) is None
    report_message(hall, message, "sent", now=at("08:10"))
    assert state_of(hall) == ["sent"]
    assert take_all(hall, at("09:00")) == []
    [line] = lines(hall, "message_sent")
    assert (line.data["channel"], line.data["stage"], line.data["tries"]) == ("koordinator", "coordinator", 1)


def test_many_takers_at_the_same_moment_take_each_message_once(hall: Database) -> None:
    look(hall, "08:10")
    others = [hall, *(Database(sqlite_url(hall.path)) for _ in range(2))]
    taken: list[str] = []
    begin = threading.Barrier(len(others))

    def take(db: Database) -> None:
        begin.wait()
        while (message := take_message(db, HALL, now=at("08:10"))) is not None:
            taken.append(message.id)

    threads = [threading.Thread(target=take, args=(db,)) for db in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for db in others[1:]:
        db.close()
    assert len(taken) == len(set(taken)) == 2


def test_the_schema_itself_holds_one_message_for_a_stage_and_channel(hall: Database) -> None:
    flag = look(hall, "08:10")["1"]
    with pytest.raises(IntegrityError), turn(hall, HALL, at("08:11")) as t:
        queue_messages(t, flag.id, "coordinator", ["koordinator"], always=False)


def test_what_certainly_failed_is_tried_again_later_and_later_and_then_given_up(hall: Database) -> None:
    message = first(hall)
    moment = at("08:10")
    for wait in BACKOFF:
        report_message(hall, message, "failed", now=moment, fault="refused")
        assert take_message(hall, HALL, now=moment + timedelta(seconds=wait - 1)) is None
        moment += timedelta(seconds=wait)
        again = take_message(hall, HALL, now=moment)
        assert again is not None and again.tries == message.tries + 1
        message = again
    report_message(hall, message, "failed", now=moment, fault="refused")
    assert state_of(hall) == ["failed"]
    [line] = lines(hall, "message_failed")
    assert (line.data["tries"], line.data["fault"]) == (len(BACKOFF) + 1, "refused")
    assert take_all(hall, moment + timedelta(hours=2)) == []


def test_what_cannot_succeed_is_not_tried_again(hall: Database) -> None:
    report_message(hall, first(hall), "failed", now=at("08:10"), fault="no_such_channel", again=False)
    assert state_of(hall) == ["failed"]


def test_what_may_have_arrived_is_left_unknown_and_not_told_twice(hall: Database) -> None:
    report_message(hall, first(hall), "unknown", now=at("08:10"), fault="no_answer")
    assert take_all(hall, at("09:00")) == []
    assert state_of(hall) == ["unknown"]
    assert len(lines(hall, "message_left_unknown")) == 1


def test_a_process_that_died_while_sending_leaves_it_unknown(hall: Database) -> None:
    message = first(hall)
    later = at("08:10") + LEASE
    assert take_message(hall, HALL, now=later - timedelta(seconds=1)) is None
    assert state_of(hall) == ["sending"]
    assert take_message(hall, HALL, now=later) is None
    assert state_of(hall) == ["unknown"]
    report_message(hall, message, "sent", now=later)  # the one believed dead speaks after all
    assert state_of(hall) == ["unknown"]
    assert lines(hall, "message_sent") == []


def test_a_failed_message_whose_counter_is_staffed_meanwhile_is_not_sent_late(hall: Database) -> None:
    message = first(hall)
    sit(hall, "08:11", SARI)
    assert "1" not in look(hall, "08:11")
    report_message(hall, message, "failed", now=at("08:11"))
    assert state_of(hall) == ["dropped"]
    assert take_all(hall, at("08:30")) == []


def test_nothing_is_sent_in_quiet_hours_but_what_is_marked(hall: Database) -> None:
    set_options(hall, quiet_hours="08:00-09:45")
    look(hall, "08:10")
    look(hall, "08:25")
    look(hall, "08:55")
    assert send_all(hall, "09:30") == []
    look(hall, "09:40")
    assert send_all(hall, "09:41") == [("regent", "bupati")] * 2


def test_what_fell_into_quiet_hours_and_is_still_true_is_sent_at_their_end(hall: Database) -> None:
    set_options(hall, quiet_hours="08:00-09:00")
    look(hall, "08:10")
    sit(hall, "08:20", SARI)
    flag = look(hall, "08:26")["4"]
    assert send_all(hall, "08:59") == []
    sent = take_all(hall, at("09:00"))
    assert [(m.flag, m.event) for m in sent] == [(flag.id, "coordinator"), (flag.id, "head")]
    assert state_of(hall, "1") == ["dropped"]


def test_what_somebody_took_on_in_quiet_hours_is_not_sent_at_their_end(hall: Database) -> None:
    set_options(hall, quiet_hours="08:00-09:00")
    flag = look(hall, "08:10")["1"]
    acknowledge(hall, flag.id, "sudah diatur", actor=KOOR, now=at("08:30"))
    assert all(m.flag != flag.id for m in take_all(hall, at("09:00")))


def test_a_channel_that_is_busy_holds_nobody_else_up(hall: Database) -> None:
    look(hall, "08:10")
    look(hall, "08:25")
    busy = [("message", "koordinator")]
    one = take_message(hall, HALL, now=at("08:25"), besides=busy)
    assert one is not None and one.channel == "kadis"
    assert take_message(hall, HALL, now=at("08:25"), besides=[*busy, ("message", "kadis")]) is None


# ---- webhooks ----


def hear(db: Database, clock: str) -> list[tuple[str, str]]:
    """What the webhook is told at that time: (kind of line, counter)."""
    follow_for_webhooks(db, HALL, ["komando"], now=at(clock))
    heard = []
    for message in take_all(db, at(clock)):
        if message.kind == "webhook":
            with db.reading() as connection:
                line = line_of(connection, message)
            heard.append((line.kind, line.data["counter"]))
        report_message(db, message, "sent", now=at(clock))
    return heard


def test_a_webhook_hears_every_step_once_in_order(hall: Database) -> None:
    assert hear(hall, "08:00") == []
    look(hall, "08:10")
    assert sorted(hear(hall, "08:10")) == sorted(
        [("flag_raised", "1"), ("flag_raised", "4"), ("flag_escalated", "1"), ("flag_escalated", "4")]
    )
    sit(hall, "08:12", SARI)
    look(hall, "08:12")
    assert hear(hall, "08:12") == [("flag_cleared", "1")]
    assert hear(hall, "08:13") == []


def test_a_new_webhook_is_not_told_old_stories(hall: Database) -> None:
    look(hall, "08:10")
    assert hear(hall, "08:20") == []
    look(hall, "08:25")
    assert {kind for kind, _ in hear(hall, "08:25")} == {"flag_escalated"}


def test_following_without_news_writes_nothing(hall: Database) -> None:
    hear(hall, "08:00")
    look(hall, "08:10")
    hear(hall, "08:10")
    with hall.reading() as connection:
        before = position(connection, HALL)
    assert follow_for_webhooks(hall, HALL, ["komando"], now=at("08:11")) == 0
    assert follow_for_webhooks(hall, HALL, [], now=at("08:11")) == 0
    with hall.reading() as connection:
        assert position(connection, HALL) == before


def test_a_webhook_that_may_have_arrived_is_told_again_since_it_knows_the_id(hall: Database) -> None:
    follow_for_webhooks(hall, HALL, ["komando"], now=at("08:00"))
    look(hall, "08:10")
    follow_for_webhooks(hall, HALL, ["komando"], now=at("08:10"))
    webhooks = [m for m in take_all(hall, at("08:10")) if m.kind == "webhook"]
    report_message(hall, webhooks[0], "unknown", now=at("08:10"), fault="no_answer")
    again = take_message(hall, HALL, now=at("08:10") + timedelta(seconds=15))
    assert again is not None and (again.id, again.event, again.tries) == (webhooks[0].id, webhooks[0].event, 2)


def test_a_webhook_is_told_of_the_end_even_when_the_flag_is_down(hall: Database) -> None:
    follow_for_webhooks(hall, HALL, ["komando"], now=at("08:00"))
    look(hall, "08:10")
    sit(hall, "08:11", SARI)
    look(hall, "08:11")
    follow_for_webhooks(hall, HALL, ["komando"], now=at("08:11"))
    [cleared] = [m for m in take_all(hall, at("08:11")) if m.kind == "webhook" and "cleared" in kind_of(hall, m)]
    report_message(hall, cleared, "failed", now=at("08:11"), fault="http_500")
    assert take_message(hall, HALL, now=at("08:12")) is not None


def kind_of(db: Database, message: Message) -> str:
    with db.reading() as connection:
        return line_of(connection, message).kind


def test_stages_hold_on_postgresql_too(contoh_on_each: Database) -> None:
    set_stages(contoh_on_each, *STAGES)
    look(contoh_on_each, "08:10")
    watch(contoh_on_each, HALL, now=at("08:10"))
    follow_for_webhooks(contoh_on_each, HALL, ["komando"], now=at("08:10"))
    assert send_all(contoh_on_each, "08:10") == [("coordinator", "koordinator")] * 4
    look(contoh_on_each, "08:25")
    assert follow_for_webhooks(contoh_on_each, HALL, ["komando"], now=at("08:25")) == 4
    assert len(take_all(contoh_on_each, at("08:25"))) == 8

"""Presence at the counter: one officer one counter, pauses, consoles that fall silent, sessions left open overnight."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from app.verify import verify
from hall.database import Database, new_id
from hall.errors import Conflict, NotFound
from hall.journal import since
from hall.places import counters
from hall.turn import turn
from queueing import calling
from queueing import tickets as tk
from queueing.desks import desk
from queueing.issuing import issue
from staffing import presence
from staffing.facts import outages
from tests.cast import BIMA, CONSOLE, GALIH, KIOSK, SARI, TUESDAY_EVENING, TUESDAY_MORNING, wib

NOW = TUESDAY_MORNING
BEATS_MISSED = timedelta(seconds=31)


def sit(db: Database, counter: str = "1", nip: str = SARI.nip, *, at: datetime = NOW, **more: Any) -> presence.Session:
    return presence.sign_in(db, "contoh", counter, nip, actor=CONSOLE, now=at, **more)


def leave(db: Database, counter: str = "1", *, at: datetime = NOW) -> None:
    presence.sign_out(db, "contoh", counter, actor=CONSOLE, now=at)


def beat(db: Database, counter: str = "1", *, at: datetime) -> None:
    presence.heartbeat(db, "contoh", counter, actor=CONSOLE, now=at)


def look(db: Database, *, at: datetime) -> int:
    return presence.find_lost_consoles(db, "contoh", now=at)


def state(db: Database, counter: str = "1") -> str:
    with db.reading() as connection:
        seat = desk(connection, "contoh", counter)
    return seat.state if seat else "never"


def kinds(db: Database) -> list[str]:
    with db.reading() as connection:
        return [line.kind for line in since(connection, "contoh", 0) if line.kind != "hall_set_up"]


def down(db: Database) -> list[tuple[datetime, datetime | None]]:
    with db.reading() as connection:
        query = select(outages.c.start, outages.c.end).where(outages.c.what == "counter:1").order_by(outages.c.start)
        return [(row.start, row.end) for row in connection.execute(query)]


def at_counter(db: Database, counter: str = "1", service: str = "ktp", *, at: datetime = NOW) -> str:
    """A citizen called to a counter."""
    issue(db, "contoh", service, actor=KIOSK, now=at, history=True)
    ticket = calling.call(db, "contoh", counter, actor=CONSOLE, now=at)
    assert ticket is not None
    return str(ticket["id"])


def test_an_officer_may_sign_in_at_any_hour(contoh_on_each: Database) -> None:
    for at in (wib("2026-03-03", "04:00"), TUESDAY_EVENING, wib("2026-03-08", "10:00")):
        sit(contoh_on_each, at=at)
        assert state(contoh_on_each) == "open"
        leave(contoh_on_each, at=at)
        assert state(contoh_on_each) == "closed"


def test_one_counter_has_one_officer(contoh: Database) -> None:
    sit(contoh)
    with pytest.raises(Conflict) as refused:
        sit(contoh, nip=BIMA.nip)
    assert refused.value.code == "counter_taken"
    assert kinds(contoh).count("signed_in") == 1


def test_one_officer_sits_at_one_counter(contoh: Database) -> None:
    sit(contoh)
    with pytest.raises(Conflict) as refused:
        sit(contoh, "2")
    assert refused.value.code == "officer_elsewhere"
    assert refused.value.extra["counter"] == "1"
    leave(contoh)
    sit(contoh, "2")


def test_the_database_itself_holds_both_promises(contoh_on_each: Database) -> None:
    sit(contoh_on_each)
    for counter, officer in (("1", BIMA.nip), ("2", SARI.nip)):
        with pytest.raises(IntegrityError), contoh_on_each.writing("contoh") as connection:
            connection.execute(
                insert(presence.sessions).values(
                    id=new_id(), hall="contoh", counter=counter, officer=officer, start=NOW, beats=False
                )
            )


def test_signing_in_again_at_the_same_counter_changes_nothing(contoh: Database) -> None:
    first = sit(contoh)
    again = sit(contoh, at=NOW + timedelta(minutes=9))
    assert (again.id, again.start) == (first.id, first.start)
    assert kinds(contoh) == ["signed_in"]


def test_unknown_people_and_counters_are_refused(contoh: Database) -> None:
    for counter, nip, code in (("1", "197001011990011001", "unknown_officer"), ("99", SARI.nip, "unknown_counter")):
        with pytest.raises(NotFound) as refused:
            sit(contoh, counter, nip)
        assert refused.value.code == code


def test_nothing_is_done_at_a_counter_where_nobody_sits(contoh: Database) -> None:
    for act in (
        lambda: leave(contoh),
        lambda: beat(contoh, at=NOW),
        lambda: presence.pause(contoh, "contoh", "1", "Rapat", actor=CONSOLE, now=NOW),
        lambda: presence.unpause(contoh, "contoh", "1", actor=CONSOLE, now=NOW),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "not_signed_in"


def test_an_officer_does_not_leave_a_citizen_standing(contoh: Database) -> None:
    sit(contoh)
    ticket = at_counter(contoh)
    for act in (lambda: leave(contoh), lambda: presence.pause(contoh, "contoh", "1", "Salat", actor=CONSOLE, now=NOW)):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "still_serving"
    calling.hold(contoh, ticket, actor=CONSOLE, now=NOW)
    leave(contoh)


def test_a_pause_has_a_reason_a_start_and_an_end(contoh: Database) -> None:
    session = sit(contoh)
    noon = NOW + timedelta(hours=3)
    presence.pause(contoh, "contoh", "1", "Makan siang", actor=CONSOLE, now=noon)
    assert state(contoh) == "paused"
    with contoh.reading() as connection:
        assert presence.open_pause(connection, session.id) == (noon, "Makan siang")
    with pytest.raises(Conflict) as refused:
        presence.pause(contoh, "contoh", "1", "Rapat", actor=CONSOLE, now=noon)
    assert refused.value.code == "already_paused"
    presence.unpause(contoh, "contoh", "1", actor=CONSOLE, now=noon + timedelta(minutes=30))
    assert state(contoh) == "open"
    with pytest.raises(Conflict) as refused:
        presence.unpause(contoh, "contoh", "1", actor=CONSOLE, now=noon + timedelta(minutes=31))
    assert refused.value.code == "not_paused"


def test_leaving_while_paused_ends_the_pause(contoh: Database) -> None:
    session = sit(contoh)
    presence.pause(contoh, "contoh", "1", "Salat", actor=CONSOLE, now=NOW)
    leave(contoh, at=NOW + timedelta(minutes=4))
    with contoh.reading() as connection:
        assert presence.open_pause(connection, session.id) is None
        assert presence.open_sessions(connection, "contoh") == []


def test_a_beating_console_is_not_lost(contoh: Database) -> None:
    sit(contoh)
    for seconds in range(0, 120, 5):
        beat(contoh, at=NOW + timedelta(seconds=seconds))
        assert look(contoh, at=NOW + timedelta(seconds=seconds + 5)) == 0
    assert kinds(contoh) == ["signed_in"]  # heartbeats leave no line


def test_a_silent_console_is_down_since_its_last_beat_and_once(contoh_on_each: Database) -> None:
    db = contoh_on_each
    sit(db)
    last = NOW + timedelta(minutes=10)
    beat(db, at=last)
    assert look(db, at=last + BEATS_MISSED) == 1
    assert state(db) == "lost"
    assert down(db) == [(last, None)]
    assert look(db, at=last + timedelta(minutes=5)) == 0
    assert kinds(db) == ["signed_in", "outage_began"]


def test_a_beat_ends_the_outage_and_the_session_goes_on(contoh: Database) -> None:
    session = sit(contoh)
    assert look(contoh, at=NOW + BEATS_MISSED) == 1
    back = NOW + timedelta(minutes=3)
    beat(contoh, at=back)
    assert state(contoh) == "open"
    assert down(contoh) == [(NOW, back)]
    assert kinds(contoh) == ["signed_in", "outage_began", "outage_ended"]
    with contoh.reading() as connection:
        assert presence.open_sessions(connection, "contoh")[0].id == session.id


def test_a_console_lost_during_a_pause_comes_back_paused(contoh: Database) -> None:
    sit(contoh)
    presence.pause(contoh, "contoh", "1", "Salat", actor=CONSOLE, now=NOW)
    look(contoh, at=NOW + BEATS_MISSED)
    assert state(contoh) == "lost"
    beat(contoh, at=NOW + timedelta(minutes=2))
    assert state(contoh) == "paused"


def test_signing_in_again_after_a_crash_ends_the_outage(contoh: Database) -> None:
    sit(contoh)
    look(contoh, at=NOW + BEATS_MISSED)
    sit(contoh, at=NOW + timedelta(minutes=6))
    assert state(contoh) == "open"
    assert down(contoh) == [(NOW, NOW + timedelta(minutes=6))]


def test_leaving_ends_the_outage_too(contoh: Database) -> None:
    sit(contoh)
    look(contoh, at=NOW + BEATS_MISSED)
    leave(contoh, at=NOW + timedelta(minutes=6))
    assert down(contoh) == [(NOW, NOW + timedelta(minutes=6))]


def test_a_session_that_promised_no_beats_is_never_lost(contoh: Database) -> None:
    sit(contoh, beats=False)
    assert look(contoh, at=NOW + timedelta(hours=3)) == 0


def test_a_session_left_open_overnight_ends_at_midnight(contoh_on_each: Database) -> None:
    db = contoh_on_each
    sit(db, at=TUESDAY_EVENING)
    sit(db, "3", GALIH.nip, at=TUESDAY_EVENING)
    midnight = wib("2026-03-04", "00:00")
    assert presence.end_day(db, "contoh", now=midnight - timedelta(seconds=1)) == 0
    assert presence.end_day(db, "contoh", now=midnight + timedelta(hours=6)) == 2
    assert presence.end_day(db, "contoh", now=midnight + timedelta(hours=6)) == 0
    with db.reading() as connection:
        ended = connection.execute(select(presence.sessions.c.end)).scalars().all()
        lines = since(connection, "contoh", 0, kinds=("signed_out",))
    assert ended == [midnight, midnight]
    assert [(line.at, line.data["how"], line.actor) for line in lines] == [(midnight, "day_ended", "system")] * 2


def test_the_next_officer_signs_in_even_if_nobody_closed_yesterday(contoh: Database) -> None:
    sit(contoh, at=TUESDAY_EVENING)
    sit(contoh, nip=BIMA.nip, at=wib("2026-03-04", "07:45"))
    with contoh.reading() as connection:
        assert [s.officer for s in presence.open_sessions(connection, "contoh")] == [BIMA.nip]


def test_a_session_over_midnight_ends_when_its_officer_last_did_something(contoh: Database) -> None:
    sit(contoh, at=TUESDAY_EVENING)
    sit(contoh, "3", GALIH.nip, at=TUESDAY_EVENING)
    ticket = at_counter(contoh, "3", "pkb", at=TUESDAY_EVENING)
    paused, recalled = wib("2026-03-04", "00:01"), wib("2026-03-04", "00:02")
    presence.pause(contoh, "contoh", "1", "ke belakang", actor=CONSOLE, now=paused)
    calling.recall(contoh, ticket, actor=CONSOLE, now=recalled)
    assert presence.end_day(contoh, "contoh", now=wib("2026-03-04", "00:05")) == 2
    with contoh.reading() as connection:
        ended = dict(connection.execute(select(presence.sessions.c.counter, presence.sessions.c.end)).all())
        assert connection.execute(select(presence.pauses.c.end)).scalar_one() == paused
        assert tk.find_ticket(connection, ticket).ended_at == recalled
    assert ended == {"1": paused, "3": recalled}
    assert verify(contoh) == []  # nothing ends before it began, no ticket goes back in time


def test_a_counter_that_is_no_more_lets_its_officer_go(contoh: Database) -> None:
    sit(contoh)
    ticket = at_counter(contoh)
    with turn(contoh, "contoh", NOW) as t:
        t.connection.execute(update(counters).where(counters.c.code == "1").values(active=False))
        t.set_up_changed()
    later = NOW + timedelta(minutes=1)
    assert presence.end_day(contoh, "contoh", now=later) == 1
    assert presence.end_day(contoh, "contoh", now=later) == 0
    assert sit(contoh, "2", at=later).counter == "2"  # not "you are still signed in" at a counter nobody can leave
    with contoh.reading() as connection:
        assert tk.find_ticket(connection, ticket).state == tk.NO_SHOW  # in the list from which it is called again
        told = since(connection, "contoh", 0, kinds=("signed_out",))
    assert [(line.at, line.data["how"]) for line in told] == [(later, "counter_retired")]


def test_history_that_is_carried_in_signs_nobody_out_who_sits_there_now(contoh: Database) -> None:
    sit(contoh)
    sit(contoh, "3", GALIH.nip, at=NOW - timedelta(days=7))
    leave(contoh, "3", at=NOW - timedelta(days=7))
    assert state(contoh) == "open"
    with contoh.reading() as connection:
        assert [s.officer for s in presence.open_sessions(connection, "contoh")] == [SARI.nip]


@pytest.mark.parametrize(("served", "ends_as"), [(True, tk.FINISHED), (False, tk.NO_SHOW)])
def test_a_ticket_left_overnight_ends_and_blocks_nobody(contoh: Database, served: bool, ends_as: str) -> None:
    sit(contoh)
    ticket = at_counter(contoh)
    if served:
        calling.start(contoh, ticket, actor=CONSOLE, now=NOW)
    morning = wib("2026-03-04", "07:45")
    sit(contoh, nip=BIMA.nip, at=morning)
    with contoh.reading() as connection:
        left = tk.find_ticket(connection, ticket)
    assert (left.state, left.ended_at) == (ends_as, wib("2026-03-04", "00:00"))
    issue(contoh, "contoh", "ktp", actor=KIOSK, now=morning, history=True)
    assert calling.call(contoh, "contoh", "1", actor=CONSOLE, now=morning) is not None

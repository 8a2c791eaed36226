"""Attendance is kept as it was told: once, in any order, for whoever it is, and it corrects itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hall.database import Database
from hall.errors import Conflict, Invalid, NotFound, NotSignedIn
from hall.journal import since
from hall.people import officers
from staffing import deliveries, facts, machines, source_keys
from staffing.attendance import (
    Told,
    adopt_known,
    assign_pin,
    covered,
    deliver,
    pins_of,
    strangers,
)
from tests.cast import BIMA, SARI, TUESDAY_AFTERNOON, TUESDAY_MORNING, wib

AT, LATER = TUESDAY_MORNING, TUESDAY_AFTERNOON
NEWCOMER = "200001012024032001"


def tell(db: Database, *told: tuple[str, datetime], machine: str = "M1", now: datetime = LATER) -> tuple[int, ...]:
    """A delivery of the source of contoh; (new, again, strangers)."""
    taken = deliver(
        db, "contoh", "bkd", [Told(*one) for one in told], machine=machine, actor=f"machine:{machine}", now=now
    )
    return taken.new, taken.again, taken.strangers


def punches(db: Database) -> list[tuple[str, datetime]]:
    table = facts.punches
    with db.reading() as connection:
        query = select(table.c.officer, table.c.at).where(table.c.hall == "contoh").order_by(table.c.at)
        return [(row.officer, row.at) for row in connection.execute(query)]


def kinds(db: Database) -> list[str]:
    with db.reading() as connection:
        return [line.kind for line in since(connection, "contoh", 0)][1:]


def aside(db: Database) -> list[tuple[str, int]]:
    with db.reading() as connection:
        return [(one.who, one.readings) for one in strangers(connection, "contoh")]


def meanwhile(db: Database, monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Lets ``act`` go before the next who writes, who has looked already."""
    real = db.writing

    def writing(*hall: str, **how: Any) -> AbstractContextManager[Any]:
        monkeypatch.setattr(db, "writing", real)
        act()
        return real(*hall, **how)

    monkeypatch.setattr(db, "writing", writing)


def test_a_resent_batch_counts_once_on_each_engine(contoh_on_each: Database) -> None:
    db = contoh_on_each
    batch = [(SARI.nip, AT), (SARI.nip, AT + timedelta(hours=2)), (BIMA.nip, AT)]
    assert tell(db, *batch) == (3, 0, 0)
    assert tell(db, *batch, *batch) == (0, 6, 0)
    assert tell(db, batch[2], (BIMA.nip, AT - timedelta(hours=1))) == (1, 1, 0)
    assert len(punches(db)) == 4
    assert kinds(db) == ["punches_recorded", "punches_recorded"]  # nothing new, no line


def test_a_line_of_the_journal_carries_the_punches_of_one_business_date(contoh: Database) -> None:
    midnight = wib("2026-03-03", "00:00")
    tell(contoh, (SARI.nip, midnight), (SARI.nip, midnight - timedelta(seconds=1)), (BIMA.nip, AT))
    with contoh.reading() as connection:
        lines = since(connection, "contoh", 1)
    assert [(line.data["date"], len(line.data["punches"]), line.at) for line in lines] == [
        ("2026-03-02", 1, midnight - timedelta(seconds=1)),
        ("2026-03-03", 2, midnight),
    ]


def test_two_machines_that_saw_somebody_in_the_same_second_saw_one_punch(contoh: Database) -> None:
    tell(contoh, (SARI.nip, AT), machine="M1")
    assert tell(contoh, (SARI.nip, AT), machine="M2") == (1, 0, 0)
    assert punches(contoh) == [(SARI.nip, AT)]


def test_a_pin_means_whom_its_own_machine_says(contoh: Database) -> None:
    assign_pin(contoh, "contoh", "bkd", "M1", "7", SARI.nip, actor="x", now=AT)
    assign_pin(contoh, "contoh", "bkd", "M2", "7", BIMA.nip, actor="x", now=AT)
    tell(contoh, ("7", AT), machine="M1")
    tell(contoh, ("7", AT + timedelta(minutes=1)), machine="M2")
    assert tell(contoh, ("7", AT), machine="M3") == (0, 0, 1)
    assert punches(contoh) == [(SARI.nip, AT), (BIMA.nip, AT + timedelta(minutes=1))]


def test_a_stranger_is_kept_aside_listed_and_adopted_with_a_pin(contoh: Database) -> None:
    assert tell(contoh, ("7", AT), ("7", LATER)) == (0, 0, 2)
    assert tell(contoh, ("7", AT)) == (0, 1, 0)
    assert (punches(contoh), aside(contoh)) == ([], [("7", 2)])
    assert assign_pin(contoh, "contoh", "bkd", "M1", "7", SARI.nip, actor="x", now=LATER) == 2
    assert (punches(contoh), aside(contoh)) == ([(SARI.nip, AT), (SARI.nip, LATER)], [])
    assert kinds(contoh) == ["strangers_kept", "pin_assigned", "punches_recorded"]


def test_a_pin_given_to_the_wrong_officer_takes_its_punches_along_when_it_is_put_right(
    contoh_on_each: Database,
) -> None:
    contoh = contoh_on_each
    assign_pin(contoh, "contoh", "bkd", "M1", "7", BIMA.nip, actor="x", now=AT)
    tell(contoh, ("7", AT), ("7", LATER), (BIMA.nip, AT))
    assert assign_pin(contoh, "contoh", "bkd", "M1", "7", SARI.nip, actor="x", now=LATER) == 2
    # Bima was really there at AT: another reading tells so
    assert sorted(punches(contoh)) == sorted([(SARI.nip, AT), (SARI.nip, LATER), (BIMA.nip, AT)])
    assert assign_pin(contoh, "contoh", "bkd", "M1", "7", None, actor="x", now=LATER) == 2
    assert (punches(contoh), aside(contoh)) == ([(BIMA.nip, AT)], [("7", 2)])
    with contoh.reading() as connection:
        assert pins_of(connection, "contoh") == []
    assert "punches_withdrawn" in kinds(contoh)


def test_who_becomes_an_officer_later_gets_what_was_told_before(contoh: Database) -> None:
    tell(contoh, (NEWCOMER, AT))
    assert adopt_known(contoh, "contoh", actor="system", now=LATER) == 0
    with contoh.writing("contoh") as connection:
        row = {"hall": "contoh", "nip": NEWCOMER, "name": "Baru Rekaan", "agency": "dukcapil", "status": "pns"}
        connection.execute(officers.insert().values(**row, active=True))
    assert adopt_known(contoh, "contoh", actor="system", now=LATER) == 1
    assert adopt_known(contoh, "contoh", actor="system", now=LATER) == 0
    assert (punches(contoh), aside(contoh)) == ([(NEWCOMER, AT)], [])


def test_a_delivery_that_cannot_be_meant_is_refused_whole(contoh: Database) -> None:
    for who, at, code in (
        ("7", LATER + timedelta(days=2), "bad_time"),
        ("7", wib("1999-12-31", "08:00"), "bad_time"),
        ("7; drop", AT, "bad_who"),
        ("", AT, "bad_who"),
        ("1" * 25, AT, "bad_who"),
    ):
        with pytest.raises(Invalid) as refused:
            tell(contoh, (SARI.nip, AT), (who, at))
        assert refused.value.code == code
    with pytest.raises(NotFound):
        deliver(contoh, "contoh", "nowhere", [Told(SARI.nip, AT)], actor="x", now=LATER)
    assert (punches(contoh), kinds(contoh)) == ([], [])


def test_a_source_says_until_when_it_has_delivered_and_never_the_future(contoh: Database) -> None:
    for until in (AT, AT - timedelta(hours=1)):
        deliver(contoh, "contoh", "bkd", [], covered_until=until, actor="x", now=LATER)
    with contoh.reading() as connection:
        assert covered(connection, "contoh") == {"bkd": AT}
    assert kinds(contoh) == ["source_covered"]
    with pytest.raises(Invalid):
        deliver(contoh, "contoh", "bkd", [], covered_until=LATER + timedelta(hours=1), actor="x", now=LATER)


# ---- raw bodies ----


def test_a_body_is_kept_once_however_often_it_is_resent_before_it_was_read(contoh_on_each: Database) -> None:
    contoh = contoh_on_each
    keep = {"source": "bkd", "machine": "M1", "actor": "machine:M1"}
    first = deliveries.keep(contoh, "contoh", "attlog", b"7\t...", now=AT, **keep)  # type: ignore[arg-type]
    assert deliveries.keep(contoh, "contoh", "attlog", b"7\t...", now=LATER, **keep) == first  # type: ignore[arg-type]
    with contoh.reading() as connection:
        kept = deliveries.find_delivery(connection, "contoh", first)
        assert (kept.body, kept.times, kept.state) == (b"7\t...", 2, "kept")
        assert deliveries.unread(connection, "contoh", LATER + timedelta(minutes=1)) == 1
    deliver(contoh, "contoh", "bkd", [Told(SARI.nip, AT)], delivery=first, actor="x", now=LATER)
    with contoh.reading() as connection:
        kept = deliveries.find_delivery(connection, "contoh", first)
    assert (kept.state, kept.result) == (
        "done",
        {"told": 1, "new": 1, "again": 0, "strangers": 0, "faulty": 0, "faults": []},
    )


def test_a_fault_while_recording_leaves_the_body_and_no_half_of_the_batch(contoh: Database) -> None:
    body = deliveries.keep(contoh, "contoh", "attlog", b"x", source="bkd", machine="M1", actor="x", now=AT)
    with contoh.writing("contoh") as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE INSERT ON punches BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"
        )
    with pytest.raises(Exception, match="disk I/O error"):
        deliver(contoh, "contoh", "bkd", [Told(SARI.nip, AT)], delivery=body, actor="x", now=AT)
    with contoh.writing("contoh") as connection:
        connection.exec_driver_sql("DROP TRIGGER broken")
    with contoh.reading() as connection:
        assert deliveries.find_delivery(connection, "contoh", body).state == "kept"
    assert (kinds(contoh), punches(contoh)) == ([], [])
    assert tell(contoh, (SARI.nip, AT)) == (1, 0, 0)


def test_bodies_are_forgotten_after_their_time(contoh: Database) -> None:
    old = deliveries.keep(contoh, "contoh", "attlog", b"old", machine="M1", actor="x", now=AT)
    upload = deliveries.keep(contoh, "contoh", "list", b"list", actor="x", now=AT, pending=True)
    assert deliveries.forget_old(contoh, "contoh", AT + timedelta(hours=23)) == 0
    assert deliveries.forget_old(contoh, "contoh", AT + timedelta(days=2)) == 1
    with contoh.reading() as connection, pytest.raises(NotFound):
        deliveries.find_delivery(connection, "contoh", upload)
    assert deliveries.forget_old(contoh, "contoh", AT + timedelta(days=31)) == 1
    with contoh.reading() as connection, pytest.raises(NotFound):
        deliveries.find_delivery(connection, "contoh", old)
    with pytest.raises(Invalid):
        deliveries.keep(contoh, "contoh", "attlog", bytes(deliveries.LARGEST_BATCH + 1), actor="x", now=AT)


def test_a_body_that_comes_again_while_the_old_are_forgotten_stays(
    contoh_on_each: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    contoh, late = contoh_on_each, AT + timedelta(days=2)

    def keep(body: bytes, now: datetime) -> str:
        return deliveries.keep(contoh, "contoh", "list", body, actor="x", now=now, pending=True)

    again, read, old = keep(b"again", AT), keep(b"read", AT), keep(b"old", AT)

    def act() -> None:
        assert keep(b"again", late) == again
        deliver(contoh, "contoh", "bkd", [Told(SARI.nip, AT)], delivery=read, actor="x", now=late)

    meanwhile(contoh, monkeypatch, act)
    assert deliveries.forget_old(contoh, "contoh", late) == 1
    with contoh.reading() as connection:
        assert deliveries.find_delivery(connection, "contoh", again).received == late
        assert deliveries.find_delivery(connection, "contoh", read).state == "done"
        with pytest.raises(NotFound):
            deliveries.find_delivery(connection, "contoh", old)


def test_a_list_that_is_confirmed_twice_at_once_keeps_what_the_first_press_did(contoh: Database) -> None:
    body = deliveries.keep(contoh, "contoh", "list", b"x", actor="x", now=AT, pending=True)
    for _ in range(2):
        deliver(contoh, "contoh", "bkd", [Told(SARI.nip, AT)], delivery=body, actor="x", now=AT)
    with contoh.reading() as connection:
        assert (deliveries.find_delivery(connection, "contoh", body).result or {})["new"] == 1


# ---- machines ----


@pytest.fixture
def listed(contoh: Database) -> Database:
    """contoh with the listed machine M1."""
    machines.list_machine(contoh, "contoh", "M1", source="bkd", name="Lobi", actor="x", now=AT)
    return contoh


def look(db: Database) -> machines.Machine:
    with db.reading() as connection:
        found = machines.find_machine(connection, "contoh", "M1")
    assert found is not None
    return found


def keep_in_contact(db: Database, start: datetime, minutes: int) -> datetime:
    """The machine asks once a minute; returns the last time."""
    for minute in range(minutes + 1):
        machines.note_contact(db, "contoh", "M1", now=start + timedelta(minutes=minute))
    return start + timedelta(minutes=minutes)


def test_unbroken_contact_moves_delivered_until_and_silence_does_not(listed: Database) -> None:
    last = keep_in_contact(listed, AT, 16)
    assert look(listed).delivered_until == last - machines.SETTLED
    with listed.reading() as connection:
        assert covered(connection, "contoh")["bkd"] == AT + timedelta(minutes=10)
    after = keep_in_contact(listed, LATER, 4)  # hours of silence in between: what waited has not come yet
    assert look(listed).delivered_until == last - machines.SETTLED
    assert look(listed).contact_since == LATER
    machines.note_contact(listed, "contoh", "M1", now=after + timedelta(minutes=1))
    assert look(listed).delivered_until == LATER


def test_a_source_has_delivered_as_far_as_its_slowest_machine(listed: Database) -> None:
    machines.list_machine(listed, "contoh", "M2", source="bkd", name="", actor="x", now=AT)
    keep_in_contact(listed, AT, 30)
    with listed.reading() as connection:
        assert covered(connection, "contoh") == {}
    machines.unlist_machine(listed, "contoh", "M2", actor="x", now=AT)
    keep_in_contact(listed, AT + timedelta(minutes=31), 1)
    with listed.reading() as connection:
        assert covered(connection, "contoh")["bkd"] == AT + timedelta(minutes=26)


def test_a_clock_that_is_ahead_is_told_once_and_again_when_it_is_right(listed: Database) -> None:
    machines.note_clock(listed, "contoh", "M1", AT + timedelta(minutes=9), now=AT)
    machines.note_clock(listed, "contoh", "M1", AT + timedelta(minutes=9, seconds=20), now=AT)
    assert look(listed).clock_off == 540
    last = keep_in_contact(listed, AT, 6)
    machines.note_clock(listed, "contoh", "M1", last - timedelta(seconds=3), now=last)
    assert look(listed).clock_off is None
    assert [kind for kind in kinds(listed) if "clock" in kind] == ["machine_clock_wrong", "machine_clock_right"]


def test_a_wrong_clock_is_told_once_by_two_batches_at_once(listed: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = AT + timedelta(minutes=9)
    meanwhile(listed, monkeypatch, lambda: machines.note_clock(listed, "contoh", "M1", ahead, now=AT))
    machines.note_clock(listed, "contoh", "M1", ahead, now=AT)
    assert kinds(listed).count("machine_clock_wrong") == 1


def test_a_punch_that_waited_is_no_clock_that_is_behind_unless_the_machine_was_there_all_the_while(
    listed: Database,
) -> None:
    machines.note_clock(listed, "contoh", "M1", AT - timedelta(minutes=20), now=AT)
    assert look(listed).clock_off is None
    last = keep_in_contact(listed, AT, 6)
    machines.note_clock(listed, "contoh", "M1", last - timedelta(minutes=20), now=last)
    assert look(listed).clock_off == -1200


def test_unlisted_machines_are_remembered_counted_and_bounded(contoh: Database) -> None:
    for minute in range(3):
        machines.note_unlisted(contoh, "contoh", "X0", now=AT + timedelta(minutes=minute))
    for number in range(1, 80):
        machines.note_unlisted(contoh, "contoh", f"X{number}", now=AT)
    with contoh.reading() as connection:
        told = machines.unlisted_of(connection, "contoh")
    assert len(told) == machines.MOST_UNLISTED
    assert (told[0].serial, told[0].tries) == ("X0", 3)
    assert kinds(contoh).count("machine_refused") == machines.MOST_UNLISTED


def test_a_machine_that_moves_to_another_source_says_nothing_of_it_yet(listed: Database) -> None:
    keep_in_contact(listed, AT, 6)
    machines.unlist_machine(listed, "contoh", "M1", actor="x", now=LATER)
    machines.list_machine(listed, "contoh", "M1", source="bkd", name="Lobi", actor="x", now=LATER)
    assert look(listed).delivered_until is None
    with pytest.raises(NotFound):
        machines.unlist_machine(listed, "contoh", "M9", actor="x", now=LATER)
    with pytest.raises(Invalid):
        machines.list_machine(listed, "contoh", "M 1", source="bkd", name="", actor="x", now=LATER)


def test_a_machine_that_moves_while_it_is_heard_begins_its_contact_anew(
    listed: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move() -> None:
        machines.unlist_machine(listed, "contoh", "M1", actor="x", now=late)
        machines.list_machine(listed, "contoh", "M1", source="bkd", name="", actor="x", now=late)

    late = keep_in_contact(listed, AT, 6) + timedelta(minutes=1)
    meanwhile(listed, monkeypatch, move)
    machines.note_contact(listed, "contoh", "M1", now=late)
    assert (look(listed).contact_since, look(listed).delivered_until) == (late, None)


# ---- keys ----


def test_a_signature_is_good_for_its_body_its_time_and_once(contoh: Database) -> None:
    key, secret = source_keys.new_source_key(contoh, "contoh", "bkd", only=False, actor="x", now=AT)
    body, stamp = b'{"a": 1}', str(int(AT.timestamp()))
    good = source_keys.sign(secret, stamp, body)
    with contoh.reading() as connection:
        assert source_keys.verify(connection, key, stamp, good, body, now=AT).source == "bkd"
        for wrong in (
            (key, stamp, good, body + b" "), (key, str(int(stamp) + 1), good, body), ("other", stamp, good, body),
            (key, stamp, "", body), (key, stamp, "ñ", body),
        ):  # fmt: skip
            with pytest.raises(NotSignedIn) as refused:
                source_keys.verify(connection, *wrong, now=AT)
            assert refused.value.code == "bad_signature"
        for now in (AT + timedelta(minutes=5, seconds=1), AT - timedelta(minutes=5, seconds=1)):
            with pytest.raises(NotSignedIn) as refused:
                source_keys.verify(connection, key, stamp, good, body, now=now)
            assert refused.value.code == "signature_expired"
    told = [Told(SARI.nip, AT)]
    deliver(contoh, "contoh", "bkd", told, signature=good, actor="x", now=AT)
    with pytest.raises(Conflict):
        deliver(contoh, "contoh", "bkd", told, signature=good.upper(), actor="x", now=AT)


def test_a_refused_request_leaves_its_signature_unused(contoh: Database) -> None:
    with pytest.raises(Invalid):
        deliver(contoh, "contoh", "bkd", [Told("!", AT)], signature="ab" * 32, actor="x", now=AT)
    assert deliver(contoh, "contoh", "bkd", [Told(SARI.nip, AT)], signature="ab" * 32, actor="x", now=AT).new == 1


def test_a_new_key_leaves_the_older_one_good_unless_it_is_to_be_the_only_one(contoh: Database) -> None:
    make = {"actor": "x", "now": AT}
    first, _ = source_keys.new_source_key(contoh, "contoh", "bkd", only=False, **make)  # type: ignore[arg-type]
    second, _ = source_keys.new_source_key(contoh, "contoh", "bkd", only=False, **make)  # type: ignore[arg-type]
    with contoh.reading() as connection:
        assert {key.id for key in source_keys.living_keys(connection, "contoh")} == {first, second}
    third, _ = source_keys.new_source_key(contoh, "contoh", "bkd", only=True, **make)  # type: ignore[arg-type]
    with contoh.reading() as connection:
        assert [key.id for key in source_keys.living_keys(connection, "contoh")] == [third]

"""Attendance is kept as it was told: once, in any order, for whoever it is, and it corrects itself."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from hall.database import Database
from hall.errors import Conflict, Invalid, NotFound, NotSignedIn
from hall.journal import since
from hall.people import officers
from staffing import deliveries, facts, source_keys
from staffing.attendance import Told, covered, deliver
from staffing.pins import adopt_known, assign_pin, pins_of, strangers
from tests.cast import BIMA, SARI, TUESDAY_AFTERNOON, TUESDAY_MORNING, wib
from tests.staffing.beside import kinds, meanwhile

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


def aside(db: Database) -> list[tuple[str, int]]:
    with db.reading() as connection:
        return [(one.who, one.readings) for one in strangers(connection, "contoh")]


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

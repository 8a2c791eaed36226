"""A number for a citizen: right, unique in its day, and nothing at all when refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from hall.database import Database, metadata
from hall.errors import Refusal
from hall.hallfile import read_hall_file
from hall.journal import since
from hall.places import halls, places
from hall.setup import StaffTables, load_hall
from hall.turn import batch, turn
from queueing import calling, day_end
from queueing.issuing import issue
from queueing.slips import print_jobs
from queueing.tickets import find_by_secret, find_ticket, tickets
from staffing import facts, presence
from tests.cast import (
    BIMA,
    CONSOLE,
    CONTOH_FILE,
    GALIH,
    KIOSK,
    SARI,
    SUNDAY_MORNING,
    TUESDAY,
    TUESDAY_EVENING,
    TUESDAY_LUNCH,
    TUESDAY_MORNING,
    WEDNESDAY_MORNING,
    wib,
)

NOW = TUESDAY_MORNING


def take(
    db: Database, service: str = "ktp", now: datetime = NOW, *, hall: str = "contoh", confirm: bool = True, **more: Any
) -> dict[str, Any]:
    return issue(db, hall, service, actor=KIOSK, now=now, confirm=confirm, **more)


def code_of(db: Database, service: str = "ktp", now: datetime = NOW, **more: Any) -> str | None:
    """The code a request is refused with, or None for a number."""
    try:
        take(db, service, now, **more)
    except Refusal as refused:
        return refused.code
    return None


def everything(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    with db.reading() as connection:
        return {t.name: [tuple(row) for row in connection.execute(select(t))] for t in metadata.sorted_tables}


def set_options(db: Database, **changes: Any) -> None:
    with turn(db, "contoh", NOW) as t:
        stored = t.connection.execute(select(halls.c.options)).scalar_one()
        t.connection.execute(update(halls).values(options=stored | changes))
        t.set_up_changed()


def load_with(db: Database, folder: Path, *edits: tuple[str, str]) -> Database:
    """The small hall, its file edited."""
    text = CONTOH_FILE.read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    (folder / "edited.toml").write_text(text)
    tables = StaffTables(facts.roster, facts.posts)
    load_hall(db, read_hall_file(folder / "edited.toml"), tables, actor="system", now=wib("2026-03-01", "06:00"))
    return db


# what is given


def test_the_answer_says_everything_the_contract_promises(contoh_on_each: Database) -> None:
    presence.sign_in(contoh_on_each, "contoh", "1", SARI.nip, actor=CONSOLE, now=NOW)
    first = take(contoh_on_each, confirm=False)
    assert first | {"id": "", "status_url": ""} == {
        "id": "",
        "number": "A-001",
        "service": "ktp",
        "agency": "dukcapil",
        "business_date": "2026-03-03",
        "issued_at": "2026-03-03T09:00:00+07:00",
        "state": "waiting",
        "ahead": 0,
        "estimate": {"low": 0, "high": 5},
        "serving_now": 1,
        "status_url": "",
        "slip": {"state": "none"},
    }
    with contoh_on_each.reading() as connection:
        ticket = find_by_secret(connection, first["status_url"].removeprefix("/t/"))
        assert ticket == find_ticket(connection, first["id"])
        line = since(connection, "contoh", ticket.place - 1)[0]
    assert (line.kind, line.subject, line.actor, line.at) == ("ticket_issued", first["id"], KIOSK, NOW)
    assert line.data == {"number": "A-001", "service": "ktp", "agency": "dukcapil", "priority": None}
    second = take(contoh_on_each, confirm=False)
    assert (second["number"], second["ahead"], second["estimate"]) == ("A-002", 1, {"low": 5, "high": 45})  # 24 +- 17


def test_nobody_serving_gives_a_number_without_an_estimate(contoh: Database) -> None:
    answer = take(contoh)
    assert (answer["estimate"], answer["serving_now"]) == (None, 0)


def test_each_prefix_counts_by_itself(contoh: Database) -> None:
    numbers = [take(contoh, service)["number"] for service in ("ktp", "pkb", "ktp", "pkb", "ktp")]
    assert numbers == ["A-001", "B-001", "A-002", "B-002", "A-003"]


def test_services_of_an_agency_that_share_a_prefix_share_its_numbers(blora: Database) -> None:
    given = [
        issue(blora, "blora", service, actor=KIOSK, now=NOW, confirm=True)["number"]
        for service in ("ktp", "kk", "ktp", "kia", "pkb")
    ]
    assert [number[2:] for number in given] == ["001", "002", "003", "004", "001"]
    assert len({number[0] for number in given[:4]}) == 1 != given[4][0]


def test_a_cancelled_number_is_not_given_again(contoh: Database) -> None:
    first = take(contoh)
    calling.cancel(contoh, first["id"], actor=CONSOLE, now=NOW)
    assert take(contoh)["number"] == "A-002"


def test_numbers_go_on_after_the_last_one_with_all_digits(contoh: Database) -> None:
    set_options(contoh, number_digits=2)
    take(contoh)
    with contoh.writing("contoh") as connection:
        connection.execute(update(tickets).values(number=99, label="A-99"))
    contoh.memory.clear()
    assert take(contoh)["number"] == "A-100"


def test_priority_people_stand_before_the_others(contoh: Database) -> None:
    for _ in range(3):
        take(contoh)
    assert take(contoh, priority="pregnant")["ahead"] == 0
    assert take(contoh, priority="elderly")["ahead"] == 1
    assert take(contoh)["ahead"] == 5
    assert code_of(contoh, priority="minister") == "unknown_priority"


# whose day


@pytest.mark.parametrize("zone", ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
def test_the_day_changes_at_midnight_of_the_hall_and_who_waits_expires_then(
    db: Database, tmp_path: Path, zone: str
) -> None:
    load_with(db, tmp_path, ("Asia/Jakarta", zone))
    midnight = datetime.combine(date(2026, 3, 4), time(), ZoneInfo(zone)).astimezone(UTC)
    late = take(db, now=midnight - timedelta(seconds=1), history=True)
    held = take(db, now=midnight - timedelta(microseconds=1), history=True)
    early = take(db, now=midnight, history=True)
    assert [t["business_date"] for t in (late, held, early)] == ["2026-03-03", "2026-03-03", "2026-03-04"]
    assert [t["number"] for t in (late, held, early)] == ["A-001", "A-002", "A-001"]
    with db.reading() as connection:
        gone = find_ticket(connection, late["id"])
        assert (gone.state, gone.ended_at, gone.waited) == ("expired", midnight, 1_000_000)
        assert find_ticket(connection, early["id"]).state == "waiting"
        expired = since(connection, "contoh", 0, kinds=("ticket_expired",))
    assert [(line.subject, line.at) for line in expired] == [(late["id"], midnight), (held["id"], midnight)]


def test_a_hall_that_slept_for_days_expires_each_ticket_at_its_own_midnight(contoh: Database) -> None:
    with batch(contoh, "contoh", NOW):
        given = [take(contoh, now=wib(day, "10:00"), history=True) for day in ("2026-03-02", "2026-03-03")]
    take(contoh, now=wib("2026-03-06", "10:00"), history=True)
    with contoh.reading() as connection:
        ended = [find_ticket(connection, t["id"]).ended_at for t in given]
    assert ended == [wib("2026-03-03", "00:00"), wib("2026-03-04", "00:00")]


def test_tickets_of_another_day_do_not_stand_in_todays_line(contoh: Database) -> None:
    """History may be carried in while today's line is already there."""
    monday = wib("2026-03-02", "10:00")
    today = take(contoh)
    with batch(contoh, "contoh", NOW):
        old = take(contoh, now=monday, history=True)
        presence.sign_in(contoh, "contoh", "2", BIMA.nip, actor=CONSOLE, now=monday, beats=False)
        then = calling.call(contoh, "contoh", "2", actor=CONSOLE, now=monday)
    assert (old["number"], old["ahead"], old["business_date"]) == ("A-001", 0, "2026-03-02")
    assert then is not None and then["id"] == old["id"]  # though today's ticket was issued before it
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=NOW)
    called = calling.call(contoh, "contoh", "1", actor=CONSOLE, now=NOW)
    assert called is not None and called["id"] == today["id"]


def test_a_ticket_still_at_a_counter_after_midnight_goes_into_no_line(contoh: Database) -> None:
    late, later = wib(TUESDAY, "23:50"), wib("2026-03-04", "00:10")
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=late, beats=False)
    first, second = (take(contoh, now=late, history=True) for _ in range(2))
    calling.call(contoh, "contoh", "1", actor=CONSOLE, now=late)
    calling.transfer(contoh, first["id"], service="pkb", back=True, actor=CONSOLE, now=late)
    presence.sign_in(contoh, "contoh", "3", GALIH.nip, actor=CONSOLE, now=late, beats=False)
    for counter, ticket in (("3", first), ("1", second)):
        called = calling.call(contoh, "contoh", counter, actor=CONSOLE, now=late)
        assert called is not None and called["id"] == ticket["id"]
        calling.start(contoh, ticket["id"], actor=CONSOLE, now=late)
    for into_no_line in (partial(calling.transfer, service="pkb"), calling.hold):
        with pytest.raises(Refusal) as refused:
            into_no_line(contoh, second["id"], actor=CONSOLE, now=later)
        assert refused.value.code == "day_ended"
    assert calling.finish(contoh, second["id"], actor=CONSOLE, now=later)["state"] == "finished"
    assert calling.finish(contoh, first["id"], actor=CONSOLE, now=later)["state"] == "finished"  # no way back any more


def test_a_held_ticket_of_yesterday_expires_too(contoh: Database) -> None:
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=NOW)
    ticket = take(contoh)
    calling.call(contoh, "contoh", "1", actor=CONSOLE, now=NOW)
    calling.hold(contoh, ticket["id"], actor=CONSOLE, now=NOW)
    assert day_end.end_old_days(contoh, "contoh", now=TUESDAY_EVENING) == 0
    assert day_end.end_old_days(contoh, "contoh", now=WEDNESDAY_MORNING) == 1
    assert day_end.end_old_days(contoh, "contoh", now=WEDNESDAY_MORNING) == 0
    with contoh.reading() as connection:
        assert find_ticket(connection, ticket["id"]).state == "expired"


# refusals


@pytest.mark.parametrize(
    ("hall", "service", "more", "code"),
    [
        ("tiada", "ktp", {}, "unknown_hall"),
        ("contoh", "paspor", {}, "unknown_service"),
        ("contoh", "", {}, "unknown_service"),
        ("contoh", "ktp", {"priority": "minister"}, "unknown_priority"),
        ("contoh", "ktp", {"key": "x" * 200}, "bad_key"),
        ("contoh", "ktp", {"key": "used"}, "key_reused"),
        ("contoh", "ktp", {"confirm": False}, "unstaffed_needs_confirmation"),
        ("contoh", "ktp", {"now": TUESDAY_EVENING}, "closed"),
        ("contoh", "ktp", {"now": TUESDAY_LUNCH}, "closed"),
        ("contoh", "ktp", {"now": SUNDAY_MORNING}, "closed"),
        ("contoh", "ktp", {"now": wib("2026-03-05", "10:00")}, "closed"),
        ("contoh", "kia", {}, "quota_reached"),
    ],
)
def test_whoever_is_refused_leaves_no_trace(
    db: Database, tmp_path: Path, hall: str, service: str, more: dict[str, Any], code: str
) -> None:
    kia = '[[service]]\ncode = "kia"\nagency = "samsat"\nname = "Kartu anak"\nprefix = "C"\nminutes = 5\nquota = 1\n\n'
    first = '[[counter]]\ncode = "1"'
    load_with(db, tmp_path, ('services = ["pkb"]', 'services = ["pkb", "kia"]'), (first, kia + first))
    take(db, "pkb", key="used")
    take(db, "kia")
    before = everything(db)
    with pytest.raises(Refusal) as refused:
        take(db, service, **({"hall": hall} | more))
    assert refused.value.code == code
    assert everything(db) == before
    assert take(db, "pkb")["number"] == "B-002"  # and the line goes on


def test_a_quota_is_given_out_to_the_last_number_and_no_further(contoh: Database) -> None:
    with ThreadPoolExecutor(8) as crowd:
        codes = list(crowd.map(lambda _: code_of(contoh, "pkb"), range(70)))
    assert (codes.count(None), codes.count("quota_reached")) == (60, 10)


def test_who_cancels_gives_the_place_in_the_quota_back(contoh: Database) -> None:
    given = [take(contoh, "pkb") for _ in range(60)]
    assert code_of(contoh, "pkb") == "quota_reached"
    calling.cancel(contoh, given[5]["id"], actor=CONSOLE, now=NOW)
    assert take(contoh, "pkb")["number"] == "B-061"
    assert code_of(contoh, "pkb") == "quota_reached"
    assert take(contoh, "pkb", now=WEDNESDAY_MORNING)["number"] == "B-001"


def test_history_is_not_refused_by_hours_or_quota_or_capacity(contoh: Database) -> None:
    set_options(contoh, capacity="stop")
    numbers = [take(contoh, "pkb", now=TUESDAY_EVENING, history=True, confirm=False)["number"] for _ in range(62)]
    assert numbers[-1] == "B-062"
    assert code_of(contoh, "paspor", history=True) == "unknown_service"


def test_the_line_fills_the_rest_of_the_day_first_as_a_warning_then_for_good(contoh: Database) -> None:
    half_past_two = wib(TUESDAY, "14:30")
    presence.sign_in(contoh, "contoh", "1", SARI.nip, actor=CONSOLE, now=half_past_two)
    assert [code_of(contoh, now=half_past_two, confirm=False) for _ in range(2)] == [None, None]  # 30 min: 2 x 12
    with pytest.raises(Refusal) as refused:
        take(contoh, now=half_past_two, confirm=False)
    assert (refused.value.code, refused.value.extra["waiting"]) == ("capacity_needs_confirmation", 2)
    presence.sign_in(contoh, "contoh", "2", BIMA.nip, actor=CONSOLE, now=half_past_two)
    assert code_of(contoh, now=half_past_two, confirm=False) == "capacity_needs_confirmation"  # 2 closes at noon
    assert code_of(contoh, now=half_past_two) is None
    set_options(contoh, capacity="stop")
    assert code_of(contoh, now=half_past_two) == "capacity_reached"
    set_options(contoh, capacity="off")
    assert code_of(contoh, now=half_past_two, confirm=False) is None


def test_a_counter_in_a_pause_serves_nobody_at_the_moment(contoh: Database) -> None:
    presence.sign_in(contoh, "contoh", "3", GALIH.nip, actor=CONSOLE, now=NOW)
    assert code_of(contoh, "pkb", confirm=False) is None
    presence.pause(contoh, "contoh", "3", "salat", actor=CONSOLE, now=NOW)
    assert code_of(contoh, "pkb", confirm=False) == "unstaffed_needs_confirmation"
    presence.unpause(contoh, "contoh", "3", actor=CONSOLE, now=NOW)
    assert code_of(contoh, "pkb", confirm=False) is None


def test_no_two_tickets_have_the_same_secret_and_none_can_be_guessed_from_another(contoh: Database) -> None:
    secrets = [take(contoh)["status_url"] for _ in range(100)]
    assert len(set(secrets)) == 100
    assert all(len(secret) == len("/t/") + 16 for secret in secrets)


# paper


def test_the_slip_goes_to_the_printer_of_the_kiosk_in_the_same_turn(db: Database, tmp_path: Path) -> None:
    printers = "".join(
        f'[[printer]]\ncode = "{code}"\nkind = "network"\naddress = "127.0.0.1:9"\nwidth_mm = 80\nkiosk = "{kiosk}"\n\n'
        for code, kiosk in (("p1", "k1"), ("p2", ""))
    )
    load_with(db, tmp_path, ("[[holiday]]", printers + "[[holiday]]"))
    for kiosk in ("k1", "k2", None):
        assert take(db, kiosk=kiosk)["slip"] == {"state": "queued"}
    with db.reading() as connection:
        jobs = connection.execute(select(print_jobs).order_by(print_jobs.c.id)).all()
        assert places(db, connection, "contoh").printers.keys() == {"p1", "p2"}
    assert [(job.printer, job.copy, job.state) for job in jobs] == [
        ("p1", 0, "queued"), ("p2", 0, "queued"), ("p2", 0, "queued"),
    ]  # fmt: skip
    assert jobs[0].facts["number"] == "A-001" and jobs[0].facts["zone"] == "Asia/Jakarta"
    assert "officer" not in str(jobs[0].facts)

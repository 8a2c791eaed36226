"""A day's numbers: against values counted by hand, and the tickets table against the journal."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import update

from app.replay import replay as carry_in
from hall.database import Database
from hall.errors import NotFound
from hall.places import places
from queueing import calling, day_end
from queueing import tickets as tk
from queueing.history import lines_of_day, replay
from queueing.issuing import issue
from queueing.slips import print_jobs
from queueing.standing import from_history, line_at
from queueing.statistics import Numbers, agree, day_numbers, day_numbers_from_journal, days_with_tickets, read_tickets
from staffing import presence
from tests.cast import CONSOLE, CONTOH_DAY, GALIH, KIOSK, SARI, TUESDAY, Person, wib
from tests.queueing.random_day import RandomDay

DAY = date(2026, 3, 3)


def at(clock: str) -> datetime:
    return wib(TUESDAY, clock)


def sit(db: Database, person: Person, clock: str = "08:00") -> None:
    presence.sign_in(db, "contoh", person.counter, person.nip, actor=CONSOLE, now=at(clock), beats=False)


def give(db: Database, clock: str, service: str = "ktp") -> str:
    return str(issue(db, "contoh", service, actor=KIOSK, now=at(clock), history=True)["id"])


def call(db: Database, counter: str, clock: str) -> str:
    called = calling.call(db, "contoh", counter, actor=CONSOLE, now=at(clock))
    assert called is not None
    return str(called["id"])


def serve(db: Database, counter: str, called: str, started: str, ended: str) -> str:
    ticket = call(db, counter, called)
    calling.start(db, ticket, actor=CONSOLE, now=at(started))
    calling.finish(db, ticket, actor=CONSOLE, now=at(ended))
    return ticket


def test_the_written_day_has_the_numbers_counted_by_hand(contoh: Database) -> None:
    with Path(CONTOH_DAY).open(encoding="utf-8") as lines:
        assert carry_in(contoh, "contoh", lines).refused == []
    found = day_numbers(contoh, "contoh", DAY)
    # t1: taken 08.05, called 08.06, served 08.06.30 to 08.15; s1: taken 08.30, called 11.32, served 11.33 to 11.45
    assert found.services["ktp"] == Numbers(1, 1, 1, 0, 0, 0, 0, 0, 0, 1.0, 1.0, 1.0, 8.5, at("08:06"))
    assert found.services["pkb"] == Numbers(1, 1, 1, 0, 0, 0, 0, 0, 0, 182.0, 182.0, 182.0, 12.0, at("11:32"))
    assert found.total == Numbers(2, 2, 2, 0, 0, 0, 0, 0, 0, 91.5, 91.5, 182.0, 10.25, at("08:06"))
    assert found.agencies == {"dukcapil": found.services["ktp"], "samsat": found.services["pkb"]}
    assert set(found.counters) == {"1", "3"}
    assert (found.counters["1"].issued, found.counters["1"].served) == (None, 1)


def test_every_end_is_counted_apart_and_all_of_them_make_up_what_was_issued(contoh: Database) -> None:
    sit(contoh, SARI)
    for minute in range(8):
        give(contoh, f"08:0{minute}")
    serve(contoh, "1", "08:10", "08:11", "08:20")
    calling.no_show(contoh, call(contoh, "1", "08:21"), actor=CONSOLE, now=at("08:25"))
    calling.hold(contoh, call(contoh, "1", "08:26"), actor=CONSOLE, now=at("08:27"))
    calling.cancel(contoh, call(contoh, "1", "08:28"), actor=CONSOLE, now=at("08:29"))
    call(contoh, "1", "08:30")
    found = day_numbers(contoh, "contoh", DAY).total
    assert (found.issued, found.called, found.served, found.no_show, found.cancelled) == (8, 5, 1, 1, 1)
    assert (found.held, found.at_counter, found.waiting, found.expired) == (1, 1, 3, 0)
    day_end.close_day(contoh, "contoh", actor=CONSOLE, now=at("15:30"))
    after = day_numbers(contoh, "contoh", DAY).total
    assert (after.waiting, after.held, after.expired) == (0, 0, 4)
    assert after.issued == after.served + after.no_show + after.cancelled + after.expired + after.at_counter


def test_the_ninth_of_ten_waits_is_the_ninetieth_percentile(contoh: Database) -> None:
    sit(contoh, SARI)
    for _ in range(10):
        give(contoh, "08:00")
    for nr in range(1, 11):  # waits of 1 to 10 minutes
        ticket = call(contoh, "1", f"08:{nr:02}")
        calling.no_show(contoh, ticket, actor=CONSOLE, now=at(f"08:{nr:02}"))
    found = day_numbers(contoh, "contoh", DAY).total
    assert (found.wait_mean, found.wait_median, found.wait_p90) == (5.5, 5.5, 9.0)
    assert found.handling_mean is None


def test_a_day_without_a_ticket_has_noughts_and_no_means(contoh: Database) -> None:
    found = day_numbers(contoh, "contoh", date(2026, 3, 4))
    assert (found.total.issued, found.total.wait_mean, found.total.first_call) == (0, None, None)
    assert found.services == found.agencies == found.counters == {}


def test_after_a_transfer_the_service_that_took_the_number_issued_it_and_the_other_served_it(contoh: Database) -> None:
    sit(contoh, SARI)
    sit(contoh, GALIH)
    give(contoh, "08:00")
    ticket = call(contoh, "1", "08:10")
    calling.transfer(contoh, ticket, service="pkb", actor=CONSOLE, now=at("08:15"))
    serve(contoh, "3", "08:20", "08:20", "08:30")
    found = day_numbers(contoh, "contoh", DAY)
    assert (found.services["ktp"].issued, found.services["ktp"].served) == (1, 0)
    assert (found.services["pkb"].issued, found.services["pkb"].served) == (0, 1)
    assert found.services["pkb"].wait_mean == 15.0  # ten for the first line, five for the second
    assert found.services["ktp"].first_call == at("08:10")  # although the ticket itself forgot that call
    assert found.counters["1"].first_call == at("08:10")
    assert found == day_numbers_from_journal(contoh, "contoh", DAY)


def test_what_happens_after_midnight_still_belongs_to_the_day_of_the_number(contoh: Database) -> None:
    sit(contoh, SARI, "22:00")
    give(contoh, "23:50")
    give(contoh, "23:51")
    call(contoh, "1", "23:58")
    day_end.end_old_days(contoh, "contoh", now=wib("2026-03-04", "05:00"))
    presence.end_day(contoh, "contoh", now=wib("2026-03-04", "05:00"))
    found = day_numbers(contoh, "contoh", DAY)
    assert (found.total.issued, found.total.no_show, found.total.expired) == (2, 1, 1)
    assert found == day_numbers_from_journal(contoh, "contoh", DAY)
    assert agree(contoh, "contoh", DAY) == []
    assert day_numbers(contoh, "contoh", date(2026, 3, 4)).total.issued == 0


@pytest.mark.parametrize("seed", range(4))
def test_table_and_journal_agree_at_every_step_of_a_random_day(contoh: Database, seed: int) -> None:
    day = RandomDay(contoh, Random(seed))
    for minute in range(0, 8 * 60, 4):
        now = at("07:50") + timedelta(minutes=minute)
        day.do_something(now)
        with contoh.reading() as connection:
            place = places(contoh, connection, "contoh")
            stored = line_at(connection, place, now)
            told = from_history(replay(lines_of_day(connection, "contoh", place.zone, DAY, until=now)), DAY, now)
        key = repr
        assert sorted(stored.waiting, key=key) == sorted(told.waiting, key=key)
        assert (stored.live, stored.issued, stored.left) == (told.live, told.issued, told.left)
        assert {s: m for s, m in stored.served_waits.items() if m} == {s: m for s, m in told.served_waits.items() if m}
        assert stored.last_call == told.last_call
        free = {c: t for c, t in told.freed.items() if c not in told.live}
        assert {c: t for c, t in stored.freed.items() if c not in stored.live} == free
    assert agree(contoh, "contoh", DAY) == []
    assert day_numbers(contoh, "contoh", DAY) == day_numbers_from_journal(contoh, "contoh", DAY)
    assert sum(day.done.values()) > 60


def test_the_numbers_are_the_same_on_both_engines(contoh_on_each: Database) -> None:
    sit(contoh_on_each, SARI)
    give(contoh_on_each, "08:00")
    give(contoh_on_each, "08:02")
    serve(contoh_on_each, "1", "08:05", "08:06", "08:12")
    found = day_numbers(contoh_on_each, "contoh", DAY)
    assert (found.total.issued, found.total.wait_mean, found.total.handling_mean) == (2, 5.0, 6.0)
    assert agree(contoh_on_each, "contoh", DAY) == []
    with contoh_on_each.reading() as connection:
        line = line_at(connection, places(contoh_on_each, connection, "contoh"), at("08:30"))
    assert (len(line.waiting), line.served_waits["ktp"], line.issued["ktp"][0]) == (1, 5 * 60_000_000, 2)


def test_a_changed_ticket_is_named_with_what_the_journal_says(contoh: Database) -> None:
    sit(contoh, SARI)
    give(contoh, "08:00")
    ticket = serve(contoh, "1", "08:05", "08:06", "08:12")
    with contoh.writing("contoh") as connection:
        connection.execute(update(tk.tickets).where(tk.tickets.c.id == ticket).values(state="no_show", waited=0))
    found = agree(contoh, "contoh", DAY)
    assert len(found) == 2
    assert all("A-001" in sentence and ticket in sentence for sentence in found)
    assert any("state is no_show in the table, finished by the journal" in sentence for sentence in found)


def test_a_ticket_that_only_one_side_knows_is_named(contoh: Database) -> None:
    kept, lost = give(contoh, "08:00"), give(contoh, "08:01")
    with contoh.writing("contoh") as connection:
        connection.execute(print_jobs.delete())
        connection.execute(tk.tickets.delete().where(tk.tickets.c.id == lost))
    assert [kept in s or lost in s for s in agree(contoh, "contoh", DAY)] == [True]
    with contoh.reading() as connection:
        assert [ticket.id for ticket in read_tickets(connection, "contoh", DAY)] == [kept]


def test_the_days_with_tickets_are_listed_oldest_first(contoh: Database) -> None:
    give(contoh, "08:00")
    issue(contoh, "contoh", "ktp", actor=KIOSK, now=wib("2026-03-06", "08:00"), history=True)
    assert days_with_tickets(contoh, "contoh") == [DAY, date(2026, 3, 6)]


def test_an_unknown_hall_is_refused(contoh: Database) -> None:
    with pytest.raises(NotFound, match="unknown_hall"):
        day_numbers(contoh, "lain", DAY)
    with pytest.raises(NotFound, match="unknown_hall"):
        agree(contoh, "lain", DAY)

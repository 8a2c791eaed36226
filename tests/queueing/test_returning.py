"""A ticket sent on with return: where it comes back to when the hall has changed meanwhile."""

from __future__ import annotations

from dataclasses import replace

from hall.database import Database
from hall.setup import StaffTables, load_hall
from queueing import calling
from queueing.issuing import issue
from staffing import facts, presence
from tests.cast import BIMA, CONSOLE, CONTOH_FILE, GALIH, KIOSK, SARI, SYSTEM, TUESDAY_MORNING
from tests.conftest import hall_file

NOW = TUESDAY_MORNING


def test_a_ticket_does_not_return_to_a_counter_that_is_no_more(contoh: Database) -> None:
    for officer in (SARI, BIMA, GALIH):
        presence.sign_in(contoh, "contoh", officer.counter, officer.nip, actor=CONSOLE, now=NOW)
    ticket = issue(contoh, "contoh", "ktp", actor=KIOSK, now=NOW)["id"]
    calling.call(contoh, "contoh", "1", actor=CONSOLE, now=NOW)
    calling.transfer(contoh, ticket, service="pkb", back=True, actor=CONSOLE, now=NOW)
    calling.call(contoh, "contoh", "3", actor=CONSOLE, now=NOW)
    calling.start(contoh, ticket, actor=CONSOLE, now=NOW)
    file = hall_file(CONTOH_FILE)
    others = tuple(counter for counter in file.counters if counter.code != "1")
    roster = tuple(line for line in file.roster if line.counter != "1")
    smaller = replace(file, counters=others, roster=roster)
    load_hall(contoh, smaller, StaffTables(facts.roster, facts.posts), actor=SYSTEM, now=NOW)
    back = calling.finish(contoh, ticket, actor=CONSOLE, now=NOW)
    assert (back["state"], back["service"], back["only_counter"]) == ("waiting", "ktp", None)
    called = calling.call(contoh, "contoh", "2", actor=CONSOLE, now=NOW)
    assert called is not None and called["id"] == ticket  # nobody waits where nobody ever calls

"""A Tuesday morning in the hall of Blora with every state a counter can be in, made by the verbs themselves."""

from __future__ import annotations

from datetime import datetime, timedelta

from hall.database import Database
from hall.turn import batch
from queueing import calling, slips
from queueing.issuing import issue
from staffing import facts, presence
from tests.cast import (
    AYU,
    BAMBU,
    CONSOLE,
    DAHLIA,
    JATI,
    KIOSK,
    MELATI,
    RANDU,
    SEKAR,
    SYSTEM,
    TUESDAY,
    wib,
)

QUARTER_TO_TEN = wib(TUESDAY, "09:45")
BPN, BANK, PLN, TAX = "198602222009111001", "2018110907", "9214031801", "199111112014102001"

CAME = {"nib": 6, "ktp": 11, "pkb": 14, "akta-lahir": 4, "skck": 9, "cek-sertipikat": 3, "paspor": 5, "npwp": 2}


def spend(db: Database) -> datetime:
    """Lets the morning happen until 09.45 and returns that moment.

    Serving: 1, 3. Ready: 2, 17, 19; idle while people wait: 13. Paused: 4; beyond the allowance, so empty: 5. Signed
    out, so empty: 7; within the grace time: 8. Never there: 6 (its post is unfilled), 9 and 15 (agency not open), 10,
    11, 12, 14. Console lost: 16. Closed for a stated reason: 18. Printer kios-1 is out of paper.
    """
    with batch(db, "blora", QUARTER_TO_TEN):  # counter by counter, not in the order of time
        _happen(db)
    return QUARTER_TO_TEN


def _happen(db: Database) -> None:
    for clock, person in (("07:50", MELATI), ("07:55", JATI), ("07:58", BAMBU), ("07:59", SEKAR), ("08:01", AYU)):
        _sit(db, clock, person.counter, person.nip)
    _sit(db, "08:05", RANDU.counter, RANDU.nip)
    _sit(db, "08:10", DAHLIA.counter, DAHLIA.nip)
    _sit(db, "08:00", "13", BPN)
    _sit(db, "08:00", "19", BANK)
    _sit(db, "08:00", "17", PLN)
    _sit(db, "08:00", "16", TAX, beats=True)
    why = "pindah sementara ke kantor pusat"
    facts.record_closure(db, "blora", "counter:18", at("08:00"), at("12:00"), why, actor=SYSTEM, now=at("07:30"))
    for nr, (service, people) in enumerate(CAME.items()):
        for i in range(people):
            taken = at("08:02") + timedelta(minutes=7 * i + nr)
            issue(db, "blora", service, actor=KIOSK, now=taken, history=True)
    serve(db, "3", "08:20", "08:31")
    serve(db, "7", "08:22", "08:40")
    serve(db, "13", "08:25", "09:10")
    presence.sign_out(db, "blora", "7", actor=CONSOLE, now=at("09:03"))
    presence.pause(db, "blora", "5", "ke belakang", actor=CONSOLE, now=at("09:05"))
    presence.pause(db, "blora", "4", "ibadah", actor=CONSOLE, now=at("09:37"))
    presence.sign_out(db, "blora", "8", actor=CONSOLE, now=at("09:41"))
    calling.call(db, "blora", "1", actor=CONSOLE, now=at("09:40"))
    called = calling.call(db, "blora", "3", actor=CONSOLE, now=at("09:30"))
    assert called is not None
    calling.start(db, called["id"], actor=CONSOLE, now=at("09:31"))
    serve(db, "2", "09:41", "09:44")
    presence.find_lost_consoles(db, "blora", now=at("09:20"))
    slips.note_printer(db, "blora", "kios-1", "trouble", "paper_end", now=at("09:38"))


def at(clock: str) -> datetime:
    """That time of the Tuesday."""
    return wib(TUESDAY, clock)


def _sit(db: Database, clock: str, counter: str, nip: str, *, beats: bool = False) -> None:
    presence.sign_in(db, "blora", counter, nip, actor=CONSOLE, now=at(clock), beats=beats)


def serve(db: Database, counter: str, start: str, end: str) -> None:
    """One citizen called and served."""
    called = calling.call(db, "blora", counter, actor=CONSOLE, now=at(start))
    assert called is not None
    calling.start(db, called["id"], actor=CONSOLE, now=at(start) + timedelta(seconds=30))
    calling.finish(db, called["id"], actor=CONSOLE, now=at(end))

"""A hall of sixty counters with a year behind it, rows and journal as the verbs would have left them."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta
from secrets import token_urlsafe
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, select

from hall.database import MICROSECOND, Database, new_id
from hall.hallfile import read_hall_file
from hall.journal import journal
from hall.places import Places, places
from hall.schema import migrate
from hall.setup import StaffTables, load_hall
from hall.turn import turns
from queueing import tickets as tk
from staffing.facts import absences, coverage, outages, posts, punches, roster
from staffing.presence import pauses, sessions

HALL = "besar"
AGENCIES, COUNTERS, SERVICES = 12, 60, 24
TICKETS = 500  # a day
CROWD = 500
WAITS = (1, 1, 2, 2, 3, 3, 4, 5, 9, 20)  # minutes: most people are called soon, some are not
ZONE = ZoneInfo("Asia/Jakarta")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def hall_text() -> str:
    """The hall file: weekdays 8 to 15 with a break, each eighth counter without an officer, two agencies rosterless."""
    parts = [f'[hall]\ncode = "{HALL}"\nname = "Balai Besar"\nregency = "Kabupaten Uji"\nzone = "Asia/Jakarta"\n']
    parts += ['[[attendance_source]]\ncode = "bkd"\nname = "BKD"\n']
    for nr in range(AGENCIES):
        keeps = "true" if nr >= 2 else "false"
        parts.append(f'[[agency]]\ncode = "a{nr}"\nname = "Dinas {nr}"\nkind = "opd"\nkeeps_roster = {keeps}\n')
    for nr in range(SERVICES):
        prefix = chr(ord("A") + nr % AGENCIES)
        fields = (
            f'code = "s{nr}"\nagency = "a{nr % AGENCIES}"\nname = "Layanan {nr}"\nprefix = "{prefix}"\nminutes = 10\n'
        )
        parts.append(f"[[service]]\n{fields}")
    for nr in range(COUNTERS):
        takes = f'["s{nr % AGENCIES}", "s{nr % AGENCIES + AGENCIES}"]'
        fields = f'code = "{nr + 1}"\nname = "Loket {nr + 1}"\nagency = "a{nr % AGENCIES}"\nservices = {takes}\n'
        parts.append(f'[[counter]]\n{fields}area = "Utama"\n')
        if nr % 8 == 7:
            title = f'title = "Formasi {nr}"\nfilled = false\n'
            parts.append(f'[[post]]\nagency = "a{nr % AGENCIES}"\ncounter = "{nr + 1}"\n{title}')
        else:
            person = f'nip = "{nip(nr)}"\nname = "Petugas {nr}"\nagency = "a{nr % AGENCIES}"\nstatus = "pns"\n'
            days = 'days = ["mon", "tue", "wed", "thu", "fri"]\n'
            parts.append(f'[[officer]]\n{person}source = "bkd"\n')
            parts.append(f'[[roster]]\nofficer = "{nip(nr)}"\ncounter = "{nr + 1}"\n{days}')
    hours = 'open = "08:00"\nclose = "15:00"\nbreaks = [["12:00", "13:00"]]\n'
    parts.append(f'[[hours]]\nscope = "hall"\ndays = ["mon", "tue", "wed", "thu", "fri"]\n{hours}')
    return "\n".join(parts)


def nip(nr: int) -> str:
    """The NIP of the officer planned for a counter."""
    return f"1990{nr % 12 + 1:02d}152015031{nr + 1:03d}"


def furnish(db: Database, first: date, last: date) -> Places:
    """Makes the hall and lets every working day of [first, last] have happened in it."""
    migrate(db)
    file = read_hall_file(hall_text())
    load_hall(db, file, StaffTables(roster, posts), actor="operator:bench", now=moment(first, 0))
    with db.reading() as connection:
        place = places(db, connection, HALL)
    chance, day = random.Random(7), first
    while day <= last:
        if place.calendar.plan("a0", "1", day).due:
            with db.writing(HALL) as connection:
                Past(connection, place, day, chance).happen()
        day += DAY
    db.checkpoint()
    return place


def crowd(db: Database, place: Places, day: date) -> datetime:
    """Lets 500 people wait on a morning on which half of the officers came; returns the moment to look at, 10.00."""
    with db.writing(HALL) as connection:
        Past(connection, place, day, random.Random(11)).gather()
    return moment(day, 10)


def moment(day: date, hour: float) -> datetime:
    """That hour of the day, in the hall's zone."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(hours=hour)


class Past:
    """One day of the hall, gathered as rows and written at once. The journal has no hashes here: nobody checks them."""

    def __init__(self, connection: Connection, place: Places, day: date, chance: random.Random) -> None:
        self.connection, self.place, self.day, self.chance = connection, place, day, chance
        self.seq = connection.execute(select(turns.c.seq).where(turns.c.hall == HALL)).scalar_one()
        self.rows: dict[Table, list[dict[str, Any]]] = defaultdict(list)
        self.numbers: dict[str, int] = defaultdict(int)

    def happen(self) -> None:
        """A whole working day: people late, gone early, away, pausing; tickets called, some held, some given up."""
        for nr, counter in enumerate(self.place.counters.values()):
            self.officer(nr, counter.code, self.chance.random())
        self.put(coverage, source="bkd", until=moment(self.day, 16), recorded=moment(self.day, 16))
        self.line("source_covered", "bkd", moment(self.day, 16), {"until": moment(self.day, 16).isoformat()})
        if self.chance.random() < 0.2:
            console = f"counter:{self.chance.randint(1, COUNTERS)}"
            self.put(outages, id=new_id(), what=console, start=moment(self.day, 9), end=moment(self.day, 9.5))
        for nr in range(TICKETS):
            issued = moment(self.day, 7.9 + 6.5 * nr / TICKETS)
            self.ticket(nr, issued, issued + self.chance.choice(WAITS) * MINUTE, self.chance.random())
        self.write()

    def gather(self) -> None:
        """A morning until 10.00: half of the officers sit, everybody else waits."""
        for nr, counter in enumerate(self.place.counters.values()):
            if nr % 2 == 0 and nr % 8 != 7:
                self.sit(counter.code, nip(nr), moment(self.day, 8), None)
        for nr in range(CROWD):
            self.ticket(nr, moment(self.day, 8 + 1.9 * nr / CROWD), None, 0.5)
        self.write()

    def officer(self, nr: int, counter: str, luck: float) -> None:
        """One officer's day by luck; counters without a plan stay empty."""
        if nr % 8 == 7:
            return
        who, came = nip(nr), 7.5 + (luck - 0.7) * 5 if luck > 0.7 else 7.6
        if luck < 0.02:
            start, end = moment(self.day, 0), moment(self.day, 24)
            self.put(
                absences, id=new_id(), officer=who, kind="sick", start=start, end=end, document="S", recorded=start
            )
            return
        if luck < 0.05:
            return
        for hour in (came, 15.2 if luck < 0.9 else 13.8):
            self.put(
                punches,
                id=new_id(),
                source="bkd",
                officer=who,
                at=moment(self.day, hour),
                recorded=moment(self.day, 16),
            )
            self.line("punch_recorded", who, moment(self.day, hour), {"source": "bkd"})
        morning = self.sit(counter, who, moment(self.day, max(7.9, came + 0.1)), moment(self.day, 12))
        self.sit(counter, who, moment(self.day, 13.05), moment(self.day, 15 if luck < 0.9 else 13.8))
        if luck < 0.5:
            rest = {"start": moment(self.day, 10), "end": moment(self.day, 10 + luck), "reason": "istirahat"}
            self.put(pauses, id=new_id(), session=morning, **rest)

    def sit(self, counter: str, who: str, start: datetime, end: datetime | None) -> str:
        """A session at a counter; returns its id."""
        session = new_id()
        self.put(sessions, id=session, counter=counter, officer=who, start=start, end=end, beats=False, last_beat=None)
        self.line("signed_in", counter, start, {"officer": who, "beats": False})
        if end is not None:
            self.line("signed_out", counter, end, {"officer": who, "how": "sign_out"})
        return session

    def ticket(self, nr: int, issued: datetime, called: datetime | None, luck: float) -> None:
        """A ticket, waiting or with the end that luck gives it; one in fifty was held and resumed in between."""
        service = self.place.services[f"s{nr % SERVICES}"]
        counter = self.place.counters_of[service.code][nr % 5]
        number = self.numbers[service.prefix] = self.numbers[service.prefix] + 1
        label, ticket = f"{service.prefix}-{number:03d}", new_id()
        state = tk.WAITING if called is None else tk.NO_SHOW if luck > 0.95 else tk.FINISHED
        ended = None if called is None else called + 8 * MINUTE
        told = {"number": label, "service": service.code, "agency": service.agency}
        self.line("ticket_issued", ticket, issued, told | {"priority": None})
        since, waited = issued, timedelta()
        if called is not None:
            self.line("ticket_called", ticket, called, told | {"counter": counter})
            if luck < 0.02:
                self.line("ticket_held", ticket, called + MINUTE, told | {"counter": counter})
                self.line("ticket_resumed", ticket, called + 5 * MINUTE, told | {"missed": False})
                since, waited, called = called + 5 * MINUTE, called - issued, called + 7 * MINUTE
                self.line("ticket_called", ticket, called, told | {"counter": counter})
                ended = called + 8 * MINUTE
            waited += called - since
            self.line("ticket_missed" if luck > 0.95 else "ticket_finished", ticket, ended, told | {"counter": counter})
        self.put(
            tk.tickets, id=ticket, business_date=self.day, prefix=service.prefix, number=number, label=label,
            secret=token_urlsafe(12), service=service.code, first_service=service.code, agency=service.agency,
            priority=None, rank=1, state=state, place=self.seq, counter=None if called is None else counter,
            only_counter=None, back_service=None, back_counter=None, recalls=0, issued_at=issued, line_since=since,
            called_at=called, started_at=called, ended_at=ended, waited=waited // MICROSECOND,
        )  # fmt: skip

    def put(self, table: Table, **row: Any) -> None:
        """One row more."""
        self.rows[table].append({"hall": HALL} | row)

    def line(self, kind: str, subject: str, at: datetime | None, data: dict[str, Any]) -> None:
        """One line more in the journal."""
        self.seq += 1
        self.put(
            journal, seq=self.seq, at=at, recorded=at, kind=kind, actor="system", subject=subject, data=data,
            hash="0" * 64,
        )  # fmt: skip

    def write(self) -> None:
        """Puts the day into the database."""
        for table, rows in self.rows.items():
            self.connection.execute(table.insert(), rows)
        self.connection.execute(turns.update().where(turns.c.hall == HALL).values(seq=self.seq))

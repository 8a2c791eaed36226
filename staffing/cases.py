"""Follow-up cases: what is kept of them, how it is put there, and how they are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
)

from hall.database import Json, Moment, metadata
from hall.errors import NotFound
from hall.turn import Turn

MOST_PIECES = 200  # in one case: its letter stays a letter, and is drawn while its reader waits
MOST_LISTED = 200

cases = Table(
    "cases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("agency", String(40), nullable=False),
    Column("state", String(20), nullable=False),
    Column("opened", Moment, nullable=False),
    Column("opened_by", String(80), nullable=False),
    Column("updated", Moment, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("responsible", String(200), nullable=False),
    Column("due", Date),
    Column("meeting_at", Moment),
    Column("meeting_place", String(200), nullable=False),
    Column("result", String(30)),
    Column("closed", Moment),
    Column("changed", Boolean, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    UniqueConstraint("hall", "number", name="uq_cases_number"),
    Index("ix_cases_state", "hall", "state"),
    Index("ix_cases_last_day", "hall", "last_day"),
)
case_pieces = Table(
    "case_pieces",
    metadata,
    Column("case", String(36), primary_key=True),
    Column("nr", Integer, primary_key=True, autoincrement=False),
    Column("hall", String(40), nullable=False),
    Column("counter", String(40), nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("cause", String(40), nullable=False),
    Column("officers", Json, nullable=False),
    Column("waiting_minutes", Float, nullable=False),
    Column("stranded_minutes", Float, nullable=False),
    Column("abandoned", Integer, nullable=False),
    Column("noted", Json),
    ForeignKeyConstraint(["case"], ["cases.id"]),
    Index("ix_case_pieces_counter", "hall", "counter", "start"),
)
case_steps = Table(
    "case_steps",
    metadata,
    Column("case", String(36), primary_key=True),
    Column("nr", Integer, primary_key=True, autoincrement=False),
    Column("hall", String(40), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(80), nullable=False),
    Column("step", String(30), nullable=False),
    Column("note", Text, nullable=False),
    Column("data", Json, nullable=False),
    ForeignKeyConstraint(["case"], ["cases.id"]),
)
case_letters = Table(
    "case_letters",
    metadata,
    Column("case", String(36), primary_key=True),
    Column("nr", Integer, primary_key=True, autoincrement=False),
    Column("hall", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(80), nullable=False),
    Column("names", Boolean, nullable=False),
    Column("content", Json, nullable=False),
    ForeignKeyConstraint(["case"], ["cases.id"]),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A vacancy as it was when a case took it in: [start, end) in UTC, citizen-minutes, tickets that left unserved.

    ``provisional`` (*sementara*) says that the time for an explanation had not passed yet.
    """

    counter: str
    agency: str
    start: datetime
    end: datetime
    cause: str
    officers: tuple[str, ...] = ()
    waiting_minutes: float = 0.0
    stranded_minutes: float = 0.0
    abandoned: int = 0
    provisional: bool = False

    @property
    def minutes(self) -> float:
        """How long the counter stood empty."""
        return (self.end - self.start).total_seconds() / 60


@dataclass(frozen=True, slots=True)
class Now:
    """What the facts say today about a stretch of a taken vacancy; ``cause`` None: it is no vacancy any more."""

    start: datetime
    end: datetime
    cause: str | None
    officers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CasePiece:
    """A taken vacancy in its case. ``noted`` is the change that the case already knows of; empty when there is none."""

    nr: int
    taken: Taken
    noted: tuple[Now, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a case's timeline."""

    nr: int
    at: datetime
    by: str
    step: str
    note: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted letter without its content. ``names``: it says who an officer is."""

    nr: int
    kind: str
    at: datetime
    by: str
    names: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A follow-up. ``changed`` says that the facts behind it are no longer what they were when it took them in."""

    id: str
    hall: str
    number: int
    kind: str
    agency: str
    state: str
    opened: datetime
    opened_by: str
    updated: datetime
    first_day: date
    last_day: date
    responsible: str
    due: date | None
    meeting_at: datetime | None
    meeting_place: str
    result: str | None
    closed: datetime | None
    changed: bool

    def overdue(self, today: date) -> bool:
        """Whether it should have been finished before ``today`` (the hall's date)."""
        return self.state != "closed" and self.due is not None and self.due < today


@dataclass(frozen=True, slots=True)
class Sums:
    """What the taken vacancies of a case add up to."""

    pieces: int = 0
    minutes: float = 0.0
    waiting_minutes: float = 0.0
    stranded_minutes: float = 0.0
    abandoned: int = 0


def find_case(connection: Connection, case_id: str) -> Case:
    """Raises :class:`NotFound` (``unknown_case``)."""
    row = connection.execute(select(cases).where(cases.c.id == case_id)).first()
    if row is None:
        raise NotFound("unknown_case", "Tindak lanjut ini tidak ada.")
    return Case(*row)


def list_cases(
    connection: Connection, hall: str, *, states: Sequence[str] = (), agency: str | None = None
) -> list[Case]:
    """The hall's cases, newest first, at most :data:`MOST_LISTED`; of these states and this agency, if given."""
    query = select(cases).where(cases.c.hall == hall).order_by(cases.c.number.desc()).limit(MOST_LISTED)
    if states:
        query = query.where(cases.c.state.in_(states))
    if agency is not None:
        query = query.where(cases.c.agency == agency)
    return [Case(*row) for row in connection.execute(query)]


def count_cases(connection: Connection, hall: str, *, agency: str | None = None) -> dict[str, int]:
    """How many cases are in each state."""
    query = select(cases.c.state, func.count()).where(cases.c.hall == hall).group_by(cases.c.state)
    if agency is not None:
        query = query.where(cases.c.agency == agency)
    return {state: int(found) for state, found in connection.execute(query)}


def put_pieces(t: Turn, case_id: str, pieces: Sequence[Taken]) -> None:
    """Puts the vacancies into a case as they are taken in, numbered from 1."""
    rows = [
        {
            "case": case_id, "nr": nr, "hall": t.hall, "counter": p.counter, "start": p.start, "end": p.end,
            "cause": p.cause, "officers": list(p.officers), "waiting_minutes": p.waiting_minutes,
            "stranded_minutes": p.stranded_minutes, "abandoned": p.abandoned,
        }
        for nr, p in enumerate(pieces, 1)
    ]  # fmt: skip
    t.connection.execute(insert(case_pieces), rows)


def pieces_of(connection: Connection, case: Case) -> list[CasePiece]:
    """The vacancies of a case as they were taken in, in order of time."""
    query = select(case_pieces).where(case_pieces.c.case == case.id).order_by(case_pieces.c.nr)
    return [_piece(row, case.agency) for row in connection.execute(query)]


def sums_of(connection: Connection, found: Sequence[Case]) -> dict[str, Sums]:
    """What the vacancies of each case add up to."""
    if not found:
        return {}
    query = select(case_pieces).where(case_pieces.c.case.in_([case.id for case in found]))
    query = query.order_by(case_pieces.c.case, case_pieces.c.nr)  # minutes added in another order are another sum
    sums: dict[str, Sums] = {}
    for row in connection.execute(query):
        before = sums.get(row.case, Sums())
        sums[row.case] = Sums(
            before.pieces + 1,
            before.minutes + (row.end - row.start).total_seconds() / 60,
            before.waiting_minutes + row.waiting_minutes,
            before.stranded_minutes + row.stranded_minutes,
            before.abandoned + row.abandoned,
        )
    return sums


def put_step(t: Turn, case_id: str, step: str, note: str, data: dict[str, Any], actor: str) -> None:
    """Puts the next line into a case's timeline."""
    highest = select(func.max(case_steps.c.nr)).where(case_steps.c.case == case_id)
    nr = int(t.connection.execute(highest).scalar_one() or 0) + 1
    t.connection.execute(
        case_steps.insert().values(
            case=case_id, nr=nr, hall=t.hall, at=t.now, by=actor, step=step, note=note.strip(), data=data
        )
    )


def steps_of(connection: Connection, case: Case) -> list[Step]:
    """The timeline, oldest first."""
    query = select(case_steps).where(case_steps.c.case == case.id).order_by(case_steps.c.nr)
    return [Step(r.nr, r.at, r.by, r.step, r.note, r.data) for r in connection.execute(query)]


def drafts_of(connection: Connection, case: Case) -> list[Draft]:
    """The letters drafted so far, oldest first."""
    columns = (case_letters.c.nr, case_letters.c.kind, case_letters.c.at, case_letters.c.by, case_letters.c.names)
    query = select(*columns).where(case_letters.c.case == case.id).order_by(case_letters.c.nr)
    return [Draft(*row) for row in connection.execute(query)]


def letter_content(connection: Connection, case: Case, nr: int) -> tuple[Draft, dict[str, Any]]:
    """A drafted letter and what stands in it. Raises :class:`NotFound` (``unknown_letter``)."""
    query = select(case_letters).where(case_letters.c.case == case.id, case_letters.c.nr == nr)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("unknown_letter", "Konsep surat ini tidak ada.")
    return Draft(row.nr, row.kind, row.at, row.by, row.names), row.content


def open_pieces(connection: Connection, hall: str, start: datetime, end: datetime) -> dict[tuple[str, datetime], int]:
    """(counter, start) of every vacancy beginning in [start, end) that a living case holds -> that case's number."""
    query = (
        select(case_pieces.c.counter, case_pieces.c.start, cases.c.number)
        .join(cases, cases.c.id == case_pieces.c.case)
        .where(case_pieces.c.hall == hall, case_pieces.c.start >= start, case_pieces.c.start < end)
        .where(cases.c.state != "closed")
    )
    return {(row.counter, row.start): row.number for row in connection.execute(query)}


def _piece(row: Any, agency: str) -> CasePiece:
    taken = Taken(
        row.counter, agency, row.start, row.end, row.cause, tuple(row.officers), row.waiting_minutes,
        row.stranded_minutes, row.abandoned,
    )  # fmt: skip
    return CasePiece(row.nr, taken, tuple(now_from_plain(n) for n in row.noted or ()))


def now_to_plain(now: Now) -> dict[str, Any]:
    """How a noted change is stored."""
    return {
        "start": now.start.isoformat(),
        "end": now.end.isoformat(),
        "cause": now.cause,
        "officers": list(now.officers),
    }


def now_from_plain(data: dict[str, Any]) -> Now:
    """The opposite of :func:`now_to_plain`."""
    return Now(
        datetime.fromisoformat(data["start"]),
        datetime.fromisoformat(data["end"]),
        data["cause"],
        tuple(data["officers"]),
    )

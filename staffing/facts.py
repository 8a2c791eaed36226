"""The facts that vacancies are worked out from, written once and never judged here: absences, punches, outages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    select,
    update,
)

from hall.database import Database, Json, Moment, metadata, must_fit, new_id
from hall.errors import Conflict, Invalid, NotFound
from hall.people import officers
from hall.places import closures, places
from hall.turn import turn

ABSENCES = ("leave", "sick", "permission", "study", "official_travel")

roster = Table(
    "roster",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("nr", Integer, primary_key=True, autoincrement=False),
    Column("officer", String(18), nullable=False),
    Column("counter", String(40), nullable=False),
    Column("days", Json),
    Column("day", Date),
    Column("start", String(8)),
    Column("end", String(8)),
    Column("since", Date),
    Column("until", Date),
    Column("substitute_for", String(18)),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)
posts = Table(
    "posts",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("nr", Integer, primary_key=True, autoincrement=False),
    Column("agency", String(40), nullable=False),
    Column("counter", String(40), nullable=False),
    Column("title", String(200), nullable=False),
    Column("filled", Boolean, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)
absences = Table(
    "absences",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("officer", String(18), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment, nullable=False),
    Column("document", String(100), nullable=False),
    Column("recorded", Moment, nullable=False),
    Column("recorded_by", String(80)),
    Column("replaces", String(36)),
    Column("withdrawn", Moment),
    Column("withdrawn_by", String(80)),
    Column("withdrawn_reason", String(200)),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_absences_officer", "hall", "officer", "start"),
    Index("ix_absences_hall_start", "hall", "start"),
)
punches = Table(
    "punches",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("source", String(40), nullable=False),
    Column("officer", String(18), nullable=False),
    Column("at", Moment, nullable=False),
    Column("recorded", Moment, nullable=False),
    Column("withdrawn", Moment),
    UniqueConstraint("hall", "source", "officer", "at", name="uq_punches_once"),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_punches_officer", "hall", "officer", "at"),
    Index("ix_punches_at", "hall", "at"),
)
coverage = Table(
    "coverage",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("source", String(40), primary_key=True),
    Column("until", Moment, primary_key=True),
    Column("recorded", Moment, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)
outages = Table(
    "outages",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("what", String(60), nullable=False),
    Column("start", Moment, nullable=False),
    Column("end", Moment),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_outages_what", "hall", "what", "start"),
)


def _officer_exists(connection: Connection, hall: str, nip: str) -> None:
    query = select(officers.c.nip).where(officers.c.hall == hall, officers.c.nip == nip)
    if connection.execute(query).first() is None:
        raise NotFound("unknown_officer", f"Petugas dengan NIP {nip} tidak terdaftar di balai ini.")


def record_absence(
    db: Database,
    hall: str,
    officer: str,
    kind: str,
    start: datetime,
    end: datetime,
    document: str,
    *,
    actor: str,
    now: datetime,
) -> str:
    """Records that an officer is away in [start, end) (aware) for a reason with a document; returns its id.

    Only the kind is kept, never a diagnosis (UU 27/2022). Raises :class:`Invalid` (``unknown_kind``, ``bad_period``)
    and :class:`NotFound` (``unknown_officer``).
    """
    if kind not in ABSENCES:
        raise Invalid("unknown_kind", f"Jenis ketidakhadiran {kind!r} tidak dikenal.", allowed=list(ABSENCES))
    if start.tzinfo is None or end.tzinfo is None or end <= start:
        raise Invalid("bad_period", "Waktu selesai harus sesudah waktu mulai, keduanya dengan zona.")
    must_fit(absences.c.document, document)
    with turn(db, hall, now) as t:
        now = t.now
        _officer_exists(t.connection, hall, officer)
        fact = new_id()
        t.connection.execute(
            absences.insert().values(
                id=fact,
                hall=hall,
                officer=officer,
                kind=kind,
                start=start,
                end=end,
                document=document,
                recorded=now,
                recorded_by=actor[:80],
            )
        )
        data = {"kind": kind, "from": start.isoformat(), "to": end.isoformat(), "document": document}
        t.write("absence_recorded", officer, data, actor=actor)
        return fact


def record_punch(
    db: Database, hall: str, officer: str, source: str, at: datetime, *, actor: str, now: datetime
) -> bool:
    """Records one attendance punch; False when it was known already (machines resend).

    Raises :class:`NotFound` (``unknown_officer``, ``unknown_source``).
    """
    with turn(db, hall, now) as t:
        now = t.now
        if source not in places(db, t.connection, hall, t.config).sources:
            raise NotFound("unknown_source", f"Sumber presensi {source!r} tidak dikenal.")
        _officer_exists(t.connection, hall, officer)
        same = select(punches.c.id).where(
            punches.c.hall == hall, punches.c.source == source, punches.c.officer == officer, punches.c.at == at
        )
        if t.connection.execute(same).first() is not None:
            return False
        t.connection.execute(
            punches.insert().values(id=new_id(), hall=hall, source=source, officer=officer, at=at, recorded=now)
        )
        t.write("punch_recorded", officer, {"source": source}, actor=actor, at=at)
        return True


def record_coverage(db: Database, hall: str, source: str, until: datetime, *, actor: str, now: datetime) -> None:
    """Records that a source has delivered everything up to ``until`` (aware).

    Raises :class:`NotFound` (``unknown_source``).
    """
    with turn(db, hall, now) as t:
        now = t.now
        if source not in places(db, t.connection, hall, t.config).sources:
            raise NotFound("unknown_source", f"Sumber presensi {source!r} tidak dikenal.")
        same = select(coverage.c.until).where(
            coverage.c.hall == hall, coverage.c.source == source, coverage.c.until == until
        )
        if t.connection.execute(same).first() is not None:
            return
        t.connection.execute(coverage.insert().values(hall=hall, source=source, until=until, recorded=now))
        t.write("source_covered", source, {"until": until.isoformat()}, actor=actor)


def record_closure(
    db: Database, hall: str, scope: str, start: datetime, end: datetime, reason: str, *, actor: str, now: datetime
) -> str:
    """Closes a counter (or ``agency:CODE``, ``hall``) in [start, end) for a stated reason; returns its id.

    Raises :class:`Invalid` (``bad_period``, ``reason_needed``) and :class:`NotFound` (``unknown_counter``,
    ``unknown_agency``).
    """
    if start.tzinfo is None or end.tzinfo is None or end <= start:
        raise Invalid("bad_period", "Waktu selesai harus sesudah waktu mulai, keduanya dengan zona.")
    if not reason.strip():
        raise Invalid("reason_needed", "Alasan penutupan harus diisi.")
    must_fit(closures.c.reason, reason)
    with turn(db, hall, now) as t:
        place = places(db, t.connection, hall, t.config)
        kind, _, code = scope.partition(":")
        if kind == "counter":
            place.counter(code)
        elif kind == "agency" and code not in place.agencies:
            raise NotFound("unknown_agency", f"Instansi {code!r} tidak ada di balai ini.")
        elif kind not in ("agency", "hall"):
            raise Invalid("bad_scope", f"Lingkup {scope!r} tidak dikenal.")
        fact = new_id()
        t.connection.execute(
            closures.insert().values(
                id=fact, hall=hall, scope=scope, start=start, end=end, reason=reason, from_file=False
            )
        )
        t.set_up_changed()
        data = {"from": start.isoformat(), "to": end.isoformat(), "reason": reason}
        t.write("closure_recorded", scope, data, actor=actor)
        return fact


def begin_outage(db: Database, hall: str, what: str, *, actor: str, now: datetime) -> None:
    """Notes that ``server``, ``hall`` or ``counter:CODE`` went down at ``now``; down already changes nothing.

    Raises :class:`Invalid` (``unknown_outage``) and :class:`NotFound` (``unknown_counter``).
    """
    with turn(db, hall, now) as t:
        now = t.now
        kind, _, code = what.partition(":")
        if kind == "counter" and code:
            places(db, t.connection, hall, t.config).counter(code)
        elif what not in ("server", "hall"):
            raise Invalid("unknown_outage", f"Gangguan {what!r} tidak dikenal; pakai server, hall, atau counter:KODE.")
        still = select(outages.c.id).where(outages.c.hall == hall, outages.c.what == what, outages.c.end.is_(None))
        if t.connection.execute(still).first() is None:
            t.connection.execute(outages.insert().values(id=new_id(), hall=hall, what=what, start=now))
            t.write("outage_began", what, {}, actor=actor)


def end_outage(db: Database, hall: str, what: str, *, actor: str, now: datetime) -> None:
    """Notes that ``what`` is up again. Raises :class:`Conflict` (``not_down``) when it was not down."""
    with turn(db, hall, now) as t:
        now = t.now
        mine = (outages.c.hall == hall) & (outages.c.what == what) & outages.c.end.is_(None)
        if t.connection.execute(update(outages).where(mine).values(end=now)).rowcount == 0:
            raise Conflict("not_down", f"{what} tidak tercatat sedang terganggu.")
        t.write("outage_ended", what, {}, actor=actor)

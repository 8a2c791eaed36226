"""The secret that a program shares with the hall to sign what it tells of one attendance source."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Connection, ForeignKeyConstraint, Index, String, Table, select, update

from hall.database import Database, Moment, metadata, must_fit
from hall.errors import Conflict, Denied, NotFound, NotSignedIn
from hall.places import places
from hall.turn import Turn, turn

WINDOW = timedelta(minutes=5)  # how far the timestamp of a signed request may be from the hall's clock

# The secret is stored as it is: whoever checks an HMAC must know the key itself, a hash of it would not do. It protects
# one source's deliveries and nothing else; the database file is readable by its owner only, and so are its backups.
source_keys = Table(
    "source_keys",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hall", String(40), nullable=False),
    Column("source", String(40), nullable=False),
    Column("secret", String(64), nullable=False),
    Column("made", Moment, nullable=False),
    Column("ended", Moment),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_source_keys_source", "hall", "source"),
)
signatures = Table(
    "signatures",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("signature", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
    Index("ix_signatures_at", "hall", "at"),
)


@dataclass(frozen=True, slots=True)
class SourceKey:
    """A key that may sign for one source of one hall."""

    id: str
    hall: str
    source: str
    made: datetime


def new_source_key(db: Database, hall: str, source: str, *, only: bool, actor: str, now: datetime) -> tuple[str, str]:
    """Makes a key for ``source`` and returns (id, secret); the secret is shown this once.

    ``only`` ends the source's older keys; without, they stay good, so that a program can change over.
    Raises :class:`NotFound` (``unknown_source``).
    """
    key, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    with turn(db, hall, now) as t:
        now = t.now
        if source not in places(db, t.connection, hall, t.config).sources:
            raise NotFound("unknown_source", f"Sumber presensi {source!r} tidak dikenal.")
        if only:
            living = (source_keys.c.hall == hall) & (source_keys.c.source == source) & source_keys.c.ended.is_(None)
            t.connection.execute(update(source_keys).where(living).values(ended=now))
        t.connection.execute(source_keys.insert().values(id=key, hall=hall, source=source, secret=secret, made=now))
        t.write("source_key_made", source, {"key": key, "only": only}, actor=actor)
    return key, secret


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a body: HMAC-SHA256 in hex over the timestamp (seconds since 1970), a full stop, the body."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def verify(
    connection: Connection, key: str, timestamp: str, signature: str, body: bytes, *, now: datetime
) -> SourceKey:
    """The key that signed this body.

    Raises :class:`NotSignedIn`: ``bad_signature`` (also for a key that nobody has: who guesses learns nothing) and
    ``signature_expired`` when the timestamp is more than five minutes from ``now``.
    """
    row = connection.execute(
        select(source_keys).where(source_keys.c.id == key[:36], source_keys.c.ended.is_(None))
    ).first()
    right = sign(row.secret if row else "nobody", timestamp, body)
    if not hmac.compare_digest(right.encode(), signature.lower().encode()) or row is None:
        raise NotSignedIn("bad_signature", "Tanda tangan permintaan ini tidak cocok.")
    if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 11:
        raise NotSignedIn("bad_signature", "Waktu tanda tangan harus berupa detik sejak 1970.")
    if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > WINDOW:
        raise NotSignedIn("signature_expired", "Waktu tanda tangan lebih dari lima menit dari jam balai ini.")
    return SourceKey(row.id, row.hall, row.source, row.made)


def must_speak_for(key: SourceKey, source: str) -> None:
    """Raises :class:`Denied` (``other_source``): a key is good for its own source only."""
    if key.source != source:
        raise Denied("other_source", "Kunci ini berlaku untuk sumber presensi yang lain.")


def once(t: Turn, signature: str) -> None:
    """Takes a signature inside the turn that records what it signs. Raises :class:`Conflict` (``replayed``).

    Remembered twice as long as it could still be good, then forgotten. A request that failed has left none: it may be
    sent again as it was.
    """
    signature = signature.lower()
    table = signatures
    must_fit(table.c.signature, signature)
    t.connection.execute(table.delete().where(table.c.hall == t.hall, table.c.at < t.now - 4 * WINDOW))
    mine = select(table.c.at).where(table.c.hall == t.hall, table.c.signature == signature)
    if t.connection.execute(mine).first() is not None:
        raise Conflict("replayed", "Permintaan ini sudah pernah diterima.")
    t.connection.execute(table.insert().values(hall=t.hall, signature=signature, at=t.now))


def living_keys(connection: Connection, hall: str) -> list[SourceKey]:
    """Every key of the hall that may sign, oldest first, without their secrets."""
    table = source_keys
    query = select(table.c.id, table.c.hall, table.c.source, table.c.made).where(
        table.c.hall == hall, table.c.ended.is_(None)
    )
    return [SourceKey(*row) for row in connection.execute(query.order_by(table.c.made, table.c.id))]

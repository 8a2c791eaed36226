"""People and machines that may do something here: officers, staff accounts, device tokens, and the proof of it."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    bindparam,
    or_,
    select,
    update,
)

from hall.database import Database, Moment, metadata, new_id
from hall.errors import Denied, Invalid, NotFound, NotSignedIn, TooMany
from hall.statements import Prepared

STAFF_ROLES = ("officer", "coordinator", "manager", "head", "personnel", "regent")
TOKEN_ROLES = ("kiosk", "display", "console", "attendance", "reader", "manager", "machine")

officers = Table(
    "officers",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("nip", String(18), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("agency", String(40), nullable=False),
    Column("status", String(20), nullable=False),
    Column("source", String(40)),
    Column("active", Boolean, nullable=False, default=True),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)
accounts = Table(
    "accounts",
    metadata,
    Column("hall", String(40), primary_key=True),
    Column("login", String(60), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("agency", String(40)),
    Column("pin_hash", String(200)),
    Column("version", Integer, nullable=False, default=1),
    Column("failures", Integer, nullable=False, default=0),
    Column("blocked_until", Moment),
    Column("active", Boolean, nullable=False, default=True),
    ForeignKeyConstraint(["hall"], ["halls.code"]),
)
tokens = Table(
    "tokens",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("hall", String(40)),
    Column("name", String(80), nullable=False),
    Column("created", Moment, nullable=False),
    Column("revoked", Moment),
    Index("ix_tokens_hall", "hall"),
)

# OWASP's first choice for Argon2id (19 MiB, two passes): about 20 ms here, and so much memory for each at work
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_NOBODY = _hasher.hash("nobody has this PIN")
FREE_TRIES = 4
MOST_STRANGERS = 10_000  # names nobody has that were tried; a flood of them starts over
_strangers: dict[tuple[str, str], tuple[int, datetime | None]] = {}
_strangers_guard = threading.Lock()
AT_WORK, IN_LINE = 2, 32  # proofs at the same moment, and those who wait for theirs, in one process
_proving, _waiting = threading.BoundedSemaphore(AT_WORK), threading.BoundedSemaphore(IN_LINE)


@dataclass(frozen=True, slots=True)
class Account:
    """A person who may sign in. ``version`` changes with the PIN, so that older sessions end."""

    hall: str
    login: str
    name: str
    role: str
    agency: str | None
    version: int


@dataclass(frozen=True, slots=True)
class Token:
    """A machine or program that may knock: its role, the hall it is bound to (None: every hall) and its name."""

    id: str
    role: str
    hall: str | None
    name: str


def token_hash(secret: str) -> str:
    """SHA-256 of a token. Enough without stretching: tokens carry 256 random bits, nobody can guess through them."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_token(db: Database, role: str, *, hall: str | None, name: str, now: datetime) -> str:
    """Makes a bearer token and returns its secret, which is shown this once and stored only as a hash.

    Raises :class:`Invalid` (``unknown_role``, ``hall_needed``, ``bad_name``) and :class:`NotFound` (``unknown_hall``).
    """
    if role not in TOKEN_ROLES:
        raise Invalid("unknown_role", f"Peran {role!r} tidak dikenal; pilih {', '.join(TOKEN_ROLES)}.")
    if hall is None and role not in ("reader", "attendance"):
        raise Invalid("hall_needed", f"Token {role} harus terikat pada satu balai (--hall).")
    _check_name(name or role, 80)
    secret = secrets.token_urlsafe(32)
    with db.writing(hall) as connection:
        if hall is not None:
            _hall_exists(connection, hall)
        connection.execute(
            tokens.insert().values(
                id=new_id(), hash=token_hash(secret), role=role, hall=hall, name=name or role, created=now
            )
        )
    return secret


_living = select(tokens.c.id, tokens.c.role, tokens.c.hall, tokens.c.name).where(tokens.c.revoked.is_(None))
_token_by_hash = Prepared(_living.where(tokens.c.hash == bindparam("b_hash")))
_token_by_id = Prepared(_living.where(tokens.c.id == bindparam("b_id")))


def find_token(connection: Connection, secret: str) -> Token | None:
    """The living token with this secret, or None."""
    row = _token_by_hash.first(connection, {"b_hash": token_hash(secret)})
    return None if row is None else Token(*row)


def find_token_by_id(connection: Connection, token_id: str) -> Token | None:
    """The living token with this id, or None: what a device's cookie refers to."""
    row = _token_by_id.first(connection, {"b_id": token_id})
    return None if row is None else Token(*row)


def list_tokens(connection: Connection) -> list[Token]:
    """Every living token, oldest first."""
    return [Token(*row) for row in connection.execute(_living.order_by(tokens.c.created, tokens.c.id))]


def revoke_token(db: Database, token_id: str, *, now: datetime) -> None:
    """Ends a token. Raises :class:`NotFound` (``unknown_token``)."""
    with db.writing() as connection:
        done = connection.execute(
            update(tokens).where(tokens.c.id == token_id, tokens.c.revoked.is_(None)).values(revoked=now)
        )
        if done.rowcount == 0:
            raise NotFound("unknown_token", "Token tidak dikenal atau sudah dicabut.")


def set_account(
    db: Database, hall: str, login: str, *, name: str | None, role: str | None, agency: str | None, pin: str | None
) -> None:
    """Creates a staff account or changes it; a new PIN ends every session opened with the old one.

    Raises :class:`Invalid` (``unknown_role``, ``weak_pin``, ``name_needed``, ``bad_login``, ``bad_name``,
    ``agency_needed``) and :class:`NotFound` (``unknown_hall``, ``unknown_agency``).
    """
    if not 1 <= len(login) <= 60 or not login.isprintable() or any(sign.isspace() for sign in login):
        raise Invalid("bad_login", "Nama akun harus 1 sampai 60 karakter tanpa spasi.")  # it could never be typed
    if name is not None:
        _check_name(name, 200)
    if role is not None and role not in STAFF_ROLES:
        raise Invalid("unknown_role", f"Peran {role!r} tidak dikenal; pilih {', '.join(STAFF_ROLES)}.")
    if pin is not None:
        check_pin(pin)
    proof = None if pin is None else _hasher.hash(pin)  # slow on purpose, so not while others wait for the database
    with db.writing(hall) as connection:
        _hall_exists(connection, hall)
        if agency is not None:
            _agency_exists(connection, hall, agency)
        row = connection.execute(
            select(accounts.c.version, accounts.c.agency).where(accounts.c.hall == hall, accounts.c.login == login)
        ).first()
        if role == "head" and agency is None and (row is None or row.agency is None):
            raise Invalid("agency_needed", "Kepala instansi memerlukan instansinya (--agency).")
        values: dict[str, object] = {
            key: value for key, value in (("name", name), ("role", role), ("agency", agency)) if value is not None
        }
        if pin is not None:
            values |= {"pin_hash": proof, "failures": 0, "blocked_until": None}
        if row is None:
            if name is None or role is None:
                raise Invalid("name_needed", f"Akun {login!r} belum ada; nama dan peran diperlukan.")
            connection.execute(accounts.insert().values(hall=hall, login=login, **values))
        elif values:
            values["version"] = row.version + (1 if pin is not None else 0)
            connection.execute(
                update(accounts).where(accounts.c.hall == hall, accounts.c.login == login).values(**values)
            )


def check_pin(pin: str) -> None:
    """Refuses (``weak_pin``) a PIN shorter than six characters, of one repeated character, or counting up or down."""
    steps = {ord(b) - ord(a) for a, b in pairwise(pin)}
    if len(pin) < 6 or len(pin) > 128 or steps in ({0}, {1}, {-1}):
        raise Invalid("weak_pin", "PIN minimal 6 karakter, tidak berulang, dan tidak berurutan.")


def verify_pin(db: Database, hall: str, login: str, pin: str, *, now: datetime) -> Account:
    """The account of ``login`` if ``pin`` is right.

    Raises :class:`NotSignedIn` (``wrong_pin``: also for unknown people, in the same time, so that nobody learns who
    works here) and :class:`TooMany` (``too_many_tries``): after four failures every further one doubles a pause,
    from 15 seconds up to 15 minutes; also when a crowd tries at once.
    """
    mine = (accounts.c.hall == hall) & (accounts.c.login == login)
    with _in_line():
        with db.reading() as connection:
            row = connection.execute(select(accounts).where(mine, accounts.c.active)).first()
        if row is not None:
            _count_try(db, hall, mine, now)
        else:
            _count_stranger(hall, login, now)
        try:
            _hasher.verify(row.pin_hash if row is not None and row.pin_hash else _NOBODY, pin)
            right = row is not None and row.pin_hash is not None
        except (VerifyMismatchError, InvalidHashError):
            right = False
    if row is None or not right:
        raise NotSignedIn("wrong_pin", "NIP atau PIN salah.")
    with db.writing(hall) as connection:
        connection.execute(update(accounts).where(mine).values(failures=0, blocked_until=None))
    return Account(row.hall, row.login, row.name, row.role, row.agency, row.version)


@contextmanager
def _in_line() -> Iterator[None]:
    """Lets a few PINs be proved at a time, a few more wait, and turns a crowd away: it would hold every thread."""
    if not _waiting.acquire(blocking=False):
        raise TooMany("too_many_tries", "Terlalu banyak yang masuk bersamaan. Coba lagi sebentar lagi.", retry_after=2)
    try:
        with _proving:
            yield
    finally:
        _waiting.release()


def _count_try(db: Database, hall: str, mine: ColumnElement[bool], now: datetime) -> None:
    """Counts a try as failed until it proves right, so that a hundred guesses at the same moment are not one."""
    open_to_tries = or_(accounts.c.blocked_until.is_(None), accounts.c.blocked_until <= now)
    with db.writing(hall) as connection:
        # counted by the database: two processes that read and add would lose one of two failures
        counting = update(accounts).where(mine, open_to_tries).values(failures=accounts.c.failures + 1)
        counted = connection.execute(counting).rowcount
        row = connection.execute(select(accounts.c.failures, accounts.c.blocked_until).where(mine)).one()
        if not counted:
            raise _too_many(row.blocked_until, now)
        if row.failures > FREE_TRIES:
            connection.execute(update(accounts).where(mine).values(blocked_until=_pause_after(row.failures, now)))


def _pause_after(failures: int, now: datetime) -> datetime:
    return now + timedelta(seconds=min(15 * 2 ** min(failures - FREE_TRIES - 1, 6), 900))


def _too_many(until: datetime, now: datetime) -> TooMany:
    wait = int((until - now).total_seconds()) + 1
    return TooMany("too_many_tries", f"Terlalu banyak percobaan. Coba lagi dalam {wait} detik.", retry_after=wait)


def _count_stranger(hall: str, login: str, now: datetime) -> None:
    """Slows guesses at names nobody has just like guesses at real ones, or the pause would tell who works here."""
    with _strangers_guard:
        failures, until = _strangers.get((hall, login), (0, None))
        if until is not None and until > now:
            raise _too_many(until, now)
        if len(_strangers) >= MOST_STRANGERS:
            _strangers.clear()
        failures += 1
        _strangers[hall, login] = (failures, _pause_after(failures, now) if failures > FREE_TRIES else None)


def find_account(connection: Connection, hall: str, login: str, version: int) -> Account | None:
    """The account a session speaks of, if it is still active and its PIN has not changed since."""
    row = connection.execute(
        select(accounts).where(
            accounts.c.hall == hall, accounts.c.login == login, accounts.c.version == version, accounts.c.active
        )
    ).first()
    return None if row is None else Account(row.hall, row.login, row.name, row.role, row.agency, row.version)


def officer_names(connection: Connection, hall: str, agencies: Collection[str] | None = None) -> dict[str, str]:
    """NIP -> name of every active officer of the hall, or of those agencies only, by name."""
    query = select(officers.c.nip, officers.c.name).where(officers.c.hall == hall, officers.c.active)
    if agencies is not None:
        query = query.where(officers.c.agency.in_(sorted(agencies)))
    return {row.nip: row.name for row in connection.execute(query.order_by(officers.c.name, officers.c.nip))}


def all_keys(connection: Connection) -> tuple[tuple[object, ...], ...]:
    """All that finding a token or an account depends on: while it is the same, whatever was found is still true."""
    a = accounts.c
    active = select(a.hall, a.login, a.name, a.role, a.agency, a.version).where(a.active).order_by(a.hall, a.login)
    return tuple(tuple(row) for query in (_living.order_by(tokens.c.id), active) for row in connection.execute(query))


def may_act_in(hall: str | None, wanted: str) -> None:
    """Refuses (``other_hall``) whoever is bound to another hall than the wanted one."""
    if hall is not None and hall != wanted:
        raise Denied("other_hall", "Akses ini berlaku untuk balai layanan yang lain.")


def _check_name(name: str, longest: int) -> None:
    if not name.strip() or len(name) > longest or not name.isprintable():
        raise Invalid("bad_name", f"Nama harus 1 sampai {longest} karakter yang dapat dicetak.")


def _agency_exists(connection: Connection, hall: str, agency: str) -> None:
    from hall.places import agencies

    known = select(agencies.c.code).where(agencies.c.hall == hall, agencies.c.code == agency, agencies.c.active)
    if connection.execute(known).first() is None:
        raise NotFound("unknown_agency", f"Tidak ada instansi dengan kode {agency!r} di balai ini.")


def _hall_exists(connection: Connection, hall: str) -> None:
    from hall.places import halls

    if connection.execute(select(halls.c.code).where(halls.c.code == hall)).first() is None:
        raise NotFound("unknown_hall", f"Tidak ada balai layanan dengan kode {hall!r}.")

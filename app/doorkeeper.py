"""Keeps the doors: who asks, whether they may, and what is written down when they may not."""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, Response, g, redirect, request, session, url_for
from flask_wtf.csrf import validate_csrf
from sqlalchemy import Connection
from wtforms import ValidationError

from app.doors import FOUND_BY, Door
from hall.database import Database
from hall.errors import Denied, NotFound, NotSignedIn, Refusal
from hall.people import all_keys, find_account, find_token, find_token_by_id
from hall.places import hall_codes
from staffing.privacy import EVERYBODY, note_look
from web.ground import db, now
from web.identity import NOBODY, Identity
from web.problems import wants_page

SECONDS_REMEMBERED = 5.0  # a revoked token or changed PIN is turned away after this long at the latest
MOST_REMEMBERED = 10_000
Key = tuple[
    Any, ...
]  # what the visitor shows: ("secret", ..), ("device", token id) or ("account", hall, login, version)


class Doorkeeper:
    """Knows who holds which key.

    Remembers an answer for a few seconds, so that a burst does not ask the database each time, and for as long as its
    rounds find that nobody's key was made, changed or taken away.
    """

    def __init__(self) -> None:
        self._known: dict[Key, tuple[float, Identity | None]] = {}  # with when it was asked
        self._keys: object = None
        self._same = (0.0, 0.0)  # nobody's key changed from .. until

    def _ask(self, key: Key) -> Identity | None:
        known = self._known.get(key)
        if known is not None and self._holds(known[0]):
            return known[1]
        asked = time.monotonic()
        with db().reading() as connection:
            found = self._look_up(connection, key)
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()  # a flood of guessed tokens must not fill the memory
        self._known[key] = (asked, found)
        return found

    def _holds(self, asked: float) -> bool:
        at, (since, until) = time.monotonic(), self._same
        return at < asked + SECONDS_REMEMBERED or since <= asked <= at < until

    def go_round(self, database: Database) -> None:
        """Looks at all keys at once. While they are the same, what was found out about each of them stays true."""
        before = time.monotonic()
        with database.reading() as connection:
            keys = all_keys(connection)
        same, self._keys = keys == self._keys, keys
        self._same = (self._same[0] if same else time.monotonic(), before + SECONDS_REMEMBERED)

    def remembered(self, key: Key) -> Identity | None:
        """Whom a key lets in, if that is known without asking the database."""
        known = self._known.get(key)
        return known[1] if known is not None and self._holds(known[0]) else None

    def key_of(self, identity: Identity) -> Key | None:
        """The token by which this request's visitor is let in; None for a person."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme:
            keys: list[Key] = [("secret", secret.strip())] if scheme.lower() == "bearer" else []
        else:
            keys = [("device", token_id) for token_id in session.get("devices", {}).values()]
        return next((key for key in keys if self.remembered(key) == identity), None)

    @staticmethod
    def _look_up(connection: Connection, key: Key) -> Identity | None:
        kind, *rest = key
        if kind == "account":
            hall, login, version = rest
            account = find_account(connection, hall, login, version)
            if account is None:
                return None
            return Identity(account.role, hall, account.name, login=login, agency=account.agency, cookie=True)
        token = find_token(connection, rest[0]) if kind == "secret" else find_token_by_id(connection, rest[0])
        if token is None:
            return None
        return Identity(token.role, token.hall, token.name, cookie=kind == "device")

    def candidates(self) -> list[Identity]:
        """Everybody the caller may be: the bearer of a token, or else the people and devices of the cookie."""
        header = request.headers.get("Authorization", "")
        if header:
            scheme, _, secret = header.partition(" ")
            found = self._ask(("secret", secret.strip())) if scheme.lower() == "bearer" and len(secret) < 200 else None
            if found is None:
                raise NotSignedIn("bad_token", "Token tidak dikenal atau sudah dicabut.")
            return [found]
        result: list[Identity] = []
        officer = session.get("officer")
        if officer:
            found = self._ask(("account", officer["hall"], officer["login"], officer["version"]))
            if found is not None:
                result.append(
                    Identity("officer", found.hall, found.name, found.login, found.agency, officer["counter"], True)
                )
        staff = session.get("staff")
        if staff:
            found = self._ask(("account", staff["hall"], staff["login"], staff["version"]))
            if found is not None:
                result.append(found)
        for token_id in session.get("devices", {}).values():
            found = self._ask(("device", token_id))
            if found is not None:
                result.append(found)
        return result

    def admit(self, door: Door, hall: str | None) -> Identity:
        """The identity that passes the door of ``hall``. Raises :class:`NotSignedIn` or :class:`Denied`."""
        if door.public and not door.roles:
            return NOBODY  # without a look at the cookie, so that files of a page may be kept by any cache
        candidates = self.candidates()
        right_role = [c for c in candidates if c.role in door.roles]
        for candidate in sorted(right_role, key=lambda c: door.roles.index(c.role)):
            if hall is None or candidate.hall is None or candidate.hall == hall:
                return candidate
        if door.public:
            return NOBODY
        if not candidates:
            raise NotSignedIn("sign_in_needed", "Silakan masuk dahulu.")
        if right_role:
            raise Denied("other_hall", "Akses ini berlaku untuk balai layanan yang lain.")
        raise Denied("not_allowed", "Peran Anda tidak berhak atas bagian ini.")


def _hall_in_question() -> str | None:
    """The hall the request is about: named in the path, or that of the thing named there."""
    given = request.view_args or {}
    return str(given["hall"]) if "hall" in given else _hall_of_the_thing()


def _hall_of_the_thing() -> str | None:
    """The hall of the ticket, flag, case or print job in the path; None without one."""
    given = request.view_args or {}
    for name, find in FOUND_BY.items():
        if name in given:
            with db().reading() as connection:
                return str(find(connection, given[name]).hall)
    return None


def keep_doors(app: Flask, doors: dict[str, Door]) -> Doorkeeper:
    """Puts the doorkeeper before every view. A route without a line in the table stays shut for everybody."""
    keeper = Doorkeeper()

    @app.before_request
    def at_the_door() -> Response | None:
        if request.endpoint is None:
            return None  # no such page: the 404 answers
        door = doors.get(request.endpoint)
        if door is None:
            raise Denied("no_door", "Bagian ini tidak dibuka untuk siapa pun.")
        if request.method not in ("GET", "HEAD", "OPTIONS") and request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise Denied("cross_site", "Permintaan ini datang dari situs lain.")  # also where nobody is signed in yet
        hall: str | None = None
        try:
            # who asks is known before what exists: a stranger does not learn which tickets there are
            if not door.public and not keeper.candidates():
                raise NotSignedIn("sign_in_needed", "Silakan masuk dahulu.")
            hall = _hall_in_question() if door.roles else None
            identity = keeper.admit(door, hall)
        except Denied:
            if door.personal and hall is not None:
                _write_down(keeper.candidates(), hall)
            raise
        except NotSignedIn as refusal:
            if door.entrance is not None and wants_page() and request.method == "GET":
                return redirect(url_for(door.entrance, next=request.full_path.rstrip("?")))  # type: ignore[return-value]
            raise refusal
        named = (request.view_args or {}).get("hall") if hall is not None else None
        if named is not None and _hall_of_the_thing() not in (None, named):  # an id must not reach into another hall
            raise NotFound("not_found", "Halaman atau data ini tidak ada.")
        g.antre_who = identity
        if door.largest is not None:
            request.max_content_length = door.largest  # after the look at who it is: a stranger sends no files
        # a browser sends no bearer token by itself: who brings one is no visitor that another site has sent here
        bearer = request.headers.get("Authorization", "").lower().startswith("bearer ")
        if request.method not in ("GET", "HEAD", "OPTIONS") and (identity.cookie or session) and not bearer:
            _check_csrf()
        return None

    return keeper


def _write_down(refused: list[Identity], hall: str) -> None:
    """Keeps that somebody reached for the attendance of a hall's officers without the right to."""
    with db().reading() as connection:
        if hall not in hall_codes(connection):
            return
    for identity in refused:
        what = str(request.endpoint).partition(".")[2]
        note_look(db(), hall, identity.actor, EVERYBODY, what, now(), allowed=False)


def _check_csrf() -> None:
    sent = request.headers.get("X-CSRF-Token") or (request.form.get("csrf_token") if request.form else None)
    try:
        validate_csrf(sent)
    except ValidationError as fault:
        raise Refusal("bad_csrf", "Halaman ini sudah lama terbuka; muat ulang lalu coba lagi.") from fault

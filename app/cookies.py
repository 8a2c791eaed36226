"""The browser's signed cookie: opened by a signer that is made once, and renewed by pages rather than by every call."""

from __future__ import annotations

import time
from copy import deepcopy
from typing import Any

from flask import Flask, Request, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

SECONDS_REMEMBERED = 60.0
MOST_REMEMBERED = 2_000


class Cookies(SecureCookieSessionInterface):
    """Flask's own sessions, at less cost for screens that ask every few seconds over months.

    Flask makes a new signer and checks the signature for every request, and for a permanent session signs a fresh
    cookie into every answer. Here a cookie whose signature was found good is remembered for a minute as it was sent
    (any other text is checked), and only pages carry a fresh one, so that a device stays paired while it is in use.
    """

    def __init__(self) -> None:
        self._signer: Any = None
        self._opened: dict[str, tuple[float, dict[str, Any]]] = {}

    def get_signing_serializer(self, app: Flask) -> Any:
        """The signer of this app, whose secret never changes while it runs."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie says; empty without one, or with one that was not signed here."""
        sent = request.cookies.get(self.get_cookie_name(app), "")
        until, content = self._opened.get(sent, (0.0, {}))
        if time.monotonic() < until:
            return self.session_class(deepcopy(content))  # each request its own: a view may change it
        session = super().open_session(app, request)
        if session:
            if len(self._opened) >= MOST_REMEMBERED:
                self._opened.clear()
            self._opened[sent] = (time.monotonic() + SECONDS_REMEMBERED, deepcopy(dict(session)))
        return session

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """When it changed; a permanent one also with every page."""
        return session.modified or (session.permanent and not request.path.startswith("/api/"))

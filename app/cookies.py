"""The browser's signed cookie, opened by a signer that is made once."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface


class Cookies(SecureCookieSessionInterface):
    """Flask's own sessions. Flask makes a new signer for every request, also for callers with a token and no cookie."""

    def __init__(self) -> None:
        self._signer: Any = None

    def get_signing_serializer(self, app: Flask) -> Any:
        """The signer of this app, whose secret never changes while it runs."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

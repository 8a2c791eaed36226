"""Refusals: every way the house says no, each with a code, a sentence and an HTTP status.

Refusal
├── BadRequest    400  the request cannot be read at all
├── NotSignedIn   401  nobody knows who asks
├── Denied        403  known, but not allowed here
├── NotFound      404  no such hall, service, counter, ticket
├── Conflict      409  understood, but not now (closed, still serving, illegal move)
├── Invalid       422  readable, but wrong in itself
├── TooMany       429  slow down
└── Unavailable   503  the database or the engine room cannot do it now; nothing was written, or the sentence says so
"""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """A request that is refused: nothing was written.

    ``code`` is stable and meant for programs, ``message`` is an Indonesian sentence for people,
    ``extra`` holds plain values that go into the answer (for example when a counter opens next).
    """

    status = 400

    def __init__(self, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class BadRequest(Refusal):
    status = 400


class NotSignedIn(Refusal):
    status = 401


class Denied(Refusal):
    status = 403


class NotFound(Refusal):
    status = 404


class Conflict(Refusal):
    status = 409


class Invalid(Refusal):
    status = 422


class TooMany(Refusal):
    status = 429


class Unavailable(Refusal):
    status = 503


def unstorable() -> Invalid:
    """The refusal of a text that is too long for its place or holds what no database takes."""
    return Invalid("unstorable", "Isian terlalu panjang atau memuat karakter yang tidak dapat disimpan.")

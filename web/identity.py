"""Who asks: a token, a device or a person signed in by cookie, or nobody."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody at the door. ``role`` is a token role or a staff role; ``hall`` None means every hall.

    ``login`` is the NIP or account name of a person, ``counter`` where an officer is signed in through this browser,
    ``cookie`` whether a browser brought it along by itself (then changes need a CSRF token).
    """

    role: str
    hall: str | None
    name: str
    login: str | None = None
    agency: str | None = None
    counter: str | None = None
    cookie: bool = False

    @property
    def actor(self) -> str:
        """How the journal calls them: never a person's name, only the role and the login or device."""
        return f"{self.role}:{self.login or self.name}"[:80]


NOBODY = Identity("nobody", None, "nobody")


def who() -> Identity:
    """The identity the door let in for this request."""
    return g.get("antre_who", NOBODY)  # type: ignore[no-any-return]

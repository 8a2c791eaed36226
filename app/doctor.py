"""``antre doctor``: examines machine, settings, database, printers and voice, and says what to mend."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from app.settings import BadSettings, Settings, secret_of
from hall.clock import Clock, SystemClock
from hall.errors import Refusal

Level = Literal["ok", "warning", "fault"]
OLDEST_PYTHON = (3, 11)
FIRST_YEAR, LAST_YEAR = 2026, 2100  # outside of these the machine's clock was never set
LITTLE_SPACE, NO_SPACE = 2 * 1024**3, 200 * 1024**2  # bytes free


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``fault``: mend it before the hall opens; ``warning``: know it."""

    level: Level
    topic: str
    message: str


def examine(settings: Settings, *, clock: Clock | None = None) -> list[Finding]:
    """Looks at everything that has made a hall fail, without changing anything; takes some seconds at most.

    Never raises for what it finds: a database that cannot be opened is a finding like any other.
    """
    from app.doctor_database import database_findings, open_existing
    from app.doctor_hall import hall_findings
    from app.doctor_servers import room_findings

    now = (clock or SystemClock()).now()
    found = [*_machine(), *_clock(now), *_space(settings), *_secret(settings), *_addresses(settings)]
    db, about = open_existing(settings)
    found += about
    if db is not None:
        try:
            found += [*database_findings(db, now), *room_findings(db, settings)]
            if not any(f.topic == "migrations" and f.level == "fault" for f in found):
                found += hall_findings(db, settings, now)
        except Refusal as refusal:
            found.append(Finding("fault", "database", str(refusal)))
        finally:
            db.close()
    return found


def must_be_fit_to_serve(settings: Settings, *, clock: Clock | None = None, clock_is_right: bool = False) -> None:
    """Refuses to serve where numbers could be lost, repeated or dated wrongly.

    ``clock_is_right``: somebody looked, and the hall really wrote nothing for more than a year. Raises
    :class:`BadSettings` with what to mend (a network file system, connections without their guards, a clock before the
    last line of the journal, or years after it) and :class:`hall.errors.Unavailable` (``not_migrated`` and what else a
    database refuses).
    """
    from app.doctor_database import (
        clock_against_journal,
        clock_far_ahead,
        connection_guards,
        engine_findings,
        open_existing,
    )
    from app.doctor_servers import meeting_findings
    from app.messenger import channels_of
    from hall.schema import must_be_current

    now = (clock or SystemClock()).now()
    found = list(_clock(now))
    db, about = open_existing(settings)
    found += about
    if db is not None:
        try:
            must_be_current(db)
            found += [*engine_findings(db), *connection_guards(db), *clock_against_journal(db, now)]
            found += meeting_findings(db)
            if not clock_is_right:
                found += clock_far_ahead(db, now)
        finally:
            db.close()
    channels_of(settings)  # a messages file that cannot be used is told before anybody relies on it
    faults = [f.message for f in found if f.level == "fault" and f.topic != "memory"]
    if faults:
        raise BadSettings("Not fit to serve. " + " ".join(faults))


def reachable_from_outside(settings: Settings) -> bool:
    """Whether other machines reach the server: at its own address, through a proxy, or by its stated address."""
    host = settings.bind.rpartition(":")[0]
    stated = urlsplit(settings.base_url).hostname or "localhost"
    return settings.proxies > 0 or not _is_loopback(host) or not _is_loopback(stated)


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host.strip("[]") in ("localhost", "::1")


def _machine() -> Iterator[Finding]:
    version = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        yield Finding("fault", "python", f"Python {version} is too old; Antre needs 3.11 or newer.")
    else:
        yield Finding("ok", "python", f"Python {version}.")


def _clock(now: datetime) -> Iterator[Finding]:
    if FIRST_YEAR <= now.year < LAST_YEAR:
        yield Finding("ok", "clock", f"The clock says {now:%Y-%m-%d %H:%M:%S} UTC.")
    else:
        yield Finding(
            "fault", "clock", f"The clock says {now:%Y-%m-%d}; set it (or mend its battery) before anything else."
        )


def _space(settings: Settings) -> Iterator[Finding]:
    if not settings.home.exists():
        yield Finding("fault", "home", f"{settings.home.absolute()} does not exist; run 'antre init HALLFILE'.")
        return
    if not os.access(settings.home, os.W_OK):
        yield Finding("fault", "home", f"{settings.home.absolute()} cannot be written by this user.")
    free = shutil.disk_usage(settings.home).free
    said = f"{free / 1024**3:.1f} GB free under {settings.home.absolute()}."
    level: Level = "fault" if free < NO_SPACE else "warning" if free < LITTLE_SPACE else "ok"
    yield Finding(level, "disk", said)


def _secret(settings: Settings) -> Iterator[Finding]:
    try:
        secret_of(settings)
    except BadSettings as fault:
        yield Finding("fault", "secret", str(fault))
        return
    path = settings.home / "secret.key"
    if settings.secret_key:
        yield Finding("ok", "secret", "The key that signs cookies comes from the environment.")
    elif stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding("fault", "secret", f"{path} can be read by other users; run 'chmod 600 {path}'.")
    else:
        yield Finding("ok", "secret", f"{path} is there, and only its owner reads it.")


def _addresses(settings: Settings) -> Iterator[Finding]:
    if not reachable_from_outside(settings):
        yield Finding("ok", "addresses", f"Served at {settings.bind}, to this machine only.")
        return
    stated = urlsplit(settings.base_url)
    if not settings.base_url:
        what = (
            f"ANTRE_BASE_URL is not set: the QR on every slip leads to {settings.public_url}, which no phone can open."
        )
        yield Finding("fault", "addresses", what)
    elif _is_loopback(stated.hostname or ""):
        yield Finding("fault", "addresses", f"ANTRE_BASE_URL is {settings.base_url}: no phone can open that.")
    else:
        yield Finding("ok", "addresses", f"Phones reach the hall at {settings.public_url}.")
    if not settings.secure_cookies:
        what = "ANTRE_SECURE_COOKIES is off: on the network a session can be stolen. Serve HTTPS and switch it on."
        yield Finding("fault", "cookies", what)
    elif stated.scheme == "http":
        what = f"{settings.base_url} is not HTTPS, so browsers do not send the cookies and nobody can sign in there."
        yield Finding("fault", "cookies", what)
    else:
        yield Finding("ok", "cookies", "Cookies travel over HTTPS only.")

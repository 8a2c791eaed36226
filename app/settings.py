"""The operator's settings: one frozen dataclass from ``ANTRE_*``; a wrong one stops the start with a sentence."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path


class BadSettings(Exception):
    """The environment does not make sense; the message says what to mend."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default.

    Each comes from ``ANTRE_<NAME>``; secrets also from a file named by ``ANTRE_<NAME>_FILE``.
    """

    home: Path = Path("var")  # database, secret, sounds and slides live here
    database_url: str = ""  # empty: SQLite under home
    bind: str = "127.0.0.1:8080"  # host:port that gunicorn listens on
    base_url: str = ""  # how phones reach the hall (in the QR); empty: http:// and bind
    secret_key: str = ""  # signs cookies; empty: the file secret.key under home, which `antre init` makes
    secure_cookies: bool = True  # browsers send cookies over HTTPS only, except in the demo
    proxies: int = 0  # how many reverse proxies stand in front (nginx: 1)
    sockets: int = 200  # displays, consoles and admin pages that may be connected at once
    threads: int = 64  # for pages and calls, besides the sockets; in each process, like the sockets
    processes: int = 1  # server processes at one address; more than one on PostgreSQL only
    database_connections: int = 16  # on PostgreSQL, at most so many for each process
    voice: str = "espeak"  # espeak, or off
    recordings: str = ""  # a folder with own recordings
    messages_file: str = ""  # the file with the channels' addresses and webhooks; empty: nobody is messaged
    log_level: str = "info"

    @property
    def url(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{(self.home / 'antre.db').absolute()}"

    @property
    def public_url(self) -> str:
        """Where phones reach the hall, without a slash at the end."""
        return (self.base_url or f"http://{self.bind}").rstrip("/")


SECRETS = ("secret_key", "database_url")
# names that belong to the printer agent's own command line, not to the server
OTHERS = ("AGENT_TOKEN", "AGENT_TOKEN_FILE")


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises :class:`BadSettings` for unknown names, bad values, lost secret files."""
    given = os.environ if environment is None else environment
    names = {f"ANTRE_{f.name.upper()}": f for f in fields(Settings)}
    values: dict[str, object] = {}
    for name, raw in given.items():
        if not name.startswith("ANTRE_") or name.removeprefix("ANTRE_") in OTHERS:
            continue
        base = name.removesuffix("_FILE")
        if name not in names and base in names and names[base].name in SECRETS:
            if base in given:
                raise BadSettings(f"{base} and {name} are both set; keep one.")
            values[names[base].name] = _from_file(name, raw)
        elif name in names:
            field = names[name]
            values[field.name] = _convert(name, raw, type(field.default))
        else:
            raise BadSettings(f"{name} is not a setting of Antre; known are {', '.join(sorted(names))}.")
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings)
    return settings


def _from_file(name: str, raw: str) -> str:
    try:
        return Path(raw).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise BadSettings(f"{name} names {raw!r}, which cannot be read: {fault}.") from fault


def _convert(name: str, raw: str, kind: type) -> object:
    if kind is bool:
        known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if raw.lower() not in known:
            raise BadSettings(f"{name} is {raw!r}; it takes true or false.")
        return known[raw.lower()]
    if kind is int:
        if not (raw.isascii() and raw.isdigit()):
            raise BadSettings(f"{name} is {raw!r}; it takes a whole number.")
        return int(raw)
    if issubclass(kind, Path):
        if not raw:
            raise BadSettings(f"{name} is empty; name a folder, or leave it out.")
        return Path(raw)
    return raw


def _check(settings: Settings) -> None:
    host, _, port = settings.bind.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise BadSettings(f"ANTRE_BIND is {settings.bind!r}; it takes host:port.")
    if settings.threads < 1:
        raise BadSettings("ANTRE_THREADS is 0; nobody would be answered.")
    if settings.processes < 1:
        raise BadSettings("ANTRE_PROCESSES is 0; nobody would be answered.")
    if settings.processes > 1 and settings.url.startswith("sqlite"):
        raise BadSettings(
            f"ANTRE_PROCESSES is {settings.processes}, but SQLite takes one server process; "
            "leave it at 1, or name a PostgreSQL by ANTRE_DATABASE_URL."
        )
    if settings.database_connections < 2:
        raise BadSettings(f"ANTRE_DATABASE_CONNECTIONS is {settings.database_connections}; a server needs 2 or more.")
    if settings.voice not in ("espeak", "off"):
        raise BadSettings(f"ANTRE_VOICE is {settings.voice!r}; it takes espeak or off.")
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise BadSettings(f"ANTRE_LOG_LEVEL is {settings.log_level!r}; it takes debug, info, warning or error.")
    if not settings.url.startswith(("sqlite:///", "postgresql")):
        raise BadSettings("ANTRE_DATABASE_URL must be sqlite:///PATH or postgresql://...")
    if settings.secret_key and len(settings.secret_key) < 32:
        raise BadSettings("ANTRE_SECRET_KEY is shorter than 32 characters; cookies could be forged.")
    if settings.base_url and not settings.base_url.startswith(("http://", "https://")):
        raise BadSettings(f"ANTRE_BASE_URL is {settings.base_url!r}; it starts with http:// or https://.")


def secret_of(settings: Settings, *, make: bool = False) -> str:
    """The key that signs cookies: from the settings, else from ``secret.key`` under home, made there if ``make``.

    Raises :class:`BadSettings` when there is none.
    """
    if settings.secret_key:
        return settings.secret_key
    path = settings.home / "secret.key"
    if not path.exists() and make:
        _make_secret(path)
    try:
        secret = path.read_text().strip()
    except OSError as fault:
        raise BadSettings(f"No secret: set ANTRE_SECRET_KEY_FILE, or run 'antre init', which makes {path}.") from fault
    if len(secret) < 32:
        raise BadSettings(f"{path} is shorter than 32 characters; cookies could be forged.")
    return secret


def _make_secret(path: Path) -> None:
    """Makes the file whole before it has its name: another process must not read half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(prefix=".secret-", dir=path.parent)  # readable by its owner only
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process made it this very moment: that one holds
            os.link(unfinished, path)
    finally:
        os.unlink(unfinished)

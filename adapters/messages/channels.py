"""Reads the messages file: which address a channel's name stands for, and whom webhooks go to; all of it secret."""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9])?")
SHORTEST_SECRET = 32
LARGEST = 256 * 1024


class BadChannels(ValueError):
    """The messages file cannot be used; the sentence says what to mend and never repeats an address or a secret."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A command centre that hears of every flag. ``halls`` empty: of all halls."""

    name: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    halls: tuple[str, ...] = ()

    def hears_of(self, hall: str) -> bool:
        """Whether this hall's flags are told here."""
        return not self.halls or hall in self.halls


@dataclass(frozen=True, slots=True)
class Channels:
    """Channel name -> its address (an Apprise URL), and the webhooks by name."""

    addresses: dict[str, str] = field(default_factory=dict, repr=False)
    webhooks: dict[str, Webhook] = field(default_factory=dict)

    def webhooks_of(self, hall: str) -> tuple[str, ...]:
        """The names of the webhooks that hear of a hall."""
        return tuple(name for name, webhook in self.webhooks.items() if webhook.hears_of(hall))


def read_channels(path: Path) -> Channels:
    """The channels of a file that others cannot read (:func:`is_too_open`). Raises :class:`BadChannels`."""
    try:
        handle = os.open(path, os.O_RDONLY)
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(file.fileno())
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as fault:
        raise BadChannels(f"The messages file {path} cannot be read: {fault}.") from fault
    if not stat.S_ISREG(found.st_mode):
        raise BadChannels(f"The messages file {path} is no file.")
    if is_too_open(stat.S_IMODE(found.st_mode), found.st_uid, os.getuid()):
        raise BadChannels(f"The messages file {path} can be read by other users; run 'chmod 600 {path}'.")
    if len(content) > LARGEST:
        raise BadChannels(f"The messages file {path} is larger than {LARGEST // 1024} KiB.")
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as fault:
        place = re.search(r"line \d+", str(fault))
        told = f" ({place[0]})" if place else ""
        # the reader's own words are not repeated: they may quote the secret on that line
        raise BadChannels(f"The messages file {path} is no TOML{told}.") from None
    return _read(document, path)


def is_too_open(mode: int, owner: int, me: int) -> bool:
    """Whether a file of secrets may be read by people whom it does not concern.

    Its owner only; where it belongs to somebody else (0640 root:antre, as under /etc), its group is how I may read it.
    """
    return bool(mode & (0o077 if owner == me else 0o027))


def _read(document: dict[str, Any], path: Path) -> Channels:
    _only(document, ("channels", "webhook"), f"The messages file {path}")
    addresses = document.get("channels", {})
    hooks = document.get("webhook", {})
    if not isinstance(addresses, dict) or not isinstance(hooks, dict):
        raise BadChannels(f"The messages file {path}: write [channels] and [webhook.NAME].")
    for name, address in addresses.items():
        _must_be_name(name, path)
        if not isinstance(address, str) or "://" not in address:
            raise BadChannels(f"The messages file {path}: channel {name} needs an address like scheme://...")
    return Channels(dict(addresses), {name: _webhook(name, given, path) for name, given in hooks.items()})


def _webhook(name: str, given: object, path: Path) -> Webhook:
    _must_be_name(name, path)
    told = f"The messages file {path}: webhook {name}"
    if not isinstance(given, dict):
        raise BadChannels(f"{told} is written [webhook.{name}] with url and secret.")
    _only(given, ("url", "secret", "halls"), told)
    url, secret, halls = given.get("url"), given.get("secret"), given.get("halls", [])
    if not isinstance(url, str) or not _is_url(url):
        raise BadChannels(f"{told} needs a url that begins with https:// (http:// only inside the house).")
    if not isinstance(secret, str) or len(secret) < SHORTEST_SECRET:
        raise BadChannels(f"{told} needs a secret of {SHORTEST_SECRET} characters or more.")
    if not isinstance(halls, list) or not all(isinstance(hall, str) for hall in halls):
        raise BadChannels(f"{told}: halls is a list of codes.")
    return Webhook(name, url, secret, tuple(halls))


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _must_be_name(name: str, path: Path) -> None:
    if not NAME.fullmatch(name):
        raise BadChannels(f"The messages file {path}: {name[:40]!r} is no name; use letters, digits, - _ and .")


def _only(given: Collection[str], known: tuple[str, ...], told: str) -> None:
    for key in given:
        if key not in known:
            raise BadChannels(f"{told}: {key[:40]!r} is not known; there is {', '.join(known)}.")

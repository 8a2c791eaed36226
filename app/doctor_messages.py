"""What ``antre doctor`` looks at in messages: the file of addresses, and whether the halls' channels are in it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from adapters.messages.channels import Channels, Webhook
from adapters.messages.sender import understands
from app.doctor import Finding
from app.messenger import channels_of
from app.settings import BadSettings, Settings
from hall.places import Places


def message_findings(settings: Settings, halls: list[Places]) -> Iterator[Finding]:
    """The messages file and every channel that a hall file names. Nothing is sent."""
    try:
        channels = channels_of(settings)
    except BadSettings as fault:
        yield Finding("fault", "messages", str(fault))
        return
    yield from _addresses(channels)
    for name, webhook in channels.webhooks.items():
        yield from _webhook(name, webhook, {hall.code for hall in halls})
    named = {(hall.code, name) for hall in halls for e in hall.escalations for name in e.channels}
    for code, name in sorted(named):
        if name not in channels.addresses:
            what = f"{code}: the hall file names the channel {name}, but ANTRE_MESSAGES_FILE has no address for it."
            yield Finding("fault", "messages", what)
    if not settings.messages_file and not named:
        yield Finding("ok", "messages", "No channels: flags are shown, and nobody is messaged.")


def _addresses(channels: Channels) -> Iterator[Finding]:
    strange = [name for name, address in channels.addresses.items() if not understands(address)]
    for name in strange:
        yield Finding("fault", "messages", f"The address of channel {name} is none that can be sent to.")
    if channels.addresses and not strange:
        yield Finding("ok", "messages", f"{len(channels.addresses)} channels have an address.")


def _webhook(name: str, webhook: Webhook, halls: set[str]) -> Iterator[Finding]:
    address = urlsplit(webhook.url)
    unknown = [code for code in webhook.halls if code not in halls]
    if unknown:
        yield Finding("warning", "messages", f"Webhook {name} speaks of halls that are not here: {', '.join(unknown)}.")
    if address.scheme == "http" and not _is_near(address.hostname or ""):
        yield Finding("warning", "messages", f"Webhook {name} is not HTTPS: anybody on the way can read what is told.")
    elif not unknown:
        yield Finding("ok", "messages", f"Webhook {name} is told of every flag.")


def _is_near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"

"""Commands about messages: whether a channel works."""

from __future__ import annotations

import click

from app.commanding import Stop, now, refusing
from app.settings import read_settings


@click.group()
def messages() -> None:
    """Messages about empty counters."""


@messages.command("test")
@click.argument("channel")
@refusing
def test(channel: str) -> None:
    """Send a trial message through CHANNEL, or a signed trial event to the webhook of that name."""
    from adapters.messages.sender import Sender
    from adapters.messages.webhook import Poster
    from app.messenger import channels_of

    settings = read_settings()
    channels = channels_of(settings)
    if channel in channels.addresses:
        title, body = "Antre: pesan percobaan", f"Saluran {channel} berfungsi. {settings.public_url}"
        outcome = Sender().send(channel, channels.addresses[channel], title, body)
    elif channel in channels.webhooks:
        moment = now()
        told = {"id": f"test-{moment.timestamp():.0f}", "event": "test", "at": moment.isoformat()}
        outcome = Poster().post(channels.webhooks[channel], told, now=moment)
    else:
        known = ", ".join(sorted((*channels.addresses, *channels.webhooks))) or "none; see ANTRE_MESSAGES_FILE"
        raise Stop(f"There is no channel {channel!r}. Known: {known}.")
    if outcome.state == "unknown":
        raise Stop(f"{channel} did not answer in time ({outcome.fault}): the message may have arrived or not.")
    if outcome.state != "sent":
        raise Stop(f"{channel} did not take the message ({outcome.fault}).")
    click.echo(f"{channel} took the message.")

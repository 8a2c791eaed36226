"""Sends a text through a channel: WhatsApp gateways, Telegram, e-mail and the rest, by way of Apprise."""

from __future__ import annotations

import logging
import threading
import time
import warnings
from typing import Any

from adapters.messages.bounded import FAILED, SENT, UNKNOWN, Bounded, Outcome

log = logging.getLogger("antre.messages")

CONNECT_S, READ_S, MOST_S = 3.0, 8.0, 25.0
_loading = threading.Lock()


class Sender:
    """Sends to addresses (Apprise URLs). Never raises for what a receiver does; an address is never logged.

    ``read_s`` must be well above ``connect_s``: Apprise says only that it did not work. Who answered nothing for
    ``read_s`` may have got the message (``unknown``); whatever broke earlier was not delivered (``failed``).
    """

    def __init__(self, *, connect_s: float = CONNECT_S, read_s: float = READ_S, most_s: float = MOST_S) -> None:
        self._connect_s, self._read_s = connect_s, read_s
        self._bounded = Bounded(most_s)

    def send(self, channel: str, address: str, title: str, body: str) -> Outcome:
        """Sends once. The caller decides whether to try again."""
        target = _open(address)
        if target is None:
            return Outcome(FAILED, "bad_address", again=False)
        target.socket_connect_timeout, target.socket_read_timeout = self._connect_s, self._read_s

        def attempt() -> Outcome:
            begun = time.monotonic()
            try:
                if target.notify(body=body, title=title):
                    return Outcome(SENT)
            except Exception as fault:  # noqa: BLE001 - a plugin's own fault; its text may hold the address
                log.error("channel %s: its plugin failed with %s", channel, type(fault).__name__)
                return Outcome(UNKNOWN, "plugin_fault")
            slow = time.monotonic() - begun >= self._read_s
            return Outcome(UNKNOWN, "no_answer") if slow else Outcome(FAILED, "refused")

        return self._bounded.run(channel, attempt)


def understands(address: str) -> bool:
    """Whether Apprise knows what kind of address this is and finds it complete. Nothing is sent."""
    return _open(address) is not None


def _open(address: str) -> Any:
    """The plugin for an address, or None. Redirects are not followed and nothing is kept on the disk."""
    with _loading, warnings.catch_warnings():
        # loading all plugins imports modules that newer Pythons warn about
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        logging.getLogger("apprise").setLevel(
            logging.CRITICAL + 1
        )  # its lines may hold the address; the outcome says it
        asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY, http_redirects=False)
        return apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)

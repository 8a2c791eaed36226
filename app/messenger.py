"""Couriers that watch the halls for empty counters, and carry what has to be told of them out of the house."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from adapters.messages.bounded import FAILED, Outcome
from adapters.messages.channels import BadChannels, Channels, read_channels
from adapters.messages.sender import Sender
from adapters.messages.webhook import Poster
from adapters.messages.words import compose, tell
from app.settings import BadSettings, Settings
from hall.clock import Clock
from hall.database import Database
from hall.places import places
from hall.turn import turns
from staffing.flags import find_flag
from staffing.floor import floor
from staffing.outbox import WEBHOOK, Message, follow_for_webhooks, line_of, report_message, take_message
from staffing.watch import BESIDE, watch

log = logging.getLogger("antre.messages")

LOOK_S = 2.0  # how often it is asked whether a hall's journal went on, or the time of something has come
BUSY_S = 5.0  # a hall whose line moves all the time is looked at this often; who sits down or leaves is seen at once
POST_S = 2.0
MOST_AT_ONCE = 8
STOP_S = 5.0


def channels_of(settings: Settings) -> Channels:
    """The channels of the messages file; none without one. Raises :class:`BadSettings`."""
    if not settings.messages_file:
        return Channels()
    try:
        return read_channels(Path(settings.messages_file))
    except BadChannels as fault:
        raise BadSettings(f"ANTRE_MESSAGES_FILE: {fault}") from fault


class Watcher:
    """Looks at each hall when its journal went on, or when something becomes due by the clock alone."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._seen: dict[str, tuple[int, datetime]] = {}  # hall -> line looked at, and when to look in any case
        self._looked: dict[str, float] = {}
        self._urgent: set[str] = set()
        self._guard = threading.Lock()

    def heard(self, hall: str, kinds: frozenset[str]) -> bool:
        """Notes what this process wrote; True when a counter may have become empty or staffed by it."""
        if all(kind.startswith(BESIDE) for kind in kinds):
            return False
        with self._guard:
            self._urgent.add(hall)
        return True

    def step(self) -> float:
        """One look at every hall that needs one."""
        with self._guard:
            urgent, self._urgent = self._urgent, set()
        now = self._clock.now()
        with self._db.reading() as connection:
            halls = connection.execute(select(turns.c.hall, turns.c.seq)).all()
        for hall, seq in halls:
            line, until = self._seen.get(hall, (-1, now))
            moved = seq != line and time.monotonic() - self._looked.get(hall, -BUSY_S) >= BUSY_S
            if hall in urgent or moved or now >= until:
                looked = watch(self._db, hall, now=now)
                self._seen[hall] = looked.seq, looked.until
                self._looked[hall] = time.monotonic()
        return LOOK_S


class Postman:
    """Hands every stored message to its channel: several channels at once, one message at a time through each.

    A channel that hangs holds up nobody but itself. What this process was carrying when it died is found by whoever
    looks after the lease ran out.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        channels: Channels,
        base_url: str,
        *,
        sender: Sender | None = None,
        poster: Poster | None = None,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._db, self._clock, self._channels, self._base_url = db, clock, channels, base_url
        self._sender, self._poster, self._wake = sender or Sender(), poster or Poster(), wake
        self._busy: set[tuple[str, str]] = set()
        self._free = threading.Condition()

    def step(self) -> float:
        """Queues what webhooks have to hear and sets off with all that is due. Does not wait for any of it."""
        with self._db.reading() as connection:
            halls = [row.hall for row in connection.execute(select(turns.c.hall))]
        for hall in halls:
            follow_for_webhooks(self._db, hall, self._channels.webhooks_of(hall), now=self._clock.now())
            while self._set_off(hall):
                pass
        return POST_S

    def wait(self, timeout: float = STOP_S) -> bool:
        """Waits until nothing is under way; False if that takes longer than ``timeout`` seconds."""
        with self._free:
            return self._free.wait_for(lambda: not self._busy, timeout)

    def _set_off(self, hall: str) -> bool:
        with self._free:
            busy = frozenset(self._busy)
        if len(busy) >= MOST_AT_ONCE:
            return False
        message = take_message(self._db, hall, now=self._clock.now(), besides=busy)
        if message is None:
            return False
        with self._free:
            self._busy.add((message.kind, message.channel))
        threading.Thread(target=self._carry, args=(message,), name=f"post-{message.channel}", daemon=True).start()
        return True

    def _carry(self, message: Message) -> None:
        try:
            outcome = self._attempt(message)
            told = {"fault": outcome.fault, "again": outcome.again}
            report_message(self._db, message, outcome.state, now=self._clock.now(), **told)  # type: ignore[arg-type]
        except Exception:  # not reported: when its lease runs out it is left unknown
            log.exception("message %s was carried, but its fate could not be written down", message.id)
        finally:
            with self._free:
                self._busy.discard((message.kind, message.channel))
                self._free.notify_all()
            self._wake()

    def _attempt(self, message: Message) -> Outcome:
        now = self._clock.now()
        with self._db.reading() as connection:
            hall = places(self._db, connection, message.hall)
            flag = find_flag(connection, message.flag)
            line = line_of(connection, message) if message.kind == WEBHOOK else None
        if line is not None:
            webhook = self._channels.webhooks.get(message.channel)
            if webhook is None:
                return Outcome(FAILED, "no_such_channel", again=False)
            return self._poster.post(webhook, tell(hall, line, base_url=self._base_url), now=now)
        address = self._channels.addresses.get(message.channel)
        if address is None:
            return Outcome(FAILED, "no_such_channel", again=False)
        counter = next((c for c in floor(self._db, hall.code, now).counters if c.counter == flag.counter), None)
        text = compose(hall, flag, message.event, counter, base_url=self._base_url, now=now)
        return self._sender.send(message.channel, address, text.title, text.body)

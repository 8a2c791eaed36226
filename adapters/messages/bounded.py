"""Does a thing that talks to the network within a bounded time, whatever the other side does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

SENT, FAILED, UNKNOWN = "sent", "failed", "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt: ``sent``, ``failed`` (certainly not) or ``unknown``.

    ``fault`` is a short code without any address in it; ``again`` False: a further attempt cannot succeed either.
    """

    state: str
    fault: str = ""
    again: bool = True


class Bounded:
    """Runs attempts on threads of their own and waits for each at most ``most_s`` seconds.

    A receiver that gives a byte a minute keeps any timeout of a socket from firing. Its thread is left behind, and as
    long as it lives nothing more is sent to that receiver: threads do not pile up.
    """

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._stuck: dict[str, threading.Thread] = {}

    def run(self, name: str, attempt: Callable[[], Outcome]) -> Outcome:
        """The outcome of ``attempt``, which must not raise; ``unknown`` (``timeout``) if it takes too long."""
        old = self._stuck.get(name)
        if old is not None and old.is_alive():
            return Outcome(FAILED, "still_stuck")
        self._stuck.pop(name, None)
        done: list[Outcome] = []
        thread = threading.Thread(target=lambda: done.append(attempt()), name=f"message-{name}", daemon=True)
        thread.start()
        thread.join(self._most_s)
        if thread.is_alive():
            self._stuck[name] = thread
            return Outcome(UNKNOWN, "timeout")
        return done[0] if done else Outcome(UNKNOWN, "fault")

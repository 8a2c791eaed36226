"""Whoever asks the server to end is heard at any moment, also while it is still getting up: it ends with status 0."""

from __future__ import annotations

import os
import signal
from queue import Empty, SimpleQueue
from types import FrameType

ASKED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def leave_when_asked() -> None:
    """From now on this process is gone at once when it is asked to end: it serves nobody yet and holds nothing.

    Python would die of the signal, or end with status 1 and a traceback, and be started again by who keeps it running.
    """
    for asked in ASKED:
        signal.signal(asked, _leave)


def _leave(asked: int, frame: FrameType | None) -> None:
    os._exit(0)  # not an exception: what is being imported may swallow it, and a worker's would be a failed start


def wait_to_be_asked() -> None:
    """From now on requests to end wait until they are heard, also while another program takes the place of this one."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ASKED)


def hear() -> None:
    """Requests to end come through again, first those that waited."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ASKED)


def was_asked(signals: SimpleQueue[int]) -> bool:
    """Whether a request to end is among ``signals``, which are taken out."""
    try:
        while True:
            if signals.get_nowait() in ASKED:
                return True
    except Empty:
        return False

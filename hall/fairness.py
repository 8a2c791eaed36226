"""Locks that serve in order of asking: inside one process, and between processes on one machine."""

from __future__ import annotations

import fcntl
import os
import threading
from collections import deque
from pathlib import Path
from types import TracebackType

PATIENCE = 5.0  # seconds; nothing that holds a lock for long is healthy, and a citizen would rather be told


class LockTimeout(Exception):
    """The lock was not to be had in time."""


class LockUnusable(Exception):
    """The file that the lock stands on cannot be opened."""


class FairLock:
    """A mutual exclusion lock whose waiters are served first come, first served.

    A plain lock, like SQLite's busy handler, lets late comers overtake: some clients then wait a second while others
    are served many times. Whoever waits longer than ``patience`` seconds gets :class:`LockTimeout`, so that a holder
    who hangs does not take every thread with it. Not reentrant.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> FairLock:
        with self._guard:
            if not self._taken:
                self._taken = True
                return self
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        try:
            ours = mine.acquire(timeout=self._patience)  # released by whoever leaves before us; the lock is ours then
        except BaseException:
            self._stop_waiting(mine)
            raise
        if not ours:
            self._stop_waiting(mine)
            raise LockTimeout(f"waited {self._patience} s for others to finish")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            self._pass_on()

    def _pass_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().release()
        else:
            self._taken = False

    def _stop_waiting(self, mine: threading.Lock) -> None:
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:
                self._pass_on()  # it became ours just now


class FileLock:
    """An exclusive lock between processes on one machine, held on a file; the system frees it when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def __enter__(self) -> FileLock:
        if self._handle is None:
            try:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as fault:
                raise LockUnusable(str(fault)) from fault
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._handle is not None
        fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Gives the file back to the system."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

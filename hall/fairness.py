"""Locks that serve in order of asking: inside one process, and between processes on one machine."""

from __future__ import annotations

import fcntl
import os
import threading
from collections import deque
from pathlib import Path
from types import TracebackType


class FairLock:
    """A mutual exclusion lock whose waiters are served first come, first served.

    A plain lock, like SQLite's busy handler, lets late comers overtake: some clients then wait a second while others
    are served many times. Not reentrant.
    """

    def __init__(self) -> None:
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
        mine.acquire()  # released by whoever leaves before us; the lock is ours then
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class FileLock:
    """An exclusive lock between processes on one machine, held on a file; the system frees it when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def __enter__(self) -> FileLock:
        if self._handle is None:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        assert self._handle is not None
        fcntl.flock(self._handle, fcntl.LOCK_UN)

    def close(self) -> None:
        """Gives the file back to the system."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

"""Locks that serve in order of asking: inside one process, and between processes on one machine."""

from __future__ import annotations

import fcntl
import os
import threading
from collections import deque
from collections.abc import Callable
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
    who hangs does not take every thread with it. Not reentrant. ``give_back`` is called instead of :meth:`release` when
    a waiter is interrupted at the moment in which the lock becomes his: the one before may have left something open.
    """

    def __init__(self, patience: float = PATIENCE, give_back: Callable[[], object] | None = None) -> None:
        self._patience = patience
        self._give_back = give_back or self.release
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[tuple[threading.Lock, bool]] = deque()

    def acquire(self, *, joins: bool = False) -> None:
        """Waits for one's turn. ``joins``: takes it from :meth:`hand_over` too, with what the one before left open."""
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append((mine, joins))
        try:
            ours = mine.acquire(timeout=self._patience)  # released by whoever leaves before us; the lock is ours then
        except BaseException:
            if not self._stopped_waiting(mine, joins):
                self._give_back()  # it became ours just now
            raise
        if not ours and self._stopped_waiting(mine, joins):
            raise LockTimeout(f"waited {self._patience} s for others to finish")

    def release(self) -> None:
        """Passes the lock on to whoever has waited longest, or frees it."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft()[0].release()
            else:
                self._taken = False

    def hand_over(self) -> bool:
        """Passes the lock on if somebody waits for it and :meth:`acquire` said that he joins; else keeps it: False."""
        with self._guard:
            if not self._waiting or not self._waiting[0][1]:
                return False
            self._waiting.popleft()[0].release()
            return True

    def __enter__(self) -> FairLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _stopped_waiting(self, mine: threading.Lock, joins: bool) -> bool:
        """Whether the place in the queue was given up; False when the lock had become ours just before."""
        with self._guard:
            if (mine, joins) not in self._waiting:
                return False
            self._waiting.remove((mine, joins))
            return True


class FileLock:
    """An exclusive lock between processes on one machine, held on a file; the system frees it when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def __enter__(self) -> FileLock:
        fcntl.flock(self._open(), fcntl.LOCK_EX)
        return self

    def take_if_free(self) -> bool:
        """Takes it without waiting; False when another process has it. Raises :class:`LockUnusable`."""
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _open(self) -> int:
        if self._handle is None:
            try:
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as fault:
                raise LockUnusable(str(fault)) from fault
        return self._handle

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

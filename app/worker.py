"""gunicorn's threaded worker, except that sockets take none of the threads that answer pages."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import Any

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

Job = tuple["Future[Any]", Callable[..., Any], tuple[Any, ...]]


class Pool(Executor):
    """A fixed number of threads for requests. A request that turns out to be a socket keeps its thread and is replaced.

    With one pool for both, as gunicorn has it, there must be a thread for every socket that may come, and until it does
    pages use them all: 400 threads that want Python at the same moment pass it on without order, and some answers take
    a second. Threads here are daemons: what still runs when the grace period is over does not hold up a restart.
    """

    def __init__(self, threads: int) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.closed = False
        for _ in range(threads):
            self.hire()

    def hire(self) -> None:
        """Starts one more thread."""
        _Thread(self).start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:
        """Hands a request to the next free thread, in order of asking."""
        if self.closed:
            raise RuntimeError("the pool is closed")
        future: Future[Any] = Future()
        self._jobs.put((future, fn, args))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Lets every free thread go; busy ones go when they are done."""
        self.closed = True
        self._jobs.put(None)

    def work(self, thread: _Thread) -> None:
        """What a thread does until it is kept by a socket or the pool closes."""
        while not thread.kept:
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)  # for the next one
                return
            future, fn, args = job
            try:
                result = fn(*args)
            except BaseException as fault:  # noqa: BLE001  as concurrent.futures does: whoever asks for the result gets it
                future.set_exception(fault)
            else:
                future.set_result(result)
            del job, future, fn, args  # or a thread without work would hold on to its last connection


class _Thread(threading.Thread):
    def __init__(self, pool: Pool) -> None:
        super().__init__(name="antre-request", daemon=True)
        self._pool = pool
        self.kept = False

    def run(self) -> None:
        self._pool.work(self)

    def keep(self) -> None:
        """The request is a socket and stays: another thread takes the place here, this one ends with the socket."""
        if not self.kept and not self._pool.closed:
            self.kept = True
            self._pool.hire()


def keep_this_thread() -> None:
    """Called where a socket begins: its thread belongs to it from now on. Elsewhere than in a pool nothing happens."""
    thread = threading.current_thread()
    if isinstance(thread, _Thread):
        thread.keep()


class HallWorker(ThreadWorker):
    """The threaded worker with :class:`Pool`."""

    def get_thread_pool(self) -> Pool:
        """gunicorn's own place to bring another pool."""
        return Pool(self.cfg.threads)

"""gunicorn's threaded worker, except that sockets take no page's thread and a ready answer takes no thread at all."""

from __future__ import annotations

import select
import selectors
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import Any

from gunicorn import SERVER, util  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from app.ending import hear, leave_when_asked, wait_to_be_asked

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


FAREWELL_S = 3  # sockets stay open for so long when a worker goes; then couriers end their step and the database closes
LARGEST_QUESTION = 8192  # bytes looked at; a longer question goes the long way


class HallWorker(ThreadWorker):
    """The threaded worker with :class:`Pool`, and with :class:`app.at_once.AtOnce` where the app has one.

    After a nudge some hundred screens ask for the same board. Handing each question to a thread, taking it apart and
    handing the connection back costs several times what the app needs to answer. So the thread that hears all
    connections looks whether the answer is ready, and only if it is not the question goes gunicorn's own way.
    """

    def get_thread_pool(self) -> Pool:
        """gunicorn's own place to bring another pool."""
        return Pool(self.cfg.threads)

    def init_signals(self) -> None:
        """gunicorn's own place to listen to signals. Until it serves, a worker that is asked to end is gone at once.

        gunicorn lets it load its app to the end first, and kills it when that takes longer than the grace period.
        """
        wait_to_be_asked()
        super().init_signals()
        leave_when_asked()
        hear()

    def run(self) -> None:
        """gunicorn's own place to serve: asked to end from here on, it says farewell first."""
        for asked, heard in (
            (signal.SIGTERM, self.handle_exit),
            (signal.SIGINT, self.handle_quit),
            (signal.SIGQUIT, self.handle_quit),
        ):
            signal.signal(asked, heard)
        signal.siginterrupt(signal.SIGTERM, False)
        self.cfg.set("graceful_timeout", FAREWELL_S)  # in this process alone: the one that keeps it waits longer
        super().run()

    def load_wsgi(self) -> None:
        """gunicorn's own place to load the app."""
        super().load_wsgi()
        self.at_once = None if self.cfg.is_ssl else getattr(self.wsgi, "extensions", {}).get("antre_at_once")

    def enqueue_req(self, conn: Any) -> None:
        """gunicorn's own place where a connection goes to a thread.

        One that has not asked anything yet waits among the silent ones. gunicorn lets it wait for five seconds in a
        thread: two dozen connections that browsers opened ahead, as they do, would stop the hall for so long.
        """
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def set_accept_enabled(self, enabled: bool) -> None:
        """gunicorn's own place to stop taking anybody in when every connection is taken.

        Those that say nothing give way first: a switch that forgot a hall's screens leaves some hundred dead ones, each
        held for as long as a live one may be silent, and nobody could take a number until they were over.
        """
        if not enabled and self.alive:
            self._make_room()
            enabled = self.nr_conns < self.worker_connections
        super().set_accept_enabled(enabled)

    def _make_room(self) -> None:
        """Hangs up on a tenth of all connections: who never asked anything first, then the longest silent."""
        most = self.worker_connections * 9 // 10
        for silent in (self.pending_conns, self.keepalived_conns):
            while silent and self.nr_conns > most:
                conn = silent.popleft()
                self.poller.unregister(conn.sock)
                self.nr_conns -= 1
                conn.close()

    def on_pending_socket_readable(self, conn: Any, client: Any) -> None:
        """A connection asks for the first time: from here on it is like any other between two requests."""
        conn.data_ready = True
        self.pending_conns.remove(conn)
        self.keepalived_conns.append(conn)
        self.poller.modify(client, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn))
        self.on_client_socket_readable(conn, client)

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """A connection between two requests is heard again, in the thread of all connections: nothing here may wait."""
        conn.question = None
        if nobody_waits(client):
            self.poller.unregister(client)
            self.keepalived_conns.remove(conn)
            self.nr_conns -= 1
            conn.close()
            return
        if self.at_once is not None and self.alive:
            try:
                question = client.recv(LARGEST_QUESTION, socket.MSG_PEEK)
            except OSError:
                question = b""  # gunicorn will find out what it is
            if question.endswith(b"\r\n\r\n"):
                answer = self.at_once.answer(question)
                if answer is not None:
                    client.recv(len(question))
                    self._give(conn, client, *answer)
                    return
                conn.question = question
        super().on_client_socket_readable(conn, client)

    def _give(self, conn: Any, client: Any, heading: str, body: bytes) -> None:
        """Writes an answer; what the connection does not take at once is left to a thread."""
        head = f"HTTP/1.1 200 OK\r\nServer: {SERVER}\r\nDate: {util.http_date()}\r\nConnection: keep-alive\r\n"
        answer = f"{head}{heading}Content-Length: {len(body)}\r\n\r\n".encode("latin-1") + body
        try:
            sent = client.send(answer)
        except BlockingIOError:
            sent = 0
        except OSError:
            sent = -1
        self.keepalived_conns.remove(conn)
        if sent == len(answer):
            conn.set_timeout()
            self.keepalived_conns.append(conn)  # the longest silent stands first
            return
        self.poller.unregister(client)
        if sent < 0:
            self.nr_conns -= 1
            conn.close()
            return
        rest = self.tpool.submit(_send, client, answer[sent:])
        rest.add_done_callback(lambda done: self.method_queue.defer(partial(self.finish_request, conn, done)))

    def handle(self, conn: Any) -> Any:
        """gunicorn's own place where a thread takes a request."""
        question, conn.question = getattr(conn, "question", None), None  # what follows on it is another question
        if question is None or self.at_once is None:
            return super().handle(conn)
        with self.at_once.listening(question) as remember:
            stays = super().handle(conn)
            if stays is True and not conn.parser.unreader.buf.getvalue():  # it was this one request and nothing more
                remember()
        return stays


def nobody_waits(client: socket.socket) -> bool:
    """Whether the visitor hung up and left at most a question: nothing is changed by one that is not heard.

    While a server stands still every screen asks again and again, and hangs up each time. Answering them all, some
    thousand, would keep those waiting who are still there.
    """
    if isinstance(client, ssl.SSLSocket):
        return False  # what it holds cannot be looked at without taking it
    ask = select.poll()
    ask.register(client, select.POLLRDHUP)
    if not ask.poll(0):
        return False
    try:
        return client.recv(4, socket.MSG_PEEK) in (b"", b"GET ")
    except OSError:
        return True


def _send(client: Any, rest: bytes) -> bool:
    client.setblocking(True)
    client.sendall(rest)
    return True

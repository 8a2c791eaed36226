"""Threads for pages and threads for sockets: a socket never takes a page's, and a ready board takes none."""

from __future__ import annotations

import json
import select
import selectors
import socket
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace
from typing import BinaryIO

import pytest
import requests
import websocket
from gunicorn.workers.gthread import PollableMethodQueue  # type: ignore[import-untyped]

from adapters.printers.pretend import PretendPrinter
from app.worker import HallWorker, Pool, keep_this_thread
from tests.live import HALL, LiveHall, close_hall, open_hall

PATIENCE_S = 10


@pytest.fixture
def pool() -> Iterator[Pool]:
    made = Pool(1)
    yield made
    made.shutdown()


def test_what_a_request_returns_or_raises_reaches_whoever_asks(pool: Pool) -> None:
    def broken() -> None:
        raise LookupError("nothing there")

    assert pool.submit(lambda: 7).result(PATIENCE_S) == 7
    with pytest.raises(LookupError, match="nothing there"):
        pool.submit(broken).result(PATIENCE_S)
    assert pool.submit(lambda: 8).result(PATIENCE_S) == 8, "the only thread went on after the fault"


def test_a_kept_thread_is_replaced_once_and_ends_with_its_socket(pool: Pool) -> None:
    begun, leave = threading.Event(), threading.Event()

    def socket() -> threading.Thread:
        keep_this_thread()
        keep_this_thread()
        begun.set()
        leave.wait(PATIENCE_S)
        return threading.current_thread()

    before = threading.active_count()
    held = pool.submit(socket)
    assert begun.wait(PATIENCE_S)
    assert pool.submit(lambda: 1).result(PATIENCE_S) == 1, "the pool of one answers while its first thread is kept"
    assert threading.active_count() == before + 1
    leave.set()
    thread = held.result(PATIENCE_S)
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    assert pool.submit(lambda: 2).result(PATIENCE_S) == 2


def test_a_closed_pool_takes_nothing_and_lets_its_threads_go() -> None:
    pool = Pool(3)
    threads = {pool.submit(threading.current_thread).result(PATIENCE_S) for _ in range(5)}
    pool.shutdown()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    with pytest.raises(RuntimeError):
        pool.submit(lambda: 1)


@pytest.fixture(scope="module")
def hall_with_two_threads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHall]:
    with PretendPrinter() as printer:
        hall = open_hall(tmp_path_factory.mktemp("live"), printer, ANTRE_THREADS="2", ANTRE_SOCKETS="20")
        try:
            yield hall
        finally:
            close_hall(hall)


def test_many_sockets_leave_the_pages_their_two_threads(hall_with_two_threads: LiveHall) -> None:
    hall = hall_with_two_threads
    address = hall.url.replace("http://", "ws://") + "/socket.io/?EIO=4&transport=websocket"
    header = [f"Authorization: Bearer {hall.tokens['display']}"]
    with ExitStack() as open_sockets:
        for _ in range(12):
            line = websocket.create_connection(address, header=header, timeout=PATIENCE_S, suppress_origin=True)
            open_sockets.callback(line.close)
            assert str(line.recv()).startswith("0{")
        for _ in range(5):
            assert requests.get(f"{hall.url}/healthz", timeout=PATIENCE_S).status_code == 200


class Screen:
    """One connection that asks again and again in the same words, as a display's browser does."""

    def __init__(self, hall: LiveHall) -> None:
        self.line = connect(hall)
        self.answers: BinaryIO = self.line.makefile("rb")
        self.question = question_of(hall, "display", f"/api/v1/halls/{HALL}/board?since=0")

    def ask(self) -> dict[str, object]:
        self.line.sendall(self.question)
        return self.read()

    def read(self) -> dict[str, object]:
        """The next answer on the line."""
        assert self.answers.readline() == b"HTTP/1.1 200 OK\r\n"
        length = 0
        while (line := self.answers.readline()) != b"\r\n":
            name, _, value = line.decode().partition(": ")
            length = int(value) if name == "Content-Length" else length
        return dict(json.loads(self.answers.read(length)))

    def close(self) -> None:
        self.answers.close()
        self.line.close()


def connect(hall: LiveHall) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(hall.url.rpartition(":")[2])), timeout=PATIENCE_S)


def question_of(hall: LiveHall, role: str, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {hall.tokens[role]}\r\n\r\n".encode()


def answered_while_no_thread_is_free(hall: LiveHall, screen: Screen) -> bool:
    """Holds both threads with requests that never end, and asks for the board."""
    with ExitStack() as held:
        for _ in range(2):
            endless = connect(hall)
            held.callback(endless.close)
            endless.sendall(b"GET /healthz HTTP/1.1\r\nHost: ")
        page = connect(hall)
        held.callback(page.close)
        page.sendall(b"GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n")
        screen.line.sendall(screen.question)
        heard = select.select([page, screen.line], [], [], 2)[0]
        assert page not in heard, "a page was answered: the threads were not held"
    assert screen.read()["hall"] == HALL, "whether at once or now that the threads are free again"
    return screen.line in heard


def test_whoever_comes_is_let_in_though_silent_visitors_hold_every_connection(hall_with_two_threads: LiveHall) -> None:
    """Screens that a switch forgot, phones in a pocket, and people who hold connections on purpose."""
    port = int(hall_with_two_threads.url.rpartition(":")[2])
    with ExitStack() as stack:
        for nr in range(700):  # more than twice what there is room for
            silent = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S))
            if nr % 3:
                silent.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = requests.get(f"{hall_with_two_threads.url}/readyz", timeout=PATIENCE_S)
        assert answer.status_code == 200
    assert requests.get(f"{hall_with_two_threads.url}/readyz", timeout=PATIENCE_S).status_code == 200


def test_a_board_that_is_ready_takes_no_thread(hall_with_two_threads: LiveHall) -> None:
    hall = hall_with_two_threads
    with ExitStack() as opened:
        screen = Screen(hall)
        opened.callback(screen.close)
        for _ in range(3):
            screen.ask()
        # now and then a board is made anew just then, because opening hours go on
        assert any(answered_while_no_thread_is_free(hall, screen) for _ in range(3))


def test_two_questions_in_one_breath_are_two_answers(hall_with_two_threads: LiveHall) -> None:
    hall = hall_with_two_threads
    with ExitStack() as opened:
        screen = Screen(hall)
        opened.callback(screen.close)
        for _ in range(3):
            screen.ask()
        for _ in range(2):
            screen.line.sendall(screen.question * 2)
            assert screen.read()["hall"] == screen.read()["hall"] == HALL
        screen.line.sendall(screen.question + question_of(hall, "reader", f"/api/v1/halls/{HALL}/services"))
        assert "lines" in screen.read()
        assert "agencies" in screen.read()


class Visitor:
    """A connection between two requests, as the worker knows it, and the visitor's end of it."""

    def __init__(self) -> None:
        self.sock, self.far = socket.socketpair()
        self.sock.setblocking(False)
        self.far.settimeout(PATIENCE_S)
        self.closed = False
        self.initialized = self.data_ready = True

    def set_timeout(self) -> None:
        """The worker counts its silence from here."""

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    made = Visitor()
    yield made
    made.sock.close()
    made.far.close()


@pytest.fixture
def worker(visitor: Visitor) -> Iterator[HallWorker]:
    """A worker that hears one visitor; what would follow a request is written down in ``done``."""
    made = HallWorker.__new__(HallWorker)
    made.keepalived_conns, made.nr_conns = deque([visitor]), 1
    made.poller, made.method_queue, made.tpool = selectors.DefaultSelector(), PollableMethodQueue(), Pool(1)
    made.at_once = None
    made.method_queue.init()
    made.poller.register(visitor.sock, selectors.EVENT_READ)
    made.done = []
    made.finish_request = lambda conn, future: made.done.append((conn, future.result()))
    yield made
    made.tpool.shutdown()
    made.poller.close()
    made.method_queue.close()


def heard(worker: HallWorker) -> list[object]:
    """What a thread made of it."""
    assert select.select([worker.method_queue.fileno()], [], [], PATIENCE_S)[0]
    worker.method_queue.run_callbacks(None)
    return list(worker.done)


@pytest.mark.parametrize("left", [b"GET /api/v1/halls/blora/board HTTP/1.1\r\n\r\n", b""])
def test_what_was_asked_by_somebody_who_hung_up_is_not_answered(
    visitor: Visitor, worker: HallWorker, left: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.far.sendall(left)
    visitor.far.close()
    monkeypatch.setattr(worker, "handle", lambda conn: "answered")
    worker.on_client_socket_readable(visitor, visitor.sock)
    assert visitor.closed and worker.nr_conns == 0
    assert not worker.keepalived_conns and not worker.poller.get_map()
    assert not select.select([worker.method_queue.fileno()], [], [], 0.1)[0]


def test_what_was_ordered_by_somebody_who_hung_up_is_done(
    visitor: Visitor, worker: HallWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine that sends what it has and does not wait: its punches count."""
    visitor.far.sendall(b"POST /iclock/cdata HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    visitor.far.close()
    monkeypatch.setattr(worker, "handle", lambda conn: "done")
    worker.on_client_socket_readable(visitor, visitor.sock)
    assert heard(worker) == [(visitor, "done")]


def test_who_waits_is_answered(visitor: Visitor, worker: HallWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor.far.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
    monkeypatch.setattr(worker, "handle", lambda conn: "answered")
    worker.on_client_socket_readable(visitor, visitor.sock)
    assert heard(worker) == [(visitor, "answered")]


def test_a_ready_board_takes_no_thread_on_a_new_connection_either(visitor: Visitor, worker: HallWorker) -> None:
    worker.keepalived_conns.clear()
    worker.pending_conns = deque([visitor])
    worker.poller.modify(visitor.sock, selectors.EVENT_READ, partial(worker.on_pending_socket_readable, visitor))
    worker.alive, worker.at_once = True, SimpleNamespace(answer=lambda question: ("", b"{}"))
    for _ in range(2):
        visitor.far.sendall(b"GET /api/v1/halls/blora/board HTTP/1.1\r\n\r\n")
        [(key, _)] = worker.poller.select(PATIENCE_S)
        key.data(key.fileobj)
        assert visitor.far.recv(4096).endswith(b"{}")
    assert not worker.pending_conns and list(worker.keepalived_conns) == [visitor]


def test_what_a_connection_does_not_take_at_once_is_left_to_a_thread(visitor: Visitor, worker: HallWorker) -> None:
    body = bytes(range(256)) * 8_000  # two megabytes: far more than the pair's buffer
    worker._give(visitor, visitor.sock, "X-Note: here\r\n", body)
    assert not worker.keepalived_conns and not worker.poller.get_map(), "nobody else hears it meanwhile"
    with visitor.far.makefile("rb") as answer:
        head = iter(answer.readline, b"\r\n")
        assert {b"X-Note: here\r\n", b"Content-Length: %d\r\n" % len(body)} <= set(head)
        assert answer.read(len(body)) == body
    assert heard(worker) == [(visitor, True)], "then it is heard again"


def test_a_visitor_who_left_before_the_answer_is_forgotten(visitor: Visitor, worker: HallWorker) -> None:
    visitor.far.close()
    worker._give(visitor, visitor.sock, "", b"{}")
    assert visitor.closed and worker.nr_conns == 0
    assert not worker.keepalived_conns and not worker.poller.get_map()


def test_a_visitor_who_took_the_answer_stays_and_is_the_last_to_be_thought_silent(
    visitor: Visitor, worker: HallWorker
) -> None:
    other = Visitor()
    worker.keepalived_conns.append(other)
    worker._give(visitor, visitor.sock, "", b"{}")
    assert visitor.far.recv(4096).endswith(b"Content-Length: 2\r\n\r\n{}")
    assert list(worker.keepalived_conns) == [other, visitor]
    assert worker.poller.get_key(visitor.sock)
    other.sock.close()
    other.far.close()

"""Threads for pages and threads for sockets: a socket never takes a page's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import requests
import websocket

from adapters.printers.pretend import PretendPrinter
from app.worker import Pool, keep_this_thread
from tests.live import LiveHall, close_hall, open_hall

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


@pytest.fixture
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

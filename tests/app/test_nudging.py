"""One thread tells all screens: nobody is waited for, and who takes nothing any more is hung up."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask_socketio import SocketIO

from app.factory import create_app
from app.settings import Settings
from app.sockets import nudge, tell_again
from hall.database import Database

PATIENCE_S = 10
NUDGE = b'\x81.42/display,["nudge",{"hall":"contoh","seq":7}]'


@pytest.fixture
def sockets(home: Settings, contoh: Database) -> Any:
    made = create_app(home, database=contoh).extensions["socketio"]
    assert isinstance(made, SocketIO)
    return made


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    theirs.settimeout(PATIENCE_S)
    yield ours, theirs
    ours.close()
    theirs.close()


def join(sockets: Any, name: str, line: socket.socket | None, *, hall: str = "contoh") -> None:
    """What connecting does: the socket server knows the line and puts the visitor into its hall's room."""
    server = sockets.server
    server.environ[name] = {} if line is None else {"gunicorn.socket": line}
    server.manager.enter_room(server.manager.connect(name, "/display"), "/display", hall, eio_sid=name)


def test_a_nudge_is_one_frame_to_every_screen_of_its_hall(
    sockets: Any, pair: tuple[socket.socket, socket.socket]
) -> None:
    join(sockets, "here", pair[0])
    join(sockets, "elsewhere", pair[0], hall="lain")
    nudge(sockets, "contoh", 7, frozenset({"ticket_called"}))
    nudge(sockets, "contoh", 8, frozenset({"slip_sent"}))  # nothing that a display shows
    nudge(sockets, "contoh", 7, None)
    assert pair[1].recv(4096) == NUDGE * 2


def test_the_last_news_is_told_again_where_there_was_none_for_a_while(
    sockets: Any, pair: tuple[socket.socket, socket.socket]
) -> None:
    join(sockets, "here", pair[0])
    nudge(sockets, "contoh", 6, None)
    nudge(sockets, "contoh", 7, frozenset({"ticket_called"}))
    nudge(sockets, "contoh", 8, frozenset({"slip_sent"}))  # nothing that a display shows
    heard = pair[1].recv(4096)
    tell_again(sockets, 1000)
    tell_again(sockets, 0)
    assert pair[1].recv(4096) == NUDGE
    assert heard.endswith(NUDGE)


def test_a_screen_that_takes_nothing_any_more_is_hung_up_and_the_others_hear_the_news(
    sockets: Any, pair: tuple[socket.socket, socket.socket]
) -> None:
    stuck, far = socket.socketpair()
    with stuck, far:
        stuck.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                stuck.send(b"x" * 4096)
        stuck.setblocking(True)
        join(sockets, "stuck", stuck)
        join(sockets, "well", pair[0])
        nudge(sockets, "contoh", 7, None)
        assert pair[1].recv(4096) == NUDGE
        far.settimeout(PATIENCE_S)
        while far.recv(65536):
            pass  # and then the end: its screen comes back and catches up


def test_a_screen_that_left_this_moment_is_passed_over(sockets: Any, pair: tuple[socket.socket, socket.socket]) -> None:
    gone, far = socket.socketpair()
    join(sockets, "gone", gone)
    join(sockets, "well", pair[0])
    gone.close()
    far.close()
    nudge(sockets, "contoh", 7, None)
    assert pair[1].recv(4096) == NUDGE

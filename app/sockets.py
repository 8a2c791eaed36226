"""Sockets: they carry a nudge and nothing else, and are refused before they starve the pages."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from flask import Flask, request
from flask_socketio import ConnectionRefusedError as SocketRefused
from flask_socketio import Namespace, SocketIO, join_room
from socketio.packet import EVENT, Packet
from wsproto.connection import Connection as WebSocket
from wsproto.connection import ConnectionType
from wsproto.events import TextMessage

from app.doorkeeper import Doorkeeper
from app.doors import FLOOR, Door
from app.worker import keep_this_thread
from hall.errors import Refusal
from queueing.tickets import find_by_secret
from web.ground import db

log = logging.getLogger("antre.sockets")

# journal kinds that change nothing on a screen of that namespace: no nudge, no needless question
PAPER = {
    "slip_sent", "slip_confirmed", "slip_failed", "slip_left_unknown", "slip_reprint_ordered", "printer_changed",
    "ticket_shown",
}  # fmt: skip
ENTRIES = {"absence_corrected", "absence_withdrawn", "post_changed", "post_change_withdrawn"}
MESSAGES = {"message_sent", "message_failed", "message_left_unknown", "message_dropped"}
FLAGS = {"flag_raised", "flag_changed", "flag_escalated", "flag_acknowledged", "flag_cleared"} | MESSAGES
STAFF_FACTS = {
    "punch_recorded", "absence_recorded", "source_covered", "roll_called", "roll_closed", "vacancies_reported",
} | ENTRIES  # fmt: skip
MACHINES = {
    "punches_recorded", "punches_withdrawn", "strangers_kept", "pin_assigned", "machine_listed", "machine_unlisted",
    "machine_refused", "machine_clock_wrong", "machine_clock_right", "source_key_made",
}  # fmt: skip
CASES = {
    "case_requested", "case_opened", "case_accepted", "case_assigned", "case_meeting_set", "case_letter_drafted",
    "case_answered", "case_noted", "case_facts_changed", "case_facts_renewed", "case_closed", "case_reopened",
}  # fmt: skip
DEAF: dict[str, set[str]] = {
    "/display": CASES | FLAGS | PAPER | STAFF_FACTS | MACHINES,
    "/ticket": CASES | FLAGS | PAPER | STAFF_FACTS | MACHINES,
    "/counter": CASES | FLAGS | (PAPER - {"printer_changed"}) | STAFF_FACTS | MACHINES,
    "/admin": CASES | {"slip_sent", "slip_confirmed"},
}
SOCKET_DOORS = {
    "/display": Door(("display", "kiosk", "coordinator", "manager")),
    "/counter": Door(("officer", "console", "coordinator", "manager")),
    "/admin": Door(FLOOR),
}

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class SocketGate:
    """Stands before the socket server and turns away what is over the limit at once, with 503 and no thread held.

    What is no socket goes to ``pages`` at once: the socket server makes a class for each request that passes through
    it, which stays until the garbage collector comes by.
    """

    def __init__(self, inner: Wsgi, pages: Wsgi, limit: int, path: str = "/socket.io/") -> None:
        self._inner, self._pages, self._limit, self._path = inner, pages, limit, path
        self._guard = threading.Lock()
        self.open = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(self._path):
            return self._pages(environ, start_response)
        with self._guard:
            if self.open >= self._limit:
                start_response("503 Service Unavailable", [("Content-Type", "text/plain"), ("Retry-After", "10")])
                return [b"too many sockets"]
            self.open += 1
        # no compression: browsers offer it, but a nudge is shorter than what deflating it costs for each of 300 screens
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        keep_this_thread()
        try:
            return self._inner(environ, start_response)  # returns when the socket closes
        finally:
            with self._guard:
                self.open -= 1


def open_sockets(app: Flask, keeper: Doorkeeper, *, limit: int) -> SocketIO:
    """Hangs the socket server before the app: threads and simple-websocket, websocket transport only.

    The asynchronous mode is named, not detected: an importable eventlet or gevent must not change how a hall runs.
    The Origin header must be the hall's own (engineio's same-origin rule).
    """
    pages = app.wsgi_app  # the socket server wraps it, the gate then stands before both
    socketio = _Sockets(
        app,
        async_mode="threading",
        transports=["websocket"],
        manage_session=False,
        ping_interval=15,
        ping_timeout=10,
        max_http_buffer_size=4096,
        cors_allowed_origins=None,
        serve_client=False,
    )
    for name, door in SOCKET_DOORS.items():
        socketio.on_namespace(_Screens(name, keeper, door))
    socketio.on_namespace(_Phones("/ticket"))
    gate = SocketGate(app.wsgi_app, pages, limit)
    app.wsgi_app = gate  # type: ignore[method-assign]
    return socketio


class _Screens(Namespace):
    """Displays, consoles, admin pages: they name their hall and must be allowed in."""

    def __init__(self, name: str, keeper: Doorkeeper, door: Door) -> None:
        super().__init__(name)
        self._keeper, self._door = keeper, door

    def on_connect(self, auth: Any = None) -> None:
        given = auth if isinstance(auth, dict) else {}
        hall = given.get("hall") or request.args.get("hall")
        if not isinstance(hall, str):
            raise SocketRefused("hall_needed")
        try:
            self._keeper.admit(self._door, hall)
        except Refusal as refusal:
            raise SocketRefused(refusal.code) from None
        join_room(hall)


class _Phones(Namespace):
    """A citizen's own ticket, known by its secret. Phones usually poll; this is for screens that others build."""

    def on_connect(self, auth: Any = None) -> None:
        secret = auth.get("secret") if isinstance(auth, dict) else None
        if not isinstance(secret, str):
            raise SocketRefused("secret_needed")
        try:
            with db().reading() as connection:
                hall = find_by_secret(connection, secret).hall
        except Refusal as refusal:
            raise SocketRefused(refusal.code) from None
        join_room(hall)


def nudge(socketio: SocketIO, hall: str, seq: int, kinds: frozenset[str] | None) -> None:
    """Tells every screen of a hall that the journal is at ``seq``. ``kinds`` None means: unknown, tell all."""
    for namespace, deaf in DEAF.items():
        if kinds is None or not kinds <= deaf:
            socketio.emit("nudge", {"hall": hall, "seq": seq}, namespace=namespace, to=hall)


def tell_again(socketio: SocketIO, after: float) -> None:
    """Repeats the last nudge of each hall where nothing was told for ``after`` seconds.

    A nudge that got lost on the way is made good, and a screen that hears nothing for longer knows that its line is
    dead, though nobody closed it.
    """
    if isinstance(socketio, _Sockets):
        socketio.tell_again(after)


class _Sockets(SocketIO):
    """Flask-SocketIO, except that the caller's own thread writes a message to all sockets of a room.

    The library hands it to a thread of each socket, and three hundred threads woken at once stand in each other's way
    for longer than the writing takes.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._last: dict[tuple[str, str], tuple[float, tuple[Any, ...]]] = {}  # by namespace and room: when, and what
        super().__init__(*args, **options)

    def tell_again(self, after: float) -> None:
        """See the function of this name."""
        for (namespace, to), (at, said) in list(self._last.items()):
            if time.monotonic() - at >= after and namespace != "/ticket":  # phones poll
                self.emit(*said, namespace=namespace, to=to)

    def emit(self, event: str, *args: Any, namespace: str, to: str) -> None:
        """Sends an event to a room. Never waits for anybody.

        A socket that does not take so few bytes at once is dead or hopelessly behind: it is hung up, and its screen
        comes back and catches up.
        """
        self._last[namespace, to] = (time.monotonic(), (event, *args))
        message = Packet(EVENT, [event, *args], namespace=namespace).encode()
        frame = WebSocket(ConnectionType.SERVER).send(TextMessage(data=f"4{message}"))  # 4: a message of the engine
        for sid, engine_sid in self.server.manager.get_participants(namespace, to):
            environ = self.server.environ.get(engine_sid, {})
            line: socket.socket | None = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
            if line is None:
                super().emit(event, *args, namespace=namespace, to=sid)  # behind some other server
                continue
            try:
                whole = line.send(frame, socket.MSG_DONTWAIT) == len(frame)
            except BlockingIOError:
                whole = False
            except OSError:
                continue  # closed this very moment
            if not whole:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

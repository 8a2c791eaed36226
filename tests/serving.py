"""An app on a real socket for tests with real browsers: when it is closed, nothing of it runs on."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer


class _Server(ThreadedWSGIServer):
    """Waits for the requests under way when it closes, and hangs up on whoever would keep it waiting.

    Werkzeug's own leaves them to themselves: the last question of a page that was just closed then opens the test's
    database again behind the back of whoever closed it.
    """

    daemon_threads = False  # those alone are waited for

    def __init__(self, app: Flask) -> None:
        self._guard = threading.Lock()
        self._visitors: set[socket.socket] = set()
        self._app = app
        self._under_way = threading.local()
        super().__init__("127.0.0.1", 0, self._answer)

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self._under_way.answer = answer = self._app(environ, start_response)
        return answer

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        super().process_request_thread(request, client_address)
        answer = getattr(self._under_way, "answer", None)
        if answer is not None and hasattr(answer, "close"):
            answer.close()  # werkzeug forgets to when the visitor left in the middle: the file would stay open

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._visitors.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._visitors.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        with self._guard:
            for visitor in self._visitors:  # a socket that nudges come by, a connection opened ahead and never used
                with suppress(OSError):
                    visitor.shutdown(socket.SHUT_RDWR)
        super().server_close()


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serves the app; yields its address. Afterwards no request is under way and no socket is open."""
    server = _Server(app)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()

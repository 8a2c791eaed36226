"""A screen that asks for the board in the words it used before is answered at once, without a thread or a parser."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, Response, request

from app.doorkeeper import Doorkeeper, Key
from display.boards import kept, whole
from web.ground import Ground
from web.identity import Identity, who

# up to the last parameter; whatever else stands in a question must be the same letter by letter
QUESTION = re.compile(
    rb"GET (/api/v1/halls/[^ ?]{1,60}/board(?:\?[^ ]{1,200}?)??)(?:[?&]since=([0-9]{1,18}))? HTTP/1\.1\r\n"
)
ENDPOINT = "display_api.show_board"
BODY = ("CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_UPGRADE")
MOST = 2_000
SECONDS_KEPT = (300.0, 600.0)  # spread, so that a hall's screens do not all go the long way in the same moment

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class _Pass:
    """What the long way found out about a question: which board, by whose key, under which heading it is answered."""

    hall: str
    area: str | None
    key: Key
    who: Identity
    until: float
    heading: str = ""


class AtOnce:
    """Knows which questions were let in, and answers them from boards that are ready.

    After a nudge all screens of a hall ask in the same moment. The first time a question goes the long way: gunicorn
    takes it apart, a thread runs the app, the doorkeeper lets it in. Nothing of that can come out differently for the
    same bytes (cookie, token and all) while the key behind them is not revoked, so only that is looked at again. What
    is not ready, or was never asked so, goes the long way. Nothing here asks the database or waits for anybody: it
    runs in the one thread that hears all connections.
    """

    def __init__(self, ground: Ground, keeper: Doorkeeper) -> None:
        self._ground, self._keeper = ground, keeper
        self._passes: dict[tuple[bytes, bytes], _Pass] = {}
        self._this = threading.local()  # the question that this thread takes the long way

    def answer(self, question: bytes) -> tuple[str, bytes] | None:
        """The heading (whole lines) and the body of the answer, or None: then it goes the long way."""
        match = QUESTION.match(question)
        if match is None:
            return None
        found = self._passes.get((match[1], question[match.end() :]))
        if found is None or time.monotonic() > found.until or self._keeper.remembered(found.key) != found.who:
            return None
        moment = self._ground.clock.now()
        since = int(match[2]) if match[2] else None
        ready = kept(self._ground, found.hall, found.area, moment, since)
        if ready is None or (calls := ready[0].after(since)) is None:
            return None
        return found.heading, whole(ready[0], calls, moment, ready[1]).encode()

    @contextmanager
    def listening(self, question: bytes) -> Iterator[Callable[[], None]]:
        """While this thread takes a question the long way. Gives what to call when it was one whole request.

        Only the server knows that: a question with more behind it must not be answered by halves.
        """
        self._this.question, self._this.found = question, None
        try:
            yield self._keep
        finally:
            self._this.question = self._this.found = None

    def _keep(self) -> None:
        found: _Pass | None = self._this.found
        match = QUESTION.match(self._this.question)
        if found is None or not found.heading or match is None:
            return
        if len(self._passes) >= MOST:
            self._passes.clear()
        self._passes[match[1], self._this.question[match.end() :]] = found

    def hang_in(self, app: Flask) -> None:
        """Hears what the app answers."""
        app.after_request(self._note)
        inner: Wsgi = app.wsgi_app

        def heard(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            if getattr(self._this, "question", None) is None:
                return inner(environ, start_response)

            def start(status: str, headers: list[tuple[str, str]], *fault: Any) -> Any:
                self._note_heading(status, headers)
                return start_response(status, headers, *fault)

            return inner(environ, start)

        app.wsgi_app = heard  # type: ignore[method-assign]

    def _note(self, response: Response) -> Response:
        """After the app's answer: whether the same question may be answered at once from now on."""
        question = getattr(self._this, "question", None)
        if question is None or request.endpoint != ENDPOINT or response.status_code != 200:
            return response
        match, args = QUESTION.match(question), request.args
        plain = len(list(args.items(multi=True))) == len(args) and set(args) <= {"area", "since"}
        key = self._keeper.key_of(who())
        if match is None or not plain or key is None or any(name in request.environ for name in BODY):
            return response
        if (match[2] or b"").decode() != args.get("since", ""):
            return response  # not the last parameter
        hall, area = str((request.view_args or {})["hall"]), args.get("area") or None
        self._this.found = _Pass(hall, area, key, who(), time.monotonic() + random.uniform(*SECONDS_KEPT))  # noqa: S311
        return response

    def _note_heading(self, status: str, headers: list[tuple[str, str]]) -> None:
        found: _Pass | None = self._this.found
        if found is None:
            return
        names = {name.lower() for name, _ in headers}
        if not status.startswith("200 ") or names & {"set-cookie", "etag", "transfer-encoding"}:
            self._this.found = None
            return
        kept_lines = [f"{name}: {value}\r\n" for name, value in headers if name.lower() != "content-length"]
        self._this.found = replace(found, heading="".join(kept_lines))

"""A hall of one page: the real display page, scripts and sockets on a real port, with a board that a test writes."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import time
import wave
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, abort, render_template, request
from flask_babel import Babel
from flask_socketio import SocketIO
from werkzeug.serving import BaseWSGIServer, make_server

ROOT = Path(__file__).resolve().parents[2]
POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'"
HALL = {"code": "contoh", "name": "MPP Contoh", "regency": "Kabupaten Contoh", "zone": "Asia/Jakarta"}


def tone(seconds: float) -> bytes:
    """A WAV of that length that is all silence."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * int(8000 * seconds))
    return out.getvalue()


class StubHall:
    """The board's contract without the house behind it. Start it, write `board`, `call()`, `nudge()`, make it fail."""

    def __init__(self) -> None:
        self.hall: dict[str, str] = dict(HALL)
        self.seq = 100
        self.lines: list[dict[str, Any]] = []
        self.board: dict[str, Any] = {
            "calling": [], "last_calls": [], "waiting": [], "counters": [], "running_text": "", "slides": [],
            "speak_max_age_seconds": 90,
        }  # fmt: skip
        self.status = 200  # of the board: another one makes it fail
        self.delay = 0.0  # seconds before the board answers
        self.ahead = timedelta()  # how far the hall's clock is from the device's
        self.asked: list[int | None] = []  # the `since` of each request
        self.not_modified = 0
        self.sounds: dict[int, str | float] = {}  # seq -> seconds, or "missing", "stalled"
        self.sound_requests: list[int] = []
        self.connected = 0
        self.refuse_sockets = False
        self._server: BaseWSGIServer | None = None
        self._port = 0
        self._closing = threading.Event()
        self.app, self.sockets = self._build()

    # ---- what a test does ------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def call(self, number: str, counter: str = "1", *, age: float = 0, kind: str = "ticket_called", **more: Any) -> int:
        """Write a call `age` seconds ago into the journal and onto the board, without a nudge; returns its seq."""
        self.seq += 1
        at = (self.now() - timedelta(seconds=age)).isoformat()
        said = {
            "number": number, "counter": counter, "counter_name": f"Loket {counter}", "agency": "Dukcapil",
            "seq": self.seq, **more,
        }  # fmt: skip
        self.lines.append({**said, "kind": kind, "at": at, "sound": f"/sounds/{self.seq}.wav"})
        gone = [{**one, "at": one["called_at"]} for one in self.board["calling"] if one["counter"] == counter]
        self.board["last_calls"] = gone + self.board["last_calls"]
        kept = [one for one in self.board["calling"] if one["counter"] != counter]
        fresh = {**said, "ticket": f"t-{number}", "service": "KTP", "called_at": at, "state": "called", "recalls": 0}
        self.board["calling"] = [fresh, *kept]
        return self.seq

    def nudge(self, seq: int | None = None, hall: str | None = None) -> None:
        self.sockets.emit("nudge", {"hall": hall or self.hall["code"], "seq": seq or self.seq}, namespace="/display")

    def start(self) -> StubHall:
        server = make_server("127.0.0.1", self._port, self.app, threaded=True)
        server.daemon_threads = True  # type: ignore[attr-defined]
        self._port = server.server_port
        self._server = server
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        """Close the door: no new request is answered, open sockets are dropped."""
        if self._server is None:
            return
        server, self._server = self._server, None
        self._closing.set()
        server.shutdown()
        server.server_close()
        self.drop_sockets()

    def drop_sockets(self) -> None:
        """Send every socket away."""
        for sid in list(self.sockets.server.manager.get_participants("/display", None)):
            self.sockets.server.disconnect(sid[0], namespace="/display")

    # ---- what it serves --------------------------------------------------------------------------------------------

    def _build(self) -> tuple[Flask, SocketIO]:
        app = Flask("stub", static_folder=None)
        app.config["SECRET_KEY"] = "only-for-this-test"
        app.config["BABEL_DEFAULT_LOCALE"] = "id"
        Babel(app)
        for name in ("web", "display"):
            app.register_blueprint(
                Blueprint(
                    name,
                    __name__,
                    template_folder=str(ROOT / name / "templates"),
                    static_folder=str(ROOT / name / "static"),
                    static_url_path=f"/static/{name}",
                )
            )
        sockets = SocketIO(app, async_mode="threading", cors_allowed_origins=[])

        @sockets.on("connect", namespace="/display")
        def connect(auth: Any = None) -> bool | None:
            if self.refuse_sockets or (auth or {}).get("hall") != self.hall["code"]:
                return False
            self.connected += 1
            return None

        @app.after_request
        def lock(response: Response) -> Response:
            response.headers["Content-Security-Policy"] = POLICY
            return response

        @app.get("/blank")
        def blank() -> str:
            return '<!doctype html><html lang="id"><title>-</title><link rel="icon" href="/static/web/icon.svg"></html>'

        @app.get("/display/<hall>")
        def page(hall: str) -> str:
            return render_template("display/board.html", hall=self.hall, options={})

        @app.get("/api/v1/halls/<hall>/board")
        def board(hall: str) -> Response:
            return self._answer()

        @app.get("/sounds/<int:seq>.wav")
        def sound(seq: int) -> Response:
            self.sound_requests.append(seq)
            how = self.sounds.get(seq, 0.15)
            if how == "missing":
                abort(404)
            if how == "stalled":
                self._closing.wait(20)
                abort(503)
            return Response(tone(float(how)), mimetype="audio/wav")

        return app, sockets

    def _answer(self) -> Response:
        since = request.args.get("since", type=int)
        self.asked.append(since)
        body = {
            "hall": self.hall["code"], "name": self.hall["name"], "seq": self.seq, **self.board,
            "lines": [] if since is None else [line for line in self.lines if line["seq"] > since],
        }  # fmt: skip
        if self.delay:
            time.sleep(self.delay)
        if self.status != 200:
            return Response(json.dumps({"code": "no"}), self.status, mimetype="application/problem+json")
        tag = hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]
        if tag in request.if_none_match:
            self.not_modified += 1
            return Response(status=304)
        response = Response(json.dumps({**body, "now": self.now().isoformat()}), mimetype="application/json")
        response.set_etag(tag)
        return response

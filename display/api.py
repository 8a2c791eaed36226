"""The board over HTTP, made once per journal line for all screens of a hall, and the sound of each call."""

from __future__ import annotations

from flask import Blueprint, Response, json, request

from display.boards import calls_after, kept, made, whole
from hall.errors import Invalid, NotFound, Unavailable
from hall.journal import since as lines_since
from hall.places import places
from queueing.board import SPOKEN
from web.ground import db, ground, now

api = Blueprint("display_api", __name__)


@api.get("/halls/<hall>/board")
def show_board(hall: str) -> Response:
    """The snapshot and the calls after ``since``. Many screens ask the same at once: they get the same bytes.

    They stand in line for them: after a nudge the first makes the board, or else all 300 would, side by side.
    """
    since, area, moment = _since(), request.args.get("area") or None, now()
    ready = kept(ground(), hall, area, moment, since)
    if ready is not None and (calls := ready[0].after(since)) is not None:
        return _answer(whole(ready[0], calls, moment, ready[1]))
    with ground().alone(hall), db().reading() as connection:
        board = made(ground(), connection, hall, area, moment)
        found = board.after(since)
        if found is None and since is not None:
            found = json.dumps(calls_after(connection, board.seen.line.places, since, area))
    return _answer(whole(board, found or "[]", moment))


def _answer(text: str) -> Response:
    return Response(text, content_type="application/json")


def _since() -> int | None:
    raw = request.args.get("since")
    if raw is None or raw == "":
        return None
    if not (raw.isascii() and raw.isdigit()) or len(raw) > 18:
        raise Invalid("bad_since", "Parameter since harus bilangan bulat.", field="since")
    return int(raw)


@api.get("/halls/<hall>/calls/<int:seq>/sound.wav")
def sound(hall: str, seq: int) -> Response:
    """The spoken call of journal line ``seq``: chime, then the sentence twice.

    Raises :class:`NotFound` (``unknown_call``) and :class:`Unavailable` (``voice_unavailable``).
    """
    announce = ground().announce
    if announce is None:
        raise Unavailable("voice_unavailable", "Suara dimatikan di balai ini.")
    with db().reading() as connection:
        here = places(db(), connection, hall)
        lines = lines_since(connection, hall, seq - 1, limit=1)
    if not lines or lines[0].seq != seq or lines[0].kind not in SPOKEN:
        raise NotFound("unknown_call", "Panggilan ini tidak dikenal.")
    counter = here.counters.get(lines[0].data["counter"])
    if counter is None:
        raise NotFound("unknown_call", "Loket panggilan ini sudah tidak ada.")
    wav = announce(lines[0].data["number"], counter.name)
    response = Response(wav, content_type="audio/wav")
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response

"""The board over HTTP, made once per journal line for all screens of a hall, and the sound of each call."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, json, request, url_for

from hall.errors import Invalid, NotFound, Unavailable
from hall.journal import since as lines_since
from hall.places import Places, places
from queueing.board import SPOKEN, board, spoken_lines
from queueing.sight import Sight, look
from web.ground import db, ground, now

api = Blueprint("display_api", __name__)
SLIDES = (".png", ".jpg", ".jpeg", ".webp", ".svg", ".mp4", ".webm")
FRESH_S = 20  # opening hours and estimates go on without a journal line


@api.get("/halls/<hall>/board")
def show_board(hall: str) -> Response:
    """The snapshot and the calls after ``since``. Many screens ask the same at once: they get the same bytes.

    They stand in line for them: after a nudge the first makes the board, or else all 300 would, side by side.
    """
    since, area = _since(), request.args.get("area") or None
    moment, kept = now(), ground().kept
    seen: Sight | None = kept.get(("sight", hall))
    picture, lines = _found(("board", hall, area), seen), _found(("calls", hall, area, since), seen)
    if seen is None or picture is None or lines is None or not _is_true(seen, moment):
        with ground().alone(hall), db().reading() as connection:
            seen = kept["sight", hall] = look(db(), connection, hall, moment, kept.get(("sight", hall)))
            picture = _kept(("board", hall, area), seen, lambda: _picture(connection, seen, area))
            lines = _kept(("calls", hall, area, since), seen, lambda: _calls(connection, seen, since, area))
    body = f'{{"seq":{seen.seq},"now":"{moment.astimezone(seen.line.places.tz).isoformat()}",{picture},{lines}}}'
    return Response(body, content_type="application/json")


def _since() -> int | None:
    raw = request.args.get("since")
    if raw is None or raw == "":
        return None
    if not (raw.isascii() and raw.isdigit()) or len(raw) > 18:
        raise Invalid("bad_since", "Parameter since harus bilangan bulat.", field="since")
    return int(raw)


def _is_true(seen: Sight, moment: datetime) -> bool:
    """Whether a sight is still that of the hall: nobody wrote since, and it is the same business date."""
    hall = seen.line.places
    return ground().is_last(hall.code, seen.seq) and seen.line.date == hall.date(moment)


def _found(key: tuple[Any, ...], seen: Sight | None) -> str | None:
    """What was made for this very state of the line not long ago."""
    found = ground().kept.get(key)
    return str(found[2]) if found is not None and found[0] is seen and found[1] == _bucket() else None


def _kept(key: tuple[Any, ...], seen: Sight, make: Any) -> str:
    """What was made for this very state of the line, else made now. Old questions do not pile up: they are cut off."""
    found = _found(key, seen)
    if found is not None:
        return found
    made, kept = make(), ground().kept
    if len(kept) > 2000:
        kept.clear()
    kept[key] = (seen, _bucket(), made)
    return str(made)


def _bucket() -> int:
    return int(now().timestamp() // FRESH_S)


def _picture(connection: Any, seen: Sight, area: str | None) -> str:
    answer = board(connection, seen.line, area, now())
    answer["slides"] = [url_for("display.slide", hall=answer["hall"], name=n) for n in slide_names(seen.line.places)]
    return json.dumps(answer)[1:-1]


def _calls(connection: Any, seen: Sight, since: int | None, area: str | None) -> str:
    hall = seen.line.places
    lines = [] if since is None else spoken_lines(connection, hall, min(since, seen.seq), area)
    for line in lines:
        line["sound"] = url_for("display_api.sound", hall=hall.code, seq=line["seq"])
    return f'"lines":{json.dumps(lines)}'


def slide_folder(hall: Places) -> Path | None:
    """Where the hall's slides lie: the option ``slides_folder``, or ``slides/CODE`` under the home.

    None if not there.
    """
    given = hall.options.slides_folder
    folder = Path(given) if given else ground().home / "slides" / hall.code
    return folder if folder.is_dir() else None


def slide_names(hall: Places) -> list[str]:
    """The names of the hall's slides and films, in order."""
    folder = slide_folder(hall)
    return sorted(f.name for f in folder.iterdir() if f.suffix.lower() in SLIDES and f.is_file()) if folder else []


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

"""The board as text, made once for each state of the hall, so that all its screens are given the same letters."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import current_app, json

from hall.places import Places
from queueing.board import board, spoken_lines
from queueing.sight import Sight, look
from web.ground import Ground

SLIDES = (".png", ".jpg", ".jpeg", ".webp", ".svg", ".mp4", ".webm")
FRESH_S = 20  # opening hours and estimates go on without a journal line
BACK = 200  # journal lines back from the last whose calls are kept ready; who knows less is answered by asking
ASKED_S = 60.0  # a board that nobody asked for that long is not made ahead


@dataclass(slots=True)
class Board:
    """What one area's screens are shown of one state of the hall, in pieces of JSON.

    ``since`` is the line after which ``calls`` has every call: its number and its text. ``asked`` is when (by the
    hall's clock, in seconds) a screen last wanted it.
    """

    seen: Sight
    bucket: int
    picture: str
    since: int
    calls: tuple[tuple[int, str], ...]
    asked: float

    def after(self, since: int | None) -> str | None:
        """The calls after a line, as a JSON list; None if it is too long ago to know."""
        if since is None:
            return "[]"
        if since < self.since:
            return None
        first = bisect_right(self.calls, since, key=lambda call: call[0])
        return f"[{','.join(text for _, text in self.calls[first:])}]"


def whole(board: Board, calls: str, moment: datetime, seq: int | None = None) -> str:
    """The answer to a screen. ``seq`` is the journal line up to which the board is true, its own without."""
    at = moment.astimezone(board.seen.line.places.tz).isoformat()
    return f'{{"seq":{board.seen.seq if seq is None else seq},"now":"{at}",{board.picture},"lines":{calls}}}'


def kept(
    ground: Ground, hall: str, area: str | None, moment: datetime, since: int | None = None
) -> tuple[Board, int] | None:
    """The board that was made and is still true, and up to which line. Asks no database.

    True is: nobody wrote since what a display shows, it is the same day, and it was not made long ago. A screen that
    knows a later line (``since``) heard of it from another process: it must not be sent back behind what it knows, or
    it would take the journal for restored and speak calls again.
    """
    found: Board | None = ground.kept.get(("board", hall, area))
    if found is None:
        return None
    found.asked = moment.timestamp()
    seen = found.seen
    seq = ground.last_if_unchanged(hall, seen.seq)
    if (
        seq is None
        or (since or 0) > seq
        or seen.line.date != seen.line.places.date(moment)
        or found.bucket != _bucket(moment)
    ):
        return None
    return found, seq


def made(ground: Ground, connection: Any, hall: str, area: str | None, moment: datetime) -> Board:
    """The board now, made anew if anything changed. Whoever calls this is alone at it (:meth:`Ground.alone`).

    Raises :class:`NotFound` (``unknown_hall``).
    """
    store = ground.kept
    seen = store["sight", hall] = look(ground.db, connection, hall, moment, store.get(("sight", hall)))
    found: Board | None = store.get(("board", hall, area))
    if found is not None and found.seen is seen and found.bucket == _bucket(moment):
        return found
    since = max(0, seen.seq - BACK)
    calls = tuple((line["seq"], json.dumps(line)) for line in calls_after(connection, seen.line.places, since, area))
    picture = _picture(ground, connection, seen, area, moment)
    fresh = Board(seen, _bucket(moment), picture, since, calls, moment.timestamp())
    if area is None or any(counter.area == area for counter in seen.line.places.counters.values()):
        store["board", hall, area] = fresh  # boards of areas that the hall does not have would pile up
    return fresh


def make_ahead(ground: Ground, hall: str, moment: datetime) -> None:
    """Makes the boards that screens asked for in the last minute, so that all find them when they hear of the news."""
    wanted = [
        (key[2], found.asked)
        for key, found in list(ground.kept.items())
        if key[:2] == ("board", hall) and moment.timestamp() - found.asked < ASKED_S
    ]
    if not wanted:
        return
    with ground.alone(hall), ground.db.reading() as connection:
        for area, asked in wanted:
            made(ground, connection, hall, area, moment).asked = asked


def calls_after(connection: Any, hall: Places, since: int, area: str | None) -> list[dict[str, Any]]:
    """The calls and recalls after a line, each with the address of its sound."""
    lines = spoken_lines(connection, hall, since, area)
    for line in lines:
        line["sound"] = _address("display_api.sound", hall=hall.code, seq=line["seq"])
    return lines


def slide_folder(ground: Ground, hall: Places) -> Path | None:
    """Where the hall's slides lie: the option ``slides_folder``, or ``slides/CODE`` under the home.

    None if not there.
    """
    given = hall.options.slides_folder
    folder = Path(given) if given else ground.home / "slides" / hall.code
    return folder if folder.is_dir() else None


def slide_names(ground: Ground, hall: Places) -> list[str]:
    """The names of the hall's slides and films, in order."""
    folder = slide_folder(ground, hall)
    return sorted(f.name for f in folder.iterdir() if f.suffix.lower() in SLIDES and f.is_file()) if folder else []


def _picture(ground: Ground, connection: Any, seen: Sight, area: str | None, moment: datetime) -> str:
    answer = board(connection, seen.line, area, moment)
    names = slide_names(ground, seen.line.places)
    answer["slides"] = [_address("display.slide", hall=answer["hall"], name=name) for name in names]
    return json.dumps(answer)[1:-1]


def _address(endpoint: str, **values: object) -> str:
    """A path of this app; unlike Flask's own also where nobody asked, when a board is made ahead."""
    return current_app.url_map.bind("").build(endpoint, values)


def _bucket(moment: datetime) -> int:
    return int(moment.timestamp() // FRESH_S)

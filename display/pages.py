"""The waiting room's page, and the slides it shows between calls."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, send_from_directory

from display.boards import slide_folder, slide_names
from hall.errors import NotFound
from hall.places import places
from web.ground import db, ground

bp = Blueprint(
    "display", __name__, static_folder="static", static_url_path="/static/display", template_folder="templates"
)


@bp.get("/display/<hall>")
def show(hall: str) -> str:
    """The screen of a hall, or with ``?area=`` of one part of it. Raises :class:`NotFound` (``unknown_hall``)."""
    with db().reading() as connection:
        here = places(db(), connection, hall)
    return render_template("display/board.html", hall=here, options=here.options)


@bp.get("/display/<hall>/slides/<name>")
def slide(hall: str, name: str) -> Response:
    """A picture or film of the hall. Raises :class:`NotFound` (``unknown_slide``)."""
    with db().reading() as connection:
        here = places(db(), connection, hall)
    folder = slide_folder(ground(), here)
    if folder is None or name not in slide_names(ground(), here):
        raise NotFound("unknown_slide", "Gambar ini tidak ada.")
    return send_from_directory(folder.absolute(), name, max_age=3600)

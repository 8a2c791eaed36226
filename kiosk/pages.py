"""The touchscreen's page: agency, service, number."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template

from hall.places import places
from kiosk.words import in_both, kiosk_words
from web.ground import db

bp = Blueprint("kiosk", __name__, static_folder="static", static_url_path="/static/kiosk", template_folder="templates")


@bp.get("/kiosk/<hall>")
def start(hall: str) -> Response:
    """The kiosk of a hall. Raises :class:`NotFound` (``unknown_hall``)."""
    with db().reading() as connection:
        here = places(db(), connection, hall)
    page = make_response(render_template("kiosk/kiosk.html", hall=here, words=in_both(kiosk_words)))
    page.headers["Cache-Control"] = "no-store"
    return page

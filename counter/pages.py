"""The console's page: who is seated here gets the console, everybody else the way to sign in."""

from __future__ import annotations

from flask import Blueprint, render_template

from counter.desk import counter_list
from counter.words import words
from hall.places import places
from staffing.presence import session_at
from web.ground import db, now
from web.identity import who

bp = Blueprint(
    "counter", __name__, static_folder="static", static_url_path="/static/counter", template_folder="templates"
)


@bp.get("/counter/<hall>")
def console(hall: str) -> str:
    """What is shown follows from the cookie and from who really sits at the counter: after a crash it is as before."""
    me = who()
    with db().reading() as connection:
        place = places(db(), connection, hall)
        seat = place.counters.get(me.counter or "") if me.role == "officer" else None
        session = session_at(connection, hall, seat.code) if seat is not None else None
        if seat is not None and session is not None and session.officer == me.login:
            return render_template(
                "counter/console.html",
                hall=place,
                counter=seat,
                agency=place.agencies[seat.agency],
                me=me,
                words=words(),
            )
        listed = counter_list(connection, place)["counters"]
    return render_template("counter/sign_in.html", hall=place, counters=listed, words=words(), now=now().isoformat())

"""The house's own pages: the way in, a device's key, health, metrics and the description of the interface."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import select

from app.metrics import Metrics
from hall.errors import NotSignedIn
from hall.people import find_token
from hall.places import hall_codes, halls
from hall.schema import must_be_current
from web.bodies import read_json, text
from web.ground import db, ground, now
from web.identity import who

bp = Blueprint("house", __name__, template_folder="templates", static_folder="static", static_url_path="/static/house")
FACES = {"kiosk": "kiosk.start", "display": "display.show", "console": "counter.console"}


@bp.get("/")
def home() -> str:
    """The way in: every hall with its four faces."""
    with db().reading() as connection:
        found = connection.execute(select(halls.c.code, halls.c.name, halls.c.regency).order_by(halls.c.name)).all()
    return render_template("web/home.html", halls=found)


@bp.get("/healthz")
@bp.get("/api/v1/healthz")
def healthz() -> Response:
    """Alive: the process answers."""
    return jsonify({"status": "ok"})


@bp.get("/readyz")
@bp.get("/api/v1/readyz")
def readyz() -> Response:
    """Ready: the database answers and its tables are of this version. 503 with a code otherwise."""
    must_be_current(db())
    with db().reading() as connection:
        return jsonify({"status": "ready", "halls": hall_codes(connection)})


@bp.get("/openapi.json")
@bp.get("/api/v1/openapi.json")
def openapi() -> Response:
    """The OpenAPI description of the HTTP interface."""
    from app.openapi import document

    return jsonify(document())


@bp.get("/metrics")
@bp.get("/api/v1/metrics")
def metrics() -> Response:
    """Prometheus metrics: counters, causes, people waiting, flags, messages; a token of one hall reads of that one."""
    made: Metrics = ground().kept.setdefault("metrics", Metrics())
    return Response(made.text(db(), now(), only=who().hall), content_type=CONTENT_TYPE_LATEST)


@bp.get("/perangkat")
def device() -> str:
    """Where a device is given its key: typed in, or handed over in the address's fragment, which no server log sees."""
    return render_template("house/device.html", devices=session.get("devices", {}))


@bp.post("/perangkat")
def device_enter() -> Response:
    """Takes a token and binds this browser to it. Raises :class:`NotSignedIn` (``bad_token``)."""
    given = read_json(token=text())["token"] if request.is_json else request.form.get("token", "")
    with db().reading() as connection:
        token = find_token(connection, str(given).strip())
    if token is None or token.role not in FACES:
        raise NotSignedIn("bad_token", "Kunci perangkat tidak dikenal atau sudah dicabut.")
    session["devices"] = session.get("devices", {}) | {token.role: token.id}
    session.permanent = True
    where = url_for(FACES[token.role], hall=token.hall)
    if request.is_json:
        return jsonify({"go": where})
    return redirect(where)  # type: ignore[return-value]


@bp.post("/perangkat/lepas")
def device_leave() -> Response:
    """Forgets this browser's keys."""
    session.pop("devices", None)
    return redirect(url_for("house.device"))  # type: ignore[return-value]


def context() -> dict[str, Any]:
    """What every template may use."""
    return {"demo": ground().demo(), "lang": str(get_locale() or "id")}

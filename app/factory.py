"""``create_app``: a table of contents of the house."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from flask import Flask, Response, request
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import admin.absent
import admin.api
import admin.attendance
import admin.cases
import admin.cases_api
import admin.day
import admin.flags
import admin.pages
import admin.patterns
import admin.patterns_api
import admin.people
import admin.people_api
import admin.plans
import admin.plans_api
import admin.regent
import admin.timeline_api
import admin.vacancies_api
import counter.api
import counter.pages
import display.api
import display.pages
import kiosk.api
import kiosk.pages
import kiosk.phone
import web
from adapters.attendance import adms
from adapters.attendance import api as attendance_api
from adapters.attendance.absent import read_absences
from adapters.attendance.lists import read_list
from adapters.letters import render
from adapters.voice.announce import Announcer
from adapters.voice.cache import SoundCache
from adapters.voice.engine import EspeakEngine
from adapters.voice.reading import Call
from adapters.voice.recordings import Recordings
from app import house
from app.at_once import AtOnce
from app.cookies import Cookies
from app.couriers import Couriers
from app.doorkeeper import keep_doors
from app.doors import DOORS
from app.messenger import channels_of
from app.settings import Settings, secret_of
from app.sockets import open_sockets
from display.boards import make_ahead
from hall.clock import Clock, SteadyClock
from hall.database import Database
from hall.schema import must_be_current
from web.bodies import LARGEST
from web.ground import Ground
from web.problems import tell_problems

API = "/api/v1"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

GUARDS = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
    ("Cache-Control", "no-store"),
)


def create_app(settings: Settings, *, clock: Clock | None = None, database: Database | None = None) -> Flask:
    """The whole house on one database. Nothing runs yet: the couriers start with :func:`start_couriers`.

    ``clock`` is the machine's, kept from leaping, unless the demo or a test brings its own. Raises
    :class:`app.settings.BadSettings` without a secret and :class:`hall.errors.Unavailable` (``not_migrated``) on tables
    of another version.
    """
    logging.getLogger("antre").setLevel(settings.log_level.upper())
    db = database or _database(settings)
    must_be_current(db)
    app = Flask("app", static_folder=None)
    app.config.update(
        SECRET_KEY=secret_of(settings),
        MAX_CONTENT_LENGTH=LARGEST,
        SESSION_COOKIE_NAME="antre",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(
            days=400
        ),  # a kiosk stays paired; a person's session ends with the browser
        WTF_CSRF_CHECK_DEFAULT=False,  # the doorkeeper checks, for callers by cookie
        WTF_CSRF_TIME_LIMIT=None,  # a console stays open for days; the token is bound to the session
        BABEL_DEFAULT_LOCALE="id",
        BABEL_TRANSLATION_DIRECTORIES=str(Path(web.__file__).parent / "translations"),
    )
    app.session_interface = Cookies()
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["antre"] = Ground(
        db=db,
        clock=clock or SteadyClock(),
        home=settings.home,
        base_url=settings.public_url,
        announce=_voice(settings),
        read_absences=read_absences,
        read_list=read_list,
        letter=render,
    )
    Babel(app, locale_selector=_language)
    CSRFProtect(app)
    app.context_processor(house.context)
    tell_problems(app)
    keeper = keep_doors(app, DOORS)

    app.register_blueprint(web.bp)
    app.register_blueprint(house.bp)
    app.register_blueprint(adms.bp)
    app.register_blueprint(attendance_api.api, url_prefix=API)
    app.register_blueprint(admin.attendance.bp)
    for pages in (kiosk.pages.bp, kiosk.phone.bp, counter.pages.bp, display.pages.bp, admin.pages.bp):
        app.register_blueprint(pages)
    for api in (kiosk.api.api, counter.api.api, display.api.api, admin.api.api):
        app.register_blueprint(api, url_prefix=API)
    for pages in (admin.people.bp, admin.plans.bp, admin.flags.bp):
        app.register_blueprint(pages)
    for api in (admin.people_api.api, admin.plans_api.api, admin.flags.api):
        app.register_blueprint(api, url_prefix=API)

    app.register_blueprint(admin.cases.bp)
    app.register_blueprint(admin.cases_api.api, url_prefix=API)

    app.after_request(_guard_the_page)
    ground: Ground = app.extensions["antre"]
    app.extensions["antre_at_once"] = at_once = AtOnce(ground, keeper)
    at_once.hang_in(app)
    socketio = open_sockets(app, keeper, limit=settings.sockets)

    def prepare(hall: str) -> None:
        with app.app_context():
            make_ahead(ground, hall, ground.clock.now())

    app.extensions["antre_couriers"] = Couriers(
        db,
        ground.clock,
        socketio,
        settings.public_url,
        ground.news,
        channels_of(settings),
        prepare=prepare,
        round_of_keys=lambda: keeper.go_round(db),
    )
    if settings.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies
        )
    return app


def _database(settings: Settings) -> Database:
    if settings.url.startswith("sqlite"):
        return Database(settings.url)
    return Database(settings.url, pool_size=settings.database_connections)


def start_couriers(app: Flask) -> Couriers:
    """Starts what follows the journal. Called once in the process that serves, after any fork."""
    couriers: Couriers = app.extensions["antre_couriers"]
    couriers.start()
    return couriers


def _language() -> str:
    asked = request.args.get("lang") or request.cookies.get("antre_lang")
    return asked if asked in ("id", "en") else "id"


def _voice(settings: Settings) -> Callable[[str, str], bytes] | None:
    if settings.voice == "off":
        return None
    recordings = Recordings(Path(settings.recordings)) if settings.recordings else None
    announcer = Announcer(EspeakEngine(), SoundCache(settings.home / "sounds"), recordings=recordings)

    def announce(number: str, counter_name: str) -> bytes:
        return announcer.speak(Call(number, counter_name))

    return announce


def _guard_the_page(response: Response) -> Response:
    said = {name.lower() for name, _ in response.headers}  # one look instead of one for each name: this is every answer
    for name, value in GUARDS:
        if name.lower() not in said:
            response.headers.add(name, value)
    return response

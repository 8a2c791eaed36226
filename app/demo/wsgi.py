"""What gunicorn loads for the demo: the real app on the demo's clock, with its crowd and its pretend devices."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from babel.dates import format_datetime

from adapters.messages.pretend import PretendReceiver
from adapters.printers.pretend import PretendPrinter
from app.demo import pages
from app.demo.place import HALL
from app.demo.prepare import must_be_loopback
from app.demo.present import Present
from app.doors import DOORS
from app.factory import create_app
from app.settings import read_settings
from hall.database import Database
from hall.places import Places, places


def make_app() -> Any:
    """The demo's app. The couriers' start (after gunicorn's fork) also brings the devices and the crowd to life."""
    settings = read_settings()
    must_be_loopback(settings.bind)
    DOORS.update(pages.DOORS)
    db = Database(settings.url)
    present = Present(db, settings.home, f"http://{settings.bind}")
    app = create_app(settings, clock=present.clock, database=db)
    app.register_blueprint(pages.bp)
    app.view_functions["house.home"] = pages.home
    ground = app.extensions["antre"]

    def banner() -> str:
        return format_datetime(present.clock.now(), "EEEE, d MMMM y 'pukul' HH.mm z", tzinfo=_hall(db).tz, locale="id")

    app.extensions["antre"] = replace(ground, demo=banner)
    couriers = app.extensions["antre_couriers"]
    start, stop = couriers.start, couriers.stop
    pretend = PretendPrinter(port=int(next(iter(_hall(db).printers.values())).address.rpartition(":")[2]))
    receiver = PretendReceiver(json.loads((settings.home / "demo.json").read_text())["receiver"])
    app.extensions["antre_pretend_printer"] = pretend
    app.extensions["antre_pretend_receiver"] = receiver

    def begin() -> None:
        pretend.start()
        receiver.start()
        start()
        present.machine.courier.start()
        present.courier.start()

    def end() -> None:
        present.courier.stop()
        present.machine.stop()
        stop()
        receiver.stop()
        pretend.stop()

    couriers.start, couriers.stop = begin, end
    return app


def _hall(db: Database) -> Places:
    with db.reading() as connection:
        return places(db, connection, HALL)


app = make_app()

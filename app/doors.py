"""Who may enter where: one table, and nobody passes a door that is not in it (:mod:`app.doorkeeper` keeps it)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from queueing.slips import find_job
from queueing.tickets import find_ticket
from staffing.cases import find_case
from staffing.deliveries import LARGEST_BATCH, LARGEST_LIST
from staffing.flags import find_flag

STAFF = ("coordinator", "manager")
PEOPLE = ("coordinator", "manager", "head", "personnel", "regent")
ENTERS = ("head", "personnel", "coordinator", "manager")  # absences and attendance, of the agencies within their reach
PLANS = ("head", "coordinator", "manager")  # who sits where, and the post register
FOLLOWS = ("coordinator", "manager", "personnel")  # who leads follow-up cases
ASKS = (*FOLLOWS, "regent")  # the regent may ask for one
ATTENDS = ("coordinator", "manager", "personnel")  # lists, machines and PINs
FLOOR = (*PEOPLE, "reader")
DESK = ("officer", "console", "coordinator", "manager")


@dataclass(frozen=True, slots=True)
class Door:
    """Roles that may pass; ``public`` lets everybody pass; ``entrance`` is where a browser is sent to sign in.

    ``personal``: behind it stands whose attendance is whose, so whoever is refused here is written down.
    ``largest``: bytes of a body, where a file comes in; everywhere else the house's own limit holds.
    """

    roles: tuple[str, ...] = ()
    public: bool = False
    entrance: str | None = None
    personal: bool = False
    largest: int | None = None


def only(*roles: str, entrance: str | None = None, personal: bool = False, largest: int | None = None) -> Door:
    """A door for these roles."""
    return Door(roles, entrance=entrance, personal=personal, largest=largest)


def everybody(*preferred: str) -> Door:
    """A public door; if the visitor holds one of the preferred roles in this hall, they enter as that."""
    return Door(preferred, public=True)


def each(face: str, door: Door, *views: str) -> dict[str, Door]:
    """The same door for several views of a face."""
    return {f"{face}.{view}": door for view in views}


DOORS: dict[str, Door] = {
    # what every page needs
    "static": everybody(),
    "web.static": everybody(),
    "house.static": everybody(),
    "kiosk.static": everybody(),
    "counter.static": everybody(),
    "display.static": everybody(),
    "admin.static": everybody(),
    "house.home": everybody("coordinator", "manager", "head", "regent"),
    "house.healthz": everybody(),
    "house.readyz": everybody(),
    "house.openapi": everybody(),
    "house.metrics": only("reader", "coordinator", "manager"),
    "house.device": everybody(),
    "house.device_enter": everybody(),
    "house.device_leave": everybody(),
    # the citizen: a touchscreen with its own key, and a phone whose address is the key
    "kiosk.start": only("kiosk", *STAFF, entrance="house.device"),
    "kiosk_api.services": only("kiosk", "display", "reader", *DESK),
    "kiosk_api.take_number": only("kiosk", *DESK),
    "kiosk_api.slip": only("kiosk", *DESK),
    "kiosk_api.print_again": only("kiosk", *DESK),
    "kiosk_api.shown": only("kiosk", *DESK),
    "kiosk_api.next_job": only("kiosk"),
    "kiosk_api.outcome": only("kiosk"),
    "kiosk_api.printer_status": only("kiosk"),
    "phone.own": everybody(),
    "phone.state": everybody(),
    "phone.qr": everybody(),
    "phone.give_back": everybody(),
    # attendance machines: the secret in the path is the key, and the serial number must be on the hall's list
    "iclock.introduce": everybody(),
    "iclock.cdata_aspx": everybody(),
    "iclock.deliver": everybody(),
    "iclock.deliver_aspx": everybody(),
    "iclock.ask": everybody(),
    "iclock.getrequest_aspx": everybody(),
    "iclock.ping": everybody(),
    "iclock.report": everybody(),
    "iclock.devicecmd_aspx": everybody(),
    # programs that tell of attendance: a source's signature, or one of these
    "attendance_api.take": everybody("attendance", "coordinator", "manager", "personnel"),
    "attendance.show": only(*ATTENDS, entrance="admin.sign_in", personal=True),
    "attendance.upload": only(*ATTENDS, largest=LARGEST_LIST + 64 * 1024),
    "attendance.preview": only(*ATTENDS, entrance="admin.sign_in", personal=True),
    "attendance.confirm": only(*ATTENDS),
    "attendance.discard": only(*ATTENDS),
    "attendance.adopt": only(*ATTENDS),
    "attendance.list_one": only(*ATTENDS),
    "attendance.unlist": only(*ATTENDS),
    # the officer: NIP and PIN open the seat, so the way to them is open (and slowed after failures)
    "counter.console": everybody("officer", "console"),
    "counter_api.counters": everybody("officer", "console"),
    "counter_api.sign_in": everybody("console", "officer"),
    "counter_api.sign_out": only(*DESK),
    "counter_api.pause": only(*DESK),
    "counter_api.unpause": only(*DESK),
    "counter_api.heartbeat": only(*DESK),
    "counter_api.desk_of": only(*DESK),
    "counter_api.call": only(*DESK),
    "counter_api.recall": only(*DESK),
    "counter_api.start": only(*DESK),
    "counter_api.finish": only(*DESK),
    "counter_api.no_show": only(*DESK),
    "counter_api.hold": only(*DESK),
    "counter_api.resume": only(*DESK),
    "counter_api.transfer": only(*DESK),
    "counter_api.cancel": only(*DESK),
    # the waiting room
    "display.show": only("display", *STAFF, entrance="house.device"),
    "display.slide": only("display", *STAFF),
    "display_api.show_board": only("display", "kiosk", "reader", *DESK),
    "display_api.sound": only("display", "reader", *DESK),
    # the management
    "admin.home": only(*PEOPLE, entrance="admin.sign_in"),
    "admin.sign_in": everybody(*PEOPLE),
    "admin.enter": everybody(),
    "admin.leave": everybody(*PEOPLE),
    "admin.floor": only(*PEOPLE, entrance="admin.sign_in"),
    "admin.statistics": only(*PEOPLE, entrance="admin.sign_in"),
    "admin.today": only(*PEOPLE, entrance="admin.sign_in"),
    "admin.day": only(*PEOPLE, entrance="admin.sign_in"),
    "admin.counter_day": only(*PEOPLE, entrance="admin.sign_in"),
    **each("admin", only(*PEOPLE, entrance="admin.sign_in"), "regents", "regent", "empty", "agency", "patterns"),
    "admin.empty_csv": only(*PEOPLE, entrance="admin.sign_in"),
    "admin_api.floor": only(*FLOOR),
    "admin_api.patterns": only(*FLOOR, personal=True),
    "admin_api.statistics": only(*FLOOR),
    "admin_api.timeline": only(*FLOOR),
    "admin_api.vacancies": only(*FLOOR, personal=True),
    "admin_api.record_absence": only("attendance", *ENTERS, personal=True),
    "admin_api.record_closure": only(*STAFF),
    "admin_api.close_day": only(*STAFF),
    # flags: heads see and take on those of their own agency
    "flags.show": only("coordinator", "manager", "head", "regent", entrance="admin.sign_in"),
    "flags.take_on": only("coordinator", "manager", "head"),
    "flags_api.flags": only("coordinator", "manager", "head", "regent", "reader"),
    "flags_api.acknowledge_flag": only("coordinator", "manager", "head"),
    # people: heads see their own agency, the personnel office those of the regency (staffing.privacy.reach)
    **each("people", only(*ENTERS, entrance="admin.sign_in", personal=True), "today", "away", "roll_call"),
    **each("people", only(*ENTERS, entrance="admin.sign_in", personal=True), "list_form", "preview"),
    **each("people", only(*ENTERS, personal=True), "enter", "correct", "withdraw", "confirm", "discard"),
    "people.upload": only(*ENTERS, personal=True, largest=LARGEST_BATCH + 64 * 1024),
    "people.roll_worker": everybody(),
    "people.looks": only("manager", entrance="admin.sign_in", personal=True),
    **each("plans", only(*PLANS, entrance="admin.sign_in", personal=True), "roster", "posts"),
    **each("plans", only(*PLANS, personal=True), "plan", "withdraw_entry", "post", "withdraw_post"),
    **each("people_api", only(*ENTERS, personal=True), "attendance", "absences", "roll_call"),
    **each("people_api", only("attendance", *ENTERS, personal=True), "correct", "withdraw"),
    "people_api.looks": only("manager", personal=True),
    "plans_api.posts": only(*PLANS, "reader"),
    **each("plans_api", only(*PLANS, personal=True), "roster", "plan", "withdraw_entry", "post", "withdraw_post"),
    # follow-up
    "cases.show_all": only(*PEOPLE, entrance="admin.sign_in", personal=True),
    "cases.choose": only(*ASKS, entrance="admin.sign_in"),
    "cases.open_chosen": only(*ASKS),
    "cases.show": only(*PEOPLE, entrance="admin.sign_in", personal=True),
    "cases.step": only(*PEOPLE, personal=True),
    "cases.letter": only(*PEOPLE, entrance="admin.sign_in", personal=True),
    "cases_api.cases": only(*PEOPLE, personal=True),
    "cases_api.open_": only(*ASKS),
    "cases_api.show": only(*PEOPLE, personal=True),
    "cases_api.accept": only(*FOLLOWS),
    "cases_api.assign": only(*FOLLOWS),
    "cases_api.meeting": only(*FOLLOWS),
    "cases_api.draft": only(*FOLLOWS),
    "cases_api.answer": only("head"),
    "cases_api.note": only(*FOLLOWS),
    "cases_api.renew": only(*FOLLOWS),
    "cases_api.close": only(*FOLLOWS),
    "cases_api.reopen": only(*FOLLOWS),
    "cases_api.letter_pdf": only(*PEOPLE, personal=True),
    "cases_api.letter_docx": only(*PEOPLE, personal=True),
}

FOUND_BY: dict[str, Callable[[Connection, str], Any]] = {
    "ticket_id": find_ticket, "flag_id": find_flag, "case_id": find_case, "job_id": find_job
}  # fmt: skip

"""The description of the interface is valid, complete, and what a running hall really answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.doors import DOORS
from app.openapi import document
from app.openapi.codes import CODES
from app.settings import Settings
from hall import errors
from hall.database import Database
from hall.people import new_token, set_account
from staffing.watch import watch
from tests.app.follow_up import follow_up
from tests.app.schema import faults, resolve
from tests.cast import BAMBU, ROOT, TUESDAY_MORNING

PIN = "482915"
METHODS = ("get", "put", "post", "delete", "patch")
STATUS = {cls.__name__: cls.status for cls in vars(errors).values() if isinstance(cls, type) and hasattr(cls, "status")}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


@dataclass
class HandClock:
    moment: datetime = TUESDAY_MORNING

    def now(self) -> datetime:
        return self.moment


@dataclass
class Caller:
    """Calls a running app and holds every answer against the description."""

    app: Flask
    clock: HandClock
    tokens: dict[str, str]
    met: set[tuple[str, str, int]] = field(default_factory=set)

    def ask(self, role: str | None, method: str, path: str, body: Any = None, /, **more: Any) -> Any:
        headers = more.pop("headers", {})
        if role is not None:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        with self.app.test_client() as client:
            if method == "post" and "data" not in more:
                more["json"] = {} if body is None else body
            answer = client.open(f"/api/v1{path}", method=method.upper(), headers=headers, **more)
        self.check(method, path.partition("?")[0], answer)
        return answer

    def check(self, method: str, path: str, answer: Any) -> None:
        template, operation = self.described(method, path)
        told = operation["responses"].get(str(answer.status_code))
        assert told is not None, f"{method} {template}: {answer.status_code} is not described: {answer.text}"
        self.met.add((method, template, answer.status_code))
        if "content" not in told:
            assert answer.data == b""
            return
        assert answer.mimetype in told["content"], f"{method} {template} answers {answer.mimetype}"
        schema = told["content"][answer.mimetype]["schema"]
        if answer.mimetype.endswith("json"):
            problem = answer.mimetype == "application/problem+json"
            assert faults(answer.json, schema, closed=not problem) == [], f"{method} {template} {answer.status_code}"

    @staticmethod
    def described(method: str, path: str) -> tuple[str, dict[str, Any]]:
        matches = []
        for template, item in document()["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method in item:
                matches.append((template, item[method]))
        [found] = matches
        return found


@pytest.fixture
def hall(blora: Database, tmp_path: Path) -> Caller:
    """Blora on a Tuesday at nine, with a token of every role that is needed."""
    set_account(blora, "blora", BAMBU.nip, name=None, role=None, agency=None, pin=PIN)
    roles = ("kiosk", "display", "console", "reader", "manager")
    tokens = {
        role: new_token(blora, role, hall="blora", name="kiosk-1" if role == "kiosk" else role, now=TUESDAY_MORNING)
        for role in roles
    }
    clock = HandClock()
    settings = Settings(home=tmp_path, secret_key="k" * 40, secure_cookies=False)
    app = create_app(settings, clock=clock, database=blora)
    return Caller(app, clock, tokens)


# ---- the document itself ----


def test_every_route_is_described_and_nothing_else(hall: Caller) -> None:
    routes: dict[str, set[str]] = {}
    for rule in hall.app.url_map.iter_rules():
        if rule.rule.startswith("/api/v1/"):
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1"))
            methods = {m.lower() for m in rule.methods or ()} & set(METHODS)
            routes[path] = routes.get(path, set()) | methods
    assert {path: set(item) for path, item in document()["paths"].items()} == routes


def test_every_operation_names_the_endpoint_that_answers_it(hall: Caller) -> None:
    known = {rule.endpoint.replace(".", "_") for rule in hall.app.url_map.iter_rules()}
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids)) and set(ids) <= known


def test_the_document_has_what_openapi_asks_for() -> None:
    doc = document()
    assert re.fullmatch(r"3\.1\.\d+", doc["openapi"])
    assert doc["info"]["title"] and doc["info"]["version"]
    schemes, tags = set(doc["components"]["securitySchemes"]), {tag["name"] for tag in doc["tags"]}
    for method, path, operation in operations():
        assert path.startswith("/") and method in METHODS
        names = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"]
        assert sorted(names) == sorted(re.findall(r"\{(\w+)\}", path)), path
        assert all(p["required"] for p in operation.get("parameters", ()) if p["in"] == "path")
        assert all("schema" in p for p in operation.get("parameters", ()))
        assert set(operation["tags"]) <= tags and operation["summary"]
        assert {name for entry in operation["security"] for name in entry} <= schemes
        assert "requestBody" not in operation or method != "get"
        assert any(status.startswith("2") for status in operation["responses"])
        for status, answer in operation["responses"].items():
            assert re.fullmatch(r"[2345]\d\d", status) and answer["description"]


def _schemas(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for part in value.values():
            yield from _schemas(part)
    elif isinstance(value, list):
        for part in value:
            yield from _schemas(part)


def test_every_reference_leads_somewhere_and_every_named_schema_is_used() -> None:
    used = {s["$ref"] for s in _schemas(document()) if isinstance(s.get("$ref"), str)}
    for reference in used:
        assert resolve({"$ref": reference})
    assert {name.rsplit("/", 1)[1] for name in used} == set(document()["components"]["schemas"])


def test_every_required_field_is_described() -> None:
    for schema in _schemas(document()):
        if isinstance(schema.get("required"), list):
            assert set(schema["required"]) <= set(schema["properties"])


def test_every_example_is_what_its_schema_says() -> None:
    seen = 0
    for method, path, operation in operations():
        contents = [a.get("content", {}) for a in operation["responses"].values()]
        contents.append(operation.get("requestBody", {}).get("content", {}))
        for media in (m for content in contents for m in content.values()):
            if "example" in media:
                seen += 1
                problem = isinstance(media["example"], dict) and "code" in media["example"]
                assert faults(media["example"], media["schema"], closed=not problem) == [], f"{method} {path}"
    assert seen > 100


# ---- refusals and doors ----


def test_every_code_has_the_status_with_which_it_is_really_refused() -> None:
    raised: dict[str, set[int]] = {}
    for room in ("hall", "queueing", "staffing", "web", "kiosk", "counter", "display", "admin", "app"):
        for file in (ROOT / room).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            for cls, code in re.findall(r'\b([A-Z]\w+)\(\s*"([a-z_]+)"', text):
                if cls in STATUS and cls != "Refusal":
                    raised.setdefault(code, set()).add(STATUS[cls])
            for code in re.findall(r'\b\w*code, \w+ = "([a-z_]+)"', text):  # hall.database chooses one of three
                raised.setdefault(code, set()).add(503)
    elsewhere = {"too_large", "internal", "bad_csrf"}  # Flask's own limit, the last resort, the doorkeeper
    for code, (status, _) in CODES.items():
        assert code in elsewhere or status in raised.get(code, ()), f"{code} is never refused with {status}"


def test_every_code_is_a_refusal_of_some_operation() -> None:
    told = {
        code
        for _, _, operation in operations()
        for answer in operation["responses"].values()
        for media in answer.get("content", {}).values()
        for part in media["schema"].get("allOf", ())
        for code in part.get("properties", {}).get("code", {}).get("enum", ())
    }
    assert told == set(CODES)


def test_who_may_enter_is_told_as_the_doors_decide() -> None:
    for _, path, operation in operations():
        door = next(d for name, d in DOORS.items() if name.replace(".", "_") == operation["operationId"])
        assert ({} in operation["security"]) == door.public, path
        for role in door.roles:
            assert role in operation["description"], path


def test_a_browser_that_changes_something_is_told_of_the_csrf_header() -> None:
    for method, path, operation in operations():
        browser = operation["security"][-1]
        assert ("csrf" in browser) == (method != "get"), path


# ---- what a running hall answers ----


def test_a_whole_morning_answers_as_described(hall: Caller) -> None:
    at = "/halls/blora/counters/3"
    for path in ("/healthz", "/readyz", "/openapi.json"):
        assert hall.ask(None, "get", path).status_code == 200
    hall.ask("reader", "get", "/metrics")
    watch(hall.app.extensions["antre"].db, "blora", now=hall.clock.now())
    flags = hall.ask("reader", "get", "/halls/blora/flags").json["open"]
    hall.ask("manager", "post", f"/flags/{flags[0]['id']}/acknowledge", {"reason": "Sudah ditelepon"})
    offer = hall.ask("kiosk", "get", "/halls/blora/services")
    again = {"If-None-Match": offer.headers["ETag"]}
    assert hall.ask("kiosk", "get", "/halls/blora/services", headers=again).status_code == 304
    hall.ask("console", "get", "/halls/blora/counters")
    hall.ask("console", "post", f"{at}/sign-in", {"officer": BAMBU.nip, "pin": PIN})
    hall.ask("console", "post", f"{at}/pause", {"reason": "Salat"})
    hall.ask("console", "post", f"{at}/resume")
    hall.ask("console", "post", f"{at}/heartbeat")
    assert hall.ask("console", "post", f"{at}/call").status_code == 204

    body = {"service": "ktp", "priority": None, "confirm": True}
    taken = [hall.ask("kiosk", "post", "/halls/blora/tickets", body).json["id"] for _ in range(9)]
    hall.ask("kiosk", "post", "/halls/blora/tickets", {"service": "ktp", "priority": "elderly", "confirm": True})
    hall.ask("kiosk", "get", f"/tickets/{taken[0]}/slip")

    job = hall.ask("kiosk", "post", "/halls/blora/printers/kios-1/jobs/next")
    done = {"state": "confirmed", "reason": None, "detail": "", "paper_low": True}
    hall.ask("kiosk", "post", f"/print-jobs/{job.json['id']}/outcome", done)
    status = {"ready": False, "reason": "paper_end", "answers": True, "paper_end": True, "online": None}
    hall.ask("kiosk", "post", "/halls/blora/printers/kios-1/status", status)
    hall.ask("kiosk", "post", f"/tickets/{taken[0]}/reprint")
    hall.ask("kiosk", "post", f"/tickets/{taken[1]}/shown", {"how": "touched"})
    hall.clock.moment += timedelta(minutes=10)  # what is left in the queue is stale by now
    assert hall.ask("kiosk", "post", "/halls/blora/printers/kios-1/jobs/next").status_code == 204

    first = hall.ask("console", "post", f"{at}/call").json
    assert first["state"] == "called"
    hall.ask("display", "get", "/halls/blora/board?since=0&area=")
    seq = hall.ask("display", "get", "/halls/blora/board?since=0").json["lines"][0]["seq"]
    assert hall.ask("display", "get", f"/halls/blora/calls/{seq}/sound.wav").data[:4] == b"RIFF"
    hall.ask("console", "post", f"/tickets/{first['id']}/recall")
    hall.ask("console", "post", f"/tickets/{first['id']}/start")
    hall.ask("reader", "get", "/halls/blora/floor")
    desk = hall.ask("console", "get", f"{at}/desk")
    again = {"If-None-Match": desk.headers["ETag"]}
    assert hall.ask("console", "get", f"{at}/desk", headers=again).status_code == 304
    hall.ask("console", "post", f"/tickets/{first['id']}/finish")

    for move, after in (("hold", "resume"), ("no-show", "resume"), ("cancel", None), ("transfer", None)):
        called = hall.ask("console", "post", f"{at}/call").json
        given = {"service": "kk", "return": True} if move == "transfer" else {}
        hall.ask("console", "post", f"/tickets/{called['id']}/{move}", given)
        hall.ask("console", "get", f"{at}/desk")
        if after:
            hall.ask("console", "post", f"/tickets/{called['id']}/{after}")
    hall.ask("display", "get", "/halls/blora/board")
    hall.ask("reader", "get", "/halls/blora/statistics")
    hall.ask("reader", "get", "/halls/blora/statistics?date=2026-03-02")

    hours = {"from": "2026-03-04T08:00:00+07:00", "to": "2026-03-04T12:00:00+07:00"}
    absence = {"officer": BAMBU.nip, "kind": "official_travel", "document": "SPT 1"}
    hall.ask("manager", "post", "/halls/blora/absences", absence | hours)
    people_enter(hall)
    told = {"source": "bkd", "punches": [{"officer": BAMBU.nip, "at": "2026-03-03T07:31:05+07:00"}]}
    hall.ask("manager", "post", "/attendance", told)
    hall.ask("manager", "post", "/halls/blora/closures", {"counter": "3", "reason": "Pindah"} | hours)
    hall.ask("console", "post", f"{at}/sign-out")
    hall.ask("manager", "get", "/halls/blora/floor")
    hall.ask("manager", "get", "/halls/blora/timeline")
    empty = hall.ask("manager", "get", "/halls/blora/vacancies?from=2026-03-03")
    assert empty.json["vacancies"]
    again = {"If-None-Match": empty.headers["ETag"]}
    assert hall.ask("manager", "get", "/halls/blora/vacancies?from=2026-03-03", headers=again).status_code == 304
    assert hall.ask("reader", "get", "/halls/blora/patterns?from=2026-02-03&to=2026-03-03").json["habits"]
    follow_up(hall)
    assert hall.ask("manager", "post", "/halls/blora/close-day").json["expired"] > 0

    wanted = {(m, p, int(s)) for m, p, o in operations() for s in o["responses"] if s[0] in "23"}
    assert hall.met == wanted


def people_enter(hall: Caller) -> None:
    """What people enter about people: each operation once."""
    day = {"from": "2026-03-04", "to": "2026-03-05"}
    span = "?from=2026-03-04&to=2026-03-05&agency=dukcapil"
    hall.ask("manager", "get", "/halls/blora/attendance?agency=dukcapil")
    kept = hall.ask("manager", "get", f"/halls/blora/absences{span}").json["absences"][0]
    change = {"kind": "sick", "document": "", "reason": "Salah jenis", "from": kept["from"], "to": kept["to"]}
    new = hall.ask("manager", "post", f"/halls/blora/absences/{kept['id']}/correct", change).json["id"]
    hall.ask("manager", "post", f"/halls/blora/absences/{new}/withdraw", {"reason": "Salah orang"})
    plan = hall.ask("manager", "post", "/halls/blora/roster", {"officer": BAMBU.nip, "counter": "4"} | day).json["id"]
    hall.ask("manager", "get", f"/halls/blora/roster{span}")
    hall.ask("manager", "post", f"/halls/blora/roster/{plan}/withdraw", {"reason": "Batal"})
    post = {"counter": "4", "title": "Operator", "state": "vacant", "since": "2026-03-04"}
    change_id = hall.ask("manager", "post", "/halls/blora/posts", post).json["id"]
    hall.ask("manager", "get", "/halls/blora/posts?agency=dukcapil")
    hall.ask("manager", "post", f"/halls/blora/posts/{change_id}/withdraw", {"reason": "Batal"})
    mark = {
        "key": "tanda-0001",
        "roll": "pagi",
        "officer": BAMBU.nip,
        "mark": "present",
        "at": "2026-03-03T07:31:00+07:00",
    }
    apel = {"agency": "dukcapil", "sent_at": "2026-03-03T09:00:00+07:00", "marks": [mark, mark | {"key": "?"}]}
    hall.ask("manager", "post", "/halls/blora/apel", apel)
    hall.ask("manager", "get", "/halls/blora/looks?refused=1")
    assert hall.ask("manager", "get", "/halls/blora/looks").json["looks"]


REFUSED: list[tuple[str | None, str, str, Any, int, str]] = [
    (None, "get", "/halls/blora/services", None, 401, "sign_in_needed"),
    ("display", "post", "/halls/blora/tickets", {"service": "ktp"}, 403, "not_allowed"),
    ("kiosk", "get", "/halls/nowhere/services", None, 403, "other_hall"),
    ("kiosk", "post", "/halls/blora/tickets", {"service": "nothing"}, 404, "unknown_service"),
    ("kiosk", "post", "/halls/blora/tickets", {"service": "ktp"}, 409, "unstaffed_needs_confirmation"),
    ("kiosk", "post", "/halls/blora/tickets", {"service": "ktp", "extra": 1}, 422, "unknown_field"),
    ("kiosk", "post", "/halls/blora/tickets", {}, 422, "missing_field"),
    ("kiosk", "post", "/halls/blora/tickets", {"service": 7}, 422, "wrong_type"),
    ("kiosk", "post", "/halls/blora/tickets", {"service": ""}, 422, "wrong_length"),
    ("kiosk", "post", "/halls/blora/tickets", {"service": "ktp", "priority": "rich"}, 422, "unknown_priority"),
    ("kiosk", "post", "/halls/blora/tickets", [], 422, "not_an_object"),
    ("kiosk", "get", "/tickets/none/slip", None, 404, "unknown_ticket"),
    ("kiosk", "post", "/halls/blora/printers/none/jobs/next", None, 404, "unknown_printer"),
    ("kiosk", "post", "/print-jobs/none/outcome", {"state": "confirmed"}, 404, "unknown_job"),
    ("console", "post", "/halls/blora/counters/3/call", None, 409, "not_signed_in"),
    ("console", "post", "/halls/blora/counters/none/call", None, 404, "unknown_counter"),
    ("console", "post", "/halls/blora/counters/3/sign-in", {"officer": "1", "pin": "2"}, 401, "wrong_pin"),
    ("console", "post", "/halls/blora/counters/3/resume", None, 409, "not_signed_in"),
    ("console", "post", "/tickets/none/start", None, 404, "unknown_ticket"),
    ("display", "get", "/halls/blora/board?since=now", None, 422, "bad_since"),
    ("display", "get", "/halls/blora/calls/1/sound.wav", None, 404, "unknown_call"),
    ("reader", "get", "/halls/blora/statistics?date=yesterday", None, 422, "bad_date"),
    ("reader", "get", "/halls/blora/vacancies?from=2026-01-01&to=2026-03-01", None, 422, "too_long"),
    ("reader", "get", "/halls/blora/vacancies?agency=none", None, 404, "unknown_agency"),
    ("display", "get", "/halls/blora/vacancies", None, 403, "not_allowed"),
    ("reader", "post", "/halls/blora/close-day", None, 403, "not_allowed"),
    (None, "get", "/metrics", None, 401, "sign_in_needed"),
    (None, "post", "/attendance", {"source": "bkd", "punches": []}, 401, "sign_in_needed"),
    ("manager", "post", "/attendance", {"source": "none", "punches": []}, 404, "unknown_source"),
    ("manager", "post", "/attendance", {"source": "bkd", "punches": [], "hall": "lain"}, 403, "other_hall"),
]


@pytest.mark.parametrize(("role", "method", "path", "body", "status", "code"), REFUSED)
def test_a_refusal_is_told_as_described(
    hall: Caller, role: str | None, method: str, path: str, body: Any, status: int, code: str
) -> None:
    answer = hall.ask(role, method, path, body)
    assert (answer.status_code, answer.json["code"]) == (status, code)


def test_broken_and_oversized_bodies_are_refused_as_described(hall: Caller) -> None:
    path = "/halls/blora/tickets"
    broken = hall.ask("kiosk", "post", path, data=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json["code"]) == (400, "bad_json")
    large = hall.ask("kiosk", "post", path, data=b" " * 70_000, headers={"Content-Type": "application/json"})
    assert (large.status_code, large.json["code"]) == (413, "too_large")


def test_text_that_no_database_takes_is_refused_and_not_a_fault_of_the_server(hall: Caller) -> None:
    for body in (b'{"service": "\\ud800"}', b'{"service": "ktp\\u0000"}'):
        answer = hall.ask(
            "kiosk", "post", "/halls/blora/tickets", data=body, headers={"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json["code"]) == (422, "wrong_type")


def test_the_document_is_served_at_both_addresses(hall: Caller) -> None:
    with hall.app.test_client() as client:
        assert client.get("/openapi.json").json == client.get("/api/v1/openapi.json").json == document()

"""Who may enter where: every route has its line, strangers stay out, roles and halls are kept apart."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.doors import DOORS
from app.factory import create_app
from app.settings import Settings
from hall.database import Database
from hall.people import TOKEN_ROLES, new_token, revoke_token, set_account
from tests.cast import CONTOH_FILE, TUESDAY_MORNING
from tests.clock import HandClock
from tests.conftest import load

PIN = "rahasia-pintu-4"
PROOF_WANTED = ("counter_api.sign_in", "house.device_enter", "attendance_api.take")  # open, and then they ask


@pytest.fixture
def app(blora: Database, tmp_path: Path) -> Flask:
    """The house with Blora, on a Tuesday morning."""
    settings = Settings(home=tmp_path, secret_key="k" * 40, voice="off", secure_cookies=False)
    return create_app(settings, clock=HandClock(TUESDAY_MORNING), database=blora)


def token(db: Database, role: str, hall: str | None = "blora", name: str = "") -> dict[str, str]:
    """The header of a fresh token."""
    return {"Authorization": f"Bearer {new_token(db, role, hall=hall, name=name, now=TUESDAY_MORNING)}"}


def code_of(answer: TestResponse) -> object:
    """The code of a problem document."""
    assert answer.json is not None, answer.text
    return answer.json["code"]


def address(rule: str) -> str:
    """A path for a rule, with names that exist where a hall is meant."""
    for part, value in (
        ("<hall>", "blora"), ("<counter>", "1"), ("<ticket_id>", "x"), ("<secret>", "x"), ("<printer>", "p"),
        ("<job_id>", "x"), ("<path:filename>", "x"), ("<name>", "x"), ("<int:seq>", "1"),
        ("<int:nr>", "1"),
    ):  # fmt: skip
        rule = rule.replace(part, value)
    return rule


def test_every_route_has_a_line_and_every_line_a_route(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert routes - set(DOORS) == set()
    assert set(DOORS) - routes - {"static"} == set()


def test_a_route_without_a_line_stays_shut(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "open!")
    answer = app.test_client().get("/forgotten", headers={"Accept": "application/json"})
    assert (answer.status_code, code_of(answer)) == (403, "no_door")


def test_a_stranger_passes_public_doors_only(app: Flask) -> None:
    client = app.test_client()
    shut = 0
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(address(rule.rule), method=method)
            if DOORS[rule.endpoint].public:
                assert answer.status_code != 401 or rule.endpoint in PROOF_WANTED
            else:
                assert answer.status_code in (401, 302), f"{method} {rule.rule}: {answer.status_code}"
                shut += 1
    assert shut > 25


@pytest.mark.parametrize("role", TOKEN_ROLES)
def test_a_token_opens_the_doors_of_its_role_and_no_other(app: Flask, blora: Database, role: str) -> None:
    client, header = app.test_client(), token(blora, role)
    for rule in app.url_map.iter_rules():
        door = DOORS[rule.endpoint]
        if door.public:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(address(rule.rule), method=method, headers=header | {"Accept": "application/json"})
            denied = answer.status_code == 403 and code_of(answer) == "not_allowed"
            unknown_first = answer.status_code == 404 and "<hall>" not in rule.rule
            assert denied == (role not in door.roles) or unknown_first, (
                f"{role} {method} {rule.rule}: {answer.status_code}"
            )


def test_a_token_of_another_hall_is_refused(app: Flask, blora: Database) -> None:
    load(blora, CONTOH_FILE)
    answer = app.test_client().get("/api/v1/halls/blora/board", headers=token(blora, "display", "contoh"))
    assert (answer.status_code, code_of(answer)) == (403, "other_hall")


def test_a_revoked_or_unknown_token_is_refused(app: Flask, blora: Database) -> None:
    header = token(blora, "display", name="tua")
    with blora.reading() as connection:
        from hall.people import list_tokens

        [found] = list_tokens(connection)
    revoke_token(blora, found.id, now=TUESDAY_MORNING)
    for given in (header, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic abc"}):
        answer = app.test_client().get("/api/v1/halls/blora/board", headers=given)
        assert (answer.status_code, code_of(answer)) == (401, "bad_token")


def test_tokens_are_stored_hashed(blora: Database) -> None:
    secret = token(blora, "kiosk")["Authorization"].removeprefix("Bearer ")
    assert secret.encode() not in blora.path.read_bytes() + Path(f"{blora.path}-wal").read_bytes()


def sign_in(client: FlaskClient, db: Database) -> str:
    """A manager signs in through the form; returns the CSRF token of the next page."""
    set_account(db, "blora", "pengelola", name="Pengelola", role="manager", agency=None, pin=PIN)
    form = {"hall": "blora", "login": "pengelola", "pin": PIN, "csrf_token": csrf(client, "/admin/sign-in")}
    answer = client.post("/admin/sign-in", data=form)
    assert answer.status_code in (302, 303), answer.text
    return csrf(client, "/admin/blora")


def csrf(client: FlaskClient, path: str) -> str:
    """The token in the page's head."""
    text = client.get(path, headers={"Accept": "text/html"}).text
    return text.split('name="csrf-token" content="')[1].split('"')[0]


def test_a_change_by_cookie_needs_the_page_s_token(app: Flask, blora: Database) -> None:
    client = app.test_client()
    right = sign_in(client, blora)
    closing = {
        "counter": "1",
        "from": "2026-11-24T13:00:00+07:00",
        "to": "2026-11-24T14:00:00+07:00",
        "reason": "rapat",
    }
    without = client.post("/api/v1/halls/blora/closures", json=closing)
    assert (without.status_code, code_of(without)) == (400, "bad_csrf")
    wrong = client.post("/api/v1/halls/blora/closures", json=closing, headers={"X-CSRF-Token": "wrong"})
    assert wrong.status_code == 400
    assert client.post("/api/v1/halls/blora/closures", json=closing, headers={"X-CSRF-Token": right}).status_code == 201


def test_the_cookie_is_http_only_same_site_and_secure(blora: Database, tmp_path: Path) -> None:
    app = create_app(Settings(home=tmp_path, secret_key="k" * 40, voice="off"), database=blora)
    flags = app.test_client().get("/admin/sign-in", base_url="https://antre.example").headers["Set-Cookie"]
    assert "HttpOnly" in flags and "SameSite=Lax" in flags and "Secure" in flags


def test_a_program_with_a_token_needs_no_page_of_ours(app: Flask, blora: Database) -> None:
    client = app.test_client()
    sign_in(client, blora)
    taken = client.post("/api/v1/halls/blora/tickets", json={"service": "nope"}, headers=token(blora, "kiosk"))
    assert code_of(taken) == "unknown_service"
    for header in ({"Authorization": "Basic Og=="}, {"Authorization": ""}, {"Authorization": "Bearer"}):
        answer = client.post("/api/v1/halls/blora/close-day", json={}, headers=header)
        assert code_of(answer) in ("bad_csrf", "bad_token"), header


def test_a_new_pin_ends_the_sessions_of_the_old_one(
    app: Flask, blora: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.doorkeeper.SECONDS_REMEMBERED", 0.0)
    client = app.test_client()
    sign_in(client, blora)
    assert client.get("/admin/blora").status_code == 200
    set_account(blora, "blora", "pengelola", name=None, role=None, agency=None, pin="rahasia-baru-9")
    assert client.get("/admin/blora", headers={"Accept": "text/html"}).status_code == 302


def test_a_person_without_a_session_is_led_to_the_entrance(app: Flask) -> None:
    client = app.test_client()
    for path, entrance in (
        ("/admin/blora", "/admin/sign-in"),
        ("/kiosk/blora", "/perangkat"),
        ("/display/blora", "/perangkat"),
    ):
        answer = client.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 302 and answer.headers["Location"].startswith(entrance)


def test_no_account_exists_by_default(blora: Database) -> None:
    from sqlalchemy import select

    from hall.people import accounts, tokens

    with blora.reading() as connection:
        assert connection.execute(select(accounts).where(accounts.c.pin_hash.is_not(None))).all() == []
        assert connection.execute(select(accounts).where(accounts.c.role != "officer")).all() == []
        assert connection.execute(select(tokens)).all() == []


def test_pages_carry_a_policy_without_inline_script(app: Flask) -> None:
    headers = app.test_client().get("/admin/sign-in").headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "bad_json"),
        (b"\xff\xfe", "application/json", 400, "bad_json"),
        (b"[" * 60_000, "application/json", 400, "bad_json"),
        (b"[]", "application/json", 422, "not_an_object"),
        (b'{"service": 3}', "application/json", 422, "wrong_type"),
        (b'{"service": null}', "application/json", 422, "missing_field"),
        (b'{"service": ""}', "application/json", 422, "wrong_length"),
        (b'{"service": "ktp", "confirm": "yes"}', "application/json", 422, "wrong_type"),
        (b'{"service": "ktp", "servis": "x"}', "application/json", 422, "unknown_field"),
        (b'{"service": "' + b"x" * 70_000 + b'"}', "application/json", 413, "too_large"),
    ],
)
def test_bad_bodies_are_refused_with_a_code_and_write_nothing(
    app: Flask, blora: Database, body: bytes, kind: str, status: int, code: str
) -> None:
    from hall.turn import position

    with blora.reading() as connection:
        before = position(connection, "blora")
    header = token(blora, "kiosk")
    answer = app.test_client().post("/api/v1/halls/blora/tickets", data=body, content_type=kind, headers=header)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert answer.content_type == "application/problem+json"
    with blora.reading() as connection:
        assert position(connection, "blora") == before


def test_unknown_things_are_404_with_a_code(app: Flask, blora: Database) -> None:
    client, header = app.test_client(), token(blora, "console")
    for path, code in (
        ("/api/v1/halls/blora/counters/99/call", "unknown_counter"),
        ("/api/v1/tickets/nope/start", "unknown_ticket"),
        ("/api/v1/tickets/nope/juggle", "not_found"),
    ):
        answer = client.post(path, headers=header)
        assert (answer.status_code, code_of(answer)) == (404, code), path
    reader = token(blora, "reader", None)
    answer = client.get("/api/v1/halls/nowhere/floor", headers=reader)
    assert (answer.status_code, code_of(answer)) == (404, "unknown_hall")
    answer = client.post("/api/v1/halls/blora/tickets", json={"service": "nope"}, headers=token(blora, "kiosk"))
    assert (answer.status_code, code_of(answer)) == (404, "unknown_service")


def test_a_fault_is_told_without_a_traceback(app: Flask, blora: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_given: object, **_named: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr("display.boards.look", breaks)
    answer = app.test_client().get("/api/v1/halls/blora/board", headers=token(blora, "display"))
    assert (answer.status_code, code_of(answer)) == (500, "internal")
    assert "Tidak ada yang dicatat" not in answer.text  # it may have come after the commit
    assert "secret detail" not in answer.text and "Traceback" not in answer.text


def test_a_form_on_another_site_signs_nobody_in(app: Flask) -> None:
    client = app.test_client()
    for path in ("/perangkat", "/api/v1/halls/blora/counters/1/sign-in", "/admin/sign-in"):
        answer = client.post(path, data="{}", headers={"Sec-Fetch-Site": "cross-site", "Accept": "application/json"})
        assert (answer.status_code, code_of(answer)) == (403, "cross_site")

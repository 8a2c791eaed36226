"""The browser's cookie: good ones are remembered, forged ones never pass, pages renew it and calls do not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from app.cookies import Cookies


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = Flask("cookies", static_folder=None)
    app.secret_key = "a key for this test alone, long enough"
    app.session_interface = Cookies()

    @app.get("/pair")
    def pair() -> str:
        session["devices"] = {"display": "one"}
        session.permanent = True
        return "paired"

    @app.get("/page")
    @app.get("/api/call")
    def look() -> dict[str, str]:
        return dict(session.get("devices", {}))

    @app.get("/api/spoil")
    def spoil() -> str:
        session["devices"]["display"] = "spoilt"  # deep inside: the session does not notice, and nobody else may
        return "done"

    with app.test_client() as made:
        yield made


def cookie_of(client: FlaskClient) -> str:
    sent = client.get("/pair").headers["Set-Cookie"]
    return sent.split(";")[0].removeprefix("session=")


def test_a_paired_browser_is_known_at_every_call(client: FlaskClient) -> None:
    cookie_of(client)
    assert [client.get("/api/call").get_json() for _ in range(3)] == [{"display": "one"}] * 3


def test_a_forged_cookie_is_not_taken_for_the_remembered_one(client: FlaskClient) -> None:
    good = cookie_of(client)
    client.get("/api/call")
    head, _, signature = good.rpartition(".")
    forged = f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"  # of the last letter not every bit counts
    for _ in range(2):
        client.set_cookie("session", forged)
        assert client.get("/api/call").get_json() == {}
    client.set_cookie("session", good)
    assert client.get("/api/call").get_json() == {"display": "one"}


def test_what_one_request_does_to_its_session_reaches_no_other(client: FlaskClient) -> None:
    cookie_of(client)
    client.get("/api/call")
    client.get("/api/spoil")
    assert client.get("/api/call").get_json() == {"display": "one"}


def test_pages_renew_a_lasting_cookie_and_calls_do_not(client: FlaskClient) -> None:
    cookie_of(client)
    assert "Set-Cookie" not in client.get("/api/call").headers
    assert "Set-Cookie" in client.get("/page").headers


def test_a_flood_of_cookies_does_not_fill_the_memory(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cookies.MOST_REMEMBERED", 3)
    cookies = Cookies()
    client.application.session_interface = cookies
    signer = cookies.get_signing_serializer(client.application)
    for nr in range(10):
        client.set_cookie("session", signer.dumps({"devices": {"display": str(nr)}}))
        assert client.get("/api/call").get_json() == {"display": str(nr)}
    assert len(cookies._opened) <= 3

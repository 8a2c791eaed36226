"""Sockets of a served hall: they carry nudges, keep strangers out, and never starve the pages."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import websocket

from adapters.printers.pretend import PretendPrinter
from app.sockets import SocketGate, Wsgi
from tests.live import HALL, OFFICER, PIN, LiveHall, close_hall, open_hall

PATIENCE_S = 10


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveHall]:
    """One served hall for all of these: they only ever add to it."""
    with PretendPrinter() as printer:
        hall = open_hall(tmp_path_factory.mktemp("live"), printer)
        try:
            yield hall
        finally:
            close_hall(hall)


@contextmanager
def socket_of(live: LiveHall, role: str | None, *, origin: str | None = None) -> Iterator[websocket.WebSocket]:
    """A raw WebSocket to the hall's Socket.IO endpoint, past the engine's greeting."""
    address = live.url.replace("http://", "ws://") + "/socket.io/?EIO=4&transport=websocket"
    header = [f"Authorization: Bearer {live.tokens[role]}"] if role else []
    options = {"origin": origin} if origin else {"suppress_origin": True}
    line = websocket.create_connection(address, header=header, timeout=PATIENCE_S, **options)
    try:
        assert str(line.recv()).startswith("0{")
        yield line
    finally:
        line.close()


def heard(line: websocket.WebSocket) -> str:
    """The next packet that is no ping; pings are answered."""
    while (packet := str(line.recv())) == "2":
        line.send("3")
    return packet


def join(line: websocket.WebSocket, namespace: str, hall: str = HALL) -> str:
    """Joins a namespace; returns the server's answer packet."""
    line.send(f'40{namespace},{{"hall":"{hall}"}}')
    while (packet := heard(line)).startswith("42/"):  # news of this very moment; the scripts in browsers keep it
        pass
    return packet


def next_nudge(line: websocket.WebSocket) -> dict[str, object]:
    """The next nudge; pings are answered meanwhile."""
    packet = heard(line)
    assert packet.startswith("42/"), packet
    name, data = json.loads(packet[packet.index(",") + 1 :])
    assert name == "nudge"
    return dict(data)


def issue(live: LiveHall) -> dict[str, object]:
    """A citizen takes a number."""
    answer = live.api("POST", f"/halls/{HALL}/tickets", "kiosk", json={"service": "ktp", "confirm": True})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_the_officer_s_day_over_http(live: LiveHall) -> None:
    at = f"/halls/{HALL}/counters/1"
    ticket = issue(live)
    seated = live.api("POST", f"{at}/sign-in", "console", json={"officer": OFFICER, "pin": PIN})
    assert seated.status_code == 200, seated.text
    called = live.api("POST", f"{at}/call", "console")
    assert (called.status_code, called.json()["id"]) == (200, ticket["id"])
    assert live.api("POST", f"{at}/call", "console").json()["code"] == "still_serving"
    for move, state in (("recall", "called"), ("start", "serving"), ("finish", "finished")):
        answer = live.api("POST", f"/tickets/{ticket['id']}/{move}", "console")
        assert (answer.status_code, answer.json()["state"]) == (200, state), answer.text
    assert live.api("POST", f"{at}/call", "console").status_code == 204
    assert live.api("POST", f"{at}/sign-out", "console").status_code == 204


def test_a_change_nudges_the_screens_of_its_hall_and_carries_nothing_else(live: LiveHall) -> None:
    with socket_of(live, "display") as line:
        assert join(line, "/display").startswith("40/display,")
        issue(live)
        nudge = next_nudge(line)
        assert set(nudge) == {"hall", "seq"} and nudge["hall"] == HALL
        board = live.api("GET", f"/halls/{HALL}/board", "display").json()
        assert board["seq"] >= nudge["seq"] and sum(row["waiting"] for row in board["waiting"]) >= 1


def test_what_a_command_wrote_reaches_the_screens(live: LiveHall) -> None:
    line_of_history = {"at": "2026-03-03T08:05:00+07:00", "do": "issue", "service": "ktp"}
    file = live.home / "day.jsonl"
    file.write_text(json.dumps(line_of_history) + "\n")
    with socket_of(live, "display") as line:
        join(line, "/display")
        before = live.api("GET", f"/halls/{HALL}/board", "display").json()["seq"]
        done = live.command("replay", "--hall", HALL, str(file))
        assert done.returncode == 0, done.stderr
        while (nudge := next_nudge(line))["seq"] <= before:  # the last one is repeated every second
            assert nudge["hall"] == HALL


@pytest.mark.parametrize(
    ("role", "namespace", "hall", "code"),
    [
        (None, "/display", HALL, "sign_in_needed"),
        ("kiosk", "/admin", HALL, "not_allowed"),
        ("display", "/display", "lain", "other_hall"),
        ("display", "/ticket", HALL, "secret_needed"),
    ],
)
def test_strangers_are_refused(live: LiveHall, role: str | None, namespace: str, hall: str, code: str) -> None:
    with socket_of(live, role) as line:
        answer = join(line, namespace, hall)
        assert answer.startswith("44") and code in answer


def test_a_foreign_origin_is_refused(live: LiveHall) -> None:
    with (
        pytest.raises(websocket.WebSocketBadStatusException) as refused,
        socket_of(live, "display", origin="https://evil.example"),
    ):
        pass
    assert refused.value.status_code == 400


def test_a_phone_may_listen_with_its_tickets_secret(live: LiveHall) -> None:
    secret = str(issue(live)["status_url"]).removeprefix("/t/")
    with socket_of(live, None) as line:
        line.send(f'40/ticket,{{"secret":"{secret}"}}')
        assert heard(line).startswith("40/ticket,")
        issue(live)
        assert next_nudge(line)["hall"] == HALL


def until_there_is_room(address: str) -> bool:
    """Knocks until a socket is let in again."""
    for _ in range(50):
        try:
            websocket.create_connection(address, timeout=PATIENCE_S, suppress_origin=True).close()
        except websocket.WebSocketBadStatusException:
            time.sleep(0.2)
        else:
            return True
    return False


def test_sockets_over_the_limit_are_turned_away_and_pages_still_answer(live_with_few_sockets: LiveHall) -> None:
    live = live_with_few_sockets
    address = live.url.replace("http://", "ws://") + "/socket.io/?EIO=4&transport=websocket"
    lines = [websocket.create_connection(address, timeout=PATIENCE_S, suppress_origin=True) for _ in range(3)]
    try:
        with pytest.raises(websocket.WebSocketBadStatusException) as refused:
            websocket.create_connection(address, timeout=PATIENCE_S, suppress_origin=True)
        assert refused.value.status_code == 503
        assert requests.get(f"{live.url}/healthz", timeout=PATIENCE_S).status_code == 200
        assert issue(live)["number"] == "B-001"
    finally:
        for line in lines:
            line.close()
    assert until_there_is_room(address), "a closed socket gives its place back"


def test_what_is_no_socket_does_not_pass_through_the_socket_server() -> None:
    asked: list[str] = []

    def told(name: str) -> Wsgi:
        def app(environ: dict[str, Any], start_response: object) -> list[bytes]:
            asked.append(f"{name} {environ['PATH_INFO']}")
            return []

        return app

    gate = SocketGate(told("sockets"), told("pages"), 1)
    for path in ("/healthz", "/socket.io/", "/socket.io"):
        gate({"PATH_INFO": path}, print)
    assert asked == ["pages /healthz", "sockets /socket.io/", "pages /socket.io"]
    assert gate.open == 0

"""Who knocks: clients of the empty endpoint, kiosks that take numbers, officers who call."""

from __future__ import annotations

import json
from dataclasses import dataclass
from secrets import token_hex

from bench.figures import WARM_UP, Rate, rate
from bench.load import Answer, Script, apart, drive, request
from bench.place import HALL, Place

API = "/api/v1"


@dataclass(frozen=True)
class Issued:
    """A rate of issuing, the tickets that were promised, and answers that were none."""

    rate: Rate
    tickets: tuple[tuple[str, str], ...]  # id and number
    refused: int


@dataclass(frozen=True)
class Called:
    """Calls a second and all moves a second, the tickets called, and answers that were refusals."""

    calls: Rate
    moves: Rate
    tickets: tuple[str, ...]
    refused: int


def empty(port: int, clients: int, seconds: float) -> Rate:
    """The empty endpoint, with requests of the same shape."""
    return apart(_empty, port, clients, seconds)


def _empty(port: int, clients: int, seconds: float) -> Rate:
    raw = request("POST", "/healthz", token="x" * 43, headers=_key(), body=b'{"service": "x", "confirm": true}')

    def ask() -> Script:
        while True:
            yield "nothing", raw

    return rate(drive(port, [ask() for _ in range(clients)], WARM_UP + seconds), seconds)


def nothing(port: int, clients: int, seconds: float) -> Rate:
    """An endpoint that does nothing on the very server that issues: behind the same doors, sockets and guards."""
    return apart(_nothing, port, clients, seconds)


def _nothing(port: int, clients: int, seconds: float) -> Rate:
    raw = request("GET", "/healthz")

    def ask() -> Script:
        while True:
            yield "nothing", raw

    return rate(drive(port, [ask() for _ in range(clients)], WARM_UP + seconds), seconds)


def issuing(port: int, place: Place, clients: int, seconds: float) -> Issued:
    """``POST /halls/{hall}/tickets``: every client a kiosk, every request a new key, services in turn."""
    return apart(_issuing, port, place, clients, seconds)


def _issuing(port: int, place: Place, clients: int, seconds: float) -> Issued:
    answers = drive(port, [_kiosk(place, nr) for nr in range(clients)], WARM_UP + seconds)
    good = [json.loads(a.body) for a in answers if a.status == 201]
    tickets = tuple((ticket["id"], ticket["number"]) for ticket in good)
    return Issued(rate(answers, seconds), tickets, len(answers) - len(good))


def _kiosk(place: Place, nr: int) -> Script:
    path = f"{API}/halls/{HALL}/tickets"
    while True:
        service = place.services[nr % len(place.services)]
        nr += 1
        body = b'{"service": "%s", "confirm": true}' % service.encode()
        yield "issue", request("POST", path, token=place.kiosk, headers=_key(), body=body)


def _key() -> str:
    return f"Idempotency-Key: {token_hex(16)}\r\n"


def calling(port: int, place: Place, seconds: float) -> Called:
    """Each officer calls, starts and finishes, again and again, while people wait."""
    return apart(_calling, port, place, seconds)


def _calling(port: int, place: Place, seconds: float) -> Called:
    answers = drive(port, [officer(place, counter) for counter in place.counters], WARM_UP + seconds)
    calls = [a for a in answers if a.what == "call"]
    called = tuple(json.loads(a.body)["id"] for a in calls if a.status == 200)
    refused = sum(a.status >= 300 and b"still_serving" not in a.body for a in answers)
    return Called(rate(calls, seconds), rate(answers, seconds), called, refused)


def officer(place: Place, counter: str) -> Script:
    """Call, start, finish; tries again when nobody waits, and first finishes what an earlier round left."""
    while True:
        answer: Answer = yield "call", move(place, f"/halls/{HALL}/counters/{counter}/call")
        if answer.status == 204:
            continue
        said = json.loads(answer.body)
        ticket = said["ticket"] if said.get("code") == "still_serving" else said
        if ticket["state"] == "called":
            yield "start", move(place, f"/tickets/{ticket['id']}/start")
        yield "finish", move(place, f"/tickets/{ticket['id']}/finish")


def move(place: Place, path: str) -> bytes:
    """The request of a console."""
    return request("POST", f"{API}{path}", token=place.console, headers=_key(), body=b"{}")

"""Every operation of follow-up once, held against the description: by a program with a manager's key, and a head."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from hall.people import set_account

PIN = "739215"


def follow_up(caller: Any) -> None:
    """``caller`` is the one of test_openapi: it asks as a role, and checks each answer."""
    now = caller.clock.moment
    day = "/halls/blora/vacancies?from=2026-03-03&to=2026-03-03"
    found = caller.ask("manager", "get", day)
    again = {"If-None-Match": found.headers["ETag"]}
    assert caller.ask("manager", "get", day, headers=again).status_code == 304
    shut = [v for v in found.json["vacancies"] if v["cause"] == "agency_not_open"]
    body = {"vacancies": [{"counter": shut[0]["counter"], "start": shut[0]["start"]}], "note": None, "kind": "meeting"}
    [case_id] = caller.ask("manager", "post", "/halls/blora/cases", body).json["cases"]
    at = f"/cases/{case_id}"
    assert len(caller.ask("manager", "get", "/halls/blora/cases?state=open").json["cases"]) == 1
    caller.ask("manager", "post", f"{at}/assign", {"responsible": "Kepala Seksi", "due": "2026-03-20"})
    meeting = {"at": (now + timedelta(days=3)).isoformat(), "place": "Ruang rapat"}
    caller.ask("manager", "post", f"{at}/meeting", meeting)
    letter = caller.ask("manager", "post", f"{at}/letters", {"kind": "invitation"}).json["letter"]
    caller.ask("manager", "get", f"{at}/letters/{letter}.pdf")
    caller.ask("manager", "get", f"{at}/letters/{letter}.docx")
    caller.ask("manager", "post", f"{at}/note", {"note": "Menunggu jawaban"})
    _answer(caller, at, shut[0]["agency"])
    caller.ask("manager", "get", at)
    caller.ask("manager", "post", f"{at}/close", {"result": "meeting_held", "note": "Disepakati"})
    caller.ask("manager", "post", f"{at}/reopen", {"note": "Terulang"})
    caller.ask("manager", "post", f"{at}/renew")
    _request(caller, shut[-1])


def _answer(caller: Any, at: str, agency: str) -> None:
    """The head of the agency answers, through a browser."""
    client, headers = _signed_in(caller, "kepala", "head", agency)
    answer = client.post(f"/api/v1{at}/answer", json={"note": "Kami hadir"}, headers=headers)
    caller.check("post", f"{at}/answer", answer)
    assert answer.status_code == 200


def _request(caller: Any, vacancy: dict[str, Any]) -> None:
    """The regent asks, the manager accepts."""
    body = {"vacancies": [{"counter": vacancy["counter"], "start": vacancy["start"]}], "kind": "notice"}
    client, headers = _signed_in(caller, "bupati", "regent", None)
    asked = client.post("/api/v1/halls/blora/cases", json=body, headers=headers)
    caller.check("post", "/halls/blora/cases", asked)
    [case_id] = asked.json["cases"]
    assert caller.ask("manager", "post", f"/cases/{case_id}/accept").json["state"] == "open"


def _signed_in(caller: Any, login: str, role: str, agency: str | None) -> tuple[Any, dict[str, str]]:
    """A browser in which a person of a role has signed in, and the header for changes."""
    set_account(caller.app.extensions["antre"].db, "blora", login, name=login, role=role, agency=agency, pin=PIN)
    client = caller.app.test_client()
    form = {"hall": "blora", "login": login, "pin": PIN, "csrf_token": _csrf(client, "/admin/sign-in")}
    assert client.post("/admin/sign-in", data=form).status_code == 303
    return client, {"X-CSRF-Token": _csrf(client, "/admin/blora/tindak-lanjut")}


def _csrf(client: Any, path: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(path, headers={"Accept": "text/html"}).text)
    assert found is not None
    return found[1]

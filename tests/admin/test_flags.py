"""The page of flags and the same over HTTP: who sees which, who may take one on, and what is never told."""

from __future__ import annotations

from typing import Any

import pytest

from staffing import facts
from staffing.flags import open_flags
from staffing.watch import watch
from tests.admin.stage import Stage, Visitor
from tests.cast import BAMBU


@pytest.fixture
def flagged(stage: Stage) -> Stage:
    """Blora at a quarter to ten, its empty counters flagged."""
    watch(stage.db, "blora", now=stage.clock.now())
    return stage


def up(stage: Stage) -> dict[str, str]:
    """Counter -> id of its flag."""
    with stage.db.reading() as connection:
        return {code: flag.id for code, flag in open_flags(connection, "blora").items()}


def take_on(visitor: Visitor, flag: str, reason: str) -> Any:
    """Takes a flag on over HTTP."""
    return visitor.client.post(f"/api/v1/flags/{flag}/acknowledge", json={"reason": reason}, headers=visitor._headers())


def of_agency(stage: Stage, agency: str) -> set[str]:
    with stage.db.reading() as connection:
        return {f.id for f in open_flags(connection, "blora").values() if f.agency == agency}


@pytest.mark.parametrize("login", ["wulan", "surya", "bupati"])
def test_the_management_and_the_regent_see_every_flag(flagged: Stage, login: str) -> None:
    visitor = flagged.signed_in(login)
    answer = visitor.get("flags").json
    assert {f["id"] for f in answer["open"]} == set(up(flagged).values()) != set()
    page = visitor.page("/admin/blora/bendera")
    assert page.status_code == 200
    assert all(f["name"] in page.text for f in answer["open"])
    assert ("Tanggapi" in page.text) == (login != "bupati")


def test_a_head_sees_and_takes_on_flags_of_the_own_agency_only(flagged: Stage) -> None:
    head = flagged.signed_in("embun")
    own, others = of_agency(flagged, "dukcapil"), set(up(flagged).values()) - of_agency(flagged, "dukcapil")
    assert others
    assert {f["id"] for f in head.get("flags").json["open"]} == own
    page = head.page("/admin/blora/bendera").text
    assert not [flag for flag in others if flag in page]
    refused = take_on(head, next(iter(others)), "ya")
    assert (refused.status_code, refused.json["code"]) == (403, "other_agency")


def test_whoever_takes_a_flag_on_is_told_by_role_and_the_reason_stands_on_the_page(flagged: Stage) -> None:
    coordinator = flagged.signed_in("surya")
    code, flag = next(iter(up(flagged).items()))
    done = take_on(coordinator, flag, "Pengganti sedang ke sana")
    assert done.status_code == 200
    assert (done.json["counter"], done.json["acknowledged_by"]) == (code, "coordinator")
    assert "surya" not in done.text
    page = coordinator.page("/admin/blora/bendera").text
    assert "Pengganti sedang ke sana" in page and "Ditanggapi koordinator" in page
    again = take_on(coordinator, flag, "lagi")
    assert (again.status_code, again.json["code"]) == (409, "already_acknowledged")


def test_the_form_takes_a_flag_on_and_tells_a_refusal_on_the_page(flagged: Stage) -> None:
    visitor = flagged.signed_in("wulan")
    flag = next(iter(up(flagged).values()))
    where = f"/admin/blora/bendera/{flag}"
    headers = {"Accept": "text/html"}
    empty = visitor.client.post(where, data={"reason": " ", "csrf_token": visitor.csrf}, headers=headers)
    assert empty.status_code == 422
    assert "Alasan atau tindak lanjut harus diisi." in empty.text
    form = {"reason": "<b>Sudah</b> ditelepon", "csrf_token": visitor.csrf}
    done = visitor.client.post(where, data=form, headers=headers)
    assert (done.status_code, done.location) == (303, "/admin/blora/bendera")
    assert "&lt;b&gt;Sudah&lt;/b&gt; ditelepon" in visitor.page("/admin/blora/bendera").text
    late = visitor.client.post(where, data=form, headers=headers)
    assert late.status_code == 409 and "Bendera ini sudah ditanggapi." in late.text


def test_without_the_pages_token_nothing_is_taken_on(flagged: Stage) -> None:
    visitor = flagged.signed_in("wulan")
    flag = next(iter(up(flagged).values()))
    refused = visitor.client.post(f"/admin/blora/bendera/{flag}", data={"reason": "ya"})
    assert (refused.status_code, refused.get_json()["code"]) == (400, "bad_csrf")
    listed = visitor.get("flags").get_json()
    assert listed["open"][0]["acknowledged"] is None


@pytest.mark.parametrize(("role", "status"), [("reader", 200), ("kiosk", 403), ("display", 403), ("console", 403)])
def test_programs_enter_by_their_role(flagged: Stage, role: str, status: int) -> None:
    program = flagged.program(role)
    assert program.get("flags").status_code == status
    flag = next(iter(up(flagged).values()))
    assert take_on(program, flag, "ya").status_code == 403


def test_a_flag_that_nobody_knows_is_told_so(flagged: Stage) -> None:
    visitor = flagged.signed_in("wulan")
    missing = take_on(visitor, "nothing", "ya")
    assert (missing.status_code, missing.json["code"]) == (404, "unknown_flag")


def test_the_kind_of_an_absence_is_not_told(flagged: Stage) -> None:
    now = flagged.clock.now()
    end = flagged.clock.now().replace(hour=10)
    flags = up(flagged)
    facts.record_absence(flagged.db, "blora", BAMBU.nip, "sick", now, end, "SK 1", actor="manager:m", now=now)
    with flagged.db.reading() as connection:
        mine = open_flags(connection, "blora").get(BAMBU.counter)
    watch(flagged.db, "blora", now=now)
    visitor = flagged.signed_in("wulan")
    shown = visitor.get("flags").text + visitor.page("/admin/blora/bendera").text
    assert flags and "sick" not in shown and ">sakit<" not in shown and BAMBU.nip not in shown
    assert mine is None or "recorded_absence" in shown


def test_a_flag_that_came_down_stays_on_its_day(flagged: Stage) -> None:
    code = next(iter(up(flagged)))
    now = flagged.clock.now()
    facts.record_closure(
        flagged.db, "blora", f"counter:{code}", now, now.replace(hour=9), "Pindah", actor="manager:m", now=now
    )
    watch(flagged.db, "blora", now=flagged.clock.pass_by(seconds=1))
    visitor = flagged.signed_in("wulan")
    [past] = [f for f in visitor.get("flags").json["past"] if f["counter"] == code]
    assert (past["cleared_why"], past["cleared"] is not None) == ("closure", True)
    assert "penutupan tercatat" in visitor.page("/admin/blora/bendera").text
    assert visitor.get("flags?date=2026-03-02").json["past"] == []
    assert visitor.page("/admin/blora/bendera?tanggal=2026-03-02").status_code == 200
    bad = visitor.get("flags?date=kemarin")
    assert (bad.status_code, bad.json["code"]) == (422, "bad_date")


def test_nobody_comes_in_without_signing_in(flagged: Stage) -> None:
    stranger = flagged.visitor()
    assert stranger.page("/admin/blora/bendera").status_code == 302
    assert stranger.get("flags").status_code == 401

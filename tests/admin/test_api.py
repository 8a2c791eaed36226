"""Management over HTTP: what the floor tells, to whom, and the facts that may be recorded."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from hall.journal import journal, since
from staffing.facts import absences
from tests.admin.stage import Stage
from tests.cast import BAMBU, LINTANG, MELATI

COUNTERS = [str(nr) for nr in range(1, 20)]
LEAVE = {
    "officer": LINTANG.nip,
    "kind": "leave",
    "from": "2026-03-03T00:00:00+07:00",
    "to": "2026-03-04T00:00:00+07:00",
    "document": "800/77/2026",
}
CLOSING = {
    "counter": "7",
    "from": "2026-03-03T09:00:00+07:00",
    "to": "2026-03-03T11:00:00+07:00",
    "reason": "pemadaman listrik",
}

HERE, NO_DATA = "away_from_counter", "no_attendance_data"


def counters(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.json
    return {c["counter"]: c for c in answer.json["counters"]}


def lines(stage: Stage) -> int:
    with stage.db.reading() as connection:
        return connection.execute(select(func.count()).select_from(journal)).scalar_one()


def test_the_floor_shows_every_counter_of_the_morning_as_it_is(stage: Stage) -> None:
    answer = stage.signed_in("wulan").get("floor")
    found = counters(answer)
    assert list(found) == COUNTERS
    expected = {
        "1": ("serving", None), "2": ("waiting", None), "3": ("serving", None), "4": ("paused", None),
        "5": ("vacant", HERE), "6": ("vacant", "post_vacant"), "7": ("vacant", HERE), "8": ("vacant", HERE),
        "9": ("vacant", "agency_not_open"), "10": ("vacant", NO_DATA), "11": ("vacant", NO_DATA),
        "12": ("vacant", NO_DATA), "13": ("waiting", None), "14": ("vacant", NO_DATA),
        "15": ("vacant", "agency_not_open"), "16": ("unobserved", None), "17": ("waiting", None),
        "18": ("not_due", "closure"), "19": ("waiting", None),
    }  # fmt: skip
    assert {code: (c["state"], c["cause"]) for code, c in found.items()} == expected
    assert [code for code, c in found.items() if c["idle_while_waiting"]] == ["13"]
    assert [code for code, c in found.items() if c["grace"]] == ["8"]
    assert found["7"]["since"] == "2026-03-03T09:03:00+07:00"
    assert (found["7"]["waiting"], found["7"]["stranded"]) == (13, 13)
    assert found["18"]["detail"] == "pindah sementara ke kantor pusat"
    totals = answer.json["totals"]
    assert {name: totals[name] for name in ("due", "staffed", "vacant", "unobserved", "not_due", "waiting")} == {
        "due": 18, "staffed": 7, "vacant": 10, "unobserved": 1, "not_due": 1, "waiting": 48,
    }  # fmt: skip


def test_the_floor_carries_what_a_live_page_needs(stage: Stage) -> None:
    answer = stage.program("reader").get("floor?since=3").json
    with stage.db.reading() as connection:
        assert answer["seq"] == since(connection, "blora", 0, limit=100_000)[-1].seq
    assert answer["now"] == "2026-03-03T09:45:00+07:00"
    assert answer["printers"] == [
        {
            "printer": "kios-1",
            "kiosk": "kiosk-1",
            "state": "trouble",
            "reason": "paper_end",
            "since": "2026-03-03T09:38:00+07:00",
        }
    ]
    assert answer["down"] == [{"what": "counter:16", "since": "2026-03-03T08:00:00+07:00"}]


def test_a_change_is_seen_at_once_and_time_alone_after_a_second(stage: Stage) -> None:
    from queueing.issuing import issue

    reader = stage.program("reader")
    before = reader.get("floor").json
    issue(stage.db, "blora", "ktp", actor="kiosk:k1", now=stage.clock.now(), history=True)
    after = reader.get("floor").json
    assert after["totals"]["waiting"] == before["totals"]["waiting"] + 1
    stage.clock.pass_by(minutes=6)
    later = counters(reader.get("floor"))
    assert not later["8"]["grace"]


@pytest.mark.parametrize(
    ("login", "sees"),
    [("wulan", {"1", "3"}), ("surya", {"1", "3"}), ("embun", {"3"}), ("bupati", set())],
)
def test_names_are_told_to_management_and_to_an_agencys_own_head(stage: Stage, login: str, sees: set[str]) -> None:
    answer = stage.signed_in(login).get("floor")
    found = counters(answer)
    assert {code for code in ("1", "3") if "name" in found[code]["officer"]} == sees
    assert (MELATI.nip in answer.text, BAMBU.nip in answer.text) == ("1" in sees, "3" in sees)


@pytest.mark.parametrize("role", ["kiosk", "display", "console", "attendance"])
def test_devices_may_not_see_the_floor(stage: Stage, role: str) -> None:
    answer = stage.program(role).get("floor")
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")


def test_strangers_and_other_halls_stay_outside(stage: Stage) -> None:
    assert stage.visitor().get("floor").status_code == 401
    of_all_halls = {"Authorization": f"Bearer {stage.program('reader', None).token}"}
    answer: Any = stage.app.test_client().get("/api/v1/halls/lain/floor", headers=of_all_halls)
    assert (answer.status_code, answer.json["code"]) == (404, "unknown_hall")


def test_the_numbers_of_the_morning_come_with_names(stage: Stage) -> None:
    answer = stage.program("reader").get("statistics")
    assert answer.status_code == 200
    told = answer.json
    assert (told["date"], told["total"]["issued"], told["total"]["served"]) == ("2026-03-03", 54, 4)
    by_counter = {c["counter"]: c for c in told["counters"]}
    assert by_counter["7"]["name"] == "Loket 7"
    assert by_counter["7"]["first_call"] == "2026-03-03T08:22:00+07:00"
    assert by_counter["7"]["issued"] is None
    assert [a["agency"] for a in told["agencies"]][:2] == ["dpmptsp", "dukcapil"]  # in the hall's order
    empty = stage.program("reader").get("statistics?date=2026-03-02").json
    assert (empty["total"]["issued"], empty["services"]) == (0, [])


@pytest.mark.parametrize("given", ["kemarin", "2026-02-30", "03-03-2026", "9999-12-31", "0001-01-01"])
def test_a_date_that_is_none_is_told_so(stage: Stage, given: str) -> None:
    answer = stage.program("reader").get(f"statistics?date={given}")
    assert (answer.status_code, answer.json["code"]) == (422, "bad_date")


def test_an_absence_is_recorded_and_names_the_cause(stage: Stage) -> None:
    manager = stage.signed_in("wulan")
    answer = manager.post("absences", LEAVE)
    assert answer.status_code == 201
    with stage.db.reading() as connection:
        row = connection.execute(select(absences)).one()
        last = since(connection, "blora", 0, limit=100_000)[-1]
    assert (row.id, row.officer, row.kind, row.document) == (answer.json["id"], LINTANG.nip, "leave", "800/77/2026")
    assert (last.kind, last.actor) == ("absence_recorded", "manager:wulan")


def test_a_closure_takes_the_counter_out_of_the_empty_ones(stage: Stage) -> None:
    manager = stage.program("manager")
    assert counters(manager.get("floor"))["7"]["state"] == "vacant"
    assert manager.post("closures", CLOSING).status_code == 201
    closed = counters(manager.get("floor"))["7"]
    assert (closed["state"], closed["cause"], closed["detail"]) == ("not_due", "closure", "pemadaman listrik")
    assert closed["since"] == "2026-03-03T09:03:00+07:00"  # somebody sat there until then


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("absences", LEAVE | {"kind": "malas"}, 422, "unknown_kind"),
        ("absences", LEAVE | {"officer": "000000000000000000"}, 404, "unknown_officer"),
        ("absences", LEAVE | {"to": LEAVE["from"]}, 422, "bad_period"),
        ("absences", LEAVE | {"from": "2026-03-03T00:00:00"}, 422, "bad_time"),
        ("absences", LEAVE | {"from": "besok"}, 422, "bad_time"),
        ("absences", LEAVE | {"from": "0001-01-01T00:00:00+14:00"}, 422, "bad_time"),
        ("absences", {k: v for k, v in LEAVE.items() if k != "document"}, 422, "missing_field"),
        ("absences", LEAVE | {"officer": 7}, 422, "wrong_type"),
        ("absences", LEAVE | {"diagnosis": "flu"}, 422, "unknown_field"),
        ("absences", LEAVE | {"document": "x" * 101}, 422, "wrong_length"),
        ("absences", [LEAVE], 422, "not_an_object"),
        ("closures", CLOSING | {"counter": "99"}, 404, "unknown_counter"),
        ("closures", CLOSING | {"reason": " "}, 422, "reason_needed"),
        ("closures", CLOSING | {"to": CLOSING["from"]}, 422, "bad_period"),
        ("closures", CLOSING | {"from": None}, 422, "missing_field"),
        ("close-day", {"force": True}, 422, "unknown_field"),
    ],
)
def test_what_is_wrong_is_refused_with_its_code_and_leaves_nothing(
    stage: Stage, path: str, body: Any, status: int, code: str
) -> None:
    before = lines(stage)
    answer = stage.program("manager").post(path, body)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert lines(stage) == before


@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("bupati", "absences"),
        *((who, path) for who in ("embun", "bkd", "bupati") for path in ("closures", "close-day")),
    ],
)
def test_who_may_look_may_not_therefore_record(stage: Stage, login: str, path: str) -> None:
    answer = stage.signed_in(login).post(path, {})
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")


def test_a_reader_token_records_nothing(stage: Stage) -> None:
    assert stage.program("reader").post("absences", LEAVE).status_code == 403


def test_a_browser_without_the_pages_csrf_token_changes_nothing(stage: Stage) -> None:
    manager = stage.signed_in("wulan")
    manager.csrf = "geraten"
    before = lines(stage)
    assert manager.post("closures", CLOSING).json["code"] == "bad_csrf"
    assert lines(stage) == before


def test_closing_the_day_ends_whoever_still_waits(stage: Stage) -> None:
    answer = stage.signed_in("surya").post("close-day", {})
    assert (answer.status_code, answer.json) == (200, {"expired": 48})
    assert stage.program("reader").get("floor").json["totals"]["waiting"] == 0
    assert stage.program("reader").get("statistics").json["total"]["expired"] == 48

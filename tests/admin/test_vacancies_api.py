"""The empty counters over HTTP: what each role reads, who is refused, who is written down, and how far one may ask."""

from __future__ import annotations

from typing import Any

import pytest

from staffing import facts
from staffing.privacy import read_looks
from tests.admin.stage import Stage
from tests.cast import AYU, SYSTEM, TUESDAY, wib

TODAY = f"vacancies?from={TUESDAY}&to={TUESDAY}"


def looks(stage: Stage) -> list[tuple[str, str, str, bool]]:
    with stage.db.reading() as connection:
        return [(look.actor, look.what, look.whom, look.allowed) for look in read_looks(connection, "blora")]


def by_counter(answer: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for vacancy in answer.json["vacancies"]:
        found.setdefault(vacancy["counter"], []).append(vacancy)
    return found


def test_the_morning_s_empty_counters_with_cause_and_cost(stage: Stage) -> None:
    answer = stage.program("reader").get(TODAY)
    assert answer.status_code == 200, answer.text
    found = by_counter(answer)
    assert {c: [v["cause"] for v in vs] for c, vs in found.items() if c in ("5", "6", "7", "9", "16")} == {
        "5": ["away_from_counter"],
        "6": ["post_vacant"],
        "7": ["away_from_counter"],
        "9": ["agency_not_open"],
        "16": ["unobserved"],
    }
    paused = found["5"][0]
    assert (paused["start"], paused["end"], paused["minutes"]) == (
        f"{TUESDAY}T09:20:00+07:00", f"{TUESDAY}T09:45:00+07:00", 25,
    )  # fmt: skip
    assert paused["officers"] == [AYU.nip]
    assert answer.json["now"] == f"{TUESDAY}T09:45:00+07:00"
    assert {i["counter"] for i in answer.json["idle"]} >= {"13"}
    assert [v["cause"] for v in found["8"]] == ["late"]  # and empty again, but within the grace time


def test_without_dates_it_is_about_today(stage: Stage) -> None:
    reader = stage.program("reader")
    assert reader.get("vacancies").json["vacancies"] == reader.get(TODAY).json["vacancies"]


def test_the_regent_reads_causes_and_no_names(stage: Stage) -> None:
    answer = stage.signed_in("bupati").get(TODAY)
    assert answer.status_code == 200
    assert by_counter(answer)["5"][0]["officers"] == ["petugas"]
    assert AYU.nip not in answer.text
    assert looks(stage) == []  # nobody's attendance was seen


def test_a_head_reads_the_own_agency_with_names(stage: Stage) -> None:
    answer = stage.signed_in("embun").get(TODAY)
    assert {v["agency"] for v in answer.json["vacancies"]} == {"dukcapil"}
    assert by_counter(answer)["5"][0]["officers"] == [AYU.nip]
    assert looks(stage) == [("head:embun", "vacancies", "agency:dukcapil", True)]


def test_a_head_who_asks_for_another_agency_is_refused_and_written_down(stage: Stage) -> None:
    answer = stage.signed_in("embun").get(f"{TODAY}&agency=samsat")
    assert (answer.status_code, answer.json["code"]) == (403, "other_agency")
    assert looks(stage) == [("head:embun", "vacancies", "agency:samsat", False)]


def test_management_asks_for_one_agency_alone(stage: Stage) -> None:
    manager = stage.signed_in("wulan")
    answer = manager.get(f"{TODAY}&agency=samsat")
    assert {v["counter"] for v in answer.json["vacancies"]} == {"7", "8"}
    assert looks(stage) == [("manager:wulan", "vacancies", "agency:samsat", True)]
    answer = manager.get(f"{TODAY}&agency=nobody")
    assert (answer.status_code, answer.json["code"]) == (404, "unknown_agency")


def test_the_personnel_office_reads_the_names_of_the_regency_s_own_officers(stage: Stage) -> None:
    found = by_counter(stage.signed_in("bkd").get(TODAY))
    assert found["5"][0]["officers"] == [AYU.nip]
    assert {name for v in found["7"] for name in v["officers"]} == {"petugas"}  # Samsat is the province's


@pytest.mark.parametrize("role", ["kiosk", "display", "console", "attendance"])
def test_devices_learn_nothing_of_it(stage: Stage, role: str) -> None:
    answer = stage.program(role).get(TODAY)
    assert (answer.status_code, answer.json["code"]) == (403, "not_allowed")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("from=2026-03-04&to=2026-03-03", "bad_period"),
        ("from=2026-01-01&to=2026-03-03", "too_long"),
        ("from=yesterday", "bad_date"),
        ("to=2026-02-30", "bad_date"),
    ],
)
def test_a_senseless_span_is_refused(stage: Stage, asked: str, code: str) -> None:
    answer = stage.program("reader").get(f"vacancies?{asked}")
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_a_question_whose_answer_is_known_is_not_answered_again(stage: Stage) -> None:
    reader = stage.program("reader")
    past = "vacancies?from=2026-03-02&to=2026-03-02"
    reader.get(past)  # is noted as told, which is a line of the journal
    etag = reader.get(past).headers["ETag"]

    def again() -> int:
        headers = {"Authorization": f"Bearer {reader.token}", "If-None-Match": etag}
        return int(reader.client.get(f"/api/v1/halls/blora/{past}", headers=headers).status_code)

    assert again() == 304
    stage.clock.pass_by(minutes=5)
    assert again() == 304
    facts.record_punch(
        stage.db, "blora", AYU.nip, "bkd", wib("2026-03-02", "09:00"), actor=SYSTEM, now=stage.clock.now()
    )
    assert again() == 200


def test_a_past_day_says_what_was_told_before(stage: Stage) -> None:
    reader = stage.program("reader")
    past = "vacancies?from=2026-03-02&to=2026-03-02"
    assert not any("was" in v for v in reader.get(past).json["vacancies"])
    facts.record_punch(
        stage.db, "blora", AYU.nip, "bkd", wib("2026-03-02", "09:00"), actor=SYSTEM, now=stage.clock.now()
    )
    changed = [v for v in reader.get(past).json["vacancies"] if "was" in v]
    assert {v["counter"] for v in changed} == {"5"}
    assert [line["kind"] for line in changed[0]["was"]["changed_by"]] == ["punch_recorded"]
    blind = [v for v in stage.signed_in("bupati").get(past).json["vacancies"] if "was" in v]
    assert blind[0]["was"]["changed_by"][0]["subject"] == "petugas"

"""The day as a timeline: who may follow which counters, what the lanes say, and whose names are told to whom."""

from __future__ import annotations

import re
from typing import Any

import pytest

from admin.bands import FAMILY
from admin.evidence import _SENTENCES
from admin.words import CAUSES, KINDS, LATE_FACTS, REASONS
from hall.journal import since
from hall.places import KINDS as AGENCY_KINDS
from staffing import facts
from staffing.day_facts import CAUSES as ALL_CAUSES
from staffing.deciding import KINDS as LATE_KINDS
from staffing.evidence import KINDS as EVIDENCE_KINDS
from staffing.privacy import read_looks
from staffing.vacancies import vacancies
from staffing.vacancies_view import LABELS
from tests.admin.stage import Stage
from tests.cast import AYU, LINTANG, RANDU, SYSTEM, TUESDAY, wib

DAY = "2026-03-03"
SEVEN = f"/admin/blora/hari/{DAY}/7"
FIVE = f"/admin/blora/hari/{DAY}/5"
AT = "pada=2026-03-03T09:40:00%2B07:00&panel=1"


def lanes(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.json
    return {lane["counter"]: lane for lane in answer.json["lanes"]}


def told(stage: Stage, *, allowed: bool = True) -> list[tuple[str, str]]:
    with stage.db.reading() as connection:
        looks = read_looks(connection, "blora")
    return [(look.actor, look.whom) for look in looks if look.what == "evidence" and look.allowed is allowed]


def test_the_lanes_of_the_morning_say_what_every_counter_did(stage: Stage) -> None:
    found = lanes(stage.program("reader").get("timeline"))
    assert list(found) == [str(nr) for nr in range(1, 20)]
    seven = [(s["state"], s["start"][11:16], s["end"][11:16]) for s in found["7"]["stretches"]]
    assert ("serving", "08:22", "08:40") in seven
    assert ("vacant", "09:03", "09:45") in seven
    assert seven[-1] == ("not_due", "15:00", "00:00")
    assert found["7"]["vacant_minutes"] == 42.0
    empty = next(s for s in found["7"]["stretches"] if s["state"] == "vacant")
    assert empty["waiting_minutes"] > 0
    assert empty["due"]
    assert [s["cause"] for s in found["16"]["stretches"] if s["state"] == "unobserved"] == ["unobserved"]
    assert "closure" in [s["cause"] for s in found["18"]["stretches"]]
    assert ("paused", "09:37", "09:45") in [
        (s["state"], s["start"][11:16], s["end"][11:16]) for s in found["4"]["stretches"]
    ]


def test_no_person_is_in_the_timeline_at_all(stage: Stage) -> None:
    answer = stage.signed_in("wulan").get("timeline")
    assert RANDU.nip not in answer.text
    assert RANDU.name not in answer.text


def test_a_head_of_an_agency_follows_the_own_counters_only(stage: Stage) -> None:
    visitor = stage.signed_in("embun")
    assert list(lanes(visitor.get("timeline"))) == ["3", "4", "5", "6"]
    page = visitor.page("/admin/blora/hari").text
    assert "Loket 5" in page
    assert "Loket 7" not in page
    assert "Samsat" not in page


def test_a_head_who_reaches_for_another_agency_is_refused_and_that_is_kept(stage: Stage) -> None:
    visitor = stage.signed_in("embun")
    assert visitor.page(SEVEN).status_code == 403
    assert visitor.page(f"{SEVEN}?{AT}").status_code == 403
    assert told(stage, allowed=False) == [("head:embun", "agency:samsat")]
    assert told(stage) == []


@pytest.mark.parametrize("role", ["kiosk", "display", "console", "attendance"])
def test_devices_may_not_follow_the_day(stage: Stage, role: str) -> None:
    assert stage.program(role).get("timeline").status_code == 403


def test_a_stranger_is_sent_to_the_form_and_comes_back(stage: Stage) -> None:
    answer = stage.visitor().page(SEVEN)
    assert answer.status_code == 302
    assert "next=/admin/blora/hari/2026-03-03/7" in answer.location


def test_an_unchanged_timeline_is_not_sent_twice(stage: Stage) -> None:
    reader = stage.program("reader")
    first = reader.get("timeline")
    headers = {"Authorization": f"Bearer {reader.token}", "If-None-Match": first.headers["ETag"]}
    path = "/api/v1/halls/blora/timeline"
    assert reader.client.get(path, headers=headers).status_code == 304
    stage.clock.pass_by(minutes=2)
    assert reader.client.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize(("day", "code"), [("2026-03-04", "future_day"), ("besok", "bad_date")])
def test_a_day_that_is_none_yet_is_refused_with_a_code(stage: Stage, day: str, code: str) -> None:
    answer = stage.program("reader").get(f"timeline?date={day}")
    assert (answer.status_code, answer.json["code"]) == (422, code)


def test_the_day_before_has_nobody_and_the_form_goes_to_a_picked_day(stage: Stage) -> None:
    visitor = stage.signed_in("wulan")
    found = lanes(visitor.get("timeline?date=2026-03-02"))
    assert all(lane["vacant_minutes"] == lane["due_minutes"] for lane in found.values())
    picked = visitor.page("/admin/blora/hari?tanggal=2026-03-02&jenis=bpjs&kosong=1")
    assert picked.location == "/admin/blora/hari/2026-03-02?jenis=bpjs&kosong=1"


def test_the_page_draws_the_lanes_and_every_empty_stretch_leads_to_its_evidence(stage: Stage) -> None:
    page = stage.signed_in("wulan").page("/admin/blora/hari").text
    assert page.count('class="lane" data-counter=') == 19
    links = re.findall(r'<a class="box-link" href="([^"]+)" aria-label="([^"]+)"', page)
    mine = [(href, words) for href, words in links if f"/hari/{DAY}/7?" in href]
    assert mine == [
        (f"{SEVEN}?pada=2026-03-03T09%3A03%3A00%2B07%3A00", "kosong: hadir, tidak di loket, 09.03–09.45, 42 mnt")
    ]
    assert "kosong 42 mnt" in page
    assert "jam wajib buka" in page
    assert " style=" not in page
    assert '<line class="now-line"' in page
    assert page.index("Area Barat") < page.index("Area Tengah") < page.index("Area Timur")


@pytest.mark.parametrize(
    ("query", "shown"),
    [("instansi=samsat", {"7", "8"}), ("jenis=bumn", {"17"}), ("kosong=1&instansi=dukcapil", {"5", "6"}),
     ("jenis=bumn&instansi=samsat", set()), ("jenis=apa&instansi=siapa", {str(nr) for nr in range(1, 20)})],
)  # fmt: skip
def test_the_lanes_are_narrowed_by_the_address(stage: Stage, query: str, shown: set[str]) -> None:
    page = stage.signed_in("wulan").page(f"/admin/blora/hari/{DAY}?{query}").text
    assert set(re.findall(r'class="lane" data-counter="(\d+)"', page)) == shown


def test_a_page_that_is_open_asks_for_the_lanes_alone(stage: Stage) -> None:
    piece = stage.signed_in("wulan").page(f"/admin/blora/hari/{DAY}?bagian=lajur&instansi=samsat").text
    assert piece.count('class="lane" data-counter=') == 2
    assert "<html" not in piece


def test_the_evidence_names_the_officer_to_management_and_the_look_is_kept_once(stage: Stage) -> None:
    visitor = stage.signed_in("wulan")
    for _ in range(2):
        piece = visitor.page(f"{SEVEN}?{AT}").text
        assert "<html" not in piece
        assert "Petugas Loket 7 (Randu Lereng) hadir, tetapi tidak berada di loket." in piece
        assert "Randu Lereng masuk di Loket 7 pukul 08.05" in piece
        assert "Menyingkirkan: terlambat" in piece
        assert "masih berlangsung" in piece
    assert told(stage) == [("manager:wulan", f"officer:{RANDU.nip}")]


def test_the_regent_reads_the_cause_but_not_whom_it_is_about(stage: Stage) -> None:
    text = stage.signed_in("bupati").page(SEVEN).text
    assert "Petugas Loket 7 hadir, tetapi tidak berada di loket." in text
    assert "Petugas masuk di Loket 7 pukul 08.05" in text
    assert RANDU.name not in text
    assert RANDU.nip not in text
    assert told(stage) == []


def test_documents_are_told_with_names_only(stage: Stage) -> None:
    start, end = wib(TUESDAY, "00:00"), wib(TUESDAY, "23:59")
    moment = stage.clock.now()
    facts.record_absence(stage.db, "blora", AYU.nip, "leave", start, end, "800/77/2026", actor=SYSTEM, now=moment)
    head = stage.signed_in("embun").page(FIVE).text
    assert "Kosong: cuti" in head
    assert "dokumen 800/77/2026" in head
    assert "bertentangan dengan “cuti”" in head  # she signed in that morning all the same
    regent = stage.signed_in("bupati").page(FIVE).text
    assert "Kosong: cuti" in regent
    assert "800/77/2026" not in regent
    assert AYU.name not in regent


def test_a_counter_within_its_grace_time_has_no_evidence_yet(stage: Stage) -> None:
    piece = stage.signed_in("wulan").page(f"/admin/blora/hari/{DAY}/8?pada=2026-03-03T09:45:00%2B07:00&panel=1").text
    assert "masih dalam waktu toleransi" in piece


def test_what_was_told_before_is_said_with_what_changed_it(stage: Stage) -> None:
    stage.clock.pass_by(days=1)
    manager = stage.signed_in("wulan")
    assert "Sebelumnya dilaporkan" not in manager.page(SEVEN).text  # the day is over: this is noted as told
    start, end = wib(TUESDAY, "09:00"), wib(TUESDAY, "23:59")
    stage.clock.pass_by(minutes=1)
    moment = stage.clock.now()
    facts.record_absence(stage.db, "blora", RANDU.nip, "sick", start, end, "S-1/2026", actor=SYSTEM, now=moment)
    text = manager.page(SEVEN).text
    assert "Kosong: sakit" in text
    assert "Sebelumnya dilaporkan sebagai “hadir, tidak di loket” (4 Mar 09.45)" in text
    assert "Berubah karena cuti, izin, atau dinas luar yang dicatat atau diubah kemudian." in text


def test_a_program_that_asked_was_told_too(stage: Stage) -> None:
    stage.clock.pass_by(days=1)
    reader = stage.program("reader")
    reader.get(f"timeline?date={DAY}")
    reader.get(f"timeline?date={DAY}")
    with stage.db.reading() as connection:
        told_of_it = [
            line for line in since(connection, "blora", 0, limit=100_000) if line.kind == "vacancies_reported"
        ]
    assert [line.actor for line in told_of_it] == ["reader:reader-1"]


def test_a_stretch_that_is_empty_no_more_is_not_passed_over_in_silence(stage: Stage) -> None:
    stage.clock.pass_by(days=1)
    manager = stage.signed_in("wulan")
    manager.page("/admin/blora/hari/2026-03-03")
    start, end = wib(TUESDAY, "00:00"), wib(TUESDAY, "23:59")
    moment = stage.clock.now()
    facts.record_closure(stage.db, "blora", "counter:7", start, end, "listrik padam", actor=SYSTEM, now=moment)
    text = manager.page(SEVEN).text
    assert "tidak lagi kosong; sebelumnya dilaporkan “hadir, tidak di loket”" in text
    assert "listrik padam" in text


def test_a_bad_moment_and_an_unknown_counter_are_refused(stage: Stage) -> None:
    visitor = stage.signed_in("wulan")
    assert visitor.page(f"{SEVEN}?panel=1&pada=kemarin").status_code == 422
    assert visitor.page(f"/admin/blora/hari/{DAY}/99").status_code == 404


def test_every_cause_fact_and_kind_has_its_words() -> None:
    assert tuple(CAUSES) == ALL_CAUSES
    assert {cause: str(words) for cause, words in CAUSES.items()} == LABELS
    assert set(FAMILY) == set(ALL_CAUSES) - {"unobserved"}
    assert set(_SENTENCES) == set(EVIDENCE_KINDS)
    assert set(LATE_FACTS) == set(LATE_KINDS)
    assert set(KINDS) == set(AGENCY_KINDS)
    assert set(REASONS) == {"holiday", "not_service_day", "outside_hours", "break", "quota_reached", "closure"}


def test_the_floor_and_the_timeline_agree_about_the_cause(stage: Stage) -> None:
    reader = stage.program("reader")
    now = {c["counter"]: c for c in reader.get("floor").json["counters"]}
    period = vacancies(
        stage.db, "blora", wib(TUESDAY, "09:00").date(), wib(TUESDAY, "09:00").date(), now=stage.clock.now()
    )
    running = {p.counter: p.cause for p in period.pieces if p.end == stage.clock.now()}
    empty = {code for code, c in now.items() if c["state"] == "vacant" and not c["grace"]}
    assert {code: now[code]["cause"] for code in empty} == {code: running[code] for code in empty}
    assert LINTANG.counter in empty

"""What is told outside of an empty counter: place, time, public cause and people waiting; never who, never why ill."""

from __future__ import annotations

import json

import pytest

from adapters.messages.words import CAUSES, cause_words, compose, tell
from hall.database import Database
from hall.journal import since
from hall.places import Places, places
from staffing import facts
from staffing.facts import ABSENCES
from staffing.flags import open_flags
from staffing.flags_view import public_cause
from staffing.floor import floor
from staffing.watch import acknowledge, watch
from tests.cast import SARI
from tests.staffing.tuesday import at, give

URL = "https://antre.example"


def hall_of(db: Database) -> Places:
    with db.reading() as connection:
        return places(db, connection, "contoh")


def written(db: Database, clock: str, stage: str = "head", counter: str = "1") -> str:
    """Title and body of the message about a counter."""
    watch(db, "contoh", now=at(clock))
    with db.reading() as connection:
        flag = open_flags(connection, "contoh")[counter]
    seen = next(c for c in floor(db, "contoh", at(clock)).counters if c.counter == counter)
    text = compose(hall_of(db), flag, stage, seen, base_url=URL, now=at(clock))
    return f"{text.title}\n{text.body}"


def test_a_message_says_where_since_when_why_who_waits_and_where_to_look(contoh: Database) -> None:
    for minute in range(3):
        give(contoh, f"08:0{minute}", "pkb")
    assert written(contoh, "09:10", counter="3").splitlines() == [
        "Loket kosong: Loket 3, Samsat",
        "Loket 3 (Samsat) di MPP Contoh kosong sejak pukul 08.00 WIB, 1 jam 10 menit.",
        "Sebab: instansi belum buka.",
        "3 orang menunggu, terlama 1 jam 10 menit.",
        "Jenjang: Kepala instansi.",
        "https://antre.example/admin/contoh/bendera",
    ]


@pytest.mark.parametrize("kind", ABSENCES)
def test_no_kind_of_absence_and_no_name_leaves_the_house(contoh: Database, kind: str) -> None:
    facts.record_absence(
        contoh, "contoh", SARI.nip, kind, at("08:00"), at("16:00"), "SURAT-9", actor="manager:m", now=at("07:50")
    )
    text = written(contoh, "08:15")
    assert "Sebab: petugas berhalangan (tercatat)." in text
    with contoh.reading() as connection:
        flag = open_flags(connection, "contoh")["1"]
    acknowledge(contoh, flag.id, f"{SARI.name} sakit demam", actor=f"head:{SARI.nip}", now=at("08:16"))
    with contoh.reading() as connection:
        found = [ln for ln in since(connection, "contoh", 0) if ln.kind.startswith("flag_") and ln.subject == flag.id]
    told = [tell(hall_of(contoh), line, base_url=URL) for line in found]
    assert [t["event"] for t in told] == ["flag_raised", "flag_escalated", "flag_acknowledged"]
    assert {t["cause"] for t in told} == {"recorded_absence"}
    words = {
        "leave": "cuti",
        "sick": "sakit",
        "permission": " izin",
        "study": "belajar",
        "official_travel": "dinas luar",
    }
    for shown in (text, json.dumps(told, ensure_ascii=False)):
        for secret in (SARI.nip, *SARI.name.split(), "SURAT-9", "demam", words[kind], f'"{kind}"'):
            assert secret not in shown


def test_every_cause_of_the_table_has_public_words(contoh: Database) -> None:
    causes = (
        *("leave", "sick", "permission", "study", "official_travel", "post_vacant", "agency_not_open"),
        *("no_one_assigned", "late", "left_early", "at_other_counter", "away_from_counter", "no_attendance_data"),
        "absent_without_notice",
    )
    assert {public_cause(cause) for cause in causes} == set(CAUSES)
    assert cause_words(None) == "sebab belum diketahui"


def test_a_webhook_tells_the_same_of_the_same_line_whenever_it_is_asked(contoh: Database) -> None:
    watch(contoh, "contoh", now=at("08:10"))
    with contoh.reading() as connection:
        line = next(
            ln for ln in since(connection, "contoh", 0) if ln.kind == "flag_raised" and ln.data["counter"] == "3"
        )
    told = tell(hall_of(contoh), line, base_url=URL)
    assert told == tell(hall_of(contoh), line, base_url=URL)
    assert told["id"] == f"contoh-{line.seq}"
    assert told["since"] == "2026-03-03T08:00:00+07:00"
    assert told["counter"] == {"code": "3", "name": "Loket 3"}
    assert told["waiting"] == 0

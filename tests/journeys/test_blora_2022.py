"""Blora, 9 May 2022: the empty counters of the regent's visit by their causes, and what late attendance changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cast import CONTOH_DAY, CONTOH_FILE, DATA
from tests.live import ask_antre, environment_of

DAY = "2022-05-09"
WRITTEN = "blora-2022-05-09"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An empty home."""
    return environment_of(tmp_path, 8080)


def must(environment: dict[str, str], *words: str) -> str:
    done = ask_antre(environment, *words)
    assert done.exit_code == 0, done.stderr
    return done.stdout


def asked(environment: dict[str, str], hall: str, day: str) -> list[dict[str, Any]]:
    return list(json.loads(must(environment, "vacancies", "--hall", hall, "--from", day, "--to", day, "--json")))


def written(name: str) -> list[dict[str, Any]]:
    return list(json.loads((DATA / name).read_text(encoding="utf-8")))


def in_short(piece: dict[str, Any]) -> dict[str, Any]:
    """A piece as it is written in the expected files: of the evidence the kinds (a star: it decides), of the lines of
    the journal that changed it their kinds and times."""
    short = piece | {"evidence": [one["kind"] + "*" * one["decides"] for one in piece["evidence"]]}
    if "was" in piece:
        was = {name: piece["was"][name] for name in ("cause", "start", "end", "told_by")}
        changed = [f"{line['kind']} {line['at'][11:16]}" for line in piece["was"]["changed_by"]]
        short["was"] = was | {"changed_by": changed}
    return short


@pytest.fixture
def visited(environment: dict[str, str]) -> dict[str, str]:
    """The hall with the day carried in."""
    must(environment, "init", str(DATA / "blora-2022.toml"))
    must(environment, "replay", "--hall", "blora", str(DATA / f"{WRITTEN}.jsonl"))
    return environment


def test_every_empty_counter_of_the_visit_has_its_cause_its_evidence_and_its_cost(visited: dict[str, str]) -> None:
    found = asked(visited, "blora", DAY)
    assert [in_short(piece) for piece in found] == written(f"{WRITTEN}.vacancies.json")
    assert not {"1", "2"} & {piece["counter"] for piece in found}  # 2 closed at noon as its plate says
    assert "No breach found." in must(visited, "verify")


def test_asking_again_changes_nothing(visited: dict[str, str]) -> None:
    assert asked(visited, "blora", DAY) == asked(visited, "blora", DAY)


def test_late_attendance_changes_exactly_the_pieces_it_speaks_of_and_they_say_what_they_were(
    visited: dict[str, str],
) -> None:
    before = asked(visited, "blora", DAY)
    must(visited, "replay", "--hall", "blora", str(DATA / f"{WRITTEN}-late.jsonl"))
    after = asked(visited, "blora", DAY)
    assert [in_short(piece) for piece in after] == written(f"{WRITTEN}-late.vacancies.json")
    touched = {piece["counter"] for piece in after if "was" in piece}
    assert touched == {"9", "10", "11"}
    assert [p for p in after if p["counter"] not in touched] == [p for p in before if p["counter"] not in touched]
    assert asked(visited, "blora", DAY) == after  # and it is said as often as somebody asks


def test_the_same_day_for_a_reader(visited: dict[str, str]) -> None:
    asked(visited, "blora", DAY)
    must(visited, "replay", "--hall", "blora", str(DATA / f"{WRITTEN}-late.jsonl"))
    text = must(visited, "vacancies", "--hall", "blora", "--from", DAY, "--to", DAY)
    for sentence in (
        "Kantor Imigrasi belum buka.",
        "Petugas Loket 4 (Ayu Gerimis) sedang tugas belajar (SK 800/121/2021).",
        "Petugas Loket 5 (Sekar Embun) terlambat, baru tercatat hadir pukul 08.40.",
        "Petugas Loket 6 (Bambu Kuning) hadir, tetapi tidak berada di loket.",
        "Petugas Loket 7 (Jati Rimbun) tidak hadir tanpa keterangan.",
        "Loket 8 tidak terpantau karena konsol loket terganggu; tidak dihitung terhadap siapa pun.",
        "Petugas Loket 9 (Cemara Angin) pulang cepat, tercatat pulang pukul 14.10.",
        "was no_attendance_data until",
    ):
        assert sentence in text


def test_the_worked_day_gives_the_worked_answer(environment: dict[str, str]) -> None:
    must(environment, "init", str(CONTOH_FILE))
    must(environment, "replay", "--hall", "contoh", str(CONTOH_DAY))
    found = asked(environment, "contoh", "2026-03-03")
    for _ in range(2):  # also when asked again
        assert [{k: v for k, v in piece.items() if k != "evidence"} for piece in found] == written("vacancies.json")
        found = asked(environment, "contoh", "2026-03-03")

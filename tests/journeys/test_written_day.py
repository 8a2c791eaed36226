"""A hall set up twice and a written day carried in: board, floor and statistics are what the day says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cast import CONTOH_DAY, CONTOH_FILE
from tests.live import ask_antre, environment_of

DAY = "2026-03-03"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An empty home."""
    return environment_of(tmp_path, 8080)


def floor_at(environment: dict[str, str], clock: str) -> dict[str, object]:
    """The floor at a moment of the written day."""
    done = ask_antre(environment, "floor", "--hall", "contoh", "--at", f"{DAY}T{clock}+07:00", "--json")
    assert done.exit_code == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_a_hall_set_up_twice_changes_nothing_the_second_time(environment: dict[str, str]) -> None:
    blora = str(Path(__file__).parents[2] / "hall" / "data" / "blora.toml")
    first = ask_antre(environment, "init", blora)
    assert (first.exit_code, first.stdout) == (0, "Hall blora created.\n"), first.stderr
    second = ask_antre(environment, "init", blora)
    assert (second.exit_code, second.stdout) == (0, "Hall blora: nothing changed.\n"), second.stderr
    assert ask_antre(environment, "verify").stdout == "No breach found.\n"


def test_the_written_day_gives_its_floor_statistics_and_journal(environment: dict[str, str]) -> None:
    assert ask_antre(environment, "init", str(CONTOH_FILE)).exit_code == 0
    done = ask_antre(environment, "replay", "--hall", "contoh", str(CONTOH_DAY))
    assert (done.exit_code, done.stdout) == (0, "24 lines carried in, 0 refused.\n"), done.stderr

    states = {c["counter"]: c["state"] for c in floor_at(environment, "08:31:00")["counters"]}  # type: ignore[attr-defined]
    assert states == {"1": "waiting", "2": "vacant", "3": "vacant", "4": "vacant"}
    morning = floor_at(environment, "08:31:00")
    assert morning["totals"]["waiting"] == 1  # type: ignore[index]
    serving = {c["counter"]: c for c in floor_at(environment, "11:35:00")["counters"]}  # type: ignore[attr-defined]
    assert (serving["3"]["state"], serving["3"]["ticket"]) == ("serving", "B-001")
    lunch = {c["counter"]: (c["state"], c["cause"]) for c in floor_at(environment, "12:30:00")["counters"]}  # type: ignore[attr-defined]
    assert lunch["1"] == ("not_due", "break") and lunch["2"] == ("not_due", "outside_hours")
    pausing = {c["counter"]: c["state"] for c in floor_at(environment, "10:03:00")["counters"]}  # type: ignore[attr-defined]
    assert pausing["1"] == "paused"
    assert ask_antre(environment, "verify").stdout == "No breach found.\n"


def test_a_broken_hall_file_lists_every_fault_and_loads_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    text = CONTOH_FILE.read_text(encoding="utf-8")
    broken = tmp_path / "broken.toml"
    broken.write_text(
        text.replace('zone = "Asia/Jakarta"', 'zone = "Asia/Singapore"').replace("minutes = 12", "minutes = 0")
    )
    done = ask_antre(environment, "init", str(broken))
    assert done.exit_code == 1 and done.stdout == ""
    faults = done.stderr.strip().splitlines()
    assert len(faults) == 2 and all("broken.toml:baris" in fault for fault in faults), done.stderr
    assert not (tmp_path / "antre.db").exists()

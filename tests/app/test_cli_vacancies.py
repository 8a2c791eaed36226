"""``antre vacancies`` by hand: what it prints, what it refuses, and that a look is written down."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import cli
from hall.database import Database, sqlite_url
from staffing.privacy import read_looks
from tests.cast import CONTOH_DAY, CONTOH_FILE, SARI


class Shell:
    """A shell whose home is an empty folder."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *words: str) -> Result:
        environment: dict[str, str | None] = {name: None for name in os.environ if name.startswith("ANTRE_")}
        done = CliRunner().invoke(cli, words, env=environment | {"ANTRE_HOME": str(self.home), "ANTRE_VOICE": "off"})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    def vacancies(self, first: str, last: str, *more: str, hall: str = "contoh") -> Result:
        return self.run("vacancies", "--hall", hall, "--from", first, "--to", last, *more)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """With the small hall and its written day."""
    shell = Shell(tmp_path / "home")
    assert shell.run("init", str(CONTOH_FILE)).exit_code == 0
    assert shell.run("replay", "--hall", "contoh", str(CONTOH_DAY)).exit_code == 0
    return shell


def test_the_text_tells_each_empty_counter_with_its_sentence(shell: Shell) -> None:
    done = shell.vacancies("2026-03-03", "2026-03-03")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == (
        "MPP Contoh, 2026-03-03: 695 minutes empty, 0 unobserved, 182 citizen-minutes waited"
    )
    assert "Samsat belum buka." in done.stdout
    assert f"Petugas Loket 1 ({SARI.name}) pulang cepat, tercatat pulang pukul 14.02." in done.stdout


def test_several_days_and_days_without_service(shell: Shell) -> None:
    done = shell.vacancies("2026-03-03", "2026-03-08", "--json")
    days = {piece["start"][:10] for piece in json.loads(done.stdout)}
    assert days == {"2026-03-03", "2026-03-04", "2026-03-06"}  # the fifth is a holiday, then comes the weekend


def test_dates_that_have_not_come_have_nothing_to_tell(shell: Shell) -> None:
    assert json.loads(shell.vacancies("2099-01-05", "2099-01-06", "--json").stdout) == []
    assert "nothing to tell" in shell.vacancies("2099-01-05", "2099-01-06").stdout


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("kemarin", "2026-03-03", "is not a date"),
        ("2026-03-03", "2026-02-30", "is not a date"),
        ("2026-03-04", "2026-03-03", "lies before"),
        ("2024-01-01", "2026-03-03", "at most"),
        ("1815-06-18", "2026-03-03", "outside the years"),
    ],
)
def test_senseless_dates_are_wrong_usage(shell: Shell, first: str, last: str, words: str) -> None:
    done = shell.vacancies(first, last)
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr


def test_an_unknown_hall_is_refused_with_a_sentence(shell: Shell) -> None:
    done = shell.vacancies("2026-03-03", "2026-03-03", hall="nowhere")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "unknown_hall" in done.stderr


def test_who_looked_at_attendance_by_the_shell_is_written_down(shell: Shell) -> None:
    shell.vacancies("2026-03-03", "2026-03-03")
    db = Database(sqlite_url(shell.home / "antre.db"))
    try:
        with db.reading() as connection:
            looks = [(look.actor, look.what, look.allowed) for look in read_looks(connection, "contoh")]
    finally:
        db.close()
    assert looks == [("operator:vacancies", "vacancies", True)]

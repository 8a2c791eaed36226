"""The doctor's visit to a hall: holidays, people without a PIN, printers on real sockets, the voice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.printers.pretend import PretendPrinter
from adapters.voice.engine import EspeakEngine
from adapters.voice.sound import silence, to_wav
from app import doctor_hall
from app.doctor import Finding
from app.settings import Settings
from hall.database import Database
from hall.people import set_account
from queueing.slips import note_printer
from tests.app.visit import look, of, raw, said, settings_of
from tests.cast import SARI, TUESDAY_MORNING, wib


def test_uncertain_holidays_of_this_year_and_the_next_are_told(home: Settings) -> None:
    found = look(home, wib("2026-12-31", "23:00") + timedelta(hours=2))  # already 2027 in the hall
    assert "warning" in of(found, "holidays")
    assert (
        "2027" in said(found, "holidays")
        and "2028" in said(found, "holidays")
        and "2026" not in said(found, "holidays")
    )


def test_people_who_cannot_sign_in_are_counted(contoh: Database) -> None:
    set_account(contoh, "contoh", SARI.nip, name=None, role=None, agency=None, pin="482915")
    set_account(contoh, "contoh", "koordinator", name="Koordinator Uji", role="coordinator", agency=None, pin=None)
    found = look(settings_of(contoh))
    assert of(found, "people") == ["warning", "warning"]
    assert "2 of 3 officers" in said(found, "people") and "1 of 1 accounts (coordinator)" in said(found, "people")


def test_a_hall_that_nobody_may_manage_is_told(contoh: Database) -> None:
    assert "nobody may manage" in said(look(settings_of(contoh)), "people")


@pytest.fixture
def paper(contoh: Database) -> Iterator[PretendPrinter]:
    """A printer of the small hall, on a real socket."""
    with PretendPrinter() as pretend:
        add_printer(contoh, "network", pretend.address)
        yield pretend


def add_printer(db: Database, kind: str, address: str) -> None:
    raw(
        db,
        "INSERT INTO printers (hall, code, position, active, kind, address, width_mm, kiosk) "
        f"VALUES ('contoh', 'p1', 1, 1, '{kind}', '{address}', 80, '')",
    )
    db.known.clear()


@pytest.mark.parametrize(
    ("faults", "level", "word"),
    [
        ({}, "ok", "is ready"),
        ({"paper_end": True}, "fault", "paper_end"),
        ({"paper_near_end": True}, "warning", "nearly out"),
        ({"cover_open": True}, "fault", "cover_open"),
        ({"silent": True}, "warning", "does not tell"),
    ],
)
def test_a_printer_is_asked_how_it_is(
    home: Settings, paper: PretendPrinter, faults: dict[str, Any], level: str, word: str
) -> None:
    paper.set(**faults)
    found = look(home)
    assert of(found, "printers") == [level] and word in said(found, "printers")
    assert paper.papers == []  # asking prints nothing


@pytest.mark.parametrize(
    ("kind", "address", "word"),
    [
        ("network", "127.0.0.1:1", "unreachable"),
        ("network", ":", "cannot be used"),
        ("file", "/dev/lp-none", "unreach"),
    ],
)
def test_a_printer_out_of_reach_is_a_fault(
    home: Settings, contoh: Database, kind: str, address: str, word: str
) -> None:
    add_printer(contoh, kind, address)
    found = look(home)
    assert of(found, "printers") == ["fault"] and word in said(found, "printers")


def test_a_printer_behind_an_agent_is_known_by_what_the_agent_said(home: Settings, contoh: Database) -> None:
    add_printer(contoh, "agent", "-")
    assert "never heard of" in said(look(home), "printers")
    note_printer(contoh, "contoh", "p1", "ready", None, now=TUESDAY_MORNING)
    assert of(look(home), "printers") == ["ok"]
    assert "last heard of at 2026-03-03 09:00" in said(look(home, TUESDAY_MORNING + timedelta(minutes=5)), "printers")
    note_printer(contoh, "contoh", "p1", "trouble", "paper_end", now=TUESDAY_MORNING)
    assert of(look(home), "printers") == ["fault"]
    note_printer(contoh, "contoh", "p1", "low", "paper_low", now=TUESDAY_MORNING)
    assert of(look(home), "printers") == ["warning"]


def test_a_voice_that_cannot_speak_is_told(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_hall, "EspeakEngine", lambda: EspeakEngine(command=("false",)))
    assert of(look(replace(home, voice="espeak")), "voice") == ["fault"]


def test_recordings_are_looked_through(home: Settings, tmp_path: Path) -> None:
    def recordings(folder: Path) -> list[Finding]:
        found = look(replace(home, voice="espeak", recordings=str(folder)))
        assert of(found, "voice") == ["ok"]
        return found

    assert of(recordings(tmp_path / "nowhere"), "recordings") == ["fault"]
    folder = tmp_path / "suara"
    folder.mkdir()
    assert of(recordings(folder), "recordings") == ["warning"]
    (folder / "satu.wav").write_bytes(to_wav(silence(0.3)))
    (folder / "dua.wav").write_bytes(b"RIFF and no more")
    found = recordings(folder)
    assert set(of(found, "recordings")) == {"warning"}
    assert "dua" in said(found, "recordings") and "loket" in said(found, "recordings")

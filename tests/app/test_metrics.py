"""Metrics: what Prometheus reads agrees with the floor and the flags, hides whose absence it is, and is cheap."""

from __future__ import annotations

from datetime import datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import metrics
from app.metrics import Metrics
from hall.database import Database
from staffing import facts
from staffing.floor import floor
from staffing.watch import acknowledge
from tests.cast import SARI
from tests.staffing.tuesday import at, call, give
from tests.staffing.watching import HALL, STAGES, look, send_all, set_stages, sit

Read = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(db: Database, clock: str, only: str | None = None) -> Read:
    """Every sample by name and labels."""
    text = Metrics().text(db, at(clock), only).decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(found: Read, name: str, **labels: str) -> float:
    return found[name, tuple(sorted((labels | {"hall": HALL}).items()))]


@pytest.fixture
def morning(contoh: Database) -> Database:
    """Counter 1 serves, 2 to 4 stand empty and are flagged, three people wait."""
    set_stages(contoh, *STAGES)
    sit(contoh, "08:00", SARI)
    for minute in range(4):
        give(contoh, f"08:0{minute}", "ktp" if minute < 3 else "pkb")
    call(contoh, "08:04")
    return contoh


def test_the_metrics_agree_with_the_floor(morning: Database) -> None:
    flags = look(morning, "08:10")
    found, seen = read(morning, "08:10"), floor(morning, HALL, at("08:10"))
    assert of(found, "antre_counters", state="serving") == 1
    assert of(found, "antre_counters", state="vacant") == 3 == seen.totals.vacant
    assert of(found, "antre_counters", state="not_due") == 0
    assert of(found, "antre_vacant_counters", cause="agency_not_open") == 1
    assert of(found, "antre_waiting_tickets", service="ktp") == 2
    assert of(found, "antre_waiting_tickets", service="pkb") == 1
    assert of(found, "antre_stranded_tickets") == 1
    assert of(found, "antre_longest_wait_seconds") == pytest.approx(9 * 60)
    assert of(found, "antre_citizen_minutes_total") == pytest.approx(seen.totals.citizen_minutes)
    assert of(found, "antre_tickets_issued_total", service="ktp") == 3
    assert of(found, "antre_tickets_called_total") == 1
    assert of(found, "antre_flags_open", stage="coordinator") == 3 == len(flags)
    assert of(found, "antre_flags_open", stage="regent") == 0
    assert of(found, "antre_messages", kind="message", state="queued") == 3
    assert of(found, "antre_messages_failed_total", kind="message") == 0
    assert of(found, "antre_journal_seq") >= seen.seq


def test_flags_that_were_taken_on_and_messages_that_failed_are_counted(morning: Database) -> None:
    flags = look(morning, "08:10")
    acknowledge(morning, flags["3"].id, "sudah ditelepon", actor="coordinator:k", now=at("08:11"))
    moments = ("08:11", "08:12", "08:14", "08:20", "08:40")
    for clock in moments:
        send_all(morning, clock, "failed")
    found = read(morning, "08:41")
    assert of(found, "antre_flags_acknowledged") == 1
    assert of(found, "antre_messages_failed_total", kind="message") == 2
    assert of(found, "antre_messages", kind="message", state="dropped") == 1


def test_the_kind_of_an_absence_is_no_label(contoh: Database) -> None:
    facts.record_absence(contoh, HALL, SARI.nip, "sick", at("08:00"), at("16:00"), "SK", actor="m", now=at("07:59"))
    found = read(contoh, "08:10")
    assert of(found, "antre_vacant_counters", cause="recorded_absence") == 1
    assert not [labels for _, labels in found if ("cause", "sick") in labels]


def test_one_hall_only_for_a_token_of_that_hall(contoh: Database) -> None:
    assert read(contoh, "08:10", only=HALL)
    assert read(contoh, "08:10", only="lain") == {}


def test_many_who_ask_at_once_cost_one_look(contoh: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    real = metrics.look

    def counted(db: Database, hall: str, now: datetime) -> metrics.Sample:
        looks.append(hall)
        return real(db, hall, now)

    monkeypatch.setattr(metrics, "look", counted)
    made = Metrics()
    first = made.text(contoh, at("08:10"))
    assert made.text(contoh, at("08:10")) == first
    assert looks == [HALL]

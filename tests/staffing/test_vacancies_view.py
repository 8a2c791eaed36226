"""How vacancies are shown: figures, words, and what each role may read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hall.database import Database
from hall.places import Places, places
from staffing.impact import Cost
from staffing.vacancies import Vacancy
from staffing.vacancies_view import LABELS, number, plain, sentence
from staffing.vacancy import CAUSES, Evidence, Piece
from tests.cast import BIMA, WIB
from tests.staffing.tuesday import at


@pytest.fixture
def here(contoh: Database) -> Places:
    with contoh.reading() as connection:
        return places(contoh, connection, "contoh")


def vacancy(cause: str, *evidence: Evidence, provisional: bool = False, who: bool = True) -> Vacancy:
    officers = (BIMA.nip,) if who else ()
    piece = Piece(
        "2", "dukcapil", at("08:00"), at("08:00") + timedelta(seconds=200), cause, officers, evidence, provisional
    )
    return Vacancy(piece, Cost(1 / 3, 2.0, 1))


def decides(kind: str, officer: str | None = BIMA.nip, clock: str | None = None, **detail: Any) -> Evidence:
    return Evidence(kind, officer, at(clock) if clock else None, None, detail, (), True)


def test_every_cause_has_its_label_in_the_order_of_the_table() -> None:
    assert tuple(LABELS) == CAUSES


@pytest.mark.parametrize(
    ("value", "shown"), [(240.0, 240), (0.0, 0), (1 / 3, 0.33), (2.675, 2.67), (58.999, 59), (12.5, 12.5)]
)
def test_figures_have_two_places_at_most_and_whole_ones_none(value: float, shown: float) -> None:
    assert (number(value), type(number(value))) == (shown, type(shown))


def test_a_vacancy_has_exactly_the_fields_of_the_contract() -> None:
    absence = decides("absence", absence="leave", document="800/12/2026")
    told = plain(vacancy("leave", absence), WIB, names=True)
    assert told == {
        "counter": "2", "agency": "dukcapil", "start": "2026-03-03T08:00:00+07:00", "end": "2026-03-03T08:03:20+07:00",
        "minutes": 3.33, "cause": "leave", "officers": [BIMA.nip], "waiting_minutes": 0.33, "stranded_minutes": 2,
        "abandoned": 1, "evidence": [
            {
                "kind": "absence", "officer": BIMA.nip, "start": None, "end": None, "rules_out": [], "decides": True,
                "detail": {"absence": "leave", "document": "800/12/2026"},
            }
        ],
    }  # fmt: skip


def test_whoever_may_not_know_learns_no_number_and_no_document() -> None:
    absence = decides("absence", absence="leave", document="800/12/2026")
    plan = decides("plan", substitute_for="199001152015032001")
    text = str(plain(vacancy("leave", absence, plan), WIB, names=False))
    assert "petugas" in text and "leave" in text
    for secret in (BIMA.nip, "800/12/2026", "199001152015032001"):
        assert secret not in text


def test_provisional_is_said_only_where_it_is_so() -> None:
    assert "provisional" not in plain(vacancy("absent_without_notice"), WIB, names=True)
    assert plain(vacancy("absent_without_notice", provisional=True), WIB, names=True)["provisional"] is True


SENTENCES: list[tuple[Vacancy, str]] = [
    (
        vacancy("unobserved", decides("outage", None, what="counter:2"), who=False),
        "Loket 2 tidak terpantau karena konsol loket terganggu; tidak dihitung terhadap siapa pun.",
    ),
    (vacancy("leave", decides("absence", document="800/1")), "Petugas Loket 2 (Bima) sedang cuti (800/1)."),
    (vacancy("sick", decides("absence", document="")), "Petugas Loket 2 (Bima) sedang sakit."),
    (vacancy("post_vacant", who=False), "Formasi Loket 2 belum terisi dan tidak ada petugas yang dijadwalkan."),
    (vacancy("agency_not_open", who=False), "Dinas Kependudukan dan Pencatatan Sipil belum buka."),
    (
        vacancy("no_one_assigned", who=False),
        "Belum ada petugas Dinas Kependudukan dan Pencatatan Sipil yang ditugaskan di Loket 2.",
    ),
    (
        vacancy("late", decides("punch", clock="09:05")),
        "Petugas Loket 2 (Bima) terlambat, baru tercatat hadir pukul 09.05.",
    ),
    (
        vacancy("left_early", decides("punch", clock="14:02")),
        "Petugas Loket 2 (Bima) pulang cepat, tercatat pulang pukul 14.02.",
    ),
    (
        vacancy("at_other_counter", decides("sign_in", counter="1")),
        "Petugas Loket 2 (Bima) sedang bertugas di Loket 1.",
    ),
    (vacancy("away_from_counter"), "Petugas Loket 2 (Bima) hadir, tetapi tidak berada di loket."),
    (vacancy("no_attendance_data"), "Data presensi petugas Loket 2 (Bima) belum masuk."),
    (vacancy("absent_without_notice"), "Petugas Loket 2 (Bima) tidak hadir tanpa keterangan."),
    (
        vacancy("absent_without_notice", provisional=True),
        "Petugas Loket 2 (Bima) tidak hadir tanpa keterangan (sementara, menunggu penjelasan).",
    ),
]


@pytest.mark.parametrize(("seen", "words"), SENTENCES, ids=[v.cause for v, _ in SENTENCES])
def test_each_cause_is_one_plain_sentence(here: Places, seen: Vacancy, words: str) -> None:
    assert sentence(seen, here, {BIMA.nip: "Bima"}) == words


@pytest.mark.parametrize("seen", [v for v, _ in SENTENCES], ids=[v.cause for v, _ in SENTENCES])
def test_without_names_the_sentence_tells_nobody(here: Places, seen: Vacancy) -> None:
    words = sentence(seen, here)
    assert "Bima" not in words and "800/1" not in words and "()" not in words

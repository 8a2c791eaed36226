"""The written day of the hall contoh as pure input, and the pieces that were worked out for it by hand."""

from __future__ import annotations

from hall.intervals import Interval
from staffing.seating import Pause, Sitting
from staffing.vacancy import DayJudgement
from tests.cast import BIMA, GALIH, SARI
from tests.staffing.paper_day import Paper, at, span, told

MORNING, AFTERNOON = span("08:00", "12:00"), span("13:00", "15:00")


def written_day() -> DayJudgement:
    paper = Paper(
        agencies={"1": "dukcapil", "2": "dukcapil", "3": "samsat", "4": "dukcapil"},
        due={"1": (MORNING, AFTERNOON), "2": (MORNING,), "3": (MORNING, AFTERNOON), "4": (MORNING, AFTERNOON)},
        sources={SARI.nip: "bkd", BIMA.nip: "bkd"},
    )
    paper.plan("1", SARI.nip).plan("1", SARI.nip, "13:00", "15:00").plan("2", BIMA.nip)
    paper.punch(SARI.nip, "07:40", "14:02").punch(BIMA.nip, "09:00").delivered("15:30")
    paper.sittings["1"] = [
        Sitting("1", SARI.nip, at("07:58"), at("12:00"), (Pause(at("10:00"), at("10:06"), "ke belakang"),))
    ]
    paper.sit("1", SARI.nip, "13:04", "14:00").sit("2", BIMA.nip, "09:05", "12:00")
    paper.sit("3", GALIH.nip, "11:30", "12:00").sit("3", GALIH.nip, "13:00", "15:00").post("4", filled=False)
    return paper.judge()


def test_the_written_day_gives_the_pieces_worked_out_by_hand() -> None:
    assert [(piece.counter, piece.agency, *told(piece), piece.minutes) for piece in written_day().pieces] == [
        ("1", "dukcapil", "14:00", "14:02", "away_from_counter", SARI.nip, 2),
        ("1", "dukcapil", "14:02", "15:00", "left_early", SARI.nip, 58),
        ("2", "dukcapil", "08:00", "09:00", "late", BIMA.nip, 60),
        ("2", "dukcapil", "09:00", "09:05", "away_from_counter", BIMA.nip, 5),
        ("3", "samsat", "08:00", "11:30", "agency_not_open", "", 210),
        ("4", "dukcapil", "08:00", "12:00", "post_vacant", "", 240),
        ("4", "dukcapil", "13:00", "15:00", "post_vacant", "", 120),
    ]


def test_the_four_minutes_after_lunch_are_grace() -> None:
    assert written_day().counters["1"].grace == (Interval(at("13:00"), at("13:04")),)


def test_the_agencies_opened_at_their_first_sign_in() -> None:
    agencies = written_day().agencies
    assert (agencies["dukcapil"].opened, agencies["samsat"].opened) == (at("07:58"), at("11:30"))

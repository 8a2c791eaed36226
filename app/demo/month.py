"""The month before the visitor's morning: each day lived through, absences and lists entered, flags, and follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from app.demo.crowd import Crowd
from app.demo.place import DOOR, HALL, LIST, SERIAL, pins
from app.demo.story import (
    ABSENCES,
    ASKED_FOR,
    CLOSED_TODAY,
    COVERED,
    KENANGA,
    MELATI,
    TODAY,
    dates_of,
)
from hall.clock import midnight_after
from hall.database import Database
from hall.hallfile_rows import HallFile
from hall.places import Places
from hall.turn import batch
from staffing import attendance, case_moves, drafting
from staffing.absences import enter_absence, whole_days
from staffing.attendance import Told
from staffing.case_facts import taken_from
from staffing.case_opening import Order, open_cases
from staffing.entries import plan_officer
from staffing.facts import record_closure
from staffing.machines import list_machine
from staffing.outbox import SENT, report_message, take_message
from staffing.pins import assign_pin
from staffing.privacy import Asker
from staffing.vacancies import Vacancy, note_asked, vacancies
from staffing.watch import watch

DAY = timedelta(days=1)
MANAGER = "manager:pengelola"
PERSONNEL = "personnel:kepegawaian"
OFFICE = Asker("manager", MANAGER)
WATCHED = 3  # days whose flags are kept
LOOK = timedelta(minutes=10)


def live_through(db: Database, file: HallFile, hall: Places, days: Sequence[date]) -> None:
    """Plays all working days but the last, which is the visitor's, oldest first."""
    set_up_machine(db, file, clock_time(hall, days[0], time(6, 0)))
    held: list[Told] = []
    for nr, day in enumerate(days[:-1]):
        ago = len(days) - 1 - nr
        before_opening(db, hall, days, ago)
        held = _deliver_if_due(db, hall, held, days[max(0, nr - 1)], day)
        crowd = Crowd(db, file, hall, day, Random(f"antre {day}"), ago=ago, held=held)
        end = midnight_after(day, hall.zone) - timedelta(seconds=1)
        with batch(db, HALL, clock_time(hall, day, time(7, 0))):
            if ago <= WATCHED:
                keep_flags(db, crowd, clock_time(hall, day, time(8, 0)), end)
            crowd.run_until(end)
        if ago in ASKED_FOR:  # somebody reads of the day before the weekly list has come, and the answer changes later
            asked = vacancies(db, HALL, day, day, now=clock_time(hall, day + DAY, time(7, 15)))
            note_asked(db, asked, actor=MANAGER)
    _deliver_if_due(db, hall, held, days[-2], days[-1])


def before_opening(db: Database, hall: Places, days: Sequence[date], ago: int) -> None:
    """Enters what is known before a day begins: absences that begin on it, who stands in, what stays closed."""
    day = days[-1 - ago]
    now = clock_time(hall, day, time(6, 45))
    for away in ABSENCES:
        if away.first == ago or (day == days[0] and away.first > ago >= away.last):
            first, last = dates_of(away, days)
            start, end = whole_days(hall, first, last)
            letter = f"{away.letter}/{first.year}"
            enter_absence(db, HALL, away.officer, away.kind, start, end, letter, by=OFFICE, now=now)
    if ago == COVERED[0]:
        first, last = (days[-1 - ago] for ago in COVERED)
        plan_officer(
            db, HALL, KENANGA, "1", first, last, by=OFFICE, now=now, substitute_for=MELATI, reason="cuti tahunan"
        )
    if ago == TODAY:
        counter, start_at, end_at, reason = CLOSED_TODAY
        start, end = (clock_time(hall, day, time.fromisoformat(at)) for at in (start_at, end_at))
        record_closure(db, HALL, f"counter:{counter}", start, end, reason, actor=MANAGER, now=now)


def set_up_machine(db: Database, file: HallFile, now: datetime) -> None:
    """Lists the machine at the door and says who is who on it."""
    list_machine(db, HALL, SERIAL, source=DOOR, name="Pintu utama (mesin peragaan)", actor=MANAGER, now=now)
    for nip, pin in pins(file).items():
        assign_pin(db, HALL, DOOR, SERIAL, pin, nip, actor=MANAGER, now=now)


def _deliver_if_due(db: Database, hall: Places, held: list[Told], before: date, day: date) -> list[Told]:
    """The weekly list comes in on the first working day of a week, up to the end of the week before."""
    if not held or day.isocalendar().week == before.isocalendar().week:
        return held
    until = midnight_after(day - timedelta(days=day.isoweekday()), hall.zone)
    now = clock_time(hall, day, time(7, 30))
    attendance.deliver(db, HALL, LIST, held, covered_until=until, actor=PERSONNEL, now=now)
    return []


def keep_flags(db: Database, crowd: Crowd, start: datetime, end: datetime) -> None:
    """Looks at the day as it passes, so that its flags are there; their messages count as sent long ago."""
    moment = start
    while moment < end and moment < start + timedelta(hours=8):
        crowd.run_until(moment)
        watch(db, HALL, now=moment)
        while (message := take_message(db, HALL, now=moment)) is not None:
            report_message(db, message, SENT, now=moment)
        moment += LOOK


def follow_up(db: Database, hall: Places, days: Sequence[date]) -> list[str]:
    """Opens follow-up cases about the month, at different stages; returns their ids."""
    now = clock_time(hall, days[-1], time(7, 10))
    found = vacancies(db, HALL, days[0], days[-2], now=now).pieces

    def begin(counter: str, cause: str, kind: str, note: str, *, who: str = MANAGER, **more: object) -> str | None:
        wanted = [v for v in found if (v.counter, v.cause) == (counter, cause) and _ripe(v, kind)]
        if not wanted:
            return None
        order = Order(kind, note, **more)  # type: ignore[arg-type]
        return open_cases(db, HALL, [taken_from(v) for v in wanted[-12:]], order, actor=who, now=now)[0]

    soon = days[-1] + timedelta(days=7)
    meeting = begin("9", "agency_not_open", "meeting", "Jam buka gerai perlu dibicarakan bersama.", due=soon)
    if meeting is not None:
        place = "Ruang rapat MPP"
        case_moves.set_meeting(db, meeting, now + timedelta(days=2, hours=3), place, actor=MANAGER, now=now)
        drafting.draft_letter(db, meeting, "invitation", actor=MANAGER, now=now)
    absent = begin(
        "5", "absent_without_notice", "examination", "Mohon diperiksa oleh atasan langsung.",
        who=PERSONNEL, responsible="Kepala Dukcapil", due=soon,
    )  # fmt: skip
    if absent is not None:
        case_moves.answer(db, absent, "Pemanggilan sudah dijadwalkan.", actor="head:kepala-dukcapil", now=now)
    early = begin("19", "left_early", "notice", "Loket ditinggalkan sebelum jam tutup.")
    if early is not None:
        case_moves.close(db, early, "explained", "Kas harus disetor sebelum pukul 13.00.", actor=MANAGER, now=now)
    post = begin("2", "post_vacant", "rotation", "Mohon usul pengisian formasi.", who="regent:bupati", requested=True)
    return [case for case in (meeting, absent, early, post) if case is not None]


def _ripe(vacancy: Vacancy, kind: str) -> bool:
    return not (kind == "examination" and vacancy.provisional)


def clock_time(hall: Places, day: date, at: time) -> datetime:
    """``at`` by the hall's clock on ``day``, aware UTC."""
    return datetime.combine(day, at, tzinfo=hall.tz).astimezone(UTC)

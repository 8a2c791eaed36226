"""What a kiosk shows of every agency and service, and what it would be answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import update

from hall.database import Database
from hall.places import halls, places, services
from hall.setup import StaffTables, load_hall
from hall.turn import turn
from queueing.issuing import issue
from queueing.line import count
from queueing.services import offer, reason_text
from staffing import facts
from staffing.presence import pause, sign_in
from tests.cast import (
    BAMBU,
    BLORA_FILE,
    CONSOLE,
    KIOSK,
    RANDU,
    SYSTEM,
    TUESDAY_BEFORE_OPENING,
    TUESDAY_EVENING,
    TUESDAY_LUNCH,
    TUESDAY_MORNING,
    Person,
    wib,
)
from tests.conftest import hall_file


def sit(db: Database, person: Person, now: datetime = TUESDAY_MORNING) -> None:
    sign_in(db, "blora", person.counter, person.nip, actor=CONSOLE, now=now, beats=False)


def shown(db: Database, now: datetime) -> dict[str, Any]:
    with db.reading() as connection:
        here = places(db, connection, "blora")
        return offer(count(connection, here, here.date(now)), now)


def agency(answer: dict[str, Any], code: str) -> dict[str, Any]:
    return next(a for a in answer["agencies"] if a["code"] == code)


def service(answer: dict[str, Any], code: str) -> dict[str, Any]:
    return next(s for a in answer["agencies"] for s in a["services"] if s["code"] == code)


def set_option(db: Database, **options: Any) -> None:
    with turn(db, "blora", TUESDAY_BEFORE_OPENING) as t:
        t.connection.execute(update(halls).where(halls.c.code == "blora").values(options=options))
        t.set_up_changed()
        t.write("hall_set_up", "blora", {}, actor=SYSTEM)


def test_a_staffed_service_gives_its_number_at_once(blora: Database) -> None:
    sit(blora, BAMBU)
    issue(blora, "blora", "ktp", actor=KIOSK, now=TUESDAY_MORNING)
    ktp = service(shown(blora, TUESDAY_MORNING), "ktp")
    assert ktp["open"] and not ktp["unstaffed"] and ktp["refusal"] is None
    assert (ktp["waiting"], ktp["ahead"], ktp["serving_now"]) == (1, 1, 1)
    assert ktp["counters"] == [{"code": "3", "name": "Loket 3"}]
    assert ktp["estimate"]["low"] <= ktp["estimate"]["high"]
    assert len(ktp["requirements"]) == 3


def test_a_due_service_without_anybody_warns_and_promises_no_time(blora: Database) -> None:
    ktp = service(shown(blora, TUESDAY_MORNING), "ktp")
    assert ktp["open"] and ktp["unstaffed"]
    assert ktp["refusal"] == "unstaffed_needs_confirmation"
    assert (ktp["estimate"], ktp["expected_at"]) == (None, None)


def test_a_paused_counter_does_not_count_as_serving(blora: Database) -> None:
    sit(blora, BAMBU)
    pause(blora, "blora", "3", "salat", actor=CONSOLE, now=TUESDAY_MORNING)
    assert service(shown(blora, TUESDAY_MORNING), "kia")["refusal"] == "unstaffed_needs_confirmation"


def test_an_open_service_before_its_hours_says_when_it_starts(blora: Database) -> None:
    set_option(blora, early_minutes=120)
    ktp = service(shown(blora, TUESDAY_BEFORE_OPENING), "ktp")
    assert ktp["open"] and ktp["expected_at"] == "2026-03-03T08:00:00+07:00"


def test_a_break_without_cover_closes_and_says_until_when(blora: Database) -> None:
    answer = shown(blora, TUESDAY_LUNCH)
    samsat = agency(answer, "samsat")
    assert (samsat["open"], samsat["reason"], samsat["next_opening"]) == (False, "break", "2026-03-03T13:00:00+07:00")
    assert agency(answer, "dukcapil")["open"]  # colleagues take turns there
    assert answer["open"]


def test_a_closed_hall_says_when_it_opens_again(blora: Database) -> None:
    answer = shown(blora, TUESDAY_EVENING)
    assert (answer["open"], answer["reason"]) == (False, "outside_hours")
    assert answer["next_opening"] == "2026-03-04T08:00:00+07:00"
    assert all(not a["open"] and a["next_opening"] for a in answer["agencies"])
    assert service(answer, "ktp")["refusal"] == "closed"


def test_a_holiday_and_a_closure_give_their_own_names(blora: Database) -> None:
    assert agency(shown(blora, wib("2026-12-11", "09:00")), "dukcapil")["reason_text"] == (
        "Hari libur: Hari Jadi Kabupaten Blora"
    )
    bpn = agency(shown(blora, wib("2026-12-16", "09:00")), "bpn")
    assert bpn["reason"] == "closure"
    assert bpn["reason_text"].startswith("Sedang ditutup: Layanan sementara dipindahkan")


def test_an_agency_on_another_day_says_so(blora: Database) -> None:
    imigrasi = agency(shown(blora, wib("2026-03-02", "09:30")), "imigrasi")
    assert (imigrasi["reason"], imigrasi["next_opening"]) == ("not_service_day", "2026-03-03T09:00:00+07:00")


def test_a_used_up_quota_opens_again_on_the_next_service_day(blora: Database) -> None:
    now = wib("2026-03-03", "09:30")
    for _ in range(15):
        issue(blora, "blora", "paspor", actor=KIOSK, now=now, confirm=True)
    paspor = service(shown(blora, now), "paspor")
    assert (paspor["open"], paspor["reason"], paspor["quota_left"]) == (False, "quota_reached", 0)
    assert (paspor["refusal"], paspor["next_opening"]) == ("quota_reached", "2026-03-04T09:00:00+07:00")


def test_a_full_day_warns_or_stops_as_the_hall_wants(blora: Database) -> None:
    late = wib("2026-03-03", "14:50")
    sit(blora, RANDU, late)
    for _ in range(3):
        issue(blora, "blora", "pkb", actor=KIOSK, now=late, confirm=True)
    pkb = service(shown(blora, late), "pkb")
    assert (pkb["open"], pkb["full"], pkb["refusal"]) == (True, True, "capacity_needs_confirmation")
    set_option(blora, capacity="stop")
    assert service(shown(blora, late), "pkb")["refusal"] == "capacity_reached"


def test_an_agency_counts_its_counters_once(blora: Database) -> None:
    sit(blora, BAMBU)  # counter 3 takes two services
    dukcapil = agency(shown(blora, TUESDAY_MORNING), "dukcapil")
    assert dukcapil["serving_now"] == 1


def test_the_order_is_the_hall_files_and_stays(blora: Database) -> None:
    file = hall_file(BLORA_FILE)
    answer = shown(blora, TUESDAY_EVENING)
    assert [a["code"] for a in answer["agencies"]] == [a.code for a in file.agencies]
    tables = StaffTables(facts.roster, facts.posts)
    load_hall(blora, file, tables, actor=SYSTEM, now=TUESDAY_EVENING)
    assert [s["code"] for a in answer["agencies"] for s in a["services"]] == [s.code for s in file.services]


def test_a_service_without_a_counter_is_closed_without_a_date(blora: Database) -> None:
    with turn(blora, "blora", TUESDAY_MORNING) as t:
        t.connection.execute(
            services.insert().values(
                hall="blora", code="yatim", position=99, active=True, agency="pln", name="Tanpa loket", prefix="Z",
                minutes=5, quota=None, requirements=[],
            )
        )  # fmt: skip
        t.set_up_changed()
        t.write("hall_set_up", "blora", {}, actor=SYSTEM)
    alone = service(shown(blora, TUESDAY_MORNING), "yatim")
    assert (alone["open"], alone["reason"], alone["next_opening"]) == (False, "outside_hours", None)


def test_every_reason_has_its_words() -> None:
    assert reason_text(None, None) is None
    assert reason_text("break", None) == "Sedang istirahat"

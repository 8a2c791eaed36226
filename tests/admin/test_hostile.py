"""What people must not be able to do: reach into another hall, break an answer with odd values, take others' work."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from hall.people import set_account
from staffing import facts
from staffing.attendance import Told, covered, deliver
from staffing.cases import list_cases
from staffing.flags import find_flag, open_flags
from staffing.pins import assign_pin, pins_of
from staffing.privacy import read_looks
from staffing.watch import watch
from tests.admin.stage import PIN, Stage, Visitor
from tests.admin.test_attendance_page import GOOD, PAGE, send, upload
from tests.admin.test_people_pages import send as send_form
from tests.cast import BAMBU, CONTOH_FILE, RANDU, SEKAR, SYSTEM, TUESDAY, wib
from tests.conftest import load

HALF = "\ud800"  # half a character: JSON can say it, nothing can store it


@pytest.fixture
def neighbour(stage: Stage) -> Visitor:
    """The coordinator of another hall on the same server."""
    load(stage.db, CONTOH_FILE)
    set_account(stage.db, "contoh", "tetangga", name="Tetangga Rekaan", role="coordinator", agency=None, pin=PIN)
    visitor = stage.visitor()
    assert visitor.sign_in("tetangga", hall="contoh").status_code == 303
    visitor.page("/admin/contoh")
    return visitor


def post(visitor: Visitor, path: str, **form: str) -> Any:
    return send_form(visitor, path, **form)


# ---- ids of another hall ----


def test_a_flag_of_another_hall_is_not_taken_on_through_ones_own(stage: Stage, neighbour: Visitor) -> None:
    watch(stage.db, "blora", now=stage.clock.now())
    with stage.db.reading() as connection:
        flag = next(iter(open_flags(connection, "blora").values())).id
    assert post(neighbour, f"/admin/contoh/bendera/{flag}", reason="bukan urusan saya").status_code == 404
    assert post(neighbour, f"/admin/blora/bendera/{flag}", reason="bukan urusan saya").status_code == 403
    with stage.db.reading() as connection:
        assert find_flag(connection, flag).acknowledged is None


def test_a_case_of_another_hall_is_neither_read_nor_led_nor_its_letters_fetched(
    stage: Stage, neighbour: Visitor
) -> None:
    until, at = wib("2026-03-07", "00:00"), wib("2026-03-07", "06:00")
    facts.record_coverage(stage.db, "blora", "bkd", until, actor=SYSTEM, now=at)
    stage.clock.moment = wib("2026-03-09", "09:00")
    surya = stage.signed_in("surya")
    made = surya.post("cases", {"vacancies": [{"counter": "9", "start": "2026-03-04T09:00:00+07:00"}]})
    [case] = made.json["cases"]
    own = f"/admin/blora/tindak-lanjut/{case}"
    assert post(surya, own, step="letters", kind="invitation").status_code == 303
    assert surya.client.get(f"{own}/surat/1.pdf").status_code == 200
    foreign = f"/admin/contoh/tindak-lanjut/{case}"
    for path in (foreign, f"{foreign}/surat/1.pdf", f"{foreign}/surat/1.docx"):
        assert neighbour.client.get(path).status_code == 404, path
    answer = post(neighbour, foreign, step="close", result="not_needed", note="selesai")
    assert answer.status_code == 404
    with stage.db.reading() as connection:
        assert [found.state for found in list_cases(connection, "blora")] == ["in_progress"]


# ---- values that nothing can store ----


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("apel", {HALF: 1}),
        ("apel", {"agency": HALF, "sent_at": "x", "marks": []}),
        ("apel", {"agency": "dukcapil", "sent_at": "2026-03-03T09:45:00+07:00", "marks": [{"key": HALF * 9}]}),
        ("apel", {"agency": "dukcapil", "sent_at": "2026-03-03T09:45:00+07:00", "marks": [{HALF: "x"}]}),
        ("cases", {"vacancies": [{"counter": HALF, "start": "2026-03-03T09:45:00+07:00"}]}),
        ("cases", {"vacancies": [{"counter": "1\0", "start": "2026-03-03T09:45:00+07:00"}]}),
    ],
)
def test_half_a_character_deep_in_a_body_is_refused_and_the_refusal_can_be_sent(
    stage: Stage, path: str, body: dict[str, Any]
) -> None:
    surya = stage.signed_in("surya")
    address = f"/api/v1/halls/blora/{path}"
    answer = surya.client.post(address, data=json.dumps(body), headers=surya._headers())
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")


def test_numbers_and_dates_beyond_all_bounds_are_refused_not_stumbled_over(stage: Stage) -> None:
    manager = stage.signed_in("wulan")
    assert manager.page(f"/admin/blora/catatan-akses?sebelum={'9' * 30}").status_code == 200
    for start in ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"):
        assert post(manager, "/admin/blora/tindak-lanjut/baru", pilih=f"1|{start}").status_code == 422


@pytest.mark.parametrize("until", ["0001-01-01", "0001-01-01T00:00", "1999-12-31", "9999-12-31", "9999-12-31T23:59"])
def test_a_list_delivered_until_the_ends_of_the_calendar_is_refused_and_poisons_nothing(
    stage: Stage, until: str
) -> None:
    surya = stage.signed_in("surya")
    assert upload(surya, GOOD, covered_until=until).status_code == 422
    went = upload(surya, GOOD)
    assert send(surya, went.location, rows="all", source="bkd", covered_until=until).status_code == 422
    with stage.db.reading() as connection:
        assert all(told.year > 2000 for told in covered(connection, "blora").values())
    body = {"hall": "blora", "source": "bkd", "punches": [], "covered_until": "0001-01-02T00:00:00+07:00"}
    program = stage.program("attendance")
    answer = program.client.post("/api/v1/attendance", json=body, headers=program._headers())
    assert (answer.status_code, answer.get_json()["code"]) == (422, "bad_time")


def test_signs_that_no_letter_can_hold_do_not_get_into_a_case(stage: Stage) -> None:
    surya = stage.signed_in("surya")
    stage.clock.moment = wib("2026-03-05", "09:00")
    made = surya.post("cases", {"vacancies": [{"counter": "9", "start": "2026-03-04T09:00:00+07:00"}]})
    [case] = made.json["cases"]
    own = f"/admin/blora/tindak-lanjut/{case}"
    meeting = {"step": "meeting", "day": "2026-03-12", "time": "09:30", "place": "Ruang rapat"}
    for odd in ({"place": "Ruang\x01 rapat"}, {"note": "Bawa\x0b data"}, {"day": "9999-12-31"}):
        assert post(surya, own, **meeting | odd).status_code == 422, odd
    assert post(surya, own, **meeting | {"note": "Bawa data.\r\nTerima kasih."}).status_code == 303
    assert post(surya, own, step="letters", kind="invitation").status_code == 303
    for form in ("pdf", "docx"):
        assert surya.client.get(f"{own}/surat/1.{form}").status_code == 200


def test_the_key_of_a_form_is_checked_like_that_of_a_program(stage: Stage) -> None:
    head = stage.signed_in("embun")
    form = {"officer": BAMBU.nip, "kind": "leave", "first": TUESDAY, "last": TUESDAY, "key": "k" * 200}
    assert post(head, "/admin/blora/petugas/tidak-masuk", **form).status_code == 422
    plan = {"officer": BAMBU.nip, "counter": "4", "first": TUESDAY, "how": "plan", "key": "k\0"}
    assert post(head, "/admin/blora/jadwal", **plan).status_code == 422


def test_a_list_of_absences_of_far_years_tells_them_by_line(stage: Stage) -> None:
    head = stage.signed_in("embun")
    lines = [("2026-01-13", "9999-12-31"), ("9999-12-31", "9999-12-31"), ("1899-12-31", "1900-01-01")]
    text = "NIP;Jenis;Mulai;Selesai\n" + "".join(f"{BAMBU.nip};cuti;{first};{last}\n" for first, last in lines)
    file = FileStorage(io.BytesIO(text.encode()), filename="cuti.csv")
    went = send(head, "/admin/blora/tidak-masuk/berkas", file=file)
    shown = head.page(went.location)
    assert shown.status_code == 200
    assert "tahun 1899 di luar jangkauan" in shown.text and "tahun 9999 di luar jangkauan" in shown.text


# ---- others' attendance and others' files ----


def test_the_personnel_office_names_and_adopts_nobody_of_a_vertical_agency(stage: Stage) -> None:
    bkd, surya = stage.signed_in("bkd"), stage.signed_in("surya")
    form = {"source": "bkd", "machine": "", "pin": "77"}
    assert post(surya, f"{PAGE}/orang", **form, officer=RANDU.nip).status_code == 303
    assert post(surya, f"{PAGE}/orang", **form | {"pin": "76"}, officer=BAMBU.nip).status_code == 303
    assert RANDU.name in surya.page(PAGE).text
    text = bkd.page(PAGE).text
    assert BAMBU.name in text and RANDU.name not in text and RANDU.nip not in text
    refused = post(bkd, f"{PAGE}/orang", **form, officer=BAMBU.nip)  # would take it from the other one
    assert refused.status_code == 403
    assert post(bkd, f"{PAGE}/orang", **form | {"pin": "78"}, officer=RANDU.nip).status_code == 403
    assert refused_looks(stage) == [("personnel:bkd", f"officer:{RANDU.nip}")]


def test_what_was_told_of_an_officer_by_nip_is_taken_only_by_who_reaches_that_officer(stage: Stage) -> None:
    at, bkd, surya = stage.clock.now(), stage.signed_in("bkd"), stage.signed_in("surya")
    deliver(stage.db, "blora", "bkd", [Told(RANDU.nip, at), Told(BAMBU.nip, at)], actor="x", now=at)

    def came() -> set[str]:
        with stage.db.reading() as connection:
            query = select(facts.punches.c.officer).where(facts.punches.c.source == "bkd", facts.punches.c.at == at)
            return set(connection.execute(query).scalars())

    form = {"source": "bkd", "machine": "", "pin": RANDU.nip}
    assert post(bkd, f"{PAGE}/orang", **form, officer=BAMBU.nip).status_code == 403
    assert post(bkd, f"{PAGE}/orang", **form | {"machine": "M9"}, officer=BAMBU.nip).status_code == 403  # not told yet
    assert (came(), refused_looks(stage)) == ({RANDU.nip, BAMBU.nip}, [("personnel:bkd", f"officer:{RANDU.nip}")])
    assert post(surya, f"{PAGE}/orang", **form, officer=BAMBU.nip).status_code == 303
    assert came() == {BAMBU.nip}
    # the number is still another one's: what comes by it would go back to that one
    assert post(bkd, f"{PAGE}/orang", **form, nobody="1").status_code == 403
    assert post(bkd, f"{PAGE}/orang", **form | {"pin": BAMBU.nip}, officer=SEKAR.nip).status_code == 303
    assert came() == {BAMBU.nip, SEKAR.nip}


def test_whose_a_pin_is_counts_in_the_moment_in_which_it_is_given_away(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    bkd = stage.signed_in("bkd")

    def another_first(*given: Any, **more: Any) -> int:
        assign_pin(stage.db, "blora", "bkd", "", "77", RANDU.nip, actor="coordinator:surya", now=stage.clock.now())
        return assign_pin(*given, **more)

    monkeypatch.setattr("admin.attendance.assign_pin", another_first)
    form = {"source": "bkd", "machine": "", "pin": "77"}
    assert post(bkd, f"{PAGE}/orang", **form, officer=BAMBU.nip).status_code == 403
    with stage.db.reading() as connection:
        assert pins_of(connection, "blora") == [("bkd", "", "77", RANDU.nip)]
    assert refused_looks(stage) == [("personnel:bkd", f"officer:{RANDU.nip}")]


def refused_looks(stage: Stage) -> list[tuple[str, str]]:
    with stage.db.reading() as connection:
        return [(look.actor, look.whom) for look in read_looks(connection, "blora", refused=True)]


def test_a_list_is_looked_at_and_confirmed_by_who_brought_it_and_the_look_is_kept(stage: Stage) -> None:
    surya, bkd = stage.signed_in("surya"), stage.signed_in("bkd")
    went = upload(surya, GOOD).location
    assert bkd.page(went).status_code == 404
    assert send(bkd, went, rows="all", source="bkd").status_code == 404
    assert send(bkd, f"{went}/buang").status_code == 404
    assert surya.page(went).status_code == 200
    with stage.db.reading() as connection:
        assert ("coordinator:surya", "attendance_list") in [(x.actor, x.what) for x in read_looks(connection, "blora")]

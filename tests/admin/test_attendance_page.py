"""The page of attendance: a list is looked at before it counts, strangers find their officer, machines are listed."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from hall.database import Database
from hall.people import set_account
from staffing import facts
from staffing.attendance import Told, deliver
from staffing.deliveries import LARGEST_LIST
from staffing.machines import machines_of, note_unlisted
from staffing.pins import strangers
from tests.admin.stage import PIN, Stage, Visitor
from tests.cast import BAMBU, MELATI, SEKAR

PAGE = "/admin/blora/presensi"
GOOD = f"NIP;Nama;Waktu\n{BAMBU.nip};Bambu;2026-03-02 07:31\n{SEKAR.nip};Sekar;2026-03-02 07:40\n"
FAULTY = GOOD + "19851130200902100;Salah;2026-03-02 07:50\n"


def punches(db: Database) -> int:
    with db.reading() as connection:
        query = select(func.count()).where(facts.punches.c.hall == "blora", facts.punches.c.source == "bkd")
        return int(connection.execute(query).scalar_one())


def send(visitor: Visitor, path: str, **form: Any) -> Any:
    """Posts a form as a browser does."""
    kind, body = encode_multipart(form | {"csrf_token": visitor.csrf})
    content_type = f"multipart/form-data; boundary={kind}"
    return visitor.client.post(path, data=body, content_type=content_type, headers={"Accept": "text/html"})


def upload(visitor: Visitor, text: str | bytes, name: str = "presensi.csv", **form: str) -> Any:
    visitor.page(PAGE)
    data = text if isinstance(text, bytes) else text.encode()
    return send(visitor, f"{PAGE}/berkas", file=FileStorage(io.BytesIO(data), filename=name), **form)


@pytest.fixture
def visitor(stage: Stage) -> Visitor:
    return stage.signed_in("surya")


def test_a_list_is_shown_before_it_counts_and_imported_when_confirmed(stage: Stage, visitor: Visitor) -> None:
    before = punches(stage.db)
    went = upload(visitor, GOOD, covered_until="2026-03-02")
    assert went.status_code == 303
    shown = visitor.page(went.location)
    assert "Semua 2 baris dapat dibaca" in shown.text
    assert BAMBU.nip in shown.text and "02/03/2026 07.31" in shown.text
    assert punches(stage.db) == before
    done = send(visitor, went.location, rows="all", covered_until="2026-03-02")
    assert done.status_code == 303
    assert punches(stage.db) == before + 2
    told = visitor.page(done.location).text
    assert "2 presensi baru" in told and "03/03/2026 00.00" in told  # delivered until the end of that day
    assert send(visitor, went.location, rows="all").status_code == 303  # pressed twice
    assert punches(stage.db) == before + 2


def test_faults_are_told_by_line_and_the_sound_rows_need_a_word(stage: Stage, visitor: Visitor) -> None:
    before = punches(stage.db)
    went = upload(visitor, FAULTY)
    shown = visitor.page(went.location).text
    assert "Baris 4" in shown and "1 baris bermasalah, 2 baris baik" in shown
    refused = send(visitor, went.location, rows="all")
    assert (refused.status_code, punches(stage.db)) == (422, before)
    assert send(visitor, went.location, rows="good").status_code == 303
    assert punches(stage.db) == before + 2


def test_an_ambiguous_date_is_asked_about_and_can_be_stated(stage: Stage, visitor: Visitor) -> None:
    went = upload(visitor, f"NIP;Waktu\n{BAMBU.nip};02/01/2026 07:31\n")
    shown = visitor.page(went.location).text
    assert "tidak dapat diimpor" in shown and "Impor semua" not in shown
    stated = visitor.page(f"{went.location}?date_pattern=DD/MM/YYYY").text
    assert "02/01/2026 07.31" in stated and "Impor semua 1 baris" in stated
    assert send(visitor, went.location, rows="all", date_pattern="DD/MM/YYYY").status_code == 303


def test_a_list_can_be_thrown_away_and_is_gone(stage: Stage, visitor: Visitor) -> None:
    went = upload(visitor, GOOD)
    path = went.location.partition("?")[0]
    assert send(visitor, f"{path}/buang").status_code == 303
    assert visitor.page(went.location).status_code == 404


def test_no_file_and_a_file_that_is_too_large_are_told(stage: Stage, visitor: Visitor) -> None:
    visitor.page(PAGE)
    assert send(visitor, f"{PAGE}/berkas").status_code == 422
    assert upload(visitor, bytes(LARGEST_LIST + 10)).status_code == 422
    assert upload(visitor, bytes(LARGEST_LIST + 200_000)).status_code == 413


def test_somebody_unknown_is_listed_and_adopted_by_name(stage: Stage, visitor: Visitor) -> None:
    told = [Told("77", stage.clock.now())]
    deliver(stage.db, "blora", "bkd", told, machine="M1", actor="machine:M1", now=stage.clock.now())
    page = visitor.page(PAGE).text
    assert "PIN di mesin M1" in page and re.search(rf'value="{MELATI.nip} {MELATI.name}"', page)
    before = punches(stage.db)
    form = {"source": "bkd", "machine": "M1", "pin": "77"}
    assert send(visitor, f"{PAGE}/orang", **form, officer="nobody at all").status_code == 404
    done = send(visitor, f"{PAGE}/orang", **form, officer=f"{MELATI.nip} {MELATI.name}")
    assert done.status_code == 303
    assert punches(stage.db) == before + 1
    assert "1 presensi dipindahkan" in visitor.page(done.location.partition("#")[0]).text
    assert send(visitor, f"{PAGE}/orang", **form, nobody="1").status_code == 303
    with stage.db.reading() as connection:
        assert [one.who for one in strangers(connection, "blora")] == ["77"]


def test_a_machine_that_knocked_is_listed_with_one_touch(stage: Stage, visitor: Visitor) -> None:
    note_unlisted(stage.db, "blora", "CKJE9", now=stage.clock.now())
    assert "CKJE9" in visitor.page(PAGE).text
    assert send(visitor, f"{PAGE}/mesin", serial="CKJE9").status_code == 303
    with stage.db.reading() as connection:
        assert [machine.serial for machine in machines_of(connection, "blora")] == ["CKJE9"]
    assert "Belum pernah terdengar" in visitor.page(PAGE).text
    assert send(visitor, f"{PAGE}/mesin", serial="a b").status_code == 422
    assert send(visitor, f"{PAGE}/mesin/hapus", serial="CKJE9").status_code == 303
    assert send(visitor, f"{PAGE}/mesin/hapus", serial="CKJE9").status_code == 404


@pytest.mark.parametrize(("login", "role", "status"), [
    ("wulan", "manager", 200), ("surya", "coordinator", 200), ("kepeg", "personnel", 200), ("embun", "head", 403),
    ("bupati", "regent", 403),
])  # fmt: skip
def test_only_who_handles_attendance_comes_in(stage: Stage, login: str, role: str, status: int) -> None:
    if login == "kepeg":
        set_account(stage.db, "blora", login, name="Kepegawaian Rekaan", role=role, agency=None, pin=PIN)
    assert stage.signed_in(login).page(PAGE).status_code == status


def test_a_form_without_the_page_s_token_changes_nothing(stage: Stage, visitor: Visitor) -> None:
    visitor.csrf = "geraten"
    assert send(visitor, f"{PAGE}/mesin", serial="CKJE9").status_code == 400
    with stage.db.reading() as connection:
        assert machines_of(connection, "blora") == []

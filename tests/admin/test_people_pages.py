"""What a head of office and the personnel office see and enter, and what they are refused."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from hall.journal import since
from staffing import facts
from staffing.absences import absences_in
from staffing.books import roster_entries
from staffing.deliveries import find_delivery
from staffing.privacy import read_looks
from tests.admin.morning import at
from tests.admin.stage import Stage, Visitor
from tests.cast import AYU, BAMBU, JATI, LINTANG, MELATI, RANDU, SEKAR, TUESDAY, wib

DAY = wib(TUESDAY, "00:00"), wib("2026-03-04", "00:00")


def send(visitor: Visitor, path: str, **form: str) -> TestResponse:
    """Sends a form as a browser does."""
    return visitor.client.post(path, data=form | {"csrf_token": visitor.csrf}, headers={"Accept": "text/html"})


def away(stage: Stage, *, withdrawn: bool = False) -> list[tuple[str, str, str]]:
    with stage.db.reading() as connection:
        found = absences_in(connection, "blora", ["dpmptsp", "dukcapil", "samsat"], *DAY, withdrawn=withdrawn)
    return [(a.officer, a.kind, a.document) for a in found]


def looks(stage: Stage, *, refused: bool = False) -> list[tuple[str, str, str]]:
    with stage.db.reading() as connection:
        return [(x.actor, x.what, x.whom) for x in read_looks(connection, "blora", refused=refused)]


def card(text: str, nip: str) -> str:
    """The words of an officer's card, without the markup."""
    found = re.search(rf'<li class="person" id="o-{nip}".*?</li>', text, flags=re.DOTALL)
    assert found, nip
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])).strip()


def test_the_head_sees_first_who_is_missing_and_who_is_where(stage: Stage) -> None:
    head = stage.signed_in("embun")
    head.post("roster", {"officer": LINTANG.nip, "counter": "6", "from": TUESDAY, "to": TUESDAY})
    text = head.page("/admin/blora/petugas").text
    assert "Belum terlihat" in card(text, LINTANG.nip)
    assert "Di Loket 3" in card(text, BAMBU.nip)
    assert "Jeda" in card(text, SEKAR.nip) and "Jeda" in card(text, AYU.nip)
    assert MELATI.name not in text and RANDU.name not in text
    assert text.index(LINTANG.nip) < text.index(BAMBU.nip)  # needs a look, so first
    assert looks(stage) == [
        ("head:embun", "attendance", "agency:dukcapil"),
    ]


def test_an_absence_takes_three_touches(stage: Stage) -> None:
    head = stage.signed_in("embun")
    page = head.page(f"/admin/blora/petugas?catat={LINTANG.nip}").text
    form = page.partition('class="away-form"')[2]
    key = re.search(r'name="key" value="([^"]+)"', form)
    assert key and f'value="{TUESDAY}"' in form  # the day is filled in; the kind is chosen, the letter may follow
    fields = {"officer": LINTANG.nip, "key": key[1], "kind": "sick", "first": TUESDAY, "last": TUESDAY, "document": ""}
    answer = send(head, "/admin/blora/petugas/tidak-masuk", **fields)
    assert answer.status_code == 303
    after = head.page(answer.location).text
    assert f"Tercatat: {LINTANG.name} sakit, 3 Maret 2026." in after
    assert "surat belum ada" in card(after, LINTANG.nip)
    send(head, "/admin/blora/petugas/tidak-masuk", **fields)  # a second touch on the same button
    assert away(stage) == [(LINTANG.nip, "sick", "")]


def test_a_refusal_is_told_in_the_form_which_keeps_what_was_typed(stage: Stage) -> None:
    head = stage.signed_in("embun")
    answer = send(head, f"/admin/blora/petugas/tidak-masuk?catat={LINTANG.nip}", officer=LINTANG.nip, kind="leave",
                  first="2026-03-05", last="2026-03-04", document="SK 9")  # fmt: skip
    assert answer.status_code == 422
    text = answer.text
    assert "Tanggal selesai tidak boleh sebelum tanggal mulai." in text
    assert 'value="SK 9"' in text and 'value="leave" required checked' in text
    assert away(stage) == []


def test_hours_of_one_day_are_taken_by_the_halls_clock(stage: Stage) -> None:
    head = stage.signed_in("embun")
    send(head, "/admin/blora/petugas/tidak-masuk", officer=BAMBU.nip, kind="permission", first=TUESDAY, last=TUESDAY,
         start="13:00", end="15.30", document="")  # fmt: skip
    with stage.db.reading() as connection:
        row = connection.execute(select(facts.absences)).one()
    assert (row.start, row.end) == (at("13:00"), at("15:30"))
    both = send(head, "/admin/blora/petugas/tidak-masuk", officer=BAMBU.nip, kind="permission", first=TUESDAY,
                last="2026-03-04", start="13:00", end="15:30")  # fmt: skip
    assert both.status_code == 422


def test_a_letter_that_comes_later_is_added_and_a_mistake_withdrawn(stage: Stage) -> None:
    head = stage.signed_in("embun")
    send(head, "/admin/blora/petugas/tidak-masuk", officer=LINTANG.nip, kind="sick", first=TUESDAY, last=TUESDAY)
    with stage.db.reading() as connection:
        first = connection.execute(select(facts.absences.c.id)).scalar_one()
    page = head.page(f"/admin/blora/tidak-masuk?ubah={first}").text
    assert "surat belum ada" in page and LINTANG.name in page
    changed = send(head, f"/admin/blora/tidak-masuk/{first}/ubah", kind="sick", first=TUESDAY, last="2026-03-04",
                   document="SKD 7/2026", reason="surat menyusul")  # fmt: skip
    assert changed.status_code == 303
    assert away(stage) == [(LINTANG.nip, "sick", "SKD 7/2026")]
    with stage.db.reading() as connection:
        second = connection.execute(
            select(facts.absences.c.id).where(facts.absences.c.withdrawn.is_(None))
        ).scalar_one()
    without = send(head, f"/admin/blora/tidak-masuk/{second}/tarik?ubah={second}", reason=" ")
    assert without.status_code == 422 and "Alasan harus diisi." in without.text
    send(head, f"/admin/blora/tidak-masuk/{second}/tarik", reason="salah orang")
    assert away(stage) == []
    assert len(away(stage, withdrawn=True)) == 2
    assert "salah orang" in head.page("/admin/blora/tidak-masuk").text


@pytest.mark.parametrize(
    "path",
    ["petugas?instansi=samsat", "tidak-masuk?instansi=samsat", "apel?instansi=samsat", "jadwal?instansi=samsat"],
)
def test_another_agencys_page_is_refused_and_the_refusal_kept(stage: Stage, path: str) -> None:
    head = stage.signed_in("embun")
    answer = head.page(f"/admin/blora/{path}")
    assert answer.status_code == 403
    assert "Permintaan ini dicatat." in answer.text
    assert RANDU.name not in answer.text
    assert [(actor, whom) for actor, _what, whom in looks(stage, refused=True)] == [("head:embun", "agency:samsat")]


@pytest.mark.parametrize("path", ["attendance", "absences", "roster"])
def test_another_agencys_attendance_is_refused_to_programs_too(stage: Stage, path: str) -> None:
    head = stage.signed_in("embun")
    answer = head.get(f"{path}?agency=samsat")
    assert (answer.status_code, answer.json["code"]) == (403, "other_agency")
    own = head.get(f"{path}?agency=dukcapil")
    assert own.status_code == 200 and RANDU.nip not in own.text
    assert head.get(path).status_code == 200
    what = path
    assert looks(stage, refused=True) == [("head:embun", what, "agency:samsat")]
    manager = stage.signed_in("wulan").get("looks?refused=1")
    assert [(x["actor"], x["whom"], x["allowed"]) for x in manager.json["looks"]] == [
        ("head:embun", "agency:samsat", False)
    ]


def test_an_absence_of_another_agencys_officer_is_refused_by_form_and_interface(stage: Stage) -> None:
    head = stage.signed_in("embun")
    form = send(head, "/admin/blora/petugas/tidak-masuk", officer=RANDU.nip, kind="sick", first=TUESDAY)
    assert form.status_code == 403
    body = {"officer": RANDU.nip, "kind": "sick", "from": DAY[0].isoformat(), "to": DAY[1].isoformat(), "document": "x"}
    assert head.post("absences", body).json["code"] == "other_agency"
    assert stage.signed_in("bkd").post("absences", body).json["code"] == "other_agency"  # Samsat is the province's
    assert away(stage, withdrawn=True) == []
    assert looks(stage, refused=True) == [
        ("personnel:bkd", "absences", f"officer:{RANDU.nip}"),
        ("head:embun", "absences", f"officer:{RANDU.nip}"),
    ]


def test_whoever_may_not_enter_at_all_is_written_down_too(stage: Stage) -> None:
    regent = stage.signed_in("bupati")
    assert regent.get("attendance?agency=dukcapil").json["code"] == "not_allowed"
    assert regent.page("/admin/blora/petugas").status_code == 403
    assert stage.program("kiosk").get("absences").status_code == 403
    assert looks(stage, refused=True) == [
        ("kiosk:kiosk-1", "absences", "hall"),
        ("regent:bupati", "today", "hall"),
        ("regent:bupati", "attendance", "hall"),
    ]
    assert stage.visitor().get("attendance").status_code == 401  # nobody in particular: nothing to write down
    assert len(looks(stage)) == 3


def test_the_personnel_office_sees_the_regencys_agencies_only(stage: Stage) -> None:
    office = stage.signed_in("bkd")
    told = office.get("attendance").json
    assert {o["agency"] for o in told["officers"]} == {"dpmptsp", "dukcapil"}
    page = office.page("/admin/blora/petugas").text
    assert JATI.name in page and BAMBU.name in page and RANDU.name not in page
    assert office.page("/admin/blora/jadwal").status_code == 403  # who sits where is the agency's own business
    assert office.post("roster", {}).json["code"] == "not_allowed"
    entered = office.post(
        "absences",
        {
            "officer": JATI.nip,
            "kind": "study",
            "from": DAY[0].isoformat(),
            "to": DAY[1].isoformat(),
            "document": "SK 1",
        },
    )
    assert entered.status_code == 201
    assert away(stage) == [(JATI.nip, "study", "SK 1")]
    seen = [whom for _actor, what, whom in looks(stage) if what == "attendance"]
    assert sorted(seen) == ["agency:dpmptsp", "agency:dukcapil"]


def test_the_day_over_the_interface_tells_plan_arrival_and_absence(stage: Stage) -> None:
    facts.record_punch(stage.db, "blora", BAMBU.nip, "bkd", at("07:31"), actor="system", now=at("07:40"))
    told = {o["officer"]: o for o in stage.signed_in("wulan").get("attendance?agency=dukcapil").json["officers"]}
    bambu = told[BAMBU.nip]
    assert (bambu["state"], bambu["counter"], bambu["arrived"]) == ("at_counter", "3", "2026-03-03T07:31:00+07:00")
    assert bambu["planned"][0]["counter"] == "3"
    assert told[LINTANG.nip]["state"] in ("missing", "unplanned")
    assert stage.signed_in("wulan").get("attendance?date=besok").json["code"] == "bad_date"


def test_a_substitute_is_named_on_the_page_and_seen_on_the_floor(stage: Stage) -> None:
    head = stage.signed_in("embun")
    page = head.page(f"/admin/blora/jadwal?untuk=3&cara=substitute&siapa={BAMBU.nip}").text
    assert "Pengganti untuk" in page and SEKAR.name in page
    form = {"counter": "3", "how": "substitute", "whom": BAMBU.nip, "officer": SEKAR.nip, "first": TUESDAY}
    assert send(head, "/admin/blora/jadwal", **form).status_code == 303
    planned = {c["counter"]: c["planned"] for c in head.get("floor").json["counters"]}["3"]
    assert [p["nip"] for p in planned] == [SEKAR.nip]
    after = head.page("/admin/blora/jadwal").text
    assert f"pengganti {BAMBU.name}" in after
    with stage.db.reading() as connection:
        entry = connection.execute(select(roster_entries.c.id)).scalar_one()
    send(head, f"/admin/blora/jadwal/{entry}/tarik", reason="batal")
    planned = {c["counter"]: c["planned"] for c in head.get("floor").json["counters"]}["3"]
    assert [p["nip"] for p in planned] == [BAMBU.nip]


def test_plans_and_posts_go_over_the_interface_as_well(stage: Stage) -> None:
    head = stage.signed_in("embun")
    body = {"officer": SEKAR.nip, "counter": "6", "from": "2026-03-04", "to": "2026-03-10", "days": [0, 2]}
    made = head.post("roster", body)
    assert made.status_code == 201
    told = head.get("roster?from=2026-03-04&to=2026-03-10").json
    assert [e["id"] for e in told["entries"]] == [made.json["id"]]
    dates = {p["from"][:10] for p in told["planned"] if p["counter"] == "6" and p["officer"] == SEKAR.nip}
    assert dates == {"2026-03-04", "2026-03-09"}
    assert head.post("roster", body | {"days": [9]}).json["code"] == "wrong_type"
    assert head.post("roster", body | {"counter": "7"}).json["code"] == "other_agency"
    assert head.post(f"roster/{made.json['id']}/withdraw", {"reason": "batal"}).status_code == 200
    assert head.post(f"roster/{made.json['id']}/withdraw", {"reason": "batal"}).json["code"] == "already_withdrawn"
    assert head.post("roster/tidak-ada/withdraw", {"reason": "x"}).json["code"] == "unknown_entry"
    posted = head.post("posts", {"counter": "3", "title": "Operator", "state": "vacant", "since": TUESDAY})
    assert posted.status_code == 201
    register = head.get("posts").json
    assert ("3", "Operator", False) in [(p["counter"], p["title"], p["filled"]) for p in register["posts"]]
    assert {p["agency"] for p in register["posts"]} == {"dukcapil"}
    assert head.post(f"posts/{posted.json['id']}/withdraw", {"reason": "keliru"}).status_code == 200
    assert "Operator" not in [p["title"] for p in head.get("posts").json["posts"]]
    with stage.db.reading() as connection:
        kinds = [line.kind for line in since(connection, "blora", 0, limit=10_000)][-4:]
    assert kinds == ["plan_recorded", "plan_withdrawn", "post_changed", "post_change_withdrawn"]


def test_the_post_register_is_kept_on_its_page(stage: Stage) -> None:
    manager = stage.signed_in("wulan")
    assert "Operator Layanan Operasional" in manager.page("/admin/blora/formasi?instansi=dukcapil").text
    form = {
        "counter": "6",
        "title": "Operator Layanan Operasional",
        "state": "filled",
        "since": TUESDAY,
        "reason": "SK 1",
    }
    assert send(manager, "/admin/blora/formasi", **form).status_code == 303
    page = manager.page("/admin/blora/formasi?instansi=dukcapil").text
    assert "sejak 03/03/2026" in page and "SK 1" in page
    again = send(manager, "/admin/blora/formasi?untuk=6", **form)
    assert again.status_code == 409 and "Catatan yang sama sudah ada." in again.text


def test_a_roll_call_arrives_over_the_interface_once(stage: Stage) -> None:
    head = stage.signed_in("embun")
    marks = [
        {
            "key": "aaaaaaaa-1",
            "roll": "pagi",
            "officer": LINTANG.nip,
            "mark": "present",
            "at": "2026-03-03T07:31:00+07:00",
        },
        {"key": "aaaaaaaa-2", "roll": "pagi", "officer": AYU.nip, "mark": "sick", "at": "2026-03-03T00:32:00Z"},
        {"key": "aaaaaaaa-3", "roll": "pagi", "mark": "close", "at": "2026-03-03T07:33:00+07:00"},
    ]
    body = {"agency": "dukcapil", "sent_at": "2026-03-03T09:45:00+07:00", "marks": marks}
    told = head.post("apel", body).json
    assert [m["state"] for m in told["marks"]] == ["recorded"] * 3 and told["clock_off_seconds"] == 0
    assert [m["state"] for m in head.post("apel", body).json["marks"]] == ["known"] * 3
    page = head.page("/admin/blora/petugas").text
    assert "Hadir" in card(page, LINTANG.nip) and "terlihat pertama 07.31" in card(page, LINTANG.nip)
    assert away(stage) == [(AYU.nip, "sick", "")]
    assert head.post("apel", body | {"agency": "samsat"}).json["code"] == "other_agency"
    assert head.post("apel", body | {"marks": [1]}).json["code"] == "wrong_type"
    assert head.post("apel", body | {"marks": marks[2:] * 301}).json["code"] == "wrong_length"
    assert head.post("apel", body | {"sent_at": "tadi"}).json["code"] == "bad_time"
    assert stage.signed_in("bupati").post("apel", body).json["code"] == "not_allowed"


def test_the_managers_list_names_who_looked_and_who_was_refused(stage: Stage) -> None:
    stage.signed_in("embun").page("/admin/blora/petugas?instansi=samsat")
    manager = stage.signed_in("wulan")
    manager.page("/admin/blora/petugas")
    page = manager.page("/admin/blora/catatan-akses").text
    assert "ditolak" in page and "Samsat" in page and "seluruh balai" in page
    only = manager.page("/admin/blora/catatan-akses?hanya=ditolak").text
    assert "Samsat" in only and "seluruh balai" not in only
    assert stage.signed_in("embun").page("/admin/blora/catatan-akses").status_code == 403


def test_a_day_that_was_is_shown_as_it_was(stage: Stage) -> None:
    head = stage.signed_in("embun")
    page = head.page("/admin/blora/petugas?tanggal=2026-03-02").text
    assert "Senin, 2 Maret 2026" in page and "Di Loket" not in page
    assert head.page("/admin/blora/petugas?tanggal=2026-13-02").status_code == 422
    assert date.fromisoformat("2026-03-02").isoformat() in page


def test_a_file_of_absences_is_looked_at_first_and_forgotten_afterwards(stage: Stage) -> None:
    head = stage.signed_in("embun")
    assert "Impor CSV atau XLSX" in head.page("/admin/blora/tidak-masuk").text
    head.page("/admin/blora/tidak-masuk/berkas")
    text = f"NIP;Jenis;Mulai;Selesai\n{LINTANG.nip};sakit tipes;2026-03-03;\n{RANDU.nip};cuti;2026-03-03;\n"
    upload = {"csrf_token": head.csrf, "file": (io.BytesIO(text.encode()), "maret.csv")}
    answer = head.client.post("/admin/blora/tidak-masuk/berkas", data=upload, headers={"Accept": "text/html"})
    assert answer.status_code == 303
    shown = head.page(answer.location).text
    assert "1 baris bermasalah, 1 baris baik." in shown and LINTANG.name in shown and "tipes" not in shown
    assert stage.signed_in("wulan").page(answer.location).status_code == 404  # somebody else's file
    refused = send(head, answer.location, rows="all")
    assert refused.status_code == 422 and away(stage) == []
    taken = send(head, answer.location, rows="good")
    assert taken.status_code == 303
    assert "1 catatan diimpor." in head.page(taken.location).text
    assert away(stage) == [(LINTANG.nip, "sick", "")]
    again = send(head, answer.location, rows="good")  # pressed twice
    assert (again.status_code, again.location) == (303, taken.location)
    assert head.page(answer.location).status_code == 404
    with stage.db.reading() as connection:
        kept = find_delivery(connection, "blora", answer.location.rpartition("/")[2])
    assert (kept.body, kept.name, kept.digest, kept.size) == (b"", "", "", 0)
    nothing = send(head, "/admin/blora/tidak-masuk/berkas")
    assert nothing.status_code == 422 and "Pilih berkas" in nothing.text

"""Follow-up over HTTP and on its pages: who may do what, who reads of whom, and that each look is written down."""

from __future__ import annotations

import io
from typing import Any

import pytest
from docx import Document
from playwright.sync_api import Playwright, expect
from pypdf import PdfReader
from sqlalchemy import select

from hall.once import answers, fingerprint
from hall.people import set_account
from staffing import facts
from staffing.cases import list_cases
from staffing.privacy import read_looks
from tests.admin.stage import PIN, Stage, Visitor
from tests.browser import launch
from tests.cast import BAMBU, SEKAR, SYSTEM, wib

CHOICE = "/admin/blora/tindak-lanjut/baru"
LIST = "/admin/blora/tindak-lanjut"


@pytest.fixture
def monday(stage: Stage) -> Stage:
    """The hall on the Monday after: all attendance has come in, the time for explanation is over."""
    until, at = wib("2026-03-07", "00:00"), wib("2026-03-07", "06:00")
    facts.record_coverage(stage.db, "blora", "bkd", until, actor=SYSTEM, now=at)
    stage.clock.moment = wib("2026-03-09", "09:00")
    set_account(stage.db, "blora", "anom", name="Anom Rekaan", role="head", agency="imigrasi", pin=PIN)
    return stage


def call(visitor: Visitor, method: str, path: str, body: Any = None) -> Any:
    """A call to the interface, wherever in it."""
    headers = visitor._headers()
    if method == "get":
        return visitor.client.get(f"/api/v1{path}", headers=headers)
    return visitor.client.post(f"/api/v1{path}", json={} if body is None else body, headers=headers)


def vacancies(*counters: str, day: str = "2026-03-04") -> dict[str, Any]:
    """A body that names the first vacancy of the day at these counters."""
    opens = {"9": "09:00"}
    return {"vacancies": [{"counter": c, "start": f"{day}T{opens.get(c, '08:00')}:00+07:00"} for c in counters]}


def opened(visitor: Visitor, *counters: str, **more: Any) -> str:
    answer = visitor.post("cases", vacancies(*counters) | more)
    assert answer.status_code == 201, answer.text
    [case_id] = answer.json["cases"]
    return str(case_id)


def looks(stage: Stage, *, refused: bool = False) -> list[tuple[str, str, str]]:
    with stage.db.reading() as connection:
        return [(k.actor, k.whom, k.what) for k in read_looks(connection, "blora", refused=refused)]


# ---- the interface ----


def test_a_case_is_opened_led_and_closed_over_http(monday: Stage) -> None:
    surya = monday.signed_in("surya")
    case_id = opened(surya, "9", note="Sesudah sidak", due="2026-03-20")
    assert call(surya, "post", f"/cases/{case_id}/assign", {"responsible": "Kepala Seksi"}).status_code == 200
    meeting = {"at": "2026-03-12T09:30:00+07:00", "place": "Ruang rapat"}
    assert call(surya, "post", f"/cases/{case_id}/meeting", meeting).json["state"] == "in_progress"
    made = call(surya, "post", f"/cases/{case_id}/letters", {"kind": "invitation"})
    assert (made.status_code, made.json["letter"]) == (201, 1)
    call(surya, "post", f"/cases/{case_id}/note", {"note": "Menunggu jawaban"})
    done = call(surya, "post", f"/cases/{case_id}/close", {"result": "meeting_held", "note": "Disepakati"})
    assert done.json == {"id": case_id, "state": "closed", "result": "meeting_held"}
    told = call(surya, "get", f"/cases/{case_id}").json
    assert [step["step"] for step in told["timeline"]] == [
        "opened", "assigned", "meeting_set", "letter_drafted", "noted", "closed",
    ]  # fmt: skip
    assert told["timeline"][0]["by"] == "coordinator:surya"
    assert told["vacancies"][0]["cause"] == "agency_not_open" and told["vacancies"][0]["changed"] == []
    assert told["may"] == ["note", "reopen"]


def test_both_files_of_a_letter_can_be_fetched_and_say_what_the_case_says(monday: Stage) -> None:
    surya = monday.signed_in("surya")
    case_id = opened(surya, "9")
    made = call(surya, "post", f"/cases/{case_id}/letters", {"kind": "invitation"}).json
    pdf = surya.client.get(made["pdf"])
    assert (pdf.status_code, pdf.mimetype) == (200, "application/pdf")
    assert 'filename="konsep-1-1-invitation.pdf"' in pdf.headers["Content-Disposition"]
    assert all("KONSEP" in page.extract_text() for page in PdfReader(io.BytesIO(pdf.data)).pages)
    word = Document(io.BytesIO(surya.client.get(made["docx"]).data))
    assert any("Kepala Kantor Imigrasi" in p.text for p in word.paragraphs)
    page = surya.client.get(f"{LIST}/{case_id}/surat/1.pdf", headers={"Accept": "text/html"})
    assert page.data == pdf.data
    assert surya.client.get(f"{LIST}/{case_id}/surat/1.exe").status_code == 404
    assert call(surya, "get", f"/cases/{case_id}/letters/2.pdf").json["code"] == "unknown_letter"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"vacancies": []}, "no_vacancies"),
        ({"vacancies": ["1"]}, "wrong_type"),
        ({"vacancies": [{"counter": "9"}]}, "wrong_type"),
        ({"vacancies": [{"counter": "9", "start": "2026-03-04T09:00:00"}]}, "bad_time"),
        ({"vacancies": [{"counter": "9", "start": "2026-03-04T09:01:00+07:00"}]}, "vacancy_changed"),
        (vacancies("9") | {"due": "kapan-kapan"}, "bad_date"),
        (vacancies("9") | {"kind": "examination"}, "kind_does_not_fit"),
        (vacancies("16"), "nothing_follows"),
    ],
)
def test_a_bad_order_is_refused_with_its_code(monday: Stage, body: dict[str, Any], code: str) -> None:
    answer = monday.signed_in("surya").post("cases", body)
    assert answer.json["code"] == code
    assert monday.signed_in("wulan").get("cases").json["cases"] == []


def test_who_may_lead_who_may_ask_and_who_may_answer(monday: Stage) -> None:
    case_id = opened(monday.signed_in("bkd"), "3")
    for login, step, body in (
        ("bupati", "note", {"note": "x"}),
        ("embun", "close", {"result": "examined", "note": "x"}),
        ("bupati", "answer", {"note": "x"}),
        ("wulan", "answer", {"note": "x"}),
    ):
        assert call(monday.signed_in(login), "post", f"/cases/{case_id}/{step}", body).status_code == 403
    assert monday.signed_in("embun").post("cases", vacancies("4")).status_code == 403
    assert (
        call(monday.signed_in("embun"), "post", f"/cases/{case_id}/answer", {"note": "Ada suratnya"}).status_code == 200
    )
    assert monday.program("kiosk").get("cases").status_code == 403
    assert monday.visitor().get("cases").status_code == 401


def test_the_regent_asks_and_the_hall_accepts(monday: Stage) -> None:
    case_id = opened(monday.signed_in("bupati"), "9", note="Undang mereka")
    wulan = monday.signed_in("wulan")
    told = call(wulan, "get", f"/cases/{case_id}").json
    assert (told["state"], told["may"]) == ("requested", ["accept", "note", "close"])
    assert call(wulan, "post", f"/cases/{case_id}/accept").json["state"] == "open"


def test_a_key_gives_its_first_answer_again_also_when_the_facts_have_changed_since(monday: Stage) -> None:
    surya = monday.signed_in("surya")

    def ask(key: str, body: dict[str, Any]) -> tuple[int, Any]:
        headers = surya._headers() | {"Idempotency-Key": key}
        answer = surya.client.post("/api/v1/halls/blora/cases", json=body, headers=headers)
        told: dict[str, Any] = answer.get_json()
        return answer.status_code, told.get("code", told)

    body = vacancies("9")
    status, made = ask("k1", body)
    assert status == 201
    close_nine(monday)
    assert ask("k1", body) == (201, made)
    same = [{"counter": "9", "start": "2026-03-04T02:00:00Z"}]  # the same moment, written otherwise
    assert ask("k1", {"vacancies": same}) == (201, made)
    for other in (body | {"note": "lain"}, vacancies("3"), vacancies("3", "9")):
        assert ask("k1", other) == (422, "key_reused")
    assert ask("k2", body) == (409, "vacancy_changed")
    assert ask("k" * 200, body) == (422, "bad_key")
    with monday.db.reading() as connection:
        assert [case.id for case in list_cases(connection, "blora")] == made["cases"]
        [stored] = connection.execute(select(answers.c.asked).where(answers.c.key == "k1")).scalars()
    order = {"kind": None, "note": "", "responsible": "", "due": None}
    # in this form since the beginning: in another, an update would answer "key_reused" to who asks again
    assert stored == fingerprint(order | {"vacancies": [["9", "2026-03-04T02:00:00+00:00"]]})


def close_nine(stage: Stage) -> None:
    """A closure that comes to be known late: that counter 9 stood empty that morning was right."""
    start, end = wib("2026-03-04", "07:00"), wib("2026-03-04", "12:00")
    facts.record_closure(stage.db, "blora", "counter:9", start, end, "Listrik", actor=SYSTEM, now=stage.clock.now())


# ---- who reads of whom ----


def test_a_head_reads_the_own_agency_and_reaching_for_another_is_refused_and_written_down(monday: Stage) -> None:
    surya = monday.signed_in("surya")
    own, other = opened(surya, "3"), opened(surya, "9")
    embun = monday.signed_in("embun")
    assert [case["id"] for case in embun.get("cases").json["cases"]] == [own]
    assert call(embun, "get", f"/cases/{own}").status_code == 200
    for answer in (
        call(embun, "get", f"/cases/{other}"),
        call(embun, "post", f"/cases/{other}/answer", {"note": "x"}),
        embun.get("cases?agency=imigrasi"),
    ):
        assert (answer.status_code, answer.json["code"]) == (403, "other_agency")
    assert embun.page(f"{LIST}/{other}").status_code == 403
    assert ("head:embun", "agency:imigrasi", "case") in looks(monday, refused=True)


def test_whoever_is_shown_a_name_is_written_down_and_the_regent_is_shown_none(monday: Stage) -> None:
    case_id = opened(monday.signed_in("surya"), "3", "4")
    assert looks(monday) == []
    told = call(monday.signed_in("bupati"), "get", f"/cases/{case_id}")
    assert BAMBU.name not in told.text and BAMBU.nip not in told.text
    assert told.json["vacancies"][0]["officers"] == [{"role": "petugas"}]
    assert told.json["timeline"][0]["by"] == "coordinator"
    page = monday.signed_in("bupati").page(f"{LIST}/{case_id}")
    assert page.status_code == 200 and BAMBU.name not in page.text and "surya" not in page.text
    assert looks(monday) == []
    embun = monday.signed_in("embun")
    assert BAMBU.name in embun.page(f"{LIST}/{case_id}").text
    assert set(looks(monday)) == {("head:embun", f"officer:{p.nip}", "case") for p in (BAMBU, SEKAR)}


def test_a_letter_that_names_somebody_goes_to_those_alone_who_may_know(monday: Stage) -> None:
    surya = monday.signed_in("surya")
    case_id = opened(surya, "3")
    made = call(surya, "post", f"/cases/{case_id}/letters", {"kind": "examination"}).json
    refused = call(monday.signed_in("bupati"), "get", f"/cases/{case_id}/letters/1.pdf")
    assert (refused.status_code, refused.json["code"]) == (403, "other_agency")
    assert monday.signed_in("embun").client.get(made["docx"]).status_code == 200
    assert ("head:embun", f"officer:{BAMBU.nip}", "case") in looks(monday)
    assert ("regent:bupati", "agency:dukcapil", "case") in looks(monday, refused=True)


# ---- the pages ----


def send(visitor: Visitor, path: str, **form: Any) -> Any:
    return visitor.client.post(path, data={"csrf_token": visitor.csrf} | form, headers={"Accept": "text/html"})


def test_the_choice_shows_causes_costs_and_proposals_and_names_nobody(monday: Stage) -> None:
    page = monday.signed_in("surya").page(f"{CHOICE}?dari=2026-03-03&sampai=2026-03-04")
    assert page.status_code == 200
    for words in ("Loket 9", "instansi belum buka", "Undangan rapat", "tanpa keterangan", "Pemeriksaan oleh atasan"):
        assert words in page.text
    assert "2.211,0 menit warga menunggu" in page.text
    assert BAMBU.name not in page.text and BAMBU.nip not in page.text
    assert "tidak terpantau" not in page.text
    assert looks(monday) == []


def test_a_refused_choice_is_shown_again_as_it_was(monday: Stage) -> None:
    surya = monday.signed_in("surya")
    surya.page(CHOICE)
    ref = "9|2026-03-04T02:00:00+00:00"
    period = {"dari": "2026-03-04", "sampai": "2026-03-04", "pilih": ref}
    answer = send(surya, CHOICE, kind="examination", note="Tolong diperiksa", responsible="Kasi", **period)
    assert answer.status_code == 422
    assert f'value="{ref}" checked' in answer.text
    assert "Tolong diperiksa" in answer.text and 'value="Kasi"' in answer.text
    assert 'value="examination" selected' in answer.text
    done = send(surya, CHOICE, note="Tolong diundang", **period)
    assert done.status_code == 303 and "/tindak-lanjut/" in done.location


def test_a_choice_sent_twice_leads_to_the_same_case_also_when_the_facts_have_changed_since(monday: Stage) -> None:
    surya = monday.signed_in("surya")
    surya.page(CHOICE)
    form = {"pilih": "9|2026-03-04T02:00:00+00:00", "key": "k1"}
    first = send(surya, CHOICE, **form)
    assert first.status_code == 303
    close_nine(monday)
    again = send(surya, CHOICE, **form)
    assert (again.status_code, again.location) == (303, first.location)
    assert send(surya, CHOICE, **form | {"key": "k2"}).status_code == 409


def test_a_period_that_is_too_long_or_upside_down_is_told(monday: Stage) -> None:
    surya = monday.signed_in("surya")
    for period in ("dari=2026-01-01&sampai=2026-03-09", "dari=2026-03-09&sampai=2026-03-03", "dari=kemarin"):
        answer = surya.page(f"{CHOICE}?{period}")
        assert answer.status_code == 422 and "banner-error" in answer.text


def test_counters_closed_by_their_own_hours_are_listed_apart(monday: Stage) -> None:
    page = monday.signed_in("surya").page(f"{CHOICE}?daftar=jadwal&dari=2026-03-03&sampai=2026-03-03")
    assert "bukan kesalahan siapa pun" in page.text
    assert "di luar jam layanan" in page.text and "tanpa keterangan" not in page.text


def test_a_refused_step_keeps_what_was_typed(monday: Stage) -> None:
    surya = monday.signed_in("surya")
    case_id = opened(surya, "9")
    surya.page(f"{LIST}/{case_id}")
    past = {"step": "meeting", "day": "2026-03-02", "time": "09:00", "place": "Ruang Anggrek", "note": "Penting"}
    answer = send(surya, f"{LIST}/{case_id}", **past)
    assert answer.status_code == 422
    assert "Waktu rapat harus sesudah sekarang." in answer.text
    assert 'value="Ruang Anggrek"' in answer.text and ">Penting</textarea>" in answer.text
    assert send(surya, f"{LIST}/{case_id}", step="juggle").status_code == 404
    assert send(surya, f"{LIST}/{case_id}", **past | {"day": ""}).status_code == 422
    assert surya.client.post(f"{LIST}/{case_id}", data={"step": "note", "note": "x"}).status_code == 400  # no CSRF


def test_a_page_does_only_the_steps_of_ones_role(monday: Stage) -> None:
    case_id = opened(monday.signed_in("surya"), "3")
    for login, step in (("bupati", "note"), ("embun", "close"), ("wulan", "answer")):
        visitor = monday.signed_in(login)
        visitor.page(f"{LIST}/{case_id}")
        given = {"step": step, "note": "x", "result": "examined"}
        assert send(visitor, f"{LIST}/{case_id}", **given).status_code == 403
    embun = monday.signed_in("embun")
    embun.page(f"{LIST}/{case_id}")
    assert send(embun, f"{LIST}/{case_id}", step="answer", note="Ada suratnya").status_code == 303
    assert "Ada suratnya" in embun.page(f"{LIST}/{case_id}").text


def test_the_days_are_counted_only_when_asked_for_and_marked_as_indicative(monday: Stage) -> None:
    surya = monday.signed_in("surya")
    case_id = opened(surya, "3")
    before = surya.page(f"{LIST}/{case_id}").text
    assert "Hitung untuk tahun ini" in before and "hari terjadwal" not in before
    after = surya.page(f"{LIST}/{case_id}?hitung=1").text
    assert "(indikatif)" in after and "hari terjadwal di balai ini" in after
    assert "[perlu dipastikan oleh Bagian Hukum]" in after
    assert "hari terjadwal" not in monday.signed_in("bupati").page(f"{LIST}/{case_id}?hitung=1").text
    meeting = opened(surya, "9")
    assert "indikatif" not in surya.page(f"{LIST}/{meeting}?hitung=1").text


def test_a_case_of_another_hall_is_not_shown_under_this_one(monday: Stage) -> None:
    surya = monday.signed_in("surya")
    assert surya.page(f"{LIST}/0199").status_code == 404
    assert surya.page("/admin/lain/tindak-lanjut").status_code == 403


@pytest.mark.parametrize("path", [LIST, f"{LIST}?keadaan=semua", CHOICE])
def test_no_page_of_follow_up_carries_a_script_or_a_style_of_its_own(monday: Stage, path: str) -> None:
    text = monday.signed_in("surya").page(path).text
    assert "<style" not in text and " style=" not in text
    assert all("src=" in script for script in text.split("<script")[1:])


# ---- in a real browser ----


def test_on_a_phone_a_case_is_opened_its_letter_taken_along_and_a_late_fact_seen(
    monday: Stage, playwright: Playwright
) -> None:
    browser = launch(playwright)
    with monday.served() as address:
        context = browser.new_context(viewport={"width": 390, "height": 844}, locale="id-ID")
        page = context.new_page()
        page.set_default_timeout(15_000)
        faults: list[str] = []
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.goto(f"{address}/admin/sign-in?next={LIST}")
        page.fill("#login", "surya")
        page.fill("#pin", PIN)
        page.click("button[type=submit]")
        page.click("text=Buka tindak lanjut")
        page.fill("#dari", "2026-03-04")
        page.fill("#sampai", "2026-03-04")
        page.click("text=Tampilkan")
        page.locator("label.choice-row", has_text="Loket 3").click()
        page.fill("#responsible", "Kepala Seksi Pelayanan")
        page.click("button:has-text('Buka tindak lanjut')")
        expect(page.locator("h2")).to_have_text("Pemeriksaan oleh atasan")
        expect(page.locator(".case-piece")).to_contain_text("Bambu Kuning")
        page.click("summary:has-text('Susun konsep surat')")
        page.click("button:has-text('Susun konsep')")
        with page.expect_download() as download:
            page.click(".case-files >> text=PDF")
        assert download.value.suggested_filename == "konsep-1-1-examination.pdf"
        assert "KONSEP" in PdfReader(download.value.path()).pages[0].extract_text()
        start, end = wib("2026-03-04", "00:00"), wib("2026-03-05", "00:00")
        facts.record_absence(
            monday.db, "blora", BAMBU.nip, "sick", start, end, "SKD 7/2026", actor=SYSTEM, now=monday.clock.now()
        )
        page.reload()
        expect(page.locator(".case-banner")).to_contain_text("Fakta berubah")
        expect(page.locator(".case-now")).to_contain_text("sakit")
        expect(page.locator("summary:has-text('Susun konsep surat')")).to_have_count(0)
        for path in (LIST, CHOICE, page.url.removeprefix(address)):
            page.goto(f"{address}{path}")
            assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.click("summary:has-text('Tutup dengan hasil')")
        small = "e => { const b = e.getBoundingClientRect(); return Math.min(b.width, b.height) }"
        for box in page.locator(".case-steps summary, .case-steps button:visible").all():
            assert box.evaluate(small) >= 43.9
        assert faults == []
        context.close()
    browser.close()

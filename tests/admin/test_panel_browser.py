"""The panel of a counter in a real browser: why it is empty, and what the hall's staff may do about it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from hall.journal import journal
from staffing.presence import open_sessions
from staffing.privacy import read_looks
from tests.admin.stage import PIN, Stage
from tests.cast import RANDU


def open_panel(page: Page, counter: str) -> None:
    page.click(f'.tile[data-counter="{counter}"] .tile-open')
    expect(page.locator("#panel")).to_be_visible()


def seated(stage: Stage) -> set[str]:
    with stage.db.reading() as connection:
        return {session.counter for session in open_sessions(connection, "blora")}


def written(stage: Stage, kind: str) -> int:
    with stage.db.reading() as connection:
        query = select(func.count()).select_from(journal).where(journal.c.kind == kind)
        return int(connection.execute(query).scalar_one())


def test_the_panel_says_why_with_evidence_and_whom_and_that_look_is_kept(page: Page, stage: Stage) -> None:
    open_panel(page, "7")
    panel = page.locator("#panel")
    expect(panel.locator("h2")).to_have_text("Loket 7")
    expect(panel).to_contain_text("42 menit")
    expect(panel).to_contain_text("Petugas Loket 7 (Randu Lereng) hadir, tetapi tidak berada di loket.")
    expect(panel).to_contain_text("13 orang menunggu")
    with stage.db.reading() as connection:
        looks = [(look.actor, look.whom) for look in read_looks(connection, "blora")]
    assert ("manager:wulan", f"officer:{RANDU.nip}") in looks
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    page.click('#vacant-list [data-counter="15"] button')
    expect(panel.locator("h2")).to_have_text("Loket 15")
    expect(panel).to_contain_text("Polres belum buka.")
    page.click("#panel-day")
    expect(page).to_have_url(re.compile(r"/admin/blora/hari/2026-03-03/15$"))
    expect(page.locator("main h2").first).to_have_text("Loket 15")


def test_a_session_that_somebody_left_open_is_ended_with_its_ticket(page: Page, stage: Stage) -> None:
    finished = written(stage, "ticket_finished")
    open_panel(page, "3")
    page.click('[data-act="act-sign-out"]')
    expect(page.locator("#sign-out-serving")).to_contain_text("masih tercatat di loket ini")
    page.click("#act-sign-out button[type=submit]")
    expect(page.locator("#panel-done")).to_be_hidden()  # nothing happens before it is confirmed
    assert "3" in seated(stage)
    page.check("#act-sign-out input[type=checkbox]")
    page.click("#act-sign-out button[type=submit]")
    expect(page.locator("#panel-done")).to_have_text("Sesi petugas di loket ini sudah diakhiri.")
    assert "3" not in seated(stage)
    assert written(stage, "ticket_finished") == finished + 1
    expect(page.locator('.tile[data-counter="3"] .state')).to_have_text("Kosong")


def test_a_number_that_nobody_came_for_is_missed_when_its_session_is_ended(page: Page, stage: Stage) -> None:
    missed = written(stage, "ticket_missed")
    open_panel(page, "1")
    page.click('[data-act="act-sign-out"]')
    page.check("#act-sign-out input[type=checkbox]")
    page.click("#act-sign-out button[type=submit]")
    expect(page.locator("#panel-done")).to_be_visible()
    assert written(stage, "ticket_missed") == missed + 1
    assert "1" not in seated(stage)


def test_a_counter_is_closed_from_now_on_with_its_reason(page: Page, stage: Stage) -> None:
    open_panel(page, "10")
    page.click('[data-act="act-closure"]')
    expect(page.locator("#closure-until")).to_have_value("15.00")  # when it would have closed anyway
    page.fill("#closure-until", "12.30")
    page.fill("#closure-reason", "listrik padam")
    page.check("#act-closure input[type=checkbox]")
    page.click("#act-closure button[type=submit]")
    expect(page.locator("#panel-done")).to_have_text("Penutupan loket sudah dicatat.")
    tile = page.locator('.tile[data-counter="10"]')
    expect(tile.locator(".state")).to_have_text("Tutup sesuai jadwal")
    expect(tile).to_contain_text("listrik padam")
    expect(tile).to_contain_text("buka lagi 12.30")
    with stage.db.reading() as connection:
        line = connection.execute(
            select(journal).where(journal.c.kind == "closure_recorded").order_by(journal.c.seq.desc())
        ).first()
    assert line is not None
    assert line.actor == "manager:wulan"
    assert line.data == {
        "from": "2026-03-03T09:45:00+07:00",
        "to": "2026-03-03T12:30:00+07:00",
        "reason": "listrik padam",
    }


def test_a_refusal_is_told_in_the_panel_and_keeps_what_was_typed(page: Page, stage: Stage) -> None:
    before = written(stage, "closure_recorded")
    open_panel(page, "10")
    page.click('[data-act="act-closure"]')
    page.fill("#closure-until", "07.00")  # before now
    page.fill("#closure-reason", "listrik padam")
    page.check("#act-closure input[type=checkbox]")
    page.click("#act-closure button[type=submit]")
    expect(page.locator("#panel-error")).to_have_text("Waktu selesai harus sesudah waktu mulai, keduanya dengan zona.")
    expect(page.locator("#closure-reason")).to_have_value("listrik padam")
    assert written(stage, "closure_recorded") == before


def test_without_the_server_a_press_says_so(page: Page, stage: Stage) -> None:
    open_panel(page, "3")
    page.click('[data-act="act-sign-out"]')
    page.check("#act-sign-out input[type=checkbox]")
    page.route("**/sign-out", lambda route: route.abort())
    page.click("#act-sign-out button[type=submit]")
    expect(page.locator("#panel-error")).to_have_text("Tidak terhubung ke sistem antrean. Coba lagi.")
    assert "3" in seated(stage)


def test_the_day_is_closed_only_after_a_second_word(page: Page, stage: Stage) -> None:
    page.click("#close-day")
    expect(page.locator("#closing-waiting")).to_have_text("48 orang masih menunggu.")
    page.click("#closing-go")
    assert written(stage, "ticket_expired") == 0
    page.check("#closing-sure")
    page.click("#closing-go")
    expect(page.locator("#closing-done")).to_have_text("Hari layanan ditutup; 48 nomor kedaluwarsa.")
    assert written(stage, "ticket_expired") == 48
    expect(page.locator('[data-total="waiting"]')).to_have_text("0")


@pytest.mark.parametrize("login", ["bupati", "embun"])
def test_who_may_only_look_finds_no_buttons(page: Page, stage: Stage, login: str) -> None:
    page.context.clear_cookies()
    page.goto(page.url.split("/admin")[0] + "/admin/sign-in?next=/admin/blora")
    page.fill("#login", login)
    page.fill("#pin", PIN)
    page.click("button[type=submit]")
    page.wait_for_selector(".tile")
    expect(page.locator("#close-day")).to_have_count(0)
    open_panel(page, "5")
    expect(page.locator("[data-act]")).to_have_count(0)
    expect(page.locator("#panel")).to_contain_text("hadir, tetapi tidak berada di loket")
    assert ("Ayu Gerimis" in page.locator("#panel").inner_text()) is (login == "embun")


def test_what_is_chosen_stands_in_the_address_and_outlives_a_reload(page: Page) -> None:
    page.select_option("#kind", "vertical")
    page.click('.chip[data-chip="vacant"]')
    expect(page).to_have_url(re.compile(r"\?jenis=vertical&keadaan=vacant$"))
    page.reload()
    page.wait_for_selector(".tile")
    expect(page.locator(".tile")).to_have_count(3)
    expect(page.locator("#kind")).to_have_value("vertical")
    expect(page.locator("#vacant-text")).to_have_text("3 dari 10 loket kosong")
    wall = page.locator("a[data-mode]")
    expect(wall).to_have_attribute("href", "?jenis=vertical&keadaan=vacant&mode=dinding")


def test_a_stretch_of_the_day_is_reached_by_keyboard_and_opens_its_evidence(page: Page) -> None:
    page.goto(page.url.split("/admin")[0] + "/admin/blora/hari?instansi=samsat")
    link = page.locator("a.box-link").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if link.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Enter")
    proof = page.locator("#proof")
    expect(proof).to_be_visible()
    expect(proof).to_contain_text("Kosong: hadir, tidak di loket")
    expect(proof).to_contain_text("Fakta yang menentukan")
    page.keyboard.press("Escape")
    expect(proof).to_be_hidden()
    expect(link).to_be_focused()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1366, 768), (1920, 1080)])
def test_the_day_fits_the_side_of_every_screen(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    base = page.url.split("/admin")[0]
    for path in ("/admin/blora/hari", "/admin/blora/hari/2026-03-03/7"):
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        band = page.locator("svg.band").nth(1).bounding_box()
        assert band is not None
        assert band["x"] + band["width"] <= width


def test_the_open_page_of_a_day_draws_what_happened_since(page: Page, stage: Stage) -> None:
    page.goto(page.url.split("/admin")[0] + "/admin/blora/hari?instansi=samsat")
    page.evaluate("window.notReloaded = true")
    expect(page.locator('.lane[data-counter="7"]')).to_contain_text("kosong 42 mnt")
    stage.clock.pass_by(minutes=5)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    # the first answer may still be under way: then the next poll brings it
    expect(page.locator('.lane[data-counter="7"]')).to_contain_text("kosong 47 mnt", timeout=20_000)
    assert page.evaluate("window.notReloaded")

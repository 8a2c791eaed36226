"""The regent's page on a phone's screen: it changes by itself, keeps what was opened, and says when it is not live."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from staffing import presence
from tests.admin.stage import PIN, Stage
from tests.admin.test_floor_browser import nudge
from tests.cast import BAMBU, CONSOLE, RANDU

SIZES = [(360, 740), (390, 844), (1366, 768)]
PAGES = ["bupati", "kosong?rentang=minggu", "pola", "instansi/dukcapil"]


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[Page]:
    """A phone in the regent's hand, just signed in. A fault in a script or in the page's policy fails the test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="id-ID", has_touch=True)
    page = context.new_page()
    page.set_default_timeout(15_000)
    faults: list[str] = []

    def note(fault: Error) -> None:
        faults.append(str(fault))

    page.on("pageerror", note)
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    page.goto(f"{address}/admin/")
    page.fill("#login", "bupati")
    page.fill("#pin", PIN)
    page.click("button[type=submit]")
    page.wait_for_selector(".figures")
    yield page
    assert faults == []
    context.close()


def figure(page: Page, name: str, value: str) -> None:
    expect(page.locator(f'[data-figure="{name}"]')).to_have_text(value)


def test_the_figures_and_the_worst_counter_are_on_the_first_screen(phone: Page) -> None:
    figure(phone, "vacant", "10")
    figure(phone, "staffed", "7")
    figure(phone, "due", "18")
    first = phone.locator("#empty-rows > li").first
    expect(first).to_contain_text("Loket 7")
    # in one moment: the page draws itself anew
    bottoms = phone.evaluate(
        "['.figures', '#empty-rows > li'].map((what) => document.querySelector(what).getBoundingClientRect().bottom)"
    )
    assert 0 < max(bottoms) <= 844 - 60  # above the bar at the foot


def test_a_counter_that_is_left_or_manned_changes_the_page_without_a_reload(phone: Page, stage: Stage) -> None:
    phone.evaluate("window.notReloaded = true")
    phone.locator("#closed summary").click()
    presence.sign_in(stage.db, "blora", "7", RANDU.nip, actor=CONSOLE, now=stage.clock.pass_by(seconds=5), beats=False)
    nudge(stage)
    figure(phone, "vacant", "9")
    expect(phone.locator('#empty-rows [data-counter="7"]')).to_have_count(0)
    presence.sign_out(stage.db, "blora", "7", actor=CONSOLE, now=stage.clock.pass_by(minutes=1))
    nudge(stage)
    figure(phone, "vacant", "10")
    expect(phone.locator('#empty-rows [data-counter="7"]')).to_contain_text("masih dalam waktu toleransi")
    expect(phone.locator("#closed")).to_have_attribute("open", "")
    assert phone.evaluate("window.notReloaded")
    assert BAMBU.name not in phone.content()


def test_without_answers_it_says_since_when_and_keeps_the_last_figures(phone: Page) -> None:
    phone.route("**/bupati?bagian=isi**", lambda route: route.abort())
    expect(phone.locator("#notlive")).to_be_visible(timeout=20_000)
    expect(phone.locator("#notlive-text")).to_contain_text("Tidak terhubung sejak 09.45")
    figure(phone, "vacant", "10")
    phone.unroute("**/bupati?bagian=isi**")
    phone.evaluate("window.dispatchEvent(new Event('online'))")
    expect(phone.locator("#notlive")).to_be_hidden(timeout=20_000)


def test_an_ended_session_is_told(phone: Page) -> None:
    phone.context.clear_cookies()
    phone.evaluate("window.dispatchEvent(new Event('online'))")
    expect(phone.locator("#notlive-text")).to_contain_text("Sesi Anda sudah berakhir")


def test_yesterday_the_week_the_patterns_and_an_agency_are_one_touch_away(phone: Page) -> None:
    phone.locator(".bar").get_by_role("link", name="Kemarin").tap()
    expect(phone.locator("h2").first).to_have_text("Loket kosong")
    expect(phone.locator("main")).to_contain_text("Senin, 2 Maret 2026")
    phone.locator(".bar").get_by_role("link", name="Minggu ini").tap()
    expect(phone.locator("main")).to_contain_text("2 Maret – 3 Maret 2026")
    phone.locator(".bar").get_by_role("link", name="Pola").tap()
    expect(phone.locator(".heat td").first).to_contain_text("%")
    phone.locator(".bar").get_by_role("link", name="Sekarang").tap()
    phone.locator('[data-counter="7"]').get_by_role("link", name=re.compile("Samsat")).tap()
    expect(phone.locator("main")).to_contain_text("Samsat")
    phone.go_back()
    phone.locator('[data-counter="7"]').get_by_role("link", name=re.compile("Bukti hari ini")).tap()
    phone.wait_for_url("**/hari/2026-03-03/7")


def test_other_dates_are_picked_by_hand(phone: Page, address: str) -> None:
    phone.goto(f"{address}/admin/blora/pola")
    expect(phone.locator("#dari")).to_be_hidden()
    phone.select_option("#rentang", "tanggal")
    phone.fill("#dari", "2026-03-02")
    phone.fill("#sampai", "2026-03-02")
    phone.get_by_role("button", name="Tampilkan").click()
    expect(phone.locator("main")).to_contain_text("Senin, 2 Maret 2026")
    expect(phone.locator(".heat thead th")).to_have_count(2)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_nothing_hangs_over_the_side_and_every_target_fits_a_finger(
    phone: Page, address: str, width: int, height: int
) -> None:
    phone.set_viewport_size({"width": width, "height": height})
    for path in PAGES:
        phone.goto(f"{address}/admin/blora/{path}")
        assert phone.evaluate("document.documentElement.scrollWidth") <= width, path
        small = phone.evaluate(
            """() => [...document.querySelectorAll('main a, main button, main summary, main select, .bar a')]
                .filter((one) => one.checkVisibility() && !one.closest('.rank'))
                .filter((one) => one.getBoundingClientRect().height < 43.5).map((one) => one.outerHTML)"""
        )
        assert small == [], path

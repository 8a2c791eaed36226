"""A head of office with a phone in a real browser: an absence in a few touches, and a roll call without signal."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from flask import Response, request
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, ViewportSize, expect
from sqlalchemy import select

from staffing.absences import absences_in
from staffing.books import roll_marks, standing
from staffing.facts import coverage, punches
from tests.admin.stage import PIN, Stage
from tests.browser import launch
from tests.cast import AYU, BAMBU, LINTANG, SEKAR, TUESDAY, wib

PHONE: ViewportSize = {"width": 390, "height": 844}
DAY = wib(TUESDAY, "00:00"), wib("2026-03-04", "00:00")


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture
def address(stage: Stage) -> Iterator[str]:
    with stage.served() as address:
        yield address


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A phone whose clock stands at the hall's morning."""
    context = browser.new_context(viewport=PHONE, has_touch=True, locale="id-ID")
    context.clock.set_fixed_time(wib(TUESDAY, "09:45"))
    yield context
    context.close()


def come_in(context: BrowserContext, address: str, login: str, path: str) -> Page:
    page = context.new_page()
    page.goto(f"{address}/admin/sign-in")
    page.fill("#login", login)
    page.fill("#pin", PIN)
    page.click("button[type=submit]")
    expect(page.locator(".persons, #floor").first).to_be_visible()
    if path:
        page.goto(f"{address}{path}")
    return page


def came(stage: Stage) -> set[str]:
    with stage.db.reading() as connection:
        query = select(punches.c.officer).where(punches.c.source == "apel-dukcapil", standing(punches))
        return {row.officer for row in connection.execute(query)}


def away(stage: Stage) -> list[tuple[str, str]]:
    with stage.db.reading() as connection:
        return [(a.officer, a.kind) for a in absences_in(connection, "blora", ["dukcapil"], *DAY)]


def kept(stage: Stage) -> int:
    with stage.db.reading() as connection:
        return len(connection.execute(select(roll_marks)).all())


def out_of_reach(stage: Stage) -> list[bool]:
    """From now on nothing that is delivered reaches the server, until the list that this gives is empty."""
    gone = [True]

    def hang_up() -> str | None:
        if not gone or request.method != "POST":
            return None
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return ""

    stage.app.before_request_funcs.setdefault(None, []).insert(0, hang_up)
    return gone


def one_answer_lost(stage: Stage) -> list[bool]:
    """The next delivery is taken and its answer never arrives; empty when that has happened.

    By the server, for what a page asks through its worker passes by a browser's own routes.
    """
    to_lose = [True]

    def hang_up(answer: Response) -> Response:
        if to_lose and request.method == "POST":
            to_lose.clear()
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return answer

    stage.app.after_request_funcs.setdefault(None, []).append(hang_up)
    return to_lose


def row(page: Page, nip: str) -> Locator:
    return page.locator(f".caller[data-nip='{nip}']")


def test_an_absence_is_entered_on_a_phone_with_three_touches(stage: Stage, address: str, phone: BrowserContext) -> None:
    page = come_in(phone, address, "embun", "")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # nothing to push sideways
    page.locator(f"#o-{LINTANG.nip}").get_by_text("Tidak masuk").tap()
    page.locator(".kind", has_text="Sakit").tap()
    page.get_by_role("button", name="Simpan").tap()
    expect(page.locator(".banner-success")).to_contain_text(f"Tercatat: {LINTANG.name} sakit")
    assert away(stage) == [(LINTANG.nip, "sick")]
    for button in page.locator(".person-do .btn").all():
        box = button.bounding_box()
        assert box is not None and box["height"] >= 44


def test_a_roll_call_without_signal_is_kept_in_the_phone_and_delivered_once(
    stage: Stage, address: str, phone: BrowserContext
) -> None:
    page = come_in(phone, address, "embun", "/admin/blora/apel")
    expect(page.locator("#safe")).to_be_visible()
    phone.set_offline(True)
    signal = out_of_reach(stage)  # a page that opens anew is for a moment not told that it is offline
    row(page, BAMBU.nip).get_by_text("Hadir").tap()
    row(page, SEKAR.nip).get_by_text("Tidak", exact=True).tap()
    row(page, SEKAR.nip).get_by_text("Dinas luar").tap()
    expect(page.locator("#net")).to_contain_text("2 tanda menunggu sinyal")
    page.reload()  # the phone ran out of memory, or somebody closed the page: it opens again without signal
    expect(page.locator("#net")).to_contain_text("2 tanda menunggu sinyal")
    expect(row(page, BAMBU.nip)).to_contain_text("tersimpan di ponsel")
    page.locator("#rest").tap()
    page.locator("#close").tap()
    expect(page.locator("#net")).to_contain_text("6 tanda menunggu sinyal")
    assert kept(stage) == 0
    signal.clear()
    phone.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#net")).to_contain_text("Semua tanda sudah terkirim.")
    expect(row(page, BAMBU.nip)).to_contain_text("terkirim")
    assert came(stage) >= {BAMBU.nip, AYU.nip, LINTANG.nip} and SEKAR.nip not in came(stage)
    assert away(stage) == [(SEKAR.nip, "official_travel")]
    assert kept(stage) == 6
    with stage.db.reading() as connection:
        assert [r.source for r in connection.execute(select(coverage))] == ["apel-dukcapil"]
    page.reload()
    expect(page.locator("#counts")).to_contain_text("4 hadir · 1 tidak · 0 belum")
    assert kept(stage) == 6


def test_an_answer_that_was_lost_on_the_way_is_asked_for_again_and_counts_once(
    stage: Stage, address: str, phone: BrowserContext
) -> None:
    page = come_in(phone, address, "embun", "/admin/blora/apel")
    to_lose = one_answer_lost(stage)
    row(page, BAMBU.nip).get_by_text("Hadir").tap()
    expect(page.locator("#net")).to_contain_text("1 tanda menunggu sinyal")
    while to_lose:
        page.wait_for_timeout(50)
    assert kept(stage) == 1
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#net")).to_contain_text("Semua tanda sudah terkirim.")
    assert (kept(stage), came(stage)) == (1, {BAMBU.nip})


def test_a_session_that_ended_keeps_the_ticks_until_the_same_person_signs_in_again(
    stage: Stage, address: str, phone: BrowserContext
) -> None:
    page = come_in(phone, address, "embun", "/admin/blora/apel")
    phone.clear_cookies()
    row(page, BAMBU.nip).get_by_text("Hadir").tap()
    expect(page.locator("#net")).to_contain_text("masuk kembali untuk mengirim 1 tanda")
    page.locator("#net a").tap()
    page.fill("#login", "wulan")  # somebody else on the same phone sends nothing in the head's name
    page.fill("#pin", PIN)
    page.click("button[type=submit]")
    expect(page.locator("#counts")).to_be_visible()
    assert kept(stage) == 0
    page.get_by_text("Keluar").click()
    page.fill("#login", "embun")
    page.fill("#pin", PIN)
    page.click("button[type=submit]")
    page.goto(f"{address}/admin/blora/apel")
    expect(page.locator("#net")).to_contain_text("Semua tanda sudah terkirim.")
    assert (kept(stage), came(stage)) == (1, {BAMBU.nip})


def test_whoever_signs_out_leaves_no_names_for_the_time_without_signal(
    stage: Stage, address: str, phone: BrowserContext
) -> None:
    page = come_in(phone, address, "embun", "/admin/blora/apel")
    expect(page.locator("#safe")).to_be_visible()
    page.get_by_text("Keluar").click()
    expect(page.locator("#login")).to_be_visible()
    page.wait_for_function("caches.keys().then((all) => !all.includes('antre-apel'))")

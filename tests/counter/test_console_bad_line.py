"""The console on a bad line: lost answers, late answers, reloads, no server at all."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Route, expect

from tests.counter.stage import Stage
from tests.counter.test_console_by_keys import at_work, kinds, press, says, shows


def lose_first_answer(page: Page, path: str) -> Callable[[], list[str]]:
    """The first answer to ``path`` is lost on its way back; the server did its work. Yields the keys that were sent."""
    keys: list[str] = []

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route(path, lose)
    return lambda: keys


def test_a_press_whose_answer_is_lost_is_sent_again_and_not_done_twice(stage: Stage, page: Page) -> None:
    for _ in range(3):
        stage.citizen()
    at_work(page)
    keys = lose_first_answer(page, "**/call")
    press(page, "F2")
    says(page, "dikirim ulang")
    shows(page, "called", "B-001")
    says(page, "B-001 dipanggil")
    assert len(keys()) == 2 and len(set(keys())) == 1
    assert kinds(stage, "ticket_called") == ["ticket_called B-001"]


def test_the_console_listens_again_when_a_nudge_was_faster_than_the_answer(stage: Stage, page: Page) -> None:
    """The screen shows the end already; the answer brings nothing new to draw, and must not leave the keys deaf."""
    stage.citizen()
    stage.citizen()
    at_work(page)
    press(page, "F2")
    shows(page, "called", "B-001")

    def answer_late(route: Route) -> None:
        answer = route.fetch()
        page.evaluate("window.dispatchEvent(new Event('online'))")  # asks at once, as a nudge does
        expect(page.locator("#slip")).to_have_attribute("data-mode", "idle")
        route.fulfill(response=answer)

    page.route("**/finish", answer_late)
    page.evaluate(
        "window.realTimer = setTimeout; window.setTimeout = (f, ms) => realTimer(f, ms === 1000 ? 60000 : ms)"
    )
    press(page, "F8")
    shows(page, "idle")
    press(page, "NumpadAdd")
    shows(page, "called", "B-002")


def test_a_pause_whose_answer_is_lost_is_not_told_as_a_fault(stage: Stage, page: Page) -> None:
    at_work(page)
    lose_first_answer(page, "**/pause")
    press(page, "F10", "1")
    shows(page, "paused")
    says(page, "Loket istirahat")
    assert kinds(stage, "paused") == ["paused"]


def test_a_press_on_its_way_survives_a_reload(stage: Stage, page: Page) -> None:
    stage.citizen()
    stage.citizen()
    at_work(page)
    page.route("**/call", lambda route: route.abort("connectionrefused"))
    press(page, "F2")
    says(page, "dikirim ulang")
    page.unroute("**/call")
    page.reload()
    shows(page, "called", "B-001")
    page.wait_for_timeout(300)
    assert kinds(stage, "ticket_called") == ["ticket_called B-001"]


def test_without_the_server_the_console_says_so_and_locks_its_keys(stage: Stage, page: Page) -> None:
    page.clock.install()
    stage.citizen()
    at_work(page)
    page.route("**/api/**", lambda route: route.abort("connectionrefused"))
    page.clock.run_for(25_000)
    expect(page.locator("#notlive")).to_contain_text("Tidak terhubung sejak")
    expect(page.locator("#main")).to_have_attribute("aria-disabled", "true")
    press(page, "F2")
    says(page, "tombol dikunci")
    page.unroute("**/api/**")
    notlive = page.locator("#notlive")
    for _ in range(60):  # a second at a time: a clock that ran ahead of a real answer would call it too late
        page.clock.run_for(1000)
        page.wait_for_timeout(100)
        if notlive.is_hidden():
            break
    expect(notlive).to_be_hidden()
    press(page, "F2")
    shows(page, "called", "B-001")


def test_nothing_is_said_of_places_that_have_not_come_yet(stage: Stage, page: Page) -> None:
    """That there is nothing like it would be believed, and Enter would do nothing, without a word."""
    stage.citizen()
    at_work(page)
    press(page, "F2")
    shows(page, "called", "B-001")
    held: list[Route] = []
    page.route("**/halls/blora/counters", lambda route: held.append(route))
    with page.expect_request("**/halls/blora/counters"):
        press(page, "F6")
    expect(page.locator("#transfer-dialog")).to_be_visible()
    page.keyboard.type("pajak kendaraan")
    expect(page.locator("#targets li")).to_have_count(0)
    held[0].continue_()
    expect(page.locator("#targets li")).to_have_count(1)
    press(page, "Enter")
    says(page, "B-001 dialihkan ke Pengesahan STNK")

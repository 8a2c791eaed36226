"""A touchscreen left alone, cut off or touched in haste: it warns, returns to its start and does nothing twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from queueing.slips import note_printer
from tests.cast import BAMBU
from tests.kiosk.glass import Kiosk
from tests.kiosk.stage import PRINTER, Stage


@pytest.fixture
def kiosk(browser: Browser, stage: Stage, served: str) -> Iterator[Kiosk]:
    """A kiosk whose time the test lets pass."""
    stage.sit(BAMBU)
    glass = Kiosk(browser, served, stage.secret)
    glass.page.clock.install()
    glass.start()
    yield glass
    glass.close()


def test_a_kiosk_left_alone_warns_then_returns_to_its_start(kiosk: Kiosk) -> None:
    kiosk.tap("[data-lang='en']")
    kiosk.agency("dukcapil")
    kiosk.screen("agency")
    kiosk.page.clock.fast_forward(39_000)
    expect(kiosk.find("#idle")).to_be_hidden()
    kiosk.page.clock.fast_forward(2_000)
    expect(kiosk.find("#idle")).to_be_visible()
    assert int(kiosk.find("#idle-count").inner_text()) >= 19
    kiosk.tap("#idle-stay")
    expect(kiosk.find("#idle")).to_be_hidden()
    kiosk.screen("agency")
    kiosk.page.clock.fast_forward(41_000)
    expect(kiosk.find("#idle")).to_be_visible()
    kiosk.page.clock.run_for(21_000)
    kiosk.screen("home")
    expect(kiosk.find("#idle")).to_be_hidden()
    expect(kiosk.page.locator("html")).to_have_attribute("lang", "id")


def test_a_touch_begins_the_quiet_time_anew(kiosk: Kiosk) -> None:
    kiosk.agency("dukcapil")
    kiosk.screen("agency")
    for _ in range(3):
        kiosk.page.clock.fast_forward(30_000)
        kiosk.tap("#lead-title")
    expect(kiosk.find("#idle")).to_be_hidden()


def test_a_number_left_on_the_screen_goes_too(kiosk: Kiosk) -> None:
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.sees("#result-number", "B-001")
    kiosk.page.clock.fast_forward(46_000)
    expect(kiosk.find("#idle")).to_be_visible()
    kiosk.tap("#idle-leave")
    kiosk.screen("home")


def test_a_kiosk_cut_off_promises_nothing_and_comes_back(kiosk: Kiosk) -> None:
    kiosk.screen("home")
    kiosk.context.set_offline(True)
    kiosk.page.clock.run_for(16_000)
    kiosk.sees("#cut-title", "Tidak terhubung sejak pukul 09.00")
    kiosk.sees("#cut", "Nomor tidak dapat diambil di mesin ini")
    expect(kiosk.find("#stage")).to_have_attribute("inert", "")
    kiosk.context.set_offline(False)
    expect(kiosk.find("#cut")).to_be_hidden()
    kiosk.agency("dukcapil")
    kiosk.screen("agency")


def test_a_stored_number_stays_on_a_screen_that_is_cut_off(kiosk: Kiosk) -> None:
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.sees("#result-number", "B-001")
    kiosk.context.set_offline(True)
    kiosk.page.clock.run_for(16_000)
    expect(kiosk.find("#cut")).to_be_hidden()
    expect(kiosk.find("#result-number")).to_have_text("B-001")
    kiosk.tap("#done")
    expect(kiosk.find("#cut")).to_be_visible()


def test_a_poll_does_not_replace_what_lies_under_a_finger(kiosk: Kiosk, stage: Stage) -> None:
    kiosk.page.evaluate("() => { window.held = document.querySelector(\"li[data-code='dukcapil'] .tile\"); }")
    stage.citizen("ktp")
    kiosk.page.clock.fast_forward(6_000)
    kiosk.sees("li[data-code='dukcapil']", "1 menunggu")
    assert kiosk.page.evaluate("() => document.contains(window.held)")


def press(kiosk: Kiosk, what: str) -> None:
    """A touch that was on its way when the button was put out of use."""
    kiosk.find(what).dispatch_event("click")


def test_while_a_number_is_asked_for_nothing_else_happens(kiosk: Kiosk, stage: Stage) -> None:
    held: list[Route] = []
    kiosk.when_asked(lambda route: held.append(route))
    kiosk.to_ktp()
    kiosk.tap("#take")
    expect(kiosk.find("#take")).to_have_attribute("aria-busy", "true")
    for button in ("#take", "#back", "#priority"):
        expect(kiosk.find(button)).to_be_disabled()
    press(kiosk, "#take")
    press(kiosk, "#priority")
    expect(kiosk.find("#choose-priority")).to_be_hidden()
    kiosk.page.wait_for_timeout(100)
    assert len(held) == 1
    held.pop().continue_()
    kiosk.sees("#result-number", "B-001")
    assert stage.issued() == 1


def test_another_print_is_asked_for_once(kiosk: Kiosk, stage: Stage) -> None:
    held: list[Route] = []
    kiosk.when_asked(lambda route: held.append(route), "**/reprint")
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.sees("#result-number", "B-001")
    stage.print_next("failed", "paper_end")
    note_printer(stage.db, "blora", PRINTER, "ready", None, now=stage.clock.now())
    kiosk.page.clock.run_for(6_000)  # the kiosk looks at its slip and at the printer
    kiosk.tap("#again")
    expect(kiosk.find("#again")).to_be_disabled()
    press(kiosk, "#again")
    kiosk.page.wait_for_timeout(100)
    assert len(held) == 1
    held.pop().continue_()
    kiosk.sees("#slip-text", "Sedang mencetak…")
    assert stage.print_next("confirmed").copy == 1

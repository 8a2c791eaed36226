"""Where there is no paper the screen stands in for it, and the kiosk tells how that ended: touched, or left alone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from hall.journal import since
from tests.cast import BAMBU
from tests.kiosk.glass import Kiosk
from tests.kiosk.stage import Stage


@pytest.fixture
def kiosk(browser: Browser, stage: Stage, served: str) -> Iterator[Kiosk]:
    stage.sit(BAMBU)
    glass = Kiosk(browser, served, stage.secret)
    yield glass
    glass.close()


def told(stage: Stage) -> list[str]:
    """What the journal says of numbers on the screen."""
    with stage.db.reading() as connection:
        return [line.data["how"] for line in since(connection, "blora", 0, kinds=("ticket_shown",))]


def wait_until_told(stage: Stage, wanted: list[str]) -> None:
    until = time.monotonic() + 30
    while told(stage) != wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert told(stage) == wanted


def take(kiosk: Kiosk) -> None:
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.screen("result")
    kiosk.sees("#result-number", "B-0")


def test_a_citizen_without_paper_says_that_the_number_is_noted(kiosk: Kiosk, stage: Stage) -> None:
    take(kiosk)
    expect(kiosk.find("#done-text")).to_have_text("Selesai")
    stage.print_next("failed", "paper_end")
    expect(kiosk.find("#done-text")).to_have_text("Sudah saya catat")
    expect(kiosk.find("#qr")).to_have_js_property("complete", True)
    kiosk.tap("#done")
    kiosk.screen("home")
    wait_until_told(stage, ["touched"])
    missing = stage.program("reader").get("/halls/blora/floor").get_json()["paperless"]
    assert missing == []


def test_with_paper_in_hand_nothing_needs_to_be_said(kiosk: Kiosk, stage: Stage) -> None:
    take(kiosk)
    stage.print_next("confirmed")
    kiosk.sees("#slip-text", "Silakan ambil karcis Anda")
    expect(kiosk.find("#done-text")).to_have_text("Selesai")
    with kiosk.page.expect_response("**/services*"):
        kiosk.tap("#done")
    kiosk.screen("home")
    assert told(stage) == []


def test_who_leaves_while_it_still_prints_has_noted_nothing(kiosk: Kiosk, stage: Stage) -> None:
    take(kiosk)
    kiosk.sees("#slip-text", "Sedang mencetak…")
    kiosk.tap("#done")
    wait_until_told(stage, ["left"])
    stage.print_next("unknown", "silent")
    [one] = stage.program("reader").get("/halls/blora/floor").get_json()["paperless"]
    assert (one["number"], one["slip"], one["reason"], one["shown"]) == ("B-001", "unknown", "silent", True)


def test_a_screen_that_nobody_touched_is_told_as_left(kiosk: Kiosk, stage: Stage) -> None:
    kiosk.page.clock.install()
    kiosk.start()
    take_with_a_clock_in_hand(kiosk)
    stage.print_next("failed", "cover_open")
    kiosk.page.clock.run_for(5_000)
    kiosk.sees("#slip-text", "Tutup pencetak terbuka")
    kiosk.page.clock.run_for(66_000)  # 45 s of quiet, 20 s of warning
    wait_until_told(stage, ["left"])


def take_with_a_clock_in_hand(kiosk: Kiosk) -> None:
    for step in (lambda: kiosk.agency("dukcapil"), lambda: kiosk.service("ktp"), lambda: kiosk.tap("#take")):
        kiosk.page.clock.run_for(500)
        step()
    expect(kiosk.find("#result-number")).to_have_text("B-001")


def test_the_word_is_said_again_until_the_server_has_it(kiosk: Kiosk, stage: Stage) -> None:
    tries: list[int] = []

    def lose_two(route: Route) -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            route.abort()  # it never arrived
        elif len(tries) == 2:
            route.fetch()  # it arrived, the answer did not
            route.abort()
        else:
            route.continue_()

    kiosk.when_asked(lose_two, "**/shown")
    take(kiosk)
    stage.print_next("unknown", "silent")
    expect(kiosk.find("#done-text")).to_have_text("Sudah saya catat")
    expect(kiosk.find("#qr")).to_have_js_property("complete", True)
    with kiosk.page.expect_response("**/shown", timeout=30_000) as heard:
        kiosk.tap("#done")
    assert heard.value.status == 200
    assert len(tries) == 3 and told(stage) == ["touched"]


def test_without_the_code_on_the_screen_nothing_counts_as_noted(kiosk: Kiosk, stage: Stage) -> None:
    kiosk.when_asked(lambda route: route.abort(), "**/qr.svg")
    take(kiosk)
    stage.print_next("failed", "paper_end")
    expect(kiosk.find("#done-text")).to_have_text("Sudah saya catat")
    kiosk.tap("#done")
    wait_until_told(stage, ["left"])


@pytest.mark.parametrize("language", ["id", "en"])
def test_what_stands_in_for_the_paper_is_whole_on_every_screen(kiosk: Kiosk, stage: Stage, language: str) -> None:
    take(kiosk)
    kiosk.tap(f".language[data-lang='{language}']")
    stage.print_next("unknown", "silent")  # the longest sentence there is
    kiosk.find("#slip[data-state='unknown']").wait_for()
    for width, height in ((1080, 1920), (1920, 1080), (1366, 768), (1024, 768)):
        kiosk.page.set_viewport_size({"width": width, "height": height})
        within(kiosk, "#qr", ".scan")
        within(kiosk, ".scan-words", ".scan")
        within(kiosk, "#slip-text", "#slip")
        within(kiosk, ".scan", "#kiosk")
        code = kiosk.find("#qr").bounding_box()
        assert code is not None
        assert code["width"] == pytest.approx(code["height"], abs=1) and code["width"] >= 150, "a phone must find it"


def within(kiosk: Kiosk, inner: str, outer: str) -> None:
    """Nothing of the one stands over the edge of the other."""
    one, other = kiosk.find(inner).bounding_box(), kiosk.find(outer).bounding_box()
    assert one is not None and other is not None
    told = f"{inner} in {outer}: {one} {other}"
    assert one["x"] >= other["x"] - 1 and one["x"] + one["width"] <= other["x"] + other["width"] + 1, told
    assert one["y"] >= other["y"] - 1 and one["y"] + one["height"] <= other["y"] + other["height"] + 1, told

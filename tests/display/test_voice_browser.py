"""The voice in a real browser: each call spoken once and in order, an old one not at all, nothing stops it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

from tests.browser import launch
from tests.display.conftest import WALL, OpenPage, counters, left_out, ready, spoken, until
from tests.display.stub_hall import StubHall


def test_every_call_is_spoken_once_and_in_order(hall: StubHall, open_page: OpenPage) -> None:
    page = ready(open_page())
    calls = [hall.call(f"A{i:03d}", str(i)) for i in range(1, 5)]
    for _ in range(3):
        hall.nudge()
    until(page, lambda: len(spoken(page)) == 4)
    hall.nudge()
    page.wait_for_timeout(300)
    assert spoken(page) == calls
    assert left_out(page) == []


def test_a_recall_is_spoken_again_and_says_so(hall: StubHall, open_page: OpenPage) -> None:
    page = ready(open_page())
    first = hall.call("A001")
    hall.nudge()
    until(page, lambda: spoken(page) == [first])
    again = hall.call("A001", kind="ticket_recalled")
    hall.sounds[again] = 1.5
    hall.nudge()
    until(page, "!document.getElementById('spot').hidden")
    assert page.inner_text("#spot-label") == "Panggilan ulang"
    until(page, lambda: spoken(page) == [first, again])


def test_the_first_visit_does_not_speak_the_past(hall: StubHall, open_page: OpenPage) -> None:
    hall.call("A001")
    page = ready(open_page())
    assert page.inner_text("#hero-number") == "A001"
    fresh = hall.call("A002", "2")
    hall.nudge()
    until(page, lambda: spoken(page) == [fresh])


def test_a_reload_repeats_nothing_and_speaks_what_came_meanwhile(hall: StubHall, open_page: OpenPage) -> None:
    page = ready(open_page())
    first = hall.call("A001")
    hall.nudge()
    until(page, lambda: spoken(page) == [first])
    page.goto(hall.url + "/blank")
    meanwhile = hall.call("A002", "2")
    page.goto(hall.url + "/display/contoh")
    until(page, lambda: spoken(page) == [meanwhile])
    page.wait_for_timeout(300)
    assert spoken(page) == [meanwhile]


def test_a_reload_in_the_middle_of_a_sentence_does_not_say_it_twice(hall: StubHall, open_page: OpenPage) -> None:
    page = ready(open_page())
    begun = hall.call("A001")
    hall.sounds[begun] = 5
    hall.nudge()
    until(page, "!document.getElementById('spot').hidden")
    hall.sounds[begun] = 0.1
    page.reload()
    ready(page)
    after = hall.call("A002", "2")
    hall.nudge()
    until(page, lambda: after in spoken(page))
    assert spoken(page) == [after]


def test_an_old_call_is_shown_and_not_spoken(hall: StubHall, open_page: OpenPage) -> None:
    page = ready(open_page())
    old = hall.call("A001", age=120)
    fresh = hall.call("A002", "2", age=80)
    hall.nudge()
    until(page, lambda: spoken(page) == [fresh])
    assert left_out(page) == [old]
    assert page.inner_text("#calls-grid .call-number") == "A001"


def test_a_call_that_grew_old_behind_a_long_sentence_is_left_out(hall: StubHall, open_page: OpenPage) -> None:
    hall.board["speak_max_age_seconds"] = 2
    page = ready(open_page())
    first, second = hall.call("A001"), hall.call("A002", "2", age=1)
    hall.sounds[first] = 1.8
    hall.nudge()
    until(page, lambda: left_out(page) == [second])
    assert spoken(page) == [first]


def test_a_missing_sound_is_tried_once_more_and_the_queue_goes_on(hall: StubHall, open_page: OpenPage) -> None:
    page = ready(open_page())
    bad, good = hall.call("A001"), hall.call("A002", "2")
    hall.sounds[bad] = "missing"
    hall.nudge()
    until(page, lambda: spoken(page) == [good])
    assert left_out(page) == [bad]
    assert hall.sound_requests.count(bad) == 2


def cut_before_the_second(page: Page, hall: StubHall) -> list[int]:
    """Two calls; the line goes while the first is being said, before the sound of the second was asked for."""
    first, second = hall.call("A001"), hall.call("A002", "2")
    hall.sounds[first] = 1.2
    hall.nudge()
    until(page, "!document.getElementById('spot').hidden")
    hall.stop()
    until(page, lambda: spoken(page) == [first])
    page.wait_for_timeout(1500)  # long enough for any number of hasty tries
    return [first, second]


def test_a_call_whose_sound_meets_a_dead_line_is_said_once_when_the_line_is_back(
    hall: StubHall, open_page: OpenPage
) -> None:
    page = ready(open_page())
    calls = cut_before_the_second(page, hall)
    calls.append(hall.call("A003", "3"))
    hall.start()
    until(page, lambda: len(spoken(page)) == 3)
    hall.nudge()
    page.wait_for_timeout(300)
    assert spoken(page) == calls
    assert left_out(page) == []


def test_a_call_that_grew_old_while_the_line_was_dead_is_not_said(hall: StubHall, open_page: OpenPage) -> None:
    hall.board["speak_max_age_seconds"] = 2
    page = ready(open_page())
    first, second = cut_before_the_second(page, hall)
    hall.start()
    until(page, lambda: left_out(page) == [second])
    fresh = hall.call("A003", "3")
    hall.nudge()
    until(page, lambda: spoken(page) == [first, fresh])


VOICE = """async () => {
  const { Voice } = await import("/static/display/voice.js");
  window.told = [];
  window.voice = new Voice({
    storageKey: "k", now: () => new Date(), silenceUrl: "/static/display/silence.wav",
    onSpeaking(call) { told.push(call.seq); }, onSilent() { told.push("silent"); }, onBlocked() {},
    loadMs: 400, overrunMs: 300,
  });
  voice.begin(100);
}"""


def hear(page: Page, hall: StubHall) -> None:
    page.evaluate("([lines, seq]) => voice.hear(lines, seq)", [hall.lines, hall.seq])


def test_a_sound_that_hangs_is_given_up_within_its_time(hall: StubHall, open_page: OpenPage) -> None:
    page = open_page("/blank")
    page.evaluate(VOICE)
    hangs, good = hall.call("A001"), hall.call("A002", "2")
    hall.sounds[hangs] = "stalled"
    hear(page, hall)
    until(page, lambda: spoken(page) == [good])
    assert left_out(page) == [hangs]
    until(page, "told.at(-1) === 'silent'")
    assert page.evaluate("told") == [good, "silent"]


def test_a_sound_that_never_ends_does_not_hold_the_queue_and_is_not_begun_again(
    hall: StubHall, open_page: OpenPage
) -> None:
    page = open_page("/blank")
    page.evaluate(VOICE)
    page.evaluate("voice.longestMs = 500")
    endless, good = hall.call("A001"), hall.call("A002", "2")
    hall.sounds[endless] = 30
    hear(page, hall)
    until(page, lambda: spoken(page) == [good])
    assert left_out(page) == [endless]
    assert page.evaluate("told") in ([endless, good], [endless, good, "silent"])


def test_the_memory_keeps_step_with_the_journal_so_that_a_restart_asks_for_little(
    hall: StubHall, open_page: OpenPage
) -> None:
    page = open_page("/blank")
    page.evaluate(VOICE)
    page.evaluate("voice.hear([], 150)")
    until(page, "localStorage.getItem('k') === '150'")
    page.evaluate("voice.begin(40)")
    assert page.evaluate("localStorage.getItem('k')") == "40"


def test_lines_that_come_twice_are_spoken_once(hall: StubHall, open_page: OpenPage) -> None:
    page = open_page("/blank")
    page.evaluate(VOICE)
    calls = [hall.call("A001"), hall.call("A002", "2")]
    hear(page, hall)
    hear(page, hall)
    until(page, "told.at(-1) === 'silent'")
    hear(page, hall)
    page.wait_for_timeout(200)
    assert spoken(page) == calls


def test_two_screens_each_speak_their_own(hall: StubHall, open_page: OpenPage) -> None:
    one, two = ready(open_page()), ready(open_page())
    calls = [hall.call("A001"), hall.call("A002", "2")]
    hall.nudge()
    for page in (one, two):
        until(page, lambda page=page: spoken(page) == calls)  # type: ignore[misc]


def test_a_screen_of_one_zone_does_not_call_for_the_other(hall: StubHall, open_page: OpenPage) -> None:
    hall.board["counters"] = counters(2)
    page = ready(open_page("/display/contoh?area=Barat"))
    assert page.inner_text(".head-area") == "Area Barat"
    hall.call("B001", "9")
    here = hall.call("A001", "2")
    hall.nudge()
    until(page, lambda: spoken(page) == [here])
    assert page.evaluate("localStorage.getItem('antre.spoken.contoh.Barat')") == str(here)


def test_a_restored_hall_is_not_spoken_through_again(hall: StubHall, open_page: OpenPage) -> None:
    page = ready(open_page())
    first = hall.call("A001")
    hall.nudge()
    until(page, lambda: spoken(page) == [first])
    hall.seq = 50
    hall.lines = [{**line, "seq": 40 + i} for i, line in enumerate(hall.lines)]
    page.reload()
    ready(page)
    assert spoken(page) == []
    fresh = hall.call("A002", "2")
    hall.nudge()
    until(page, lambda: spoken(page) == [fresh])


@pytest.fixture
def strict(playwright: Playwright) -> Iterator[BrowserContext]:
    """A browser that plays nothing before somebody touched the page, as televisions do."""
    browser = launch(playwright, "--autoplay-policy=user-gesture-required")
    yield browser.new_context(viewport=WALL)
    browser.close()


def test_a_muzzled_screen_asks_for_a_touch_and_then_speaks_what_is_still_fresh(
    hall: StubHall, strict: BrowserContext
) -> None:
    hall.board["speak_max_age_seconds"] = 4
    page = strict.new_page()
    page.goto(hall.url + "/display/contoh")
    ready(page)
    assert page.inner_text("#sound-button") == "Sentuh layar untuk menyalakan suara"
    assert page.is_visible("#sound-button")
    old = hall.call("A001", age=3)
    hall.nudge()
    until(page, "document.getElementById('hero-number').textContent === 'A001'")
    page.wait_for_timeout(1500)
    assert spoken(page) == []
    fresh = hall.call("A002", "2")
    hall.nudge()
    until(page, lambda: left_out(page) == [old])
    page.mouse.click(500, 500)
    until(page, lambda: spoken(page) == [fresh])
    assert page.is_hidden("#sound-button")
    assert left_out(page) == [old]

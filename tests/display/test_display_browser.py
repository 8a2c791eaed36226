"""The waiting room's screen in a real browser: each call spoken once, in order; honest when cut off; all fits."""

from __future__ import annotations

from collections.abc import Iterator

import html5lib
import pytest
from playwright.sync_api import BrowserContext, Page, Playwright

from tests.display.conftest import WALL, OpenPage, launch, until
from tests.display.stub_hall import StubHall

FITS = """() => [...document.querySelectorAll(
    '#hero-number, #hero-counter, #hero-agency, .call-number, .call-counter, .wait-count, .head-hall h1, #clock-date')]
  .filter((e) => {
    if (!e.offsetParent || !e.textContent.trim()) return false;
    const box = e.parentElement.getBoundingClientRect(), own = e.getBoundingClientRect();
    return own.right > box.right + 2 || own.bottom > box.bottom + 8 || own.left < box.left - 2 || own.top < box.top - 8;
  }).map((e) => `${e.id || e.className}: ${e.textContent}`)"""


def spoken(page: Page) -> list[int]:
    text = page.evaluate("document.documentElement.dataset.spoken ?? ''")
    return [int(seq) for seq in text.split(",") if seq]


def left_out(page: Page) -> list[int]:
    text = page.evaluate("document.documentElement.dataset.unspoken ?? ''")
    return [int(seq) for seq in text.split(",") if seq]


def ready(page: Page) -> Page:
    """The board is drawn and the page knows whether it may be heard."""
    until(page, "document.getElementById('hero').dataset.kind !== 'loading'")
    page.wait_for_timeout(300)
    return page


def waiting(count: int) -> list[dict[str, object]]:
    return [
        {"agency": f"a{i}", "name": f"Dinas Contoh Nomor {i}", "short": f"Dinas {i}", "waiting": i,
         "serving_counters": i % 3, "estimate": {"low": 5, "high": 15}}
        for i in range(count)
    ]  # fmt: skip


def counters(count: int, *, open_: bool = True, text: str = "") -> list[dict[str, object]]:
    return [
        {"counter": str(i), "name": f"Loket {i}", "agency": f"a{i % 13}", "open": open_, "text": text}
        for i in range(1, count + 1)
    ]


# ---- the voice ------------------------------------------------------------------------------------------------------


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
    yield browser.new_context(viewport=WALL)  # type: ignore[arg-type]
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


# ---- what it shows --------------------------------------------------------------------------------------------------


def test_the_page_is_strictly_sound_html(hall: StubHall, open_page: OpenPage) -> None:
    page = open_page("/blank")
    response = page.request.get(hall.url + "/display/contoh?area=%22%3E%3Cscript%3E")
    html5lib.HTMLParser(strict=True).parse(response.text())
    assert "<script>" not in response.text()


def test_the_spoken_call_covers_the_screen_for_a_moment(hall: StubHall, open_page: OpenPage) -> None:
    page = ready(open_page())
    first, second = hall.call("A001", "7"), hall.call("A002", "8")
    hall.sounds |= {first: 1.2, second: 0.2}
    hall.nudge()
    until(page, "!document.getElementById('spot').hidden")
    assert page.inner_text("#spot-number") == "A001"
    assert page.inner_text("#spot-counter") == "Loket 7"
    assert page.inner_text("#hero-number") == "A001", "the big slip follows the voice"
    until(page, lambda: spoken(page) == [first, second])
    until(page, "document.getElementById('spot').hidden")
    assert page.inner_text("#hero-number") == "A002"


def test_a_screen_cut_off_says_since_when_and_recovers(hall: StubHall, open_page: OpenPage) -> None:
    hall.call("A001")
    page = ready(open_page())
    assert page.is_hidden("#notlive")
    hall.stop()
    until(page, "!document.getElementById('notlive').hidden", seconds=14)
    text = page.inner_text("#notlive-text")
    assert text.startswith("Tidak terhubung sejak ")
    assert text[-5:-3].isdigit() and text[-3] == "." and text[-2:].isdigit()
    fresh = hall.call("A002", "2")
    hall.start()
    until(page, "document.getElementById('notlive').hidden", seconds=20)
    until(page, lambda: spoken(page) == [fresh])


def test_the_big_slip_shows_the_newest_call_large_enough_for_five_metres(hall: StubHall, open_page: OpenPage) -> None:
    hall.call("A001", "1")
    hall.call("A002", "12")
    page = ready(open_page())
    assert page.inner_text("#hero-number") == "A002"
    assert page.inner_text("#hero-counter").split() == ["Loket", "12"]
    assert page.evaluate("parseFloat(getComputedStyle(document.getElementById('hero-number')).fontSize)") >= 120
    assert page.inner_text("#hero-label") == "Nomor dipanggil"
    hall.board["calling"][0]["state"] = "serving"
    hall.seq += 1
    hall.nudge()
    until(page, "document.getElementById('hero').dataset.kind === 'serving'")
    assert page.inner_text("#hero-label") == "Sedang dilayani"


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (3840, 2160), (1080, 1920)])
def test_eighteen_counters_and_thirteen_agencies_fit(
    hall: StubHall, open_page: OpenPage, size: tuple[int, int]
) -> None:
    hall.board |= {"waiting": waiting(13), "counters": counters(18), "running_text": "Simpan karcis Anda. " * 20}
    for i in range(1, 19):
        hall.call(f"B{i:03d}", str(i), agency=f"a{i % 13}")
    page = open_page("/blank")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(hall.url + "/display/contoh")
    ready(page)
    shown = page.locator("#calls-grid .call-number").all_inner_texts()
    assert shown == [f"B{i:03d}" for i in range(17, 0, -1)]
    assert page.locator(".wait").count() == 13
    assert page.evaluate(FITS) == []
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_more_counters_than_fit_are_turned_over(hall: StubHall, open_page: OpenPage) -> None:
    for i in range(1, 25):
        hall.call(f"B{i:03d}", str(i))
    page = ready(open_page())
    first = set(page.locator("#calls-grid .call-number").all_inner_texts())
    until(page, "document.querySelector('#calls-grid .call-number').textContent === 'B005'", seconds=14)
    second = set(page.locator("#calls-grid .call-number").all_inner_texts())
    assert first | second == {f"B{i:03d}" for i in range(1, 24)}


def test_long_names_are_made_to_fit(hall: StubHall, open_page: OpenPage) -> None:
    hall.hall["name"] = "Mal Pelayanan Publik Terpadu Kabupaten Penukal Abab Lematang Ilir"
    for counter in ("13", "14"):
        office = "Loket Prioritas Lansia dan Disabilitas " + counter
        hall.call("IMG-01" + counter, counter, counter_name=office, agency="Dinas Penanaman Modal dan " * 4)
    page = ready(open_page())
    assert page.evaluate(FITS) == []


def test_an_empty_hall_welcomes_and_a_closed_one_says_when_it_opens(hall: StubHall, open_page: OpenPage) -> None:
    hall.board |= {"counters": counters(4), "waiting": waiting(5)}
    page = ready(open_page())
    assert page.inner_text(".hero-title >> visible=true") == "Selamat datang"
    hall.board["counters"] = counters(4, open_=False, text="Buka lagi Rabu 08.00")
    hall.seq += 1
    hall.nudge()
    until(page, "document.getElementById('hero').dataset.kind === 'closed'")
    assert page.inner_text("#closed-text") == "Buka lagi Rabu 08.00"


def test_an_agency_that_nobody_serves_is_told_in_words(hall: StubHall, open_page: OpenPage) -> None:
    hall.board["waiting"] = waiting(3)
    page = ready(open_page())
    assert page.locator(".wait-estimate").all_inner_texts() == ["tidak melayani", "5–15 mnt", "5–15 mnt"]
    hall.board["waiting"] = waiting(13)
    hall.seq += 1
    hall.nudge()
    until(page, "!document.getElementById('waiting-legend').hidden")
    assert page.inner_text("#waiting-legend") == "belum ada loket yang melayani"


@pytest.mark.parametrize("broken", ["none.png", "none.mp4"])
def test_a_broken_slide_is_passed_over(hall: StubHall, open_page: OpenPage, broken: str) -> None:
    hall.board["slides"] = [f"/static/display/{broken}", "/static/web/icon.svg"]
    page = ready(open_page())
    until(page, "document.querySelector('#slides .shown')?.getAttribute('src') === '/static/web/icon.svg'")
    assert page.is_hidden(".panel-how")


def test_without_slides_a_panel_tells_how_to_take_a_number(hall: StubHall, open_page: OpenPage) -> None:
    page = ready(open_page())
    assert page.is_visible(".panel-how")
    assert page.is_hidden("#slides")
    hall.board["slides"] = ["/static/display/none.png"]
    hall.seq += 1
    hall.nudge()
    page.wait_for_timeout(500)
    assert page.locator(".panel >> visible=true").count() == 1, "slides that all fail leave a panel, not a black box"

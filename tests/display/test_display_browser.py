"""What the waiting room's screen shows in a real browser: readable from afar, honest when cut off, all fits."""

from __future__ import annotations

import html5lib
import pytest

from tests.display.conftest import OpenPage, counters, ready, spoken, until
from tests.display.stub_hall import StubHall

FITS = """() => [...document.querySelectorAll(
    '#hero-number, #hero-counter, #hero-agency, .call-number, .call-counter, .wait-count, .head-hall h1, #clock-date')]
  .filter((e) => {
    if (!e.offsetParent || !e.textContent.trim()) return false;
    const box = e.parentElement.getBoundingClientRect(), own = e.getBoundingClientRect();
    return own.right > box.right + 2 || own.bottom > box.bottom + 8 || own.left < box.left - 2 || own.top < box.top - 8;
  }).map((e) => `${e.id || e.className}: ${e.textContent}`)"""

# Of each counter in the panel: its name, why it does not serve, by how much it is cut off, and its letters' size.
SHUT = """() => document.getElementById('panel-shut').hidden ? [] :
  [...document.querySelectorAll('#shut-list li')].map((row) => [
    row.children[0].textContent, row.children[1].textContent,
    row.getBoundingClientRect().bottom - row.parentElement.getBoundingClientRect().bottom,
    parseFloat(getComputedStyle(row).fontSize)])"""


def waiting(count: int) -> list[dict[str, object]]:
    return [
        {"agency": f"a{i}", "name": f"Dinas Contoh Nomor {i}", "short": f"Dinas {i}", "waiting": i,
         "serving_counters": i % 3, "estimate": {"low": 5, "high": 15}}
        for i in range(count)
    ]  # fmt: skip


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
    lost: list[str] = []
    page.on("requestfailed", lambda request: lost.append(request.url))
    hall.stop()
    until(page, "!document.getElementById('notlive').hidden", seconds=14)
    page.wait_for_timeout(200)
    assert [url for url in lost if "/static/" in url] == [], "the banner's sign was there before it was needed"
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
    hall.board["counters"] = [one | {"due": True} for one in counters(4, open_=False, text="Belum melayani")]
    hall.board["waiting"] = waiting(6)
    hall.seq += 1
    hall.nudge()
    until(page, "document.getElementById('waiting-list').children.length === 6")
    assert page.inner_text(".hero-title >> visible=true") == "Selamat datang"  # empty counters are no closed hall
    hall.board["counters"] = counters(4, open_=False, text="Buka lagi Rabu 08.00")
    hall.seq += 1
    hall.nudge()
    until(page, "document.getElementById('hero').dataset.kind === 'closed'")
    assert page.inner_text("#closed-text") == "Buka lagi Rabu 08.00"


def test_a_wait_of_hours_is_told_in_hours(hall: StubHall, open_page: OpenPage) -> None:
    hall.board["waiting"] = [{**waiting(2)[1], "estimate": {"low": 185, "high": 325}}]
    page = ready(open_page())
    assert page.inner_text(".wait-estimate") == "3–6 jam"


def test_the_open_counters_are_listed_by_agency_and_the_shared_word_once(hall: StubHall, open_page: OpenPage) -> None:
    hall.board |= {"waiting": waiting(2), "counters": [{**one, "agency": "a1"} for one in counters(3)]}
    page = ready(open_page())
    assert page.text_content("#open-word") == "Loket"
    assert page.locator("#open-list li span").all_text_contents() == ["Dinas 1", "1, 2, 3"]


@pytest.mark.parametrize("many", [1, 5, 6, 8, 19])
def test_the_counters_that_do_not_serve_are_all_shown_whole_one_page_after_the_other(
    hall: StubHall, open_page: OpenPage, many: int
) -> None:
    shut = counters(many, open_=False, text="Belum melayani")
    hall.board |= {"waiting": waiting(2), "counters": [*counters(30)[-1:], *shut]}
    page = ready(open_page())
    page.clock.install()
    page.reload()
    seen: set[str] = set()
    for _ in range(40):
        page.clock.run_for(5000)
        for name, why, below, size in page.evaluate(SHUT):
            assert below <= 1 and size >= 19
            assert why == ""  # the title says it
            seen.add(name)
    assert len(seen) == many


def test_a_counter_that_opens_again_today_says_when(hall: StubHall, open_page: OpenPage) -> None:
    shut = counters(3, open_=False, text="Tutup sesuai jadwal")
    shut[0]["expected_at"] = "2026-11-24T13:00:00+07:00"
    shut[1]["text"] = "Belum melayani"
    hall.board |= {"waiting": waiting(2), "counters": [*counters(30)[-1:], *shut]}
    page = ready(open_page())
    assert page.locator("#shut-list .shut-text").all_text_contents() == ["buka lagi 13.00", "", "Tutup sesuai jadwal"]


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

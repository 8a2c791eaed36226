"""The floor's page in a real browser: it changes by itself, says what it knows, and shows the empty counters first."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from hall.turn import position
from queueing import calling, slips
from queueing.issuing import issue
from queueing.paperless import note_shown
from staffing import presence
from tests.admin.stage import Stage
from tests.cast import CONSOLE, KIOSK, RANDU


def tile(page: Page, counter: str) -> Locator:
    return page.locator(f'.tile[data-counter="{counter}"]')


def test_the_empty_counters_stand_first_the_worst_before_the_others(page: Page) -> None:
    expect(page.locator("#vacant-text")).to_have_text("10 loket kosong padahal wajib buka")
    names = page.locator("#vacant-list .empty-name").all_inner_texts()
    assert names[0] == "Loket 7"  # thirteen people whom nobody else can call
    assert names[-1] == "Loket 8"  # empty for four minutes only
    box = page.locator("#vacant").bounding_box()
    assert box is not None
    assert box["y"] < 300
    expect(tile(page, "7")).to_contain_text(re.compile(r"42 mnt\s*sejak 09.03"))
    expect(tile(page, "7")).to_contain_text("13 orang menunggu")
    expect(tile(page, "7")).to_contain_text("tanpa loket lain")
    expect(tile(page, "6")).to_contain_text("formasi kosong: Operator Layanan Operasional")
    expect(tile(page, "15")).to_contain_text("instansi belum buka")
    expect(tile(page, "8")).to_contain_text("masih dalam waktu toleransi 10 menit")


def test_the_totals_and_the_devices_stand_on_top(page: Page) -> None:
    for name, value in (("due", "18"), ("staffed", "7"), ("vacant", "10"), ("unobserved", "1"), ("waiting", "48")):
        expect(page.locator(f'[data-total="{name}"]')).to_have_text(value)
    expect(page.locator("#alerts")).to_contain_text("Konsol Loket 16 terputus sejak 08.00")
    expect(page.locator("#alerts")).to_contain_text("Pencetak kiosk-1: kertas habis")


def test_what_is_closed_by_schedule_is_neither_counted_nor_coloured_as_empty(page: Page) -> None:
    closed = tile(page, "18")
    expect(closed.locator(".state")).to_have_text("Tutup sesuai jadwal")
    expect(closed).to_contain_text("buka lagi 13.00")
    expect(closed).to_contain_text("pindah sementara ke kantor pusat")
    expect(page.locator('#vacant-list [data-counter="18"]')).to_have_count(0)


def test_no_officers_name_is_on_the_page(page: Page) -> None:
    assert RANDU.name not in page.content()
    assert RANDU.nip not in page.content()


def test_a_counter_that_is_manned_again_moves_without_a_reload(page: Page, stage: Stage) -> None:
    page.evaluate("window.notReloaded = true")
    presence.sign_in(stage.db, "blora", "7", RANDU.nip, actor=CONSOLE, now=stage.clock.pass_by(seconds=5), beats=False)
    called = calling.call(stage.db, "blora", "7", actor=CONSOLE, now=stage.clock.pass_by(seconds=5))
    assert called is not None
    nudge(stage)
    expect(tile(page, "7").locator(".state")).to_have_text("Melayani")
    expect(tile(page, "7")).to_contain_text(f"memanggil {called['number']}")
    expect(page.locator("#vacant-text")).to_have_text("9 loket kosong padahal wajib buka")
    expect(page.locator("#vacant-list > li")).to_have_count(9)
    expect(page.locator("#plan").locator('[data-counter="7"]')).to_have_count(1)
    issue(stage.db, "blora", "pkb", actor=KIOSK, now=stage.clock.now(), history=True)
    nudge(stage)
    expect(page.locator('[data-total="waiting"]')).to_have_text("48")
    assert page.evaluate("window.notReloaded")


def nudge(stage: Stage) -> None:
    """What the couriers do after a commit, which do not run here."""
    from app.sockets import nudge as tell

    with stage.db.reading() as connection:
        seq = position(connection, "blora")[0]
    tell(stage.app.extensions["socketio"], "blora", seq, None)


def test_state_and_agency_narrow_what_is_shown(page: Page) -> None:
    page.click('.chip[data-chip="idle"]')
    expect(page.locator(".tile")).to_have_count(1)
    expect(tile(page, "13")).to_contain_text("Tidak memanggil 35 menit")
    page.click('.chip[data-chip="idle"]')
    page.select_option("#agency", "samsat")
    expect(page.locator(".tile")).to_have_count(2)
    page.click('.chip[data-chip="serving"]')
    expect(page.locator("#nothing")).to_be_visible()
    page.click('.chip[data-chip=""]')
    page.select_option("#agency", "")
    page.select_option("#grouping", "instansi")
    expect(page.locator(".room-name").first).to_have_text("DPMPTSP")
    expect(page.locator(".tile")).to_have_count(19)


def test_a_page_without_answers_says_since_when_and_recovers(page: Page) -> None:
    page.route("**/api/v1/**", lambda route: route.abort())
    expect(page.locator("#notlive")).to_be_visible(timeout=20_000)
    expect(page.locator("#notlive-text")).to_contain_text("Tidak terhubung sejak 09.45")
    page.unroute("**/api/v1/**")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#notlive")).to_be_hidden(timeout=20_000)


def test_an_ended_session_is_told(page: Page) -> None:
    page.context.clear_cookies()
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.locator("#notlive-text")).to_contain_text("Sesi Anda sudah berakhir")


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1366, 768), (1920, 1080)])
def test_nothing_hangs_over_the_side_of_the_screen(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for path in ("/admin/blora", "/admin/blora/statistik", "/"):
        page.goto(page.url.split("/admin")[0] + path if "/admin" in page.url else path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.goto(page.url.split("/admin")[0].rstrip("/") + "/admin/blora")


def test_the_whole_hall_fits_a_wall_screen(page: Page) -> None:
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(page.url + "?mode=dinding")
    page.wait_for_selector(".tile")
    page.wait_for_function("document.documentElement.style.fontSize !== ''")
    expect(page.locator(".tile")).to_have_count(19)
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    assert page.evaluate("parseFloat(document.documentElement.style.fontSize)") >= 14


def test_the_devices_own_clock_is_never_shown(page: Page) -> None:
    """The hall's Tuesday is not the day on which this test runs: before the first answer there is no time at all."""
    page.add_init_script(
        "window.shown = new Set(); document.addEventListener('DOMContentLoaded', () => new MutationObserver(() =>"
        " window.shown.add(document.getElementById('clock-date').textContent)).observe("
        "document.getElementById('clock-date'), {childList: true, characterData: true, subtree: true}))"
    )
    page.reload()
    page.wait_for_selector(".tile")
    expect(page.locator("#clock-time")).to_have_text("09.45")
    assert page.evaluate("[...window.shown]") == ["Selasa, 3 Maret 2026 · WIB"]


def test_a_number_that_perhaps_nobody_holds_is_named_until_somebody_does(page: Page, stage: Stage) -> None:
    now = stage.clock.pass_by(seconds=1)
    ticket = issue(stage.db, "blora", "ktp", actor=KIOSK, now=now, history=True, kiosk="kiosk-1")
    job = slips.take_next(stage.db, "blora", "kios-1", now=now)
    assert job is not None
    expect(page.locator("#alerts")).not_to_contain_text("karcis")
    slips.report(stage.db, job.id, "unknown", "silent", None, actor="printer:kios-1", now=now)
    nudge(stage)
    expect(page.locator("#alerts")).to_contain_text(f"Mungkin belum memegang karcis: {ticket['number']}. Nomor tetap")
    note_shown(stage.db, str(ticket["id"]), "left", actor=KIOSK, now=now)
    nudge(stage)
    expect(page.locator("#alerts")).to_contain_text(f"{ticket['number']} (tampil di layar kios)")
    note_shown(stage.db, str(ticket["id"]), "touched", actor=KIOSK, now=now)
    nudge(stage)
    expect(page.locator("#alerts")).not_to_contain_text("karcis")

"""The touchscreen in a real browser: three touches to a number, one ticket from two, warnings, and honest slips."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Route, expect

from queueing.slips import note_printer
from tests.cast import BAMBU, RANDU, TUESDAY_EVENING, wib
from tests.kiosk.glass import Kiosk
from tests.kiosk.stage import BASE_URL, PRINTER, Stage


@pytest.fixture
def kiosk(browser: Browser, stage: Stage, served: str) -> Iterator[Kiosk]:
    stage.sit(BAMBU)
    glass = Kiosk(browser, served, stage.secret)
    yield glass
    glass.close()


def test_three_touches_to_a_number(kiosk: Kiosk, stage: Stage) -> None:
    kiosk.agency("dukcapil")
    kiosk.service("ktp")
    kiosk.sees("#papers", "Fotokopi kartu keluarga.")
    kiosk.sees("#fact-serving", "Loket 3")
    kiosk.tap("#take")
    kiosk.sees("#result-number", "B-001")
    kiosk.sees("#result-service", "Perekaman dan pencetakan KTP-el")
    kiosk.sees("#result-estimate", "kurang dari 5 menit")
    assert stage.issued() == 1


def test_an_agency_with_one_service_needs_two_touches(kiosk: Kiosk, stage: Stage) -> None:
    kiosk.agency("polres")
    kiosk.screen("service")
    kiosk.sees("#papers", "Pasfoto 4x6 berlatar merah")
    kiosk.tap("#back")
    kiosk.screen("home")


def test_the_code_on_the_screen_leads_to_the_citizens_own_page(kiosk: Kiosk, stage: Stage, tmp_path: object) -> None:
    kiosk.to_ktp()
    with kiosk.page.expect_response("**/tickets") as asked:
        kiosk.tap("#take")
    ticket = asked.value.json()
    expect(kiosk.find("#qr")).to_have_js_property("complete", True)
    shot = f"{tmp_path}/qr.png"
    kiosk.find("#qr").screenshot(path=shot)
    (code,) = zxingcpp.read_barcodes(Image.open(shot))
    assert code.text == BASE_URL + ticket["status_url"]


def test_a_double_touch_gives_one_ticket(kiosk: Kiosk, stage: Stage) -> None:
    asked: list[str] = []
    kiosk.page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    kiosk.to_ktp()
    kiosk.page.evaluate("() => { for (let touch = 0; touch < 3; touch++) document.getElementById('take').click(); }")
    kiosk.sees("#result-number", "B-001")
    assert len(asked) == 1
    assert stage.issued() == 1


def test_a_double_touch_on_a_tile_does_not_press_what_appears_below(kiosk: Kiosk) -> None:
    box = kiosk.find("#agencies li[data-code='dukcapil'] .tile").bounding_box()
    assert box is not None
    for _ in range(2):
        kiosk.page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    kiosk.screen("agency")


def test_a_lost_answer_is_asked_again_with_the_same_key(kiosk: Kiosk, stage: Stage) -> None:
    keys: list[str] = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()  # the server did it, the answer never arrives
            route.abort()
        else:
            route.continue_()

    kiosk.when_asked(lose_the_first)
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.sees("#result-number", "B-001")
    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert stage.issued() == 1


def test_a_silent_server_is_said_and_the_same_key_tries_again(kiosk: Kiosk, stage: Stage) -> None:
    keys: list[str] = []

    def swallow(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.abort()

    kiosk.when_asked(swallow)
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.sees("#warn-title", "Nomor belum dapat diambil")
    expect(kiosk.find("#result-number")).to_be_empty()
    assert stage.issued() == 0
    kiosk.page.unroute("**/tickets")
    with kiosk.page.expect_request("**/tickets") as asked:
        kiosk.tap("#warn-on")
    kiosk.sees("#result-number", "B-001")
    assert {*keys, asked.value.headers["idempotency-key"]} == {keys[0]}


def test_nobody_serving_is_warned_of_before_the_number(kiosk: Kiosk, stage: Stage) -> None:
    stage.citizen("skck")
    kiosk.start()
    kiosk.agency("polres")
    kiosk.sees("#service-note", "Saat ini belum ada petugas yang melayani")
    kiosk.tap("#take")
    kiosk.sees("#warn-title", "Saat ini belum ada petugas")
    kiosk.sees("#warn-text", "1 orang sudah menunggu")
    kiosk.tap("#warn-back")
    kiosk.screen("service")
    assert stage.issued() == 1
    kiosk.tap("#take")
    kiosk.tap("#warn-on")
    kiosk.sees("#result-number", "J-002")
    kiosk.sees("#result-estimate", "belum dapat diperkirakan")


def test_a_full_day_is_warned_of(kiosk: Kiosk, stage: Stage) -> None:
    stage.clock.moment = wib("2026-03-03", "14:50")
    stage.sit(RANDU)
    for _ in range(3):
        stage.citizen("pkb")
    kiosk.start()
    kiosk.agency("samsat")
    kiosk.service("pkb")
    kiosk.tap("#take")
    kiosk.sees("#warn-title", "Antrean sudah panjang")
    kiosk.sees("#warn-text", "3 orang sudah menunggu")
    kiosk.tap("#warn-on")
    kiosk.sees("#result-number", "C-004")


def test_what_closed_meanwhile_gives_no_number(kiosk: Kiosk, stage: Stage) -> None:
    kiosk.to_ktp()
    stage.clock.moment = TUESDAY_EVENING
    kiosk.tap("#take")
    kiosk.sees("#warn-title", "Layanan sedang tutup")
    kiosk.sees("#warn-text", "Di luar jam layanan")
    kiosk.sees("#warn-text", "Buka lagi besok pukul 08.00")
    assert stage.issued() == 0


def test_the_last_number_of_a_quota_taken_elsewhere_is_said(kiosk: Kiosk, stage: Stage) -> None:
    stage.clock.moment = wib("2026-03-03", "09:30")
    for _ in range(14):
        stage.citizen("paspor")
    kiosk.start()
    kiosk.agency("imigrasi")
    kiosk.screen("service")
    stage.citizen("paspor")
    kiosk.tap("#take")
    kiosk.sees("#warn-title", "Kuota hari ini sudah habis")
    assert stage.issued() == 15


def test_a_day_that_is_full_and_stops_is_said(kiosk: Kiosk, stage: Stage) -> None:
    stage.clock.moment = wib("2026-03-03", "14:50")
    stage.options(capacity="stop")
    stage.sit(RANDU)
    for _ in range(2):
        stage.citizen("pkb")
    kiosk.start()
    kiosk.agency("samsat")
    kiosk.service("pkb")
    kiosk.sees("#service-note", "Antrean sudah memenuhi sisa jam layanan hari ini.")
    expect(kiosk.find("#take")).to_be_hidden()


def test_a_closed_hall_says_so_at_once(kiosk: Kiosk, stage: Stage) -> None:
    stage.clock.moment = TUESDAY_EVENING
    kiosk.start()
    kiosk.sees("#lead-title", "Balai layanan tutup")
    kiosk.sees("#lead-more", "Buka lagi besok pukul 08.00")
    kiosk.sees("#agencies li[data-code='kemenag']", "Buka besok pukul 08.00")
    kiosk.agency("polres")
    expect(kiosk.find("#take")).to_be_hidden()
    kiosk.sees("#service-note", "Buka lagi besok pukul 08.00")


def test_a_full_disk_is_said_and_no_number_shown(kiosk: Kiosk, stage: Stage) -> None:
    kiosk.when_asked(
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", json={"code": "disk_full", "status": 503}
        )
    )
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.sees("#warn-text", "tidak dapat menyimpan nomor")
    kiosk.sees("#warn-code", "disk_full")
    expect(kiosk.find("#result-number")).to_be_empty()


def test_a_database_that_failed_at_the_commit_is_no_word_that_nothing_was_recorded(kiosk: Kiosk) -> None:
    told = {"code": "database_unavailable", "status": 503, "detail": "Belum pasti tercatat."}
    kiosk.when_asked(lambda route: route.fulfill(status=503, content_type="application/problem+json", json=told))
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.sees("#warn-text", "Belum ada nomor untuk Anda di layar ini")
    expect(kiosk.find("#warn-text")).not_to_contain_text("tercatat")


def test_a_wrong_clock_is_said_as_such_and_no_number_shown(kiosk: Kiosk, stage: Stage) -> None:
    stage.citizen()
    kiosk.to_ktp()
    stage.clock.pass_by(days=-1)
    kiosk.tap("#take")
    kiosk.sees("#warn-text", "Jam server tidak benar")
    kiosk.sees("#warn-code", "clock_wrong")
    expect(kiosk.find("#result-number")).to_be_empty()
    stage.clock.pass_by(days=1)
    kiosk.tap("#warn-on")  # right again: the same touch gets its number
    kiosk.sees("#result-number", "B-002")


def test_a_locked_database_is_said_as_such_and_no_number_shown(kiosk: Kiosk, stage: Stage) -> None:
    stage.give_up_soon()
    kiosk.to_ktp()
    with closing(sqlite3.connect(stage.db.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # a program of somebody else holds the file
        kiosk.tap("#take")
        expect(kiosk.find("#warn-code")).to_contain_text("database_locked", timeout=15_000)
        expect(kiosk.find("#result-number")).to_be_empty()
    assert stage.issued() == 0
    kiosk.tap("#warn-on")
    kiosk.sees("#result-number", "B-001")


def test_priority_is_asked_without_proof_and_kept(kiosk: Kiosk, stage: Stage) -> None:
    stage.citizen("ktp")
    kiosk.to_ktp()
    kiosk.tap("#priority")
    kiosk.sees("#choose-priority", "Tidak perlu menunjukkan bukti")
    kiosk.tap("[data-kind='elderly']")
    kiosk.sees("#priority", "Prioritas dipilih")
    with kiosk.page.expect_request("**/tickets") as asked:
        kiosk.tap("#take")
    assert asked.value.post_data_json == {"service": "ktp", "priority": "elderly", "confirm": False}
    kiosk.sees("#result-ahead", "Tidak ada")


def test_the_next_citizen_starts_without_the_last_ones_priority(kiosk: Kiosk) -> None:
    kiosk.to_ktp()
    kiosk.tap("#priority")
    kiosk.tap("[data-kind='disabled']")
    kiosk.tap("#back")
    kiosk.service("ktp")
    kiosk.sees("#priority", "Butuh prioritas?")


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        ("confirmed", None, "Silakan ambil karcis Anda"),
        ("failed", "paper_end", "Pencetak kehabisan kertas. Pindai QR, foto layar ini, atau catat nomornya."),
        ("failed", "cover_open", "Tutup pencetak terbuka. Pindai QR, foto layar ini, atau catat nomornya."),
        ("failed", "unreachable", "Pencetak tidak terhubung. Pindai QR, foto layar ini, atau catat nomornya."),
        (
            "unknown",
            "silent",
            "Pencetak tidak menjawab. Karcis mungkin tidak tercetak. Pindai QR, foto layar ini, atau catat nomornya.",
        ),
        ("failed", "bad_slip", "Karcis tidak tercetak. Pindai QR, foto layar ini, atau catat nomornya."),
    ],
)
def test_the_slip_is_told_as_it_is(kiosk: Kiosk, stage: Stage, state: str, reason: str | None, words: str) -> None:
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.sees("#result-number", "B-001")
    kiosk.sees("#slip-text", "Sedang mencetak…")
    stage.print_next(state, reason)
    kiosk.sees("#slip-text", words)
    expect(kiosk.find("#qr")).to_be_visible()


def test_a_printer_without_news_does_not_keep_the_citizen_waiting(kiosk: Kiosk, stage: Stage) -> None:
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.sees("#slip-text", "Sedang mencetak…")
    words = "Karcis belum keluar. Pindai QR, foto layar ini, atau catat nomornya."
    expect(kiosk.find("#slip-text")).to_have_text(words, timeout=2500)
    stage.print_next("confirmed")
    kiosk.sees("#slip-text", "Silakan ambil karcis Anda")


def test_a_hall_without_a_printer_promises_no_paper(kiosk: Kiosk, stage: Stage) -> None:
    stage.change_printer(active=False)
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.sees("#slip-text", "Tanpa karcis kertas. Pindai QR, foto layar ini, atau catat nomornya.")


def test_a_slip_that_failed_is_printed_again_once_the_printer_is_well(kiosk: Kiosk, stage: Stage) -> None:
    kiosk.to_ktp()
    kiosk.tap("#take")
    kiosk.sees("#result-number", "B-001")
    stage.print_next("failed", "paper_end")
    kiosk.sees("#slip-text", "Pencetak kehabisan kertas")
    expect(kiosk.find("#again")).to_be_hidden()
    note_printer(stage.db, "blora", PRINTER, "ready", None, now=stage.clock.now())
    kiosk.tap("#again")
    kiosk.sees("#slip-text", "Sedang mencetak…")
    assert stage.print_next("confirmed").copy == 1
    kiosk.sees("#slip-text", "Silakan ambil karcis Anda")


def test_english_is_one_touch_away_and_gone_for_the_next(kiosk: Kiosk) -> None:
    kiosk.agency("dukcapil")
    kiosk.screen("agency")
    kiosk.tap("[data-lang='en']")
    expect(kiosk.page.locator("html")).to_have_attribute("lang", "en")
    kiosk.screen("agency")
    kiosk.tap("#back")
    expect(kiosk.page.locator("html")).to_have_attribute("lang", "en")


def test_what_is_touched_lies_where_hands_reach_and_is_large(kiosk: Kiosk) -> None:
    def check() -> None:
        for button in kiosk.page.locator("button:visible").all():
            box = button.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 44
            assert box["y"] >= 500  # 1220 mm on the usual stands
            assert box["y"] + box["height"] <= 1920

    kiosk.screen("home")
    check()
    kiosk.agency("dukcapil")
    kiosk.screen("agency")
    check()
    kiosk.service("ktp")
    kiosk.screen("service")
    check()
    kiosk.tap("#take")
    kiosk.screen("result")
    check()


def test_a_hall_larger_than_the_screen_has_pages(kiosk: Kiosk, stage: Stage) -> None:
    stage.add_agencies(20)
    kiosk.start()
    expect(kiosk.find(".tile")).to_have_count(15)
    kiosk.sees("#page-text", "1 dari 3")
    for _ in range(2):
        kiosk.tap("#page-on")
        kiosk.screen("home")
    kiosk.sees("#page-text", "3 dari 3")
    kiosk.agency("extra-20")
    kiosk.screen("agency")
    expect(kiosk.find(".row-button")).to_have_count(6)
    kiosk.tap("#page-on")
    kiosk.screen("agency")
    for button in kiosk.page.locator(".bottom button:visible").all():
        assert button.evaluate("(it) => it.scrollWidth <= it.clientWidth")
    kiosk.service("extra-20-8")
    kiosk.screen("service")


def test_nothing_runs_out_of_its_tile(kiosk: Kiosk, stage: Stage) -> None:
    for moment in (wib("2026-03-03", "12:30"), TUESDAY_EVENING, wib("2026-03-06", "20:00"), wib("2026-03-18", "09:00")):
        stage.clock.moment = moment
        kiosk.start()
        spilled = kiosk.page.evaluate(
            """() => [...document.querySelectorAll(".tile")]
                .filter((tile) => tile.scrollHeight > tile.clientHeight + 1 || tile.scrollWidth > tile.clientWidth + 1)
                .map((tile) => tile.textContent)"""
        )
        assert spilled == [], moment


def test_there_is_no_way_out_of_the_page(kiosk: Kiosk) -> None:
    assert kiosk.page.locator("a[href]").count() == 0
    stopped = kiosk.page.evaluate(
        """() => ["contextmenu", "selectstart", "dragstart"].map(
            (kind) => !document.body.dispatchEvent(new Event(kind, { bubbles: true, cancelable: true })))"""
    )
    assert stopped == [True, True, True]
    zoom = kiosk.page.evaluate(
        """() => !document.body.dispatchEvent(
            new WheelEvent("wheel", { ctrlKey: true, bubbles: true, cancelable: true }))"""
    )
    assert zoom is True
    style = "getComputedStyle(document.body)"
    assert kiosk.page.evaluate(f"() => [{style}.userSelect, {style}.touchAction]") == ["none", "none"]

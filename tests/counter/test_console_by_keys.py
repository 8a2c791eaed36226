"""The console in a real browser, driven by keys only: a whole day's moves, and the presses that must not count."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from hall.journal import since
from staffing import presence
from tests.cast import AYU, BAMBU, RANDU
from tests.counter.stage import PIN, WRONG, Stage

BOUNCE = 650  # ms: a deliberate second press of the same key
SURE = 350


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def shows(page: Page, mode: str, number: str = "") -> None:
    """The slip is in a mode and, if given, carries a number; the next press counts."""
    expect(page.locator("#slip")).to_have_attribute("data-mode", mode)
    if number:
        expect(page.locator("#number")).to_have_text(number)
    expect(page.locator("#console")).to_have_attribute("data-listening", "yes")


def says(page: Page, text: str) -> None:
    expect(page.locator("#said")).to_contain_text(text)


def sign_in(page: Page, pin: str = PIN) -> None:
    page.goto("/counter/blora")
    page.keyboard.type("Loket 3")
    press(page, "Tab")
    page.keyboard.type(BAMBU.nip)
    press(page, "Tab")
    page.keyboard.type(pin)
    press(page, "Enter")


def at_work(page: Page) -> None:
    sign_in(page)
    shows(page, "idle")


def kinds(stage: Stage, *wanted: str) -> list[str]:
    with stage.db.reading() as connection:
        lines = since(connection, "blora", 0, kinds=wanted)
    return [f"{line.kind} {line.data.get('number', '')}".strip() for line in lines]


def test_a_day_at_the_counter_by_keys_alone(stage: Stage, page: Page) -> None:
    for i in range(6):
        stage.citizen("kia" if i == 5 else "ktp")
    at_work(page)
    expect(page.locator("#waiting")).to_have_text("6")

    press(page, "NumpadEnter")
    shows(page, "called", "B-001")
    press(page, "NumpadDivide")
    says(page, "dipanggil ulang")
    expect(page.locator("#facts")).to_contain_text("Panggilan ke-2")
    page.wait_for_timeout(BOUNCE)
    press(page, "NumpadEnter")
    shows(page, "serving", "B-001")
    page.wait_for_timeout(BOUNCE)
    press(page, "NumpadEnter")
    shows(page, "idle")
    says(page, "B-001 selesai")

    press(page, "F2")  # the F-keys do the same; Selesai straight from Dipanggil starts and finishes
    shows(page, "called", "B-002")
    press(page, "F8")
    shows(page, "idle")

    press(page, "NumpadAdd")
    shows(page, "called", "B-003")
    press(page, "F4")
    shows(page, "serving", "B-003")
    press(page, "NumpadDecimal")
    shows(page, "idle")
    expect(page.locator("#held")).to_contain_text("B-003")

    page.wait_for_timeout(BOUNCE)
    press(page, "NumpadAdd")
    shows(page, "called", "B-004")
    press(page, "Numpad0")
    expect(page.locator('[data-move="no-show"]')).to_contain_text("Tekan lagi: Lewati B-004")
    page.wait_for_timeout(SURE)
    press(page, "Numpad0")
    shows(page, "idle")
    expect(page.locator("#missed")).to_contain_text("B-004")

    page.wait_for_timeout(BOUNCE)
    press(page, "NumpadAdd")
    shows(page, "called", "B-005")
    press(page, "NumpadMultiply")
    expect(page.locator("#targets li").first).to_be_visible()
    page.keyboard.type("pajak kendaraan")
    expect(page.locator("#targets li")).to_have_count(1)
    press(page, "NumpadMultiply", "Enter")
    says(page, "B-005 dialihkan ke Pengesahan STNK")
    shows(page, "idle")

    press(page, "NumpadSubtract")
    expect(page.locator("#pause-dialog")).to_be_visible()
    press(page, "2")
    shows(page, "paused")
    expect(page.locator("#label")).to_have_text("Istirahat: Salat")
    expect(page.locator("#since")).to_contain_text("15 menit")
    page.wait_for_timeout(BOUNCE)
    press(page, "NumpadSubtract")
    shows(page, "idle")

    page.wait_for_timeout(BOUNCE)
    press(page, "F2")
    shows(page, "called", "B-006")
    press(page, "Delete")
    page.wait_for_timeout(SURE)
    press(page, "Delete")
    shows(page, "idle")

    assert kinds(stage, *(f"ticket_{k}" for k in ("called", "started", "finished", "held", "missed", "cancelled"))) == [
        "ticket_called B-001", "ticket_started B-001", "ticket_finished B-001",
        "ticket_called B-002", "ticket_started B-002", "ticket_finished B-002",
        "ticket_called B-003", "ticket_started B-003", "ticket_held B-003",
        "ticket_called B-004", "ticket_missed B-004",
        "ticket_called B-005",
        "ticket_called B-006", "ticket_cancelled B-006",
    ]  # fmt: skip
    with stage.db.reading() as connection:
        (sent,) = since(connection, "blora", 0, kinds=("ticket_transferred",))
    assert (sent.data["to_service"], sent.data["back"]) == ("pkb", True)

    page.locator("[data-resume]").first.focus()
    press(page, "Enter")
    says(page, "B-003 kembali ke antrean")
    page.wait_for_timeout(BOUNCE)
    page.locator('[data-move="sign-out"]').focus()
    press(page, "Enter")
    expect(page.locator("#form")).to_be_visible()
    expect(page.locator("#counter")).to_have_value("3")  # this machine remembers its counter
    expect(page.locator("#nip")).to_be_focused()


def test_a_key_held_down_or_pressed_twice_fires_once(stage: Stage, page: Page) -> None:
    for _ in range(3):
        stage.citizen()
    at_work(page)
    page.keyboard.down("NumpadEnter")
    for _ in range(20):
        page.keyboard.down("NumpadEnter")  # what a held key sends, well beyond the time of a bounce
        page.wait_for_timeout(60)
    shows(page, "called", "B-001")
    page.wait_for_timeout(BOUNCE)
    page.keyboard.down("NumpadEnter")
    page.keyboard.up("NumpadEnter")
    shows(page, "called", "B-001")
    press(page, "NumpadEnter", "NumpadEnter", "NumpadEnter")  # nervous fingers: Layani, and not also Selesai
    shows(page, "serving", "B-001")
    page.wait_for_timeout(BOUNCE)
    page.locator("#main").dblclick()
    shows(page, "idle")
    page.wait_for_timeout(BOUNCE)
    page.locator("#main").focus()
    for _ in range(20):
        page.keyboard.down("Enter")  # held on a button that has the focus
        page.wait_for_timeout(60)
    page.keyboard.up("Enter")
    shows(page, "called", "B-002")
    assert kinds(stage, "ticket_called", "ticket_started", "ticket_finished") == [
        "ticket_called B-001",
        "ticket_started B-001",
        "ticket_finished B-001",
        "ticket_called B-002",
    ]


def test_the_guard_tells_presses_from_accidents(page: Page) -> None:
    """On a clock of its own; a press is [milliseconds, key, move, needs a second one], an answer what it counts as."""
    page.goto("/counter/blora")
    answers = page.evaluate(
        """async () => {
          const { Guard } = await import("/static/counter/keys.js");
          let now = 0;
          const play = (...presses) => {
            const guard = new Guard({ now: () => now });
            return presses.map(([at, key, move, guarded]) => ((now = at), guard.press(key, move, guarded)));
          };
          return {
            twice: play([0, "Enter", "call"], [250, "Enter", "start"], [599, "Enter", "start"]),
            later: play([0, "Enter", "call"], [601, "Enter", "start"]),
            otherKey: play([0, "F2", "call"], [250, "F4", "start"]),
            confirmed: play([0, "0", "no-show", true], [400, "0", "no-show", true]),
            doublePress: play([0, "0", "no-show", true], [200, "0", "no-show", true], [450, "0", "no-show", true]),
            deliberate: play([0, "0", "no-show", true], [200, "0", "no-show", true], [600, "0", "no-show", true]),
            confirmedByButton: play([0, "0", "no-show", true], [900, "click", "no-show", true]),
            otherMoveBetween: play([0, "0", "no-show", true], [700, "F3", "recall"], [900, "0", "no-show", true]),
          };
        }"""
    )
    assert answers == {
        "twice": ["do", None, None],
        "later": ["do", "do"],
        "otherKey": ["do", "do"],
        "confirmed": ["arm", "do"],
        "doublePress": ["arm", None, None],
        "deliberate": ["arm", None, "do"],
        "confirmedByButton": ["arm", "do"],
        "otherMoveBetween": ["arm", "do", "arm"],
    }


def test_one_press_of_lewati_skips_nobody(stage: Stage, page: Page) -> None:
    stage.citizen()
    at_work(page)
    press(page, "F2")
    shows(page, "called", "B-001")
    press(page, "Numpad0", "Numpad0")  # a double press does not confirm itself
    armed = page.locator('[data-move="no-show"]')
    expect(armed).to_have_class(re.compile("armed"))
    press(page, "Escape")
    expect(armed).not_to_have_class(re.compile("armed"))
    page.wait_for_timeout(BOUNCE)
    press(page, "F9")
    press(page, "F3")  # anything else disarms
    says(page, "dipanggil ulang")
    expect(armed).not_to_have_class(re.compile("armed"))
    assert kinds(stage, "ticket_missed") == []


def test_a_nik_typed_into_the_wrong_window_moves_nobody(stage: Stage, page: Page) -> None:
    stage.citizen()
    at_work(page)
    press(page, "F2")
    shows(page, "called", "B-001")
    for digit in "3316010203040001":
        press(page, f"Numpad{digit}")
        page.wait_for_timeout(40)
    press(page, "NumpadEnter")
    says(page, "untuk aplikasi lain")
    shows(page, "called", "B-001")
    assert kinds(stage, "ticket_missed", "ticket_started") == []


def test_f5_does_not_reload_and_the_browsers_own_keys_keep_quiet(stage: Stage, page: Page) -> None:
    at_work(page)
    page.evaluate("window.stillHere = true")
    press(page, "F5")
    says(page, "tidak perlu dimuat ulang")
    press(page, "F3")
    says(page, "Belum ada nomor")
    press(page, "F1")
    expect(page.locator("#help-dialog")).to_be_visible()
    press(page, "Escape", "?")
    expect(page.locator("#help-dialog")).to_be_visible()
    press(page, "NumpadEnter")  # closes the help, and calls nobody
    assert page.evaluate("window.stillHere") is True
    assert kinds(stage, "ticket_called") == []


def test_a_reload_in_the_middle_changes_nothing(stage: Stage, page: Page) -> None:
    stage.citizen()
    stage.citizen()
    at_work(page)
    press(page, "F2")
    shows(page, "called", "B-001")
    page.reload()
    shows(page, "called", "B-001")
    press(page, "F4")
    shows(page, "serving", "B-001")
    page.reload()
    shows(page, "serving", "B-001")
    expect(page.locator("#waiting")).to_have_text("1")


def test_what_others_do_appears_by_itself(stage: Stage, page: Page) -> None:
    at_work(page)
    stage.citizen()
    expect(page.locator("#line")).to_contain_text("B-001")
    assert "(1)" in page.title()
    ayu = stage.seated(AYU)
    ayu.move(stage.citizen("kk")["id"], "transfer", {"counter": "3"})
    expect(page.locator("#line")).to_contain_text("Dialihkan ke loket ini")


def test_a_ticket_of_the_list_is_sent_on_without_being_called(stage: Stage, page: Page) -> None:
    stage.seated(RANDU)
    stage.citizen()
    at_work(page)
    page.locator(".row-open").first.focus()
    press(page, "Enter")
    expect(page.locator("#ticket-title")).to_have_text("B-001")
    page.locator('[data-ticket-move="transfer"]').focus()
    press(page, "Enter")
    expect(page.locator("#targets li").first).to_be_visible()
    page.keyboard.type("7")
    expect(page.locator("#targets li")).to_have_count(1)
    press(page, "Enter")
    says(page, "B-001 dialihkan ke Loket 7")
    expect(page.locator("#waiting")).to_have_text("0")


def test_the_console_that_lost_its_seat_shows_the_way_in(stage: Stage, page: Page) -> None:
    at_work(page)
    presence.end_day(stage.db, "blora", now=stage.clock.pass_by(hours=22))
    expect(page.locator("#form")).to_be_visible(timeout=15_000)  # at the next heartbeat


def test_a_sign_in_that_fails_says_why_and_a_slowed_one_counts_down(stage: Stage, page: Page) -> None:
    sign_in(page, WRONG)
    fault = page.locator("#fault")
    expect(fault).to_have_text("NIP atau PIN salah.")
    expect(page.locator("#pin")).to_be_focused()
    for _ in range(5):
        page.keyboard.type(WRONG)
        with page.expect_response("**/sign-in"):
            press(page, "Enter")
        expect(page.locator("#go")).not_to_have_attribute("aria-busy", "true")
    expect(fault).to_contain_text(re.compile(r"Coba lagi dalam \d+ detik"))
    expect(page.locator("#go")).to_be_disabled()

"""The whole main job in one story: a touch, a slip, a call by key, the screen, the voice, the phone, the floor."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.decoder import decode
from tests.live import HALL, MANAGER, OFFICER, PIN, LiveHall

PICTURES = Path(__file__).parents[2] / "var" / "pictures"
# what moves comes to rest, or the picture shows two screens at once; a running text never does
STILL = "document.getAnimations().every(a => a.playState != 'running' || a.effect.getTiming().iterations == Infinity)"
SIZES = {
    "kiosk": (1080, 1920),
    "display": (1920, 1080),
    "phone": (390, 844),
    "counter": (1366, 768),
    "admin": (1366, 768),
}
PATIENCE_MS = 15_000


class Faces:
    """One browser context per face, as on five machines."""

    def __init__(self, browser: Browser, live: LiveHall, stack: ExitStack) -> None:
        self.browser, self.live, self._stack = browser, live, stack
        self.faults: list[str] = []

    def open(self, face: str, path: str) -> Page:
        """A page of the face's real size; what its console says of faults is kept."""
        width, height = SIZES[face]
        context = self.browser.new_context(viewport={"width": width, "height": height})
        self._stack.callback(context.close)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda fault: self.faults.append(f"{face}: {fault}"))
        page.goto(self.live.url + path)
        return page

    def device(self, face: str) -> Page:
        """A kiosk or display: it takes its key from the address's fragment and is sent to its page."""
        page = self.open(face, f"/perangkat#{self.live.tokens[face]}")
        page.wait_for_url(f"**/{face}/{HALL}")
        return page

    def picture(self, page: Page, name: str) -> None:
        """Keeps what the screen shows, for people to look at."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        until = time.monotonic() + 30
        while not page.evaluate(STILL):
            assert time.monotonic() < until, f"{name} does not come to rest"
            page.wait_for_timeout(50)
        page.screenshot(path=str(PICTURES / f"{name}.png"))


@pytest.fixture
def faces(browser: Browser, live: LiveHall) -> Iterator[Faces]:
    """The faces of the live hall."""
    with ExitStack() as stack:
        yield Faces(browser, live, stack)


def sign_in_officer(page: Page) -> None:
    """An officer sits down at counter 1."""
    page.locator("#counter").select_option("1")
    page.locator("#nip").fill(OFFICER)
    page.locator("#pin").fill(PIN)
    page.locator("#go").click()
    expect(page.locator("#main-label")).to_contain_text("Panggil", timeout=PATIENCE_MS)


def test_a_citizen_takes_a_number_is_called_by_key_and_served(faces: Faces, live: LiveHall) -> None:
    display = faces.device("display")
    display.mouse.click(960, 540)
    floor = faces.open("admin", "/admin/")
    floor.locator('input[name="login"]').fill(MANAGER)
    floor.locator('input[name="pin"]').fill(PIN)
    floor.locator('button[type="submit"]').first.click()
    tile = floor.locator('.tile[data-counter="1"]').first
    expect(tile).to_have_attribute("data-state", "vacant", timeout=PATIENCE_MS)

    console = faces.open("counter", f"/counter/{HALL}")
    sign_in_officer(console)
    expect(tile).to_have_attribute("data-state", "waiting", timeout=PATIENCE_MS)  # without a reload

    kiosk = faces.device("kiosk")
    faces.picture(kiosk, "kiosk-1-agencies")
    kiosk.get_by_text("Dukcapil", exact=True).click()  # the first touch
    kiosk.get_by_text("Perekaman dan pencetakan KTP-el").click()  # the second
    expect(kiosk.get_by_text("Fotokopi kartu keluarga")).to_be_visible()  # requirements before the number
    faces.picture(kiosk, "kiosk-2-service")
    kiosk.locator("#take").click()  # the third
    expect(kiosk.locator("#result-number")).to_have_text("B-001", timeout=PATIENCE_MS)
    paper = live.printer.wait_for_papers(1, timeout_s=10)
    assert len(paper) == 1
    received = next(data for data in live.printer.received if b"B-001" in data)
    [decoded] = [p for p in decode(received) if p.text.strip()]
    assert "B-001" in decoded.text and "Perekaman dan pencetakan KTP-el" in decoded.text and decoded.cut
    secret_url = decoded.qr[0]
    assert secret_url.startswith(f"{live.url}/t/")
    expect(kiosk.locator("#slip")).to_contain_text("ambil", ignore_case=True, timeout=PATIENCE_MS)
    faces.picture(kiosk, "kiosk-3-number")
    [on_screen] = [c.text for c in zxingcpp.read_barcodes(_pixels(kiosk)) if "/t/" in c.text]
    assert on_screen == secret_url  # the code on the screen and on the paper lead to the same page

    phone = faces.open("phone", secret_url.removeprefix(live.url))
    expect(phone.locator("#number")).to_have_text("B-001")
    expect(phone.locator("#phone")).to_have_attribute("data-state", "waiting", timeout=PATIENCE_MS)
    faces.picture(phone, "phone-1-waiting")

    with display.expect_response(lambda answer: "/sound.wav" in answer.url, timeout=PATIENCE_MS) as sound:
        console.keyboard.press("F2")  # by key
        expect(console.locator("#number")).to_have_text("B-001", timeout=PATIENCE_MS)
    assert sound.value.ok and sound.value.headers["content-type"] == "audio/wav"
    expect(display.locator("#hero-number")).to_have_text("B-001", timeout=PATIENCE_MS)
    expect(display.locator("#hero-counter")).to_contain_text("1")
    faces.picture(display, "display-called")
    expect(display.locator("html")).to_have_attribute("data-spoken", re.compile(r"^\d+$"), timeout=40_000)  # once
    expect(phone.locator("#phone")).to_have_attribute("data-state", "called", timeout=PATIENCE_MS)
    faces.picture(phone, "phone-2-called")
    expect(tile).to_have_attribute("data-state", "serving", timeout=PATIENCE_MS)
    faces.picture(floor, "floor-serving")

    console.keyboard.press("F4")
    expect(console.locator("#slip")).to_have_attribute("data-mode", "serving", timeout=PATIENCE_MS)
    faces.picture(console, "console-serving")
    console.keyboard.press("F8")
    expect(console.locator("#main-label")).to_contain_text("Panggil", timeout=PATIENCE_MS)
    expect(phone.locator("#phone")).to_have_attribute("data-state", "finished", timeout=70_000)
    assert faces.faults == []

    verified = live.command("verify")
    assert (verified.returncode, verified.stdout) == (0, "No breach found.\n"), verified.stderr


def _pixels(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot()))


def test_after_a_crash_of_the_console_everything_is_as_before(faces: Faces, live: LiveHall) -> None:
    for _ in range(2):
        made = live.api("POST", f"/halls/{HALL}/tickets", "kiosk", json={"service": "ktp", "confirm": True})
        assert made.status_code == 201, made.text
    console = faces.open("counter", f"/counter/{HALL}")
    sign_in_officer(console)
    console.keyboard.press("F2")
    expect(console.locator("#number")).to_have_text("B-001", timeout=PATIENCE_MS)
    console.reload()
    expect(console.locator("#number")).to_have_text("B-001", timeout=PATIENCE_MS)
    console.context.new_page().goto(f"{live.url}/counter/{HALL}")
    second = console.context.pages[-1]
    expect(second.locator("#number")).to_have_text("B-001", timeout=PATIENCE_MS)


def test_a_number_for_a_service_nobody_serves_is_given_only_after_a_warning(faces: Faces, live: LiveHall) -> None:
    kiosk = faces.device("kiosk")
    kiosk.get_by_text("Samsat", exact=True).first.click()
    if kiosk.locator("#kiosk").get_attribute("data-screen") == "agency":
        kiosk.get_by_text("Pengesahan STNK tahunan").click()
    kiosk.locator("#take").click()
    expect(kiosk.locator("#warn")).to_be_visible()
    faces.picture(kiosk, "kiosk-warning")
    board = live.api("GET", f"/halls/{HALL}/board", "display").json()
    assert all(row["waiting"] == 0 for row in board["waiting"])  # no number was taken yet
    kiosk.locator("#warn-on").click()
    expect(kiosk.locator("#result-number")).to_have_text("C-001", timeout=PATIENCE_MS)
    expect(kiosk.locator("#result-estimate")).to_contain_text("belum dapat diperkirakan", ignore_case=True)

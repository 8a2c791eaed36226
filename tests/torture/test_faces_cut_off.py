"""Every face of a hall in a real browser, on a line that falls silent: each says so, and what it says stays true."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser import HEARD, launch
from tests.live import HALL, MANAGER, OFFICER, PIN, LiveHall
from tests.torture.bad_line import BadLine
from tests.torture.tally import Tally

BANNER_S = 10.0
BACK_S = 2.0  # of what follows the hall by itself
PHONE_BACK_S = 35.0  # a phone tries its browser's six dead connections one after the other
PATIENCE_S = 60.0


@dataclass
class Faces:
    """All pages, each in a browser of its own as on its own machine, and the slowest look at all of them."""

    browser: Browser
    url: str
    stack: ExitStack
    pages: dict[str, Page] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def open(self, name: str, path: str) -> Page:
        """A page by its path at the line's address."""
        context = self.browser.new_context(viewport={"width": 1366, "height": 768})
        self.stack.callback(context.close)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1000)
        page.on("pageerror", lambda fault: self.faults.append(f"{name}: {fault}"))
        page.goto(self.url + path)
        self.pages[name] = page
        return page

    def banners(self) -> dict[str, bool]:
        """Whether each page says that it is cut off."""
        began = time.monotonic()
        shown = {
            name: bool(page.evaluate("['notlive', 'cut'].some((id) => document.getElementById(id)?.hidden === false)"))
            for name, page in self.pages.items()
        }
        self.slowest = max(self.slowest, time.monotonic() - began)
        return shown

    def when(self, cut: bool) -> dict[str, float]:
        """Seconds until each page's banner came (or went)."""
        began, found = time.monotonic(), dict[str, float]()
        while len(found) < len(self.pages):
            for name, shown in self.banners().items():
                if shown is cut:
                    found.setdefault(name, time.monotonic() - began)
            assert not self.faults, self.faults
            assert time.monotonic() - began < PATIENCE_S, f"only {sorted(found)} {'say' if cut else 'ceased to say'} so"
            next(iter(self.pages.values())).wait_for_timeout(100)
        return found


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A real headless Chromium that may be heard at once."""
    chromium = launch(playwright, HEARD)
    try:
        yield chromium
    finally:
        chromium.close()


def call_next(live: LiveHall) -> str:
    """A citizen takes a number and is called at once: the number."""
    at = f"/halls/{HALL}/counters/1"
    desk = live.api("GET", f"{at}/desk", "console").json()["ticket"]
    if desk is not None:
        for move in ("start", "finish"):
            assert live.api("POST", f"/tickets/{desk['id']}/{move}", "console").ok
    assert live.api("POST", f"/halls/{HALL}/tickets", "kiosk", json={"service": "ktp", "confirm": True}).ok
    called = live.api("POST", f"{at}/call", "console")
    assert called.status_code == 200, called.text
    return str(called.json()["number"])


def until(page: Page, true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"never: {what}"
        page.wait_for_timeout(50)


def spoken(page: Page) -> list[int]:
    """What a display has said to its end, as journal lines."""
    text = page.evaluate("document.documentElement.dataset.spoken ?? ''")
    return [int(seq) for seq in text.split(",") if seq]


def open_all(faces: Faces, live: LiveHall) -> None:
    """Two displays, a kiosk, a console, a phone and the floor."""
    for name, face in (("display", "display"), ("second display", "display"), ("kiosk", "kiosk")):
        faces.open(name, f"/perangkat#{live.tokens[face]}").wait_for_url(f"**/{face}/{HALL}")
    floor = faces.open("floor", "/admin/")
    floor.locator('input[name="login"]').fill(MANAGER)
    floor.locator('input[name="pin"]').fill(PIN)
    floor.locator('button[type="submit"]').first.click()
    floor.locator('.tile[data-counter="1"]').first.wait_for()
    console = faces.open("console", f"/counter/{HALL}")
    console.locator("#counter").select_option("1")
    console.locator("#nip").fill(OFFICER)
    console.locator("#pin").fill(PIN)
    console.locator("#go").click()
    console.locator("#main-label").wait_for()
    made = live.api("POST", f"/halls/{HALL}/tickets", "kiosk", json={"service": "ktp", "confirm": True})
    faces.open("phone", made.json()["status_url"])


@pytest.mark.timeout(300)
def test_every_face_says_within_ten_seconds_that_its_line_is_dead(
    browser: Browser, live: LiveHall, tally: Tally
) -> None:
    with ExitStack() as stack:
        line = stack.enter_context(BadLine(int(live.url.rpartition(":")[2])))
        faces = Faces(browser, line.url, stack)
        open_all(faces, live)
        display, second = faces.pages["display"], faces.pages["second display"]
        until(display, lambda: not any(faces.banners().values()), "every page is current")
        first = call_next(live)
        until(display, lambda: display.inner_text("#hero-number") == first, "the call is shown")
        for page in (display, second):
            until(page, lambda page=page: len(spoken(page)) == 1, "the call was said")  # type: ignore[misc]
        line.fall_silent()
        came = faces.when(cut=True)
        missed = call_next(live)
        assert display.inner_text("#hero-number") == first
        line.mend()
        gone = faces.when(cut=False)
        for name, seconds in came.items():
            assert seconds <= BANNER_S + 2 * faces.slowest, f"{name} said so after {seconds:.1f} s"
        for name, seconds in gone.items():
            limit = PHONE_BACK_S if name == "phone" else BACK_S
            assert seconds <= limit + 3 * faces.slowest, f"{name} was back after {seconds:.1f} s"
        until(display, lambda: display.inner_text("#hero-number") == missed, "what was missed is shown")
        for page in (display, second):
            until(page, lambda page=page: len(spoken(page)) == 2, "what was missed is said, too")  # type: ignore[misc]
        assert spoken(display) == spoken(second) == sorted(spoken(display))
        display.reload()
        last = call_next(live)
        until(display, lambda: display.is_visible("#spot"), "the next call is said")
        assert display.inner_text("#spot-number") == last  # and none of those before once more
        assert faces.faults == []
        tally.add(histories=1, faults=line.faults, tickets=4)
        tally.note(
            "banner after " + ", ".join(f"{name} {s:.1f} s" for name, s in came.items())
            + "; gone after " + ", ".join(f"{name} {s:.1f} s" for name, s in gone.items())
        )  # fmt: skip

"""A touchscreen and a phone in a real browser, touched as citizens do; a fault in a script fails the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route, ViewportSize, expect

from tests.browser import let_in_between

UPRIGHT: ViewportSize = {"width": 1080, "height": 1920}
PHONE: ViewportSize = {"width": 390, "height": 844}


class Glass:
    """One browser with one page. ``close`` fails the test for what went wrong inside the page."""

    def __init__(self, browser: Browser, address: str, size: ViewportSize, **more: Any) -> None:
        self.address = address
        self.context: BrowserContext = let_in_between(browser.new_context(viewport=size, has_touch=True, **more))
        self.page: Page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda fault: self.faults.append(str(fault)))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def close(self) -> None:
        self.context.close()
        assert self.faults == []

    def find(self, what: str) -> Locator:
        return self.page.locator(what)

    def tap(self, what: str) -> None:
        """One touch, when the screen takes one."""
        self.find(what).tap()

    def sees(self, what: str, words: str) -> None:
        expect(self.find(what)).to_contain_text(words)


class Phone(Glass):
    """A citizen's own page. ``shaken`` is what the phone was told to vibrate."""

    def __init__(self, browser: Browser, address: str, path: str) -> None:
        super().__init__(browser, address, PHONE, is_mobile=True, device_scale_factor=2)
        self.page.add_init_script(
            "window.shaken = []; navigator.vibrate = (pattern) => { window.shaken.push(pattern); return true; };"
        )
        self.page.clock.install()
        self.page.goto(address + path, wait_until="commit")
        expect(self.find("#phone")).not_to_have_attribute("data-state", "loading")

    def shaken(self) -> list[Any]:
        found: list[Any] = self.page.evaluate("() => window.shaken")
        return found

    def later(self, seconds: int) -> None:
        """Lets the page's time pass."""
        self.page.clock.fast_forward(seconds * 1000)


class Kiosk(Glass):
    """The touchscreen, paired with its key the way an installer does it."""

    def __init__(self, browser: Browser, address: str, secret: str, *, size: ViewportSize | None = None) -> None:
        super().__init__(browser, address, size or UPRIGHT)
        self.page.goto(f"{address}/perangkat#{secret}", wait_until="commit")
        self.page.wait_for_url("**/kiosk/blora", wait_until="commit")
        self.find(".tile").first.wait_for()

    def start(self) -> None:
        self.page.goto(f"{self.address}/kiosk/blora")
        self.find(".tile").first.wait_for()

    def agency(self, code: str) -> None:
        self.tap(f"#agencies li[data-code='{code}'] .tile")

    def service(self, code: str) -> None:
        self.tap(f"#services li[data-code='{code}'] .row-button")

    def to_ktp(self) -> None:
        """The first two touches."""
        self.agency("dukcapil")
        self.service("ktp")
        self.screen("service")

    def screen(self, name: str) -> None:
        """Waits until the screen is there and takes touches."""
        expect(self.find("#kiosk")).to_have_attribute("data-screen", name)
        expect(self.find("#kiosk")).not_to_have_attribute("inert", "")

    def when_asked(self, act: Callable[[Route], None], pattern: str = "**/tickets") -> None:
        """Puts something between the kiosk and the server."""
        self.page.route(pattern, act)

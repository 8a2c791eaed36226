"""The real browser that tests drive: one place that knows where it is and how it is started."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import Browser, BrowserContext, Playwright, expect

QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
expect.set_options(timeout=30_000)  # what is expected comes at once, except on a machine with ten other things to do
HEARD = "--autoplay-policy=no-user-gesture-required"


def launch(playwright: Playwright, *more: str) -> Browser:
    """The Chromium that ``CHROMIUM`` names, else the distribution's, else the one that playwright installed."""
    own = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    return playwright.chromium.launch(executable_path=own, args=[*QUIET, *more])


def let_in_between(context: BrowserContext) -> BrowserContext:
    """Prepares a browser for a test that comes between its pages and their server (``route``).

    Chromium takes requests in hand a moment after it was told to: told only then, the next one may slip by.
    The browser keeps nothing of what it loaded meanwhile: that is Playwright's way with routes.
    """
    context.route("**/nothing-is-here", lambda route: route.abort())
    return context

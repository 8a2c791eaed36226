"""A counter is left: the screens show it, the flag goes up, one message goes out, and all of it ends with a sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from adapters.messages.pretend import PretendReceiver
from adapters.printers.pretend import PretendPrinter
from hall.clock import SystemClock
from tests.cast import WIB
from tests.journeys.clocked import NAME, FileClock
from tests.journeys.test_a_morning import PATIENCE_MS, SIZES, Faces, sign_in_officer
from tests.live import HALL, MANAGER, PIN, LiveHall, close_hall, open_hall

MORE = """
[[hours]]
scope = "counter:1"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
open = "09:00"
close = "16:00"
since = 2026-01-01
until = 2099-12-31
special = true

[[escalation]]
stage = "coordinator"
after_minutes = 0
agency = "dukcapil"
channels = ["koordinator"]

[[escalation]]
stage = "head"
after_minutes = 15
"""
GUNICORN = ("gunicorn", "--config", "python:app.gunicorn_conf", "tests.journeys.clocked:app")


class Story:
    """The hall with its clock and the receivers of its messages."""

    def __init__(self, live: LiveHall, clock: FileClock, gateway: PretendReceiver, centre: PretendReceiver) -> None:
        self.live, self.clock, self.gateway, self.centre = live, clock, gateway, centre

    def wait(self, **time: float) -> None:
        """Lets hall time pass."""
        self.clock.stand_at(self.clock.now() + timedelta(**time))

    def told_to_centre(self, count: int) -> list[str]:
        """The first events about counter 1 that the command centre heard, as soon as there are so many."""
        for seen in range(200):
            events = [r.body["event"] for r in self.centre.received if r.body["counter"]["code"] == "1"]
            if len(events) >= count:
                return events[:count]
            self.centre.wait_for(min(len(self.centre.received) + 1, count + seen), timeout=15)
        raise AssertionError("the command centre heard too little")


@pytest.fixture
def story(tmp_path: Path, printer: PretendPrinter) -> Iterator[Story]:
    """The hall ``uji`` tomorrow just before counter 1 opens at nine, with a gateway and a command centre."""
    clock = FileClock(tmp_path / NAME)
    tomorrow = SystemClock().now().astimezone(WIB).date() + timedelta(days=1)
    clock.stand_at(datetime(tomorrow.year, tomorrow.month, tomorrow.day, 8, 58, tzinfo=WIB))
    with ExitStack() as stack:
        gateway, centre = (stack.enter_context(PretendReceiver()) for _ in range(2))
        secrets = tmp_path / "messages.toml"
        secrets.touch(0o600)
        secrets.write_text(
            f'[channels]\nkoordinator = "{gateway.channel}"\n[webhook.komando]\nurl = "{centre.url}"\n'
            f'secret = "{"rahasia-bersama-" * 3}"\n'
        )
        live = open_hall(
            tmp_path,
            printer,
            more=MORE,
            served=GUNICORN,
            ANTRE_MESSAGES_FILE=str(secrets),
        )
        stack.callback(close_hall, live)
        yield Story(live, clock, gateway, centre)


def sign_in_manager(page: Page) -> None:
    page.locator('input[name="login"]').fill(MANAGER)
    page.locator('input[name="pin"]').fill(PIN)
    page.locator('button[type="submit"]').first.click()


def test_a_counter_that_is_left_raises_one_flag_and_one_message_until_somebody_sits_down(
    browser: Browser, story: Story
) -> None:
    with ExitStack() as stack:
        faces = Faces(browser, story.live, stack)
        console = faces.open("counter", f"/counter/{HALL}")
        sign_in_officer(console)
        floor = faces.open("admin", "/admin/")
        sign_in_manager(floor)
        tile = floor.locator('.tile[data-counter="1"]').first
        empty = floor.locator('.empty-row[data-counter="1"]')
        expect(tile).to_have_attribute("data-state", "waiting", timeout=PATIENCE_MS)
        flags = faces.open("phone", f"/admin/{HALL}/bendera")
        sign_in_manager(flags)
        mine = flags.locator("#flags .flag", has_text="Loket 1")
        expect(flags.locator("#flags")).to_contain_text("Sekarang", timeout=PATIENCE_MS)
        expect(mine).to_have_count(0)
        regent = faces.open("phone", f"/admin/{HALL}/bupati")
        sign_in_manager(regent)
        spot = regent.locator('#empty-rows .spot[data-counter="1"]')
        expect(regent.locator('[data-figure="due"]')).to_be_visible(timeout=PATIENCE_MS)
        expect(spot).to_have_count(0)

        story.wait(minutes=2, seconds=5)  # the counter is due now
        for _ in range(3):
            made = story.live.api("POST", f"/halls/{HALL}/tickets", "kiosk", json={"service": "ktp", "confirm": True})
            assert made.status_code == 201, made.text
        console.locator('[data-move="sign-out"]').click()
        expect(empty).to_have_attribute("data-grace", "true", timeout=PATIENCE_MS)  # without a reload
        assert story.gateway.received == []

        story.wait(seconds=65)  # past the grace time of one minute
        [message] = story.gateway.wait_for(1, timeout=20)
        assert message.body["title"] == "Loket kosong: Loket 1, Dukcapil"
        assert "3 orang menunggu" in message.body["message"]
        assert "Sari" not in message.body["message"]
        expect(empty).to_have_attribute("data-grace", "false", timeout=PATIENCE_MS)
        expect(mine).to_contain_text("3 orang menunggu", timeout=PATIENCE_MS)
        expect(mine).to_contain_text("koordinator, terkirim", timeout=PATIENCE_MS)
        expect(spot).to_contain_text("3 orang menunggu", timeout=PATIENCE_MS)  # without a reload here too
        expect(spot).to_contain_text("bendera: Koordinator", timeout=PATIENCE_MS)
        faces.picture(regent, "flag-regent")
        faces.picture(floor, "flag-floor")
        faces.picture(flags, "flag-phone")
        assert story.told_to_centre(2) == ["flag_raised", "flag_escalated"]

        flags.set_viewport_size(dict(zip(("width", "height"), SIZES["admin"], strict=True)))  # type: ignore[arg-type]
        faces.picture(flags, "flag-desk")
        mine.get_by_label("Alasan atau tindak lanjut").fill("Petugas pengganti sedang menuju loket")
        mine.get_by_role("button", name="Tanggapi").click()
        expect(mine).to_contain_text("Ditanggapi pengelola", timeout=PATIENCE_MS)
        faces.picture(flags, "flag-taken")
        story.wait(minutes=20)  # the next stage would have come

        sign_in_officer(console)
        expect(tile).to_have_attribute("data-state", "waiting", timeout=PATIENCE_MS)
        expect(mine).to_have_count(0, timeout=PATIENCE_MS)
        expect(spot).to_have_count(0, timeout=PATIENCE_MS)
        past = flags.locator(".flags-past tr", has_text="Loket 1")
        expect(past).to_contain_text("petugas sudah di loket", timeout=PATIENCE_MS)
        expect(past).to_contain_text("Petugas pengganti sedang menuju loket")
        faces.picture(flags, "flag-past")
        told = story.told_to_centre(4)
        assert told == ["flag_raised", "flag_escalated", "flag_acknowledged", "flag_cleared"]
        assert len(story.gateway.received) == 1, "one message, whatever happened afterwards"
        assert faces.faults == []

    metrics = story.live.api("GET", "/metrics", "reader").text
    assert 'antre_messages{hall="uji",kind="message",state="sent"} 1.0' in metrics
    verified = story.live.command("verify")
    assert (verified.returncode, verified.stdout) == (0, "No breach found.\n"), verified.stderr

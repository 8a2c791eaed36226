"""The phone in a real browser: it follows the call, shakes, is honest about its age, and gives numbers back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from queueing import calling
from tests.cast import BAMBU, CONSOLE
from tests.kiosk.glass import Phone
from tests.kiosk.stage import Stage

Open = Callable[[dict[str, Any]], Phone]


@pytest.fixture
def open_phone(browser: Browser, stage: Stage, served: str) -> Iterator[Open]:
    stage.sit(BAMBU)
    opened: list[Phone] = []

    def open_(ticket: dict[str, Any]) -> Phone:
        opened.append(Phone(browser, served, ticket["status_url"]))
        return opened[-1]

    yield open_
    for phone in opened:
        phone.close()


def call(stage: Stage) -> str:
    ticket = calling.call(stage.db, "blora", "3", actor=CONSOLE, now=stage.clock.now())
    assert ticket is not None
    return str(ticket["id"])


def serve(stage: Stage, ticket: str) -> None:
    calling.start(stage.db, ticket, actor=CONSOLE, now=stage.clock.now())
    calling.finish(stage.db, ticket, actor=CONSOLE, now=stage.clock.now())


def test_the_phone_follows_the_line_to_the_counter(stage: Stage, open_phone: Open) -> None:
    first, mine = stage.citizen(), stage.citizen()
    phone = open_phone(mine)
    phone.sees("#number", "B-002")
    phone.sees("#state", "Menunggu")
    phone.sees("#ahead", "1 orang di depan Anda")
    phone.sees("#serving", "1 loket sedang melayani")
    serve(stage, call(stage))
    phone.later(4)
    phone.sees("#ahead", "Tidak ada orang di depan Anda")
    phone.sees("#more", "Anda berikutnya")
    call(stage)
    phone.later(4)
    phone.sees("#state", "Silakan ke Loket 3")
    expect(phone.page).to_have_title("Silakan ke Loket 3 · B-002")
    expect(phone.find("#cancel")).to_be_hidden()
    serve(stage, mine["id"])
    phone.later(4)
    phone.sees("#state", "Selesai")
    assert first["number"] == "B-001"


def test_the_phone_shakes_at_the_call_and_again_at_a_recall(stage: Stage, open_phone: Open) -> None:
    mine = stage.citizen()
    phone = open_phone(mine)
    phone.tap("#alert")
    expect(phone.find("#alert-on")).to_be_visible()
    before = len(phone.shaken())
    call(stage)
    phone.later(4)
    phone.sees("#state", "Silakan ke Loket 3")
    assert len(phone.shaken()) == before + 1
    phone.later(4)
    calling.recall(stage.db, mine["id"], actor=CONSOLE, now=stage.clock.now())
    phone.later(4)
    phone.sees("#more", "dipanggil lagi")
    assert len(phone.shaken()) == before + 2


def test_a_phone_without_a_line_says_since_when(stage: Stage, open_phone: Open) -> None:
    phone = open_phone(stage.citizen())
    phone.sees("#updated", "Terakhir diperbarui pukul 09.00")
    phone.context.set_offline(True)
    phone.page.clock.run_for(20_000)
    phone.sees("#notlive", "Tidak terhubung sejak pukul 09.00")
    phone.sees("#number", "B-001")
    phone.context.set_offline(False)
    expect(phone.find("#notlive")).to_be_hidden()


def test_a_number_is_given_back_after_a_question(stage: Stage, open_phone: Open) -> None:
    mine = stage.citizen()
    phone = open_phone(mine)
    phone.tap("#cancel")
    phone.sees("#sure-title", "Batalkan nomor B-001?")
    phone.tap("#sure-no")
    phone.sees("#state", "Menunggu")
    phone.tap("#cancel")
    phone.tap("#sure-yes")
    phone.sees("#state", "Dibatalkan")
    expect(phone.find("#actions")).to_be_hidden()


def test_a_number_called_in_the_same_moment_is_not_given_back(stage: Stage, open_phone: Open) -> None:
    phone = open_phone(stage.citizen())
    phone.tap("#cancel")
    call(stage)
    phone.tap("#sure-yes")
    phone.sees("#state", "Silakan ke Loket 3")


def test_missed_and_held_are_told_with_what_to_do(stage: Stage, open_phone: Open) -> None:
    mine = stage.citizen()
    phone = open_phone(mine)
    call(stage)
    calling.no_show(stage.db, mine["id"], actor=CONSOLE, now=stage.clock.now())
    phone.later(4)
    phone.sees("#state", "Dilewati")
    phone.sees("#more", "Silakan hubungi petugas di loket")
    calling.resume(stage.db, mine["id"], actor=CONSOLE, now=stage.clock.now())
    call(stage)
    calling.hold(stage.db, mine["id"], actor=CONSOLE, now=stage.clock.now())
    phone.later(17)
    phone.sees("#state", "Ditunda")


def test_the_page_fits_a_small_phone(stage: Stage, open_phone: Open) -> None:
    phone = open_phone(stage.citizen())
    for width in (320, 390):
        phone.page.set_viewport_size({"width": width, "height": 700})
        assert phone.page.evaluate("() => document.documentElement.scrollWidth") <= width
    for button in phone.page.locator("button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44

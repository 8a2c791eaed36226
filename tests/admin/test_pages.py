"""Management's pages: the way in, where it leads, and the tables of a day."""

from __future__ import annotations

import pytest

from admin.pages import own_path
from tests.admin.stage import PIN, WRONG, Stage


@pytest.mark.parametrize(
    ("login", "first"),
    [
        ("wulan", "/admin/blora"),
        ("surya", "/admin/blora"),
        ("embun", "/admin/blora/petugas"),
        ("bkd", "/admin/blora/petugas"),
        ("bupati", "/admin/blora/bupati"),
    ],
)
def test_each_role_of_management_comes_in_to_its_own_page_and_may_see_the_floor(
    stage: Stage, login: str, first: str
) -> None:
    visitor = stage.visitor()
    answer = visitor.sign_in(login)
    assert (answer.status_code, answer.location) == (303, first)
    assert visitor.page("/admin/").location == first
    assert visitor.page(first).status_code == 200
    page = visitor.page("/admin/blora")
    assert page.status_code == 200
    assert "Pantauan loket" in page.text


def test_a_wrong_pin_is_told_in_the_form_which_keeps_the_name(stage: Stage) -> None:
    visitor = stage.visitor()
    answer = visitor.sign_in("wulan", WRONG)
    assert answer.status_code == 401
    assert "NIP atau PIN salah." in answer.text
    assert 'value="wulan"' in answer.text
    assert WRONG not in answer.text
    assert visitor.page("/admin/blora").status_code == 302


def test_a_stranger_is_told_the_same_as_somebody_with_a_wrong_pin(stage: Stage) -> None:
    assert "NIP atau PIN salah." in stage.visitor().sign_in("siapa", PIN).text
    assert "NIP atau PIN salah." in stage.visitor().sign_in("wulan", PIN, hall="lain").text


def test_after_too_many_wrong_pins_the_form_says_how_long_to_wait(stage: Stage) -> None:
    visitor = stage.visitor()
    for _ in range(5):
        visitor.sign_in("wulan", WRONG)
    answer = visitor.sign_in("wulan")
    assert answer.status_code == 429
    assert "Coba lagi dalam" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_an_officer_has_no_business_here(stage: Stage) -> None:
    visitor = stage.visitor()
    answer = visitor.sign_in("petugas")
    assert answer.status_code == 403
    assert "tidak berhak" in answer.text
    assert visitor.get("floor").status_code == 401


def test_the_form_from_elsewhere_signs_nobody_in(stage: Stage) -> None:
    answer = stage.app.test_client().post(
        "/admin/sign-in", data={"hall": "blora", "login": "wulan", "pin": PIN}, headers={"Accept": "text/html"}
    )
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers or "staff" not in answer.headers["Set-Cookie"]
    client = stage.app.test_client()
    client.post("/admin/sign-in", data={"hall": "blora", "login": "wulan", "pin": PIN, "csrf_token": "geraten"})
    assert client.get("/api/v1/halls/blora/floor").status_code == 401


def test_who_was_on_the_way_somewhere_arrives_there(stage: Stage) -> None:
    visitor = stage.visitor()
    turned_away = visitor.page("/admin/blora/statistik?tanggal=2026-03-03")
    assert turned_away.status_code == 302
    assert turned_away.location.startswith("/admin/sign-in?next=")
    form = visitor.page(turned_away.location)
    assert 'value="/admin/blora/statistik?tanggal=2026-03-03"' in form.text
    answer = visitor.sign_in("wulan", next="/admin/blora/statistik?tanggal=2026-03-03")
    assert answer.location == "/admin/blora/statistik?tanggal=2026-03-03"


@pytest.mark.parametrize(
    "given",
    [
        "https://jahat.example/admin/", "//jahat.example/admin/", "/admin//jahat.example", "/admin/../kiosk/blora",
        "javascript:alert(1)", "/kiosk/blora", "/admin/\r\nSet-Cookie: x=1", "/admin/\\jahat", "admin/blora", "", None,
    ],
)  # fmt: skip
def test_nobody_is_led_out_of_the_house_after_signing_in(stage: Stage, given: str | None) -> None:
    assert own_path(given) is None
    answer = stage.visitor().sign_in("wulan", next=given or "")
    assert answer.location == "/admin/blora"


def test_signing_out_closes_the_door(stage: Stage) -> None:
    visitor = stage.signed_in("wulan")
    answer = visitor.client.post("/admin/sign-out", data={"csrf_token": visitor.csrf}, headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert visitor.get("floor").status_code == 401


def test_a_person_of_one_hall_is_not_let_into_another(stage: Stage) -> None:
    answer = stage.signed_in("wulan").page("/admin/lain")
    assert answer.status_code == 403


def test_the_tables_of_the_day_show_what_the_interface_tells(stage: Stage) -> None:
    visitor = stage.signed_in("bupati")
    page = visitor.page("/admin/blora/statistik")
    assert page.status_code == 200
    assert "Selasa, 3 Maret 2026" in page.text
    assert "sampai saat ini" in page.text
    total = visitor.get("statistics").json["total"]
    shown = f"{total['wait_mean']:.1f}".replace(".", ",")
    assert f'<td class="num">{shown}</td>' in page.text
    assert "08.20" in page.text  # the hall's first call
    assert "?tanggal=2026-03-02" in page.text
    assert "?tanggal=2026-03-04" not in page.text  # tomorrow has no numbers yet


def test_a_day_without_numbers_says_so(stage: Stage) -> None:
    page = stage.signed_in("wulan").page("/admin/blora/statistik?tanggal=2026-03-02")
    assert page.status_code == 200
    assert "Tidak ada nomor yang diambil" in page.text


def test_a_bad_date_is_a_page_that_says_so(stage: Stage) -> None:
    answer = stage.signed_in("wulan").page("/admin/blora/statistik?tanggal=besok")
    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["/admin/sign-in", "/admin/blora", "/admin/blora/statistik", "/"])
def test_no_page_carries_a_script_or_a_style_of_its_own(stage: Stage, path: str) -> None:
    text = stage.signed_in("wulan").page(path).text if path != "/admin/sign-in" else stage.visitor().page(path).text
    assert "<style" not in text
    assert " style=" not in text
    assert all("src=" in script for script in text.split("<script")[1:])
    assert "http://" not in text.replace("http://www.w3.org", "")


def test_the_way_in_links_the_four_faces_of_the_hall(stage: Stage) -> None:
    text = stage.visitor().page("/").text
    for path in ("/kiosk/blora", "/display/blora", "/counter/blora", "/admin/blora"):
        assert f'href="{path}"' in text

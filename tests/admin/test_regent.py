"""The regent's page over HTTP: what it counts, whom it puts first, and whom it neither blames nor names."""

from __future__ import annotations

import re

import pytest

from admin.regent import long_minutes
from staffing.watch import acknowledge, watch
from tests.admin.stage import Stage
from tests.cast import AYU, BAMBU, LINTANG, RANDU, SUNDAY_MORNING, wib

PAGE = "/admin/blora/bupati"
JSON = {"Accept": "application/json"}


def rows(page: str, part: str) -> list[str]:
    """The counters of one part of the page, in its order."""
    section = page.partition(f'id="{part}"')[2].partition("</ol>")[0]
    return re.findall(r'data-counter="(\w+)"', section)


def figure(page: str, name: str) -> int:
    found = re.search(rf'data-figure="{name}">(\d+)<', page)
    assert found is not None
    return int(found[1])


def card(page: str, counter: str) -> str:
    """The text of a counter's card, without its tags."""
    found = page.partition(f'data-counter="{counter}"')[2].partition("</li>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found))


def test_the_regent_lands_here_after_signing_in(stage: Stage) -> None:
    visitor = stage.visitor()
    assert visitor.sign_in("bupati").location == PAGE
    assert visitor.page("/admin/").location == PAGE
    assert visitor.page("/admin/bupati").location == PAGE
    assert visitor.page(PAGE).status_code == 200


def test_the_three_figures_come_first_and_are_those_of_the_floor(stage: Stage) -> None:
    regent = stage.signed_in("bupati")
    page, totals = regent.page(PAGE).text, regent.get("floor").json["totals"]
    assert {name: figure(page, name) for name in ("due", "staffed", "vacant")} == {
        "due": totals["due"], "staffed": totals["staffed"], "vacant": totals["vacant"]
    }  # fmt: skip
    assert page.index('data-figure="vacant"') < page.index('id="empty-rows"')
    assert "orang menunggu, yang terlama 1 jam 40 menit" in page


def test_whom_nobody_else_can_serve_stands_first_and_the_grace_time_last(stage: Stage) -> None:
    found = rows(stage.signed_in("bupati").page(PAGE).text, "empty-rows")
    assert found[:5] == ["7", "15", "9", "6", "5"]
    assert found[-1] == "8"
    assert len(found) == 10


def test_every_empty_counter_says_why_in_a_sentence_and_since_when(stage: Stage) -> None:
    page = stage.signed_in("bupati").page(PAGE).text
    assert "Polres belum buka; 9 orang menunggu, yang terlama 1 jam 39 menit." in card(page, "15")
    assert "sejak 09.03" in card(page, "7")
    assert "42 menit" in card(page, "7")
    assert "tidak ada loket lain yang melayani mereka" in card(page, "7")
    assert "Formasi belum terisi" in card(page, "6")
    assert "jeda melewati batas (ke belakang)" in card(page, "5")
    assert "tidak ada yang menunggu" in card(page, "10")
    assert "masih dalam waktu toleransi 10 menit" in card(page, "8")
    assert 'href="/admin/blora/hari/2026-03-03/7"' in page
    assert 'href="/admin/blora/instansi/samsat"' in page


def test_schedule_outage_and_idleness_stand_apart_from_the_empty_ones(stage: Stage) -> None:
    page = stage.signed_in("bupati").page(PAGE).text
    assert rows(page, "idle-rows") == ["13"]
    assert rows(page, "unseen-rows") == ["16"]
    assert not {"13", "16", "18"} & set(rows(page, "empty-rows"))
    closed = page.partition('id="closed"')[2].partition("</details>")[0]
    assert "Penutupan tercatat: pindah sementara ke kantor pusat" in closed
    assert "buka lagi 13.00" in closed
    assert "tidak dihitung terhadap siapa pun" in card(page, "16")


@pytest.mark.parametrize("login", ["bupati", "wulan", "embun", "bkd"])
def test_nobody_is_named_to_anybody(stage: Stage, login: str) -> None:
    page = stage.signed_in(login).page(PAGE)
    assert page.status_code == 200
    for person in (AYU, BAMBU, LINTANG, RANDU):
        assert person.name not in page.text
        assert person.nip not in page.text


def test_a_flag_says_how_far_word_has_gone(stage: Stage) -> None:
    watch(stage.db, "blora", now=stage.clock.now())
    regent = stage.signed_in("bupati")
    page = regent.page(PAGE).text
    assert "bendera" in card(page, "7")
    assert "bendera" not in card(page, "8")
    flag = next(f for f in regent.get("flags").json["open"] if f["counter"] == "7")
    acknowledge(stage.db, flag["id"], "petugas dipanggil", actor="manager:wulan", now=stage.clock.now())
    assert "bendera ditanggapi" in card(regent.page(PAGE).text, "7")
    assert "bendera" not in card(stage.signed_in("bkd").page(PAGE).text, "7")  # flags are not the personnel office's


def test_a_closed_hall_blames_nobody_and_says_when_it_opens(stage: Stage) -> None:
    stage.clock.moment = wib("2026-03-03", "18:00")
    page = stage.signed_in("bupati").page(PAGE).text
    assert figure(page, "vacant") == figure(page, "due") == 0
    assert "Saat ini tidak ada loket yang wajib buka." in page
    assert "Rabu 08.00" in page
    assert "idle-rows" not in page  # who still sits there after hours owes nobody a call
    stage.clock.moment = SUNDAY_MORNING
    assert "Bukan hari layanan" in stage.signed_in("bupati").page(PAGE).text


def test_what_changes_comes_as_json_with_an_etag(stage: Stage) -> None:
    regent = stage.signed_in("bupati")
    first = regent.client.get(f"{PAGE}?bagian=isi&since=3", headers=JSON)
    assert first.get_json()["seq"] > 0
    assert rows(first.get_json()["html"], "empty-rows")[0] == "7"
    assert "<html" not in first.get_json()["html"]
    again = regent.client.get(f"{PAGE}?bagian=isi", headers=JSON | {"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    stage.clock.pass_by(seconds=30)
    later = regent.client.get(f"{PAGE}?bagian=isi", headers=JSON | {"If-None-Match": first.headers["ETag"]})
    assert later.status_code == 200  # the minutes go on without a line in the journal


def test_strangers_and_officers_stay_out(stage: Stage) -> None:
    assert "/admin/sign-in?next=" in stage.visitor().page(PAGE).location
    answer = stage.visitor().client.get(f"{PAGE}?bagian=isi", headers=JSON)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "sign_in_needed")
    for role in ("kiosk", "display", "console"):
        key = {"Authorization": f"Bearer {stage.program(role).token}"}
        assert stage.visitor().client.get(PAGE, headers=key | JSON).status_code == 403


def test_how_long_is_said_in_whole_words(stage: Stage) -> None:
    with stage.app.test_request_context():
        assert [long_minutes(m) for m in (0.4, 1, 59.99, 60, 65.2, 120)] == [
            "kurang dari 1 menit", "1 menit", "59 menit", "1 jam", "1 jam 5 menit", "2 jam"
        ]  # fmt: skip

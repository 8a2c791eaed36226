"""What stood empty in the past over HTTP: a period, an agency, the patterns, the file, and who may read of whom."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from admin.patterns import hours, percent
from admin.sheets import _harmless
from staffing import facts
from staffing.privacy import read_looks
from tests.admin.stage import Stage
from tests.cast import AYU, RANDU, SYSTEM, TUESDAY, wib

DAY = f"dari={TUESDAY}&sampai={TUESDAY}"
LIST, HEAT, FILE = "/admin/blora/kosong", "/admin/blora/pola", "/admin/blora/kosong.csv"


@pytest.fixture
def wednesday(stage: Stage) -> Stage:
    """The morning after: the written Tuesday is over, and its attendance has come in."""
    facts.record_coverage(stage.db, "blora", "bkd", wib(TUESDAY, "16:00"), actor=SYSTEM, now=wib("2026-03-04", "06:00"))
    stage.clock.moment = wib("2026-03-04", "08:30")
    return stage


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def refused(stage: Stage) -> list[tuple[str, str]]:
    with stage.db.reading() as connection:
        return [(look.actor, look.whom) for look in read_looks(connection, "blora", refused=True)]


def table(stage: Stage, login: str, query: str = DAY) -> list[dict[str, str]]:
    answer = stage.signed_in(login).page(f"{FILE}?{query}")
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))


def test_yesterday_lists_what_stood_empty_the_costliest_first(wednesday: Stage) -> None:
    page = wednesday.signed_in("bupati").page(LIST).text
    assert "Selasa, 3 Maret 2026" in page
    shown = page.partition('id="told"')[2].partition("</ol>")[0]
    assert "Polres belum buka." in shown
    assert shown.index("Loket 7 ") < shown.index("Loket 10 ")  # people waited for the one, nobody for the other
    assert f'href="/admin/blora/hari/{TUESDAY}/7"' in shown
    assert "Loket 16" not in shown  # its console was down
    assert "Tidak terpantau, tidak dihitung terhadap siapa pun" in page
    for person in (AYU, RANDU):
        assert person.name not in page
        assert person.nip not in page


def test_the_week_begins_on_monday_and_the_month_is_four_whole_weeks(wednesday: Stage) -> None:
    regent = wednesday.signed_in("bupati")
    assert "2 Maret – 4 Maret 2026" in regent.page(f"{LIST}?rentang=minggu").text
    assert "4 Februari – 3 Maret 2026" in regent.page(HEAT).text
    assert "3 Desember 2025 – 3 Maret 2026" in regent.page(f"{HEAT}?rentang=triwulan").text


def test_an_agency_has_a_page_of_its_own(wednesday: Stage) -> None:
    page = wednesday.signed_in("bupati").page(f"/admin/blora/instansi/samsat?{DAY}").text
    assert "Loket 7" in page
    assert "Loket 3" not in page
    assert wednesday.signed_in("bupati").page("/admin/blora/instansi/entah").status_code == 404


def test_the_heatmap_gives_a_figure_and_its_dates_in_every_cell(wednesday: Stage) -> None:
    page = wednesday.signed_in("bupati").page(f"{HEAT}?{DAY}&loket=7").text
    cells = re.findall(r'<td class="heat-(\d)" title="([^"]+)"><b>([^<]+)</b>', page)
    empty_at_nine = next(cell for cell in cells if cell[1].startswith("57 mnt kosong dari 1 j 00 mnt"))
    assert empty_at_nine == ("5", "57 mnt kosong dari 1 j 00 mnt; kosong pada 1 dari 1 hari", "95 %")
    assert [step for step, *_ in cells[:1]] == ["0"]  # somebody was there from the opening on
    assert "style=" not in page
    assert "“Sering” berarti sedikitnya 4 hari, dan sedikitnya 25 %" in page


def test_the_same_figures_come_over_http(wednesday: Stage) -> None:
    found = wednesday.program("reader").get(f"patterns?from={TUESDAY}&to={TUESDAY}").json
    rows = {row["counter"]: row for row in found["counters"]}
    assert rows["7"]["empty_minutes"] == 57 + 120 + 120  # from 09.03 on, but for the break
    assert rows["16"]["unobserved_minutes"] > 0
    assert rows["16"]["empty_minutes"] == 0
    assert {hour["weekday"] for hour in found["hours"]} == {2}
    nine = next(hour for hour in found["hours"] if hour["hour"] == 9)
    assert nine["empty_minutes"] <= nine["due_minutes"]
    assert nine["days"] == 1
    assert found["total"]["empty_minutes"] == pytest.approx(sum(a["empty_minutes"] for a in found["agencies"]), abs=0.1)
    vacancies = wednesday.program("reader").get(f"vacancies?from={TUESDAY}&to={TUESDAY}").json["vacancies"]
    mine = [v["minutes"] for v in vacancies if v["counter"] == "7" and v["cause"] != "unobserved"]
    assert sum(mine) == rows["7"]["empty_minutes"]


def test_the_file_opens_in_an_indonesian_spreadsheet_and_names_nobody(wednesday: Stage) -> None:
    answer = wednesday.signed_in("bupati").page(f"{FILE}?{DAY}")
    assert answer.data.startswith(b"\xef\xbb\xbfTanggal;Instansi;Loket;Mulai;Selesai;Menit;Sebab;")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="loket-kosong-blora-20260303-20260303.csv"' in answer.headers["Content-Disposition"]
    rows = table(wednesday, "wulan")
    first = next(row for row in rows if row["Loket"] == "Loket 7")
    assert (first["Mulai"], first["Selesai"], first["Menit"]) == ("09:03:00", "12:00:00", "177,00")
    assert first["Sebab"] == "hadir, tidak di loket"
    assert RANDU.name not in answer.text
    assert RANDU.nip not in answer.text


@pytest.mark.parametrize("name", ["=1+1", "+62", "-1", "@cmd"])
def test_a_name_like_a_formula_stays_a_name(name: str) -> None:
    assert _harmless(name) == f"'{name}"


def test_a_head_reads_of_the_own_agency_and_asking_for_another_is_written_down(wednesday: Stage) -> None:
    head = wednesday.signed_in("embun")
    page = plain(head.page(f"{LIST}?{DAY}").text)
    assert "Dukcapil" in page
    assert "Samsat" not in page
    assert {row["Instansi"] for row in table(wednesday, "embun")} == {"Dinas Kependudukan dan Pencatatan Sipil"}
    for path in (
        f"{LIST}?instansi=samsat",
        f"{HEAT}?instansi=samsat",
        f"{FILE}?instansi=samsat",
        "/admin/blora/instansi/samsat",
    ):
        assert head.page(path).status_code == 403
    answer = head.get("patterns?agency=samsat")
    assert (answer.status_code, answer.json["code"]) == (403, "other_agency")
    assert head.get("patterns?counter=7").json["code"] == "other_agency"
    assert {row["agency"] for row in head.get("patterns").json["agencies"]} <= {"dukcapil"}
    assert ("head:embun", "agency:samsat") in refused(wednesday)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("from=2026-03-03&to=2026-03-01", "bad_period"),
        ("from=2030-01-01", "bad_period"),
        ("from=2025-01-01&to=2026-03-03", "too_long"),
        ("from=besok", "bad_date"),
        ("agency=entah", "unknown_agency"),
        ("counter=99", "unknown_counter"),
    ],
)
def test_a_senseless_question_is_refused(wednesday: Stage, query: str, code: str) -> None:
    assert wednesday.program("reader").get(f"patterns?{query}").json["code"] == code


def test_a_day_without_anything_due_is_told_as_such(wednesday: Stage) -> None:
    page = wednesday.signed_in("bupati").page(f"{HEAT}?dari=2026-03-01&sampai=2026-03-01").text
    assert "Tidak ada waktu wajib buka yang terpantau dalam rentang ini." in page
    assert "Tidak ada waktu wajib buka" in wednesday.signed_in("bupati").page(f"{LIST}?dari=2026-03-01").text


def test_kiosks_and_screens_read_no_patterns(stage: Stage) -> None:
    for role in ("kiosk", "display", "console", "attendance"):
        assert stage.program(role).get("patterns").status_code == 403


def test_small_shares_and_short_times_are_not_shown_as_nothing(stage: Stage) -> None:
    with stage.app.test_request_context():
        assert [percent(share) for share in (0.0, 0.004, 0.25, 1.0)] == ["0 %", "0,4 %", "25 %", "100 %"]
        lengths = (0, 42, 60, 3 * 3600 + 300, 1003 * 3600)
        assert [hours(timedelta(seconds=s)) for s in lengths] == ["0", "42 dtk", "1 mnt", "3 j 05 mnt", "1.003 jam"]

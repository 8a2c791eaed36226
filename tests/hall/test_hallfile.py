"""Hall files that read well: the example of the contract, Blora, the template, and unusual but allowed forms."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hall.calendar import national_holidays
from hall.hallfile import HallFile, HallFileFaults, read_hall_file
from hall.hallfile_checks import is_nip, is_pppk_number
from hall.hours import Calendar, Holiday, HoursRule
from hall.options import Options

HALLS = Path(__file__).parent / "halls"
DATA = Path(__file__).parents[2] / "hall" / "data"
WORKDAYS = frozenset({0, 1, 2, 3, 4})


@pytest.fixture(scope="module")
def blora() -> HallFile:
    return read_hall_file(DATA / "blora.toml")


def test_the_example_of_the_contract_reads_word_for_word() -> None:
    example = read_hall_file(HALLS / "example.toml")
    assert (example.hall.code, example.hall.regency, example.hall.zone) == (
        "contoh",
        "Kabupaten Contoh",
        "Asia/Jakarta",
    )
    assert example.hall.options == Options()
    assert example.hall.stated == {"grace_minutes", "idle_minutes", "pause_minutes"}
    assert [agency.keeps_roster for agency in example.agencies] == [True, False]
    assert [(s.code, s.prefix, s.minutes, s.quota, s.active) for s in example.services] == [
        ("ktp", "A", 12, None, True),
        ("pkb", "B", 10, 60, True),
    ]
    assert example.services[1].requirements == ("STNK", "KTP pemilik")
    assert [(c.code, c.agency, c.services, c.area) for c in example.counters][2] == ("3", "samsat", ("pkb",), "Timur")
    assert example.hours == (
        HoursRule("hall", frozenset({0, 1, 2, 3}), time(8), time(15), ((time(12), time(13)),)),
        HoursRule("hall", frozenset({4}), time(8), time(15, 30), ((time(11, 30), time(13)),)),
        HoursRule("counter:2", WORKDAYS, time(8), time(12)),
    )
    assert example.holidays == (Holiday(date(2026, 3, 5), "Hari jadi kabupaten"),)
    assert [(post.counter, post.filled) for post in example.posts] == [("4", False)]
    assert [(o.nip, o.status, o.source) for o in example.officers] == [
        ("199001152015032001", "pns", "bkd"),
        ("198507202010011002", "pns", "bkd"),
        ("197911032005011003", "vertical", None),
    ]
    assert [(r.officer, r.counter, r.days, r.date, r.start) for r in example.roster] == [
        ("199001152015032001", "1", WORKDAYS, None, None),
        ("198507202010011002", "2", WORKDAYS, None, None),
    ]
    assert (example.closures, example.printers, example.warnings) == ((), (), ())


def test_a_path_may_be_given_as_text_too() -> None:
    assert read_hall_file(str(HALLS / "example.toml")) == read_hall_file((HALLS / "example.toml").read_text())


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    text = (HALLS / "example.toml").read_text(encoding="utf-8")
    saved = tmp_path / "notepad.toml"
    saved.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert read_hall_file(saved) == read_hall_file(text)
    saved.write_bytes(b"\xef\xbb\xbf" + text.replace("minutes = 12", "minutes = 0").replace("\n", "\r\n").encode())
    with pytest.raises(HallFileFaults) as caught:
        read_hall_file(saved)
    assert [fault.line for fault in caught.value.faults] == [text[: text.index("minutes = 12")].count("\n") + 1]


def test_the_template_reads_and_its_optional_values_are_the_defaults() -> None:
    template = read_hall_file(DATA / "template.toml")
    assert template.warnings == ()
    stated = template.hall.options
    assert template.hall.stated == set(Options.__dataclass_fields__)
    assert {name for name in template.hall.stated if getattr(stated, name) != getattr(Options(), name)} == {
        "running_text"
    }


def test_the_template_shows_every_table_and_every_key() -> None:
    template = read_hall_file(DATA / "template.toml")
    for name in HallFile.__dataclass_fields__:
        assert name == "warnings" or getattr(template, name), f"the template shows no {name}"
    text = (DATA / "template.toml").read_text(encoding="utf-8")
    for key in (
        *("short", "lateness_minutes", "quota", "active", "area", "breaks", "since", "until", "special", "reason"),
        *("source", "start", "end", "substitute_for", "width_mm", "kiosk", "slides_folder", "requirements"),
    ):
        assert f"\n{key} = " in text, f"the template does not show {key}"


def test_local_moments_are_read_from_the_halls_own_clock_and_kept_in_utc() -> None:
    closure = (
        '[[closure]]\nscope = "hall"\nfrom = 2026-12-16T08:00:00\nto = "2026-12-16 12:00+07:00"\nreason = "Rapat"\n'
    )
    text = (HALLS / "example.toml").read_text().replace("Asia/Jakarta", "Asia/Jayapura") + "\n" + closure
    (read,) = read_hall_file(text).closures
    assert (read.start, read.end) == (datetime(2026, 12, 15, 23, tzinfo=UTC), datetime(2026, 12, 16, 5, tzinfo=UTC))


def test_from_and_to_mean_since_and_until() -> None:
    text = (DATA / "template.toml").read_text(encoding="utf-8")
    renamed = text.replace("since = 2027", "from = 2027").replace("until = 2027-03", "to = 2027-03")
    assert renamed != text
    assert read_hall_file(renamed) == read_hall_file(text)


def test_unusual_toml_is_read_as_what_it_says() -> None:
    odd = read_hall_file(HALLS / "odd.toml")
    assert odd.display.running_text == 'Baris satu baris dua ["tanda kutip" di ujung"'
    assert odd.hall.options.last_calls == odd.display.last_calls == 4
    assert odd.hall.stated == {"running_text", "last_calls"}
    assert odd.hall.regency == 'Kabupaten "Aneh"'
    assert [(agency.code, agency.short, agency.keeps_roster) for agency in odd.agencies] == [
        ("a", "", True),
        ("b", "", False),
    ]


def test_an_empty_closing_line_is_an_answer_not_a_gap() -> None:
    text = (HALLS / "example.toml").read_text().replace("[hall]\n", '[hall]\nclosing_line = ""\n')
    assert read_hall_file(text).hall.options.closing_line == ""


def test_personal_numbers_tell_civil_servants_from_contract_staff() -> None:
    assert is_nip("199001152015031001") and not is_pppk_number("199001152015031001")
    assert is_pppk_number("199508172022212004") and not is_nip("199508172022212004")
    assert not is_nip("١٩٩٠٠١١٥٢٠١٥٠٣١٠٠١")


def test_blora_has_agencies_of_all_kinds_and_serves_every_service(blora: HallFile) -> None:
    assert blora.warnings == ()
    assert {agency.kind for agency in blora.agencies} == {"opd", "province", "vertical", "bpjs", "bumn", "bumd"}
    assert len(blora.agencies) == 13 and len(blora.services) >= 22 and 18 <= len(blora.counters) <= 20
    offered = {service for counter in blora.counters for service in counter.services}
    assert offered == {service.code for service in blora.services}
    assert all(service.requirements and service.minutes >= 5 for service in blora.services)
    assert {agency for (agency,) in ((c.agency,) for c in blora.counters)} == {agency.code for agency in blora.agencies}


def test_blora_plans_real_looking_people(blora: HallFile) -> None:
    status = Counter(officer.status for officer in blora.officers)
    assert len(blora.officers) == 24 and status["pns"] and status["pppk"] and status["vertical"] and status["bumn"]
    own = {agency.code for agency in blora.agencies if agency.kind == "opd"}
    assert all(
        officer.status in ("pns", "pppk") and officer.source == "bkd"
        for officer in blora.officers
        if officer.agency in own
    )
    without = {agency.code for agency in blora.agencies if not agency.keeps_roster}
    planned = {row.counter for row in blora.roster}
    vacant = {post.counter for post in blora.posts if not post.filled}
    assert len(without) == 2 and len(vacant) == 2
    for counter in blora.counters:
        expected = counter.agency not in without and counter.code not in vacant
        assert (counter.code in planned) == expected, f"counter {counter.code}"


def test_blora_opens_as_its_citizens_know_it(blora: HallFile) -> None:
    zone = ZoneInfo(blora.hall.zone)
    holidays = (*blora.holidays, *national_holidays((2026, 2027)))
    calendar = Calendar(blora.hours, holidays, blora.closures, zone=zone)

    def due(counter: str, day: date) -> str:
        agency = next(place.agency for place in blora.counters if place.code == counter)
        hours = [
            (one.start.astimezone(zone), one.end.astimezone(zone)) for one in calendar.plan(agency, counter, day).due
        ]
        return " ".join(f"{start:%H.%M}-{end:%H.%M}" for start, end in hours)

    monday, tuesday, friday = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 27)
    assert due("1", monday) == "08.00-12.00 13.00-15.00"
    assert due("1", friday) == "08.00-11.30 13.00-15.30"
    assert due("3", monday) == due("10", monday) == "08.00-15.00", "lunch with cover"
    assert due("14", monday) == "08.00-12.00", "until noon only"
    assert (due("9", monday), due("9", tuesday)) == ("", "09.00-12.00 13.00-14.00")
    assert next(service.quota for service in blora.services if service.code == "paspor") == 15
    assert due("1", date(2026, 12, 11)) == "", "the regency's birthday"
    assert (due("1", date(2026, 12, 24)), due("3", date(2026, 12, 24))) == ("", "08.00-12.00"), "a special opening"
    assert due("13", date(2026, 12, 16)) == "13.00-15.00", "a closure in the morning"
    ramadan = date(2027, 2, 9)
    assert [due(counter, ramadan) for counter in ("1", "3", "9", "14", "19")] == [
        *("08.00-12.00 12.30-14.00", "08.00-14.00", "09.00-13.00", "08.00-12.00", "08.00-13.00")
    ]
    assert due("1", date(2027, 3, 16)) == "08.00-12.00 13.00-15.00", "after Ramadan and Idul Fitri"

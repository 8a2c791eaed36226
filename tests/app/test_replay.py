"""History is carried in line by line: each line is its verb, and a refused one changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.replay import AT_ONCE, VERBS, Replayed, replay
from app.verify import verify
from hall.database import Database
from hall.errors import NotFound
from hall.journal import journal
from hall.places import closures
from queueing import issuing
from queueing import tickets as tk
from queueing.slips import print_jobs
from queueing.statistics import day_numbers, day_numbers_from_journal
from staffing import facts, presence
from tests.app.replaying import DAY, OPEN_COUNTER, carry, kinds, line, rows, ticket, told
from tests.cast import BIMA, CONTOH_DAY, GALIH, SARI, SYSTEM, wib

# ---- the written day ----


def test_the_written_day_comes_in_whole(contoh: Database) -> None:
    with CONTOH_DAY.open(encoding="utf-8") as day:
        assert replay(contoh, "contoh", day) == Replayed(done=24, refused=[])
    assert kinds(contoh) == [
        "punch_recorded", "signed_in", "ticket_issued", "ticket_called", "ticket_started", "ticket_finished",
        "ticket_issued", "punch_recorded", "signed_in", "paused", "unpaused", "signed_in", "ticket_called",
        "ticket_started", "ticket_finished", "signed_out", "signed_out", "signed_out", "signed_in", "signed_in",
        "signed_out", "punch_recorded", "signed_out", "source_covered",
    ]  # fmt: skip
    assert verify(contoh) == []


def test_the_written_days_tickets_have_the_times_of_their_lines(contoh: Database) -> None:
    with CONTOH_DAY.open(encoding="utf-8") as day:
        replay(contoh, "contoh", day)
    first, second = ticket(contoh, "A-001"), ticket(contoh, "B-001")
    assert (first.state, first.counter, first.business_date.isoformat()) == ("finished", "1", DAY)
    assert (first.issued_at, first.called_at) == (wib(DAY, "08:05"), wib(DAY, "08:06"))
    assert (first.started_at, first.ended_at) == (wib(DAY, "08:06:30"), wib(DAY, "08:15"))
    assert (second.state, second.counter, second.ended_at) == ("finished", "3", wib(DAY, "11:45"))
    assert second.waited == timedelta(hours=3, minutes=2) // timedelta(microseconds=1)
    assert all(found.actor in ("replay", "system") and found.recorded == found.at for found in told(contoh))


def test_the_written_days_numbers_follow(contoh: Database) -> None:
    with CONTOH_DAY.open(encoding="utf-8") as day:
        replay(contoh, "contoh", day)
    numbers = day_numbers(contoh, "contoh", wib(DAY, "12:00").date())
    assert numbers == day_numbers_from_journal(contoh, "contoh", wib(DAY, "12:00").date())
    assert (numbers.total.issued, numbers.total.served, numbers.total.no_show) == (2, 2, 0)
    assert numbers.total.wait_mean == pytest.approx((1 + 182) / 2)
    assert numbers.counters["3"].served == 1 and numbers.services["ktp"].issued == 1


def test_after_the_written_day_nobody_sits_anywhere(contoh: Database) -> None:
    with CONTOH_DAY.open(encoding="utf-8") as day:
        replay(contoh, "contoh", day)
    with contoh.reading() as connection:
        assert presence.open_sessions(connection, "contoh") == []
    sessions = rows(contoh, presence.sessions)
    assert len(sessions) == 5 and all(not s.beats for s in sessions)  # a replayed sign-in needs no heartbeats
    assert [p.reason for p in rows(contoh, presence.pauses)] == ["ke belakang"]
    assert len(rows(contoh, facts.punches)) == 3 and len(rows(contoh, facts.coverage)) == 1


def test_the_written_day_does_not_come_in_twice(contoh: Database) -> None:
    text = CONTOH_DAY.read_text(encoding="utf-8").splitlines()
    assert carry(contoh, *text).refused == []
    before = told(contoh)
    again = carry(contoh, *text)
    assert [(r.line, r.code) for r in again.refused] == [(2, "already_told")]  # a punch is a fact, and known already
    assert "15:00" in again.refused[0].message
    third = carry(contoh, *text, keep_going=True)
    assert third.done == 4 and {r.code for r in third.refused} == {"already_told", "not_signed_in"}
    assert told(contoh) == before


def test_facts_may_come_late_into_a_day_that_went_on(contoh: Database) -> None:
    carry(contoh, line("12:00:00", "issue", service="ktp"))
    late = line("07:41:00", "punch", officer=SARI.nip, source="bkd")
    assert carry(contoh, late).done == 1
    assert [p.at for p in rows(contoh, facts.punches)] == [wib(DAY, "07:41")]


def test_a_day_can_be_told_on_from_where_it_stands(contoh: Database) -> None:
    carry(contoh, line("12:00:00", "issue", service="ktp"))
    assert carry(contoh, line("12:00:00", "issue", service="ktp"), line("12:01:00", "issue", service="ktp")).done == 2
    assert carry(contoh, line("11:59:59", "issue", service="ktp")).refused[0].code == "already_told"
    assert verify(contoh) == []


# ---- every verb ----


def test_every_verb_of_the_contract_once(contoh: Database) -> None:
    day = [
        line("07:30:00", "absence", officer=BIMA.nip, kind="sick", document="SKD 1",
             **{"from": f"{DAY}T08:00:00+07:00", "to": f"{DAY}T16:00:00+07:00"}),
        line("07:31:00", "closure", counter="4", reason="Pindah",
             **{"from": f"{DAY}T08:00:00+07:00", "to": f"{DAY}T12:00:00+07:00"}),
        line("07:40:00", "punch", officer=SARI.nip, source="bkd"),
        line("07:58:00", "sign-in", counter="1", officer=SARI.nip),
        line("07:59:00", "sign-in", counter="3", officer=GALIH.nip),
        line("08:00:00", "issue", service="ktp", **{"as": "a"}),
        line("08:01:00", "issue", service="ktp", priority="elderly", **{"as": "b"}),
        line("08:02:00", "issue", service="ktp", **{"as": "c"}),
        line("08:03:00", "issue", service="ktp", **{"as": "d"}),
        line("08:05:00", "call", counter="1"),  # b: the priority class goes first
        line("08:06:00", "recall", ticket="b"),
        line("08:07:00", "no-show", ticket="b"),
        line("08:08:00", "resume", ticket="b"),
        line("08:09:00", "call", counter="1"),
        line("08:10:00", "start", ticket="b"),
        line("08:11:00", "transfer", ticket="b", service="pkb", **{"return": True}),
        line("08:12:00", "call", counter="3"),
        line("08:13:00", "start", ticket="b"),
        line("08:14:00", "finish", ticket="b"),  # back to counter 1
        line("08:15:00", "cancel", ticket="d"),
        line("08:16:00", "call", counter="1"),  # a: after two of the priority class the others have their share
        line("08:17:00", "hold", ticket="a"),
        line("08:18:00", "resume", ticket="a"),
        line("08:19:00", "call", counter="1"),  # b again
        line("08:19:30", "transfer", ticket="b", counter="2"),
        line("08:20:00", "heartbeat", counter="1"),
        line("08:21:00", "pause", counter="1", reason="Salat"),
        line("08:30:00", "unpause", counter="1"),
        line("08:31:00", "down", what="counter:1"),
        line("08:32:00", "up", what="counter:1"),
        line("08:33:00", "call", counter="1"),
        line("08:34:00", "start", ticket="a"),
        line("08:40:00", "finish", ticket="a"),
        line("08:41:00", "sign-out", counter="1"),
        line("15:30:00", "covered", source="bkd", until=f"{DAY}T15:30:00+07:00"),
    ]  # fmt: skip
    assert {json.loads(entry)["do"] for entry in day} == set(VERBS)
    assert carry(contoh, *day) == Replayed(done=len(day), refused=[])
    states = {t.label: (t.state, t.counter, t.only_counter, t.service) for t in rows(contoh, tk.tickets)}
    assert states == {
        "A-001": ("finished", "1", None, "ktp"),
        "A-002": ("waiting", None, "2", "ktp"),
        "A-003": ("waiting", None, None, "ktp"),
        "A-004": ("cancelled", None, None, "ktp"),
    }
    assert kinds(contoh).count("ticket_returned") == 1
    [absence], [closure], [outage] = rows(contoh, facts.absences), rows(contoh, closures), rows(contoh, facts.outages)
    assert (absence.officer, absence.kind, absence.document) == (BIMA.nip, "sick", "SKD 1")
    assert (closure.scope, closure.reason) == ("counter:4", "Pindah")
    assert (outage.what, outage.start, outage.end) == ("counter:1", wib(DAY, "08:31"), wib(DAY, "08:32"))
    assert verify(contoh) == []


def test_history_is_not_refused_by_hours_quota_or_warnings_and_prints_nothing(contoh: Database) -> None:
    night = [line("02:00:00", "issue", service="pkb") for _ in range(61)]  # closed, unstaffed, and one over the quota
    assert carry(contoh, *night).done == 61
    assert rows(contoh, print_jobs) == []


def test_a_call_when_nobody_waits_is_no_refusal(contoh: Database) -> None:
    assert carry(contoh, OPEN_COUNTER, line("08:01:00", "call", counter="1")).done == 2


def test_a_called_ticket_can_be_named_by_its_call(contoh: Database) -> None:
    named = line("08:02:00", "call", counter="1", **{"as": "x"})
    day = (OPEN_COUNTER, line("08:01:00", "issue", service="ktp"), named, line("08:03:00", "start", ticket="x"))
    assert carry(contoh, *day).done == 4
    assert ticket(contoh, "A-001").state == "serving"


# ---- refused lines ----

BAD: list[tuple[str, str]] = [
    ("{", "bad_json"),
    ("[" * 100_000, "bad_json"),
    ("[]", "not_an_object"),
    ('"issue"', "not_an_object"),
    ('{"do": "issue", "service": "ktp"}', "bad_time"),
    ('{"at": "2026-03-03T09:00:00", "do": "issue", "service": "ktp"}', "bad_time"),
    ('{"at": "yesterday", "do": "issue", "service": "ktp"}', "bad_time"),
    ('{"at": 7, "do": "issue", "service": "ktp"}', "bad_time"),
    (line("09:00:00", "dance"), "unknown_verb"),
    ('{"at": "2026-03-03T09:00:00+07:00"}', "unknown_verb"),
    ('{"at": "2026-03-03T09:00:00+07:00", "do": ["issue"]}', "unknown_verb"),
    (line("09:00:00", "issue", service="ktp", colour="red"), "unknown_field"),
    (line("09:00:00", "issue"), "missing_field"),
    (line("09:00:00", "issue", service=5), "missing_field"),
    (line("09:00:00", "issue", service=""), "missing_field"),
    (line("09:00:00", "issue", service="nothing"), "unknown_service"),
    (line("09:00:00", "issue", service="ktp", priority="rich"), "unknown_priority"),
    (line("09:00:00", "issue", service="ktp", **{"as": "t"}), "name_taken"),
    (line("09:00:00", "call", counter="none"), "unknown_counter"),
    (line("09:00:00", "call", counter="2"), "not_signed_in"),
    (line("09:00:00", "start", ticket="nobody"), "unknown_ticket"),
    (line("09:00:00", "start", ticket="t"), "illegal_move"),
    (line("09:00:00", "transfer", ticket="t"), "service_or_counter"),
    (line("09:00:00", "sign-in", counter="2", officer="1"), "unknown_officer"),
    (line("09:00:00", "sign-in", counter="2", officer=SARI.nip), "officer_elsewhere"),
    (line("09:00:00", "unpause", counter="1"), "not_paused"),
    (line("09:00:00", "punch", officer=SARI.nip, source="none"), "unknown_source"),
    (line("09:00:00", "covered", source="bkd"), "bad_time"),
    (line("09:00:00", "down", what="sky"), "unknown_outage"),
    (line("09:00:00", "up", what="server"), "not_down"),
    (line("07:00:00", "issue", service="ktp"), "not_in_order"),
    (line("09:00:00", "transfer", ticket="t", service="pkb", **{"return": "yes"}), "wrong_type"),
    (line("09:00:00", "absence", officer=SARI.nip, kind="sick", **{"from": f"{DAY}T09:00:00+07:00"}), "bad_time"),
    ('{"at": "0001-01-01T00:00:00+07:00", "do": "issue", "service": "ktp"}', "bad_time"),
    ('{"at": "9999-12-31T23:59:59-07:00", "do": "issue", "service": "ktp"}', "bad_time"),
    (line("09:00:00", "pause", counter="1", reason="x\0y"), "bad_text"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "code"), BAD, ids=[f"{code}-{nr}" for nr, (_, code) in enumerate(BAD)])
def test_a_refused_line_stops_with_its_number_and_changes_nothing(contoh: Database, bad: str, code: str) -> None:
    before = (OPEN_COUNTER, line("08:01:00", "issue", service="ktp", **{"as": "t"}))
    result = carry(contoh, *before, bad, line("10:00:00", "issue", service="ktp"))
    assert result.done == 2
    [refused] = result.refused
    assert (refused.line, refused.code) == (3, code)
    assert str(refused).startswith("line 3: ") and code in str(refused)
    assert kinds(contoh) == ["signed_in", "ticket_issued"]
    assert verify(contoh) == []


def test_keep_going_reports_and_continues(contoh: Database) -> None:
    day = [
        OPEN_COUNTER,
        "no json",
        line("08:01:00", "issue", service="ktp", **{"as": "t"}),
        line("08:02:00", "start", ticket="t"),
        line("08:00:30", "issue", service="ktp"),
        line("08:03:00", "call", counter="1"),
        line("08:04:00", "start", ticket="t"),
    ]
    result = carry(contoh, *day, keep_going=True)
    assert result.done == 4
    assert [(r.line, r.code) for r in result.refused] == [(2, "bad_json"), (4, "illegal_move"), (5, "not_in_order")]
    assert ticket(contoh, "A-001").state == "serving"
    assert verify(contoh) == []


def test_a_refused_line_of_the_future_does_not_make_those_after_it_late(contoh: Database) -> None:
    day = [line("23:00:00", "issue", service="nothing"), line("08:00:00", "issue", service="ktp")]
    assert carry(contoh, *day, keep_going=True).done == 1


def test_empty_lines_count_but_are_no_lines(contoh: Database) -> None:
    result = carry(contoh, "", "  \n", OPEN_COUNTER, "\n", "bad")
    assert (result.done, result.refused[0].line) == (1, 5)


def test_a_mistyped_year_does_not_end_the_day_of_those_who_wait(contoh: Database) -> None:
    mistyped = '{"at": "2027-03-03T08:00:00+07:00", "do": "issue", "service": "ktp"}'
    present = wib(DAY, "09:00")
    carry(contoh, line("08:00:00", "issue", service="ktp"))
    result = carry(contoh, line("08:59:59", "issue", service="ktp"), mistyped, now=present)
    assert (result.done, [(r.line, r.code) for r in result.refused]) == (1, [(2, "in_future")])
    assert [ticket(contoh, label).state for label in ("A-001", "A-002")] == ["waiting", "waiting"]


def test_an_officer_at_a_counter_keeps_the_future_out_too(contoh: Database) -> None:
    carry(contoh, OPEN_COUNTER)
    late = line("09:00:01", "issue", service="ktp")
    assert carry(contoh, late, now=wib(DAY, "09:00")).refused[0].code == "in_future"


def test_a_hall_that_nobody_stands_in_takes_any_day(contoh: Database) -> None:
    assert carry(contoh, OPEN_COUNTER, line("08:01:00", "issue", service="ktp"), now=wib(DAY, "06:00")).done == 2


def arrive(db: Database) -> None:
    """An officer sits down and a citizen takes a number."""
    presence.sign_in(db, "contoh", "1", SARI.nip, actor=SYSTEM, now=wib(DAY, "08:59"))
    issuing.issue(db, "contoh", "ktp", actor=SYSTEM, now=wib(DAY, "08:59:30"), history=True)


@pytest.mark.parametrize("before", [0, AT_ONCE, 2 * AT_ONCE])
def test_who_arrives_while_the_file_is_read_keeps_the_future_out(contoh: Database, before: int) -> None:
    def source() -> Iterator[str]:
        for nr in range(before):
            yield line(f"0{timedelta(hours=8, seconds=nr)}", "punch", officer=SARI.nip, source="bkd")
        arrive(contoh)
        yield '{"at": "2062-03-03T08:00:00+07:00", "do": "issue", "service": "ktp"}'

    result = replay(contoh, "contoh", source(), now=wib(DAY, "09:00"))
    assert (result.done, [refused.code for refused in result.refused]) == (before, ["in_future"])
    assert ticket(contoh, "A-001").state == "waiting"


def test_what_others_did_between_two_chunks_is_news_to_the_story(contoh: Database) -> None:
    def source() -> Iterator[str]:
        yield from (line("08:00:00", "issue", service="ktp") for _ in range(AT_ONCE))
        arrive(contoh)
        yield line("08:00:00", "issue", service="ktp")

    result = replay(contoh, "contoh", source())
    assert (result.done, [refused.code for refused in result.refused]) == (AT_ONCE, ["already_told"])


def test_a_long_story_is_not_kept_out_by_its_own_people(contoh: Database) -> None:
    assert replay(contoh, "contoh", many(AT_ONCE + 2), now=wib(DAY, "06:00")) == Replayed(AT_ONCE + 2, [])


def test_an_unknown_hall_is_refused(contoh: Database) -> None:
    with pytest.raises(NotFound, match="unknown_hall"):
        replay(contoh, "nowhere", [OPEN_COUNTER])


def test_an_empty_file_carries_nothing_in(contoh: Database) -> None:
    assert carry(contoh) == Replayed(0, [])


def test_the_file_may_come_with_a_byte_order_mark_of_its_editor(contoh: Database) -> None:
    assert carry(contoh, "\ufeff" + OPEN_COUNTER).done == 1


# ---- chunks ----


def many(count: int) -> Iterable[str]:
    yield OPEN_COUNTER
    for nr in range(1, count):
        seconds = timedelta(hours=8, seconds=nr)
        yield line(f"0{seconds}", "issue", service="ktp", **{"as": f"t{nr}"})


def test_a_long_file_is_carried_in_across_the_border_of_a_chunk(contoh: Database) -> None:
    heard: list[int] = []
    contoh.heard.append(lambda _hall, seq, _kinds: heard.append(seq))
    last = line("09:00:00", "cancel", ticket="t3")  # a name from the first chunk
    result = replay(contoh, "contoh", [*many(2 * AT_ONCE + 1), last])
    assert result == Replayed(2 * AT_ONCE + 2, [])
    with contoh.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tk.tickets)).scalar_one() == 2 * AT_ONCE
        assert connection.execute(select(func.max(journal.c.seq))).scalar_one() == 2 * AT_ONCE + 3
    assert ticket(contoh, "A-003").state == "cancelled"
    assert len(heard) == 3 and heard == sorted(heard)  # one nudge a chunk, not a thousand
    assert verify(contoh) == []


def test_a_refusal_after_the_border_keeps_what_came_before_it(contoh: Database) -> None:
    result = replay(contoh, "contoh", [*many(AT_ONCE + 10), line("08:00:00", "issue", service="ktp"), "never read"])
    assert result.done == AT_ONCE + 10
    assert [(r.line, r.code) for r in result.refused] == [(AT_ONCE + 11, "not_in_order")]
    with contoh.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tk.tickets)).scalar_one() == AT_ONCE + 9
    assert verify(contoh) == []


def test_days_follow_one_another_and_end_what_was_left(contoh: Database) -> None:
    days = [
        line("08:00:00", "issue", service="ktp"),
        '{"at": "2026-03-04T08:00:00+07:00", "do": "issue", "service": "ktp"}',
    ]
    assert carry(contoh, *days).done == 2
    assert [(t.label, t.business_date.isoformat(), t.state) for t in rows(contoh, tk.tickets)] == [
        ("A-001", "2026-03-03", "expired"),
        ("A-001", "2026-03-04", "waiting"),
    ]
    assert rows(contoh, tk.tickets)[0].ended_at == wib("2026-03-04", "00:00")
    assert verify(contoh) == []


def test_older_history_gets_its_own_day_even_after_a_newer_one(contoh: Database) -> None:
    carry(contoh, line("08:00:00", "issue", service="ktp"))
    carry(contoh, '{"at": "2026-01-05T08:00:00+07:00", "do": "issue", "service": "ktp"}')
    carry(contoh, line("09:00:00", "issue", service="ktp"))
    found = {(t.label, t.business_date.isoformat()) for t in rows(contoh, tk.tickets)}
    assert found == {("A-001", DAY), ("A-001", "2026-01-05"), ("A-002", DAY)}
    assert verify(contoh) == []

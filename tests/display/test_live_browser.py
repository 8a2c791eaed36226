"""The client of nudge and catch-up, in a real browser against a real port: gaps, bursts, outages, refusals."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Page

from tests.display.conftest import OpenPage, until
from tests.display.stub_hall import StubHall

START = """async (more) => {
  const { Live } = await import("/static/web/live.js");
  window.seen = { seqs: [], lines: [], first: [], restored: [], live: [], denied: [] };
  window.failDrawing = false;
  window.live = new Live({
    namespace: "/display", hall: "contoh", boardUrl: "/api/v1/halls/contoh/board", pollMs: 60000,
    onBoard(board, how) {
      if (window.failDrawing) throw new Error("drawing failed on purpose");
      seen.seqs.push(board.seq); seen.first.push(how.first); seen.restored.push(how.restored);
    },
    onLines(lines) { seen.lines.push(...lines.map((line) => line.seq)); },
    onLiveness({ live, since }) { seen.live.push([live, since && since.toISOString()]); },
    onDenied(status) { seen.denied.push(status); },
    ...more,
  }).start();
}"""


def start(open_page: OpenPage, hall: StubHall, **more: object) -> Page:
    """A blank page with a client; waits until it has its board and its socket, and has asked after connecting."""
    page = open_page("/blank")
    page.evaluate(START, more)
    until(page, "seen.seqs.length > 0")
    if not hall.refuse_sockets and more.get("namespace", "/display"):
        until(page, lambda: hall.connected > 0 and len(hall.asked) >= 2)
    return page


def test_a_nudge_brings_exactly_what_has_not_been_seen(hall: StubHall, open_page: OpenPage) -> None:
    page = start(open_page, hall)
    known = hall.seq
    first, second = hall.call("A001"), hall.call("A002")
    hall.nudge()
    until(page, "seen.lines.length === 2")
    assert page.evaluate("seen.lines") == [first, second]
    assert hall.asked[-1] == known
    assert page.evaluate("live.known") == second


def test_the_first_answer_carries_no_past(hall: StubHall, open_page: OpenPage) -> None:
    hall.call("A001")
    page = start(open_page, hall)
    assert hall.asked[0] is None
    assert page.evaluate("[seen.lines, seen.first[0]]") == [[], True]


def test_nudges_during_a_request_cause_one_more_and_not_many(hall: StubHall, open_page: OpenPage) -> None:
    page = start(open_page, hall, suspectMs=4000)  # only what is told makes it ask
    hall.delay = 0.4
    before = len(hall.asked)
    hall.call("A001")
    hall.nudge()
    until(page, lambda: len(hall.asked) > before)
    for number in range(2, 30):
        hall.call(f"A{number:03d}")
        hall.nudge()
    until(page, f"live.known === {hall.seq}")
    page.wait_for_timeout(200)
    assert len(hall.asked) - before == 2
    assert page.evaluate("seen.lines") == [line["seq"] for line in hall.lines]


def test_waking_up_during_a_request_asks_once_more(hall: StubHall, open_page: OpenPage) -> None:
    page = start(open_page, hall, suspectMs=4000)  # only what is told makes it ask
    page.wait_for_timeout(200)
    hall.delay = 0.3
    before = len(hall.asked)
    page.evaluate("live.refresh()")
    until(page, lambda: len(hall.asked) == before + 1)
    seq = hall.call("A001")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    until(page, f"live.known === {seq}")
    assert len(hall.asked) == before + 2


def test_an_old_nudge_and_that_of_another_hall_ask_nothing(hall: StubHall, open_page: OpenPage) -> None:
    page = start(open_page, hall)
    page.wait_for_timeout(200)
    before = len(hall.asked)
    hall.nudge(seq=hall.seq)
    hall.nudge(seq=hall.seq + 50, hall="lain")
    page.wait_for_timeout(300)
    assert len(hall.asked) == before


def test_without_any_socket_the_slow_poll_finds_it(hall: StubHall, open_page: OpenPage) -> None:
    hall.refuse_sockets = True
    page = start(open_page, hall, pollMs=300)
    seq = hall.call("A001")
    until(page, "seen.lines.length === 1")
    assert page.evaluate("seen.lines") == [seq]


def test_a_lost_socket_is_a_reason_to_ask(hall: StubHall, open_page: OpenPage) -> None:
    page = start(open_page, hall, pollMs=60_000)
    page.wait_for_timeout(200)
    seq = hall.call("A001")  # and nobody is told
    hall.refuse_sockets = True
    hall.drop_sockets()
    until(page, f"live.known === {seq}")
    assert page.evaluate("seen.lines") == [seq]


def test_a_server_that_ceases_to_repeat_itself_is_asked(hall: StubHall, open_page: OpenPage) -> None:
    page = start(open_page, hall, pollMs=60_000)
    hall.nudge(seq=hall.seq)  # nothing new
    seq = hall.call("A001")
    until(page, f"live.known === {seq}")
    assert page.evaluate("seen.lines") == [seq]


def test_a_refused_socket_is_tried_again(hall: StubHall, open_page: OpenPage) -> None:
    hall.refuse_sockets = True
    page = start(open_page, hall)
    hall.refuse_sockets = False
    until(page, lambda: hall.connected > 0)
    seq = hall.call("A001")
    hall.nudge()
    until(page, f"live.known === {seq}")


def test_an_unchanged_board_costs_no_body(hall: StubHall, open_page: OpenPage) -> None:
    page = start(open_page, hall, pollMs=200)
    page.wait_for_timeout(900)
    assert hall.not_modified >= 2
    assert page.evaluate("seen.seqs.length") <= 2
    assert page.evaluate("live.live") is True


def test_an_outage_is_told_with_its_time_and_what_was_missed_is_fetched_after_it(
    hall: StubHall, open_page: OpenPage
) -> None:
    hall.ahead = timedelta(hours=3)  # the device's clock is three hours slow
    page = start(open_page, hall, silentMs=1500, pollMs=400)
    before = hall.now()
    hall.stop()
    until(page, "seen.live.at(-1)[0] === false")
    since = page.evaluate("Date.parse(seen.live.at(-1)[1]) / 1000")
    assert abs(since - before.timestamp()) < 3
    missed = [hall.call("A001"), hall.call("A002")]
    hall.start()
    until(page, "seen.live.at(-1)[0] === true")
    assert page.evaluate("seen.lines") == missed
    connected = hall.connected
    until(page, lambda: hall.connected > connected or hall.connected > 1)
    late = hall.call("A003")
    hall.nudge()
    until(page, f"seen.lines.at(-1) === {late}")


def test_a_socket_that_is_open_does_not_make_failing_answers_current(hall: StubHall, open_page: OpenPage) -> None:
    page = start(open_page, hall, silentMs=1000, pollMs=300)
    hall.status = 503
    until(page, "seen.live.at(-1)[0] === false")
    hall.status = 200
    until(page, "seen.live.at(-1)[0] === true")


def test_a_page_that_never_reached_its_hall_says_so(hall: StubHall, open_page: OpenPage) -> None:
    hall.status = 500
    page = open_page("/blank")
    page.evaluate(START, {"silentMs": 500})
    until(page, "seen.live.length === 1")
    assert page.evaluate("seen.live[0]") == [False, None]


def test_an_answer_that_never_comes_is_given_up(hall: StubHall, open_page: OpenPage) -> None:
    page = start(open_page, hall, requestMs=300, pollMs=200, silentMs=1000)
    hall.delay = 2
    until(page, "seen.live.at(-1)[0] === false")
    hall.delay = 0
    until(page, "seen.live.at(-1)[0] === true")


def test_a_question_that_hangs_is_asked_again_beside_it_and_the_socket_of_that_line_is_opened_anew(
    hall: StubHall, open_page: OpenPage
) -> None:
    page = start(open_page, hall)
    page.wait_for_timeout(200)
    connected, asked = hall.connected, len(hall.asked)
    hall.delay = 4
    page.evaluate("void live.refresh()")
    until(page, lambda: len(hall.asked) == asked + 1)
    hall.delay = 0  # the first hangs on, the one beside it is answered: the connections from before may be dead
    until(page, lambda: hall.connected == connected + 1)
    page.wait_for_timeout(300)
    seq = hall.call("A001")
    hall.nudge()
    until(page, f"live.known === {seq}")
    assert page.evaluate("seen.lines") == [seq]
    assert hall.connected == connected + 1


def test_a_server_in_front_that_cannot_reach_ours_does_not_end_the_questions_beside(
    hall: StubHall, open_page: OpenPage
) -> None:
    page = start(open_page, hall)
    page.wait_for_timeout(200)
    asked = len(hall.asked)
    hall.delay = 8
    page.evaluate("void live.refresh()")
    until(page, lambda: len(hall.asked) == asked + 1)
    hall.delay, hall.status = 0, 502
    until(page, lambda: len(hall.asked) == asked + 2)
    page.wait_for_timeout(100)
    hall.status = 200
    seq = hall.call("A001")
    until(page, f"live.known === {seq}", seconds=4)  # long before the first is given up


def test_a_page_that_was_turned_away_is_told_when_it_is_let_in_again_with_nothing_new(
    hall: StubHall, open_page: OpenPage
) -> None:
    page = start(open_page, hall)
    page.wait_for_timeout(200)
    hall.status = 403
    page.evaluate("void live.refresh()")
    until(page, "seen.denied.length === 1")
    told = page.evaluate("seen.live.length")
    hall.status = 200
    page.evaluate("live.refresh()")
    assert page.evaluate("seen.live.slice(-1)[0][0]") is True
    assert page.evaluate("seen.live.length") == told + 1


def test_a_closed_door_is_told_once_and_opens_again(hall: StubHall, open_page: OpenPage) -> None:
    page = start(open_page, hall, pollMs=200)
    hall.status = 403
    until(page, "seen.denied.length === 1")
    page.evaluate("void live.refresh()")  # it waits for an answer
    page.wait_for_timeout(300)
    assert page.evaluate("seen.denied") == [403]
    hall.status = 200
    hall.call("A001")
    page.evaluate("live.refresh()")
    until(page, "seen.lines.length === 1")


def test_a_restored_journal_does_not_freeze_the_screen(hall: StubHall, open_page: OpenPage) -> None:
    for number in range(20):
        hall.call(f"A{number:03d}")
    page = start(open_page, hall, pollMs=200)
    hall.seq = 105
    hall.lines = hall.lines[:5]
    until(page, "live.known === 105")
    assert page.evaluate("seen.restored.at(-1)") is True
    seq = hall.call("B001")
    hall.nudge()
    until(page, f"seen.lines.at(-1) === {seq}")


def test_a_page_that_could_not_draw_is_not_current_and_asks_again_for_the_same(
    hall: StubHall, open_page: OpenPage
) -> None:
    page = start(open_page, hall, pollMs=200, silentMs=800)
    known = hall.seq
    page.evaluate("window.failDrawing = true")
    seq = hall.call("A001")
    hall.nudge()
    until(page, "seen.live.at(-1)[0] === false")
    assert hall.asked[-1] == known
    page.evaluate("window.failDrawing = false")
    until(page, "seen.lines.length === 1")
    assert page.evaluate("seen.lines") == [seq]


def test_the_page_knows_the_halls_time_and_shows_it_in_the_halls_zone(hall: StubHall, open_page: OpenPage) -> None:
    hall.ahead = timedelta(hours=-5)
    page = start(open_page, hall)
    assert abs(page.evaluate("live.now().getTime() / 1000") - hall.now().timestamp()) < 2
    shown = page.evaluate(
        """async () => {
          const { formatTime, formatDate, zoneName } = await import("/static/web/clock.js");
          const at = new Date("2026-11-24T02:41:00Z");
          return ["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"].map((z) => [formatTime(at, z), zoneName(z)])
            .concat([[formatDate(at, "Asia/Jakarta"), formatDate(new Date("2026-11-23T16:30:00Z"), "Asia/Jayapura")]]);
        }"""
    )
    assert shown[:3] == [["09.41", "WIB"], ["10.41", "WITA"], ["11.41", "WIT"]]
    assert shown[3] == ["Selasa, 24 November 2026", "Selasa, 24 November 2026"]


def test_many_screens_spread_their_return(hall: StubHall, open_page: OpenPage) -> None:
    page = open_page("/blank")
    waits = page.evaluate(
        """async () => {
          const { backoff } = await import("/static/web/live.js");
          return [0, 1, 2, 3, 4, 5, 50].map((n) => [0, 1].map((r) => backoff(n, 1000, 15000, () => r)));
        }"""
    )
    assert waits[0] == [500, 1000]
    assert waits[-1] == [7500, 15000]
    assert all(low * 2 == high for low, high in waits)


def test_a_stopped_client_asks_no_more(hall: StubHall, open_page: OpenPage) -> None:
    page = start(open_page, hall, pollMs=100)
    page.evaluate("live.stop()")
    page.wait_for_timeout(100)
    before = len(hall.asked)
    hall.call("A001")
    hall.nudge()
    page.wait_for_timeout(400)
    assert len(hall.asked) == before

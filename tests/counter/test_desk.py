"""What the console shows: complete, cheap when nothing changed, and without anybody's secret."""

from __future__ import annotations

from queueing.slips import note_printer
from tests.cast import BAMBU, SEKAR
from tests.counter.stage import Stage


def test_the_desk_shows_who_waits_in_the_order_of_calling(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    for i in range(40):
        stage.citizen("kia" if i % 2 else "ktp", priority="elderly" if i % 10 == 9 else None)
    stage.citizen("kk")  # not this counter's
    desk = bambu.desk("3")
    assert desk["waiting"] == 40
    assert [t["number"] for t in desk["next"][:5]] == ["B-010", "B-020", "B-001", "B-030", "B-040"]
    assert len(desk["next"]) == 30
    assert desk["next"][2]["waited_seconds"] == 40
    assert desk["counter"]["services"][0] == {"code": "ktp", "name": "Perekaman dan pencetakan KTP-el"}
    assert desk["options"] == {"pause_minutes": 15, "no_show_after_recalls": 0, "beat_seconds": 30}


def test_the_desk_tells_the_waiting_time_of_the_ticket_at_the_counter(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    stage.citizen()
    stage.clock.pass_by(minutes=12)
    ticket = bambu.at("3", "call").json
    stage.clock.pass_by(minutes=3)
    bambu.move(ticket, "start")
    shown = bambu.desk("3")["ticket"]
    assert shown["waited_seconds"] == 12 * 60
    assert shown["started_at"] == "2026-03-03T09:15:01+07:00"


def test_the_desk_lists_held_and_missed_tickets(stage: Stage) -> None:
    bambu, sekar = stage.seated(BAMBU), stage.seated(SEKAR)
    for verb in ("hold", "no-show"):
        stage.citizen()
        bambu.move(bambu.at("3", "call").json, verb)
    for officer, counter in ((bambu, "3"), (sekar, "4")):
        desk = officer.desk(counter)
        assert [t["number"] for t in desk["held"]] == ["B-001"]
        assert [t["number"] for t in desk["missed"]] == ["B-002"]


def test_printers_that_need_somebody_are_on_every_console(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    printer = "kios-1"
    note_printer(stage.db, "blora", printer, "ready", None, now=stage.clock.now())
    assert bambu.desk("3")["printers"] == []
    for state, reason in (("low", "paper_low"), ("trouble", "paper_end")):
        note_printer(stage.db, "blora", printer, state, reason, now=stage.clock.pass_by(minutes=1))
        (shown,) = bambu.desk("3")["printers"]
        assert (shown["code"], shown["state"], shown["reason"]) == (printer, state, reason)


def test_nothing_new_is_304_and_any_move_is_news(stage: Stage) -> None:
    bambu, sekar = stage.seated(BAMBU), stage.seated(SEKAR)
    path = "/halls/blora/counters/3/desk?since=1"
    first = bambu.get(path)
    etag = first.headers["ETag"]
    again = bambu.get(path, **{"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    sekar.at("4", "heartbeat")
    assert bambu.get(path, **{"If-None-Match": etag}).status_code == 304
    stage.citizen()
    news = bambu.get(path, **{"If-None-Match": etag})
    assert news.status_code == 200 and news.json["waiting"] == 1
    assert news.headers["Cache-Control"] == "private, no-cache"


def test_midnight_is_news_though_nobody_did_anything(stage: Stage) -> None:
    program = stage.program()
    stage.citizen()
    evening = program.get("/halls/blora/counters/3/desk")
    assert (evening.json["waiting"], len(evening.json["next"])) == (1, 1)
    stage.clock.pass_by(hours=20)
    morning = program.get("/halls/blora/counters/3/desk", **{"If-None-Match": evening.headers["ETag"]})
    assert morning.status_code == 200
    # their day is over, whenever that is written down: no call would take them
    assert (morning.json["waiting"], morning.json["next"]) == (0, [])


def test_the_page_has_no_inline_script_or_style(stage: Stage) -> None:
    bambu = stage.seated(BAMBU)
    for page in (stage.browser().open(), bambu.open()):
        assert "<style" not in page and " style=" not in page and " onclick" not in page
        assert page.count("<script") == page.count('<script type="module" src="/static/counter/')

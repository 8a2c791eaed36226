"""Holds a stored hall against the model: rows, lines, seats, who is next, the board, the day in numbers, memory."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from math import ceil
from statistics import fmean, median
from typing import Any

from sqlalchemy import Connection, select

from hall.database import Database
from hall.journal import since
from hall.places import Places, places
from hall.turn import turns
from queueing.board import board
from queueing.desks import all_desks
from queueing.line import Line, count
from queueing.slips import print_jobs
from queueing.statistics import Numbers, day_numbers, days_with_tickets
from queueing.tickets import tickets
from queueing.upnext import up_next
from staffing.floor import floor
from staffing.presence import open_pause, open_sessions
from tests.torture.model_hall import Ticket
from tests.torture.model_people import WholeModel

MICROSECOND = timedelta(microseconds=1)
COLUMNS = (
    "id", "business_date", "prefix", "number", "label", "service", "first_service", "agency", "priority", "state",
    "place", "counter", "only_counter", "back_service", "back_counter", "recalls", "issued_at", "line_since",
    "called_at", "started_at", "ended_at", "waited",
)  # fmt: skip


def all_alike(db: Database, code: str, model: WholeModel, before: int, now: datetime, step: int) -> None:
    """Everything a step may have changed. ``before`` is the last line that was compared.

    What is only worked out from the rows takes turns, by the number of the ``step``: it would take most of the time.
    """
    now = max(now, model.time)
    with db.reading() as connection:
        hall = places(db, connection, code)
        lines_alike(connection, code, model, before)
        tickets_alike(connection, code, model)
        seats_alike(connection, code, model)
        papers_alike(connection, code, model)
        counters = [*hall.counters]
        next_alike(connection, hall, model, counters[step % len(counters)], now)
        if step % 3 == 0:
            board_alike(connection, hall, model, now)


def lines_alike(connection: Connection, code: str, model: WholeModel, before: int) -> None:
    """The journal went on by the lines of this verb and no others; a refused one leaves none."""
    told = since(connection, code, before)
    assert Counter((line.kind, line.subject, line.at) for line in told) == Counter(model.lines)
    assert connection.execute(select(turns.c.seq).where(turns.c.hall == code)).scalar_one() == model.seq


def as_row(ticket: Ticket) -> tuple[Any, ...]:
    service, counter = ticket.back or (None, None)
    return (
        ticket.id, ticket.day, ticket.prefix, ticket.number, ticket.label, ticket.service, ticket.first_service,
        ticket.agency, ticket.priority, ticket.state, ticket.place, ticket.counter, ticket.only, service, counter,
        ticket.recalls, ticket.issued, ticket.since, ticket.called, ticket.started, ticket.ended,
        ticket.waited // MICROSECOND,
    )  # fmt: skip


def tickets_alike(connection: Connection, code: str, model: WholeModel) -> None:
    query = select(*(tickets.c[name] for name in COLUMNS)).where(tickets.c.hall == code)
    stored = {row.id: tuple(row) for row in connection.execute(query)}
    wanted = {ticket.id: as_row(ticket) for ticket in model.tickets.values()}
    for ticket, row in wanted.items():
        assert dict(zip(COLUMNS, stored.get(ticket, ()), strict=False)) == dict(zip(COLUMNS, row, strict=True))
    assert stored.keys() == wanted.keys()


def seats_alike(connection: Connection, code: str, model: WholeModel) -> None:
    """Who sits where since when, who pauses, whose console is lost; each counter's state, run and last call."""
    seated = {
        s.counter: (s.officer, s.start, s.beats, s.last_beat, (open_pause(connection, s.id) or (None,))[0])
        for s in open_sessions(connection, code)
    }
    assert seated == {c: (s.officer, s.start, s.beats, s.beat, s.pause) for c, s in model.seats.items()}
    stored = {c: (d.state, d.officer, d.priority_run, d.last_call) for c, d in all_desks(connection, code).items()}
    assert model.seats.keys() <= stored.keys()
    for counter, desk in stored.items():
        seat = model.seats.get(counter)
        state, officer = (seat.state, seat.officer) if seat else ("closed", None)
        assert desk == (state, officer, model.runs.get(counter, 0), model.last_call.get(counter)), counter


def papers_alike(connection: Connection, code: str, model: WholeModel) -> None:
    c = print_jobs.c
    stored = connection.execute(select(c.ticket, c.copy, c.state, c.created, c.sent).where(c.hall == code))
    assert {(row.ticket, row.copy): tuple(row)[2:] for row in stored} == {
        key: (slip.state, slip.created, slip.sent) for key, slip in model.slips.items()
    }


def next_alike(connection: Connection, hall: Places, model: WholeModel, counter: str, now: datetime) -> None:
    """The whole line of a counter, in the order in which it would call it."""
    day, run = model.shape.day(now), model.runs.get(counter, 0)
    seen = up_next(connection, hall, hall.counter(counter), day, run=run)
    line, wanted = model.waiting(day), []
    while (found := model.following(counter, line, run)) is not None:
        ticket, run, _ = found
        wanted.append(ticket.label)
        line.remove(ticket)
    assert (seen.waiting, [ticket.label for ticket in seen.first]) == (len(wanted), wanted[:30]), counter


def board_alike(connection: Connection, hall: Places, model: WholeModel, now: datetime) -> None:
    day, shape = model.shape.day(now), model.shape
    shown = board(connection, count(connection, hall, day), None, now)
    live = [t for t in model.tickets.values() if t.state in ("called", "serving") and t.counter in shape.counters]
    live.sort(key=lambda t: -model.spoken[t.id])
    assert [(c["number"], c["counter"], c["state"], c["recalls"], c["seq"]) for c in shown["calling"]] == [
        (t.label, t.counter, t.state, t.recalls, model.spoken[t.id]) for t in live
    ]
    people = {}
    for agency in {counter.agency for counter in shape.counters.values()}:
        listed = {s for c in shape.counters.values() if c.agency == agency for s in c.services}
        mine = {s for s in listed if s in shape.services and shape.services[s].agency == agency}
        if mine:
            serving = [c for c, seat in model.seats.items() if seat.state == "open" and c in shape.counters]
            at_work = sum(shape.counters[c].agency == agency for c in serving)
            people[agency] = (sum(t.service in mine for t in model.waiting(day)), at_work)
    assert {row["agency"]: (row["waiting"], row["serving_counters"]) for row in shown["waiting"]} == people
    assert {c["counter"] for c in shown["counters"] if c["open"]} == {
        c for c, seat in model.seats.items() if seat.state == "open" and c in shape.counters
    }
    called = [t for t in model.tickets.values() if t.day == day and t.called and t.state not in ("called", "serving")]
    if all(t.counter in shape.counters for t in called):
        newest = sorted((t.called for t in called if t.called), reverse=True)[:6]
        assert [c["at"] for c in shown["last_calls"]] == [shape.local(moment) for moment in newest]


def memory_alike(db: Database, code: str) -> None:
    """What this process remembers of the line, if it may still believe it, is what is stored."""
    known = db.memory.get(code)
    if known is None or "line" not in known[1]:
        return
    with db.reading() as connection:
        row = connection.execute(select(turns.c.seq, turns.c.hash, turns.c.config).where(turns.c.hall == code)).one()
        if tuple(row) == known[0]:
            line: Line = known[1]["line"]
            fresh = count(connection, places(db, connection, code), line.date)
            assert _plain(line) == _plain(fresh)


def _plain(line: Line) -> dict[str, Any]:
    def told(counts: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in counts.items() if value not in (0, [0, 0])}

    pace = {service: sorted(minutes) for service, minutes in line.pace.items() if minutes}
    counts = {"waiting": told(line.waiting), "issued": told(line.issued), "last": told(line.last_number)}
    return counts | {"desks": line.desks, "live": line.live, "pace": pace, "ended": (line.called, line.missed)}


def days_alike(db: Database, code: str, model: WholeModel) -> None:
    """Every day in numbers, in all and by service and counter."""
    days = sorted({ticket.day for ticket in model.tickets.values()})
    assert days_with_tickets(db, code) == days
    for day in days:
        shown = day_numbers(db, code, day)
        mine = [t for t in model.tickets.values() if t.day == day]
        calls = [call for call in model.calls if model.tickets[call[1]].day == day]
        assert shown.total == in_numbers(mine, len(mine), [at for at, *_ in calls])
        services = {t.service for t in mine} | {t.first_service for t in mine} | {service for _, _, service, _ in calls}
        assert shown.services == {
            s: in_numbers(
                [t for t in mine if t.service == s],
                sum(t.first_service == s for t in mine),
                [at for at, _, service, _ in calls if service == s],
            )
            for s in services
        }
        counters = {t.counter for t in mine if t.counter} | {counter for *_, counter in calls}
        assert shown.counters == {
            c: in_numbers([t for t in mine if t.counter == c], None, [at for at, *_, where in calls if where == c])
            for c in counters
        }


def in_numbers(mine: list[Ticket], issued: int | None, calls: list[datetime]) -> Numbers:
    states = Counter(ticket.state for ticket in mine)
    waits = sorted(ticket.waited / timedelta(minutes=1) for ticket in mine if ticket.called)
    handled = [
        (t.ended - t.started).total_seconds() / 60 for t in mine if t.state == "finished" and t.started and t.ended
    ]
    return Numbers(
        issued=issued,
        called=len(waits),
        served=states["finished"],
        no_show=states["no_show"],
        cancelled=states["cancelled"],
        expired=states["expired"],
        waiting=states["waiting"],
        held=states["held"],
        at_counter=states["called"] + states["serving"],
        wait_mean=fmean(waits) if waits else None,
        wait_median=median(waits) if waits else None,
        wait_p90=waits[ceil(0.9 * len(waits)) - 1] if waits else None,
        handling_mean=fmean(handled) if handled else None,
        first_call=min(calls, default=None),
    )


def floor_alike(db: Database, code: str, model: WholeModel, now: datetime) -> None:
    """Each counter on the floor: its state, how many wait for it, which number stands there."""
    now, shape = max(now, model.time), model.shape
    day: date = shape.day(now)
    shown = floor(db, code, now)
    for seen in shown.counters:
        seat, at = model.seats.get(seen.counter), model.at(seen.counter)
        dark = seat is not None and seat.lost  # until its session is ended, or it is heard of
        if seat is not None and shape.day(seat.start) != day:
            seat = None  # over at midnight, even before that is written down
        if at is not None and at.day != day:
            at = None
        services = shape.counters[seen.counter].services
        mine = [t for t in model.waiting(day) if t.only == seen.counter or (t.only is None and t.service in services)]
        due = shape.open_at(now) and not (_all_given(model, services, day) and not mine)
        if dark and due:
            state = "unobserved"
        elif at is not None:
            state = "serving"
        elif seat is not None and seat.pause is None:
            state = "waiting"
        elif seat is not None and seat.pause is not None and now < seat.pause + timedelta(minutes=15):
            state = "paused"
        else:
            state = "vacant" if due else "not_due"
        told = (seen.state, seen.due, seen.waiting, seen.ticket)
        assert told == (state, due, len(mine), at.label if at else None), seen.counter


def _all_given(model: WholeModel, services: tuple[str, ...], day: date) -> bool:
    """Whether every service of a counter has given its last number of the day."""
    given = Counter(t.first_service for t in model.tickets.values() if t.day == day and t.state != "cancelled")
    quotas = [(s, model.shape.services[s].quota if s in model.shape.services else None) for s in services]
    return all(quota is not None and given[s] >= quota for s, quota in quotas)

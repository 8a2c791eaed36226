"""The moves at a counter: call, recall, start, finish, no-show, hold, resume, transfer, cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select

from hall.database import Database
from hall.errors import Conflict, Invalid
from hall.once import answered, check_key, remember
from hall.places import Counter
from hall.statements import Prepared
from hall.turn import Turn, turn
from queueing import tickets as tk
from queueing.desks import LOST, OPEN, PAUSED, change_desk, desk, must_still_sit
from queueing.line import Line, line_of
from queueing.order import Head, choose
from queueing.reach import must_be_within_reach

_c = tk.tickets.c
_head = Prepared(
    select(_c.id, _c.rank, _c.place)
    .where(
        _c.hall == bindparam("b_hall"),
        _c.service == bindparam("b_service"),
        _c.rank == bindparam("b_rank"),
        _c.business_date == bindparam("b_date"),
        tk.WAITS,
        or_(_c.only_counter.is_(None), _c.only_counter == bindparam("b_counter")),
    )
    .order_by(_c.place)
    .limit(1)
)
_sent_here = Prepared(
    select(_c.id, _c.rank, _c.place).where(
        _c.hall == bindparam("b_hall"),
        _c.only_counter == bindparam("b_counter"),
        _c.business_date == bindparam("b_date"),
        tk.WAITS,
    )
)


def call(
    db: Database,
    hall: str,
    counter: str,
    *,
    actor: str,
    now: datetime,
    key: str | None = None,
    officer: str | None = None,
) -> dict[str, Any] | None:
    """Calls the oldest waiting ticket of the best class among the counter's services; None when nobody waits.

    ``officer`` is who must sit there, or None (:func:`queueing.desks.must_still_sit`). Raises :class:`NotFound`
    (``unknown_hall``, ``unknown_counter``) and :class:`Conflict`: ``console_lost`` until its console is heard again,
    ``not_signed_in``, ``paused``, ``still_serving`` while the last ticket is neither finished, held, transferred nor
    a no-show.
    """
    check_key(key)
    asked = {"call": counter}
    with turn(db, hall, now) as t:
        now = t.now
        before = answered(t, key, asked)
        if before is not None:
            return before  # type: ignore[no-any-return]
        line = line_of(t)
        place = line.places.counter(counter)
        seat = desk(t.connection, hall, counter)
        must_still_sit(seat, officer)
        if seat is not None and seat.state == LOST:
            raise Conflict("console_lost", f"Konsol {place.name} tidak terpantau; tunggu sampai terhubung kembali.")
        if seat is None or seat.state not in (OPEN, PAUSED):
            raise Conflict("not_signed_in", f"Belum ada petugas yang masuk di {place.name}.")
        if seat.state == PAUSED:
            raise Conflict("paused", f"{place.name} sedang istirahat; lanjutkan dahulu.")
        serving = tk.live_at(t.connection, hall, counter)
        if serving is not None:
            raise Conflict(
                "still_serving",
                f"Nomor {serving.label} belum selesai di {place.name}.",
                ticket=serving.public(line.places.tz),
            )
        choice = choose(_heads(t, line, place), run=seat.priority_run, limit=line.places.options.priority_run)
        if choice is None:
            return None
        ticket = tk.find_ticket(t.connection, choice.ticket)
        called = tk.change(
            t, ticket, state=tk.CALLED, counter=counter, called_at=now, started_at=None, only_counter=None, recalls=0
        )
        change_desk(t, counter, priority_run=choice.run, last_call=now)
        _write(t, line, "ticket_called", called, actor, reason=choice.reason, counter=counter)
        answer = called.public(line.places.tz)
        remember(t, key, asked, answer)
        return answer


def _heads(t: Turn, line: Line, counter: Counter) -> list[Head]:
    heads = []
    here = {"b_hall": t.hall, "b_counter": counter.code, "b_date": line.date}
    for service in counter.services:
        for rank in (0, 1):
            if line.waiting[service][rank]:
                row = _head.first(t.connection, here | {"b_service": service, "b_rank": rank})
                if row is not None:
                    heads.append(Head(*row))
    # a ticket transferred to this very counter is called here even when its service is not one of the counter's own
    heads += [Head(*row) for row in _sent_here.rows(t.connection, here)]
    return heads


def _write(t: Turn, line: Line, kind: str, ticket: tk.Ticket, actor: str, **more: Any) -> int:
    data: dict[str, Any] = {"number": ticket.label, "service": ticket.service, "agency": ticket.agency}
    return t.write(kind, ticket.id, data | more, actor=actor)


@contextmanager
def _move(
    db: Database,
    ticket_id: str,
    move: str,
    actor: str,
    now: datetime,
    key: str | None,
    counter: str | None,
    officer: str | None,
    asked: Any,
) -> Iterator[_Move]:
    """One move of one ticket: finds the hall, takes its turn, answers a repeat, checks that the move is legal."""
    check_key(key)
    with db.reading() as connection:
        hall = tk.find_ticket(connection, ticket_id).hall
    with turn(db, hall, now) as t:
        question = {"move": move, "ticket": ticket_id, "asked": asked}
        before = answered(t, key, question)
        if before is not None:
            yield _Move(t, None, None, before)  # type: ignore[arg-type]
            return
        line = line_of(t)  # first: it may expire this very ticket
        if counter is not None and officer is not None:
            must_still_sit(desk(t.connection, t.hall, counter), officer)
        ticket = tk.of_hall(t, ticket_id)
        must_be_within_reach(line.places, ticket, counter)
        tk.must_be_legal(ticket, move)
        step = _Move(t, line, ticket, None)
        yield step
        assert step.answer is not None
        remember(t, key, question, step.answer)


class _Move:
    def __init__(self, t: Turn, line: Line, ticket: tk.Ticket, answer: dict[str, Any] | None) -> None:
        self.t, self.line, self.ticket, self.answer = t, line, ticket, answer

    def make(self, kind: str, actor: str, values: dict[str, Any], **more: Any) -> None:
        changed = tk.change(self.t, self.ticket, **values)
        _write(self.t, self.line, kind, changed, actor, counter=self.ticket.counter, **more)
        self.answer = changed.public(self.line.places.tz)


def _simple(
    move: str, kind: str, values: Callable[[tk.Ticket, datetime], dict[str, Any]], *, today: bool = False
) -> Callable[..., dict[str, Any]]:
    def verb(
        db: Database,
        ticket_id: str,
        *,
        actor: str,
        now: datetime,
        key: str | None = None,
        counter: str | None = None,
        officer: str | None = None,
    ) -> dict[str, Any]:
        with _move(db, ticket_id, move, actor, now, key, counter, officer, None) as step:
            if step.answer is None:
                if today:
                    _must_be_today(step)
                step.make(kind, actor, values(step.ticket, step.t.now))
        assert step.answer is not None
        return step.answer

    verb.__name__ = verb.__qualname__ = move.replace("-", "_")
    return verb


start = _simple("start", "ticket_started", lambda ticket, now: {"state": tk.SERVING, "started_at": now})
start.__doc__ = """The citizen stands at the counter: called -> serving.

Every move takes ``ticket_id``, ``actor``, ``now`` (aware), an optional idempotency ``key`` and ``counter``: where the
acting officer sits, or None for who may act anywhere (:func:`queueing.reach.within_reach`, :class:`Denied`
``other_counter``), and ``officer``: who must still sit there (:func:`queueing.desks.must_still_sit`). Raises
:class:`NotFound` (``unknown_ticket``) and :class:`Conflict` (``illegal_move``). Returns the ticket as plain values."""

no_show = _simple("no-show", "ticket_missed", lambda ticket, now: {"state": tk.NO_SHOW, "ended_at": now})
no_show.__doc__ = "The citizen did not come: called -> no_show. See :func:`start` for what every move takes."

hold = _simple("hold", "ticket_held", lambda ticket, now: {"state": tk.HELD}, today=True)
hold.__doc__ = (
    "Set aside (*tunda*), the counter is free: called or serving -> held. Not after the midnight that ended its day "
    "(``day_ended``): nobody could ever take it up again. See :func:`start`."
)

cancel = _simple("cancel", "ticket_cancelled", lambda ticket, now: {"state": tk.CANCELLED, "ended_at": now})
cancel.__doc__ = "Given up by the citizen or the staff. See :func:`start`."

withdraw = _simple("withdraw", "ticket_cancelled", lambda ticket, now: {"state": tk.CANCELLED, "ended_at": now})
withdraw.__doc__ = (
    "Given up by the citizen, who may only while nobody has called: waiting -> cancelled. See :func:`start`."
)


def recall(
    db: Database,
    ticket_id: str,
    *,
    actor: str,
    now: datetime,
    key: str | None = None,
    counter: str | None = None,
    officer: str | None = None,
) -> dict[str, Any]:
    """Calls the same number again; after the hall's ``no_show_after_recalls`` the next one is a no-show.

    See :func:`start`.
    """
    with _move(db, ticket_id, "recall", actor, now, key, counter, officer, None) as step:
        if step.answer is None:
            limit = step.line.places.options.no_show_after_recalls
            if limit and step.ticket.recalls >= limit:
                step.make("ticket_missed", actor, {"state": tk.NO_SHOW, "ended_at": step.t.now}, automatic=True)
            else:
                recalls = step.ticket.recalls + 1
                step.make("ticket_recalled", actor, {"recalls": recalls}, recalls=recalls)
    assert step.answer is not None
    return step.answer


def finish(
    db: Database,
    ticket_id: str,
    *,
    actor: str,
    now: datetime,
    key: str | None = None,
    counter: str | None = None,
    officer: str | None = None,
) -> dict[str, Any]:
    """Served: serving -> finished, or back into the line it was transferred from with return. See :func:`start`."""
    with _move(db, ticket_id, "finish", actor, now, key, counter, officer, None) as step:
        if step.answer is None:
            ticket, hall = step.ticket, step.line.places
            # nobody returns into a line that is no more: neither after midnight nor to a service that was given up
            if ticket.back_service in hall.services and ticket.business_date == step.line.date:
                # nor to a counter that was taken away: those of its service are called from the others
                there = ticket.back_counter if ticket.back_counter in hall.counters else None
                back = _into_line(
                    step.t.now,
                    service=ticket.back_service,
                    only_counter=there,
                    back_service=None,
                    back_counter=None,
                )
                back["agency"] = hall.services[ticket.back_service].agency
                step.make("ticket_returned", actor, back, to_counter=there)
            else:
                step.make("ticket_finished", actor, {"state": tk.FINISHED, "ended_at": step.t.now})
    assert step.answer is not None
    return step.answer


def resume(
    db: Database,
    ticket_id: str,
    *,
    actor: str,
    now: datetime,
    key: str | None = None,
    counter: str | None = None,
    officer: str | None = None,
) -> dict[str, Any]:
    """Back into the line: a held ticket at the place it was issued at, a no-show at the end. See :func:`start`."""
    with _move(db, ticket_id, "resume", actor, now, key, counter, officer, None) as step:
        if step.answer is None:
            _must_be_today(step)
            values = _into_line(step.t.now)
            if step.ticket.state == tk.NO_SHOW:
                values["place"] = step.t.seq + 1
            step.make("ticket_resumed", actor, values, missed=step.ticket.state == tk.NO_SHOW)
    assert step.answer is not None
    return step.answer


def transfer(
    db: Database,
    ticket_id: str,
    *,
    actor: str,
    now: datetime,
    service: str | None = None,
    to_counter: str | None = None,
    back: bool = False,
    key: str | None = None,
    counter: str | None = None,
    officer: str | None = None,
) -> dict[str, Any]:
    """Sends a ticket to another service, or to one counter, at the place it was issued at.

    With ``back`` it returns to the sending counter (or service) when the other side finishes. Besides what
    :func:`start` says: :class:`Invalid` (``service_or_counter``: exactly one of both; ``return_needs_counter``) and
    :class:`NotFound` (``unknown_service``, ``unknown_counter``).
    """
    if (service is None) == (to_counter is None):
        raise Invalid("service_or_counter", "Sebutkan layanan atau loket tujuan, salah satu saja.")
    asked = {"service": service, "counter": to_counter, "return": back}
    with _move(db, ticket_id, "transfer", actor, now, key, counter, officer, asked) as step:
        if step.answer is None:
            _must_be_today(step)
            ticket, hall = step.ticket, step.line.places
            values = _into_line(step.t.now)
            if service is not None:
                values |= {"service": service, "agency": hall.service(service).agency, "only_counter": None}
            else:
                assert to_counter is not None
                if hall.counter(to_counter).code == ticket.counter and ticket.state in tk.LIVE:
                    raise Invalid("same_counter", "Nomor ini sudah berada di loket itu.")
                values |= {"only_counter": to_counter}
            if back:
                if ticket.counter is None:
                    raise Invalid("return_needs_counter", "Nomor ini belum pernah dipanggil; tidak ada loket asal.")
                values |= {"back_service": ticket.service, "back_counter": ticket.counter}
            step.make(
                "ticket_transferred",
                actor,
                values,
                to_service=service,
                to_counter=to_counter,
                back=back,
                was=ticket.service,
            )
    assert step.answer is not None
    return step.answer


def _into_line(now: datetime, **more: Any) -> dict[str, Any]:
    return {
        "state": tk.WAITING,
        "line_since": now,
        "counter": None,
        "called_at": None,
        "started_at": None,
        "ended_at": None,
        "recalls": 0,
    } | more


def _must_be_today(step: _Move) -> None:
    if step.ticket.business_date != step.line.date:
        raise Conflict("day_ended", f"Nomor {step.ticket.label} berlaku pada hari yang sudah berakhir.")


__all__ = ["call", "cancel", "finish", "hold", "no_show", "recall", "resume", "start", "transfer", "withdraw"]

"""Carries history in: a file of JSON lines, each one verb with its own time, oldest first."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, TextIO

from sqlalchemy import func, select

from hall.clock import midnight_after
from hall.database import Database
from hall.errors import Conflict, Invalid, NotFound, Refusal
from hall.journal import journal
from hall.places import places
from hall.turn import batch
from queueing import calling, issuing
from queueing.tickets import OPEN, tickets
from staffing import facts, presence

YEARS = range(2000, 2101)
AT_ONCE = 500  # lines in one transaction: fast, and little to do again after a crash


# verbs that tell of facts, which may come late; all others tell the line's own story, in order
FACTS = ("absence", "punch", "covered", "closure", "down", "up")
STORY = (
    "ticket_issued", "ticket_called", "ticket_recalled", "ticket_started", "ticket_held", "ticket_resumed",
    "ticket_transferred", "ticket_returned", "ticket_finished", "ticket_missed", "ticket_cancelled",
    "signed_in", "signed_out", "paused", "unpaused",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was refused: its number in the file, the code and the sentence."""

    line: int
    code: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message} [{self.code}]"


@dataclass
class Replayed:
    """What a replay did. ``done`` counts the lines carried in; ``refused`` those that were not."""

    done: int = 0
    refused: list[RefusedLine] = field(default_factory=list)


class _Story:
    """The names a replay gives its tickets, and the moment it has come to."""

    def __init__(self, db: Database, hall: str, actor: str, present: datetime | None) -> None:
        self.db, self.hall, self.actor, self.present = db, hall, actor, present
        self.until: datetime | None = None  # the latest that a line may tell, once somebody is there
        self.tickets: dict[str, str] = {}
        self.last: datetime | None = None
        self.days: set[date] = set()  # business dates on which this story is the latest that is known

    def look_around(self) -> None:
        """Sees who is in the hall and forgets how far its days were told: others wrote since the story last looked."""
        if self.present is not None and self.until is None and _somebody_is_there(self.db, self.hall):
            self.until = self.present
        self.days.clear()

    def ticket(self, line: dict[str, Any]) -> str:
        name = _text(line, "ticket")
        if name not in self.tickets:
            raise NotFound("unknown_ticket", f"Nomor {name!r} tidak disebut sebelumnya dalam berkas ini.")
        return self.tickets[name]

    def do(self, line: dict[str, Any]) -> None:
        now = _time(line, "at")
        if self.last is not None and now < self.last:
            raise Invalid("not_in_order", "Baris ini lebih tua daripada baris sebelumnya.")
        if self.until is not None and now > self.until:
            sentence = "Waktu baris ini belum tiba, sedangkan di balai ini ada yang menunggu atau bertugas."
            raise Conflict("in_future", sentence)
        verb = line.get("do")
        known = VERBS.get(verb) if isinstance(verb, str) else None
        if known is None:
            raise Invalid("unknown_verb", f"Perintah {verb!r} tidak dikenal.")
        fields, act = known
        for name in line:
            if name not in fields and name not in ("at", "do"):
                raise Invalid("unknown_field", f"Isian {name!r} tidak dikenal untuk {verb!r}.", field=name)
        if verb not in FACTS:
            self._must_be_news(now)
        act(self, line, now)
        self.last = now

    def _must_be_news(self, now: datetime) -> None:
        """Refuses (``already_told``) what is older than the line's own story of that day: a file carried in twice."""
        with self.db.reading() as connection:
            here = places(self.db, connection, self.hall)
            day = here.date(now)
            if day in self.days:
                return
            query = select(func.max(journal.c.at)).where(
                journal.c.hall == self.hall,
                journal.c.at >= now,
                journal.c.at < midnight_after(day, here.zone),
                journal.c.kind.in_(STORY),
            )
            told = connection.execute(query).scalar_one()
        if told is not None and told > now:
            until = told.astimezone(here.tz).isoformat()
            raise Conflict("already_told", f"Antrean hari ini sudah tercatat sampai {until}; baris ini lebih tua.")
        self.days.add(day)


def replay(
    db: Database,
    hall: str,
    source: TextIO | Iterable[str],
    *,
    keep_going: bool = False,
    actor: str = "replay",
    now: datetime | None = None,
) -> Replayed:
    """Carries every line in as the verb it names, with ``now`` = its ``at``.

    Stops at the first refused line, which changes nothing of its own, unless ``keep_going``; what came before stays.
    Hours, warnings, quota and capacity do not refuse an ``issue``; a day on which the line went further already takes
    only facts. With the present moment ``now``, lines of a later time are refused (``in_future``) in a hall where
    people wait or officers sit: one mistyped year would end their day.
    Raises :class:`NotFound` (``unknown_hall``) and :class:`Invalid` (``not_utf8``).
    """
    story, result = _Story(db, hall, actor, now), Replayed()
    numbered, ours = _numbered(source), -1
    while chunk := list(islice(numbered, AT_ONCE)):
        with batch(db, hall, _first_time(chunk)) as together:
            if together.seq != ours:  # in here, or a mistyped year ends the day of who arrived after the look
                story.look_around()
            for number, raw in chunk:
                try:
                    story.do(_parse(raw))
                    result.done += 1
                except Refusal as refusal:
                    result.refused.append(RefusedLine(number, refusal.code, refusal.message))
                    if not keep_going:
                        return result
            ours = together.seq
    return result


def _somebody_is_there(db: Database, hall: str) -> bool:
    """Whether the hall has a ticket that has not ended, or an officer at a counter."""
    open_ticket = select(tickets.c.id).where(tickets.c.hall == hall, tickets.c.state.in_(OPEN)).limit(1)
    with db.reading() as connection:
        if presence.open_sessions(connection, hall):
            return True
        return connection.execute(open_ticket).first() is not None


def _numbered(source: TextIO | Iterable[str]) -> Iterator[tuple[int, str]]:
    number = 0
    try:
        for number, raw in enumerate(source, 1):
            text = raw.removeprefix("\ufeff") if number == 1 else raw  # some editors put a byte order mark there
            if text.strip():
                yield number, text
    except UnicodeDecodeError as fault:
        raise Invalid("not_utf8", f"Berkas ini bukan teks UTF-8 (setelah baris {number}).") from fault


def _first_time(chunk: list[tuple[int, str]]) -> datetime:
    for _, raw in chunk:
        try:
            return _time(_parse(raw), "at")
        except Refusal:
            continue
    return datetime(1970, 1, 1, tzinfo=UTC)


def _parse(raw: str) -> dict[str, Any]:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError) as fault:
        raise Invalid("bad_json", f"Baris ini bukan JSON yang sah: {fault}.") from fault
    if not isinstance(line, dict):
        raise Invalid("not_an_object", "Baris ini bukan objek JSON.")
    return line


def _time(line: dict[str, Any], name: str) -> datetime:
    raw = line.get(name)
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or moment.year not in YEARS:
        raise Invalid("bad_time", f"Isian {name!r} harus waktu ISO 8601 dengan zona.", field=name)
    return moment


def _text(line: dict[str, Any], name: str, *, longest: int = 200) -> str:
    value = line.get(name)
    if not isinstance(value, str) or not value:
        raise Invalid("missing_field", f"Isian {name!r} harus ada dan berupa teks.", field=name)
    if len(value) > longest or "\0" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise Invalid("bad_text", f"Isian {name!r} terlalu panjang atau memuat karakter yang tidak sah.", field=name)
    return value


def _flag(line: dict[str, Any], name: str) -> bool:
    value = line.get(name, False)
    if not isinstance(value, bool):
        raise Invalid("wrong_type", f"Isian {name!r} harus true atau false.", field=name)
    return value


def _maybe(line: dict[str, Any], name: str, *, longest: int = 200) -> str | None:
    return None if line.get(name) is None else _text(line, name, longest=longest)


def _issue(s: _Story, line: dict[str, Any], now: datetime) -> None:
    name = _maybe(line, "as")
    if name is not None and name in s.tickets:
        raise Invalid("name_taken", f"Nama {name!r} sudah dipakai dalam berkas ini.")
    answer = issuing.issue(
        s.db,
        s.hall,
        _text(line, "service"),
        priority=_maybe(line, "priority"),
        actor=s.actor,
        now=now,
        history=True,
        print_slip=False,
    )
    if name is not None:
        s.tickets[name] = answer["id"]


def _move(verb: Callable[..., Any]) -> Callable[[_Story, dict[str, Any], datetime], None]:
    def act(s: _Story, line: dict[str, Any], now: datetime) -> None:
        verb(s.db, s.ticket(line), actor=s.actor, now=now)

    return act


def _call(s: _Story, line: dict[str, Any], now: datetime) -> None:
    called = calling.call(s.db, s.hall, _text(line, "counter"), actor=s.actor, now=now)
    name = _maybe(line, "as")
    if called is not None and name is not None:
        s.tickets[name] = called["id"]


def _transfer(s: _Story, line: dict[str, Any], now: datetime) -> None:
    calling.transfer(
        s.db,
        s.ticket(line),
        service=_maybe(line, "service"),
        to_counter=_maybe(line, "counter"),
        back=_flag(line, "return"),
        actor=s.actor,
        now=now,
    )


def _sign_in(s: _Story, line: dict[str, Any], now: datetime) -> None:
    counter, officer = _text(line, "counter"), _text(line, "officer")
    presence.sign_in(s.db, s.hall, counter, officer, actor=s.actor, now=now, beats=False)


def _at_counter(verb: Callable[..., Any]) -> Callable[[_Story, dict[str, Any], datetime], None]:
    def act(s: _Story, line: dict[str, Any], now: datetime) -> None:
        verb(s.db, s.hall, _text(line, "counter"), actor=s.actor, now=now)

    return act


def _pause(s: _Story, line: dict[str, Any], now: datetime) -> None:
    presence.pause(s.db, s.hall, _text(line, "counter"), _maybe(line, "reason") or "", actor=s.actor, now=now)


def _absence(s: _Story, line: dict[str, Any], now: datetime) -> None:
    start, end = _time(line, "from"), _time(line, "to")
    officer, kind = _text(line, "officer"), _text(line, "kind")
    document = _maybe(line, "document", longest=100) or ""
    facts.record_absence(s.db, s.hall, officer, kind, start, end, document, actor=s.actor, now=now)


def _punch(s: _Story, line: dict[str, Any], now: datetime) -> None:
    facts.record_punch(s.db, s.hall, _text(line, "officer"), _text(line, "source"), now, actor=s.actor, now=now)


def _covered(s: _Story, line: dict[str, Any], now: datetime) -> None:
    facts.record_coverage(s.db, s.hall, _text(line, "source"), _time(line, "until"), actor=s.actor, now=now)


def _closure(s: _Story, line: dict[str, Any], now: datetime) -> None:
    scope = f"counter:{_text(line, 'counter')}"
    start, end = _time(line, "from"), _time(line, "to")
    facts.record_closure(s.db, s.hall, scope, start, end, _text(line, "reason"), actor=s.actor, now=now)


def _down(s: _Story, line: dict[str, Any], now: datetime) -> None:
    facts.begin_outage(s.db, s.hall, _text(line, "what"), actor=s.actor, now=now)


def _up(s: _Story, line: dict[str, Any], now: datetime) -> None:
    facts.end_outage(s.db, s.hall, _text(line, "what"), actor=s.actor, now=now)


VERBS: dict[str, tuple[tuple[str, ...], Callable[[_Story, dict[str, Any], datetime], None]]] = {
    "issue": (("service", "priority", "as"), _issue),
    "call": (("counter", "as"), _call),
    "recall": (("ticket",), _move(calling.recall)),
    "start": (("ticket",), _move(calling.start)),
    "finish": (("ticket",), _move(calling.finish)),
    "no-show": (("ticket",), _move(calling.no_show)),
    "hold": (("ticket",), _move(calling.hold)),
    "resume": (("ticket",), _move(calling.resume)),
    "cancel": (("ticket",), _move(calling.cancel)),
    "transfer": (("ticket", "service", "counter", "return"), _transfer),
    "sign-in": (("counter", "officer"), _sign_in),
    "sign-out": (("counter",), _at_counter(presence.sign_out)),
    "pause": (("counter", "reason"), _pause),
    "unpause": (("counter",), _at_counter(presence.unpause)),
    "heartbeat": (("counter",), _at_counter(presence.heartbeat)),
    "absence": (("officer", "kind", "from", "to", "document"), _absence),
    "punch": (("officer", "source"), _punch),
    "covered": (("source", "until"), _covered),
    "closure": (("counter", "from", "to", "reason"), _closure),
    "down": (("what",), _down),
    "up": (("what",), _up),
}

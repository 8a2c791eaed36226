"""The facts behind a cause: which of them decided, and which other causes they ruled out, in plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any

from staffing.day_facts import (
    AGENCY_NOT_OPEN,
    AT_OTHER_COUNTER,
    AWAY,
    FROM_ATTENDANCE,
    LATE,
    LEFT_EARLY,
    NO_DATA,
    NO_ONE_ASSIGNED,
    POST_VACANT,
    RECORDED,
    WITHOUT_NOTICE,
    Absence,
    Punch,
)
from staffing.judgement import Judge, Verdict
from staffing.roster import Planned
from staffing.seating import Sitting

KINDS = (
    "outage",  # what: server, hall or counter:CODE was down
    "plan",  # the officer is planned here; substitute_for
    "no_plan",  # nobody is planned here
    "post",  # a post of this counter in the register: title, filled, since (a date)
    "no_post",  # the register has no post for this counter
    "agency_opened",  # the agency's first sign-in of the day: at counter, by the officer
    "agency_unopened",  # no counter of the agency had a sign-in yet: agency, keeps_roster
    "absence",  # recorded: absence (its kind), document
    "no_absence",  # nothing recorded for the officer then
    "punch",  # source; role: arrival, departure or (during an absence, after a departure) contradicts
    "sign_in",  # counter; role: arrival, elsewhere or contradicts
    "out_punch_missing",  # nothing shows the officer going: taken as present since
    "coverage",  # source has delivered everything up to `end` (None: nothing yet)
    "no_source",  # no attendance source expects the officer
    "pause",  # a pause here beyond its allowance: reason, allowance_minutes
)


# What each kind of fact rules out, made once: a year of a large hall keeps hundreds of thousands of these.
_NOBODY_PLANNED = (*RECORDED, *FROM_ATTENDANCE)
_PLANNED = (POST_VACANT, AGENCY_NOT_OPEN, NO_ONE_ASSIGNED)
_PLANNED_WITHOUT_ROSTER = (POST_VACANT, NO_ONE_ASSIGNED)
_NOT_YET_HERE = (LEFT_EARLY, AWAY, NO_DATA, WITHOUT_NOTICE)
_HERE = (LATE, NO_DATA, WITHOUT_NOTICE)
_ELSEWHERE = (AWAY, NO_DATA, WITHOUT_NOTICE)
_DELIVERED = (LEFT_EARLY, AWAY, NO_DATA)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact behind a piece. ``officer`` None: about the counter; ``start``/``end`` None: the fact has no such edge.

    ``kind`` is one of :data:`KINDS`. ``decides``: the cause follows from it. ``rules_out``: the causes it excludes for
    that officer (or for the counter) wherever it holds inside the piece. ``detail`` holds strings, numbers, booleans.
    """

    kind: str
    officer: str | None
    start: datetime | None
    end: datetime | None
    detail: dict[str, Any] = field(default_factory=dict)
    rules_out: tuple[str, ...] = ()
    decides: bool = False


def dark(judge: Judge, counter: str, start: datetime, end: datetime) -> tuple[Evidence, ...]:
    """The outages that made [start, end) of a counter unobserved."""
    return tuple(
        Evidence("outage", None, down.start, down.end, {"what": what}, (), True)
        for what in ("server", "hall", f"counter:{counter}")
        for down in sorted(judge.facts.down.get(what, ()))
        if down.start < end and start < down.end
    )


def tell(judge: Judge, counter: str, moment: datetime, verdict: Verdict) -> Iterator[Evidence]:
    """The facts behind the verdict on an empty counter at a moment, in the order of the table's questions."""
    plans = judge.planned(counter, moment)
    cause, agency = verdict.cause, judge.facts.agencies[counter]
    rosterless = agency in judge.facts.rosterless
    if not plans:
        yield Evidence("no_plan", None, None, None, {}, _NOBODY_PLANNED, True)
        yield from _posts(judge, counter, cause)
    for plan in plans:
        yield _plan(plan, rosterless)
    if cause != POST_VACANT and (rosterless or not plans):
        first = judge.opened(counter, moment)
        if first is None:
            detail = {"agency": agency, "keeps_roster": not rosterless}
            yield Evidence("agency_unopened", None, None, None, detail, (), cause == AGENCY_NOT_OPEN)
        else:
            detail = {"agency": agency, "counter": first.counter}
            yield Evidence("agency_opened", first.officer, first.start, None, detail, (AGENCY_NOT_OPEN,))
    for officer in dict.fromkeys(plan.officer for plan in plans):
        mine = cause if officer in verdict.officers else None
        away = judge.absences_at(officer, moment)
        if away:
            yield from _away(judge, officer, moment, away, mine)
        else:
            yield Evidence("no_absence", officer, None, None, {}, RECORDED)
            if cause != AGENCY_NOT_OPEN:
                yield from _seen(judge, officer, counter, moment, mine)
    yield from _pauses(judge, counter, moment)


def _posts(judge: Judge, counter: str, cause: str) -> Iterator[Evidence]:
    posts = judge.facts.posts.get(counter, ())
    if not posts:
        yield Evidence("no_post", None, None, None, {}, (POST_VACANT,))
    for post in sorted(posts, key=lambda p: (p.title, p.filled, p.since or date.min)):
        detail: dict[str, Any] = {"title": post.title, "filled": post.filled}
        if post.since is not None:
            detail["since"] = post.since.isoformat()
        yield Evidence("post", None, None, None, detail, (POST_VACANT,) if post.filled else (), cause == POST_VACANT)


def _plan(plan: Planned, rosterless: bool) -> Evidence:
    detail = {} if plan.substitute_for is None else {"substitute_for": plan.substitute_for}
    excluded = _PLANNED_WITHOUT_ROSTER if rosterless else _PLANNED
    return Evidence("plan", plan.officer, plan.interval.start, plan.interval.end, detail, excluded)


def _away(
    judge: Judge, officer: str, moment: datetime, absences: list[Absence], cause: str | None
) -> Iterator[Evidence]:
    """Recorded absences, and whatever was seen of the officer during them: it contradicts, so it is shown."""
    start, end = judge.span(("officer", officer), moment)
    for absence in absences:
        detail = {"absence": absence.kind, "document": absence.document}
        yield Evidence("absence", officer, absence.start, absence.end, detail, (), absence.kind == cause)
    for punch in judge.punches.get(officer, ()):
        against = next((a.kind for a in absences if a.start <= punch.at < a.end and start <= punch.at < end), None)
        if against is not None:
            yield _punch(punch, "contradicts", contradicts=against)
    for sitting in judge.seats.get(officer, ()):
        at = sitting.start
        against = next((a.kind for a in absences if a.start <= at < a.end and start <= at < end), None)
        if against is not None:
            yield _sign_in(sitting, "contradicts", contradicts=against)


def _seen(judge: Judge, officer: str, counter: str, moment: datetime, cause: str | None) -> Iterator[Evidence]:
    """What attendance and presence know of an officer at a moment."""
    day = judge.attendance(officer, moment)
    came, went, arrival = day.came, day.went, day.arrival
    elsewhere = judge.seat_elsewhere(officer, counter, moment)
    if arrival is not None:
        late = moment < arrival
        excluded = _NOT_YET_HERE if late else _HERE
        decides = cause == (LATE if late else AWAY)
        if isinstance(came, Punch):
            yield _punch(came, "arrival", rules_out=excluded, decides=decides)
        elif came is not None:
            yield _sign_in(came, "arrival", rules_out=excluded, decides=decides)
            if late:
                # Who is only known by a sign-in may have punched before it, as long as the source is behind.
                yield _coverage(judge, officer, arrival, None)
        if late:
            return
        if went is None:
            yield Evidence("out_punch_missing", officer, arrival, None, {}, (LEFT_EARLY,))
        elif moment < went.at:
            yield _punch(went, "departure", rules_out=(LEFT_EARLY,), decides=cause == AWAY)
        else:
            yield _punch(went, "departure", rules_out=(AWAY,), decides=cause == LEFT_EARLY)
            _, end = judge.span(("officer", officer), moment)
            for sitting in judge.seats.get(officer, ()):
                if sitting.start < end and (sitting.end is None or went.at < sitting.end):
                    yield _sign_in(sitting, "contradicts", contradicts=LEFT_EARLY)
            return
    if elsewhere is not None:
        yield _sign_in(elsewhere, "elsewhere", rules_out=_ELSEWHERE, decides=cause == AT_OTHER_COUNTER)
    elif arrival is None:
        yield _coverage(judge, officer, moment, cause)


def _punch(
    punch: Punch, role: str, *, contradicts: str | None = None, rules_out: tuple[str, ...] = (), decides: bool = False
) -> Evidence:
    detail = {"source": punch.source, "role": role}
    if contradicts is not None:
        detail["contradicts"] = contradicts
    return Evidence("punch", punch.officer, punch.at, None, detail, rules_out, decides)


def _sign_in(
    sitting: Sitting,
    role: str,
    *,
    contradicts: str | None = None,
    rules_out: tuple[str, ...] = (),
    decides: bool = False,
) -> Evidence:
    detail = {"counter": sitting.counter, "role": role}
    if contradicts is not None:
        detail["contradicts"] = contradicts
    return Evidence("sign_in", sitting.officer, sitting.start, sitting.end, detail, rules_out, decides)


def _coverage(judge: Judge, officer: str, moment: datetime, cause: str | None) -> Evidence:
    source = judge.facts.sources.get(officer)
    if source is None:
        return Evidence("no_source", officer, None, None, {}, (WITHOUT_NOTICE,), cause == NO_DATA)
    until = judge.covered(officer)
    if until is not None and moment < until:
        return Evidence("coverage", officer, None, until, {"source": source}, _DELIVERED, cause == WITHOUT_NOTICE)
    return Evidence("coverage", officer, None, until, {"source": source}, (WITHOUT_NOTICE,), cause == NO_DATA)


def _pauses(judge: Judge, counter: str, moment: datetime) -> Iterator[Evidence]:
    """Whoever is signed in at a counter that is empty pauses beyond the allowance."""
    allowed = judge.facts.allowance / timedelta(minutes=1)
    for sitting in judge.desks.get(counter, ()):
        pause = sitting.pause_at(moment) if sitting.there_at(moment) else None
        if pause is not None:
            detail = {"reason": pause.reason, "allowance_minutes": allowed}
            yield Evidence("pause", sitting.officer, pause.start, pause.end, detail)


def join(parts: list[tuple[Evidence, ...]]) -> tuple[Evidence, ...]:
    """The evidence of neighbouring pieces that became one: every fact once, excluding only what it does throughout."""
    if len(parts) == 1:
        return parts[0]
    facts: dict[tuple[Any, ...], Evidence] = {}
    for one in chain.from_iterable(parts):
        key = (one.kind, one.officer, one.start, one.end, *one.detail.values())
        known = facts.get(key)
        if known is None:
            facts[key] = one
        elif known.decides != one.decides or known.rules_out != one.rules_out:
            both = tuple(cause for cause in known.rules_out if cause in one.rules_out)
            facts[key] = replace(known, decides=known.decides or one.decides, rules_out=both)
    return tuple(facts.values())

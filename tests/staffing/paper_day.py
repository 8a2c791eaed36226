"""A day's facts written in short words: the Tuesday of a hall on paper, judged without any database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from hall.intervals import Interval, Intervals
from staffing.day_facts import Absence, DayFacts, Punch
from staffing.roster import Planned, Post
from staffing.seating import Pause, Sitting
from staffing.vacancy import DayJudgement, Evidence, Judge, Piece, judge_day
from tests.cast import TUESDAY, WIB, wib

MONDAY, WEDNESDAY = "2026-03-02", "2026-03-04"
WINDOW = Interval(wib(TUESDAY, "00:00"), wib(WEDNESDAY, "00:00"))
# invented officers, in short: Sari and Bima of dukcapil, Galih of samsat, Melati wherever one more is needed
SARI, BIMA, GALIH, MELATI = "sari", "bima", "galih", "melati"
AFTERNOON = wib(TUESDAY, "16:00")
Told = tuple[str, str, str, str]


def at(clock: str, day: str = TUESDAY) -> datetime:
    """That time in WIB."""
    return wib(day, clock)


def span(start: str, end: str) -> Interval:
    """That stretch of the Tuesday; an end of 24:00 is midnight."""
    return Interval(at(start), WINDOW.end if end == "24:00" else at(end))


@dataclass
class Paper:
    """Counters 1 and 2 of dukcapil, 3 of samsat (no roster): due 08.00 to 12.00 unless said otherwise; now is 16.00."""

    now: datetime = AFTERNOON
    agencies: dict[str, str] = field(default_factory=lambda: {"1": "dukcapil", "2": "dukcapil", "3": "samsat"})
    rosterless: frozenset[str] = frozenset({"samsat"})
    due: dict[str, Intervals] = field(default_factory=dict)
    plans: list[Planned] = field(default_factory=list)
    sittings: dict[str, list[Sitting]] = field(default_factory=dict)
    down: dict[str, Intervals] = field(default_factory=dict)
    absences: list[Absence] = field(default_factory=list)
    punches: list[Punch] = field(default_factory=list)
    sources: dict[str, str] = field(default_factory=lambda: {SARI: "bkd", BIMA: "bkd"})
    covered: dict[str, datetime] = field(default_factory=dict)
    posts: dict[str, list[Post]] = field(default_factory=dict)
    quota_reached: dict[str, datetime] = field(default_factory=dict)
    closed: bool = False
    grace: timedelta = timedelta(minutes=10)
    allowance: timedelta = timedelta(minutes=15)

    def plan(
        self, counter: str, officer: str, start: str = "08:00", end: str = "12:00", *, instead_of: str | None = None
    ) -> Paper:
        self.plans.append(Planned(counter, officer, span(start, end), instead_of))
        return self

    def sit(self, counter: str, officer: str, start: str, end: str | None, *pauses: tuple[str, str | None]) -> Paper:
        rests = tuple(Pause(at(first), at(last) if last else None, "ke belakang") for first, last in pauses)
        self.sittings.setdefault(counter, []).append(
            Sitting(counter, officer, at(start), at(end) if end else None, rests)
        )
        return self

    def punch(self, officer: str, *clocks: str, source: str = "bkd") -> Paper:
        self.punches += [Punch(officer, at(clock), source) for clock in clocks]
        return self

    def absent(self, officer: str, kind: str, start: str = "00:00", end: str = "24:00") -> Paper:
        self.absences.append(Absence(officer, kind, span(start, end).start, span(start, end).end, f"SK-{kind}"))
        return self

    def outage(self, what: str, start: str, end: str) -> Paper:
        self.down[what] = (*self.down.get(what, ()), span(start, end))
        return self

    def delivered(self, until: str, source: str = "bkd") -> Paper:
        self.covered[source] = at(until)
        return self

    def post(self, counter: str, *, filled: bool) -> Paper:
        self.posts.setdefault(counter, []).append(Post(counter, "Operator", filled))
        return self

    def facts(self) -> DayFacts:
        usual = {counter: (span("08:00", "12:00"),) for counter in ("1",)}
        return DayFacts(
            day=date(2026, 3, 3),
            window=WINDOW,
            now=self.now,
            agencies=self.agencies,
            due=self.due or usual,
            rosterless=self.rosterless,
            plans=self.plans,
            sittings=self.sittings,
            down=self.down,
            absences=self.absences,
            punches=self.punches,
            sources=self.sources,
            covered=self.covered,
            posts=self.posts,
            quota_reached=self.quota_reached,
            closed=self.closed,
            grace=self.grace,
            allowance=self.allowance,
        )

    def judge(self) -> DayJudgement:
        return judge_day(self.facts())

    def pieces(self, counter: str = "1") -> tuple[Piece, ...]:
        return self.judge().counters[counter].pieces

    def told(self, counter: str = "1") -> list[Told]:
        """The counter's pieces as (start, end, cause, officers), the officers joined by a plus sign."""
        return [told(piece) for piece in self.pieces(counter)]

    def why(self, clock: str, counter: str = "1") -> str:
        """The cause the floor would show at that time."""
        return Judge(self.facts()).verdict(counter, at(clock)).cause


def clock(moment: datetime) -> str:
    """That moment in WIB; seconds only where there are any."""
    local = moment.astimezone(WIB)
    return local.strftime("%H:%M:%S" if local.second else "%H:%M")


def told(piece: Piece) -> Told:
    return clock(piece.start), clock(piece.end), piece.cause, "+".join(piece.officers)


def spans(intervals: Intervals) -> list[tuple[str, str]]:
    """Intervals in WIB."""
    return [(clock(one.start), clock(one.end)) for one in intervals]


def facts_of(piece: Piece, kind: str) -> list[Evidence]:
    """The piece's evidence of one kind."""
    return [one for one in piece.evidence if one.kind == kind]

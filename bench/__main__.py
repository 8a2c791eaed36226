"""``python -m bench [--quick|--servers]``: measures this machine, prints a table, exits 1 for any doubled number."""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from app.verify import verify
from bench import many_servers, over_http, without_http
from bench.displays import Shown, call_to_display
from bench.engine import Engine, engine
from bench.engine import lines as engine_lines
from bench.engine import said as engine_said
from bench.figures import Rate, machine, middle
from bench.history import fill
from bench.over_http import Called
from bench.place import Place, folder, furnish
from bench.servers import EMPTY, SOCKETS, serving

CLIENTS = (1, 16, 64)
DISPLAYS = (100, 300)
HISTORY = 100_000
WANTED = {"share": 0.40, "p99": 100.0, "flat": 0.85, "shown": 150.0}


@dataclass(frozen=True)
class Plan:
    """How long everything takes: rounds of all HTTP runs, seconds a run, calls shown on displays, days of history."""

    rounds: int
    seconds: float
    calls: int
    days: int


QUICK, FULL = Plan(2, 1.5, 8, 90), Plan(5, 4.0, 30, 365)


@dataclass
class Found:
    """Everything measured; the lists have one entry a round."""

    bare: Rate
    verb: Rate
    empty: dict[int, list[Rate]] = field(default_factory=lambda: defaultdict(list))
    nothing: dict[int, list[Rate]] = field(default_factory=lambda: defaultdict(list))
    issued: dict[int, list[Rate]] = field(default_factory=lambda: defaultdict(list))
    aged: list[Rate] = field(default_factory=list)
    called: list[Called] = field(default_factory=list)
    shown: dict[int, Shown] = field(default_factory=dict)
    refused: int = 0
    doubled: int = 0
    breaches: int = 0
    engine: Engine | None = None

    def share(self, clients: int, of: dict[int, list[Rate]]) -> float:
        """Issuing as a share of an endpoint that does nothing: the median of what each round says."""
        pairs = zip(self.issued[clients], of[clients], strict=True)
        return median(issued.per_second / limit.per_second for issued, limit in pairs)

    def flat(self) -> float:
        """Issuing with history as a share of issuing without."""
        pairs = zip(self.aged, self.issued[16], strict=True)
        return median(aged.per_second / young.per_second for aged, young in pairs)


def measure(home: Path, plan: Plan) -> Found:
    """Runs everything, telling on stderr what it is at."""
    say("the parts without HTTP")
    found = Found(without_http.bare_insert(home, plan.seconds), without_http.verb(furnish(home / "verb"), plan.seconds))
    young, old = furnish(home / "young"), furnish(home / "old")
    say(f"writing {HISTORY:,} tickets of history")
    fill(old, HISTORY)
    with serving(young.home, EMPTY) as nothing, serving(young.home) as real, serving(old.home) as aged:
        for nr in range(plan.rounds):  # one after the other in each round: what else the machine does hits all alike
            say(f"over HTTP, round {nr + 1} of {plan.rounds}")
            for clients in CLIENTS:
                found.empty[clients].append(over_http.empty(nothing, clients, plan.seconds))
                found.nothing[clients].append(over_http.nothing(real, clients, plan.seconds))
                found.issued[clients].append(_issue(found, real, young, clients, plan.seconds))
            found.aged.append(_issue(found, aged, old, 16, plan.seconds))
        say(f"{len(young.counters)} officers")
        for _ in range(plan.rounds):
            found.called.append(over_http.calling(real, young, plan.seconds))
        tickets = [ticket for called in found.called for ticket in called.tickets]
        found.doubled += len(tickets) - len(set(tickets))
        found.refused += sum(called.refused for called in found.called)
    waiting = furnish(home / "waiting", displays=max(DISPLAYS))
    without_http.verb(waiting, 0.5)
    with serving(waiting.home) as real:
        for displays in DISPLAYS:
            say(f"{displays} displays")
            found.shown[displays] = call_to_display(real, waiting, displays, plan.calls)
    say("a year of a hall with sixty counters")
    found.engine = engine(home, days=plan.days)
    say("holding every promise against what was written")
    for place in (young, waiting):
        db = place.open()
        try:
            found.breaches += len(verify(db))
        finally:
            db.close()
    return found


def _issue(found: Found, port: int, place: Place, clients: int, seconds: float) -> Rate:
    issued = over_http.issuing(port, place, clients, seconds)
    ids, numbers = zip(*issued.tickets, strict=True)
    found.doubled += 2 * len(ids) - len(set(ids)) - len(set(numbers))
    found.refused += issued.refused
    return issued.rate


def table(found: Found) -> str:
    """What was measured, one line each."""
    lines = [f"{'':44}{'a second':>10}{'p50 ms':>10}{'p99 ms':>10}   of the empty endpoint (of a bare Flask app)"]

    def row(what: str, rate: Rate, more: str = "") -> None:
        lines.append(f"{what:44}{rate.per_second:10,.0f}{rate.p50:10.2f}{rate.p99:10.2f}   {more}".rstrip())

    row("bare insert with a number, no HTTP", found.bare)
    row("the verb 'issue', no HTTP", found.verb)
    for clients in CLIENTS:
        row(f"bare Flask app, {clients} clients", middle(found.empty[clients]))
    for clients in CLIENTS:
        row(f"empty endpoint, same server, {clients} clients", middle(found.nothing[clients]))
    for clients in CLIENTS:
        row(f"issue over HTTP, {clients} clients", middle(found.issued[clients]), shares(found, clients))
    row(f"issue, 16 clients, {HISTORY:,} tickets before", middle(found.aged), f"{found.flat():.0%} of without history")
    row("calls by 8 officers (call, start, finish)", middle([called.calls for called in found.called]))
    row("all moves of these officers", middle([called.moves for called in found.called]))
    lines.append("")
    lines.append(f"{'':44}{'nudge p50':>10}{'p99':>10}{'board p50':>12}{'p99':>10}{'lost':>6}")
    for displays, shown in found.shown.items():
        what = f"call to {displays} displays ({shown.calls} calls), ms"
        times = f"{shown.nudge_p50:10.1f}{shown.nudge_p99:10.1f}{shown.p50:12.1f}{shown.p99:10.1f}{shown.lost:6d}"
        lines.append(f"{what:44}{times}")
    if found.engine is not None:
        lines += ["", *engine_lines(found.engine)]
    return "\n".join(lines)


def shares(found: Found, clients: int) -> str:
    """Issuing beside the two limits."""
    return f"{found.share(clients, found.nothing):.0%} ({found.share(clients, found.empty):.0%})"


def judgement(found: Found) -> str:
    """Each wanted figure with yes or no."""
    p99, shown = middle(found.issued[16]).p99, found.shown[300].p99
    share, flat, arrived = found.share(16, found.nothing), found.flat(), found.shown[300].lost == 0
    said = [
        (share >= WANTED["share"], f"issuing at least 40 % of the same server's empty endpoint: {share:.0%}"),
        (p99 < WANTED["p99"], f"issuing p99 under 100 ms at 16 clients: {p99:.0f} ms"),
        (flat >= WANTED["flat"], f"flat (within 15 %) with {HISTORY:,} tickets of history: {flat:.0%}"),
        (shown < WANTED["shown"] and arrived, f"call to display p99 under 150 ms at 300: {shown:.0f} ms"),
        *(engine_said(found.engine) if found.engine is not None else ()),
        (found.doubled == 0, f"no number and no call twice: {found.doubled} doubled, {found.refused} refused"),
        (found.breaches == 0, f"'antre verify' finds nothing afterwards: {found.breaches} breaches"),
    ]
    return "\n".join(f"{'met    ' if met else 'NOT MET'}  {what}" for met, what in said)


def say(what: str) -> None:
    """Tells what is being measured, for whoever waits."""
    print(f"  {time.strftime('%H:%M:%S')}  {what} ...", file=sys.stderr, flush=True)


def main() -> int:
    """Measures, prints, and says by the exit status whether anything was doubled."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute and a half instead of six")
    parser.add_argument("--servers", action="store_true", help="four server processes on PostgreSQL, and nothing else")
    parser.add_argument("--tickets", type=int, default=20_000, help="how many of them, with --servers")
    asked = parser.parse_args()
    plan = QUICK if asked.quick else FULL
    with folder() as home:
        print(machine(home))
        if asked.servers:
            return many_servers.main(home, asked.tickets, say)
        print(f"gunicorn as `antre serve` runs it, ANTRE_SOCKETS={SOCKETS}; the clients use the same cores")
        found = measure(home, plan)
    print(f"\n{table(found)}\n\n{judgement(found)}")
    return 1 if found.doubled or found.breaches else 0


if __name__ == "__main__":
    sys.exit(main())

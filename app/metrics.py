"""What a Prometheus server reads of each hall: names with units, kept for a few seconds so that asking is cheap."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import func, select

from hall.clock import midnight_after
from hall.database import Database
from hall.journal import journal
from hall.options import STAGES
from hall.places import hall_codes, places
from queueing.line import count
from staffing.flags import open_flags
from staffing.flags_view import public_cause
from staffing.floor import STATES, floor
from staffing.outbox import count_messages

KEPT_S = 3.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One hall at one moment."""

    hall: str
    seq: int
    states: dict[str, int]
    causes: dict[str, int]
    waiting: dict[str, int]
    stranded: int
    longest_s: float
    citizen_minutes: float
    issued: dict[str, int]
    called: int
    flags: dict[str, int]
    taken_on: int
    messages: dict[tuple[str, str], int]


def look(db: Database, hall: str, now: datetime) -> Sample:
    """Looks at a hall: one floor, and four counts. Raises :class:`hall.errors.NotFound` (``unknown_hall``)."""
    seen = floor(db, hall, now)
    with db.reading() as connection:
        place = places(db, connection, hall)
        day = place.date(now)
        line = count(connection, place, day)
        since_midnight = midnight_after(day - timedelta(days=1), place.zone)
        calls = select(func.count()).where(
            journal.c.hall == hall, journal.c.at >= since_midnight, journal.c.kind == "ticket_called"
        )
        flags = open_flags(connection, hall).values()
        vacant = [public_cause(c.cause) or "unknown" for c in seen.counters if c.state == "vacant"]
        return Sample(
            hall=hall,
            seq=seen.seq,
            states=dict.fromkeys(STATES, 0) | Counter(c.state for c in seen.counters),
            causes=dict(Counter(vacant)),
            waiting={service: line.waiting_for(service) for service in place.services},
            stranded=seen.totals.stranded,
            longest_s=seen.totals.waiting_longest * 60,
            citizen_minutes=seen.totals.citizen_minutes,
            issued={service: line.issued.get(service, 0) for service in place.services},
            called=connection.execute(calls).scalar_one(),
            flags=dict.fromkeys(("none", *STAGES), 0) | Counter(f.stage or "none" for f in flags),
            taken_on=sum(f.acknowledged is not None for f in flags),
            messages=count_messages(connection, hall),
        )


# name, help, labels besides the hall, and the values by those labels
Known = tuple[str, str, tuple[str, ...], Callable[[Sample], Mapping[Any, float]]]


class Metrics:
    """Makes the text, looking at each hall at most every few seconds however many ask."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Sample]] = {}
        self._guard = threading.Lock()

    def text(self, db: Database, now: datetime, only: str | None = None) -> bytes:
        """Prometheus' text format for one hall, or for all."""
        with db.reading() as connection:
            halls = [code for code in hall_codes(connection) if only in (None, code)]
        with self._guard:  # one looks, whoever asks meanwhile gets the same
            samples = [self._sample(db, code, now) for code in halls]
        registry = CollectorRegistry()
        registry.register(_Samples(samples))
        return generate_latest(registry)

    def _sample(self, db: Database, hall: str, now: datetime) -> Sample:
        known = self._kept.get(hall)
        if known is None or time.monotonic() - known[0] > KEPT_S:
            known = self._kept[hall] = time.monotonic(), look(db, hall, now)
        return known[1]


class _Samples:
    """Tells the registry what was seen."""

    def __init__(self, samples: list[Sample]) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Metric]:
        """Every metric with the values of all halls. Totals begin anew at each hall's midnight, as counters may."""
        gauges: tuple[Known, ...] = (
            ("antre_counters", "Counters by what they do now", ("state",), lambda s: s.states),
            ("antre_vacant_counters", "Counters that are due and empty, by cause", ("cause",), lambda s: s.causes),
            ("antre_waiting_tickets", "Tickets waiting now", ("service",), lambda s: s.waiting),
            ("antre_stranded_tickets", "Of these, what no staffed counter could call", (), lambda s: _one(s.stranded)),
            ("antre_longest_wait_seconds", "Wait of whoever waits longest now", (), lambda s: _one(s.longest_s)),
            ("antre_flags_open", "Flags that are up, by the stage reached", ("stage",), lambda s: s.flags),
            ("antre_flags_acknowledged", "Flags that are up and were taken on", (), lambda s: _one(s.taken_on)),
            ("antre_messages", "Messages by kind and state", ("kind", "state"), lambda s: s.messages),
            ("antre_journal_seq", "Last line of the journal", (), lambda s: _one(s.seq)),
        )  # fmt: skip
        totals: tuple[Known, ...] = (
            ("antre_citizen_minutes", "Minutes waited today", (), lambda s: _one(s.citizen_minutes)),
            ("antre_tickets_issued", "Tickets issued today", ("service",), lambda s: s.issued),
            ("antre_tickets_called", "Calls today", (), lambda s: _one(s.called)),
            ("antre_messages_failed", "Messages that failed for good", ("kind",), _failed),
        )
        for family, known in ((GaugeMetricFamily, gauges), (CounterMetricFamily, totals)):
            for name, what, labels, values in known:
                metric = family(name, what, labels=["hall", *labels])
                for sample in self._samples:
                    for key, value in values(sample).items():
                        metric.add_metric([sample.hall, *((key,) if isinstance(key, str) else key)], value)
                yield metric


def _one(value: float) -> Mapping[Any, float]:
    return {(): value}


def _failed(sample: Sample) -> Mapping[Any, float]:
    found = {"message": 0.0, "webhook": 0.0}
    for (kind, state), n in sample.messages.items():
        if state == "failed":
            found[kind] += n
    return found

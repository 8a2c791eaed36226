"""Who is told of an empty counter and when: the stages of a hall and its quiet hours, pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hall.options import STAGES, Options, read_quiet_hours
from hall.places import Escalation, Places

DAY = timedelta(days=1)
# what applies where the hall file names no stages: everybody in turn, shown on the pages; no channel, so no message
USUAL = (
    Escalation("coordinator", 0),
    Escalation("head", 15),
    Escalation("sekda", 45),
    Escalation("regent", 90),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A stage for the counters of one agency: when it is reached, counted from the raising of a flag."""

    stage: str
    after: timedelta
    channels: tuple[str, ...]
    always: bool


def steps_for(hall: Places, agency: str) -> tuple[Step, ...]:
    """The stages for an agency's counters, lowest first; an entry for the agency stands before one for all."""
    entries = hall.escalations or USUAL
    found: dict[str, Escalation] = {}
    for entry in entries:
        if entry.agency == agency or (entry.agency is None and entry.stage not in found):
            found[entry.stage] = entry
    return tuple(
        Step(e.stage, timedelta(minutes=e.after_minutes), e.channels, e.always)
        for e in (found[stage] for stage in STAGES if stage in found)
    )


def due_steps(steps: tuple[Step, ...], stage: str | None, raised: datetime, now: datetime) -> tuple[Step, ...]:
    """The stages above ``stage`` (None: none reached yet) whose time has come at ``now``, lowest first."""
    return tuple(s for s in _above(steps, stage) if raised + s.after <= now)


def next_step_at(steps: tuple[Step, ...], stage: str | None, raised: datetime) -> datetime | None:
    """When the next stage above ``stage`` is reached, or None after the last one."""
    return min((raised + s.after for s in _above(steps, stage)), default=None)


def _above(steps: tuple[Step, ...], stage: str | None) -> list[Step]:
    reached = -1 if stage is None else STAGES.index(stage)
    return [s for s in steps if STAGES.index(s.stage) > reached]


def quiet_until(options: Options, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The end (aware UTC) of the quiet hours in which ``now`` lies, or None outside of them."""
    hours = read_quiet_hours(options.quiet_hours)
    if hours is None:
        return None
    begins, ends = hours
    today = now.astimezone(zone).date()
    for day in (today - DAY, today):  # those of last night may still go on
        start = datetime.combine(day, begins, tzinfo=zone)
        end = datetime.combine(day if ends > begins else day + DAY, ends, tzinfo=zone)
        if start <= now < end:
            return end.astimezone(now.tzinfo)
    return None

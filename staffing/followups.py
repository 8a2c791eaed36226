"""What follows from an empty counter: the kinds of follow-up, which cause calls for which, and how one may end."""

from __future__ import annotations

from collections.abc import Iterable

KINDS = ("meeting", "examination", "rotation", "substitute", "notice")
STATES = ("requested", "open", "in_progress", "closed")
SCHEDULED = ("outside_hours", "break")  # not vacancies: the hours themselves are what the meeting is about
UNDER_THE_REGENT = ("opd",)  # he can instruct and discipline these; to the head of every other agency he writes
ABSENT = "absent_without_notice"
BY_PERSON = (ABSENT, "late", "left_early", "away_from_counter")  # whoever answers the letter must know who is meant

# first what domain section 3 proposes, then what else a person may choose
_FOLLOWS: dict[str, tuple[str, ...]] = {
    "outside_hours": ("meeting",),
    "break": ("meeting",),
    "agency_not_open": ("meeting", "notice"),
    "no_one_assigned": ("substitute", "meeting", "notice"),
    "post_vacant": ("rotation", "substitute", "meeting"),
    "leave": ("substitute", "meeting"),
    "sick": ("substitute", "meeting"),
    "permission": ("substitute", "meeting"),
    "study": ("substitute", "meeting"),
    "official_travel": ("substitute", "meeting"),
    "late": ("notice", "meeting"),
    "left_early": ("notice", "meeting"),
    "at_other_counter": ("substitute", "meeting"),
    "away_from_counter": ("notice", "meeting"),
    "no_attendance_data": ("meeting",),
    ABSENT: ("examination", "notice", "meeting"),
    "unobserved": (),  # says nothing about people
}
RESULTS: dict[str, tuple[str, ...]] = {
    "meeting": ("meeting_held", "answered", "hours_changed", "not_needed"),
    "examination": ("examined", "explained", "not_needed"),
    "rotation": ("post_filled", "substitute_found", "not_possible", "not_needed"),
    "substitute": ("substitute_found", "not_possible", "not_needed"),
    "notice": ("answered", "explained", "substitute_found", "not_needed"),
}
# which letters may be drafted within a case of a kind; the first is its own
LETTERS: dict[str, tuple[str, ...]] = {
    "meeting": ("invitation", "notice"),
    "examination": ("examination", "invitation"),
    "rotation": ("rotation", "invitation"),
    "substitute": ("notice", "rotation", "invitation"),
    "notice": ("notice", "invitation"),
}


def follows(cause: str, agency_kind: str, statuses: Iterable[str] = ()) -> tuple[str, ...]:
    """The kinds of follow-up that fit a cause at an agency of this kind, the proposed one first; empty: none.

    ``statuses`` are those of the officers concerned. An examination is a matter for the regency's own civil servants
    (PNS, PPPK) and a rotation for its own agencies; for everybody else the way is a notice to their head.
    """
    ways = _FOLLOWS.get(cause, ("meeting",))
    own = agency_kind in UNDER_THE_REGENT
    civil = all(status in ("pns", "pppk") for status in statuses)
    kept = [w for w in ways if not ((w == "rotation" and not own) or (w == "examination" and not (own and civil)))]
    if len(kept) < len(ways) and "notice" not in kept:
        kept.insert(0, "notice")
    return tuple(kept)

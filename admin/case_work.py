"""What the case pages and the case interface share: who may see what, each look written down, each step checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from admin.api import read_day
from hall.errors import Denied, Invalid, NotFound
from hall.once import answered_before
from hall.places import Places
from staffing import case_moves, drafting
from staffing.case_facts import Today, case_and_place, look_again, take
from staffing.case_opening import Order, open_cases
from staffing.cases import (
    Case,
    CasePiece,
    Draft,
    Step,
    Sums,
    drafts_of,
    find_case,
    letter_content,
    pieces_of,
    steps_of,
    sums_of,
)
from staffing.followups import LETTERS, RESULTS
from staffing.letters import Person
from staffing.privacy import Asker, must_reach, note_look, reach
from web.ground import db, ground, now
from web.identity import who

WORKERS = ("coordinator", "manager", "personnel")
LOOK = "case"
FORMS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as the one who asks may see it. ``people`` is empty and ``names`` False where names are not theirs."""

    case: Case
    place: Places
    sums: Sums
    pieces: list[CasePiece]
    today: dict[int, Today]
    steps: list[Step]
    drafts: list[Draft]
    people: dict[str, Person]
    names: bool
    may: tuple[str, ...]


def asker() -> Asker:
    """Who asks, as the list of looks calls them."""
    return Asker(who().role, who().actor, who().agency)


def enter(case_id: str) -> tuple[Case, Places, bool]:
    """The case if the one who asks may read it, and whether they may read who its officers are.

    The head of another agency is refused (``other_agency``), and the refusal is written down.
    """
    case, place = case_and_place(db(), case_id)
    names = case.agency in reach(who().role, who().agency, place)
    if who().role == "head" and not names:
        must_reach(db(), case.hall, asker(), case.agency, LOOK, now())
    return case, place, names


def see(case_id: str) -> Seen:
    """Everything about a case, held against today's facts; who is named in it is written down first."""
    _, place, names = enter(case_id)
    today = look_again(db(), case_id, now=now())
    with db().reading() as connection:
        case = find_case(connection, case_id)
        pieces, steps, drafts = pieces_of(connection, case), steps_of(connection, case), drafts_of(connection, case)
        named = set(drafting.officers_of(pieces)) | {o for t in today.values() for f in t.found for o in f.officers}
        people = drafting.read_people(connection, case.hall, named) if names else {}
        sums = sums_of(connection, [case]).get(case.id, Sums())
    for officer in sorted(people):
        note_look(db(), case.hall, who().actor, f"officer:{officer}", LOOK, now())
    return Seen(case, place, sums, pieces, today, steps, drafts, people, names, steps_open_to(who().role, case))


def steps_open_to(role: str, case: Case) -> tuple[str, ...]:
    """What somebody of a role may do with the case as it stands."""
    live = case.state in ("open", "in_progress")
    if role == "head":
        return ("answer",) if case.state != "closed" else ()
    if role not in WORKERS:
        return ()
    if case.state == "requested":
        return ("accept", "note", "close")
    if live:
        renew = ("renew",) if case.changed else ()
        return ("assign", "meeting", *(() if case.changed else ("letters",)), "note", *renew, "close")
    return ("note", "reopen")


def perform(case_id: str, step: str, given: Mapping[str, Any]) -> int | None:
    """Does one step with what was given; for a letter its number.

    Raises :class:`Denied` (``not_allowed``), and what the verbs of :mod:`staffing.case_moves` raise.
    """
    case = enter(case_id)[0]
    if who().role not in (("head",) if step == "answer" else WORKERS):
        raise Denied("not_allowed", "Peran Anda tidak berhak atas langkah ini.")
    actor, moment, note = who().actor, now(), str(given.get("note") or "")
    match step:
        case "accept":
            case_moves.accept(db(), case.id, note, actor=actor, now=moment)
        case "assign":
            responsible, due = str(given.get("responsible") or ""), read_day(given.get("due"))
            case_moves.assign(db(), case.id, responsible, due, actor=actor, now=moment)
        case "meeting":
            at, where = given.get("at"), str(given.get("place") or "")
            if not isinstance(at, datetime):
                raise Invalid("bad_time", "Isi hari dan jam rapat.", field="at")
            case_moves.set_meeting(db(), case.id, at, where, note, actor=actor, now=moment)
        case "letters":
            kind, officer = str(given.get("kind") or ""), given.get("officer") or None
            if officer is not None:  # a letter that says who somebody is, is for those alone who may know it
                must_reach(db(), case.hall, asker(), case.agency, LOOK, moment)
            return drafting.draft_letter(db(), case.id, kind, officer=officer, actor=actor, now=moment)
        case "answer":
            case_moves.answer(db(), case.id, note, actor=actor, now=moment)
        case "note":
            case_moves.add_note(db(), case.id, note, actor=actor, now=moment)
        case "renew":
            found = {piece for today in look_again(db(), case.id, now=moment).values() for piece in today.found}
            taken = sorted(found, key=lambda p: (p.start, p.counter))
            case_moves.renew(db(), case.id, taken, actor=actor, now=moment)
        case "close":
            case_moves.close(db(), case.id, str(given.get("result") or ""), note, actor=actor, now=moment)
        case "reopen":
            case_moves.reopen(db(), case.id, note, actor=actor, now=moment)
        case _:
            raise NotFound("unknown_step", "Langkah ini tidak ada.")
    return None


def letter_file(case_id: str, nr: int, form: str) -> tuple[bytes, str, str]:
    """A drafted letter as a file: its bytes, media type and name. Drawn here, outside any turn.

    A letter that says who an officer is goes only to those who may know it, and that it went is written down.
    """
    case, _, names = enter(case_id)
    if form not in FORMS:
        raise NotFound("unknown_letter", "Konsep surat ini tidak ada.")
    with db().reading() as connection:
        draft, content = letter_content(connection, case, nr)
        officers = drafting.officers_of(pieces_of(connection, case))
    if draft.names:
        if not names:
            must_reach(db(), case.hall, asker(), case.agency, LOOK, now())
        note_look(db(), case.hall, who().actor, f"agency:{case.agency}", LOOK, now())
        for officer in officers:
            note_look(db(), case.hall, who().actor, f"officer:{officer}", LOOK, now())
    write = ground().letter
    assert write is not None  # the app hands it in
    return write(content, form), FORMS[form], f"konsep-{case.number}-{nr}-{draft.kind}.{form}"


def order_from(given: Mapping[str, Any]) -> Order:
    """What is to be opened, from a body or a form; from the regent it is a request."""
    due: date | None = read_day(given.get("due"))
    return Order(
        kind=given.get("kind") or None,
        note=str(given.get("note") or ""),
        responsible=str(given.get("responsible") or ""),
        due=due,
        requested=who().role == "regent",
    )


def open_wanted(hall: str, wanted: list[tuple[str, datetime]], order: Order, key: str | None) -> list[str]:
    """Opens cases from vacancies named by counter and start, and returns their ids; the same key again, the same ids.

    Raises what :func:`staffing.case_facts.take` and :func:`staffing.case_opening.open_cases` raise, and ``bad_key``.
    """
    # before the facts are read: a closure told late would turn a repeat of what was done into "vacancy_changed"
    made: list[str] | None = answered_before(db(), hall, key, order.asked(wanted))
    if made is not None:
        return made
    taken = take(db(), hall, wanted, now=now())
    return open_cases(db(), hall, taken, order, actor=who().actor, now=now(), key=key)


def choices(case: Case) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which letters may be drafted, and with which results the case may be closed."""
    results = ("not_needed",) if case.state == "requested" else RESULTS[case.kind]
    return LETTERS[case.kind], results

"""Follow-up cases over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from admin.api import read_moment
from admin.case_work import WORKERS, Seen, asker, letter_file, open_wanted, order_from, perform, see
from admin.case_work import enter as enter_case
from hall.errors import Invalid
from hall.places import Places, places
from staffing.cases import MOST_PIECES, Case, CasePiece, Now, Step, Sums, Taken, list_cases, sums_of
from staffing.followups import STATES
from staffing.privacy import must_reach
from web.bodies import Field, read_json, text
from web.ground import db, now
from web.identity import who

api = Blueprint("cases_api", __name__)
NOTE = {"note": text(optional=True, longest=2000, shortest=0)}


@api.get("/halls/<hall>/cases")
def cases(hall: str) -> Response:
    """The cases of a hall, newest first; a head reads of the own agency only."""
    state, agency = request.args.get("state"), agency_asked(hall, request.args.get("agency"))
    if state is not None and state not in STATES:
        raise Invalid("unknown_state", f"Keadaan {state!r:.40} tidak dikenal.", allowed=list(STATES))
    with db().reading() as connection:
        place = places(db(), connection, hall)
        found = list_cases(connection, hall, states=(state,) if state else (), agency=agency)
        sums = sums_of(connection, found)
    today = place.date(now())
    names = who().role in WORKERS
    told = [_case(c, place, sums.get(c.id, Sums()), names) | {"overdue": c.overdue(today)} for c in found]
    return jsonify({"hall": hall, "cases": told})


def agency_asked(hall: str, agency: str | None) -> str | None:
    """The agency whose cases are listed: a head's own, whatever is asked for; another one is refused."""
    if who().role != "head":
        return agency or None
    if agency and agency != who().agency:
        must_reach(db(), hall, asker(), agency, "case", now())
    return who().agency


@api.post("/halls/<hall>/cases")
def open_(hall: str) -> tuple[Response, int]:
    """Opens a case for each agency and kind among the named vacancies; for the regent these are requests."""
    body = read_json(
        vacancies=Field(list),
        kind=text(optional=True),
        responsible=text(optional=True, shortest=0),
        due=text(optional=True),
        **NOTE,
    )
    wanted = body["vacancies"]
    if len(wanted) > 4 * MOST_PIECES:
        raise Invalid("too_many_vacancies", f"Paling banyak {4 * MOST_PIECES} kejadian sekali kirim.")
    refs = []
    for one in wanted:
        given = one if isinstance(one, dict) and set(one) == {"counter", "start"} else {}
        counter, start = given.get("counter"), given.get("start")
        if not isinstance(counter, str) or not isinstance(start, str):
            message = "Setiap kejadian harus berupa objek dengan counter dan start."
            raise Invalid("wrong_type", message, field="vacancies")
        refs.append((counter, read_moment(start, "start")))
    made = open_wanted(hall, refs, order_from(body), request.headers.get("Idempotency-Key"))
    return jsonify({"cases": made}), 201


@api.get("/cases/<case_id>")
def show(case_id: str) -> Response:
    """One case, held against today's facts."""
    return jsonify(plain(see(case_id)))


@api.post("/cases/<case_id>/accept")
def accept(case_id: str) -> Response:
    """Takes up what was only asked for."""
    return _step(case_id, "accept", read_json(**NOTE))


@api.post("/cases/<case_id>/assign")
def assign(case_id: str) -> Response:
    """Says who answers for it and until when."""
    return _step(case_id, "assign", read_json(responsible=text(), due=text(optional=True)))


@api.post("/cases/<case_id>/meeting")
def meeting(case_id: str) -> Response:
    """Fixes when and where people meet."""
    body = read_json(at=text(), place=text(), **NOTE)
    return _step(case_id, "meeting", body | {"at": read_moment(body["at"], "at")})


@api.post("/cases/<case_id>/letters")
def draft(case_id: str) -> tuple[Response, int]:
    """Drafts a letter from the facts as they are."""
    body = read_json(kind=text(), officer=text(optional=True, longest=18))
    nr = perform(case_id, "letters", body)
    base = f"/api/v1/cases/{case_id}/letters/{nr}"
    return jsonify({"letter": nr, "pdf": f"{base}.pdf", "docx": f"{base}.docx"}), 201


@api.post("/cases/<case_id>/answer")
def answer(case_id: str) -> Response:
    """What the agency's head answers."""
    return _step(case_id, "answer", read_json(note=text(longest=2000)))


@api.post("/cases/<case_id>/note")
def note(case_id: str) -> Response:
    """A remark for the timeline."""
    return _step(case_id, "note", read_json(note=text(longest=2000)))


@api.post("/cases/<case_id>/renew")
def renew(case_id: str) -> Response:
    """Goes on with the facts as they are now."""
    return _step(case_id, "renew", read_json())


@api.post("/cases/<case_id>/close")
def close(case_id: str) -> Response:
    """Ends the case with its result."""
    return _step(case_id, "close", read_json(result=text(), note=text(longest=2000)))


@api.post("/cases/<case_id>/reopen")
def reopen(case_id: str) -> Response:
    """Takes a closed case up again."""
    return _step(case_id, "reopen", read_json(note=text(longest=2000)))


@api.get("/cases/<case_id>/letters/<int:nr>.pdf")
def letter_pdf(case_id: str, nr: int) -> Response:
    """A drafted letter as PDF."""
    return _file(case_id, nr, "pdf")


@api.get("/cases/<case_id>/letters/<int:nr>.docx")
def letter_docx(case_id: str, nr: int) -> Response:
    """A drafted letter as a Word file."""
    return _file(case_id, nr, "docx")


def _file(case_id: str, nr: int, form: str) -> Response:
    content, media, name = letter_file(case_id, nr, form)
    return Response(content, content_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _step(case_id: str, step: str, given: dict[str, Any]) -> Response:
    perform(case_id, step, given)
    case, _, _ = enter_case(case_id)
    return jsonify({"id": case.id, "state": case.state, "result": case.result})


def plain(seen: Seen) -> dict[str, Any]:
    """A case as plain values: times in the hall's zone, minutes with two places, names only for those who may."""
    place, names = seen.place, seen.names
    return _case(seen.case, place, seen.sums, names) | {
        "overdue": seen.case.overdue(place.date(now())),
        "vacancies": [_piece(piece, seen) for piece in seen.pieces],
        "timeline": [_line(step, place, names) for step in seen.steps],
        "letters": [
            {"nr": d.nr, "kind": d.kind, "at": _local(d.at, place), "by": by(d.by, names), "names": d.names}
            for d in seen.drafts
        ],
        "may": list(seen.may),
    }


def _case(case: Case, place: Places, sums: Sums, names: bool) -> dict[str, Any]:
    agency = place.agencies.get(case.agency)
    meeting = {"at": _local(case.meeting_at, place), "place": case.meeting_place} if case.meeting_at else None
    return {
        "id": case.id,
        "hall": case.hall,
        "number": case.number,
        "kind": case.kind,
        "agency": case.agency,
        "agency_name": agency.name if agency else case.agency,
        "state": case.state,
        "opened": _local(case.opened, place),
        "opened_by": by(case.opened_by, names),
        "updated": _local(case.updated, place),
        "from": case.first_day.isoformat(),
        "to": case.last_day.isoformat(),
        "responsible": case.responsible or None,
        "due": case.due.isoformat() if case.due else None,
        "meeting": meeting,
        "result": case.result,
        "closed": _local(case.closed, place) if case.closed else None,
        "changed": case.changed,
        "sums": {
            "vacancies": sums.pieces,
            "minutes": round(sums.minutes, 2),
            "waiting_minutes": round(sums.waiting_minutes, 2),
            "stranded_minutes": round(sums.stranded_minutes, 2),
            "abandoned": sums.abandoned,
        },
    }


def _piece(piece: CasePiece, seen: Seen) -> dict[str, Any]:
    today = seen.today[piece.nr]
    return {
        "nr": piece.nr,
        **_taken(piece.taken, seen),
        "changed": [_now(part, seen.place) for part in today.changes],
        "now": [_taken(found, seen) for found in today.found],
    }


def _taken(taken: Taken, seen: Seen) -> dict[str, Any]:
    officers = [
        {"role": "petugas"} | ({"nip": o, "name": seen.people[o].name} if o in seen.people else {})
        for o in taken.officers
    ]
    return {
        "counter": taken.counter,
        "start": _local(taken.start, seen.place),
        "end": _local(taken.end, seen.place),
        "minutes": round(taken.minutes, 2),
        "cause": taken.cause,
        "officers": officers,
        "waiting_minutes": round(taken.waiting_minutes, 2),
        "stranded_minutes": round(taken.stranded_minutes, 2),
        "abandoned": taken.abandoned,
    }


def _now(part: Now, place: Places) -> dict[str, Any]:
    return {"start": _local(part.start, place), "end": _local(part.end, place), "cause": part.cause}


def _line(step: Step, place: Places, names: bool) -> dict[str, Any]:
    line = {"nr": step.nr, "at": _local(step.at, place), "by": by(step.by, names), "step": step.step}
    return line | {"note": step.note or None}


def by(actor: str, names: bool) -> str:
    """Who did it: role and account for those who may know people, the role alone for the others."""
    return actor if names else actor.partition(":")[0]


def _local(moment: Any, place: Places) -> str:
    return str(moment.astimezone(place.tz).isoformat())

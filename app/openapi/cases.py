"""Follow-up cases and their letters, as the interface describes them."""

from __future__ import annotations

from typing import Any

from app.openapi.pieces import (
    DAY,
    DECIMAL,
    FLAG,
    MOMENT,
    NUMBER,
    ONCE,
    TEXT,
    Schema,
    many,
    maybe,
    one_of,
    operation,
    path,
    query,
    ref,
    told,
)
from app.openapi.pieces import record as made_of
from staffing.followups import KINDS, LETTERS, RESULTS, SCHEDULED, STATES
from staffing.vacancy import CAUSES

CASES = "Follow-up"
LETTER_KINDS = tuple(sorted({kind for kinds in LETTERS.values() for kind in kinds}))
RESULT_KINDS = tuple(sorted({result for results in RESULTS.values() for result in results}))
CAUSE = one_of(*CAUSES, *SCHEDULED)
Answers = dict[int, tuple[str, Schema | None, Any]]
_ID = "01932c07-a7b0-7a3e-9d0c-5d6a8f1b2c3d"
_FILE = f"/api/v1/cases/{_ID}/letters/1"

_taken: dict[str, Schema] = {
    "counter": TEXT,
    "start": MOMENT,
    "end": MOMENT,
    "minutes": DECIMAL,
    "cause": CAUSE,
    "officers": told(
        many(made_of({"nip": TEXT, "name": TEXT}, role=one_of("petugas"))), "Who they are is told by role"
    ),
    "waiting_minutes": DECIMAL,
    "stranded_minutes": DECIMAL,
    "abandoned": NUMBER,
}
_case: dict[str, Schema] = {
    "id": TEXT,
    "hall": TEXT,
    "number": told(NUMBER, "Counts up per hall"),
    "kind": one_of(*KINDS),
    "agency": TEXT,
    "agency_name": TEXT,
    "state": one_of(*STATES),
    "opened": MOMENT,
    "opened_by": told(TEXT, "Role and account; the role alone for those who may not know people"),
    "updated": MOMENT,
    "from_": told(DAY, "The business date of the first vacancy"),
    "to": DAY,
    "responsible": maybe(TEXT),
    "due": maybe(DAY),
    "overdue": FLAG,
    "meeting": maybe(made_of(at=MOMENT, place=TEXT)),
    "result": maybe(one_of(*RESULT_KINDS)),
    "closed": maybe(MOMENT),
    "changed": told(FLAG, "The facts are not what the case took in any more"),
    "sums": ref("CaseSums"),
}
_piece: dict[str, Schema] = {
    "nr": NUMBER,
    **_taken,
    "changed": told(
        many(made_of(start=MOMENT, end=MOMENT, cause=maybe(CAUSE))),
        "What the taken time has become; empty while it is the same, cause null where there is no vacancy any more",
    ),
    "now": told(many(ref("CaseFinding")), "The vacancies that touch the taken time today, with what they cost today"),
}
_case_in_full: dict[str, Schema] = _case | {
    "vacancies": told(many(ref("CaseVacancy")), "As they were taken in"),
    "timeline": many(made_of(nr=NUMBER, at=MOMENT, by=TEXT, step=TEXT, note=maybe(TEXT))),
    "letters": many(made_of(nr=NUMBER, kind=one_of(*LETTER_KINDS), at=MOMENT, by=TEXT, names=FLAG)),
    "may": told(many(TEXT), "The steps open to whoever asks"),
}
SCHEMAS: dict[str, Any] = {
    "CaseSums": made_of(
        vacancies=NUMBER, minutes=DECIMAL, waiting_minutes=DECIMAL, stranded_minutes=DECIMAL, abandoned=NUMBER
    ),
    "CaseFinding": made_of(**_taken),
    "CaseVacancy": made_of(**_piece),
    "Case": made_of(**_case),
    "CaseInFull": made_of(**_case_in_full),
    "CaseState": made_of(id=TEXT, state=one_of(*STATES), result=maybe(one_of(*RESULT_KINDS))),
}
_stands: Answers = {200: ("Where the case stands now", ref("CaseState"), {"id": _ID, "state": "open", "result": None})}
_note = {"note": told(maybe(TEXT), "At most 2,000 characters; no names and nothing about health, please")}


def _step(
    door: str, summary: str, body: Schema | None, example: Any, codes: tuple[str, ...], answers: Answers | None = None
) -> dict[str, Any]:
    return {
        "post": operation(
            f"cases_api.{door}",
            summary,
            tag=CASES,
            parameters=path("case_id"),
            body=None if body is None else (body, example),
            answers=_stands if answers is None else answers,
            codes=("unknown_case", "illegal_step", *codes),
            changes=True,
        )
    }


def _letter(door: str, summary: str, media: str) -> dict[str, Any]:
    return {
        "get": operation(
            f"cases_api.{door}",
            summary,
            tag=CASES,
            parameters=path("case_id", "nr"),
            answers={200: ("The file", {"type": "string", "contentMediaType": media}, None)},
            codes=("unknown_case", "unknown_letter", "other_agency", "other_hall"),
            media=media,
        )
    }


_base = "/cases/{case_id}"
_said = made_of(note=TEXT)
PATHS: dict[str, Any] = {
    "/halls/{hall}/cases": {
        "get": operation(
            "cases_api.cases",
            "The cases, newest first; a head reads of the own agency only",
            tag=CASES,
            parameters=[
                *path("hall"),
                query("state", one_of(*STATES), "Only cases in this state"),
                query("agency", TEXT, "Only cases of this agency"),
            ],
            answers={200: ("The cases", made_of(hall=TEXT, cases=many(ref("Case"))), {"hall": "blora", "cases": []})},
            codes=("unknown_state", "other_agency", "unknown_agency"),
        ),
        "post": operation(
            "cases_api.open_",
            "Open a case for each agency and kind among the named vacancies; from the regent it is a request",
            tag=CASES,
            parameters=[*path("hall"), ONCE],
            body=(
                made_of(
                    {
                        "kind": told(maybe(one_of(*KINDS)), "Without it, what each cause proposes"),
                        "responsible": maybe(TEXT),
                        "due": maybe(DAY),
                    }
                    | _note,
                    vacancies=many(made_of(counter=TEXT, start=MOMENT)),
                ),
                {"vacancies": [{"counter": "9", "start": "2026-03-03T08:00:00+07:00"}], "kind": "meeting"},
            ),
            answers={201: ("The ids of the cases", made_of(cases=many(TEXT)), {"cases": [_ID]})},
            codes=(
                "no_vacancies", "too_many_vacancies", "period_too_long", "vacancy_changed", "unknown_case_kind",
                "kind_does_not_fit", "nothing_follows", "already_in_case", "still_provisional", "bad_due", "bad_date",
                "bad_time", "note_too_long", "unknown_agency",
            ),
            changes=True,
        ),
    },
    _base: {
        "get": operation(
            "cases_api.show",
            "One case, held against today's facts",
            tag=CASES,
            parameters=path("case_id"),
            answers={200: ("The case", ref("CaseInFull"), None)},
            codes=("unknown_case", "other_agency", "other_hall"),
        )
    },
    f"{_base}/accept": _step("accept", "Take up what was asked for", made_of(_note), {}, ("wrong_length",)),
    f"{_base}/assign": _step(
        "assign",
        "Say who answers for it and until when",
        made_of({"due": maybe(DAY)}, responsible=TEXT),
        {"responsible": "Kepala Bidang Pelayanan", "due": "2026-03-10"},
        ("responsible_needed", "bad_due", "bad_date", "note_too_long"),
    ),
    f"{_base}/meeting": _step(
        "meeting",
        "Fix when and where people meet",
        made_of(_note, at=MOMENT, place=TEXT),
        {"at": "2026-03-05T09:00:00+07:00", "place": "Ruang rapat"},
        ("meeting_in_the_past", "place_needed", "bad_time", "note_too_long"),
    ),
    f"{_base}/letters": _step(
        "draft",
        "Draft a letter from the facts as they are",
        made_of({"officer": told(maybe(TEXT), "NIP; for an examination of several officers")}, kind=TEXT),
        {"kind": "invitation"},
        ("unknown_letter_kind", "officer_needed", "facts_changed", "other_agency"),
        {
            201: (
                "The draft",
                made_of(letter=NUMBER, pdf=TEXT, docx=TEXT),
                {"letter": 1, "pdf": f"{_FILE}.pdf", "docx": f"{_FILE}.docx"},
            )
        },
    ),
    f"{_base}/answer": _step(
        "answer",
        "What the agency's head answers",
        _said,
        {"note": "Sudah kami jadwalkan."},
        ("note_needed", "other_agency"),
    ),
    f"{_base}/note": _step("note", "A remark for the timeline", _said, {"note": "Menunggu jawaban."}, ("note_needed",)),
    f"{_base}/renew": _step("renew", "Go on with the facts as they are now", None, None, ("nothing_left",)),
    f"{_base}/close": _step(
        "close",
        "End the case with its result",
        made_of(result=TEXT, note=TEXT),
        {"result": "meeting_held", "note": "Disepakati jadwal bersama."},
        ("unknown_result", "note_needed"),
    ),
    f"{_base}/reopen": _step(
        "reopen", "Take a closed case up again", _said, {"note": "Terulang lagi."}, ("note_needed",)
    ),
    f"{_base}/letters/{{nr}}.pdf": _letter("letter_pdf", "A drafted letter as PDF", "application/pdf"),
    f"{_base}/letters/{{nr}}.docx": _letter(
        "letter_docx",
        "A drafted letter as a Word file",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
}  # fmt: skip

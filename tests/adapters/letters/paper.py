"""A case of the hall of Blora, with everything that a letter can carry, and the words of a finished file."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from docx import Document
from pypdf import PdfReader

from hall.hallfile import read_hall_file
from hall.hours import Calendar
from hall.options import Options
from hall.places import Agency, Counter, Places
from staffing.cases import Case, Taken
from staffing.letters import Letter, Matter, Person, draft
from tests.cast import BAMBU, BLORA_FILE, SEKAR, wib

SATURDAY = wib("2026-11-21", "08:00")


@lru_cache
def blora() -> Places:
    """The hall as its file has it, without a database."""
    file = read_hall_file(BLORA_FILE)
    return Places(
        code="blora", name="MPP Blora", regency="Kabupaten Blora", zone="Asia/Jakarta",
        options=Options(address="Jalan Rekaan Nomor 1, Blora, Jawa Tengah"),
        agencies={
            a.code: Agency(a.code, a.name, a.short, a.kind, a.keeps_roster, a.lateness_minutes) for a in file.agencies
        },
        services={}, counters={c.code: Counter(c.code, c.agency, c.name, (), c.area) for c in file.counters},
        printers={}, sources={}, calendar=Calendar((), zone=ZoneInfo("Asia/Jakarta")),
    )  # fmt: skip


def piece(counter: str, day: str, start: str, end: str, cause: str, *officers: str, agency: str = "dukcapil") -> Taken:
    """A vacancy that cost something."""
    return Taken(counter, agency, wib(day, start), wib(day, end), cause, officers, 1234.56, 600.0, 12)


def case(kind: str, agency: str = "dukcapil", *, meeting: datetime | None = None) -> Case:
    """A case that is being worked on."""
    return Case(
        id="0199", hall="blora", number=7, kind=kind, agency=agency, state="in_progress", opened=SATURDAY,
        opened_by="coordinator:surya", updated=SATURDAY, first_day=date(2026, 11, 16), last_day=date(2026, 11, 20),
        responsible="Kepala Seksi Rekaan", due=date(2026, 11, 30), meeting_at=meeting,
        meeting_place="Ruang Rapat Rekaan" if meeting else "", result=None, closed=None, changed=False,
    )  # fmt: skip


PEOPLE = {p.nip: Person(p.nip, p.name) for p in (BAMBU, SEKAR)}
MEETING = wib("2026-11-25", "09:30")
IMMIGRATION = (
    piece("9", "2026-11-16", "08:00", "09:17", "agency_not_open", agency="imigrasi"),
    piece("9", "2026-11-20", "08:00", "11:30", "agency_not_open", agency="imigrasi"),
)
ABSENT = (
    piece("3", "2026-11-19", "08:00", "12:00", "absent_without_notice", BAMBU.nip),
    piece("4", "2026-11-20", "08:00", "12:00", "absent_without_notice", SEKAR.nip),
    piece("3", "2026-11-20", "08:00", "12:00", "absent_without_notice", BAMBU.nip),
)


def matter(kind: str, pieces: tuple[Taken, ...], *, meeting: datetime | None = None, **more: object) -> Matter:
    """What a letter is made from."""
    about = case(kind, pieces[0].agency, meeting=meeting)
    known = Matter(blora(), about, pieces, PEOPLE, ("Operator Loket Akta Lahir",), SATURDAY)
    return replace(known, **more)  # type: ignore[arg-type]


def letters() -> dict[str, Letter]:
    """One letter of every kind."""
    return {
        "invitation": draft("invitation", matter("meeting", IMMIGRATION, meeting=MEETING)),
        "examination": draft("examination", matter("examination", ABSENT, absent_days=4), BAMBU.nip),
        "rotation": draft("rotation", matter("rotation", (piece("6", "2026-11-20", "08:00", "15:00", "post_vacant"),))),
        "notice": draft(
            "notice", matter("notice", (piece("3", "2026-11-20", "08:00", "08:47", "late", BAMBU.nip), *ABSENT))
        ),
    }


def long_letter(rows: int) -> Letter:
    """An invitation about that many vacancies."""
    first = IMMIGRATION[0]
    many = tuple(
        replace(first, start=first.start + timedelta(days=n), end=first.end + timedelta(days=n)) for n in range(rows)
    )
    return draft("invitation", matter("meeting", many))


def pages(pdf: bytes) -> list[str]:
    """The words of each page, with the line breaks of the page taken out."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def word_text(file: bytes) -> str:
    """Every word of a Word file's body, tables included, in order."""
    document = Document(io.BytesIO(file))
    texts = [
        text for part in document.iter_inner_content()
        for text in ([part.text] if hasattr(part, "text") else [c.text for row in part.rows for c in row.cells])
    ]  # fmt: skip
    return " ".join(" ".join(texts).split())

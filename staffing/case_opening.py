"""The verb that opens follow-up cases: what somebody wants opened, what stands in the way, the turn and its lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from hall.database import Database, new_id
from hall.errors import Conflict, Invalid, NotFound
from hall.intervals import as_utc
from hall.once import answered, remember
from hall.places import places
from hall.turn import Turn, turn
from staffing.case_moves import check_due, check_note, check_short, statuses_of
from staffing.cases import MOST_PIECES, Taken, case_pieces, cases, put_pieces, put_step
from staffing.followups import KINDS, follows


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants opened: a kind (None: what each cause proposes), a note, who answers for it and until when.

    ``requested``: only asked for; the hall's management accepts it or closes it.
    """

    kind: str | None = None
    note: str = ""
    responsible: str = ""
    due: date | None = None
    requested: bool = False

    def asked(self, wanted: Iterable[tuple[str, datetime]]) -> dict[str, Any]:
        """What was asked of the vacancies at these counters and moments, in whatever zone: to know it again."""
        due = self.due.isoformat() if self.due else None
        named = sorted([counter, as_utc(start).isoformat()] for counter, start in wanted)
        plain = {"kind": self.kind, "note": self.note, "responsible": self.responsible, "due": due}
        return plain | {"vacancies": named}


def open_cases(
    db: Database, hall: str, taken: Sequence[Taken], order: Order, *, actor: str, now: datetime, key: str | None = None
) -> list[str]:
    """Opens one case for each agency and kind among the vacancies, so that an agency reads of itself alone.

    Returns their ids. The same ``key`` again gives the same answer. Raises :class:`Invalid` (``no_vacancies``,
    ``too_many_vacancies``, ``unknown_case_kind``, ``kind_does_not_fit``, ``nothing_follows``, ``bad_due``,
    ``note_too_long``), :class:`Conflict` (``already_in_case``, ``still_provisional``) and :class:`NotFound`.
    """
    if not taken:
        raise Invalid("no_vacancies", "Pilih sedikitnya satu kejadian loket kosong.")
    if order.kind is not None and order.kind not in KINDS:
        raise Invalid(
            "unknown_case_kind", f"Jenis tindak lanjut {order.kind!r:.40} tidak dikenal.", allowed=list(KINDS)
        )
    check_note(order.note)
    asked = order.asked((piece.counter, piece.start) for piece in taken)
    with turn(db, hall, now) as t:
        now = t.now
        before: list[str] | None = answered(t, key, asked)
        if before is not None:
            return before
        here = places(db, t.connection, hall, t.config)
        check_due(order.due, here.date(now))
        check_short(order.responsible)
        statuses = statuses_of(t.connection, hall, {o for piece in taken for o in piece.officers})
        groups: dict[tuple[str, str], list[Taken]] = {}
        for piece in sorted(set(taken), key=lambda p: (p.start, p.counter)):
            if piece.agency not in here.agencies:
                raise NotFound("unknown_agency", f"Instansi {piece.agency!r} tidak ada di balai ini.")
            ways = follows(piece.cause, here.agencies[piece.agency].kind, [statuses[o] for o in piece.officers])
            groups.setdefault((piece.agency, _way(piece, ways, order.kind)), []).append(piece)
        for (_, kind), pieces in groups.items():
            _must_be_free(t.connection, hall, kind, pieces)
        made = [_open(t, agency, kind, pieces, order, actor, here.date) for (agency, kind), pieces in groups.items()]
        remember(t, key, asked, made)
        return made


def _way(piece: Taken, ways: tuple[str, ...], wanted: str | None) -> str:
    if not ways:
        message = "Waktu yang tidak terpantau tidak mengatakan apa pun tentang orang; tidak ada tindak lanjutnya."
        raise Invalid("nothing_follows", message, counter=piece.counter)
    if wanted is not None and wanted not in ways:
        message = f"Tindak lanjut ini tidak sesuai dengan sebab kosongnya loket {piece.counter}."
        raise Invalid("kind_does_not_fit", message, counter=piece.counter, allowed=list(ways))
    way = wanted or ways[0]
    if way == "examination" and piece.provisional:
        message = f"Sebab di loket {piece.counter} masih sementara: waktu memberi keterangan belum lewat."
        raise Conflict("still_provisional", message, counter=piece.counter)
    return way


def _must_be_free(connection: Connection, hall: str, kind: str, pieces: Sequence[Taken]) -> None:
    if len(pieces) > MOST_PIECES:
        raise Invalid("too_many_vacancies", f"Satu tindak lanjut memuat paling banyak {MOST_PIECES} kejadian.")
    query = (
        select(case_pieces.c.counter, case_pieces.c.start, cases.c.number)
        .join(cases, cases.c.id == case_pieces.c.case)
        .where(case_pieces.c.hall == hall, cases.c.kind == kind, cases.c.state != "closed")
        .where(case_pieces.c.start >= pieces[0].start, case_pieces.c.start <= pieces[-1].start)
    )
    wanted = {(piece.counter, piece.start) for piece in pieces}
    for row in connection.execute(query):
        if (row.counter, row.start) in wanted:
            message = f"Kejadian di loket {row.counter} sudah termasuk dalam tindak lanjut nomor {row.number}."
            raise Conflict("already_in_case", message, counter=row.counter, number=row.number)


def _open(t: Turn, agency: str, kind: str, pieces: Sequence[Taken], order: Order, actor: str, day: Any) -> str:
    highest = t.connection.execute(select(func.max(cases.c.number)).where(cases.c.hall == t.hall)).scalar_one()
    number, case_id = (highest or 0) + 1, new_id()
    state = "requested" if order.requested else "open"
    first, last = day(pieces[0].start), day(max(piece.start for piece in pieces))
    t.connection.execute(
        cases.insert().values(
            id=case_id, hall=t.hall, number=number, kind=kind, agency=agency, state=state, opened=t.now,
            opened_by=actor, updated=t.now, first_day=first, last_day=last, responsible=order.responsible.strip(),
            due=order.due, meeting_place="", changed=False,
        )
    )  # fmt: skip
    put_pieces(t, case_id, pieces)
    data = {"number": number, "kind": kind, "agency": agency, "state": state, "pieces": len(pieces)}
    data |= {"from": first.isoformat(), "to": last.isoformat()}
    step = "requested" if order.requested else "opened"
    put_step(t, case_id, step, order.note, {"kind": kind, "pieces": len(pieces)}, actor)
    t.write(f"case_{step}", f"case:{case_id}", data, actor=actor)
    return case_id

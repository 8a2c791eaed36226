"""Loads a hall file into the database: creates or updates, and changes nothing when nothing changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.exc import IntegrityError

from hall import people, places
from hall.database import Database, new_id
from hall.hallfile import HallFile
from hall.turn import open_journal, turn


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading did: whether the hall is new and which tables changed (empty: nothing to do)."""

    hall: str
    created: bool
    changed: tuple[str, ...]


def load_hall(db: Database, file: HallFile, staff: StaffTables, *, actor: str, now: datetime) -> Loaded:
    """Brings one hall to what its file says, in one turn.

    What the file no longer names is retired, never deleted: tickets still refer to it. Options that the file does not
    state keep what a manager set. ``staff`` are the tables of the staffing room (roster, posts), which this room does
    not know. Loading the same file again writes nothing.
    """
    code = file.hall.code
    created = _ensure_hall(db, file)
    with turn(db, code, now) as t:
        changed = _bring_up_to_date(t.connection, file, staff)
        if changed or created:
            t.set_up_changed()
            t.write("hall_set_up", code, {"created": created, "changed": changed}, actor=actor)
    return Loaded(code, created, tuple(changed))


@dataclass(frozen=True, slots=True)
class StaffTables:
    """The tables for roster and posts, handed down by whoever loads the file."""

    roster: Table
    posts: Table


def _ensure_hall(db: Database, file: HallFile) -> bool:
    try:
        return _made_hall(db, file)
    except IntegrityError:  # on PostgreSQL another process made it this very moment; it is committed now
        return _made_hall(db, file)


def _made_hall(db: Database, file: HallFile) -> bool:
    h = file.hall
    with db.writing(h.code) as connection:
        found = connection.execute(select(places.halls.c.code).where(places.halls.c.code == h.code)).first()
        if found is not None:
            return False
        connection.execute(
            places.halls.insert().values(
                code=h.code, name=h.name, regency=h.regency, zone=h.zone, options=asdict(h.options)
            )
        )
        open_journal(connection, h.code)
    return True


def _bring_up_to_date(connection: Connection, file: HallFile, staff: StaffTables) -> list[str]:
    code, changed = file.hall.code, []
    if _set_head(connection, file):
        changed.append("hall")
    keyed: tuple[tuple[Table, str, list[dict[str, Any]]], ...] = (
        (places.agencies, "code", [asdict(a) | {"short": a.short or _cut(a.name, 60)} for a in file.agencies]),
        (places.services, "code", [asdict(s) | {"requirements": list(s.requirements)} for s in file.services]),
        (places.counters, "code", [asdict(c) | {"services": list(c.services)} for c in file.counters]),
        (places.sources, "code", [asdict(s) for s in file.sources]),
        (places.printers, "code", [asdict(p) for p in file.printers]),
        (people.officers, "nip", [asdict(o) for o in file.officers]),
    )
    for table, key, wanted in keyed:
        if _sync(connection, table, code, key, wanted):
            changed.append(table.name)
    if _give_accounts(connection, file):
        changed.append("accounts")
    listed: tuple[tuple[Table, list[dict[str, Any]]], ...] = (
        (places.hours, [{"scope": r.scope, "rule": places.rule_to_json(r)} for r in file.hours]),
        (places.escalations, [asdict(e) | {"channels": list(e.channels)} for e in file.escalations]),
        (staff.roster, [_roster(r) for r in file.roster]),
        (staff.posts, [asdict(p) for p in file.posts]),
    )
    for table, rows in listed:
        if _replace(connection, table, code, [row | {"nr": nr} for nr, row in enumerate(rows, 1)], "nr"):
            changed.append(table.name)
    if _replace(connection, places.holidays, code, [{"day": h.day, "name": h.name} for h in file.holidays], "day"):
        changed.append("holidays")
    if _replace_closures(connection, file):
        changed.append("closures")
    return changed


def _cut(text: str, longest: int) -> str:
    """At most that many characters, shortened visibly: PostgreSQL refuses what is longer than its column."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _set_head(connection: Connection, file: HallFile) -> bool:
    h = file.hall
    row = connection.execute(select(places.halls).where(places.halls.c.code == h.code)).one()
    stated = asdict(h.options)
    options = row.options | {name: stated[name] for name in h.stated}
    wanted = {"name": h.name, "regency": h.regency, "zone": h.zone, "options": options}
    if all(getattr(row, name) == value for name, value in wanted.items()):
        return False
    connection.execute(update(places.halls).where(places.halls.c.code == h.code).values(**wanted))
    return True


def _sync(connection: Connection, table: Table, hall: str, key: str, wanted: list[dict[str, Any]]) -> bool:
    """Inserts, updates and retires rows known by a code."""
    stored = {getattr(r, key): dict(r._mapping) for r in connection.execute(select(table).where(table.c.hall == hall))}
    changed = False
    for position, row in enumerate(wanted, 1):
        row = {"hall": hall, "active": True} | row
        if "position" in table.c:
            row["position"] = position
        old = stored.pop(row[key], None)
        if old is None:
            connection.execute(table.insert().values(**row))
        elif any(old[name] != value for name, value in row.items()):
            connection.execute(update(table).where(table.c.hall == hall, table.c[key] == row[key]).values(**row))
        else:
            continue
        changed = True
    for old in stored.values():
        if old["active"]:
            connection.execute(update(table).where(table.c.hall == hall, table.c[key] == old[key]).values(active=False))
            changed = True
    return changed


def _replace(connection: Connection, table: Table, hall: str, wanted: list[dict[str, Any]], order: str) -> bool:
    """Replaces a whole list when it differs."""
    query = select(table).where(table.c.hall == hall).order_by(table.c[order])
    stored = [dict(r._mapping) for r in connection.execute(query)]
    rows = sorted(({"hall": hall} | row for row in wanted), key=lambda row: row[order])
    if stored == rows:
        return False
    connection.execute(table.delete().where(table.c.hall == hall))
    if rows:
        connection.execute(table.insert(), rows)
    return True


def _replace_closures(connection: Connection, file: HallFile) -> bool:
    """Closures from the file are replaced; those recorded by people stay."""
    table, hall = places.closures, file.hall.code
    mine = (table.c.hall == hall) & table.c.from_file
    stored = {(r.scope, r.start, r.end, r.reason) for r in connection.execute(select(table).where(mine))}
    wanted = {(c.scope, c.start, c.end, c.reason) for c in file.closures}
    if stored == wanted:
        return False
    connection.execute(table.delete().where(mine))
    for scope, start, end, reason in sorted(wanted):
        connection.execute(
            table.insert().values(
                id=new_id(), hall=hall, scope=scope, start=start, end=end, reason=reason, from_file=True
            )
        )
    return True


def _roster(row: Any) -> dict[str, Any]:
    return {
        "officer": row.officer,
        "counter": row.counter,
        "days": sorted(row.days) if row.date is None else None,
        "day": row.date,
        "start": row.start.isoformat() if row.start else None,
        "end": row.end.isoformat() if row.end else None,
        "since": row.since,
        "until": row.until,
        "substitute_for": row.substitute_for,
    }


def _give_accounts(connection: Connection, file: HallFile) -> bool:
    """Every officer of the file may sign in once somebody gave them a PIN (``antre staff pin``)."""
    hall, table = file.hall.code, people.accounts
    stored = {r.login: r for r in connection.execute(select(table).where(table.c.hall == hall))}
    changed = False
    for officer in file.officers:
        old = stored.get(officer.nip)
        if old is None:
            connection.execute(
                table.insert().values(
                    hall=hall, login=officer.nip, name=officer.name, role="officer", agency=officer.agency
                )
            )
        elif (old.name, old.agency, old.active) != (officer.name, officer.agency, True):
            connection.execute(
                update(table)
                .where(table.c.hall == hall, table.c.login == officer.nip)
                .values(name=officer.name, agency=officer.agency, active=True)
            )
        else:
            continue
        changed = True
    listed = {o.nip for o in file.officers}
    for login, old in stored.items():
        if old.role == "officer" and old.active and login not in listed:
            connection.execute(update(table).where(table.c.hall == hall, table.c.login == login).values(active=False))
            changed = True
    return changed

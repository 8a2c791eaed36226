"""Commands about attendance: what the machines and lists of the agencies say of who came and when."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app.commanding import Stop, now, opened, refusing

ACTOR = "operator:presensi"


@click.group()
def presensi() -> None:
    """Attendance: lists, machines, and what is known of each source."""


_hall = click.option("--hall", "hall_code", metavar="CODE", help="The hall; needed when the database has several.")
_source = click.option("--source", metavar="NAME", help="The attendance source; needed when the hall has several.")


def _place(db: Any, hall_code: str | None) -> Any:
    """The named hall, or the only one."""
    from hall.places import hall_codes, places

    with db.reading() as connection:
        if hall_code is None:
            codes = hall_codes(connection)
            if len(codes) != 1:
                raise Stop(f"Say which hall: --hall {' or '.join(codes)}." if codes else "There is no hall yet.")
            [hall_code] = codes
        return places(db, connection, hall_code)


def _source_of(place: Any, source: str | None) -> str:
    """The named source (by code, or by its name), or the only one."""
    if source is None:
        if len(place.sources) != 1:
            known = " or ".join(place.sources)
            raise Stop(f"Say which source: --source {known}." if known else f"Hall {place.code} has no source.")
        return str(next(iter(place.sources)))
    for code, name in place.sources.items():
        if source in (code, name):
            return str(code)
    raise Stop(f"Hall {place.code} has no source {source!r}; known are {', '.join(place.sources) or 'none'}.")


@presensi.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_source
@_hall
@click.option("--preview", is_flag=True, help="Show how the file is understood; import nothing.")
@click.option("--good-rows", is_flag=True, help="Import the sound rows although others are not.")
@click.option("--date-pattern", default="", metavar="PATTERN", help="The order of a date, for example DD/MM/YYYY.")
@click.option("--delimiter", default="", metavar="SIGN", help="comma, semicolon, tab, or the sign itself.")
@click.option("--encoding", default="", metavar="NAME", help="utf-8, utf-16, windows-1252 ...")
@click.option("--machine", default="", metavar="SERIAL", help="The machine whose PINs the list has.")
@click.option("--covered-until", default="", metavar="TIME", help="Up to when the source has delivered everything.")
@refusing
def import_file(
    file: Path, source: str | None, hall_code: str | None, preview: bool, good_rows: bool, date_pattern: str,
    delimiter: str, encoding: str, machine: str, covered_until: str,
) -> None:  # fmt: skip
    """Import the attendance of FILE (CSV or XLSX). All of it must be sound, or --good-rows be said."""
    from adapters.attendance.lists import read_list
    from staffing.attendance_list import Asked, covered_now, first_lines, take_list, until_of
    from staffing.deliveries import LARGEST_LIST

    if file.stat().st_size > LARGEST_LIST:
        raise Stop(f"{file}: larger than {LARGEST_LIST // 1024 // 1024} MiB; split it.")
    moment = now()
    with opened() as db:
        place = _place(db, hall_code)
        code = _source_of(place, source)
        until = covered_now(until_of(covered_until, place.tz), moment)
        read = read_list(file.read_bytes(), Asked(date_pattern, delimiter, encoding), place.tz, moment)
        faults = [f"{file}:{sentence}" for sentence in first_lines(read.faults)]
        if preview:
            _show(read, place.tz)
        elif not read.unreadable and (good_rows or not read.faults):
            taken = take_list(
                db, place.code, code, read, good_rows=good_rows, machine=machine, covered_until=until, actor=ACTOR,
                now=moment,
            )  # fmt: skip
            click.echo("\n".join(faults), err=True, nl=bool(faults))
            click.echo(_sentence(taken))
            return
    if read.faults:
        raise Stop("\n".join([*faults, "Nothing was imported."]))


def _show(read: Any, zone: Any) -> None:
    for sentence in read.understood:
        click.echo(sentence)
    for row in read.rows[:10]:
        told = ", ".join(f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}" for at in row.moments)
        click.echo(f"{row.line:>6}  {row.who:<18}  {told}")
    click.echo(f"{len(read.rows)} rows with {len(read.told)} punches, {len(read.faults)} faults.")


def _sentence(taken: Any) -> str:
    return (
        f"{taken.told} punches: {taken.new} new, {taken.again} known already, "
        f"{taken.strangers} of people the hall does not know (kept aside)."
    )


@presensi.command()
@click.argument("serial")
@click.option("--address", required=True, metavar="HOST[:PORT]", help="Where the machine answers; port 4370.")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its comm key.")
@click.option("--udp", is_flag=True, help="For older machines.")
@_hall
@refusing
def pull(serial: str, address: str, password_file: Path | None, udp: bool, hall_code: str | None) -> None:
    """Fetch the punches of the listed machine SERIAL that does not push. Needs the extra 'zk'."""
    from adapters.attendance.pull import fetch
    from staffing.attendance import NOTHING, deliver
    from staffing.attendance_list import AT_ONCE
    from staffing.machines import find_machine, note_delivered

    password = password_file.read_text().strip() if password_file else "0"
    if not (password.isascii() and password.isdigit()):
        raise Stop(f"{password_file}: the comm key of a machine is a number.")
    moment = now()
    with opened() as db:
        place = _place(db, hall_code)
        with db.reading() as connection:
            machine = find_machine(connection, place.code, serial)
        if machine is None or not machine.active:
            raise Stop(f"Machine {serial} is not listed; list it with 'antre presensi machine'.")
        told, faults = fetch(address, serial, place.tz, password=int(password), udp=udp, now=moment)
        taken = NOTHING
        for start in range(0, len(told), AT_ONCE):
            part = told[start : start + AT_ONCE]
            taken += deliver(db, place.code, machine.source, part, machine=serial, actor=ACTOR, now=moment)
        note_delivered(db, place.code, machine.source, serial, moment, now=moment)
    for sentence in faults[:20]:
        click.echo(sentence, err=True)
    click.echo(_sentence(taken))


@presensi.command()
@click.argument("serial")
@_source
@click.option("--name", default="", help="Where it hangs, for people.")
@click.option("--remove", is_flag=True, help="It may deliver no longer; what it told stays.")
@_hall
@refusing
def machine(serial: str, source: str | None, name: str, remove: bool, hall_code: str | None) -> None:
    """List the machine SERIAL: from now on what it pushes is taken."""
    from staffing.machines import list_machine, unlist_machine

    with opened() as db:
        place = _place(db, hall_code)
        if remove:
            unlist_machine(db, place.code, serial, actor=ACTOR, now=now())
            click.echo(f"Machine {serial} is no longer listed.")
            return
        code = _source_of(place, source)
        list_machine(db, place.code, serial, source=code, name=name, actor=ACTOR, now=now())
    click.echo(f"Machine {serial} delivers for {code}.")


@presensi.command()
@click.argument("who")
@click.argument("nip", required=False)
@_source
@click.option("--machine", default="", metavar="SERIAL", help="The machine on which it is this person's PIN.")
@click.option("--nobody", is_flag=True, help="Take the PIN away again.")
@_hall
@refusing
def pin(who: str, nip: str | None, source: str | None, machine: str, nobody: bool, hall_code: str | None) -> None:
    """Say that the PIN (or number) WHO is the officer NIP; everything told of it becomes theirs."""
    from staffing.machines import find_machine
    from staffing.pins import assign_pin

    if (nip is None) != nobody:
        raise click.UsageError("Give a NIP, or --nobody.")
    with opened() as db:
        place = _place(db, hall_code)
        with db.reading() as connection:
            known = find_machine(connection, place.code, machine) if machine else None
        if machine and known is None:
            raise Stop(f"Machine {machine} is not known in hall {place.code}.")
        code = known.source if known is not None and source is None else _source_of(place, source)
        moved = assign_pin(db, place.code, code, machine, who, nip, actor=ACTOR, now=now())
    click.echo(f"PIN {who} is {nip or 'nobody'}: {moved} punches changed hands.")


@presensi.command()
@_source
@_hall
@click.option("--only", is_flag=True, help="End the source's older keys at once.")
@refusing
def key(source: str | None, hall_code: str | None, only: bool) -> None:
    """Make the key with which a program signs what it tells of a source. It is printed once."""
    from staffing.source_keys import new_source_key

    with opened() as db:
        place = _place(db, hall_code)
        made, secret = new_source_key(db, place.code, _source_of(place, source), only=only, actor=ACTOR, now=now())
    click.echo(f"key {made}\nsecret {secret}")


@presensi.command()
@_hall
@click.option("--json", "as_json", is_flag=True)
@refusing
def status(hall_code: str | None, as_json: bool) -> None:
    """Until when each source has delivered, when machines were heard, and who is unknown to the hall."""
    from dataclasses import asdict

    from staffing.attendance import sources_now
    from staffing.machines import machines_of, unlisted_of
    from staffing.pins import strangers

    with opened() as db:
        place = _place(db, hall_code)
        with db.reading() as connection:
            told = {
                "sources": [asdict(one) for one in sources_now(connection, place)],
                "machines": [asdict(one) for one in machines_of(connection, place.code)],
                "unlisted": [asdict(one) for one in unlisted_of(connection, place.code)],
                "strangers": [asdict(one) for one in strangers(connection, place.code)],
            }

    def local(value: object) -> Any:
        return value.astimezone(place.tz).isoformat() if isinstance(value, datetime) else value

    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2, default=local))
        return
    for source in told["sources"]:
        click.echo(f"source   {source['code']:<16} delivered until {local(source['until']) or 'never said'}")
    for one in told["machines"]:
        off = "" if one["clock_off"] is None else f", clock {one['clock_off']:+d} s"
        heard = local(one["last_contact"]) or "never"
        click.echo(f"machine  {one['serial']:<16} {one['source']:<12} heard {heard}{off}")
    for one in told["unlisted"]:
        click.echo(f"unlisted {one['serial']:<16} {one['tries']} tries, last {local(one['last'])}")
    for one in told["strangers"]:
        where = f"{one['source']} {one['machine']}".strip()
        click.echo(f"stranger {one['who']:<18} {where}: {one['readings']} punches, last {local(one['last'])}")

"""Commands about absences: lists of who is away, as the agencies and the personnel office keep them."""

from __future__ import annotations

from pathlib import Path

import click

from app.commanding import Stop, now, opened, refusing

LARGEST = 1024 * 1024  # bytes


@click.group()
def absences() -> None:
    """Who is away, and by which letter."""


@absences.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--hall", "hall_code", required=True, metavar="CODE")
@click.option("--preview", is_flag=True, help="Show how the file is understood; import nothing.")
@click.option("--good-rows", is_flag=True, help="Import the sound rows although others are not.")
@click.option("--date-pattern", default="", metavar="PATTERN", help="The order of a date, for example DD/MM/YYYY.")
@click.option("--delimiter", default="", metavar="SIGN", help="comma, semicolon, tab, or the sign itself.")
@click.option("--encoding", default="", metavar="NAME", help="utf-8, utf-16, windows-1252 ...")
@refusing
def import_file(
    file: Path, hall_code: str, preview: bool, good_rows: bool, date_pattern: str, delimiter: str, encoding: str
) -> None:
    """Import the absences of FILE (CSV or XLSX). All of it must be sound, or --good-rows be said."""
    from adapters.attendance.absent import read_absences
    from staffing.absence_list import check_list, take_absences
    from staffing.attendance_list import Asked, first_lines
    from staffing.privacy import Asker

    if file.stat().st_size > LARGEST:
        raise Stop(f"{file}: larger than {LARGEST // 1024} KiB; split it.")
    listed = read_absences(file.read_bytes(), Asked(date_pattern, delimiter, encoding))
    by = Asker("manager", "operator:absences")
    with opened() as db:
        checked = check_list(db, hall_code, listed, by=by, now=now())
        for line in first_lines(checked.faults):
            click.echo(f"{file}:{line}", err=True)
        if preview:
            for sentence in listed.understood:
                click.echo(sentence)
            for ready in checked.new[:20]:
                row = ready.row
                click.echo(f"{row.line}: {row.officer} {row.kind} {row.first} {row.last} {row.document}".rstrip())
            click.echo(f"{len(checked.new)} new, {len(checked.known)} known, {len(checked.faults)} faults.")
            return
        taken = take_absences(db, hall_code, listed, good_rows=good_rows, by=by, now=now())
    click.echo(f"{len(taken.new)} recorded, {len(taken.known)} known before.")

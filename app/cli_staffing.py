"""Commands about empty counters: which, since when, why, and what it cost."""

from __future__ import annotations

import json
from datetime import date

import click

from app.commanding import now, opened, refusing

MOST_DAYS = 370
ACTOR = "operator:vacancies"


@click.command()
@click.option("--hall", "hall_code", required=True, metavar="CODE")
@click.option("--from", "first", required=True, metavar="DATE", help="The first business date, like 2026-03-03.")
@click.option("--to", "last", required=True, metavar="DATE", help="The last one.")
@click.option("--json", "as_json", is_flag=True, help="As the interface gives them, with all evidence.")
@refusing
def vacancies(hall_code: str, first: str, last: str, as_json: bool) -> None:
    """Counters that stood empty, since when, for which cause, and what it cost.

    The answer for a past date changes by itself when a late fact arrives; what was told before is then said beside it.
    """
    from hall.places import places
    from staffing.privacy import EVERYBODY, note_look
    from staffing.roster import roster_of
    from staffing.vacancies import note_asked
    from staffing.vacancies import vacancies as look
    from staffing.vacancies_view import as_text, plain

    begin, end = date_of(first), date_of(last)
    if end < begin:
        raise click.UsageError(f"--to {last} lies before --from {first}.")
    if (end - begin).days >= MOST_DAYS:
        raise click.UsageError(f"at most {MOST_DAYS} dates at once.")
    with opened() as db:
        period = look(db, hall_code, begin, end, now=now())
        note_look(db, hall_code, ACTOR, EVERYBODY, "vacancies", period.now)
        note_asked(db, period, actor=ACTOR)
        with db.reading() as connection:
            place = places(db, connection, hall_code)
            names = roster_of(db, connection, hall_code).names
    if as_json:
        found = [plain(vacancy, place.tz, names=True) for vacancy in period.pieces]
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        click.echo(as_text(period, place, names))


def date_of(raw: str) -> date:
    """A date as typed. Raises :class:`click.UsageError` (exit status 2)."""
    try:
        day = date.fromisoformat(raw)
    except ValueError:
        raise click.UsageError(f"{raw!r} is not a date; write it like 2026-03-03.") from None
    if not 2000 <= day.year <= 2100:
        raise click.UsageError(f"{raw!r} lies outside the years 2000 to 2100.")
    return day

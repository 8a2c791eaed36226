"""The command ``antre``: exit status 0 done, 1 refused or found something (the sentence on stderr), 2 wrong usage."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from app.cli_absences import absences
from app.cli_attendance import presensi
from app.cli_messages import messages
from app.cli_staffing import vacancies
from app.commanding import Stop, moment_of, now, opened, refusing
from app.ending import leave_when_asked, wait_to_be_asked
from app.settings import read_settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="antre", prog_name="antre")
def cli() -> None:
    """Antre: the queue of a service hall, and which counter stands empty."""


@cli.command()
@click.option("--clock-is-right", is_flag=True, help="Serve although nothing was written for more than a year.")
@refusing
def serve(clock_is_right: bool) -> None:
    """Serve the halls under gunicorn at ANTRE_BIND."""
    from app.doctor import must_be_fit_to_serve
    from app.settings import secret_of

    settings = read_settings()
    secret_of(settings)
    must_be_fit_to_serve(settings, clock_is_right=clock_is_right)
    run = [sys.executable, "-m", "gunicorn", "--config", "python:app.gunicorn_conf", "app.wsgi:app"]
    sys.stdout.flush()
    # glibc gives threads that come at the same time heaps of their own and keeps in each what was ever used there: with
    # a hundred sockets' threads coming and going the process grew by 2 MB a minute
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")
    wait_to_be_asked()  # until gunicorn can hear it
    os.execv(sys.executable, run)


@cli.command()
@click.argument("hallfile", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@refusing
def init(hallfile: Path) -> None:
    """Create or update a hall from HALLFILE. Running it again changes nothing."""
    from app.settings import secret_of
    from hall.calendar import missing_years
    from hall.hallfile import HallFileFaults, read_hall_file
    from hall.schema import migrate
    from hall.setup import StaffTables, load_hall
    from queueing.stranded import out_of_reach
    from staffing.facts import posts, roster
    from staffing.pins import adopt_known

    try:
        file = read_hall_file(hallfile)
    except HallFileFaults as faults:
        raise Stop("\n".join(f"{hallfile}:{fault}" for fault in faults.faults)) from faults
    settings = read_settings()
    with opened(settings, migrated=False) as db:
        secret_of(settings, make=True)
        migrate(db)
        done = load_hall(db, file, StaffTables(roster, posts), actor="operator:init", now=now())
        forgotten = out_of_reach(db, done.hall, now=now())
        adopted = adopt_known(db, done.hall, actor="operator:init", now=now())
    for warning in file.warnings:
        click.echo(f"{hallfile}:{warning}", err=True)
    this_year = now().year
    for sentence in missing_years((this_year, this_year + 1), file.holidays):
        click.echo(sentence, err=True)
    if forgotten:
        numbers = ", ".join(ticket.label for ticket in forgotten)
        click.echo(f"No counter takes {numbers} any more, and they wait: put their service or counter back.", err=True)
    if adopted:
        click.echo(f"{adopted} punches that were kept aside belong to officers of this file.")
    if done.created:
        click.echo(f"Hall {done.hall} created.")
    elif done.changed:
        click.echo(f"Hall {done.hall} updated: {', '.join(done.changed)}.")
    else:
        click.echo(f"Hall {done.hall}: nothing changed.")


@cli.command()
@refusing
def migrate() -> None:
    """Bring the database's tables to this version."""
    from hall.schema import migrate as bring
    from hall.schema import newest

    with opened(migrated=False) as db:
        bring(db)
    click.echo(f"Database at revision {newest()}.")


@cli.command("hall-template")
def hall_template() -> None:
    """Print a commented example of a hall file."""
    import hall

    click.echo((Path(hall.__file__).parent / "data" / "template.toml").read_text(encoding="utf-8"), nl=False)


@cli.group()
def token() -> None:
    """Bearer tokens for devices and programs."""


@token.command("new")
@click.argument("role")
@click.option("--hall", "hall_code", metavar="CODE", help="The hall it is bound to.")
@click.option("--name", default="", help="What it is called, for example kiosk-1.")
@refusing
def token_new(role: str, hall_code: str | None, name: str) -> None:
    """Make a token for ROLE (kiosk, display, console, attendance, reader, manager, machine). It is printed once."""
    from hall.people import new_token

    with opened() as db:
        click.echo(new_token(db, role, hall=hall_code, name=name, now=now()))


@token.command("list")
@refusing
def token_list() -> None:
    """List living tokens; their secrets are not stored."""
    from hall.people import list_tokens

    with opened() as db, db.reading() as connection:
        for found in list_tokens(connection):
            click.echo(f"{found.id}  {found.role:<10}  {found.hall or '-':<12}  {found.name}")


@token.command("revoke")
@click.argument("token_id")
@refusing
def token_revoke(token_id: str) -> None:
    """End the token with this id (see `antre token list`)."""
    from hall.people import revoke_token

    with opened() as db:
        revoke_token(db, token_id, now=now())
    click.echo("Revoked.")


@cli.group()
def staff() -> None:
    """People who may sign in."""


def _pin(given: str | None) -> str:
    """A PIN from stdin or typed twice; never from the command line, where every process could read it."""
    if given == "-":
        return sys.stdin.readline().rstrip("\n")
    return str(click.prompt("PIN", hide_input=True, confirmation_prompt=True, err=True))


@staff.command("add")
@click.argument("login")
@click.option("--hall", "hall_code", required=True, metavar="CODE")
@click.option("--name", required=True)
@click.option("--role", required=True, help="coordinator, manager, head, personnel or regent.")
@click.option("--agency", help="For a head of agency.")
@click.option("--pin-stdin", is_flag=True, help="Read the PIN from standard input.")
@refusing
def staff_add(login: str, hall_code: str, name: str, role: str, agency: str | None, pin_stdin: bool) -> None:
    """Add or change a staff account LOGIN."""
    from hall.people import set_account

    if role == "officer":
        raise Stop("Officers come from the hall file; add them there, then run 'antre init' and 'antre staff pin'.")
    pin = _pin("-" if pin_stdin else None)
    with opened() as db:
        set_account(db, hall_code, login, name=name, role=role, agency=agency, pin=pin)
    click.echo(f"Account {login} ({role}) of hall {hall_code} is ready.")


@staff.command("pin")
@click.argument("login")
@click.option("--hall", "hall_code", required=True, metavar="CODE")
@click.option("--pin-stdin", is_flag=True, help="Read the PIN from standard input.")
@refusing
def staff_pin(login: str, hall_code: str, pin_stdin: bool) -> None:
    """Set the PIN of LOGIN (an officer's NIP or an account). Sessions opened with the old one end."""
    from hall.people import set_account

    pin = _pin("-" if pin_stdin else None)
    with opened() as db:
        set_account(db, hall_code, login, name=None, role=None, agency=None, pin=pin)
    click.echo(f"PIN of {login} set.")


@cli.command()
@click.option("--hall", "hall_code", required=True, metavar="CODE")
@click.option("--keep-going", is_flag=True, help="Report refused lines and continue.")
@click.argument("file", type=click.File("r", encoding="utf-8"))
@refusing
def replay(hall_code: str, keep_going: bool, file: Any) -> None:
    """Carry history in from FILE (JSON lines, oldest first)."""
    from app.replay import replay as carry_in

    with opened() as db:
        result = carry_in(db, hall_code, file, keep_going=keep_going, now=now())
    for refused in result.refused:
        click.echo(str(refused), err=True)
    click.echo(f"{result.done} lines carried in, {len(result.refused)} refused.")
    if result.refused:
        sys.exit(1)


@cli.command()
@click.option("--hall", "hall_code", required=True, metavar="CODE")
@click.option("--at", "at", metavar="TIME", help="A past moment, ISO 8601 with offset; default now.")
@click.option("--json", "as_json", is_flag=True)
@refusing
def floor(hall_code: str, at: str | None, as_json: bool) -> None:
    """Every counter now, or at a past moment: state, cause, since when, who waits."""
    from staffing.floor import floor as look
    from staffing.floor_view import as_text, plain

    moment = moment_of(at) if at else now()
    with opened() as db:
        seen = look(db, hall_code, moment)
    if as_json:
        click.echo(json.dumps(plain(seen, role="manager"), ensure_ascii=False, indent=2))
    else:
        click.echo(as_text(seen))


@cli.command()
@click.option("--json", "as_json", is_flag=True)
@refusing
def verify(as_json: bool) -> None:
    """Check the database against the promises; name every breach."""
    from dataclasses import asdict

    from app.verify import verify as check

    with opened() as db:
        breaches = check(db)
    if as_json:
        click.echo(json.dumps([asdict(b) for b in breaches], ensure_ascii=False, indent=2))
    else:
        for breach in breaches:
            click.echo(f"{breach.promise} {breach.hall}: {breach.what}", err=True)
        click.echo("No breach found." if not breaches else f"{len(breaches)} breaches.")
    if breaches:
        sys.exit(1)


@cli.command()
@click.option("--json", "as_json", is_flag=True)
@refusing
def doctor(as_json: bool) -> None:
    """Examine machine, settings, database, printers and voice."""
    from dataclasses import asdict

    from app.doctor import examine

    findings = examine(read_settings())
    if as_json:
        click.echo(json.dumps([asdict(f) for f in findings], ensure_ascii=False, indent=2))
    else:
        for f in findings:
            click.echo(f"{f.level:<8} {f.topic:<12} {f.message}")
    if any(f.level == "fault" for f in findings):
        sys.exit(1)


@cli.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@refusing
def backup(file: Path) -> None:
    """Write a consistent copy of the database to FILE, while the server runs."""
    from app.backup import backup as copy

    with opened() as db:
        copy(db, file)
    click.echo(f"Backup written to {file}.")


@cli.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@refusing
def restore(file: Path) -> None:
    """Put a backup in place of the database. The server must be stopped; what was there is kept beside it."""
    from app.backup import restore as put_back

    click.echo(put_back(file, read_settings(), now()))


@cli.command("printer-agent")
@click.option(
    "--server", required=True, metavar="URL", help="The hall's server, for example https://antre.example.go.id"
)
@click.option("--hall", "hall_code", required=True, metavar="CODE")
@click.option("--printer", required=True, metavar="CODE", help="The printer's code in the hall file.")
@click.option("--kind", required=True, type=click.Choice(["network", "usb", "serial", "file"]))
@click.option("--address", required=True, help="host:port, vendor:product, /dev/ttyUSB0,9600 or /dev/usb/lp0")
@click.option("--width", type=click.Choice(["58", "80"]), default="80", show_default=True, help="Paper width in mm.")
@click.option(
    "--token-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Else ANTRE_AGENT_TOKEN."
)
@click.option(
    "--state", type=click.Path(dir_okay=False, path_type=Path), default=Path("printer-agent.json"), show_default=True
)
@refusing
def printer_agent(
    server: str, hall_code: str, printer: str, kind: str, address: str, width: str, token_file: Path | None, state: Path
) -> None:
    """Drive this computer's own slip printer for the server. Runs until it is stopped."""
    import signal
    import threading

    from adapters.printers.agent import PrinterAgent
    from adapters.printers.devices import PrinterConfig

    secret = token_file.read_text().strip() if token_file else os.environ.get("ANTRE_AGENT_TOKEN", "")
    if not secret:
        raise Stop("No token: give --token-file or ANTRE_AGENT_TOKEN.")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    config = PrinterConfig(kind, address, int(width))
    PrinterAgent(server, secret, hall_code, printer, config, state_file=state).run(stop)


@cli.command()
@refusing
def demo() -> None:
    """A living hall with invented people on a working morning, on this machine only."""
    from app.demo import run

    run(read_settings())


cli.add_command(absences)
cli.add_command(presensi)
cli.add_command(vacancies)
cli.add_command(messages)


def main() -> None:
    """The entry point. What it writes (database, secret, backups) is nobody else's to read."""
    os.umask(0o077)
    if sys.argv[1:2] == ["serve"]:
        leave_when_asked()
    cli()


if __name__ == "__main__":
    main()

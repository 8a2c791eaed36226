"""Another process that migrates, for tests: ``python -m tests.conformance.migrating URL [DIES_AT]``."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from alembic import op

from hall.database import Database
from hall.errors import Refusal
from hall.schema import migrate


def dying_at(step: int, die: Callable[[], None]) -> Callable[..., Any]:
    """``op.create_table`` whose call number ``step``, from 1 on, is made and then ends badly."""
    make, made = op.create_table, iter(range(1, 1000))

    def create_table(*given: Any, **named: Any) -> Any:
        table = make(*given, **named)
        if next(made) == step:
            die()
        return table

    return create_table


def main(url: str, dies_at: int) -> int:
    """Waits for a line, then migrates; killed as by the kernel at that table. 1 when refused."""
    if dies_at:
        op.create_table = dying_at(dies_at, lambda: os.kill(os.getpid(), signal.SIGKILL))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    database = Database(url)
    try:
        migrate(database)
    except Refusal as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    finally:
        database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0))

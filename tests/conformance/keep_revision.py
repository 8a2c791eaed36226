"""Keeps the story at the newest revision, before a migration follows: ``python -m tests.conformance.keep_revision``."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

from hall.database import Database, sqlite_url
from hall.schema import migrate, newest
from tests.conformance.revisions import KEPT, held, keep
from tests.conformance.test_verbs import tell


def main() -> None:
    """Tells the story once and writes all that it left behind."""
    with tempfile.TemporaryDirectory() as folder, closing(Database(sqlite_url(Path(folder) / "antre.db"))) as database:
        migrate(database)
        tell(database)
        keep(KEPT / f"{newest()}.json", held(database))


if __name__ == "__main__":
    main()

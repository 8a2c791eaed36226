"""What a database says when it cannot work, told as refusals; faults of this program stay what they are."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import RootTransaction
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hall.errors import Unavailable, unstorable
from hall.fairness import LockTimeout, LockUnusable

log = logging.getLogger("antre.database")

AT_THE_COMMIT = "at the commit"
FAULTS_OF_A_STATEMENT = (IntegrityError, ProgrammingError, NotSupportedError, DataError)  # the database itself is well


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what a database says when it cannot work into a refusal. Faults of this program pass as they are."""
    try:
        yield
    except (DataError, UnicodeError) as fault:  # a NUL, half a character; on PostgreSQL also longer than its column
        raise unstorable() from fault
    except FAULTS_OF_A_STATEMENT:
        raise
    except (DBAPIError, PoolTimeout, sqlite3.Error, LockTimeout, LockUnusable) as fault:
        raise unavailable(fault) from fault


def commit(transaction: RootTransaction) -> None:
    """Commits; a fault that it meets is marked. What was on its way to the disk may yet be found there after a cut."""
    try:
        transaction.commit()
    except BaseException as fault:
        fault.add_note(AT_THE_COMMIT)
        raise


def unavailable(fault: BaseException) -> Unavailable:
    """The refusal that tells people what a database fault means for them; the log tells the operator which it was."""
    log.error("the database cannot be used: %s", fault.orig if isinstance(fault, DBAPIError) else fault)
    text = str(fault.orig if isinstance(fault, DBAPIError) else fault).lower()
    if any(word in text for word in ("full", "no space left", "disk quota")):
        code, what = "disk_full", "Penyimpanan penuh. Tidak ada yang dicatat; hubungi petugas."
    elif isinstance(fault, LockTimeout) or any(word in text for word in ("locked", "busy", "lock timeout")):
        code, what = "database_locked", "Basis data sedang terkunci. Tidak ada yang dicatat; silakan coba lagi."
    else:
        code, what = "database_unavailable", "Basis data tidak dapat dipakai. Tidak ada yang dicatat; hubungi petugas."
        if AT_THE_COMMIT in getattr(fault, "__notes__", ()):
            what = "Basis data terganggu saat mencatat. Belum pasti tercatat; silakan coba lagi atau hubungi petugas."
    return Unavailable(code, what)

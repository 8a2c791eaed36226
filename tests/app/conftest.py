"""What the tests of this room share."""

from __future__ import annotations

import pytest

from app.settings import Settings
from hall.database import Database
from hall.people import set_account
from tests.app.visit import settings_of
from tests.cast import BIMA, GALIH, SARI


@pytest.fixture
def home(contoh: Database) -> Settings:
    """The small hall in good order: everybody has a PIN, somebody manages it."""
    for person in (SARI, BIMA, GALIH):
        set_account(contoh, "contoh", person.nip, name=None, role=None, agency=None, pin="482915")
    set_account(contoh, "contoh", "kelola", name="Pengelola Uji", role="manager", agency=None, pin="482915")
    contoh.path.chmod(0o600)
    return settings_of(contoh)

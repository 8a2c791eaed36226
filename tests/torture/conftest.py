"""The tally that a torture test keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.torture.tally import Tally, as_row


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Iterator[Tally]:
    """The account of this test's attack; it stands in the table at the end whether the test passes or not."""
    kept = Tally()
    yield kept
    record_property("tally", as_row(kept))

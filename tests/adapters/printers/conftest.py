"""A pretend printer for every test that wants one, and the slips that the tests print."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from adapters.printers.devices import Printer, PrinterConfig, open_printer
from adapters.printers.pretend import PretendPrinter


@pytest.fixture
def pretend() -> Iterator[PretendPrinter]:
    with PretendPrinter() as printer:
        yield printer


@pytest.fixture
def printer(pretend: PretendPrinter) -> Printer:
    """The house's own way to the pretend printer."""
    return open_printer(PrinterConfig("network", pretend.address))

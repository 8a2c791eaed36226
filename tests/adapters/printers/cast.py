"""Slips of invented citizens, shared by the tests of the paper."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from adapters.printers.slip import Slip

URL = "https://antre.blora.example/t/9hXq2mPz7LkRw4TnB8sVdA"


def make_slip(**changes: Any) -> Slip:
    """A slip of the hall of Blora, with ``changes``."""
    values: dict[str, Any] = {
        "hall_name": "Mal Pelayanan Publik Blora",
        "regency": "Kabupaten Blora",
        "agency": "Dinas Kependudukan dan Pencatatan Sipil",
        "service": "Perekaman dan Pencetakan KTP Elektronik",
        "number": "A-012",
        "issued_at": datetime(2026, 11, 21, 1, 0, tzinfo=UTC),
        "zone": "Asia/Jakarta",
        "ahead": 7,
        "estimate": (10, 25),
        "url": URL,
        "closing": "Terima kasih atas kesabaran Anda",
    }
    return Slip(**{**values, **changes})

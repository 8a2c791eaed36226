"""The description of the HTTP interface (OpenAPI 3.1), put together from its readable pieces."""

from __future__ import annotations

from typing import Any


def document() -> dict[str, Any]:
    """The whole OpenAPI document as plain values."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Antre", "version": "1.0.0", "summary": "The queue of a service hall"},
        "paths": {},
    }

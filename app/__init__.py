"""Puts the house together: factory, settings, doors, sockets, couriers, command line."""

from __future__ import annotations

from typing import Any


def create_app(*given: Any, **named: Any) -> Any:
    """See :func:`app.factory.create_app`. Imported late, so that ``antre --help`` does not load the whole house."""
    from app.factory import create_app as make

    return make(*given, **named)

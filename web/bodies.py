"""Reads JSON bodies: malformed is 400, too large 413, wrong types and unknown fields 422, each with a code."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import request

from hall.errors import BadRequest, Invalid

_STRANGE = re.compile(r"[\0\ud800-\udfff]")
LARGEST = 64 * 1024  # bytes; nothing that a kiosk or console sends comes near it
KINDS = {str: "teks", bool: "true atau false", int: "bilangan bulat", list: "daftar"}


class Field:
    """One field of a body: its JSON type, whether it may be missing or null, and how long a text may be."""

    def __init__(
        self, kind: type, *, optional: bool = False, default: Any = None, longest: int = 200, shortest: int = 1
    ) -> None:
        self.kind, self.optional, self.default = kind, optional, default
        self.longest, self.shortest = longest, shortest


def text(*, optional: bool = False, longest: int = 200, shortest: int = 1) -> Field:
    """A text of ``shortest`` to ``longest`` characters."""
    return Field(str, optional=optional, longest=longest, shortest=shortest)


def flag() -> Field:
    """true or false; false when missing."""
    return Field(bool, optional=True, default=False)


def read_json(**fields: Field) -> dict[str, Any]:
    """The request's JSON object with exactly these fields.

    Raises :class:`BadRequest` (``bad_json``) and :class:`Invalid` (``not_an_object``, ``unknown_field``,
    ``missing_field``, ``wrong_type``), each naming the field.
    """
    raw = request.get_data(cache=True)
    try:
        body = json.loads(raw.decode("utf-8")) if raw else {}
    except (UnicodeDecodeError, ValueError, RecursionError) as fault:
        raise BadRequest("bad_json", "Isi permintaan bukan JSON yang sah.") from fault
    if not isinstance(body, dict):
        raise Invalid("not_an_object", "Isi permintaan harus berupa objek JSON.")
    for name in body:
        if name not in fields:
            raise Invalid("unknown_field", f"Isian {name!r:.60} tidak dikenal.", field=_STRANGE.sub("?", name[:60]))
    return {name: _value(name, body.get(name), field) for name, field in fields.items()}


def _value(name: str, value: Any, field: Field) -> Any:
    if value is None:
        if field.optional:
            return field.default
        raise Invalid("missing_field", f"Isian {name!r} harus ada.", field=name)
    if type(value) is not field.kind:
        raise Invalid("wrong_type", f"Isian {name!r} harus berupa {KINDS[field.kind]}.", field=name)
    if _has_strange(value):  # no database, no hash and no answer takes these
        raise Invalid("wrong_type", f"Isian {name!r} memuat karakter yang tidak sah.", field=name)
    if isinstance(value, str) and not field.shortest <= len(value) <= field.longest:
        span = f"{field.shortest} sampai {field.longest}"
        raise Invalid("wrong_length", f"Isian {name!r} harus {span} karakter.", field=name)
    return value


def _has_strange(value: Any) -> bool:
    """Whether a text anywhere in a JSON value holds a NUL or half a character."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, str) and _STRANGE.search(one):
            return True
        if isinstance(one, dict):
            left += [*one, *one.values()]
        elif isinstance(one, list):
            left += one
    return False

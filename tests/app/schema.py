"""Holds values against the schemas of the description, strictly: what is not described may not be there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from app.openapi import document

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema behind a reference."""
    while "$ref" in schema:
        found: Any = document()
        for word in schema["$ref"].removeprefix("#/").split("/"):
            found = found[word]
        schema = found
    return schema


def faults(value: Any, schema: dict[str, Any], where: str = "$", *, closed: bool = True) -> list[str]:
    """Everything in which ``value`` is not what ``schema`` says; ``closed``: an undescribed field is a fault."""
    schema = resolve(schema)
    if "anyOf" in schema:
        tries = [faults(value, part, where, closed=closed) for part in schema["anyOf"]]
        return [] if any(not t for t in tries) else min(tries, key=len)
    found = [f for part in schema.get("allOf", ()) for f in faults(value, part, where, closed=False)]
    if "type" in schema and not _has_type(value, schema["type"]):
        return [*found, f"{where}: {value!r} is no {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is none of {schema['enum']}")
    if isinstance(value, str) and not _has_format(value, schema.get("format")):
        found.append(f"{where}: {value!r} is no {schema['format']}")
    if isinstance(value, list):
        for nr, item in enumerate(value):
            found += faults(item, schema.get("items", {}), f"{where}[{nr}]", closed=closed)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [f"{where}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        if closed and known:
            found += [f"{where}.{name} is not described" for name in value if name not in known]
        for name, part in known.items():
            if name in value:
                found += faults(value[name], part, f"{where}.{name}", closed=closed)
    return found


def _has_type(value: Any, wanted: str | list[str]) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, kind) for name in names for kind in TYPES[name])


def _has_format(value: str, wanted: str | None) -> bool:
    try:
        if wanted == "date-time":
            return datetime.fromisoformat(value).utcoffset() is not None
        if wanted == "date":
            return bool(date.fromisoformat(value))
    except ValueError:
        return False
    return True

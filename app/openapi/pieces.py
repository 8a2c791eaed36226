"""The small pieces the description is made of: kinds of values, an operation, and its refusals."""

from __future__ import annotations

from typing import Any

from app.doors import DOORS
from app.openapi.codes import CODES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
DECIMAL: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
MOMENT: Schema = {"type": "string", "format": "date-time", "description": "ISO 8601 with offset, in the hall's zone"}
DAY: Schema = {"type": "string", "format": "date"}


def ref(name: str) -> Schema:
    """One of the named schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def maybe(schema: Schema) -> Schema:
    """The schema, or null."""
    if "$ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    if "enum" in schema:
        return schema | {"type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    return schema | {"type": [schema["type"], "null"]}


def one_of(*values: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(values)}


def many(schema: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": schema}


def told(schema: Schema, what: str) -> Schema:
    """The schema with a description."""
    return schema | {"description": what}


def record(_optional: dict[str, Schema] | None = None, /, **fields: Schema) -> Schema:
    """An object: ``fields`` are always there, ``_optional`` may be missing."""
    known = fields | (_optional or {})
    # a name that is a word of Python is written with a line at its end
    properties = {name.rstrip("_"): schema for name, schema in known.items()}
    schema: Schema = {"type": "object", "properties": properties}
    required = [name.rstrip("_") for name in fields]
    return schema | ({"required": required} if required else {})


def path(*names: str) -> list[dict[str, Any]]:
    """Parameters in the address."""
    words = {
        "hall": "The hall's code",
        "counter": "The counter's code",
        "printer": "The printer's code",
        "ticket_id": "The ticket's id",
        "job_id": "The print job's id",
        "seq": "A line of the journal",
        "absence_id": "The absence's id",
        "entry_id": "The entry's id",
        "flag_id": "The flag's id",
        "case_id": "The case's id",
        "nr": "The number of a letter within its case",
    }
    numbers = ("seq", "nr")
    return [
        {"name": n, "in": "path", "required": True, "description": words[n], "schema": NUMBER if n in numbers else TEXT}
        for n in names
    ]


def query(name: str, schema: Schema, what: str) -> dict[str, Any]:
    """An optional parameter behind the question mark."""
    return {"name": name, "in": "query", "required": False, "description": what, "schema": schema}


ONCE = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 128 printable ASCII characters. The same key again: the same answer, and nothing new.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128},
}


def operation(
    door: str,
    summary: str,
    *,
    tag: str,
    parameters: list[dict[str, Any]] | None = None,
    body: tuple[Schema, Any] | None = None,
    answers: dict[int, tuple[str, Schema | None, Any]],
    codes: tuple[str, ...] = (),
    changes: bool = False,
    media: str = "application/json",
) -> dict[str, Any]:
    """One operation. ``door`` is the endpoint: who may enter is taken from the table that decides it.

    ``answers``: status -> (description, schema, example); ``codes``: the refusals of its own; those that every
    operation of its kind may answer are added. ``changes``: it writes, and a browser needs the CSRF header.
    """
    entry = DOORS[door]
    known: dict[str, Any] = {
        "operationId": door.replace(".", "_"),
        "summary": summary,
        "tags": [tag],
        "security": _security(entry.public, changes),
        "responses": {str(status): _answer(answer, media) for status, answer in answers.items()}
        | _problems(_all_codes(entry.public, parameters or [], body, codes, changes)),
    }
    if entry.roles:
        known["description"] = f"For {', '.join(entry.roles)}{', and everybody else' if entry.public else ''}."
    if parameters:
        known["parameters"] = parameters
    if body is not None:
        schema, example = body
        content = {"application/json": {"schema": schema, "example": example}}
        known["requestBody"] = {"required": bool(schema.get("required")), "content": content}
    return known


def _security(public: bool, changes: bool) -> list[dict[str, list[str]]]:
    browser: dict[str, list[str]] = {"session": [], "csrf": []} if changes else {"session": []}
    return [*([{}] if public else []), {"bearer": []}, browser]


def _answer(answer: tuple[str, Schema | None, Any], media: str) -> dict[str, Any]:
    what, schema, example = answer
    if schema is None:
        return {"description": what}
    content = {"schema": schema} | ({"example": example} if example is not None else {})
    return {"description": what, "content": {media: content}}


def _all_codes(
    public: bool, parameters: list[dict[str, Any]], body: Any, codes: tuple[str, ...], changes: bool
) -> list[str]:
    found = [*codes, "bad_token", "internal", "database_unavailable"]
    if not public:
        found += ["sign_in_needed", "not_allowed"]
    names = {p["name"] for p in parameters}
    if "hall" in names:
        found += ["unknown_hall"] + ([] if public else ["other_hall"])
    if "counter" in names:
        found.append("unknown_counter")
    if "ticket_id" in names:
        found += ["unknown_ticket"] + ([] if public else ["other_hall"])
    if "Idempotency-Key" in names:
        found += ["bad_key", "key_reused"]
    if changes:
        found += [
            "bad_csrf",
            "cross_site",
            "bad_json",
            "not_an_object",
            "unknown_field",
            "too_large",
            "disk_full",
            "database_locked",
        ]
        found.append("unstorable")
    if body is not None:
        found += ["missing_field", "wrong_type", "wrong_length"]
    return sorted(set(found))


def _problems(codes: list[str]) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(CODES[code][0], []).append(code)
    return {str(status): _problem(status, known) for status, known in sorted(by_status.items())}


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    meanings = "\n".join(f"- `{code}`: {CODES[code][1]}" for code in codes)
    schema = {"allOf": [ref("Problem"), {"type": "object", "properties": {"code": {"enum": codes}}}]}
    example = {
        "type": f"urn:antre:problem:{codes[0]}",
        "title": TITLES[status],
        "status": status,
        "detail": "Kalimat untuk orang yang bertanya.",
        "code": codes[0],
    }
    return {
        "description": meanings,
        "content": {"application/problem+json": {"schema": schema, "example": example}},
    }


TITLES = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict",
    413: "Request Entity Too Large", 422: "Unprocessable Entity", 429: "Too Many Requests",
    500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip

"""Finds the verbs of the house: public functions below the faces that open a hall's turn, themselves or by a helper."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.cast import ROOT

ROOMS = ("hall", "queueing", "staffing")
NONE_OF_THEM = {"hall.turn"}  # the turn itself


def verbs() -> set[str]:
    """``room.module.name`` of every verb, by the source."""
    found = set()
    for room in ROOMS:
        for path in sorted((ROOT / room).glob("*.py")):
            module = f"{room}.{path.stem}"
            if module not in NONE_OF_THEM:
                found |= {f"{module}.{name}" for name in _opening(path)}
    return found


def _opening(path: Path) -> set[str]:
    """The public names of a module whose call ends in a ``turn(...)`` of the same module."""
    calls: dict[str, set[str]] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            calls[node.name] = _called(node)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):  # start = _simple("start", ...)
            calls[node.targets[0].id] = _called(node)
    opening: set[str] = {"turn"}
    while more := {name for name, called in calls.items() if called & opening} - opening:
        opening |= more
    return {name for name in opening - {"turn"} if not name.startswith("_")}


def _called(node: ast.AST) -> set[str]:
    return {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}

"""What belongs to the house: its own files, found the way a reader would, without what tools left lying about."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("app", "kiosk", "counter", "display", "admin", "adapters", "web", "staffing", "queueing", "hall")
TREES = (*ROOMS, "bench", "tests", "deploy", "docs", "scripts", ".ci")
FOREIGN = {"node_modules", "vendor", "__pycache__", "fonts"}


def files(*endings: str, trees: tuple[str, ...] = TREES) -> list[Path]:
    """The project's own files with these endings (all, if none are given), sorted; top-level files come with TREES."""
    found = [p for p in ROOT.iterdir() if p.is_file()] if trees == TREES else []
    for tree in trees:
        found += [p for p in (ROOT / tree).rglob("*") if p.is_file() and not FOREIGN & set(p.relative_to(ROOT).parts)]
    return sorted(p for p in found if not endings or p.suffix in endings)


def modules() -> list[Path]:
    """Every module of the rooms, without migrations."""
    return [p for p in files(".py", trees=ROOMS) if "migrations" not in p.parts]


def name(path: Path) -> str:
    """The path as a reader of this repository calls it."""
    return path.relative_to(ROOT).as_posix()


def place(path: Path, node: ast.AST) -> str:
    """Where in a module something stands."""
    return f"{name(path)}:{getattr(node, 'lineno', 0)}"


def nodes(path: Path) -> Iterator[ast.AST]:
    """Every node of a module's syntax tree."""
    return ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))

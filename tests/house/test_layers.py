"""The arrows between the rooms point downwards, and every room is under the contracts."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.house.sources import ROOMS, ROOT, modules, nodes, place

CORE = ("hall", "queueing", "staffing")
LINT = Path(sys.executable).parent / "lint-imports"


def test_the_import_contracts_are_kept() -> None:
    done = subprocess.run([LINT, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


def test_every_room_is_under_the_contracts_and_in_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert set(project["importlinter"]["root_packages"]) == set(ROOMS)
    assert {p for p in project["setuptools"]["packages"]["find"]["include"] if "." not in p} == set(ROOMS)
    assert set(ROOMS) < set(project["mypy"]["files"])
    packages = {p.parent.name for p in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    assert packages == set(ROOMS), "a package that no contract knows"


def opens_a_transaction(path: Path) -> list[str]:
    """Where a module takes a turn or asks the database for its writing side."""
    return [
        place(path, node)
        for node in nodes(path)
        if (isinstance(node, ast.Attribute) and node.attr in ("writing", "checkpoint"))
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "hall.turn"
            and {alias.name for alias in node.names} & {"turn", "batch", "Turn", "Batch"}
        )
        or (isinstance(node, ast.Import) and "hall.turn" in {alias.name for alias in node.names})
    ]


def test_only_verbs_and_the_command_line_open_a_transaction() -> None:
    outside = [path for path in modules() if path.relative_to(ROOT).parts[0] not in (*CORE, "app")]
    assert len(outside) > 20
    assert [where for path in outside for where in opens_a_transaction(path)] == []
    assert opens_a_transaction(ROOT / "queueing" / "issuing.py"), "the guard knows a turn when it sees one"

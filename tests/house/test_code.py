"""The code keeps two habits that no linter knows well enough: aware time from one clock, and no swallowed exception."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import modules, name, nodes, place

CLOCK = "hall/clock.py"
OF_DATES = {"datetime", "date", "datetime.datetime", "datetime.date", "dt.datetime", "dt.date"}
OF_TIME = {"time.time", "time.localtime", "time.ctime", "time.strftime"}
BROAD = {"Exception", "BaseException"}


def looks_at_the_wall_clock(path: Path) -> Iterator[ast.AST]:
    """Calls that ask the machine what time it is, or make a time without a zone."""
    for node in nodes(path):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner, verb = ast.unparse(node.func.value), node.func.attr
        without_zone = verb == "fromtimestamp" and len(node.args) + len(node.keywords) < 2
        asks = verb in ("now", "utcnow", "today", "utcfromtimestamp")
        if (owner in OF_DATES and (asks or without_zone)) or f"{owner}.{verb}" in OF_TIME:
            yield node


def swallows(path: Path) -> Iterator[ast.AST]:
    """Handlers that catch everything and tell nobody: no raise, no use of the exception, no log line with it."""
    for node in nodes(path):
        if (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith("suppress")
            and {ast.unparse(arg) for arg in node.args} & BROAD
        ):
            yield node
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type] if node.type else []
        if node.type is not None and not {ast.unparse(one) for one in caught} & BROAD:
            continue
        inside = [inner for statement in node.body for inner in ast.walk(statement)]
        told = any(
            isinstance(inner, ast.Raise)
            or (isinstance(inner, ast.Name) and inner.id == node.name)
            or (isinstance(inner, ast.Attribute) and inner.attr == "exception")
            for inner in inside
        )
        if not told:
            yield node


@pytest.mark.parametrize("path", modules(), ids=name)
def test_only_the_clock_asks_what_time_it_is(path: Path) -> None:
    guilty = [place(path, node) for node in looks_at_the_wall_clock(path)]
    assert name(path) == CLOCK or guilty == [], "functions take now; hall/clock.py asks the machine"


@pytest.mark.parametrize("path", modules(), ids=name)
def test_no_exception_is_swallowed(path: Path) -> None:
    assert [place(path, node) for node in swallows(path)] == []


def test_the_guards_see_what_they_guard_against(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text(
        "from datetime import datetime, date\nimport time, contextlib\n"
        "a = datetime.now(), datetime.utcnow(), date.today(), time.time(), datetime.fromtimestamp(1)\n"
        "try:\n    a\nexcept Exception:\n    pass\n"
        "try:\n    a\nexcept:\n    pass\n"
        "try:\n    a\nexcept (ValueError, BaseException) as fault:\n    print('hm')\n"
        "with contextlib.suppress(Exception):\n    a\n"
        "try:\n    a\nexcept Exception as fault:\n    print(fault)\n"
        "try:\n    a\nexcept ValueError:\n    pass\n"
    )
    assert len(list(looks_at_the_wall_clock(bad))) == 5
    assert len(list(swallows(bad))) == 4

"""Files stay small, say what they are for, carry no name that shadows and no trace of one machine."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.house.sources import ROOT, files, modules, name

MOST_LINES = 400
LONG_BY_NATURE = ("hall/migrations/versions/", "hall/data/")
TEXTS = (
    ".py",
    ".js",
    ".css",
    ".html",
    ".toml",
    ".md",
    ".json",
    ".jsonl",
    ".sh",
    ".conf",
    ".service",
    ".timer",
    ".po",
    "",
)
HERE = Path(__file__)


def test_there_are_files_to_look_at() -> None:
    assert len(modules()) > 50
    assert ROOT / "Makefile" in files("")


def test_no_file_is_a_whale() -> None:
    whales = {
        name(path): lines
        for path in files(".py", ".js", ".css", ".html")
        if not name(path).startswith(LONG_BY_NATURE)
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert whales == {}, f"more than {MOST_LINES} lines: find the second noun in the file and give it its own"


@pytest.mark.parametrize("path", modules(), ids=name)
def test_a_module_says_in_one_sentence_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    if docstring is None:
        assert not text.strip(), "a module with code needs a docstring"
        return
    first, _, rest = docstring.partition("\n")
    assert first.endswith((".", "!", ":")), f"not a sentence: {first!r}"
    assert not re.search(r"[.!?]\s+[A-Z]", first), f"more than one sentence: {first!r}"
    assert not rest or rest.startswith("\n"), "an empty line follows the first"


def test_no_module_shadows_the_standard_library() -> None:
    import sys

    shadows = [name(path) for path in modules() if path.parent == ROOT and path.stem in sys.stdlib_module_names]
    packages = [p.parent.name for p in ROOT.glob("*/__init__.py") if p.parent.name in sys.stdlib_module_names]
    called_queue = [name(p) for p in modules() if p.stem == "queue"]
    assert shadows + packages + called_queue == []


def test_every_folder_of_tests_is_a_package() -> None:
    """Without ``__init__.py``, ``tests/kiosk`` would shadow ``kiosk``."""
    folders = {path.parent for path in files(".py", trees=("tests",))}
    assert [name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


def test_no_test_hides_behind_a_name_that_pytest_does_not_collect() -> None:
    lonely = [
        f"{name(path)}:{node.lineno} {node.name}"
        for path in files(".py", trees=("tests",))
        if path.name.startswith("test_")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
        and not node.name.startswith("test_")
        and not node.decorator_list
        and (node.returns is None or ast.unparse(node.returns) == "None")
        and any(isinstance(inner, ast.Assert) for inner in ast.walk(node))
        and path.read_text(encoding="utf-8").count(node.name) == 1
    ]
    assert lonely == [], "asserts something, but nobody calls it"


def test_no_test_is_skipped() -> None:
    words = re.compile(r"pytest\.(skip|xfail|importorskip)\b|mark\.(skip|skipif|xfail)\b|unittest\.skip")
    skipping = [
        name(p) for p in files(".py", trees=("tests",)) if p != HERE and words.search(p.read_text(encoding="utf-8"))
    ]
    assert skipping == []


def found(pattern: str, *, flags: re.RegexFlag = re.NOFLAG, besides: tuple[str, ...] = ()) -> list[str]:
    """Every line of the project's texts in which ``pattern`` occurs, except in this file and ``besides``."""
    search = re.compile(pattern, flags)
    return [
        f"{name(path)}:{number} {line.strip()[:100]}"
        for path in files(*TEXTS)
        if path != HERE and name(path) not in besides and path.name not in ("LICENSE", ".DS_Store")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if search.search(line)
    ]


def test_no_path_of_somebodys_machine() -> None:
    assert found(r"(?<![\w.])/(work|root|tmp|Users)/|(?<![\w.])/home/(?!kiosk\b|antre\b)") == []


def test_no_registry_is_named() -> None:
    assert found(r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|index-url\s*=|--(extra-)?index-url\b") == []


def test_words_are_spelled_as_the_dictionary_has_them() -> None:
    besides = ("tests/house/test_templates.py", "CONTRIBUTING.md")  # they name the wrong words to refuse them
    assert found(r"\bantrian\b|\bsilahkan\b|\bjum'?at'|\bijin\b|\bjum’at\b", flags=re.IGNORECASE, besides=besides) == []


def test_no_work_is_left_for_later() -> None:
    assert found(r"\b(TODO|FIXME|XXX|HACK)\b") == []

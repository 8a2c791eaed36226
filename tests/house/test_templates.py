"""Templates, sheets and scripts keep the house's promises: nothing inline, no host outside, sound HTML, real files."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import html5lib
import pytest
from flask import Flask, render_template
from flask_babel import Babel

from web import bp as web

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("web", "kiosk", "counter", "display", "admin")
TEMPLATES = sorted(p for room in ROOMS for p in (ROOT / room / "templates").rglob("*.html"))
STATIC = sorted(p for room in ROOMS for p in (ROOT / room / "static").rglob("*") if p.is_file())
VENDOR = ROOT / "web" / "static" / "vendor"
SHEETS = [p for p in STATIC if p.suffix == ".css"]
SCRIPTS = [p for p in STATIC if p.suffix == ".js" and VENDOR not in p.parents]

# The parser sees a template without the conditions of its branches: an attribute may then stand twice.
OF_THE_METHOD = {"duplicate-attribute", "expected-doctype-but-got-start-tag", "expected-doctype-but-got-chars"}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def bare(text: str, word: str = "kata") -> str:
    """A template without Jinja: comments and statements vanish, expressions become a word."""
    text = re.sub(r"{#.*?#}|{%.*?%}", "", text, flags=re.DOTALL)
    return re.sub(r"{{.*?}}", word, text, flags=re.DOTALL).strip()


def pieces(path: Path) -> list[str]:
    """The page itself and each macro on its own: a macro's rows stand in a table only where it is called."""
    text = path.read_text(encoding="utf-8")
    macro = r"{%-?\s*macro\b.*?%}(.*?){%-?\s*endmacro\s*-?%}"
    found = [re.sub(macro, "", text, flags=re.DOTALL), *re.findall(macro, text, flags=re.DOTALL)]
    return [bare(piece, word="") for piece in found]


def around(piece: str) -> str:
    """The element that a piece of HTML may stand in."""
    first = re.match(r"<(\w+)", piece)
    return {"td": "tr", "th": "tr", "tr": "tbody"}.get(first[1].lower() if first else "", "body")


def tags(path: Path) -> list[str]:
    return re.findall(r"<[a-zA-Z][^>]*>", bare(path.read_text(encoding="utf-8")))


def test_there_are_templates_sheets_and_scripts_to_look_at() -> None:
    assert TEMPLATES and SHEETS and SCRIPTS


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_has_no_inline_script_style_or_handler(path: Path) -> None:
    for tag in tags(path):
        assert not re.search(r"\s(style|on[a-z]+)\s*=", tag, flags=re.IGNORECASE), tag
        assert "javascript:" not in tag.lower(), tag
        assert not tag.lower().startswith("<style"), tag
        if tag.lower().startswith("<script"):
            assert re.search(r'\ssrc="kata"', tag), f"a script without an own file: {tag}"
    assert "|safe" not in re.sub(r"\s", "", path.read_text(encoding="utf-8")), "text is escaped, always"


@pytest.mark.parametrize("path", [*TEMPLATES, *SHEETS, *SCRIPTS], ids=name)
def test_nothing_is_fetched_from_a_host_outside(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    text = re.sub(r"/\*.*?\*/|{#.*?#}", "", text, flags=re.DOTALL)
    assert re.findall(r"(?:https?|wss?)://[^\s\"'`$]+|[\"'(]//[a-z]", text) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_is_sound_html(path: Path) -> None:
    for piece in pieces(path):
        parser = html5lib.HTMLParser(strict=False)
        if piece.lower().startswith("<!doctype"):
            parser.parse(piece)
        else:
            parser.parseFragment(piece, container=around(piece))
        faults = [(where, code, detail) for where, code, detail in parser.errors if code not in OF_THE_METHOD]
        assert faults == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_names_only_files_that_exist(path: Path) -> None:
    named = re.findall(r"url_for\(\s*['\"](\w+)\.static['\"],\s*filename=['\"]([^'\"]+)['\"]", path.read_text("utf-8"))
    assert [f"{room}/{file}" for room, file in named if not (ROOT / room / "static" / file).is_file()] == []


@pytest.mark.parametrize("path", SHEETS, ids=name)
def test_a_sheet_names_only_files_that_exist(path: Path) -> None:
    # A face's static files are served at /static/<face>/, so "../web/x" from display's sheet is web's file.
    room = path.relative_to(ROOT).parts[0]
    served = Path("/static", room, *path.relative_to(ROOT / room / "static").parts).parent
    missing = []
    for target in re.findall(r"url\(\s*[\"']?([^\"')#]+)", path.read_text(encoding="utf-8")):
        parts: list[str] = []
        for part in (served / target).parts[2:]:
            if part == "..":
                parts.pop()
            else:
                parts.append(part)
        if not (ROOT / parts[0] / "static" / Path(*parts[1:])).is_file():
            missing.append(target)
    assert missing == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_a_script_makes_no_code_or_html_out_of_text(path: Path) -> None:
    risky = r"\.(?:innerHTML|outerHTML)\s*\+?=|insertAdjacentHTML|document\.write|\beval\(|new Function"
    assert re.findall(risky, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_the_words_are_spelled_as_the_house_spells_them(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    assert re.findall(r"\bantrian\b|\bsilahkan\b|\bjum'at\b|\bijin\b", text) == []


def test_what_comes_from_elsewhere_is_what_the_list_says() -> None:
    rows = r"^\| `([^`]+)` .*\| `([0-9a-f]{64})` \|$"
    listed = dict(re.findall(rows, (VENDOR / "VENDORED.md").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for file, wanted in listed.items():
        assert hashlib.sha256((ROOT / "web" / "static" / file).read_bytes()).hexdigest() == wanted, file
    foreign = {name(p).removeprefix("web/static/") for p in STATIC if VENDOR in p.parents or p.suffix == ".woff2"}
    assert {file for file in foreign if file.endswith((".js", ".woff2"))} == set(listed)
    assert any(file.startswith("vendor/LICENSE") for file in foreign)
    assert list((ROOT / "web" / "static" / "fonts").glob("OFL*"))


def page_of(status: int, **more: object) -> str:
    app = Flask("stub", static_folder=None)
    Babel(app, default_locale="id")
    app.register_blueprint(web)
    with app.test_request_context():
        return render_template("web/error.html", status=status, **more)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429, 500, 503])
def test_the_page_for_a_closed_door_is_strictly_sound_html(status: int) -> None:
    page = page_of(status, code="not_found", message="<b>Tidak ada.</b>")
    html5lib.HTMLParser(strict=True).parse(page)
    assert '<html lang="id"' in page
    assert "&lt;b&gt;Tidak ada.&lt;/b&gt;" in page


def test_a_page_of_the_demo_says_so() -> None:
    assert "Demo: jam berdiri pada 09.41" in page_of(404, demo="09.41")
    assert "Demo" not in page_of(404)

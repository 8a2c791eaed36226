"""What stands on the strip that came out of a printer: which numbers, marked or not, whole or in part."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.printers.layout import COPY_MARK
from adapters.printers.pretend import PretendPrinter
from adapters.printers.pretend_paper import Paper


@dataclass(frozen=True, slots=True)
class Printed:
    """One number on paper. ``copy`` is what the mark says, 0 without one; ``whole``: down to the QR code, and cut."""

    number: str
    copy: int
    url: str | None
    whole: bool


def read_strip(printer: PretendPrinter, hall_name: str, numbers: set[str]) -> list[Printed]:
    """Every number that the printer's paper shows, in order; a half slip on the same piece as the next is one more."""
    return [one for paper in [*printer.papers, printer.device.unfinished] for one in _read(paper, hall_name, numbers)]


def _read(paper: Paper, hall_name: str, numbers: set[str]) -> list[Printed]:
    texts = [line.text.strip() for line in paper.lines]
    at = [nr for nr, text in enumerate(texts) if text in numbers]
    found = []
    for which, nr in enumerate(at):
        before = at[which - 1] + 1 if which else 0
        after = at[which + 1] if which + 1 < len(at) else len(texts)
        heads = [row for row in range(before, nr) if texts[row] == hall_name]
        copy = 0
        if heads:  # the mark stands right above the hall's name; further up it belongs to a slip that broke off
            for row in range(max(before, heads[-1] - 3), heads[-1]):
                if texts[row].startswith(COPY_MARK):
                    copy = int(texts[row].rpartition("-")[2])
        codes = [line.qr.payload for line in paper.lines[nr:after] if line.qr]
        last = which == len(at) - 1
        found.append(
            Printed(texts[nr], copy, codes[0] if codes else None, bool(codes) and last and paper.cut is not None)
        )
    return found

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


def run_together(printer: PretendPrinter, hall_name: str) -> list[Paper]:
    """Pieces of paper on which more than one slip stands: half of one and what came after it."""
    papers = [*printer.papers, printer.device.unfinished]
    heads = [[line.text.strip() for line in paper.lines].count(hall_name) for paper in papers]
    return [paper for paper, times in zip(papers, heads, strict=True) if times > 1]


def _read(paper: Paper, hall_name: str, numbers: set[str]) -> list[Printed]:
    texts = [line.text.strip() for line in paper.lines]
    at = [nr for nr, text in enumerate(texts) if text in numbers]
    found = []
    for which, nr in enumerate(at):
        before = at[which - 1] + 1 if which else 0
        after = at[which + 1] if which + 1 < len(at) else len(texts)
        heads = [row for row in range(before, nr) if texts[row] == hall_name]
        mark = heads[-1] - 2 if heads else -1  # an empty line between: anywhere else it belongs to one that broke off
        marked = mark >= before and texts[mark].startswith(COPY_MARK)
        copy = int(texts[mark].rpartition("-")[2]) if marked else 0
        codes = [line.qr.payload for line in paper.lines[nr:after] if line.qr]
        last = which == len(at) - 1
        found.append(
            Printed(texts[nr], copy, codes[0] if codes else None, bool(codes) and last and paper.cut is not None)
        )
    return found

"""Draws a slip on 58 or 80 mm paper: large number, wrapped names, QR code, all in characters the printer has."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING

import segno

from adapters.printers.library import load_escpos
from adapters.printers.slip import Slip

if TYPE_CHECKING:
    from escpos.escpos import Escpos

DOTS = {58: 384, 80: 576}  # printable dots at 8 dots a millimetre
COLUMNS = {58: 32, 80: 48}  # characters of font A (12 dots wide) in a line
CODEPAGES = ("ASCII", "CP437", "CP850", "CP858", "CP1252")
COPY_MARK = "SALINAN / CETAK ULANG"

_LARGEST = 8  # times the normal size, the most that GS ! knows
_QR_DOTS = {58: 232, 80: 288}  # widest QR code: 29 and 36 mm, easy for any phone and still short paper
_QR_MODULE = range(3, 9)  # dots a module; below 3 a worn print head makes it unreadable
_CANCEL_MULTIBYTE = b"\x1c."  # many cheap printers start in Chinese mode and pair up bytes above 127
_LOOKALIKE = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u201a": "'", "\u02bc": "'", "\u02bb": "'", "\u2032": "'",
    "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u00ab": '"', "\u00bb": '"',
    "\u2010": "-", "\u2011": "-", "\u2012": "-", "\u2013": "-", "\u2014": "-", "\u2212": "-",
    "\u2022": "-", "\u00b7": "-", "\u00d7": "x", "\u2044": "/", "\u2192": "->",
    "\u0142": "l", "\u0141": "L", "\u0111": "d", "\u0110": "D", "\u00f8": "o", "\u00d8": "O",
    "\u00df": "ss", "\u1e9e": "SS", "\u00e6": "ae", "\u00c6": "AE", "\u0153": "oe", "\u0152": "OE", "\u0131": "i",
})  # fmt: skip


def render(slip: Slip, width_mm: int, codepage: str = "CP437") -> bytes:
    """The ESC/POS bytes of one slip, from reset to cut. Nothing is sent anywhere.

    ``width_mm`` is 58 or 80, ``codepage`` one of ``CODEPAGES``.
    """
    printer = load_escpos().Dummy()
    draw(printer, slip, width_mm, codepage)
    output: bytes = printer.output
    return output


def draw(printer: Escpos, slip: Slip, width_mm: int, codepage: str = "CP437") -> None:
    """Draws ``slip`` through any python-escpos printer object."""
    columns = COLUMNS[width_mm]
    printer.hw("INIT")
    printer._raw(_CANCEL_MULTIBYTE)
    printer.magic.force_encoding("CP437" if codepage == "ASCII" else codepage)
    pen = _Pen(printer, columns, codepage)

    printer.set(align="center")
    if slip.copy:
        pen.write(f"{COPY_MARK} ke-{slip.copy}", height=2, bold=True, invert=True)
        pen.feed(1)
    pen.write(slip.hall_name, height=2, bold=True)
    pen.write(slip.regency)
    pen.rule()
    pen.write(slip.agency, bold=True)
    pen.write(slip.service)
    pen.feed(1)
    pen.write("NOMOR ANTREAN ANDA")
    size = min(_LARGEST, columns // len(slip.number))
    pen.write(slip.number, width=size, height=max(size, 2), bold=True, smooth=True)
    if slip.priority:
        pen.write("PRIORITAS", width=2, height=2, bold=True)
    pen.feed(1)
    day, time = slip.when
    if len(day) + len(time) < columns:
        pen.write(f"{day} {time}")
    else:  # the break belongs between day and time, not inside the time
        pen.write(day)
        pen.write(time)
    pen.rule()
    pen.write(slip.ahead_text, bold=True)
    pen.write(f"Perkiraan tunggu: {slip.estimate_text}")
    if slip.url:
        pen.feed(1)
        pen.write("Pindai untuk memantau giliran")
        pen.feed(1)  # a printer's own QR code has no quiet zone: text too near makes it hard to read
        _draw_qr(printer, slip.url, width_mm)
        pen.feed(1)
    if slip.closing:
        pen.write(slip.closing)
    printer.cut(mode="PART")


def qr_module_dots(url: str, width_mm: int) -> int:
    """How many dots a module of the QR code of ``url`` gets, so that it is large and still fits the paper."""
    modules = segno.make(url, error="m", micro=False, boost_error=False).symbol_size(border=0)[0]
    fitting = [size for size in _QR_MODULE if modules * size <= _QR_DOTS[width_mm]]
    return fitting[-1] if fitting else _QR_MODULE[0]


def to_codepage(text: str, codepage: str) -> str:
    """``text`` in characters that ``codepage`` has, on one line.

    What the code page lacks becomes its base letter or a lookalike, and ``?`` when there is none: a wrong code page
    makes a name unreadable, a dropped accent does not. Control characters vanish: no name can command the printer.
    """
    kept: list[str] = []
    for char in unicodedata.normalize("NFC", text):
        kept.append(_fit(char, codepage))
    return " ".join("".join(kept).split())


def _fit(char: str, codepage: str) -> str:
    category = unicodedata.category(char)
    if char.isspace():
        return " "
    if category.startswith(("C", "M")):
        return ""
    if _has(char, codepage):
        return char
    plain = char.translate(_LOOKALIKE)
    if plain == char:
        plain = "".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c))
        plain = plain.translate(_LOOKALIKE)
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in plain)


def _has(char: str, codepage: str) -> bool:
    try:
        char.encode(codepage)
    except UnicodeEncodeError:
        return False
    return True


def _draw_qr(printer: Escpos, url: str, width_mm: int) -> None:
    from escpos.constants import QR_ECLEVEL_M

    printer.qr(url, ec=QR_ECLEVEL_M, size=qr_module_dots(url, width_mm), native=True)


class _Pen:
    """Writes centred paragraphs, wrapped at words. Sends only what changes: at 9600 baud a byte is a millisecond."""

    def __init__(self, printer: Escpos, columns: int, codepage: str) -> None:
        self._printer = printer
        self._columns = columns
        self._codepage = codepage
        self._style: dict[str, bool] = {"bold": False, "invert": False, "smooth": False}  # as after a reset
        self._size = (1, 1)

    def write(
        self,
        text: str,
        *,
        width: int = 1,
        height: int = 1,
        bold: bool = False,
        invert: bool = False,
        smooth: bool = False,
    ) -> None:
        """Writes one paragraph; an empty one takes no paper."""
        fitted = to_codepage(text, self._codepage)
        if not fitted:
            return
        self._set(width, height, bold=bold, invert=invert, smooth=smooth)
        for line in textwrap.wrap(fitted, max(1, self._columns // width - 2 * invert), break_on_hyphens=False):
            self._printer.textln(f" {line} " if invert else line)  # the black box needs a margin

    def rule(self) -> None:
        """A line across the paper."""
        self._set(1, 1)
        self._printer.textln("-" * self._columns)

    def feed(self, lines: int) -> None:
        """Empty lines of normal height."""
        self._set(1, 1)
        self._printer.ln(lines)

    def _set(self, width: int, height: int, *, bold: bool = False, invert: bool = False, smooth: bool = False) -> None:
        if (width, height) != self._size:
            self._printer.set(custom_size=True, width=width, height=height)
            self._size = (width, height)
        wanted = {"bold": bold, "invert": invert, "smooth": smooth}
        changed = {name: value for name, value in wanted.items() if self._style[name] != value}
        if changed:
            self._printer.set(**changed)
            self._style = wanted

"""Reads ESC/POS as a printer would and gives the papers back: our own reading, without the library that wrote them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import segno

CHAR_DOTS = 12  # width of a font A character
_CODECS = {
    0: "cp437",
    2: "cp850",
    3: "cp860",
    4: "cp863",
    5: "cp865",
    16: "cp1252",
    17: "cp866",
    18: "cp852",
    19: "cp858",
}
_QR_LEVELS = {48: "l", 49: "m", 50: "q", 51: "h"}
_ESC_FIXED = {  # parameter bytes of commands after ESC
    "@": 0, "!": 1, "-": 1, "2": 0, "3": 1, "=": 1, "E": 1, "G": 1, "J": 1, "M": 1, "R": 1, "V": 1, "a": 1,
    "d": 1, "p": 3, "r": 1, "t": 1, "{": 1, " ": 1, "B": 2, "$": 2,
}  # fmt: skip
_GS_FIXED = {"!": 1, "B": 1, "b": 1, "H": 1, "L": 2, "W": 2, "a": 1, "f": 1, "h": 1, "r": 1, "w": 1}
_FS_FIXED = {".": 0, "&": 0, "C": 1, "S": 2}


@dataclass(frozen=True, slots=True)
class Style:
    """How characters look. Width and height count multiples of the normal size."""

    width: int = 1
    height: int = 1
    bold: bool = False
    underline: bool = False
    invert: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Characters in one style."""

    text: str
    style: Style


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code the printer was told to make itself. ``module`` is in dots, ``level`` one of l, m, q, h."""

    payload: str
    module: int
    level: str

    @property
    def matrix(self) -> list[list[bool]]:
        """The code's modules, dark is true, without the quiet zone."""
        code = segno.make(self.payload, error=self.level, micro=False, boost_error=False)
        return [[bool(cell) for cell in row] for row in code.matrix]


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One printed line: text in spans, or a QR code; an empty line has neither."""

    align: Literal["left", "center", "right"]
    spans: tuple[Span, ...] = ()
    qr: QrCode | None = None

    @property
    def text(self) -> str:
        """The characters of the line."""
        return "".join(span.text for span in self.spans)

    @property
    def width_dots(self) -> int:
        """How much of the paper's width the characters take."""
        return sum(len(span.text) * CHAR_DOTS * span.style.width for span in self.spans)

    @property
    def height(self) -> int:
        """The tallest character, in multiples of the normal size."""
        return max((span.style.height for span in self.spans), default=1)


@dataclass(slots=True)
class Paper:
    """What came out between two cuts.

    ``overflowed`` counts lines that were longer than the paper and ran on in the next, ``not_understood`` holds
    commands the printer does not know (on a real one they come out as characters), ``cut`` is None before the cut.
    """

    width_dots: int
    lines: list[PaperLine] = field(default_factory=list)
    cut: Literal["full", "partial"] | None = None
    overflowed: int = 0
    not_understood: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The paper as plain text."""
        return "\n".join(line.text for line in self.lines)

    @property
    def qr(self) -> list[str]:
        """What the QR codes say."""
        return [line.qr.payload for line in self.lines if line.qr]

    def to_dict(self) -> dict[str, Any]:
        """The paper as JSON-safe values for a page that draws it."""
        return {
            "width_dots": self.width_dots,
            "cut": self.cut,
            "lines": [
                {
                    "align": line.align,
                    "spans": [
                        {
                            "text": span.text,
                            "width": span.style.width,
                            "height": span.style.height,
                            "bold": span.style.bold,
                            "underline": span.style.underline,
                            "invert": span.style.invert,
                        }
                        for span in line.spans
                    ],
                    "qr": None
                    if line.qr is None
                    else {"payload": line.qr.payload, "module": line.qr.module, "matrix": line.qr.matrix},
                }
                for line in self.lines
            ],
        }


class PaperReader:
    """Takes bytes in order and prints them on paper. ``on_paper`` is called for every paper that is cut off."""

    def __init__(self, width_dots: int, on_paper: Callable[[Paper], None]) -> None:
        self._width_dots = width_dots
        self._on_paper = on_paper
        self.paper = Paper(width_dots)
        self._spans: list[Span] = []
        self._reset()

    def _reset(self) -> None:
        self._style = Style()
        self._align: Literal["left", "center", "right"] = "left"
        self._codec = "cp437"
        self._qr_module, self._qr_level, self._qr_data = 3, "l", b""

    def take(self, buffer: bytearray) -> int | None:
        """Removes and obeys one command or character. None: the command is not complete yet (nothing was removed).

        Otherwise the number of a ``GS r`` question (1 or more) that wants an answer now, or 0.
        """
        length = _length(buffer)
        if length is None:
            return None
        command = bytes(buffer[:length])
        del buffer[:length]
        lead = command[0]
        if lead == 0x0A:
            self._end_line()
        elif lead == 0x1B:
            self._obey_esc(command)
        elif lead == 0x1D:
            return self._obey_gs(command)
        elif lead == 0x1C:
            if chr(command[1]) not in _FS_FIXED:
                self._not_understood(command)
        elif lead >= 0x20:
            self._put(command.decode(self._codec, "replace"))
        elif lead not in (0x00, 0x0D):
            self._not_understood(command)
        return 0

    def _obey_esc(self, command: bytes) -> None:
        name, arguments = chr(command[1]), command[2:]
        if name == "@":
            self._spans = []
            self._reset()
        elif name == "!":
            bits = arguments[0]
            self._style = replace(
                self._style,
                bold=bool(bits & 0x08),
                height=2 if bits & 0x10 else 1,
                width=2 if bits & 0x20 else 1,
                underline=bool(bits & 0x80),
            )
        elif name in ("E", "G"):
            self._style = replace(self._style, bold=bool(arguments[0] & 1))
        elif name == "-":
            self._style = replace(self._style, underline=arguments[0] % 48 != 0)
        elif name == "a" and not self._spans:  # as on a real printer: only at the beginning of a line
            sides: dict[int, Literal["left", "center", "right"]] = {0: "left", 1: "center", 2: "right"}
            self._align = sides.get(arguments[0] % 48, self._align)
        elif name == "t":
            codec = _CODECS.get(arguments[0])
            if codec is None:
                self._not_understood(command)
            else:
                self._codec = codec
        elif name == "d":
            if self._spans:
                self._end_line()
            for _ in range(arguments[0]):
                self._end_line()
        elif name == "J" and self._spans:
            self._end_line()
        elif name not in _ESC_FIXED:
            self._not_understood(command)

    def _obey_gs(self, command: bytes) -> int:
        name, arguments = chr(command[1]), command[2:]
        if name == "!":
            self._style = replace(self._style, width=(arguments[0] >> 4 & 7) + 1, height=(arguments[0] & 7) + 1)
        elif name == "B":
            self._style = replace(self._style, invert=bool(arguments[0] & 1))
        elif name == "V":
            self._cut(arguments)
        elif name == "(":
            if arguments[0] == ord("k") and arguments[3:4] == b"1" and len(arguments) > 5:  # if not, it broke off
                self._obey_qr(arguments[4], arguments[5:])
            else:
                self._not_understood(command)
        elif name == "r":
            return arguments[0]
        elif name not in _GS_FIXED:
            self._not_understood(command)
        return 0

    def _obey_qr(self, function: int, data: bytes) -> None:
        if function == 67 and 1 <= data[0] <= 16:
            self._qr_module = data[0]
        elif function == 69 and data[0] in _QR_LEVELS:
            self._qr_level = _QR_LEVELS[data[0]]
        elif function == 80 and data[:1] == b"0":
            self._qr_data = data[1:]
        elif function == 81 and self._qr_data:
            if self._spans:
                self._end_line()
            code = QrCode(self._qr_data.decode("utf-8", "replace"), self._qr_module, self._qr_level)
            if len(code.matrix) * code.module > self._width_dots:
                self._not_understood(b"QR code wider than the paper")  # a real printer leaves it out
            else:
                self.paper.lines.append(PaperLine(self._align, qr=code))

    def _put(self, char: str) -> None:
        used = sum(len(span.text) * CHAR_DOTS * span.style.width for span in self._spans)
        if used + CHAR_DOTS * self._style.width > self._width_dots:
            self.paper.overflowed += 1
            self._end_line()
        if self._spans and self._spans[-1].style == self._style:
            self._spans[-1] = Span(self._spans[-1].text + char, self._style)
        else:
            self._spans.append(Span(char, self._style))

    def _end_line(self) -> None:
        self.paper.lines.append(PaperLine(self._align, tuple(self._spans)))
        self._spans = []

    def _cut(self, arguments: bytes) -> None:
        if self._spans:
            self._end_line()
        self.paper.cut = "full" if arguments[0] in (0, 48, 65) else "partial"
        done, self.paper = self.paper, Paper(self._width_dots)
        self._on_paper(done)

    def _not_understood(self, command: bytes) -> None:
        self.paper.not_understood.append(repr(command))


def _length(buffer: bytearray) -> int | None:
    """How long the first command in ``buffer`` is, or None if more bytes are needed to tell or to have it whole."""
    if not buffer:
        return None
    lead = buffer[0]
    if lead not in (0x1B, 0x1C, 0x1D):
        return 1
    if len(buffer) < 2:
        return None
    name = chr(buffer[1])
    fixed = {0x1B: _ESC_FIXED, 0x1C: _FS_FIXED, 0x1D: _GS_FIXED}[lead]
    length = 2 + fixed.get(name, 0)
    if lead == 0x1D and name == "V":
        if len(buffer) < 3:
            return None
        length = 3 if buffer[2] in (0, 1, 48, 49) else 4
    elif lead == 0x1D and name == "(":
        if len(buffer) < 5:
            return None
        length = 5 + buffer[3] + 256 * buffer[4]
    return length if len(buffer) >= length else None

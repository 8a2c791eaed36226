"""Draws a pretend printer's paper as SVG, so that a slip can be looked at in a browser without a printer."""

from __future__ import annotations

from xml.sax.saxutils import escape

from adapters.printers.pretend_paper import CHAR_DOTS, Paper, PaperLine, QrCode

_CHAR_HEIGHT = 24  # dots of font A
_SPACING = 6  # dots between lines
_MARGIN = 24


def to_svg(paper: Paper) -> str:
    """The paper as a complete SVG document, one unit to a printer's dot. No style attribute, no font from elsewhere."""
    parts: list[str] = []
    y = _MARGIN
    for line in paper.lines:
        if line.qr:
            parts.append(
                _draw_qr(line.qr, _left_edge(line.align, paper.width_dots, len(line.qr.matrix) * line.qr.module), y)
            )
            y += len(line.qr.matrix) * line.qr.module + _SPACING
        else:
            parts.extend(_draw_text(line, paper.width_dots, y))
            y += _CHAR_HEIGHT * line.height + _SPACING
    width, height = paper.width_dots + 2 * _MARGIN, y + _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<rect width="{width}" height="{height}" fill="#fffef8"/>' + "".join(parts) + "</svg>"
    )


def _left_edge(align: str, room: int, used: int) -> int:
    shift = {"left": 0, "center": (room - used) // 2, "right": room - used}[align]
    return _MARGIN + max(0, shift)


def _draw_text(line: PaperLine, room: int, y: int) -> list[str]:
    parts: list[str] = []
    x = _left_edge(line.align, room, line.width_dots)
    base = y + _CHAR_HEIGHT * line.height
    for span in line.spans:
        style = span.style
        width, height = len(span.text) * CHAR_DOTS * style.width, _CHAR_HEIGHT * style.height
        if style.invert:
            parts.append(f'<rect x="{x}" y="{base - height}" width="{width}" height="{height}" fill="#111"/>')
        parts.append(
            f'<text x="{x}" y="{base - height // 5}" font-family="monospace" font-size="{height * 5 // 6}"'
            f' font-weight="{"bold" if style.bold else "normal"}" fill="{"#fffef8" if style.invert else "#111"}"'
            + (' text-decoration="underline"' if style.underline else "")
            + f' textLength="{width}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">{escape(span.text)}</text>'
        )
        x += width
    return parts


def _draw_qr(code: QrCode, x: int, y: int) -> str:
    size = code.module
    squares = "".join(
        f"M{x + column * size} {y + row * size}h{size}v{size}h-{size}z"
        for row, cells in enumerate(code.matrix)
        for column, dark in enumerate(cells)
        if dark
    )
    return f'<path d="{squares}" fill="#111" shape-rendering="crispEdges"/>'

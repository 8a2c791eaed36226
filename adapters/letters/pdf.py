"""A drafted letter as PDF: A4, a letterhead, an annex whose table runs over pages, and *konsep* across every page."""

from __future__ import annotations

import io
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    HRFlowable,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from staffing.letters import BLANK, STAMP, Letter

LEFT, RIGHT, TOP, BOTTOM = 25 * mm, 20 * mm, 20 * mm, 19 * mm
WIDTH = A4[0] - LEFT - RIGHT
SERIF, BOLD = "Times-Roman", "Times-Bold"
INK, PALE = HexColor("#000000"), HexColor("#eeeeee")
ACROSS = Color(0.55, 0.1, 0.1, alpha=0.13)


@cache
def _styles() -> dict[str, ParagraphStyle]:
    body = ParagraphStyle("body", fontName=SERIF, fontSize=11, leading=14.2, alignment=TA_JUSTIFY, spaceAfter=5)
    cell = ParagraphStyle("cell", fontName=SERIF, fontSize=8.5, leading=10.5)
    return {
        "body": body,
        "indented": ParagraphStyle("indented", parent=body, firstLineIndent=12 * mm),
        "plain": ParagraphStyle("plain", parent=body, alignment=0, spaceAfter=0),
        "head": ParagraphStyle("head", fontName=BOLD, fontSize=14, leading=17, alignment=TA_CENTER),
        "address": ParagraphStyle("address", fontName=SERIF, fontSize=10, leading=13, alignment=TA_CENTER),
        "right": ParagraphStyle("right", parent=body, alignment=TA_RIGHT, spaceAfter=0),
        "small": ParagraphStyle("small", parent=body, fontSize=9, leading=12, alignment=0, spaceAfter=3),
        "title": ParagraphStyle("title", fontName=BOLD, fontSize=11.5, leading=15, alignment=TA_CENTER, spaceAfter=8),
        "cell": cell,
        "figure": ParagraphStyle("figure", parent=cell, alignment=TA_RIGHT),
        "column": ParagraphStyle("column", parent=cell, fontName=BOLD, alignment=TA_CENTER),
        "total": ParagraphStyle("total", parent=cell, fontName=BOLD),
        "total_figure": ParagraphStyle("total_figure", parent=cell, fontName=BOLD, alignment=TA_RIGHT),
    }


def as_pdf(letter: Letter) -> bytes:
    """The letter's pages, then its annex."""
    out = io.BytesIO()
    document = BaseDocTemplate(
        out,
        pagesize=A4,
        leftMargin=LEFT,
        rightMargin=RIGHT,
        topMargin=TOP,
        bottomMargin=BOTTOM,
        title=f"{letter.title} ({STAMP.lower()})",
        author=letter.head[1].title(),
        subject=dict(letter.fields)["Perihal"],
        lang="id-ID",
        invariant=True,  # the same draft is the same file, byte for byte
    )
    frame = Frame(LEFT, BOTTOM, WIDTH, A4[1] - TOP - BOTTOM, 0, 0, 0, 0, id="page")

    def mark(canvas: Canvas, _document: Any) -> None:
        _mark(canvas, letter)

    document.addPageTemplates(
        [PageTemplate("letter", [frame], onPage=mark), PageTemplate("annex", [frame], onPage=mark)]
    )
    document.build(_story(letter))
    return out.getvalue()


def _mark(canvas: Canvas, letter: Letter) -> None:
    """What every page says: that it is a draft, when it was drafted, and which page it is."""
    canvas.saveState()
    canvas.setFillColor(ACROSS)
    canvas.setFont("Helvetica-Bold", 110)
    canvas.translate(A4[0] / 2, A4[1] / 2)
    canvas.rotate(52)
    canvas.drawCentredString(0, -38, STAMP)
    canvas.restoreState()
    canvas.saveState()
    canvas.setFillColor(HexColor("#7a1b16"))
    canvas.setFont("Helvetica-Bold", min(8, 8 * WIDTH / stringWidth(letter.stamp, "Helvetica-Bold", 8)))
    canvas.drawString(LEFT, A4[1] - 12 * mm, letter.stamp)
    canvas.setFillColor(INK)
    canvas.setFont("Helvetica", 8)
    canvas.drawString(LEFT, 11 * mm, letter.title)
    canvas.drawRightString(A4[0] - RIGHT, 11 * mm, f"Halaman {canvas.getPageNumber()}")
    canvas.restoreState()


def _story(letter: Letter) -> list[Flowable]:
    style = _styles()
    story: list[Flowable] = [Paragraph(_safe(line), style["head"]) for line in letter.head[:2]]
    story += [Paragraph(_safe(line), style["address"]) for line in letter.head[2:]]
    story += [Spacer(0, 2 * mm), HRFlowable(width="100%", thickness=1.6, color=INK, spaceAfter=1.2)]
    story += [HRFlowable(width="100%", thickness=0.5, color=INK, spaceAfter=10)]
    story.append(Paragraph(_safe(letter.dateline), style["right"]))
    story.append(_pairs(letter.fields, indent=0))
    story.append(Spacer(0, 4 * mm))
    yth = [f"Yth. {letter.to[0]}", *letter.to[1:], "di –", "&nbsp;&nbsp;&nbsp;&nbsp;Tempat"]
    story += [Paragraph(line if "&nbsp;" in line else _safe(line), style["plain"]) for line in yth]
    story.append(Spacer(0, 5 * mm))
    for nr, paragraph in enumerate(letter.opening):
        story.append(Paragraph(_safe(paragraph), style["body" if nr == 0 else "indented"]))
    if letter.particulars:
        story += [_pairs(letter.particulars, indent=12 * mm), Spacer(0, 2 * mm)]
    story += [Paragraph(_safe(paragraph), style["indented"]) for paragraph in letter.body]
    story.append(KeepTogether(_signature(letter)))
    story.append(KeepTogether(_copies(letter)))
    return [*story, PageBreak(), *_annex(letter)]


def _pairs(pairs: tuple[tuple[str, str], ...], *, indent: float) -> Table:
    style = _styles()["plain"]
    rows = [
        [Paragraph(_safe(name), style), Paragraph(":", style), Paragraph(_safe(value), style)] for name, value in pairs
    ]
    table = Table(rows, colWidths=[28 * mm, 5 * mm, WIDTH - indent - 33 * mm], hAlign="RIGHT" if indent else "LEFT")
    table.setStyle(
        TableStyle(
            [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
            + [(side, (0, 0), (-1, -1), 0.5) for side in ("TOPPADDING", "BOTTOMPADDING")]
        )
    )
    return table


def _signature(letter: Letter) -> list[Flowable]:
    style = ParagraphStyle("sign", parent=_styles()["plain"], leftIndent=WIDTH * 0.55, alignment=TA_CENTER)
    title, *rest = letter.signature
    lines: list[Flowable] = [Spacer(0, 6 * mm), Paragraph(_safe(f"{title},"), style), Spacer(0, 16 * mm)]
    return lines + [Paragraph(_safe(line), style) for line in (BLANK, *rest)]


def _copies(letter: Letter) -> list[Flowable]:
    style = _styles()["small"]
    lines: list[Flowable] = [Spacer(0, 6 * mm)]
    if letter.copies:
        lines.append(Paragraph("Tembusan:", style))
        lines += [Paragraph(_safe(f"{nr}. {who}"), style) for nr, who in enumerate(letter.copies, 1)]
        lines.append(Spacer(0, 3 * mm))
    return lines + [Paragraph(f"<i>Catatan konsep: {_safe(note)}</i>", style) for note in letter.notes]


def _annex(letter: Letter) -> list[Flowable]:
    style, facts = _styles(), letter.table
    subject = dict(letter.fields)["Perihal"]
    rows: list[list[Any]] = [[Paragraph(_safe(name), style["column"]) for name in facts.columns]]
    for row in facts.rows:
        rows.append([_cell(text, nr in facts.figures) for nr, text in enumerate(row)])
    rows.append([_cell(text, nr in facts.figures, "total") for nr, text in enumerate(facts.total)])
    table = Table(rows, colWidths=[share * WIDTH for share in facts.widths], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.4, INK),
                ("BACKGROUND", (0, 0), (-1, 0), PALE),
                ("BACKGROUND", (0, -1), (-1, -1), PALE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 3),
                ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ("NOSPLIT", (0, -2), (-1, -1)),  # a sum does not stand on a page of its own
            ]
        )
    )
    above: list[Flowable] = [_pairs((("Lampiran", subject), ("Nomor", BLANK)), indent=0), Spacer(0, 5 * mm)]
    above.append(Paragraph(_safe(facts.title), style["title"]))
    below: list[Flowable] = [Spacer(0, 3 * mm), *(Paragraph(_safe(note), style["small"]) for note in facts.notes)]
    return [*above, table, KeepTogether(below)]


def _cell(text: str, figure: bool, kind: str = "") -> Paragraph:
    name = {"": "figure" if figure else "cell", "total": "total_figure" if figure else "total"}[kind]
    return Paragraph(_safe(text), _styles()[name])


def _safe(text: str) -> str:
    """Text for a paragraph: markup escaped, and what the standard fonts lack shown as a question mark, not lost."""
    return escape(text.encode("cp1252", "replace").decode("cp1252"))

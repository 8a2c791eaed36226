"""A drafted letter as a Word file (DOCX), for the office that writes the final one; *konsep* in every page's head."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from docx import Document
from docx.document import Document as Doc
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from staffing.letters import BLANK, STAMP, Letter

PAGE_W, PAGE_H, LEFT, RIGHT = 210, 297, 25, 20
WIDTH = PAGE_W - LEFT - RIGHT
RED = RGBColor(0x7A, 0x1B, 0x16)
EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - the file format's own field has no zone; fixed, so that files repeat


def as_word(letter: Letter) -> bytes:
    """The letter, then its annex on a page of its own; the annex's head row repeats on every page."""
    document = Document()
    _set_page(document, letter)
    _letterhead(document, letter)
    _line(document, letter.dateline, WD_ALIGN_PARAGRAPH.RIGHT)
    _pairs(document, letter.fields)
    _line(document, "")
    for text in (f"Yth. {letter.to[0]}", *letter.to[1:], "di –", "     Tempat", ""):
        _line(document, text)
    for nr, text in enumerate(letter.opening):
        _body(document, text, indent=nr > 0)
    if letter.particulars:
        _pairs(document, letter.particulars, indent=12)
    for text in letter.body:
        _body(document, text)
    _signature(document, letter)
    _copies(document, letter)
    _annex(document, letter)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _set_page(document: Doc, letter: Letter) -> None:
    properties = document.core_properties
    properties.title, properties.author = f"{letter.title} ({STAMP.lower()})", letter.head[1].title()
    properties.subject, properties.language, properties.comments = dict(letter.fields)["Perihal"], "id-ID", ""
    properties.created = properties.modified = EPOCH
    font = document.styles["Normal"].font
    font.name, font.size = "Times New Roman", Pt(11.5)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(PAGE_W), Mm(PAGE_H)
    section.left_margin, section.right_margin = Mm(LEFT), Mm(RIGHT)
    section.top_margin = section.bottom_margin = Mm(22)
    section.header_distance = section.footer_distance = Mm(9)
    mark = section.header.paragraphs[0].add_run(letter.stamp)
    mark.bold, mark.font.size, mark.font.color.rgb = True, Pt(8), RED
    foot = section.footer.paragraphs[0]
    foot.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    foot.add_run(f"{STAMP} · {letter.title} · Halaman ").font.size = Pt(8)
    _page_number(foot)


def _page_number(paragraph: Paragraph) -> None:
    run = paragraph.add_run()
    run.font.size = Pt(8)
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        part = OxmlElement("w:instrText" if text else "w:fldChar")
        if text:
            part.text = text
        else:
            part.set(qn("w:fldCharType"), kind)
        run._r.append(part)


def _letterhead(document: Doc, letter: Letter) -> None:
    for nr, text in enumerate(letter.head):
        run = _line(document, text, WD_ALIGN_PARAGRAPH.CENTER).runs[0]
        run.bold, run.font.size = nr < 2, Pt(14 if nr < 2 else 10)
    _rule_below(document.paragraphs[-1])
    _line(document, "")


def _rule_below(paragraph: Paragraph) -> None:
    border, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "double"), ("sz", "8"), ("space", "4"), ("color", "000000")):
        line.set(qn(f"w:{name}"), value)
    border.append(line)
    paragraph._p.get_or_add_pPr().append(border)


def _line(document: Any, text: str, alignment: WD_ALIGN_PARAGRAPH | None = None) -> Paragraph:
    paragraph: Paragraph = document.add_paragraph(text)
    paragraph.paragraph_format.space_after = Pt(0)
    if alignment is not None:
        paragraph.alignment = alignment
    return paragraph


def _body(document: Doc, text: str, *, indent: bool = True) -> None:
    paragraph = document.add_paragraph(text)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    paragraph.paragraph_format.space_after = Pt(6)
    paragraph.paragraph_format.line_spacing = 1.15
    if indent:
        paragraph.paragraph_format.first_line_indent = Mm(12)


def _pairs(document: Doc, pairs: tuple[tuple[str, str], ...], *, indent: int = 0) -> None:
    widths = (Mm(28), Mm(5), Mm(WIDTH - 33 - indent))
    table = document.add_table(rows=0, cols=3)
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.RIGHT if indent else WD_TABLE_ALIGNMENT.LEFT
    for name, value in pairs:
        cells = table.add_row().cells
        for cell, text, width in zip(cells, (name, ":", value), widths, strict=True):
            cell.width = width
            cell.paragraphs[0].add_run(text)
            cell.paragraphs[0].paragraph_format.space_after = Pt(0)
    spacer = _line(document, "")
    spacer.paragraph_format.line_spacing = Pt(6)


def _signature(document: Doc, letter: Letter) -> None:
    title, *rest = letter.signature
    lines = ["", f"{title},", "", "", "", BLANK, *rest]
    for nr, text in enumerate(lines):
        paragraph = _line(document, text, WD_ALIGN_PARAGRAPH.CENTER)
        paragraph.paragraph_format.left_indent = Mm(WIDTH * 0.55)
        paragraph.paragraph_format.keep_with_next = nr < len(lines) - 1


def _copies(document: Doc, letter: Letter) -> None:
    lines = ["", *(["Tembusan:"] if letter.copies else [])]
    lines += [f"{nr}. {who}" for nr, who in enumerate(letter.copies, 1)]
    for text in lines:
        paragraph = _line(document, text)
        for run in paragraph.runs:
            run.font.size = Pt(9)
    for note in letter.notes:
        run = _line(document, "").add_run(f"Catatan konsep: {note}")
        run.italic, run.font.size = True, Pt(9)


def _annex(document: Doc, letter: Letter) -> None:
    facts = letter.table
    document.add_page_break()
    _pairs(document, (("Lampiran", dict(letter.fields)["Perihal"]), ("Nomor", BLANK)))
    title = _line(document, "", WD_ALIGN_PARAGRAPH.CENTER).add_run(facts.title)
    title.bold = True
    table = document.add_table(rows=0, cols=len(facts.columns))
    table.style = "Table Grid"
    table.autofit = False
    _row(table, letter, facts.columns, head=True)
    for row in facts.rows:
        _row(table, letter, row)
    _row(table, letter, facts.total, bold=True)
    for note in facts.notes:
        _line(document, "").add_run(note).font.size = Pt(9)


def _row(table: Any, letter: Letter, texts: tuple[str, ...], *, head: bool = False, bold: bool = False) -> None:
    row = table.add_row()
    properties = row._tr.get_or_add_trPr()
    for name in ("w:cantSplit", *(("w:tblHeader",) if head else ())):
        properties.append(OxmlElement(name))
    for nr, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        cell.width = Mm(letter.table.widths[nr] * WIDTH)
        paragraph = cell.paragraphs[0]
        run = paragraph.add_run(text)
        run.font.size, run.bold = Pt(8.5), head or bold
        if head:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        elif nr in letter.table.figures:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT

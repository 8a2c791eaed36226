"""The drawn slip, read back by the pretend printer and by a decoder of somebody else's making."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from typing import Any
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image

from adapters.printers.layout import CODEPAGES, COLUMNS, COPY_MARK, DOTS, qr_module_dots, render, to_codepage
from adapters.printers.pretend_device import PretendDevice
from adapters.printers.pretend_paper import Paper, QrCode
from adapters.printers.pretend_view import to_svg
from tests.adapters.printers.cast import URL, make_slip
from tests.decoder import decode

WIDTHS = pytest.mark.parametrize("width_mm", [58, 80])


def print_on(width_mm: int, codepage: str = "CP437", **changes: Any) -> Paper:
    device = PretendDevice(DOTS[width_mm])
    device.receive(render(make_slip(**changes), width_mm, codepage))
    [paper] = device.papers
    assert device.waiting == b"" and paper.not_understood == [] and paper.overflowed == 0
    return paper


def flowing(paper: Paper) -> str:
    return " ".join(paper.text.split())


@WIDTHS
def test_a_slip_says_everything_a_citizen_needs(width_mm: int) -> None:
    paper = print_on(width_mm)
    for words in (
        "Mal Pelayanan Publik Blora",
        "Kabupaten Blora",
        "Dinas Kependudukan dan Pencatatan Sipil",
        "Perekaman dan Pencetakan KTP Elektronik",
        "A-012",
        "Sabtu, 21 November 2026 pukul 08.00 WIB",
        "7 orang di depan Anda",
        "Perkiraan tunggu: 10-25 menit",
        "Terima kasih atas kesabaran Anda",
    ):
        assert words in flowing(paper)
    assert paper.qr == [URL]
    assert paper.cut == "partial"
    assert COPY_MARK not in paper.text and "PRIORITAS" not in paper.text


@WIDTHS
@pytest.mark.parametrize("number", ["A-012", "B7", "DKP-0123", "ABCDEFGH-1234567"])
def test_the_number_is_as_large_as_the_paper_allows(width_mm: int, number: str) -> None:
    [line] = [line for line in print_on(width_mm, number=number).lines if line.text == number]
    [span] = line.spans
    room = COLUMNS[width_mm] // len(number)
    assert span.style.width == min(8, room)
    assert span.style.height == max(2, span.style.width)
    assert line.width_dots <= DOTS[width_mm] and line.align == "center"


@WIDTHS
def test_long_names_wrap_at_words(width_mm: int) -> None:
    name = "Pelayanan Penerbitan Surat Keterangan Catatan Kepolisian dan Legalisasi Dokumen"
    paper = print_on(width_mm, service=name)
    assert name in flowing(paper)
    words = set(name.split())
    for line in paper.text.splitlines():
        if "Penerbitan" in line or "Legalisasi" in line:
            assert set(line.split()) <= words and len(line) <= COLUMNS[width_mm]


@WIDTHS
def test_a_word_longer_than_the_paper_is_broken_and_not_lost(width_mm: int) -> None:
    assert "x" * 60 in print_on(width_mm, service="x" * 60).text.replace("\n", "")


@WIDTHS
def test_the_time_is_never_torn_from_its_word(width_mm: int) -> None:
    assert "pukul 08.00 WIB" in print_on(width_mm).text


def test_nobody_serving_is_said_honestly() -> None:
    assert "belum dapat diperkirakan" in flowing(print_on(58, estimate=None))


@WIDTHS
def test_a_reprint_is_marked_before_anything_else(width_mm: int) -> None:
    paper = print_on(width_mm, copy=2)
    first = paper.lines[0]
    assert first.text.strip() == "SALINAN / CETAK ULANG ke-2"
    assert first.spans[0].style.invert and first.spans[0].style.bold and first.spans[0].style.height == 2


def test_the_paper_says_that_there_is_priority_and_never_which() -> None:
    paper = print_on(80, priority="penyandang disabilitas")
    assert "PRIORITAS" in paper.text and "disabilitas" not in paper.text


def test_without_a_page_of_ones_own_there_is_no_qr_code_and_no_word_of_it() -> None:
    paper = print_on(80, url="")
    assert paper.qr == [] and "Pindai" not in paper.text


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Café Ñandú", "Café Ñandú"),
        ("Klinik “Sehat” – Łódź…", 'Klinik "Sehat" - Lódz...'),
        ("Ibu\u00a0Ḥalīmah", "Ibu Halimah"),
        ("Pojok 漢字 😀", "Pojok ?? ?"),
        ("ꦧ꧀ꦭꦺꦴꦫ Blora", "??? Blora"),
        ("ﬁnal ½ ẞ", "final ½ SS"),
    ],
)
def test_letters_the_printer_lacks_become_their_nearest_and_never_garbage(name: str, printed: str) -> None:
    assert flowing(print_on(80, service=name)).count(printed) == 1


@pytest.mark.parametrize("codepage", CODEPAGES)
def test_every_code_page_prints_an_accent_or_its_letter(codepage: str) -> None:
    text = print_on(80, codepage, service="Café").text
    assert ("Cafe" if codepage == "ASCII" else "Café") in text


def test_no_name_can_command_the_printer() -> None:
    data = render(make_slip(service="Jahat \x1b@\x10\x04\x01\x1dV\x00 \u202e\u200b\r\n habis"), 80)
    assert data.count(b"\x1b@") == 1 and b"\x10\x04" not in data and data.count(b"\x1dV") == 1
    assert b"Jahat @ V habis\n" in data


def test_a_text_of_nothing_but_control_characters_takes_no_line() -> None:
    assert to_codepage("\x00\u200b\x1b", "CP437") == ""
    assert print_on(80, closing="\u200b").lines[-7].text == ""


@WIDTHS
@pytest.mark.parametrize("length", [20, 52, 120, 300])
def test_the_qr_code_fits_the_paper_and_a_reader_reads_it(width_mm: int, length: int) -> None:
    url = (URL + "x" * 300)[:length]
    [code] = [line.qr for line in print_on(width_mm, url=url).lines if line.qr]
    assert len(code.matrix) * code.module <= DOTS[width_mm]
    assert code.module == qr_module_dots(url, width_mm) >= 3
    assert [found.text for found in zxingcpp.read_barcodes(picture_of(code))] == [url]


def picture_of(code: QrCode) -> Image.Image:
    size = len(code.matrix)
    picture = Image.new("L", (size + 8, size + 8), 255)
    for y, row in enumerate(code.matrix):
        for x, dark in enumerate(row):
            picture.putpixel((x + 4, y + 4), 0 if dark else 255)
    return picture.resize(((size + 8) * code.module, (size + 8) * code.module), Image.Resampling.NEAREST)


@WIDTHS
@pytest.mark.parametrize("changes", [{}, {"copy": 1, "priority": True}, {"estimate": None, "service": "Café é – ü"}])
def test_another_decoder_reads_the_same_paper(width_mm: int, changes: dict[str, Any]) -> None:
    ours = print_on(width_mm, **changes)
    [theirs] = decode(render(make_slip(**changes), width_mm))
    assert [line for line in theirs.text.splitlines() if line] == [line for line in ours.text.splitlines() if line]
    assert theirs.qr == ours.qr == [URL]
    assert theirs.cut == ours.cut
    [number] = [line.spans[0].style for line in ours.lines if line.text == "A-012"]
    assert theirs.size_of("A-012") == (number.width, number.height)


def test_the_view_of_a_paper_is_one_svg_without_styles_or_foreign_hosts() -> None:
    paper = print_on(58, service="Kartu <b>&amp;", copy=1)
    svg = to_svg(paper)
    root = ElementTree.fromstring(svg)
    assert "Kartu <b>&amp;" in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "style" not in svg and svg.count("http") == 1
    assert len(paper.to_dict()["lines"]) == len(paper.lines)


def test_importing_the_printing_library_leaves_no_trace() -> None:
    script = (
        "import logging, os, tempfile\n"
        "before = set(os.listdir(tempfile.gettempdir()))\n"
        "from adapters.printers.library import load_escpos\n"
        "assert load_escpos().Dummy\n"
        "assert not logging.getLogger().handlers, 'log handler'\n"
        "left = {n for n in set(os.listdir(tempfile.gettempdir())) - before if n.startswith('tmp')}\n"
        "assert not left, left\n"
    )
    with tempfile.TemporaryDirectory() as own:
        env = {**os.environ, "TMPDIR": own, "ESCPOS_CAPABILITIES_PICKLE_DIR": own + "/pickle"}
        done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""Letters on paper: the words that must stand in them, konsep on every page, and what may never stand in one."""

from __future__ import annotations

import io
import json
import re

import pytest
from docx import Document
from pypdf import PdfReader

from adapters.letters import render
from staffing.letters import Letter, draft, letter_from_plain
from tests.adapters.letters.paper import letters, long_letter, matter, pages, piece, word_text
from tests.cast import BAMBU, SEKAR

LETTERS = letters()
FORBIDDEN = re.compile(
    r"\bsakit\b|diagnos|penyakit|bersalah|melanggar|dijatuhi|hukuman"
    r"|\bantrian\b|\bsilahkan\b|\bjum'at\b|\bNone\b|\bnan\b",
    re.IGNORECASE,
)


def both(letter: Letter) -> tuple[str, str]:
    """The words of the letter as PDF and as a Word file."""
    return " ".join(pages(render(letter.plain(), "pdf"))), word_text(render(letter.plain(), "docx"))


@pytest.mark.parametrize("kind", LETTERS)
def test_every_page_of_the_pdf_says_that_it_is_a_draft(kind: str) -> None:
    found = pages(render(LETTERS[kind].plain(), "pdf"))
    assert len(found) >= 2
    for nr, page in enumerate(found, 1):
        assert page.startswith("KONSEP KONSEP · disusun")  # across the page, and in its head
        assert "disusun Sabtu, 21 November 2026 pukul 08.00 WIB" in page
        assert "belum diperiksa dan belum ditandatangani" in page
        assert f"Halaman {nr}" in page


@pytest.mark.parametrize("kind", LETTERS)
def test_the_word_file_says_so_in_the_head_of_every_page(kind: str) -> None:
    document = Document(io.BytesIO(render(LETTERS[kind].plain(), "docx")))
    [section] = document.sections
    assert not section.different_first_page_header_footer and not document.settings.odd_and_even_pages_header_footer
    assert section.header.paragraphs[0].text.startswith("KONSEP · disusun Sabtu, 21 November 2026")
    assert section.footer.paragraphs[0].text.startswith("KONSEP")


@pytest.mark.parametrize("kind", LETTERS)
def test_both_forms_carry_the_whole_letter(kind: str) -> None:
    letter = LETTERS[kind]
    for text in both(letter):
        for words in (*letter.head, *letter.to, *letter.opening, *letter.body, *letter.copies, *letter.table.notes):
            assert " ".join(words.split()) in text
        for row in letter.table.rows:
            assert all(cell in text for cell in row)
        for name in (
            "Nomor",
            "Sifat",
            "Lampiran",
            "Perihal",
            "Yth.",
            "Tembusan:",
            "(jabatan penanda tangan),",
            "NIP …",
        ):
            assert name in text


@pytest.mark.parametrize("kind", LETTERS)
def test_number_date_and_signature_are_left_to_people(kind: str) -> None:
    letter = LETTERS[kind]
    assert dict(letter.fields)["Nomor"].strip("…") == ""
    assert re.fullmatch(r"Blora, …+ 2026", letter.dateline)
    assert letter.signature == ("(jabatan penanda tangan)", "(nama)", "NIP …………………")


@pytest.mark.parametrize("kind", LETTERS)
def test_no_letter_judges_names_an_illness_or_misspells(kind: str) -> None:
    for text in both(LETTERS[kind]):
        assert FORBIDDEN.search(text) is None


def test_why_somebody_was_lawfully_away_is_not_told() -> None:
    for cause in ("sick", "leave", "permission"):
        about = (piece("3", "2026-11-20", "08:00", "12:00", cause, BAMBU.nip),)
        for text in both(draft("notice", matter("substitute", about))):
            assert "petugas berhalangan, ada dokumen" in text
            assert FORBIDDEN.search(text) is None
            assert not re.search(r"\bcuti\b|\bizin\b", text)
            assert BAMBU.name not in text


def test_the_invitation_names_day_time_place_and_cost_but_nobody() -> None:
    for text in both(LETTERS["invitation"]):
        assert "Yth. Kepala Kantor Imigrasi" in text
        assert "Rabu, 25 November 2026" in text and "09.30 WIB sampai dengan selesai" in text
        assert "Ruang Rapat Rekaan" in text
        assert "sebanyak 2 (dua) kali, dengan jumlah waktu 287,0 menit" in text
        assert "warga menunggu seluruhnya 2.469,1 menit" in text
        assert "Senin, 16 November 2026" in text and "08.00–09.17" in text and "instansi belum buka" in text
        assert "Bupati Blora (sebagai laporan)" in text
    assert not LETTERS["invitation"].names


def test_an_invitation_without_a_date_leaves_it_blank() -> None:
    letter = long_letter(1)
    assert dict(letter.particulars)["hari, tanggal"].strip("…") == ""


def test_an_examination_speaks_of_one_officer_and_lets_them_be_heard() -> None:
    for text in both(LETTERS["examination"]):
        assert f"Saudara {BAMBU.name}, NIP {BAMBU.nip}" in text
        assert SEKAR.name not in text and SEKAR.nip not in text
        assert "Pasal 26 [perlu dipastikan oleh Bagian Hukum]" in text
        assert "bukan penilaian atas diri yang bersangkutan" in text
        assert "terdapat 4 (empat) hari kerja terjadwal" in text and "indikatif" in text
        assert "teguran" not in text and "pemberhentian" not in text
    assert len(LETTERS["examination"].table.rows) == 2
    assert dict(LETTERS["examination"].fields)["Sifat"] == "Rahasia"


def test_a_notice_names_whom_its_reader_must_know_and_is_then_confidential() -> None:
    notice = LETTERS["notice"]
    assert notice.names and dict(notice.fields)["Sifat"] == "Rahasia"
    assert f"petugas belum datang ({BAMBU.name})" in notice.table.rows[0][5]
    shut = draft("notice", matter("notice", (piece("3", "2026-11-20", "08:00", "09:00", "no_one_assigned"),)))
    assert not shut.names and dict(shut.fields)["Sifat"] == "Biasa"


def test_a_rotation_proposal_names_posts_and_no_people() -> None:
    for text in both(LETTERS["rotation"]):
        assert "Formasi yang tercatat belum terisi: Operator Loket Akta Lahir." in text
        assert "tidak menunjuk orang" in text
    assert not LETTERS["rotation"].names


def test_an_article_of_law_never_stands_without_the_mark_to_confirm_it() -> None:
    for letter in LETTERS.values():
        for text in (*letter.opening, *letter.body, *letter.notes):
            if re.search(r"\bPasal\b|Peraturan Pemerintah|ketentuan yang berlaku", text):
                assert "[perlu dipastikan oleh Bagian Hukum]" in text


def test_a_long_annex_breaks_well_its_head_again_on_every_page_and_its_sum_not_alone() -> None:
    found = pages(render(long_letter(200).plain(), "pdf"))
    annex = found[1:]
    assert len(annex) > 5
    for page in annex:
        assert "Keadaan tercatat" in page and page.startswith("KONSEP")
    assert " 200 Loket 9 " in f" {annex[-1]} " and "Jumlah" in annex[-1]
    rows = Document(io.BytesIO(render(long_letter(200).plain(), "docx"))).tables[-1].rows
    assert len(rows) == 202
    assert "tblHeader" in rows[0]._tr.xml and all("cantSplit" in row._tr.xml for row in (rows[1], rows[200]))


def test_a_draft_comes_back_from_its_storage_as_it_was_and_gives_the_same_file_again() -> None:
    for letter in LETTERS.values():
        stored = json.loads(json.dumps(letter.plain()))
        assert letter_from_plain(stored) == letter
        assert render(stored, "pdf") == render(letter.plain(), "pdf")


def test_markup_in_a_name_is_shown_and_not_obeyed() -> None:
    plain = LETTERS["invitation"].plain() | {"to": ["Kepala <b>A & B</b> \u2713"]}
    text = " ".join(pages(render(plain, "pdf")))
    assert "Yth. Kepala <b>A & B</b> ?" in text
    assert "<b>A & B</b>" in word_text(render(plain, "docx"))


def test_the_files_say_in_their_properties_that_they_are_drafts() -> None:
    letter = LETTERS["notice"]
    info = PdfReader(io.BytesIO(render(letter.plain(), "pdf"))).metadata
    assert info is not None and info.title == "Pemberitahuan kepada pimpinan instansi (konsep)"
    assert Document(io.BytesIO(render(letter.plain(), "docx"))).core_properties.title == info.title

"""Whoever asks for English gets all of it: every sentence in code and templates is translated, with the same places."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from flask import Flask

from app.factory import create_app
from app.settings import Settings
from hall.database import Database
from hall.people import new_token
from kiosk.words import LANGUAGES, in_both, kiosk_words, phone_words
from tests.cast import TUESDAY_MORNING
from tests.clock import HandClock
from tests.house.sources import ROOMS, ROOT, files, name

CATALOGUES = ROOT / "web" / "translations"
ENGLISH = CATALOGUES / "en" / "LC_MESSAGES" / "messages.po"
TEMPLATES = files(".html", trees=ROOMS)
SAME_IN_BOTH = {"Antre", "Bahasa", "Language", "Indonesia", "English", "QR", "PDF", "Word"}
Key = tuple[str | None, str]


def key(message: Message) -> Key:
    return message.context, str(message.id)


def by_key(catalogue: Catalog) -> dict[Key, Message]:
    return {key(message): message for message in catalogue if message.id}


def places(text: str) -> Counter[str]:
    """What is filled in later: ``%(name)s`` by the page, ``{name}`` by a script."""
    return Counter(re.findall(r"%\(\w+\)[a-z]|\{\w*\}|%(?!\()\S?", text))


@pytest.fixture(scope="module")
def english() -> Catalog:
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[Key, Message]:
    """The sentences as they stand in code and templates now."""
    template = tmp_path_factory.mktemp("words") / "messages.pot"
    subprocess.run([ROOT / "scripts" / "translations.sh", "template", template], check=True, timeout=60)
    with template.open("rb") as file:
        return by_key(read_po(file))


def test_the_extraction_sees_code_templates_and_words_in_every_face(found: dict[Key, Message]) -> None:
    seen = {place for message in found.values() for place, _ in message.locations}
    for room in ("web", "kiosk", "counter", "display", "admin", "app"):
        assert any(place.startswith(f"{room}/templates/") for place in seen), room
    assert {"kiosk/words.py", "counter/words.py", "admin/pages.py"} <= seen
    assert (None, "Bupati") in found, "lazy_gettext is extracted too"
    assert ("button", "Tutup") in found, "pgettext is extracted too"


def test_no_sentence_is_missing_in_english(found: dict[Key, Message], english: Catalog) -> None:
    missing = found.keys() - by_key(english).keys()
    assert not missing, "run `make translations`, then translate"


def test_no_sentence_in_the_catalogue_is_gone_from_the_pages(found: dict[Key, Message], english: Catalog) -> None:
    assert not by_key(english).keys() - found.keys(), "run `make translations`"
    assert not english.obsolete


def test_every_sentence_is_translated_and_none_is_a_guess(english: Catalog) -> None:
    assert [m.id for m in by_key(english).values() if not m.string] == []
    assert [m.id for m in by_key(english).values() if m.fuzzy] == []


def test_a_translation_has_the_same_places_to_fill(english: Catalog) -> None:
    differing = [m.id for m in by_key(english).values() if places(str(m.id)) != places(str(m.string))]
    assert differing == []
    assert [(m.id, faults) for m, faults in english.check() if faults] == []


def test_a_translation_ends_as_the_sentence_does(english: Catalog) -> None:
    """A label stays a label: no full stop comes or goes, no space at the edges."""
    for message in by_key(english).values():
        text, translated = str(message.id), str(message.string)
        assert translated == translated.strip() and translated
        assert text[-1:] in ".?…" or translated[-1:] not in ".?…", message.id
        assert text[-1:] not in ".?…" or translated[-1:] == text[-1:], message.id


def test_the_compiled_catalogue_is_the_written_one(english: Catalog) -> None:
    compiled = ENGLISH.with_suffix(".mo")
    assert compiled.is_file(), "run `make setup`"
    with compiled.open("rb") as file:
        spoken = GNUTranslations(file)
    said = {
        (context, text): spoken.pgettext(context, text) if context else spoken.gettext(text)
        for context, text in by_key(english)
    }
    assert said == {k: m.string for k, m in by_key(english).items()}, "run `make setup`"


def test_the_paper_and_its_printer_have_one_name_for_people(found: dict[Key, Message]) -> None:
    other = re.compile(r"\b(?:slip|struk|printer)\b", re.IGNORECASE)
    assert [text for _, text in found if other.search(re.sub(r"\{\w+\}", "", text))] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_has_no_words_that_cannot_be_translated(path: Path) -> None:
    text = re.sub(r"{% block \w+_class %}.*?{% endblock %}", "", path.read_text(encoding="utf-8"))
    text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<!.*?>|<kbd>.*?</kbd>", " ", text, flags=re.DOTALL)
    told = re.findall(r"""\s(?:aria-label|title|placeholder|alt)=["']([^"']*)""", text)
    words = re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>", " ", text) + " ".join(told))
    assert set(words) <= SAME_IN_BOTH


@pytest.fixture
def app(blora: Database, tmp_path: Path) -> Flask:
    settings = Settings(home=tmp_path, secret_key="k" * 40, voice="off", secure_cookies=False)
    return create_app(settings, clock=HandClock(TUESDAY_MORNING), database=blora)


def test_a_page_is_english_when_asked_for_and_indonesian_otherwise(app: Flask) -> None:
    visitor = app.test_client()
    english = visitor.get("/?lang=en").text
    assert '<html lang="en"' in english and "Ticket machine" in english and "Mesin antrean" not in english
    for other in ("/", "/?lang=id", "/?lang=xx"):
        indonesian = visitor.get(other).text
        assert '<html lang="id"' in indonesian and "Mesin antrean" in indonesian and "Ticket machine" not in indonesian
    visitor.set_cookie("antre_lang", "en")
    assert '<html lang="en"' in visitor.get("/").text
    assert '<html lang="id"' in visitor.get("/?lang=id").text, "what is asked for goes before what was chosen once"


def test_a_closed_door_is_told_in_english_too(app: Flask) -> None:
    page = app.test_client().get("/no-such-page?lang=en", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert '<html lang="en"' in page.text and "Page not found" in page.text


@pytest.mark.parametrize(
    ("path", "role", "english", "indonesian"),
    [
        ("/display/blora", "display", "Please proceed to", "Silakan menuju"),
        ("/counter/blora", "console", "Sign in to a counter", "Masuk ke loket"),
        ("/admin/sign-in", None, "Management sign-in", "Masuk pengelola"),
        ("/perangkat", None, "Set up this device", "Pasang perangkat ini"),
    ],
)
def test_every_face_speaks_english(
    app: Flask, blora: Database, path: str, role: str | None, english: str, indonesian: str
) -> None:
    key = {}
    if role:
        key["Authorization"] = f"Bearer {new_token(blora, role, hall='blora', name='uji', now=TUESDAY_MORNING)}"
    page = app.test_client().get(f"{path}?lang=en", headers=key)
    assert page.status_code == 200
    assert '<html lang="en"' in page.text and english in page.text and indonesian not in page.text


def test_touchscreen_and_phone_carry_both_languages_at_once(app: Flask) -> None:
    with app.test_request_context("/"):
        for make in (kiosk_words, phone_words):
            both = in_both(make)
            assert tuple(both) == LANGUAGES
            assert both["id"]["your_number"] == "Nomor antrean Anda"
            assert both["en"]["your_number"] == "Your queue number"
            assert both["id"].keys() == both["en"].keys()

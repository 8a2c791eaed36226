"""Letters on paper: a drafted letter as PDF or as a Word file, each page marked *konsep*."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.letters.pdf import as_pdf
from adapters.letters.word import as_word
from staffing.letters import Letter, letter_from_plain

FORMS: dict[str, Callable[[Letter], bytes]] = {"pdf": as_pdf, "docx": as_word}


def render(content: Mapping[str, Any], form: str) -> bytes:
    """The file of a kept draft, ``form`` being ``pdf`` or ``docx``. Slow, so never inside a turn."""
    return FORMS[form](letter_from_plain(content))

"""Every pair of colours in the token sheet can be read: 4.5:1 at least, on paper and on the wall."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).resolve().parents[2] / "web" / "static" / "tokens.css"
THEMES = (":root", ".theme-wall")
LEAST = 4.5  # WCAG 2.2, 1.4.3


def read_theme(selector: str) -> dict[str, str]:
    """The custom properties of a block, a theme standing on top of `:root`."""
    sheet = re.sub(r"/\*.*?\*/", "", TOKENS.read_text(encoding="utf-8"), flags=re.DOTALL)
    found: dict[str, str] = {}
    for name in dict.fromkeys((":root", selector)):
        blocks = re.findall(rf"^{re.escape(name)}\s*{{(.*?)^}}", sheet, flags=re.DOTALL | re.MULTILINE)
        assert len(blocks) == 1, f"one block {name} wanted, found {len(blocks)}"
        found |= dict(re.findall(r"--([\w-]+):\s*([^;]+);", blocks[0]))
    return found


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb as WCAG defines it."""
    assert re.fullmatch(r"#[0-9a-f]{6}", colour), f"{colour!r} is not #rrggbb"
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def pairs(selector: str) -> dict[str, tuple[str, str]]:
    theme = read_theme(selector)
    return {
        name[:-3]: (colour, theme.get(f"{name[:-3]}-bg", "")) for name, colour in theme.items() if name.endswith("-fg")
    }


def test_the_measure_agrees_with_the_published_examples() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("selector", THEMES)
def test_every_ink_has_its_ground_and_every_ground_its_ink(selector: str) -> None:
    theme = read_theme(selector)
    ends = {end: {name[:-3] for name in theme if name.endswith(end)} for end in ("-fg", "-bg")}
    assert ends["-fg"] == ends["-bg"]
    assert {"serving", "waiting", "paused", "vacant", "not-due", "unobserved", "notlive", "demo"} <= ends["-fg"]


@pytest.mark.parametrize("selector", THEMES)
def test_every_pair_of_colours_can_be_read(selector: str) -> None:
    poor = {name: round(contrast(*pair), 2) for name, pair in pairs(selector).items() if contrast(*pair) < LEAST}
    assert poor == {}


@pytest.mark.parametrize("selector", THEMES)
def test_the_ring_of_focus_stands_out_from_its_gap(selector: str) -> None:
    theme = read_theme(selector)
    assert contrast(theme["focus"], theme["focus-gap"]) >= 3  # WCAG 2.2, 1.4.11

"""The colours: what is written can be read."""

from typing import Any

import pytest

from utawaku.tui.palette import DAY, NIGHT

TEXT = (
    "foreground", "muted", "faint", "primary", "secondary", "accent", "success", "warning", "error",
    "marked", "footer-key-foreground", "footer-description-foreground",
)  # fmt: skip
DRAWN = ("speech", "music", "silence", "noise", "played", "unplayed", "interest")


def luminance(colour: str) -> float:
    """WCAG 2.2 relative luminance of `#rrggbb`."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [NIGHT, DAY], ids=lambda theme: theme["name"])
def test_texts_have_a_contrast_of_four_and_a_half(theme: dict[str, Any]) -> None:
    colours = theme | theme["variables"]
    low = {
        (name, ground): round(contrast(colours[name], colours[ground]), 2)
        for name in TEXT
        for ground in ("background", "surface", "panel", "selection")
        if contrast(colours[name], colours[ground]) < 4.5
    }
    assert low == {}


@pytest.mark.parametrize("theme", [NIGHT, DAY], ids=lambda theme: theme["name"])
def test_what_is_drawn_has_a_contrast_of_three(theme: dict[str, Any]) -> None:
    colours = theme | theme["variables"]
    low = {
        (name, ground): round(contrast(colours[name], colours[ground]), 2)
        for name in DRAWN
        for ground in ("background", "surface")
        if contrast(colours[name], colours[ground]) < 3
    }
    assert low == {}

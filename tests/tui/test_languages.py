"""Every screen at 80 x 24 in each language: nothing of ours is cut or lies beyond the edge."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from rich.cells import cell_len
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Footer, Static

from tests.tui.conftest import HandOutput, until
from tests.tui.driving import lines, opened
from utawaku.library import language as languages
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.language import LANGUAGES, tr, use
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.screens.help import HelpScreen
from utawaku.tui.widgets.first_minute import OFFERS, FirstMinute, OfferRows
from utawaku.tui.widgets.rows import Rows

WIDTH, HEIGHT = 80, 24
OVER_LIBRARY = (
    *("question_mark", "comma", "exclamation_mark", "Q", "W", "B", "E", "N", "x", "y", "Y"),
    *("H", "F", "I", "o", "apostrophe", "Z", "p", "ctrl+p", "ctrl+e"),
)
"""Keys that open something over the library."""
OVER = {
    "T": ("question_mark", "S", "v", "e", "l"),
    "R": ("question_mark",),
    "P": ("question_mark", "a", "F"),
    "O": ("question_mark", "enter"),
}


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    use(request.param)
    yield request.param
    use("en")


def faults(app: UtawakuApp) -> list[str]:
    """What of the screen in sight is cut or lies beyond the edge."""
    found = []
    for widget in app.screen.walk_children():
        if isinstance(widget, Widget) and widget.display and widget.region.area:
            found += [f"{widget}: {fault}" for fault in faults_of(widget)]
    wide = [line for line in lines(app) if cell_len(line.rstrip()) > WIDTH]
    found += [f"line beyond the edge: {line}" for line in wide]
    return found + [f"in English: {text}" for text in untranslated(app)]


def untranslated(app: UtawakuApp) -> list[str]:
    """Return the labels and sentences in sight that are in English though another is asked for."""
    in_use = languages.language()
    if in_use == "en":
        return []
    labels = [text for line in lines(app) for text in re.split(r"\s{2,}", line.strip())]
    return [text for text in labels if text in sentences_to_translate(in_use)]


@cache
def sentences_to_translate(wanted: str) -> frozenset[str]:
    """Return the English sentences that read otherwise in a language."""
    folder = Path(languages.__file__).parent / "locale" / wanted / "LC_MESSAGES"
    with (folder / "utawaku.po").open("rb") as file:
        sentences = read_po(file, locale=wanted)
    return frozenset(
        one.id for one in sentences if isinstance(one.id, str) and one.id and one.string != one.id
    )


def faults_of(widget: Widget) -> list[str]:
    region = widget.region
    if isinstance(widget, Footer):
        beyond = widget.virtual_size.width > WIDTH
        return [f"keys beyond the edge: {widget.virtual_size.width}"] if beyond else []
    if isinstance(widget.parent, Footer):
        return []
    if isinstance(widget, Rows):
        heads = widget.draw_header(widget.scrollable_content_region.width)
        cut = [text for text, _look in heads if "…" in text]
        return [f"the heads are cut: {cut}"] if widget.has_header and cut else []
    found = []
    if region.x < 0 or region.right > WIDTH:
        found.append(f"from {region.x} to {region.right}")
    if isinstance(widget, Static) and widget.id != "state":
        found += [f"a word is cut: {text}" for text in words_cut(widget)]
    return found


def words_cut(widget: Static) -> list[str]:
    """Lines of a text that is never folded, and which have no room."""
    visual = widget.visual
    plain = getattr(visual, "plain", "") or str(getattr(visual, "_renderable", ""))
    no_wrap = getattr(getattr(visual, "_renderable", None), "no_wrap", False)
    folded = not no_wrap and not widget.has_class("field-name")
    if folded:
        return []
    return [line for line in plain.splitlines() if cell_len(line) > widget.content_size.width]


async def look(app: UtawakuApp, pilot: Pilot[int], seen: dict[str, list[str]], name: str) -> None:
    await pilot.pause(0.1)
    found = faults(app)
    if found:
        seen[name] = found


async def look_over(
    app: UtawakuApp, pilot: Pilot[int], seen: dict[str, list[str]], tab: str, key: str
) -> None:
    """Open what a key opens, look at it, and close it."""
    below = app.screen
    await pilot.press(key)
    await pilot.pause(0.15)
    if app.screen is below:  # a notice instead, such as that there is none yet
        await look(app, pilot, seen, f"{tab} {key}")
        return
    await look(app, pilot, seen, f"{tab} {key} {type(app.screen).__name__}")
    while app.screen is not below:
        app.pop_screen()
        await pilot.pause(0.05)


@pytest.mark.slow
async def test_every_screen_fits_80_by_24(language: str, app: UtawakuApp) -> None:
    seen: dict[str, list[str]] = {}
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await opened(app, pilot)
        await look(app, pilot, seen, "library")
        for key in OVER_LIBRARY:
            await look_over(app, pilot, seen, "library", key)
        await pilot.press("i")
        await look(app, pilot, seen, "details")
        await pilot.press("i", "b")
        await look(app, pilot, seen, "browse")
        await pilot.press("b")
        for tab, keys in OVER.items():
            await pilot.press(tab)
            await pilot.pause(0.3)
            await look(app, pilot, seen, tab)
            for key in keys:
                await look_over(app, pilot, seen, tab, key)
        await pilot.press("P")
        for view in range(5):
            await pilot.press("v")
            await look(app, pilot, seen, f"pipeline, view {view}")
    assert seen == {}


async def test_the_empty_library_fits_80_by_24(
    language: str, catalogue: Catalogue, settings: Settings, output: HandOutput
) -> None:
    app = UtawakuApp(LibraryHandle.of(settings, catalogue), open_output=lambda: output)
    seen: dict[str, list[str]] = {}
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await until(lambda: app.screen.query(FirstMinute), pilot.pause)
        await look(app, pilot, seen, "first minute")
        rows = app.screen.query_one(OfferRows)
        for index, offer in enumerate(OFFERS):
            drawn = "".join(text for text, _look in rows.draw_row(index, rows.size.width))
            if tr(offer.title) not in drawn or "…" in drawn:
                seen[offer.name] = [drawn]
    assert seen == {}


async def test_tabs_and_help_fit_80_by_24_in_japanese(
    app: UtawakuApp, request: pytest.FixtureRequest
) -> None:
    use("ja")
    request.addfinalizer(lambda: use("en"))
    seen: dict[str, list[str]] = {}
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await opened(app, pilot)
        await pilot.press("question_mark")
        await until(lambda: isinstance(app.screen, HelpScreen), pilot.pause)
        assert isinstance(app.screen, HelpScreen)
        told = {one.description for _title, commands in app.screen._sections for one in commands}
        await look(app, pilot, seen, "help")
        await pilot.press("escape")
        for tab in OVER:
            await pilot.press(tab)
            await pilot.pause(0.2)
            await look(app, pilot, seen, tab)
    assert "再生リストに入れる" in told
    assert seen == {}


async def test_the_search_explains_itself_in_japanese(
    app: UtawakuApp, request: pytest.FixtureRequest
) -> None:
    use("ja")
    request.addfinalizer(lambda: use("en"))
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        await opened(app, pilot)
        await pilot.press("slash", *"play")
        await until(lambda: any("最後に聴いた日時" in line for line in lines(app)), pilot.pause)
        await pilot.press(*"ed>x", "tab")
        await until(lambda: any("played: 日付を" in line for line in lines(app)), pilot.pause)

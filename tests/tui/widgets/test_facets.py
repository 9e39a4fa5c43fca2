"""The browse pane."""

import pytest

from tests.tui.conftest import until
from tests.tui.driving import opened, shown
from utawaku.library.catalogue import Catalogue
from utawaku.tui.app import UtawakuApp
from utawaku.tui.widgets.facets import Facets

SIZE = (120, 36)


async def test_facets_narrow_the_search_and_widen_it(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("b")
        await until(lambda: "Grade" in shown(app) and "Singer" in shown(app), pilot.pause)
        await pilot.press("j", "enter")
        await until(lambda: screen.search_bar.text.startswith("grade:"), pilot.pause)
        await until(lambda: 0 < screen.table.row_count() < 300, pilot.pause)
        await until(lambda: "●" in shown(app), pilot.pause)
        await pilot.press("enter")
        await until(lambda: screen.search_bar.text == "", pilot.pause)


@pytest.mark.slow
async def test_an_artist_opens_to_streams_and_songs_that_play(
    app: UtawakuApp, library: Catalogue
) -> None:
    song = library.songs.of_stream("youtube-fake0000000")[0]
    library.songs.set_label(song.id, "a song", "AAA", "user")
    library.songs.set_span(song.id, 1.0, 9.0)
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("slash", *"artist=AAA", "enter", "b")
        facets = app.screen.query_one(Facets)
        await until(
            lambda: [line.text for line in facets.lines if line.field == "artist"][1:] == ["AAA"],
            pilot.pause,
        )
        await pilot.press("G", "l")
        await until(lambda: ("AAA",) in facets.branches, pilot.pause)
        await pilot.press("j", "l", "j")
        await until(lambda: facets.lines[-1].song is not None, pilot.pause)
        await pilot.press("G", "enter")
        await until(lambda: app.services.player.state.song is not None, pilot.pause)
        playing = app.services.player.state.song
        assert playing is not None
        assert playing.id == song.id
        await pilot.press("h", "h")
        await until(lambda: not facets.branches, pilot.pause)


@pytest.mark.slow
async def test_tags_are_counted_and_narrow_the_search(app: UtawakuApp, library: Catalogue) -> None:
    for song in library.songs.of_stream("youtube-fake0000000")[:3]:
        library.songs.set_tags(song.id, {"my tag": 1.0}, source="user")
    async with app.run_test(size=SIZE) as pilot:
        screen = await opened(app, pilot)
        await pilot.press("b")
        facets = screen.query_one(Facets)
        await until(lambda: any(line.text == "my tag" for line in facets.lines), pilot.pause)
        facets.cursor = next(n for n, line in enumerate(facets.lines) if line.text == "my tag")
        await pilot.press("enter")
        await until(lambda: screen.table.row_count() == 3, pilot.pause)

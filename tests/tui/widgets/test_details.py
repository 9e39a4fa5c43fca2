"""The details of a song that come when nobody looks any more."""

from dataclasses import replace

import numpy as np

from tests.tui.conftest import until
from tests.tui.driving import opened, search, shown
from utawaku.library.catalogue import Catalogue
from utawaku.library.store.highlights import SongHighlight
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.library import LibraryScreen
from utawaku.tui.widgets.details import Details


async def test_an_answer_after_the_pane_was_taken_apart_does_no_harm(
    app: UtawakuApp, library: Catalogue
) -> None:
    song = library.songs.of_stream(library.streams.all()[0].id)[0]
    async with app.run_test(size=(120, 40)) as pilot:
        await until(
            lambda: (
                isinstance(app.screen, LibraryScreen)
                and app.screen.query("SongTable")
                and app.screen.table.current
            ),
            pilot.pause,
        )
        details = app.screen.query_one(Details)
        await details.query("*").remove()
        details.show(song)
        assert details._told == song


async def test_a_highlight_says_how_sure_it_is(app: UtawakuApp, library: Catalogue) -> None:
    song = library.songs.of_stream(library.streams.all()[0].id)[0]
    highlight = SongHighlight(song.id, 65.0, 95.0, np.ones(120, np.float32), "model")
    library.highlights.put(replace(highlight, certainty=0.714))
    async with app.run_test(size=(160, 50)) as pilot:
        await search(await opened(app, pilot), pilot, f"id:{song.id}")
        await until(lambda: "1:05, 71% sure" in shown(app), pilot.pause)

"""The details of a song that come when nobody looks any more."""

from tests.tui.conftest import until
from utawaku.library.catalogue import Catalogue
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

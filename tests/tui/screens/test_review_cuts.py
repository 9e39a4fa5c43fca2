"""Doubtful cuts in the review, judged by keys."""

import pytest
from textual.pilot import Pilot

from tests.tui.conftest import until
from tests.tui.driving import opened, shown
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import Song
from utawaku.library.schema import songs as table
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.review import ReviewScreen

SIZE = (100, 30)


def with_doubts(library: Catalogue) -> tuple[Song, Song]:
    """Two doubtful songs of one stream, the more doubtful first; all others are sure."""
    found = library.songs.of_stream("youtube-fake0000000")
    with library.write() as connection:
        connection.execute(table.update().values(confidence=0.9))
        for song, sure in ((found[2], 0.1), (found[6], 0.3)):
            connection.execute(
                table.update()
                .where(table.c.id == song.id)
                .values(confidence=sure, start_confidence=sure, stop_confidence=0.95)
            )
    return found[2], found[6]


async def at_cuts(app: UtawakuApp, pilot: Pilot[int]) -> ReviewScreen:
    await opened(app, pilot)
    await pilot.press("R")
    await until(lambda: isinstance(app.screen, ReviewScreen) and app.screen._picks, pilot.pause)
    screen = app.screen
    assert isinstance(screen, ReviewScreen)
    await until(lambda: "cuts are doubtful" in shown(app), pilot.pause)
    await pilot.press("c")
    await until(lambda: screen.checking_cuts and screen._picks, pilot.pause)
    return screen


async def test_doubtful_cuts_are_heard_and_found_right_or_no_song(
    app: UtawakuApp, library: Catalogue
) -> None:
    first, second = with_doubts(library)
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_cuts(app, pilot)
        await until(lambda: screen.current and screen.current.id == first.id, pilot.pause)
        await until(lambda: "10% sure ?" in shown(app), pilot.pause)
        player = app.services.player
        await until(lambda: player.recording_at_s(first.stream_id) is not None, pilot.pause)
        await pilot.press("y")
        await until(lambda: library.songs.get(first.id).boundary_source == "user", pilot.pause)
        await until(lambda: screen.current and screen.current.id == second.id, pilot.pause)
        await pilot.press("x")
        await until(lambda: library.songs.get(second.id).drop_reason == "no_song", pilot.pause)
        await until(lambda: "No cut is doubtful" in shown(app), pilot.pause)
        await pilot.press("u")
        await until(lambda: screen.current and screen.current.id == second.id, pilot.pause)
        assert library.songs.get(second.id).state == "kept"
        await pilot.press("u")
        await until(lambda: screen.current and screen.current.id == first.id, pilot.pause)
        assert library.songs.get(first.id).confidence == 0.1
        await pilot.press("c")
        await until(lambda: "promising" in shown(app), pilot.pause)


async def test_a_doubtful_song_is_merged_with_the_next_and_split_at_what_is_heard(
    app: UtawakuApp, library: Catalogue
) -> None:
    first, second = with_doubts(library)
    following = library.songs.of_stream(first.stream_id)[3]
    with library.write() as connection:  # into the 20 s of recording that there are
        moved = table.update().where(table.c.id == second.id).values(start_s=1.0, stop_s=15.0)
        connection.execute(moved)
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_cuts(app, pilot)
        await until(lambda: screen.current and screen.current.id == first.id, pilot.pause)
        await pilot.press("M")
        await until(lambda: library.songs.get(following.id).state == "dropped", pilot.pause)
        assert library.songs.get(first.id).stop_s == pytest.approx(following.stop_s, abs=0.001)
        await until(lambda: screen.current and screen.current.id == second.id, pilot.pause)
        player, catalogue = app.services.player, screen.catalogue
        stream = catalogue.streams.get(second.stream_id)
        n_songs = len(library.songs.of_stream(stream.id))
        screen.worker.write(lambda: player.play_recording(stream, 8.0))
        await until(lambda: (player.recording_at_s(stream.id) or 0) > 5.0, pilot.pause)
        await pilot.press("vertical_line")
        await until(lambda: len(library.songs.of_stream(stream.id)) == n_songs + 1, pilot.pause)
        await pilot.press("u")
        await until(lambda: len(library.songs.of_stream(stream.id)) == n_songs, pilot.pause)
        await pilot.press("u")
        await until(lambda: library.songs.get(following.id).state == "kept", pilot.pause)
        assert library.songs.get(first.id).stop_s == first.stop_s

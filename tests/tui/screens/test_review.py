"""Grading by ear."""

import pytest

from tests.tui.conftest import until
from tests.tui.driving import opened, shown
from utawaku.library.catalogue import Catalogue
from utawaku.library.store.review import Guess
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.review import ReviewScreen
from utawaku.tui.screens.review_queue import hit_rates
from utawaku.tui.widgets.song_stage import SongStage

SIZE = (100, 30)


async def test_songs_are_graded_skipped_and_undone_with_their_reason(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("R")
        await until(lambda: isinstance(app.screen, ReviewScreen) and app.screen._picks, pilot.pause)
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        first, second, third, fourth = (pick.song for pick in screen._picks[:4])
        await until(lambda: "promising" in shown(app), pilot.pause)
        await pilot.press("f")
        await until(lambda: library.songs.get(first.id).grade == 1, pilot.pause)
        (mark,) = library.grades.history(first.id)
        assert mark.context == {"where": "review", "why": "promising", "taste": first.taste}
        await pilot.press("s")
        await until(lambda: second.id in library.taste.not_to_be_asked(), pilot.pause)
        await pilot.press("u")
        await until(lambda: second.id not in library.taste.not_to_be_asked(), pilot.pause)
        await until(lambda: screen.current and screen.current.id == second.id, pilot.pause)
        await pilot.press("s", "left")
        await until(lambda: library.songs.get(third.id).grade == -1, pilot.pause)
        await until(lambda: library.songs.get(second.id).grade is None, pilot.pause)
        await pilot.press("5")
        await until(lambda: library.songs.get(fourth.id).stars == 5, pilot.pause)
        await until(lambda: library.songs.get(fourth.id).grade == 1, pilot.pause)
        await pilot.press("u")
        await until(lambda: library.songs.get(fourth.id).grade is None, pilot.pause)
        await until(lambda: screen.current and screen.current.id == fourth.id, pilot.pause)
        await until(lambda: "2 graded today" in shown(app), pilot.pause)


async def test_a_highlight_is_played_at_once_and_the_whole_song_on_enter(
    app: UtawakuApp, library: Catalogue
) -> None:
    wanted = next(
        song for song in library.songs.of_stream("youtube-fake0000000") if song.grade is None
    )
    library.taste.put_queue([(wanted.id, "varied")], model_version="1")
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("R")
        await until(lambda: isinstance(app.screen, ReviewScreen) and app.screen._picks, pilot.pause)
        screen = app.screen
        assert isinstance(screen, ReviewScreen)
        current = screen.current
        assert current is not None
        assert current.id == wanted.id
        await until(lambda: "varied: chosen by chance" in shown(app), pilot.pause)
        await until(
            lambda: (
                app.services.player.queue.current is not None
                and app.services.player.queue.current.song_id == current.id
            ),
            pilot.pause,
        )
        await until(lambda: app.services.player.state.song is not None, pilot.pause)
        track = app.services.player.engine.current
        assert track is not None
        assert (track.from_s, track.to_s) == (60.0, 90.0)
        await pilot.press("enter")
        await until(
            lambda: (
                app.services.player.engine.current is not None
                and app.services.player.engine.current.from_s == 0.0
            ),
            pilot.pause,
        )


def test_the_share_of_right_guesses_is_shown_over_time() -> None:
    bad = [Guess(0.9, False)] * 20
    good = [Guess(0.9, True)] * 20
    assert hit_rates(bad[:19]) == []
    assert hit_rates(bad) == [0.0]
    rates = hit_rates(bad + good)
    assert (rates[0], rates[-1]) == (0.0, 1.0)
    assert rates == sorted(rates)
    assert len(hit_rates(bad * 50)) <= 24


@pytest.mark.slow
async def test_a_tall_terminal_shows_artwork_and_spectrum_of_the_song_to_be_graded(
    app: UtawakuApp,
) -> None:
    async with app.run_test(size=(120, 44)) as pilot:
        await opened(app, pilot)
        await pilot.press("R")
        await until(lambda: isinstance(app.screen, ReviewScreen) and app.screen._picks, pilot.pause)
        stage = app.screen.query_one(SongStage)
        assert stage.display
        await until(lambda: stage.cover._song is not None, pilot.pause)
        await pilot.resize_terminal(80, 24)
        await until(lambda: not stage.display, pilot.pause)

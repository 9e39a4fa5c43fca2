"""The timeline: cuts by hand, driven by keys."""

import pytest
from textual.pilot import Pilot
from textual.widgets import TextArea

from tests.tui.conftest import HandOutput, until
from tests.tui.driving import lines, opened, search, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Song
from utawaku.library.requests import LaySetlist, Recut
from utawaku.library.schema import songs as table
from utawaku.tui.app import UtawakuApp
from utawaku.tui.screens.timeline import TimelineScreen
from utawaku.tui.widgets.stream_songs import StreamSongs

SIZE = (110, 34)
STREAM = "youtube-fake0000000"


async def at_stream(app: UtawakuApp, pilot: Pilot[int]) -> TimelineScreen:
    """Go to stream 0 through the library."""
    library = await opened(app, pilot)
    await search(library, pilot, f"id:{STREAM} sort:length")
    await until(lambda: library.table.current is not None, pilot.pause)
    await pilot.press("t")
    await until(
        lambda: (
            isinstance(app.screen, TimelineScreen)
            and app.screen.query(StreamSongs)
            and app.screen.rows.songs
        ),
        pilot.pause,
    )
    assert isinstance(app.screen, TimelineScreen)
    return app.screen


def songs(library: Catalogue) -> list[Song]:
    return library.songs.of_stream(STREAM)


async def test_a_stream_is_drawn_with_waveform_segments_songs_and_stamps(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_stream(app, pilot)
        await until(lambda: "█" in shown(app), pilot.pause)
        assert screen.current is not None
        picture = screen.view.picture
        assert len(picture.songs) == 15
        assert len(picture.stamps) == 15
        assert {segment.label for segment in picture.segments} == {"speech", "music", "noEnergy"}
        await until(lambda: "╎" in shown(app), pilot.pause)
        await until(
            lambda: all(len(line) == 110 for line in [li for li in lines(app) if li.isascii()]),
            pilot.pause,
        )


async def test_zoom_and_marker_stay_inside_the_recording(app: UtawakuApp) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_stream(app, pilot)
        view = screen.view
        await pilot.press("w")
        whole = view.span_s
        assert whole == pytest.approx(view.picture.duration_s)
        await pilot.press("i", "i")
        await until(lambda: view.span_s == pytest.approx(whole / 4), pilot.pause)
        await pilot.press("o", "o", "o", "o")
        await until(lambda: view.span_s == pytest.approx(whole), pilot.pause)
        for _ in range(30):
            await pilot.press("i")
        await until(lambda: view.span_s == pytest.approx(4.0), pilot.pause)
        before = view.marker_s
        await pilot.press("right", "shift+right")
        await until(
            lambda: view.marker_s == pytest.approx(before + 11 * view.column_s), pilot.pause
        )
        await until(lambda: view.start_s <= view.marker_s <= view.stop_s, pilot.pause)
        await pilot.press("c")
        song = screen.current
        assert song is not None
        await until(lambda: view.start_s <= song.start_s < song.stop_s <= view.stop_s, pilot.pause)


async def test_nudges_are_heard_written_as_one_step_and_undone(
    app: UtawakuApp, library: Catalogue, output: HandOutput
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_stream(app, pilot)
        song = screen.current
        assert song is not None
        screen.settle_s = 60  # a slow machine may take long between two keys
        for key in ("left_square_bracket", "full_stop", "full_stop", "greater_than_sign"):
            await pilot.press(key)
        moved_s = pytest.approx(song.start_s + 1.2, abs=0.002)
        await until(
            lambda: screen._moving is not None and screen._moving[1] == moved_s, pilot.pause
        )
        await until(
            lambda: (
                app.services.player.engine.current is not None
                and app.services.player.engine.current.to_s
                == pytest.approx(song.start_s + 1.2 + 1.5, abs=0.01)
            ),
            pilot.pause,
        )
        await until(lambda: not library.edits.history(STREAM), pilot.pause)
        screen._settle()
        await until(lambda: library.requests.waiting(Recut), pilot.pause)
        await until(
            lambda: (
                library.songs.get(song.id).start_s == pytest.approx(song.start_s + 1.2, abs=0.002)
            ),
            pilot.pause,
        )
        await until(lambda: library.songs.get(song.id).boundary_source == "user", pilot.pause)
        await until(
            lambda: [r.target for r in library.requests.waiting(Recut)] == [STREAM], pilot.pause
        )
        await until(lambda: len(library.edits.history(STREAM)) == 1, pilot.pause)
        await pilot.press("u")
        await until(lambda: not library.edits.history(STREAM), pilot.pause)
        await until(lambda: library.songs.get(song.id) == song, pilot.pause)


async def test_the_end_can_be_held_too(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_stream(app, pilot)
        song = screen.current
        assert song is not None
        await pilot.press("right_square_bracket", "comma", "less_than_sign", "j")
        await until(lambda: library.edits.history(STREAM), pilot.pause)
        await until(
            lambda: (
                library.songs.get(song.id).stop_s == pytest.approx(song.stop_s - 1.1, abs=0.002)
            ),
            pilot.pause,
        )


async def test_a_cut_that_would_overlap_is_refused_and_the_picture_goes_back(
    app: UtawakuApp, library: Catalogue
) -> None:
    first, second = songs(library)[:2]
    library.songs.set_span(first.id, first.start_s, second.start_s - 0.3)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await at_stream(app, pilot)
        screen.rows.cursor = 0
        await pilot.press("right_square_bracket", "greater_than_sign")
        await until(lambda: "overlap" in told(app), pilot.pause)
        await until(
            lambda: screen.rows.songs[0].stop_s == pytest.approx(second.start_s - 0.3), pilot.pause
        )


async def test_songs_are_split_merged_added_and_dropped_with_undo(
    app: UtawakuApp, library: Catalogue
) -> None:
    before = songs(library)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await at_stream(app, pilot)
        screen.rows.cursor = 0
        await pilot.pause()
        screen.set_marker(before[0].start_s + 60)
        await pilot.press("s")
        await until(lambda: len(songs(library)) == 16, pilot.pause)
        await until(lambda: len(screen.rows.songs) == 16, pilot.pause)
        await until(
            lambda: songs(library)[1].start_s == pytest.approx(before[0].start_s + 60, abs=0.001),
            pilot.pause,
        )
        screen.rows.cursor = 0
        await pilot.press("M")
        await until(lambda: len(songs(library)) == 15, pilot.pause)
        screen.set_marker(before[0].start_s + 5)
        await pilot.press("a")
        await until(lambda: "s splits it" in told(app), pilot.pause)
        screen.set_marker(20.0)
        await pilot.press("a")
        await until(lambda: len(songs(library)) == 16, pilot.pause)
        await until(lambda: len(screen.rows.songs) == 16, pilot.pause)
        screen.rows.cursor = 0
        await pilot.pause()
        await pilot.press("x")
        await until(lambda: len(songs(library)) == 15, pilot.pause)
        for _ in range(4):
            n = len(library.edits.history(STREAM))
            await pilot.press("u")
            await until(lambda n=n: len(library.edits.history(STREAM)) < n, pilot.pause)
        await until(lambda: songs(library) == before, pilot.pause)


async def test_the_marker_follows_what_is_heard_and_space_holds_it(
    app: UtawakuApp, output: HandOutput
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_stream(app, pilot)
        screen.view.show(0, 40)
        screen.set_marker(2.0)
        await pilot.press("space")
        await until(
            lambda: app.services.player.moving and app.services.player.engine._buffered > 0,
            pilot.pause,
        )
        await until(lambda: app.services.player.engine._buffered > 24000, pilot.pause)
        output.turn(0.5)
        await until(lambda: screen.view.marker_s == pytest.approx(2.5, abs=0.5), pilot.pause)
        await pilot.press("space")
        await until(lambda: not app.services.player.moving, pilot.pause)


@pytest.mark.slow
async def test_a_pasted_setlist_is_shown_as_it_is_read_before_it_is_used(
    app: UtawakuApp, library: Catalogue
) -> None:
    text = "1:00 夜に駆ける / YOASOBI\n2:00 雑談\n9:59:00 late / late"
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_stream(app, pilot)
        await pilot.press("S", *"no times", "ctrl+s")
        await until(lambda: "no time" in shown(app), pilot.pause)
        app.screen.query_one(TextArea).text = text
        await pilot.press("ctrl+s")
        await until(lambda: "YOASOBI" in shown(app) and "1 song is cut" in shown(app), pilot.pause)
        assert "after the end of the recording" in shown(app)
        assert "no song: left out" in shown(app)
        assert not library.requests.waiting(LaySetlist)
        await pilot.press("y")
        await until(lambda: library.requests.waiting(LaySetlist), pilot.pause)
        (request,) = library.requests.waiting(LaySetlist)
        assert dict(request.arguments) == {"text": text}
        assert app.screen is screen


async def test_another_stream_is_chosen(app: UtawakuApp, library: Catalogue) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_stream(app, pilot)
        await pilot.press("v")
        await until(lambda: "Streams, the newest first" in shown(app), pilot.pause)
        await pilot.press("enter")
        await until(lambda: len(app.screen_stack) == 1, pilot.pause)
        newest = library.streams.all(limit=1)[0]
        await until(lambda: screen._stream_id == newest.id, pilot.pause)


async def test_a_damaged_analysis_is_told_where_the_waveform_would_be(
    app: UtawakuApp, settings: Settings
) -> None:
    (settings.stream_dir(STREAM) / "analysis.npz").write_bytes(b"no zip")
    async with app.run_test(size=(200, 34)) as pilot:
        await at_stream(app, pilot)
        await until(lambda: "analysis cannot be read" in shown(app), pilot.pause)


def with_files(library: Catalogue) -> None:
    """Every song of the stream was cut at its present ends."""
    for song in songs(library):
        span = {"file_start_s": song.start_s, "file_stop_s": song.stop_s}
        library.songs.set_file(song.id, {"file_path": f"Songs/{song.start_s}.opus", **span})


async def test_a_song_whose_cuts_stay_is_cut_again(app: UtawakuApp, library: Catalogue) -> None:
    with_files(library)
    async with app.run_test(size=SIZE) as pilot:
        song = (await at_stream(app, pilot)).current
        assert song is not None
        await pilot.press("C")
        await until(lambda: "1 song will be cut again" in told(app), pilot.pause)
    now = library.songs.get(song.id)
    assert (now.start_s, now.stop_s, now.file_start_s) == (song.start_s, song.stop_s, song.start_s)
    assert now.file_stop_s is None
    assert now.file_path == song.file_path
    assert [s.id for s in songs(library) if s.file_stop_s is None] == [song.id]
    (request,) = library.requests.of_kind(Recut)
    assert request.target == STREAM
    assert request.arguments == {"again": ["library_files"]}


async def test_a_song_without_a_recording_keeps_its_file(
    app: UtawakuApp, library: Catalogue, settings: Settings
) -> None:
    with_files(library)
    (settings.stream_dir(STREAM) / "recording.wav").unlink()
    async with app.run_test(size=SIZE) as pilot:
        await at_stream(app, pilot)
        await pilot.press("C")
        await until(lambda: "not there to cut from" in told(app), pilot.pause)
    assert all(song.file_stop_s == song.stop_s for song in songs(library))
    assert not library.requests.of_kind(Recut)


async def test_a_narrow_screen_keeps_the_number_of_songs_in_the_headline(
    app: UtawakuApp, library: Catalogue
) -> None:
    stream = library.streams.get(STREAM)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await at_stream(app, pilot)
        n = len(screen.rows.songs)
        await until(lambda: f"{n} songs" in lines(app)[1], pilot.pause)
        await pilot.resize_terminal(160, 40)
        await until(lambda: "15 setlist lines" in lines(app)[1], pilot.pause)
        wide = f"{stream.channel}  {stream.uploaded_on}"
        await until(lambda: wide in lines(app)[1], pilot.pause)


def with_doubts(library: Catalogue) -> tuple[Song, Song]:
    """Two doubtful songs in the stream, the more doubtful first; all others are sure."""
    found = songs(library)
    second, first = found[3], found[8]
    with library.write() as connection:
        connection.execute(table.update().values(confidence=0.9))
        for song, sure in ((first, 0.1), (second, 0.3)):
            connection.execute(
                table.update()
                .where(table.c.id == song.id)
                .values(confidence=sure, start_confidence=sure, stop_confidence=0.9)
            )
    return first, second


async def test_the_doubtful_cuts_come_first_and_each_has_a_mark(
    app: UtawakuApp, library: Catalogue
) -> None:
    first, second = with_doubts(library)
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_stream(app, pilot)
        await until(lambda: "2 doubtful" in shown(app), pilot.pause)
        await until(lambda: " ?" in shown(app), pilot.pause)
        await pilot.press("D")
        await until(lambda: screen.current and screen.current.id == first.id, pilot.pause)
        await pilot.press("D")
        await until(lambda: screen.current and screen.current.id == second.id, pilot.pause)
        await pilot.press("D")
        await until(lambda: screen.current and screen.current.id == first.id, pilot.pause)
        await pilot.press("y")
        await until(lambda: library.songs.get(first.id).boundary_source == "user", pilot.pause)
        await until(lambda: screen.current and screen.current.id == second.id, pilot.pause)
        await until(lambda: "1 doubtful" in shown(app), pilot.pause)
        assert library.requests.of_kind(Recut) == []  # nothing is cut otherwise
        await pilot.press("u")
        await until(lambda: library.songs.get(first.id).confidence == 0.1, pilot.pause)
        await until(lambda: screen.current and screen.current.id == first.id, pilot.pause)
        await pilot.press("ctrl+r")
        await until(lambda: library.songs.get(first.id).boundary_source == "user", pilot.pause)


async def test_what_is_no_song_goes_by_one_key_and_comes_back(
    app: UtawakuApp, library: Catalogue
) -> None:
    first, second = with_doubts(library)
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_stream(app, pilot)
        await pilot.press("D")
        await until(lambda: screen.current and screen.current.id == first.id, pilot.pause)
        await pilot.press("x")
        await until(lambda: library.songs.get(first.id).state == "dropped", pilot.pause)
        await until(lambda: screen.current and screen.current.id == second.id, pilot.pause)
        await pilot.press("u")
        await until(lambda: library.songs.get(first.id).state == "kept", pilot.pause)
        await until(lambda: screen.current and screen.current.id == first.id, pilot.pause)
        assert library.songs.get(first.id).start_confidence == 0.1


async def test_a_song_is_split_at_the_marker_by_its_sign_too(
    app: UtawakuApp, library: Catalogue
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_stream(app, pilot)
        song = screen.current
        assert song is not None
        screen.set_marker((song.start_s + song.stop_s) / 2)
        await pilot.press("vertical_line")
        await until(lambda: len(songs(library)) == 16, pilot.pause)
        await pilot.press("u")
        await until(lambda: len(songs(library)) == 15, pilot.pause)


async def test_without_doubts_in_a_stream_another_one_is_shown(
    app: UtawakuApp, library: Catalogue
) -> None:
    with_doubts(library)
    other = next(stream.id for stream in library.streams.all(limit=50) if stream.id != STREAM)
    there = library.songs.of_stream(other)[1]
    with library.write() as connection:
        connection.execute(table.update().values(confidence=0.9, start_confidence=None))
        connection.execute(table.update().where(table.c.id == there.id).values(confidence=0.2))
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_stream(app, pilot)
        await pilot.press("D")
        await until(lambda: screen.current and screen.current.id == there.id, pilot.pause)
        await pilot.press("y")
        await until(lambda: library.songs.get(there.id).boundary_source == "user", pilot.pause)
        await pilot.press("D")
        await until(lambda: "No other cut is doubtful" in told(app), pilot.pause)

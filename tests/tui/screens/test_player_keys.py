"""Keys of the player."""

import pytest

from tests.tui.conftest import HandOutput, until
from tests.tui.driving import opened, search, shown, told
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.tui.app import UtawakuApp
from utawaku.tui.preferences import load_preferences

SIZE = (120, 36)


async def test_modes_are_switched_and_shown(app: UtawakuApp, settings: Settings) -> None:
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        screen = await opened(app, pilot)
        await search(screen, pilot, "id:youtube-fake0000000")
        await pilot.press("enter")
        await until(lambda: app.services.player.state.song is not None, pilot.pause)
        await pilot.press("z", "r", "h")
        await until(lambda: "highlights  shuffle  repeat all" in shown(app), pilot.pause)
        await pilot.press("h", "z", "r", "r", "ctrl+g")
        await until(lambda: "gain off" in shown(app), pilot.pause)
        await until(lambda: load_preferences(settings).replay_gain is False, pilot.pause)
        await pilot.press("m")
        await until(lambda: "no stems yet" in told(app), pilot.pause)
        await until(lambda: app.services.player.stem == "mix", pilot.pause)


async def test_a_stem_is_heard_at_the_same_moment(
    app: UtawakuApp, library: Catalogue, settings: Settings, output: HandOutput
) -> None:
    from tests.tui.conftest import pitch_of, write_tone
    from utawaku.library.schema import stems

    song = library.songs.of_stream("youtube-fake0000000")[0]
    library.songs.set_span(song.id, 1.0, 9.0)
    for name, hertz in (("vocals", 880), ("accompaniment", 220)):
        write_tone(settings.library_root / f"{name}.wav", hertz, 8)
    with library.write() as connection:
        connection.execute(
            stems.insert().values(
                song_id=song.id,
                engine="test",
                vocals_path="vocals.wav",
                accompaniment_path="accompaniment.wav",
                at=1.0,
            )
        )
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        app.services.playback.play_numbers(list(library.browser.numbers_of([song.id]).values()), 0)

        async def heard() -> float:
            await until(lambda: app.services.player.engine._buffered > 30_000, pilot.pause)
            output.turn(0.05)
            return pitch_of(output.turn(0.5))

        await until(lambda: app.services.player.moving, pilot.pause)
        assert await heard() == pytest.approx(440, abs=4)
        for stem, hertz in (("vocals", 880), ("accompaniment", 220), ("mix", 440)):
            before = app.services.player.state.position_s
            await pilot.press("m")
            await until(lambda stem=stem: app.services.player.stem == stem, pilot.pause)
            assert app.services.player.state.position_s >= before - 0.01
            assert await heard() == pytest.approx(hertz, abs=4)
        library.songs.set_span(song.id, 2.0, 9.0)
        await pilot.press("m")
        await until(lambda: "has no stems yet" in told(app), pilot.pause)

"""Cover pictures: how a terminal shows them, what is done with bad ones, and the pane itself."""

import base64
import fcntl
import io
import os
import re
import struct
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
import pytest
from PIL import Image
from textual.geometry import Region

from tests.tui.conftest import until, write_tone
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.tags import SongTags, write_tags
from utawaku.tui import terminal
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.pictures import MAX_PIXELS, cover_file, make_picture
from utawaku.tui.screens.library import LibraryScreen
from utawaku.tui.screens.notices import ShowText
from utawaku.tui.terminal import Way, way_of
from utawaku.tui.widgets.details import Details

SIZE = (150, 50)
RED, BLUE = (200, 10, 20), (10, 20, 200)


def picture_file(size: tuple[int, int] = (640, 360), kind: str = "PNG") -> bytes:
    """Red above, blue below."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (0, size[1] // 2, *size))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("environment", "way"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-ghostty"}, "kitty"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "sixel"),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "230801"}, "sixel"),
        ({"TERM": "xterm-256color", "KONSOLE_VERSION": "210401"}, "blocks"),
        ({"TERM": "xterm-256color"}, "blocks"),
        ({"TERM": "xterm-kitty", "TMUX": "/tmp/tmux"}, "blocks"),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, "blocks"),
        ({"TERM": "xterm-kitty", "TEXTUAL_DRIVER": "textual.drivers.web_driver:W"}, "blocks"),
        ({"TERM": "dumb"}, "text"),
        ({}, "text"),
    ],
)
def test_the_environment_tells_how_pictures_are_shown(
    environment: dict[str, str], way: Way
) -> None:
    assert way_of(environment, no_color=False) == way
    assert way_of(environment, no_color=True) == "text"


def test_half_blocks_have_the_colours_of_the_picture_and_its_shape() -> None:
    made = make_picture(picture_file(), "blocks", 34, 14)
    assert made is not None
    assert made.pixels is not None
    assert (made.columns, made.rows) == (34, 10)
    assert made.original == (640, 360)
    assert made.pixels.shape == (20, 34, 3)
    assert tuple(made.pixels[0, 0]) == RED
    assert tuple(made.pixels[-1, -1]) == BLUE


def test_a_tall_picture_is_no_higher_than_its_room() -> None:
    made = make_picture(picture_file((200, 900)), "blocks", 34, 12)
    assert made is not None
    assert made.rows == 12
    assert made.columns < 12


def test_kitty_gets_the_whole_picture_and_its_place_in_cells() -> None:
    made = make_picture(picture_file(), "kitty", 34, 14, (9, 18))
    assert made is not None
    sent = terminal.kitty_sends(made, 0x557401)
    pieces = [re.fullmatch(r"\x1b_G([^;]*);?(.*)\x1b\\", one) for one in sent]
    assert all(pieces)
    assert all(len(one) < 4200 for one in sent)
    payload = "".join(piece[2] for piece in pieces[:-1] if piece)
    image = Image.open(io.BytesIO(base64.b64decode(payload)))
    assert image.size == (34 * 9, 10 * 18)
    assert image.getpixel((0, 0)) == RED
    more = [re.search(r"m=(\d)", piece[1]) for piece in pieces[:-1] if piece]
    assert [m[1] for m in more if m] == ["1"] * (len(more) - 1) + ["0"]
    assert "U=1" in sent[-1]
    assert "c=34,r=10" in sent[-1]
    row = terminal.kitty_row(made, 3)
    assert row.count("\U0010eeee") == 34
    assert len({row[i : i + 3] for i in range(0, len(row), 3)}) == 34


def test_sixels_are_one_sequence_of_the_picture() -> None:
    made = make_picture(picture_file(), "sixel", 34, 14, (9, 18))
    assert made is not None
    assert made.data.startswith("\x1bP")
    assert made.data.endswith("\x1b\\")
    assert made.data.count("\x1b") == 2
    assert f";{34 * 9};{10 * 18}" in made.data


@pytest.mark.parametrize("way", list(terminal.WAYS))
def test_what_is_no_picture_is_not_shown(way: Way) -> None:
    jpeg = picture_file(kind="JPEG")
    for file in (b"", b"\x89PNG\r\n\x1a\n", b"<html>", jpeg[:300], b"\xff\xd8\xff" + b"\0" * 999):
        assert make_picture(file, way, 34, 14) is None


def test_an_absurdly_large_picture_is_not_decoded() -> None:
    side = int(MAX_PIXELS**0.5) + 1
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    assert make_picture(out.getvalue(), "blocks", 34, 14) is None


def test_a_picture_with_transparency_and_one_of_a_single_pixel_are_shown() -> None:
    for mode, size in (("RGBA", (50, 50)), ("P", (1, 1)), ("L", (3000, 1)), ("CMYK", (9, 9))):
        out = io.BytesIO()
        Image.new(mode, size).save(out, "TIFF")
        assert make_picture(out.getvalue(), "blocks", 34, 14) is not None


def test_a_song_without_a_cover_takes_the_thumbnail_of_its_stream(tmp_path: Path) -> None:
    stream = tmp_path / "stream"
    assert cover_file(tmp_path / "gone.opus", stream) == b""
    stream.mkdir()
    (stream / "thumbnail.webp").write_bytes(picture_file(kind="WEBP"))
    assert cover_file(tmp_path / "gone.opus", stream) == picture_file(kind="WEBP")
    assert cover_file(None, stream) == picture_file(kind="WEBP")
    (tmp_path / "broken.opus").write_bytes(b"no audio")
    assert cover_file(tmp_path / "broken.opus", stream) == picture_file(kind="WEBP")


@pytest.fixture
def covered(library: Catalogue, settings: Settings) -> str:
    """The id of the first listed song, which has a file with a cover; the others have none."""
    browser = library.browser
    song = browser.songs(browser.search("").numbers[:1])[0]
    path = write_tone(settings.library_root / "Songs/one.wav", 440, 1)
    write_tags(path, SongTags(title="one"), picture_file())
    with library.write() as connection:
        from utawaku.library.schema import songs

        connection.execute(songs.update().values(file_path=""))
        connection.execute(
            songs.update().where(songs.c.id == song.id).values(file_path="Songs/one.wav")
        )
    return song.id


def corner(app: UtawakuApp) -> list[tuple[str, str]]:
    """Signs and colours of the half blocks in sight."""
    return [
        (str(segment.style.color), str(segment.style.bgcolor))
        for strip in app.screen._compositor.render_strips()
        for segment in strip
        if segment.text == "▀" and segment.style
    ]


async def test_the_cover_stands_above_the_details_and_goes_with_the_cursor(
    app: UtawakuApp, covered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("TMUX", raising=False)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: isinstance(app.screen, LibraryScreen), pilot.pause)
        await until(lambda: len(corner(app)) == 34 * 10, pilot.pause)
        assert "200, 10, 20" in corner(app)[0][0] or "c80a14" in corner(app)[0][0]
        await pilot.press("j")
        await until(lambda: not corner(app), pilot.pause)
        await pilot.press("k")
        await until(lambda: len(corner(app)) == 34 * 10, pilot.pause)


async def test_another_way_is_chosen_and_kept(
    app: UtawakuApp, covered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: isinstance(app.screen, LibraryScreen), pilot.pause)
        await until(lambda: corner(app), pilot.pause)
        await pilot.press("I")
        await until(lambda: not isinstance(app.screen, LibraryScreen), pilot.pause)
        await pilot.press("G", "enter")
        await until(lambda: isinstance(app.screen, LibraryScreen), pilot.pause)
        cover = app.screen.query_one(Details).cover
        await until(lambda: cover.picture and cover.picture.way == "text", pilot.pause)
        await until(lambda: "cover 640 × 360" in text_of(app), pilot.pause)
        assert app.services.preferences.value.pictures == "text"


async def test_kitty_holds_one_picture_at_a_time(
    app: UtawakuApp, covered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-kitty")
    monkeypatch.delenv("TMUX", raising=False)
    async with app.run_test(size=SIZE) as pilot:
        driver = app._driver
        assert driver is not None
        sent: list[str] = []
        monkeypatch.setattr(driver, "write", sent.append)
        await until(lambda: "\U0010eeee" in text_of(app), pilot.pause)
        assert "a=p,U=1" in "".join(sent)
        await pilot.press("j")
        await until(lambda: "a=d,d=I" in "".join(sent), pilot.pause)
        await until(lambda: "\U0010eeee" not in text_of(app), pilot.pause)


async def test_without_colour_no_picture_is_drawn(
    library: Catalogue, settings: Settings, covered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = UtawakuApp(LibraryHandle.of(settings, library))
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: "cover 640 × 360" in text_of(app), pilot.pause)
        assert not corner(app)


async def test_a_cover_that_cannot_be_read_leaves_the_details_alone(
    app: UtawakuApp, library: Catalogue, settings: Settings, covered: str
) -> None:
    song = library.songs.get(covered)
    (settings.library_root / song.file_path).write_bytes(b"RIFF broken")
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: isinstance(app.screen, LibraryScreen), pilot.pause)
        details = app.screen.query_one(Details)
        await until(
            lambda: [picture for _at, picture in details.cover._kept.values()] == [None],
            pilot.pause,
        )
        assert not details.cover.display
        assert "sung by" in text_of(app)


def text_of(app: UtawakuApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


def test_cell_sizes_are_unknown_without_a_terminal(tmp_path: Path) -> None:
    assert terminal.cell_pixels(None) is None
    with (tmp_path / "file").open("w") as file:
        assert terminal.cell_pixels(file) is None


def test_pixels_are_numbers_of_bytes() -> None:
    made = make_picture(picture_file(kind="JPEG"), "blocks", 20, 8)
    assert made is not None
    assert made.pixels is not None
    assert made.pixels.dtype == np.uint8


@pytest.fixture
def large_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[IO[str]]:
    """A terminal that tells how large its cells are: 9 x 18 pixels."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("4H", 50, 150, 150 * 9, 50 * 18))
    with os.fdopen(slave, "w") as file:
        monkeypatch.setattr(sys, "__stdout__", file)
        yield file
    os.close(master)


def test_a_terminal_tells_how_large_its_cells_are(large_terminal: IO[str]) -> None:
    assert terminal.cell_pixels(large_terminal) == (9, 18)


async def test_without_the_size_of_a_cell_sixels_are_half_blocks(
    app: UtawakuApp, covered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "foot")
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setattr(sys, "__stdout__", None)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: isinstance(app.screen, LibraryScreen), pilot.pause)
        await until(lambda: corner(app), pilot.pause)


async def test_sixels_are_drawn_over_the_place_of_the_cover(
    app: UtawakuApp, covered: str, monkeypatch: pytest.MonkeyPatch, large_terminal: IO[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: isinstance(app.screen, LibraryScreen), pilot.pause)
        await until(lambda: corner(app), pilot.pause)
        cover = app.screen.query_one(Details).cover
        cover.choose("sixel")
        await until(lambda: cover.picture and cover.picture.way == "sixel", pilot.pause)
        await until(lambda: cover.size.height == 10, pilot.pause)
        lines = cover.render_lines(Region(0, 0, cover.size.width, cover.size.height))
        assert [line.cell_length for line in lines] == [cover.size.width] * 10
        assert all(not line.text.strip() for line in lines[:-1])
        sent = lines[-1].text
        at = f"\x1b[{cover.region.y + 1};{cover.region.x + 1}H"
        assert at + "\x1bP" in sent
        app.push_screen(ShowText("over it", ""))
        await until(lambda: not cover.screen.is_active, pilot.pause)
        lines = cover.render_lines(Region(0, 0, cover.size.width, cover.size.height))
        assert "\x1bP" not in lines[-1].text


async def test_another_cover_in_the_same_file_is_shown_after_a_while(
    app: UtawakuApp, settings: Settings, covered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr("utawaku.tui.widgets.cover.TRUE_FOR_S", 0.0)
    async with app.run_test(size=SIZE) as pilot:
        await until(lambda: isinstance(app.screen, LibraryScreen), pilot.pause)
        await until(lambda: len(corner(app)) == 34 * 10, pilot.pause)
        cover = app.screen.query_one(Details).cover
        first = cover.picture
        await pilot.press("j")
        await until(lambda: cover.picture is None, pilot.pause)
        await pilot.press("k")
        await until(lambda: cover.picture is first, pilot.pause)
        path = settings.library_root / "Songs/one.wav"
        write_tags(path, SongTags(title="one"), picture_file((300, 300)))
        await pilot.press("j")
        await until(lambda: cover.picture is None, pilot.pause)
        await pilot.press("k")
        await until(lambda: cover.picture and cover.picture.original == (300, 300), pilot.pause)

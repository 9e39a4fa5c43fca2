"""`cover.jpg` in the folders of songs."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.workflows.song_world import World
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, TagSettings
from utawaku.library.records import SongSpan, Stream
from utawaku.workflows.folder_covers import is_our_cover, keep_folder_cover
from utawaku.workflows.song_files import Counts, file_away


@pytest.fixture
def world(catalogue: Catalogue, settings: Settings) -> World:
    made = World(catalogue, settings, "opus")
    paint(settings.library_root / "thumbnail.jpg", "red")
    made.stream = catalogue.streams.save(replace(made.stream, thumbnail_path="thumbnail.jpg"))
    file_away(made.song, made.stream, 1, catalogue, settings, Counts())
    return made


def paint(path: Path, colour: str) -> None:
    Image.new("RGB", (64, 36), colour).save(path, "JPEG")


def colour_of(path: Path) -> tuple[int, ...]:
    image = Image.open(io.BytesIO(path.read_bytes()))
    pixel = image.getpixel((5, 5))
    assert isinstance(pixel, tuple)
    return tuple(round(value / 255) for value in pixel)


def keep(world: World) -> int:
    return keep_folder_cover(world.stream, [world.song], world.catalogue, world.settings)


def test_a_folder_of_one_stream_gets_its_picture_once(world: World) -> None:
    assert keep(world) == 1
    cover = world.path.with_name("cover.jpg")
    assert is_our_cover(cover)
    assert colour_of(cover) == (1, 0, 0)
    assert keep(world) == 0
    paint(world.settings.library_root / "thumbnail.jpg", "blue")
    assert keep(world) == 1
    assert colour_of(cover) == (0, 0, 1)


def test_a_picture_of_the_user_stays(world: World) -> None:
    cover = world.path.with_name("cover.jpg")
    paint(cover, "green")
    before = cover.read_bytes()
    assert keep(world) == 0
    assert cover.read_bytes() == before


def test_a_folder_of_two_streams_is_no_album(world: World) -> None:
    catalogue = world.catalogue
    catalogue.streams.save(Stream("youtube-b", "https://youtu.be/b"))
    catalogue.songs.reconcile("youtube-b", [SongSpan(0, 0.0, 1.0, "smart", 1.0)], made_by="x")
    (other,) = catalogue.songs.of_stream("youtube-b")
    folder = Path(world.song.file_path).parent.as_posix()
    catalogue.songs.set_file(other.id, {"file_path": f"{folder}/other.opus"})
    assert keep(world) == 0
    world.settings = world.settings.model_copy(update={"tags": TagSettings(folder_cover=False)})
    catalogue.songs.set_file(other.id, {"file_path": ""})
    assert keep(world) == 0


def test_it_goes_with_the_last_song_of_its_folder(world: World) -> None:
    keep(world)
    before = world.path.parent
    world.stream = world.catalogue.streams.save(
        Stream("youtube-a", world.stream.url, "another evening", channel="Mio")
    )
    file_away(world.song, world.stream, 1, world.catalogue, world.settings, Counts())
    assert world.path.parent != before
    assert not before.exists()

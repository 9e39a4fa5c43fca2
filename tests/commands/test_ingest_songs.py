"""`utawaku ingest` of finished tracks: a folder of music comes into the library as whole songs."""

import json
from pathlib import Path

import pytest

from tests.conftest import Program
from tests.models.song_files import sound, write
from utawaku.demo import render_song
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.tags import SongTags, read_tags, write_tags
from utawaku.media.decode import load

RATE_HZ = 32_000


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    """Two songs as MP3: one with tags, one with a name."""
    folder = tmp_path / "collection"
    folder.mkdir()
    for name, file in (("scarborough_fair", "01.mp3"), ("greensleeves", "Mio - Lady.mp3")):
        song = render_song(name, seconds=45, sample_rate_hz=RATE_HZ, seed=4)
        write(folder / file, song.mix, RATE_HZ, "libmp3lame", bit_rate=96_000)
    write_tags(folder / "01.mp3", SongTags(title="The Fair", artist="Aki"))
    return folder


@pytest.mark.slow
def test_a_folder_of_music_comes_in_whole_with_names_highlights_and_tempo(
    program: Program, collection: Path
) -> None:
    done = program.run("ingest", collection, "--json")
    assert done.returncode == 0, done.stderr
    names = set()
    for stream in json.loads(done.stdout)["streams"]:
        (song,) = stream["songs"]
        assert song["start_s"] == 0.0
        assert song["stop_s"] == stream["duration_s"]
        names.add((song["title"], song["artist"]))
        kept = program.home / "library" / song["file"]
        assert kept.suffix == ".mp3"
        tags = read_tags(kept)
        assert (tags.title, tags.artist) == (song["title"], song["artist"])
        samples, rate_hz = load(kept, sample_rate_hz=16_000, n_channels=1)
        assert samples.shape[-1] / rate_hz == pytest.approx(song["stop_s"], abs=0.1)
    assert names == {("The Fair", "Aki"), ("Lady", "Mio")}
    catalogue = Catalogue.open(load_settings())
    try:
        for song in catalogue.songs.select():
            assert song.highlight_stop_s is not None
            assert song.highlight_start_s is not None
            assert song.highlight_stop_s - song.highlight_start_s == 30.0
            assert song.bpm
    finally:
        catalogue.close()


@pytest.mark.slow
def test_what_nobody_would_take_for_music_is_a_song_where_the_user_says_so(
    program: Program, tmp_path: Path
) -> None:
    short = write(tmp_path / "Interlude.flac", sound(10, RATE_HZ), RATE_HZ, "flac")

    def songs(*more: str) -> list[str]:
        done = program.run("ingest", short, "--json", *more)
        assert done.returncode == 0, done.stderr
        return [song["title"] for song in json.loads(done.stdout)["streams"][0]["songs"]]

    assert songs() == []
    assert songs("--as", "songs") == ["Interlude"]
    assert songs() == ["Interlude"]
    assert songs("--as", "streams") == []

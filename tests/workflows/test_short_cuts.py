"""A library made with short cuts is the one that is made without them."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import DemoStream, Program
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.records import Song
from utawaku.library.tags import read_tags
from utawaku.media.decode import load
from utawaku.media.loudness import measure_file


class Made:
    """What an ingest left."""

    def __init__(self, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("UTAWAKU_HOME", str(program.home))
        settings = load_settings()
        catalogue = Catalogue.open(settings)
        (stream,) = catalogue.streams.all()
        self.segments = catalogue.streams.segments(stream.id)
        self.songs: list[Song] = catalogue.songs.of_stream(stream.id)
        self.files = [settings.library_root / song.file_path for song in self.songs]
        self.highlights = [
            catalogue.highlights.of_stream(stream.id)[song.id] for song in self.songs
        ]
        ids = [song.id for song in self.songs]
        self.embeddings = catalogue.taste.embedded(ids).vectors
        catalogue.close()


@pytest.fixture
def without(tmp_path: Path, weights_dir: Path, demo_stream: DemoStream) -> Program:
    program = Program(tmp_path / "without", weights_dir)
    program.environment["UTAWAKU_SHORT_CUTS"] = "false"
    return program


def test_the_library_is_the_same(
    program: Program,
    without: Program,
    demo_stream: DemoStream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    libraries = []
    for one in (program, without):
        # A song with a fade is encoded; what is copied takes the short cuts.
        one.environment["UTAWAKU_CUT__FADE_S"] = "0"
        done = one.run("ingest", demo_stream.path)
        assert done.returncode == 0, done.stderr
        libraries.append(Made(one, monkeypatch))
    with_them, plain = libraries
    assert with_them.segments == plain.segments
    assert with_them.songs
    for song, other in zip(with_them.songs, plain.songs, strict=True):
        assert (song.start_s, song.stop_s) == (other.start_s, other.stop_s)
        assert (song.title, song.artist) == (other.title, other.artist)
        assert (song.label_source, song.key) == (other.label_source, other.key)
        assert song.bpm == pytest.approx(other.bpm, abs=0.2)
        assert song.loudness_lufs == pytest.approx(other.loudness_lufs, abs=0.05)
        assert song.true_peak_db == pytest.approx(other.true_peak_db, abs=0.1)
    for file, other in zip(with_them.files, plain.files, strict=True):
        assert file.name == other.name
        assert read_tags(file).title == read_tags(other).title
        assert np.array_equal(load(file)[0], load(other)[0])
    for song, file in zip(with_them.songs, with_them.files, strict=True):
        measured = measure_file(file)
        assert song.loudness_lufs == pytest.approx(measured.integrated_lufs, abs=0.05)
        assert song.true_peak_db == pytest.approx(measured.true_peak_db, abs=0.1)
    for found, other in zip(with_them.highlights, plain.highlights, strict=True):
        assert (found.start_s, found.stop_s) == pytest.approx((other.start_s, other.stop_s), abs=1)
    assert np.allclose(with_them.embeddings, plain.embeddings, atol=0.05)

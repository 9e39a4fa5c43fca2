"""Files of songs: what they say is what the catalogue says."""

from pathlib import Path

import numpy as np
import pytest

from tests.models.song_files import write
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import SongSpan, Stream
from utawaku.library.tags import write_tags
from utawaku.workflows.song_tags import tags_are_true, tags_for


@pytest.mark.parametrize(("ending", "codec"), [("opus", "libopus"), ("flac", "flac")])
def test_a_song_without_a_name_of_a_stream_without_a_date_is_tagged_once(
    catalogue: Catalogue, tmp_path: Path, ending: str, codec: str
) -> None:
    stream = catalogue.streams.save(Stream("generic-a", "http://127.0.0.1/a.opus", "evening"))
    catalogue.songs.reconcile(stream.id, [SongSpan(0, 0.0, 3.0, "smart", 1.0)], made_by="x")
    (song,) = catalogue.songs.of_stream(stream.id)
    tags = tags_for(song, stream, 1, catalogue)
    assert not tags.artist
    file = write(tmp_path / f"song.{ending}", np.zeros((1, 48_000 * 3), np.float32), 48_000, codec)
    assert not tags_are_true(file, tags)
    write_tags(file, tags)
    assert tags_are_true(file, tags)
    catalogue.songs.set_label(song.id, "夜に駆ける", "YOASOBI", "user")
    named = tags_for(catalogue.songs.get(song.id), stream, 1, catalogue)
    assert not tags_are_true(file, named)
    write_tags(file, named)
    assert tags_are_true(file, named)
    assert not tags_are_true(file, tags)  # a name that was taken away must go from the file

"""Lists of songs that the user liked elsewhere teach the taste model, and are not ingested."""

from pathlib import Path

import pytest

from tests.models.song_files import sound, write
from tests.servers.youtube_fixtures import downloader as downloader  # a fixture
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import SongSpan, Stream
from utawaku.services.downloader import Downloader
from utawaku.workflows.liked_lists import teach

RATE = 16_000


def test_songs_of_the_library_are_graded_and_a_list_names_files_and_folders(
    catalogue: Catalogue, settings: Settings, downloader: Downloader, tmp_path: Path
) -> None:
    known = tmp_path / "known.flac"
    catalogue.streams.save(Stream("file-1", str(known)))
    catalogue.songs.reconcile("file-1", [SongSpan(0, 0.0, 60.0, "whole", 1)], made_by="x")
    write(known, sound(1, RATE, 1), RATE, "flac")
    write(tmp_path / "new.flac", sound(1, RATE, 1), RATE, "flac")
    listed = tmp_path / "liked.txt"
    listed.write_text("known.flac\nnew.flac\nliked.txt\nmissing.flac\n", "utf-8")
    done = teach([str(listed), str(tmp_path / "nothing")], 1, catalogue, settings, downloader, None)
    assert (done.n_graded, done.n_new) == (1, 1)
    assert catalogue.songs.get("file-1@0").grade == 1
    assert any("nothing" in failure for failure in done.failures)
    # Of a list one bad line does not stop the others, and is named.
    assert any("missing.flac" in failure for failure in done.failures)


@pytest.mark.parametrize("grade", [0, 2])
def test_only_likes_and_dislikes_teach(catalogue: Catalogue, grade: int) -> None:
    with pytest.raises(ValueError, match="-1 or 1"):
        catalogue.candidates.teach([], grade=grade, previews="p")

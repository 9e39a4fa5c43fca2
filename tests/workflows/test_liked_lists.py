"""Lists of songs that the user liked elsewhere teach the taste model, and are not ingested."""

from pathlib import Path

import pytest

from tests.conftest import install_weights
from tests.models.song_files import sound, write
from tests.models.taste_world import tagger as tagger  # a fixture
from tests.servers.youtube_fixtures import downloader as downloader
from tests.servers.youtube_fixtures import site as site
from tests.servers.youtube_site import Video, YoutubeSite
from tests.services.downloader_media import audio_bytes
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import SongSpan, Stream
from utawaku.library.requests import Ingest
from utawaku.models.tagger import Tagger
from utawaku.services.downloader import Downloader
from utawaku.workflows.liked_lists import teach
from utawaku.workflows.taste_candidates import candidate_lesson

RATE = 16_000


def test_a_playlist_of_liked_songs_and_a_folder_of_disliked_ones_are_training_data(
    site: YoutubeSite,
    downloader: Downloader,
    catalogue: Catalogue,
    settings: Settings,
    tagger: Tagger,
    weights_dir: Path,
    tmp_path: Path,
) -> None:
    install_weights(weights_dir, settings, "musicnn")
    names = ("liked000001", "liked000002", "gone0000003")
    site.playlist = [Video(name, f"Song {name}", 20) for name in names]
    for number, name in enumerate(names[:2]):
        media = {"140": audio_bytes("mp4", "aac", duration_s=20.0, seed=number)}
        site.videos[name] = Video(name, f"Song {name}", 20, media=media)
    address = "https://www.youtube.com/playlist?list=PLliked"
    liked = teach([address], 1, catalogue, settings, downloader, tagger)
    assert (liked.n_new, liked.n_waiting) == (3, 1)
    assert any("gone0000003" in failure for failure in liked.failures)
    folder = tmp_path / "disliked"
    folder.mkdir()
    for number in range(2):
        write(folder / f"{number}.flac", sound(12, RATE, 1, seed=number), RATE, "flac")
    disliked = teach([str(folder)], -1, catalogue, settings, downloader, tagger)
    assert disliked.n_new == 2
    lesson = candidate_lesson(catalogue, settings)
    assert sorted(mark.target for mark in lesson.marks) == [0.0, 0.0, 1.0, 1.0]
    assert lesson.n_unheard == 1
    assert catalogue.requests.waiting(Ingest) == []
    assert catalogue.candidates.in_state("found", "previewed", "scored") == []
    # The same lists teach nothing twice.
    assert teach([str(folder)], -1, catalogue, settings, downloader, tagger).n_new == 0


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

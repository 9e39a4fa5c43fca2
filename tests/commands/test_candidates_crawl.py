"""`utawaku candidates search` and `teach`: any music is found, judged, and learnt from."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.conftest import install_weights
from tests.models.song_files import sound, write
from tests.models.taste_world import library_of
from tests.models.taste_world import tagger as tagger  # a fixture, as the next ones
from tests.servers.youtube_fixtures import emulated as emulated
from tests.servers.youtube_fixtures import site as site
from tests.servers.youtube_fixtures import youtube_of_commands as youtube_of_commands
from tests.servers.youtube_site import CHANNEL_ID, Video, YoutubeSite
from tests.services.downloader_media import audio_bytes
from tests.services.test_crawler import serve_search
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.requests import Ingest
from utawaku.models.tagger import Tagger
from utawaku.models.taste.vectors import joined
from utawaku.workflows.taste import load_model
from utawaku.workflows.taste_candidates import candidate_lesson

CHANNEL = f"https://www.youtube.com/channel/{CHANNEL_ID}/streams"
RATE = 16_000


@pytest.fixture
def youtube(
    youtube_of_commands: YoutubeSite, settings: Settings, weights_dir: Path, tagger: Tagger
) -> YoutubeSite:
    """The site, and what hears previews."""
    del tagger  # it skips the test where its weights are not to be had
    install_weights(weights_dir, settings, "musicnn")
    return youtube_of_commands


def put_on(youtube: YoutubeSite, *names: str) -> None:
    """Let these videos have sound, each its own."""
    for number, name in enumerate(names):
        media = {"140": audio_bytes("mp4", "aac", duration_s=20.0, seed=number)}
        youtube.videos[name] = Video(name, f"Song {name}", 20, media=media)


def test_words_and_addresses_find_any_music_and_the_model_judges_it(
    command_line: CommandLine, catalogue: Catalogue, settings: Settings, youtube: YoutubeSite
) -> None:
    library_of(catalogue, 60).grade(range(40))
    assert command_line.run("train", "taste").exit_code == 0
    serve_search(
        youtube,
        Video("cand0000001", "NCS release: Night", 200),
        Video("cand0000002", "NCS ten hours", 36_000),
        Video("cand0000003", "NCS teaser", 20),
        Video("cand0000004", "NCS reaction", 300),
    )
    youtube.streams = [Video("cand0000005", "An evening", 800), Video("cand0000006", "Short", 30)]
    put_on(youtube, "cand0000001", "cand0000005")
    done = command_line.run(
        "candidates", "search", "NCS release", CHANNEL,
        "--exclude", "reaction", "--min-minutes", "1", "--max-minutes", "15",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert "2 searches, 2 new candidates, 2 previews, 2 scored" in done.stdout
    rows = json.loads(command_line.run("candidates", "--json").stdout)
    assert {row["key"] for row in rows} == {"youtube-cand0000001", "youtube-cand0000005"}
    model = load_model(catalogue, settings)
    vectors = preview_vectors(catalogue, settings)
    for row in rows:
        assert row["score"] == pytest.approx(float(model.scores(vectors[row["id"]][None])[0]))
    assert rows == sorted(rows, key=lambda row: -row["score"])


def preview_vectors(catalogue: Catalogue, settings: Settings) -> dict[int, np.ndarray]:
    """What each preview sounds like, by candidate: float32 (440,)."""
    network = Tagger.from_registry(settings.weights_dir)
    heard = {
        one.id: network.listen(settings.cache_dir / one.preview_path)
        for one in catalogue.candidates.in_state("scored")
    }
    return {
        number: joined(one.embedding[None], one.timbre[None], one.tags[None])[0]
        for number, one in heard.items()
    }


def test_a_search_that_fails_is_named_and_leaves_the_day_to_others(
    command_line: CommandLine, catalogue: Catalogue, youtube: YoutubeSite
) -> None:
    serve_search(youtube, Video("cand0000001", "歌枠", 4000))
    # The video itself is not there: its preview fails.
    done = command_line.run("candidates", "search", "歌枠", "--only", "was_live")
    assert done.exit_code == 5
    assert "歌枠" in done.stderr
    assert catalogue.sites.count("youtube", "preview") == 0


def test_lists_of_songs_that_are_liked_and_disliked_are_training_data(
    command_line: CommandLine,
    catalogue: Catalogue,
    settings: Settings,
    youtube: YoutubeSite,
    tmp_path: Path,
) -> None:
    names = ("liked000001", "liked000002", "gone0000003")
    put_on(youtube, *names[:2])
    youtube.playlist = [Video(name, f"Song {name}", 20) for name in names]
    address = "https://www.youtube.com/playlist?list=PLliked"
    liked = command_line.run("candidates", "teach", address, "--json")
    assert liked.exit_code == 5
    assert "gone0000003" in liked.stderr
    told = json.loads(liked.stdout)
    assert (told["n_new"], told["n_waiting"]) == (3, 1)
    folder = tmp_path / "disliked"
    folder.mkdir()
    for number in range(2):
        write(folder / f"{number}.flac", sound(12, RATE, 1, seed=number), RATE, "flac")
    disliked = command_line.run("candidates", "teach", "--disliked", folder)
    # What could not be heard is tried again, and named again.
    assert (disliked.exit_code, "gone0000003" in disliked.stderr) == (5, True)
    assert "2 new songs to learn from" in disliked.stdout
    lesson = candidate_lesson(catalogue, settings)
    assert sorted(mark.target for mark in lesson.marks) == [0.0, 0.0, 1.0, 1.0]
    assert lesson.n_unheard == 1
    # Nothing of them is ingested, or asked again, or taught twice.
    assert catalogue.requests.waiting(Ingest) == []
    assert json.loads(command_line.run("candidates", "--json").stdout) == []
    again = json.loads(command_line.run("candidates", "teach", folder, "--json").stdout)
    assert again["n_new"] == 0

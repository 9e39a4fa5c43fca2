"""`utawaku train songs`: learns from the user's cuts, tells what it gains, is taken back."""

import json
from dataclasses import replace

import numpy as np
import pytest

import utawaku.assets  # noqa: F401  binds the artefacts
from tests.commands.conftest import CommandLine
from tests.models.stream_sources import tone, words
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import SongSpan, Stream
from utawaku.models.segmentation import HOP_S, Segmentation
from utawaku.models.songs.features import SongListener
from utawaku.workflows import song_training
from utawaku.workflows.model_versions import MODELS
from utawaku.workflows.segments import analysis_file
from utawaku.workflows.song_network import record_file, song_network

TALK_S, SONG_S = 30.0, 60.0


def heard(seed: int) -> Segmentation:
    """Talk and three songs, as segmenter and listener leave them."""
    parts = [words(TALK_S, seed)]
    for number in range(3):
        parts += [tone(220 + 40 * number + seed, SONG_S, number), words(TALK_S, seed + number)]
    audio = np.concatenate(parts)
    listener = SongListener()
    listener.feed(audio)
    features = listener.finish()
    n = features.n_frames
    music = np.zeros(n, np.float32)
    for start_s, stop_s in marks():
        music[int(start_s / HOP_S) : int(stop_s / HOP_S)] = 0.98
    music = np.maximum(music, 0.02)
    return Segmentation(
        segments=(),
        duration_s=n * HOP_S,
        labels=("speech", "music"),
        probability=np.stack([1 - music, music], axis=1),
        energy_db=features.level_db.mean(axis=1),
        bands_db=features.bands_db.astype(np.float32),
        wave_min=np.zeros(n, np.float32),
        wave_max=np.zeros(n, np.float32),
        listened=features.to_arrays(),
    )


def marks() -> list[tuple[float, float]]:
    starts = [TALK_S + n * (SONG_S + TALK_S) for n in range(3)]
    return [(start_s, start_s + SONG_S) for start_s in starts]


class Library:
    """Streams that were cut, and are judged by the user."""

    def __init__(self, catalogue: Catalogue, settings: Settings) -> None:
        self.catalogue, self.settings = catalogue, settings

    def ingest(self, stream_id: str) -> None:
        segmentation = heard(ord(stream_id))
        stream = Stream(stream_id, f"/{stream_id}.opus", duration_s=segmentation.duration_s)
        self.catalogue.streams.save(stream)
        file = analysis_file(stream_id, self.settings)
        file.parent.mkdir(parents=True, exist_ok=True)
        segmentation.save(file)
        spans = [SongSpan(n, *mark, "smart", 0.5) for n, mark in enumerate(marks())]
        self.catalogue.songs.reconcile(stream_id, spans, made_by="x")

    def judge(self, stream_id: str, n: int = 3) -> None:
        songs = self.catalogue.songs.of_stream(stream_id)[:n]
        self.catalogue.edits.confirm([song.id for song in songs])


@pytest.fixture
def library(catalogue: Catalogue, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setattr(song_training, "N_UPDATES", 3)
    made = Library(catalogue, settings)
    for stream_id in "abc":
        made.ingest(stream_id)
    return made


def test_a_network_is_tested_on_streams_held_out_and_used_only_when_it_is_wanted(
    command_line: CommandLine, library: Library
) -> None:
    for stream_id in "abc":
        library.judge(stream_id)
    version = MODELS["song_scorer"].version
    before = version(load_settings())
    done = command_line.run("train", "songs", "--json", "--yes")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["n_streams"], told["n_songs"], told["n_no_songs"]) == (3, 9, 0)
    assert told["held_out"] == "streams"
    assert told["before"]["n_songs"] == told["after"]["n_songs"] == 9
    assert told["shipped_lessons"]["loss_before"] > 0
    assert told["installed"] == (told["better"] and told["remembers"])
    refused = command_line.run("train", "songs", "--force", stdin="n\n")
    assert "whole streams were held out" in refused.stdout
    assert version(load_settings()) == before
    forced = command_line.run("train", "songs", "--force", "--yes")
    assert "Songs are cut by it" in forced.stdout
    assert version(load_settings()).startswith(before + "+")
    assert song_network(load_settings()) is not None
    status = json.loads(command_line.run("status", "--json").stdout)
    assert "9 songs of yours" in status["song_network"]["message"]
    undone = command_line.run("train", "songs", "--reset")
    assert "comes with utawaku again" in undone.stdout
    assert version(load_settings()) == before
    assert json.loads(command_line.run("train", "songs", "--reset", "--json").stdout) == {
        "reset": False
    }


def test_with_fewer_streams_songs_are_held_out(command_line: CommandLine, library: Library) -> None:
    library.judge("a")
    library.judge("b")
    edits, songs = library.catalogue.edits, library.catalogue.songs
    edits.drop([songs.of_stream("c")[0].id], "unwanted")
    edits.add("a", 2.0, 12.0)
    edits.drop([songs.of_stream("a")[0].id], "no_song")
    edits.add("b", 2.0, 12.0)
    edits.drop([songs.of_stream("b")[0].id], "no_song")
    done = command_line.run("train", "songs", "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["held_out"] == "songs"
    assert (told["n_streams"], told["n_songs"], told["n_no_songs"]) == (2, 6, 2)
    assert told["before"]["n_songs"] == 6
    assert told["installed"] is False
    assert not record_file(load_settings()).exists()


def test_too_few_corrections_and_streams_cut_by_classic_are_told(
    command_line: CommandLine, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.judge("a", 2)
    few = command_line.run("train", "songs", "--yes")
    assert few.exit_code == 4
    assert "only 2 of their songs are judged, and 8 are needed" in few.stderr
    assert "c in the review" in few.stderr
    both = command_line.run("train", "songs", "a", "--channel", "x")
    assert both.exit_code == 2
    assert command_line.run("train", "songs", "nothing").exit_code == 4
    for stream_id in "abc":
        library.judge(stream_id)
    monkeypatch.setenv("UTAWAKU_SONGS__STRATEGY", "classic")
    classic = command_line.run("train", "songs", "--yes")
    assert classic.exit_code == 4
    assert "asks no network" in classic.stderr


def test_only_the_streams_that_are_named_are_learnt_from(
    command_line: CommandLine, library: Library
) -> None:
    stream = library.catalogue.streams.get("c")
    library.catalogue.streams.save(replace(stream, channel_id="UC1", site="youtube"))
    for stream_id in "abc":
        library.judge(stream_id)
    done = command_line.run("train", "songs", "a", "c")
    assert "only 6 of their songs are judged" in done.stderr

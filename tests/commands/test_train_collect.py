"""`utawaku train collect`: songs with the curves of viewers become training data."""

import json
from pathlib import Path

import numpy as np

from tests.commands.conftest import CommandLine
from tests.models.song_files import sound, write
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import SongSpan, Stream
from utawaku.library.store.highlights import SongHighlight
from utawaku.models.training.highlights import read_examples

RATE = 11_025
HEATMAP = np.concatenate([np.zeros(5), np.ones(30), np.zeros(5)]).astype(np.float32)


def keep_song(
    number: int, source: str, curve: np.ndarray, catalogue: Catalogue, settings: Settings
) -> Path:
    stream_id = f"youtube-{number}"
    catalogue.streams.save(Stream(stream_id, f"https://x.example/{number}", duration_s=40))
    catalogue.songs.reconcile(stream_id, [SongSpan(0, 0.0, 40.0, "whole", 1)], made_by="x")
    path = settings.songs_dir / f"{number}.flac"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, sound(40, RATE, 1, seed=number), RATE, "flac")
    song_id = f"{stream_id}@0"
    held = {"file_path": f"Songs/{number}.flac", "file_start_s": 0.0, "file_stop_s": 40.0}
    catalogue.songs.set_file(song_id, held)
    catalogue.highlights.put(SongHighlight(song_id, 5.0, 35.0, curve, source))
    return path


def test_songs_with_a_curve_of_viewers_are_read_as_training_data_and_others_are_named(
    command_line: CommandLine, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    kept = keep_song(1, "heatmap", HEATMAP, catalogue, settings)
    keep_song(2, "model", HEATMAP, catalogue, settings)
    keep_song(3, "heatmap", np.zeros(40, np.float32), catalogue, settings)
    keep_song(4, "plays", HEATMAP, catalogue, settings)
    folder = tmp_path / "training"
    done = command_line.run("train", "collect", folder, "--json")
    assert done.exit_code == 0, done.stderr
    told = json.loads(done.stdout)
    assert [Path(song).name for song in told["songs"]] == ["youtube-1-0.flac"]
    assert {tuple(pair) for pair in told["left_out"]} == {
        ("youtube-2@0", "its curve is by model"),
        ("youtube-3@0", "nothing of it is of more interest than the rest"),
        ("youtube-4@0", "its curve is by plays"),
    }
    (example,), left_out = read_examples(folder, n_least=1)
    assert left_out == []
    assert example.path is not None
    assert example.path.read_bytes() == kept.read_bytes()
    np.testing.assert_allclose(example.interest, HEATMAP, atol=1e-3)
    more = command_line.run("train", "collect", folder, "--evidence", "plays", "--json")
    assert len(json.loads(more.stdout)["songs"]) == 1
    assert len(list(folder.glob("*.curve.json"))) == 2


def test_a_library_without_such_songs_says_how_to_get_them(
    command_line: CommandLine, tmp_path: Path
) -> None:
    done = command_line.run("train", "collect", tmp_path / "x")
    assert done.exit_code == 4
    assert "replayed" in done.stderr
    assert command_line.run("train", "collect", tmp_path, "--evidence", "x").exit_code == 2

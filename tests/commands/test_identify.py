"""`utawaku identify`: recordings named through Shazam's protocol, also in another key."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.commands.conftest import CommandLine
from tests.models.melodies import RATE, melody
from tests.models.song_files import write
from tests.servers.shazam import KnownSong, ShazamServer, shazam_server
from utawaku.services.recognizer import pitch_shift


@pytest.fixture(scope="module")
def dawn() -> NDArray[np.float32]:
    return melody(1, 60)


@pytest.fixture
def shazam(dawn: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch) -> Iterator[ShazamServer]:
    """A server that knows two songs, and that commands ask without a pause."""
    known = [
        KnownSong("Song of Dawn", "Aoi", dawn, isrc="JPX01"),
        KnownSong("Paper Boats", "Ida Holm", melody(2, 60)),
    ]
    with shazam_server(known) as running:
        monkeypatch.setenv("UTAWAKU_LABELS__SHAZAM_URL", running.url)
        monkeypatch.setenv("UTAWAKU_LABELS__SHAZAM_PER_MINUTE", "600")
        yield running
        assert running.faults == []


def recording(folder: Path, audio: NDArray[np.float32]) -> Path:
    path = folder / "recording.flac"
    write(path, audio[None], RATE, "flac")
    return path


def test_a_recording_is_named_by_what_shazam_knows(
    command_line: CommandLine, shazam: ShazamServer, dawn: NDArray[np.float32], tmp_path: Path
) -> None:
    file = recording(tmp_path, dawn)
    done = command_line.run("identify", file, "--json")
    assert done.exit_code == 0, done.stderr
    (best, *_) = json.loads(done.stdout)
    assert (best["title"], best["artist"], best["source"]) == ("Song of Dawn", "Aoi", "shazam")
    assert best["isrc"] == "JPX01"
    shown = command_line.run("identify", file).stdout
    assert "Song of Dawn" in shown
    n_asked = len(shazam.asked)
    assert n_asked > 0
    assert json.loads(command_line.run("identify", file, "--no-shazam", "--json").stdout) == []
    assert len(shazam.asked) == n_asked


@pytest.mark.parametrize("semitones", [-3, 2])
def test_a_recording_in_another_key_is_named_as_far_as_the_setting_goes(
    command_line: CommandLine,
    shazam: ShazamServer,
    dawn: NDArray[np.float32],
    tmp_path: Path,
    semitones: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = recording(tmp_path, pitch_shift(dawn, semitones, RATE))
    (best, *_) = json.loads(command_line.run("identify", file, "--json").stdout)
    assert (best["title"], best["evidence"]["semitones"]) == ("Song of Dawn", semitones)
    monkeypatch.setenv("UTAWAKU_LABELS__TRANSPOSITIONS", "0")
    assert json.loads(command_line.run("identify", file, "--json").stdout) == []

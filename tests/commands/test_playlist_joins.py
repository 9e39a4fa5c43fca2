"""`utawaku playlist`: joins that are smooth and on the beat, as the file that was asked for."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.commands.test_playlist import click_track
from tests.models.separation import write_wav
from tests.models.song_files import write
from utawaku.media.decode import decode
from utawaku.media.probe import probe

RATE = 22_050


def heard(path: Path) -> np.ndarray:
    """The sound of a file: (n_samples,)."""
    return np.concatenate(list(decode(path, sample_rate_hz=RATE, n_channels=1)), axis=-1).reshape(
        -1
    )


@pytest.mark.parametrize("ending", ["mka", "mp3", "wav", "flac"])
def test_mp3_and_wav_of_any_loudness_are_joined_at_one_without_a_dip(
    command_line: CommandLine, tmp_path: Path, ending: str
) -> None:
    rng = np.random.default_rng(4)
    loud = 0.5 * rng.uniform(-1, 1, 20 * RATE)
    write_wav(tmp_path / "loud.wav", loud[None], RATE)
    quiet = (0.02 * rng.uniform(-1, 1, (1, 20 * RATE))).astype(np.float32)
    write(tmp_path / "quiet.mp3", quiet, RATE, "libmp3lame")
    mix = tmp_path / f"mix.{ending}"
    done = command_line.run(
        "playlist", tmp_path / "loud.wav", tmp_path / "quiet.mp3",
        "--order", "query", "--no-align", "--crossfade", "4", "-o", mix, "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert probe(mix).duration_s == pytest.approx(36, abs=0.2)
    sound = heard(mix)
    levels = np.sqrt([np.mean(part**2) for part in np.array_split(sound, 72)])
    inside = 20 * np.log10(levels[6:-6])  # half seconds, without fade-in and fade-out
    assert np.ptp(inside) < 2.0
    # The second song begins in the middle of the crossfade.
    sheet = mix.with_suffix(".cue")
    if ending == "wav":
        lines = sheet.read_text("utf-8").splitlines()
        assert f'FILE "{mix.name}" WAVE' in lines
        assert [line.strip() for line in lines if "INDEX" in line] == [
            "INDEX 01 00:00:00", "INDEX 01 00:18:00"
        ]  # fmt: skip
        assert json.loads(done.stdout)["cue"] == str(sheet)
    else:
        assert json.loads(done.stdout)["cue"] is None
        assert [round(one.start_s) for one in probe(mix).chapters] == [0, 18]


def test_beats_of_neighbours_fall_together(command_line: CommandLine, tmp_path: Path) -> None:
    click_track(tmp_path / "a.wav", 120, seconds=20)
    click_track(tmp_path / "b.wav", 120, seconds=20.3)
    mix = tmp_path / "mix.mka"
    done = command_line.run(
        "playlist", tmp_path / "a.wav", tmp_path / "b.wav",
        "--order", "query", "--crossfade", "4", "--align", "-o", mix, "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    second = json.loads(done.stdout)["chapters"][1]
    sound = heard(mix)
    level = np.sqrt(np.convolve(sound**2, np.ones(220) / 220, "same"))
    at = (
        np.flatnonzero((level[1:] > 0.25 * level.max()) & (level[:-1] <= 0.25 * level.max())) / RATE
    )
    beats = at[np.insert(np.diff(at) > 0.1, 0, True)]
    gaps = np.diff(beats[(beats > 8) & (beats < 30)])
    # Through the join the clicks stay half a second apart: two grids would give shorter gaps.
    assert np.abs(gaps - 0.5).max() < 0.04, gaps
    assert second["title"] == "b"

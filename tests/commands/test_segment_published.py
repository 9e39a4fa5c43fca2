"""`utawaku segment --engine` with the published networks of the acoustic segmenter."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.models.separation import write_wav
from tests.models.test_mfcc_segmenter import PARITY, noise, talk
from utawaku.library.exports import parse_segmented_tsv
from utawaku.media.decode import load
from utawaku.models.mfcc_segmenter import mfcc, smooth
from utawaku.models.mfcc_segmenter.smoothing import speech_spans


@pytest.mark.reference
@pytest.mark.skipif(
    not {"UTAWAKU_TENSORFLOW_PYTHON", "UTAWAKU_BACS_MODELS"} <= set(os.environ),
    reason="needs TensorFlow and the published models",
)
def test_rows_are_those_of_the_published_models(command_line: CommandLine, tmp_path: Path) -> None:
    parts = [noise(48_000), talk(2, 6.0), noise(80_000, seed=1), talk(1, 5.0), noise(48_000)]
    file = write_wav(tmp_path / "talk.wav", np.concatenate(parts)[None], 16_000)
    np.save(tmp_path / "x.npy", mfcc(load(file)[0].reshape(-1)))
    n_spans = 0
    for folder in sorted(Path(os.environ["UTAWAKU_BACS_MODELS"]).glob("musan-*")):
        command = [os.environ["UTAWAKU_TENSORFLOW_PYTHON"], "-c", PARITY, str(folder)]
        command += [str(tmp_path / "x.npy"), str(tmp_path / "y.npy")]
        subprocess.run(command, check=True, capture_output=True)
        spans = speech_spans(smooth(np.load(tmp_path / "y.npy").argmax(1)))
        done = command_line.run("segment", file, "--tsv", "--engine", folder)
        assert done.exit_code == 0, done.stderr
        ((path, found, _share),) = parse_segmented_tsv(done.stdout)
        assert path == str(file)
        assert [(round(100 * a), round(100 * b)) for a, b in found] == spans
        n_spans += len(spans)
    assert n_spans > 0

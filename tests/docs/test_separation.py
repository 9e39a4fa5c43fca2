"""docs/separation.md: its commands do what it says."""

from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.conftest import install_weights
from tests.docs.page_commands import run_page
from tests.models.separation import grid, write_wav
from utawaku.library.config import Settings
from utawaku.library.paths import default_config_path

RATE = 8_000
SUBTITLES = "1\n00:00:01,500 --> 00:00:02,500\nla la\n"


def test_every_command_of_the_page_makes_what_the_page_says(
    tmp_path: Path, settings: Settings, weights_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_weights(weights_dir, settings, "vocal-unet")
    monkeypatch.chdir(tmp_path)
    noise = np.random.default_rng(2).uniform(-0.3, 0.3, (1, 6 * RATE))
    write_wav(tmp_path / "song.wav", noise, RATE)
    (tmp_path / "lines.srt").write_text(SUBTITLES)
    run_page("separation.md", CommandLine())
    mix = grid(Path("song.wav"))
    whole = [grid(Path(f"stems/song.{stem}.flac")) for stem in ("vocals", "accompaniment")]
    np.testing.assert_array_equal(sum(whole), mix)
    span = [grid(Path(f"stems/song.{stem}.wav")) for stem in ("vocals", "accompaniment")]
    np.testing.assert_array_equal(sum(span), mix[:, RATE : round(5.5 * RATE)])
    folder = Path("out/song pieces")
    names = [path.name.removesuffix(".sound.flac") for path in sorted(folder.glob("*.sound.flac"))]
    assert names == ["001", "002 la la", "003"]
    np.testing.assert_array_equal(grid(Path("joined/song.mix.flac")), mix)
    assert 'engine = "custom"' in default_config_path().read_text("utf-8")

"""docs/segmenter.md: its commands do what it says."""

from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.docs.page_commands import run_page
from tests.models.separation import write_wav
from utawaku.library.config import Settings
from utawaku.library.exports import parse_segmented_tsv
from utawaku.library.paths import default_config_path

RATE = 16_000


def test_every_command_of_the_page_makes_what_the_page_says(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    del settings  # it sets the home
    monkeypatch.chdir(tmp_path)
    time_s = np.arange(RATE) / RATE
    for number in range(3):
        tone = 0.3 * np.sin(2 * np.pi * (150 + 20 * number) * time_s)
        noise = 0.1 * np.random.default_rng(number).standard_normal(RATE)
        for kind, samples in (("speech", tone), ("music", noise)):
            folder = tmp_path / "corpus" / kind / "source"
            folder.mkdir(parents=True, exist_ok=True)
            write_wav(folder / f"{kind}-{number}.wav", samples[None], RATE)
    (tmp_path / "talks").mkdir()
    for name in ("one", "two"):
        write_wav(tmp_path / "talks" / f"{name}.wav", np.zeros((1, 2 * RATE)), RATE)
    _trained, measured, *_rest = run_page("segmenter.md", CommandLine())
    assert "F1" in measured.stdout
    for table in ("talks/segmented.tsv", "both.tsv"):
        rows = parse_segmented_tsv(Path(table).read_text("utf-8"))
        assert [path for path, _spans, _share in rows] == ["talks/one.wav", "talks/two.wav"]
        assert Path(table).read_text("utf-8").count("/ 201)") == 2
    assert 'engine = "bacs"' in default_config_path().read_text("utf-8")

"""The core runs without its extras, and each missing one is named by one sentence."""

import json
import os
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tests.checks import ROOT
from utawaku.library.errors import ExtraMissingError
from utawaku.library.extras import EXTRAS, is_installed, needing, next_step
from utawaku.services.recognizer.signature import pcm_from_audio, signature_of
from utawaku.services.recognizer.signature.shazamapi import shazamapi_signature
from utawaku.tui.player.output import SilentOutput

WITHOUT = """
import importlib.abc, json, sys

class Hidden(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in HIDDEN:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

HIDDEN = set(json.loads(sys.argv[1]))
sys.meta_path.insert(0, Hidden())
sys.argv[1:] = sys.argv[2:]
"""


def without_extras(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run code where no module of any extra can be imported."""
    hidden = json.dumps([module for modules in EXTRAS.values() for module in modules])
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code, hidden, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200"},
    )


def test_the_extras_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = project["optional-dependencies"]
    assert set(declared) - {"all", "dev", "fonts"} == set(EXTRAS)  # fonts hold no module of theirs
    of_all = re.search(r"\[(.*)\]", declared["all"][0])
    assert of_all is not None
    assert set(of_all[1].split(",")) == set(declared) - {"all", "dev"}
    core = " ".join(project["dependencies"]).lower()
    for name in ("biliup", "miniaudio", "espeak", "deno", "shazamapi", "plotext"):
        assert name not in core


def test_every_module_of_the_program_but_training_is_imported_without_any_extra() -> None:
    code = """
import utawaku.commands.app, utawaku.tui.app, utawaku.definitions, utawaku.demo
import utawaku.services.publish.build, utawaku.services.recognizer, utawaku.workflows.labelling
utawaku.definitions.defs()
from utawaku.tui.player.output import open_device
print(open_device().silent_because)
"""
    done = without_extras(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "miniaudio is not installed"


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["demo"], "demo"),
        (["login"], "bilibili"),
        (["train", "separator", "."], "train"),
    ],
)
def test_a_command_that_needs_an_extra_names_it(arguments: list[str], extra: str) -> None:
    code = "import runpy; runpy.run_module('utawaku', run_name='__main__')"
    done = without_extras(code, *arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert next_step(extra) in done.stderr


def test_only_a_missing_module_of_the_extra_is_told_as_one() -> None:
    with (
        pytest.raises(ExtraMissingError, match="needed to play") as missing,
        needing("play", "to play"),
    ):
        raise ModuleNotFoundError("No module named 'miniaudio'", name="miniaudio")
    assert missing.value.next_step == next_step("play")
    with pytest.raises(ModuleNotFoundError), needing("play", "to play"):
        raise ModuleNotFoundError("No module named 'other'", name="other")
    assert is_installed("play")


def test_the_original_makes_the_same_signature(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    at_s = np.arange(5 * 16_000) / 16_000
    audio = 0.2 * np.sin(2 * np.pi * 440 * at_s) + 0.05 * rng.standard_normal(len(at_s))
    pcm = pcm_from_audio(audio.astype(np.float32))
    assert shazamapi_signature(pcm).to_bytes() == signature_of(pcm).to_bytes()


def test_the_silent_output_pulls_until_it_is_closed() -> None:
    pulled: list[int] = []

    def pull(n_frames: int) -> np.ndarray:
        pulled.append(n_frames)
        return np.zeros((n_frames, 2), np.float32)

    output = SilentOutput("for the test")
    output.start(pull)
    while len(pulled) < 3:
        time.sleep(0.01)
    output.close()
    assert output._thread is not None
    assert not output._thread.is_alive()

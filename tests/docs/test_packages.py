"""The package of docs/howto/bring-a-part-in-a-package.md, installed, and its three parts used."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.checks import ROOT
from tests.models.song_files import sound, write
from utawaku.library.errors import ConfigError
from utawaku.library.plugins import SEPARATORS, load_plugin, plugin_version

PAGE = (ROOT / "docs/howto/bring-a-part-in-a-package.md").read_text("utf-8")
FILES = {
    found["path"]: found["code"]
    for found in re.finditer(r"```\w+\n# (?P<path>\S+)\n(?P<code>.*?)```", PAGE, re.DOTALL)
}
USE = """
import json, sys
from pathlib import Path
import numpy as np
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.plugins import SEPARATORS, plugin_names, plugin_version
from utawaku.models.separator import make_separator, separate
from utawaku.services.downloader import Downloader
from utawaku.services.publish.build import uploader_for
from utawaku.workflows.model_versions import _separator_version

settings = load_settings()
catalogue = Catalogue.open(settings)
engine = make_separator("plugin:middle", settings.weights_dir)
mix = np.array([[1, 0, 1], [1, 1, 0]], np.float32)
stems = separate(engine, mix, 48_000)
uploader = uploader_for("shelf", "me", settings, catalogue)
found = Downloader(settings.download).resolve(sys.argv[1])
print(json.dumps({
    "vocals": stems.vocals.tolist(),
    "adds_up": bool(np.allclose(stems.vocals + stems.accompaniment, mix)),
    "name": engine.name,
    "version": _separator_version(settings),
    "target": uploader.target,
    "title": found.title,
}))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the package was installed into by pip."""
    source = tmp_path_factory.mktemp("source")
    for name, code in FILES.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, "utf-8")
    target = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation",
         "--no-index", "--target", str(target), str(source)],
        check=True, capture_output=True, timeout=200,
    )  # fmt: skip
    return target


def run(site: Path, home: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(site), "UTAWAKU_HOME": str(home),
             "UTAWAKU_STEMS__ENGINE": "plugin"},
        capture_output=True, text=True, check=False, timeout=200, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_engine_the_target_and_the_site_of_a_package_are_used(
    site: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text(
        f'[publish.sites.shelf]\nfolder = "{tmp_path / "Shelf"}"\n'
        '[stems]\nengine = "plugin"\nplugin = "middle"\n',
        "utf-8",
    )
    told = json.loads(
        run(site, home, "-c", USE, "exampleradio:http://127.0.0.1:9/friday.opus").splitlines()[-1]
    )
    assert told["vocals"] == [[1.0, 0.5, 0.5], [1.0, 0.5, 0.5]]
    assert told["adds_up"]
    assert (told["name"], told["version"]) == ("plugin", "middle utawaku-example 1.0")
    assert told["target"] == "shelf"
    assert told["title"] == "Evening friday"


def test_the_command_of_the_page_separates_with_it(site: Path, tmp_path: Path) -> None:
    song = write(tmp_path / "song.wav", np.asarray(sound(2.0, 44_100)), 44_100, "pcm_s16le")
    printed = run(
        site, tmp_path / "home", "-m", "utawaku", "separate", str(song), "--engine",
        "plugin:middle", "--output", str(tmp_path / "stems"), "--json",
    )  # fmt: skip
    (row,) = json.loads(printed)["separated"]
    assert len(row["files"]) == 2
    assert all(Path(file).is_file() for file in row["files"])


def test_a_part_that_no_package_has_is_named() -> None:
    with pytest.raises(ConfigError, match="no installed package"):
        load_plugin(SEPARATORS, "nobody")
    assert plugin_version(SEPARATORS, "nobody") == ""

"""The real program beets works on the song files; what it changes is the user's edit."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflows.song_world import World
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.tags import read_tags
from utawaku.workflows.song_files import Counts, file_away
from utawaku.workflows.song_tags import Outcome

CONFIG = "directory: {folder}\nlibrary: {folder}/beets.db\nplugins: []\nimport:\n  copy: no\n"
RECORDING = "5bcd10a1-1a4d-4d4c-8e5f-1f2ad5f0c111"


class Beets:
    """beets with a library of the test's own, over the folder of songs."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._config = folder / "config.yaml"
        self._config.write_text(CONFIG.format(folder=folder), "utf-8")
        self._environment = {**os.environ, "BEETSDIR": str(folder)}

    def run(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "beets", "-c", str(self._config), *arguments]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=True, timeout=120
        )
        return done.stdout


@pytest.mark.parametrize("suffix", ["opus", "mp3", "m4a", "flac"])
def test_what_beets_writes_is_taken_over_and_not_overwritten(
    suffix: str, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    world = World(catalogue, settings, suffix)
    beets = Beets(tmp_path / "beets")
    beets.run("import", "-q", "-A", str(settings.songs_dir))
    shown = beets.run("list", "-f", "$title|$artist|$album|$albumartist|$year-$month-$day")
    assert shown.strip() == "夜に駆ける|YOASOBI|evening|Mio|2026-11-01"
    assert world.step() is Outcome.UNCHANGED  # importing as it is writes nothing that counts

    beets.run(
        "modify",
        "-y",
        "title:夜",
        "title=Into the Night",
        "genres=J-Pop",
        f"mb_trackid={RECORDING}",
    )
    assert world.step() is Outcome.TAKEN_OVER
    assert (world.song.title, world.song.label_source) == ("Into the Night", "user")

    # Another guess of a model, and a name of a file made anew, change nothing of it.
    catalogue.songs.set_label(world.song.id, "夜に駆ける", "YOASOBI", "shazam")
    file_away(world.song, world.stream, 1, catalogue, settings, Counts())
    tags = read_tags(world.path)
    assert (tags.title, tags.genre, tags.musicbrainz_id) == ("Into the Night", "J-Pop", RECORDING)
    assert world.step() is Outcome.UNCHANGED

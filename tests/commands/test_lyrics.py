"""`utawaku lyrics`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.fake_catalogue import fill
from tests.tui.conftest import write_tone
from utawaku.commands.app import app
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings


def test_lyrics_beside_a_song_are_shown_and_shifted_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UTAWAKU_HOME", str(tmp_path))
    settings = load_settings()
    catalogue = Catalogue.open(settings)
    fill(catalogue, 3)
    song = catalogue.songs.select()[0]
    catalogue.songs.set_file(song.id, {"file_path": "Songs/one.wav"})
    catalogue.close()
    write_tone(settings.library_root / "Songs" / "one.wav", 440, 0.2)
    lrc = settings.library_root / "Songs" / "one.lrc"
    lrc.write_text("[00:01.00]夜に\n", "utf-8")
    done = CliRunner().invoke(app, ["lyrics", song.id, "--json"])
    event = json.loads(done.stdout)
    assert (event["source"], event["synced"]) == ("file", True)
    assert "[00:01.00]夜に" in event["text"]
    done = CliRunner().invoke(app, ["lyrics", song.id, "--shift-s", "-0.25"])
    assert "[00:00.75]夜に" in done.stdout
    assert "[00:00.75]夜に" in lrc.read_text("utf-8")

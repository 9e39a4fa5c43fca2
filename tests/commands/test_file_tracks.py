"""Commands that read a file: another sound track than the default, and damage."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.commands.test_losses import cut_off, damaged
from tests.conftest import install_weights
from tests.media.two_tracks import tone_of, write_two_tracks
from utawaku.library.config import Settings
from utawaku.library.errors import ExitCode
from utawaku.media.decode import load
from utawaku.models.fingerprint import FingerprintIndex
from utawaku.workflows.stream_labels import index_folder

SUBTITLES = "1\n00:00:00,500 --> 00:00:01,500\nla la\n"


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film of two seconds, named as seen from the present folder."""
    write_two_tracks(tmp_path / "film.mkv", 2, picture=False)
    monkeypatch.chdir(tmp_path)
    return Path("film.mkv")


@pytest.fixture
def commands(command_line: CommandLine, settings: Settings, weights_dir: Path) -> CommandLine:
    install_weights(weights_dir, settings, "sm", "vocal-unet")
    return command_line


def test_stems_hold_the_track_that_was_asked_for(commands: CommandLine, film: Path) -> None:
    done = commands.run("separate", film, "-o", "out", "--track", "1", "--json")
    assert done.exit_code == 0, done.stderr
    (told,) = json.loads(done.stdout)["separated"]
    assert told["files"] == ["out/film.vocals.flac", "out/film.accompaniment.flac"]
    assert tone_of(np.asarray(sum(load(Path(file))[0] for file in told["files"]))) == 440


def test_pieces_of_a_track_are_made_once_and_bear_the_name_of_the_file(
    commands: CommandLine, film: Path
) -> None:
    Path("words.srt").write_text(SUBTITLES)
    asked = ("separate", film, "--subtitles", "words.srt", "--track", "ja", "--json")
    for n_made in (3, 0):
        (told,) = json.loads(commands.run(*asked).stdout)["separated"]
        assert (told["what"], told["n_pieces"], told["n_made"]) == ("film.mkv", 3, n_made)
    assert json.loads(Path("film pieces/pieces.json").read_text("utf-8"))["source"] == "film.mkv"
    pair = [Path(f"film pieces/0002.{stem}.flac") for stem in ("vocals", "accompaniment")]
    assert tone_of(np.asarray(sum(load(path)[0] for path in pair))) == 440
    refused = commands.run("separate", "film pieces", "--track", "ja")
    assert refused.exit_code == ExitCode.USAGE
    assert "--track" in refused.stderr


@pytest.mark.parametrize(
    "command", [("separate",), ("segment",), ("highlight",), ("identify", "--no-shazam")]
)
def test_every_command_that_reads_a_file_takes_a_track_and_lists_those_that_are_there(
    commands: CommandLine, film: Path, command: tuple[str, ...]
) -> None:
    done = commands.run(*command, film, "--track", "jpn")
    assert done.exit_code == 0, done.stderr
    missing = commands.run(*command, film, "--track", "kor")
    assert missing.exit_code == ExitCode.NO_SOUND
    assert "film.mkv" in missing.stderr
    assert "0 eng (default), 1 jpn" in missing.stderr


def test_references_are_heard_in_the_track_that_was_asked_for(
    commands: CommandLine, film: Path, settings: Settings
) -> None:
    assert commands.run("reference", "add", ".", "--track", "ja").exit_code == 0
    assert "0 added" in commands.run("reference", "add", ".", "--track", "ja").stdout
    assert "1 added" in commands.run("reference", "add", ".").stdout
    with FingerprintIndex(index_folder(settings)) as index:
        keys = sorted(index.keys("reference"))
    assert [key.rpartition("film.mkv")[2] for key in keys] == ["", "#ja"]


@pytest.mark.parametrize(
    "command",
    [
        ("separate",),
        pytest.param(("highlight",), marks=pytest.mark.slow),
        pytest.param(("identify", "--no-shazam"), marks=pytest.mark.slow),
    ],
)
def test_damage_is_told_once_with_its_place_and_exit_code(
    commands: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    for path, code, told in (
        (damaged(tmp_path), ExitCode.DAMAGED, "s of silence at 0:05"),
        (cut_off(tmp_path), ExitCode.CUT_OFF, "the recording is cut off: "),
    ):
        done = commands.run(*command, path)
        assert done.exit_code == code, done.stderr
        assert done.stderr.count(told) == 1
        assert path.name in done.stderr


def test_a_batch_of_songs_ends_with_the_code_of_what_failed(
    commands: CommandLine, tmp_path: Path, film: Path
) -> None:
    (tmp_path / "empty.mp3").touch()
    notes = tmp_path / "notes.txt"
    notes.write_text("words\n" * 50)
    for bad, code in (
        (tmp_path / "empty.mp3", ExitCode.UNPLAYABLE),
        (notes, ExitCode.BAD_MEDIA),
    ):
        done = commands.run("highlight", bad, film, "--json")
        assert done.exit_code == code
        failed, found = json.loads(done.stdout)["highlights"]
        assert bad.name in failed["error"]
        assert "curve" in found

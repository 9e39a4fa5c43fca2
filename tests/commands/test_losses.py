"""What a damaged or cut off recording ends with: its songs, an exit code, and what is lost."""

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Answer, CommandLine
from tests.commands.test_bad_input import picture
from tests.conftest import install_weights
from tests.media.damaging import write_recording
from tests.media.two_tracks import write_two_tracks
from utawaku.library.config import Settings
from utawaku.library.errors import ExitCode, exit_code_of


def damaged(folder: Path) -> Path:
    """Ten seconds of AAC of which one second, from 5 s on, cannot be decoded."""
    path = write_recording(folder / "a.aac", 10.0)
    data = bytearray(path.read_bytes())
    at = number = 0
    while at + 7 <= len(data):
        length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        if 235 <= number < 282:
            data[at + 8 : at + length] = bytes((73 * k + 11) & 255 for k in range(length - 8))
        at, number = at + length, number + 1
    return path.rename(folder / "damaged.aac") if path.write_bytes(data) else path


def cut_off(folder: Path) -> Path:
    """A Matroska recording of 12 s of which the second half is missing."""
    path = write_recording(folder / "a.mka", 12.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path.rename(folder / "cut off.mka")


def lying(folder: Path) -> Path:
    """A whole recording of 10 s whose header claims a million hours."""
    path = write_recording(folder / "a.mka", 10.0)
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88") + 3
    data[at : at + 8] = struct.pack(">d", 3.6e12)
    path.write_bytes(data)
    return path.rename(folder / "lying.mka")


@pytest.fixture
def commands(command_line: CommandLine, settings: Settings, weights_dir: Path) -> CommandLine:
    install_weights(weights_dir, settings, "sm", "musicnn")
    return command_line


def streams_of(answer: Answer) -> list[dict[str, Any]]:
    streams: list[dict[str, Any]] = json.loads(answer.stdout)["streams"]
    return streams


@pytest.mark.slow
def test_ingest_tells_what_is_lost_and_goes_on(commands: CommandLine, tmp_path: Path) -> None:
    files = [damaged(tmp_path), cut_off(tmp_path), lying(tmp_path)]
    done = commands.run("ingest", *files, "--json")
    assert done.exit_code == ExitCode.CUT_OFF, done.stderr
    holed, short, whole = streams_of(done)
    assert "failed" not in (holed["state"], short["state"], whole["state"])
    assert holed["exit_code"] == ExitCode.DAMAGED
    assert holed["lost_s"] == pytest.approx(1.0, abs=0.15)
    assert "s of silence at 0:05" in holed["warnings"][0]
    assert holed["duration_s"] == pytest.approx(10.0, abs=0.1)
    assert short["exit_code"] == ExitCode.CUT_OFF
    assert 4.0 < short["duration_s"] < 8.0
    assert f"cut off: {short['duration_s']:.1f} s are there" in short["warnings"][0]
    assert "12.0 s" in short["warnings"][0]
    assert (whole["exit_code"], whole["warnings"]) == (ExitCode.DONE, [])
    assert whole["duration_s"] == pytest.approx(10.0, abs=0.1), "not what its header claims"
    for stream in (holed, short):
        assert stream["warnings"][0] in " ".join(done.stderr.split())
    mute = picture(tmp_path / "mute.mp4")
    failing = commands.run("ingest", files[0], mute, "--json")
    assert [stream["state"] for stream in streams_of(failing)] == ["already done", "failed"]
    assert failing.exit_code == ExitCode.NO_SOUND, "a failure counts before a loss"
    # Nothing was made this time; the recording still lacks the same.
    assert streams_of(failing)[0]["exit_code"] == ExitCode.DAMAGED
    assert streams_of(failing)[0]["warnings"] == holed["warnings"]


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        ([], 0),
        ([0, 10, 0], 10),
        ([10, 11], 11),
        ([10, 11, 3], 3),
        ([3, 9], 1),
        ([9, 9, 10], 9),
    ],
)
def test_a_batch_ends_with_its_failure_else_with_its_loss(codes: list[int], told: int) -> None:
    assert exit_code_of(codes) == told


def test_segment_ends_with_the_same_codes(commands: CommandLine, tmp_path: Path) -> None:
    for path, code in ((damaged(tmp_path), 10), (cut_off(tmp_path), 11)):
        done = commands.run("segment", path, "--json")
        assert done.exit_code == code, done.stderr
        assert json.loads(done.stdout)["timeline"]["warnings"][0] in " ".join(done.stderr.split())
    film = write_two_tracks(tmp_path / "film.mkv", 2, picture=False)
    assert commands.run("segment", film, "--track", "ja").exit_code == 0
    missing = commands.run("segment", film, "--track", "kor")
    assert missing.exit_code == ExitCode.NO_SOUND
    assert "0 eng (default), 1 jpn" in missing.stderr


@pytest.mark.slow
def test_ingest_reads_the_track_that_was_asked_for(commands: CommandLine, tmp_path: Path) -> None:
    film = write_two_tracks(tmp_path / "film.mkv", 3, picture=False)
    assert commands.run("ingest", film).exit_code == 0
    assert (
        streams_of(commands.run("ingest", film, "--track", "jpn", "--json"))[0]["state"] == "done"
    )
    again = commands.run("ingest", film, "--json")
    assert streams_of(again)[0]["state"] == "already done"
    missing = commands.run("ingest", film, "--track", "7", "--json")
    assert missing.exit_code == ExitCode.NO_SOUND
    assert "there is no sound track '7' in it" in missing.stderr

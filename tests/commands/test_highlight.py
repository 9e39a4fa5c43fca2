"""`utawaku highlight`: files that can be read, and one that cannot."""

import json
from pathlib import Path

import numpy as np

from tests.commands.conftest import CommandLine
from tests.models.separation import write_wav
from tests.tui.conftest import RATE_HZ, write_tone
from utawaku.library.tags import SongTags, read_tags, write_tags
from utawaku.media.cut import cut_audio
from utawaku.media.probe import probe

LYRICS = """1
00:00:40,000 --> 00:00:55,000
la la la

2
00:00:56,000 --> 00:01:08,000
la la la
"""


def test_a_bad_file_is_named_and_the_good_one_has_its_highlight(
    command_line: CommandLine, tmp_path: Path
) -> None:
    good = write_tone(tmp_path / "good.wav", 440.0, 40.0)
    missing = tmp_path / "missing.wav"
    answer = command_line.run("highlight", missing, good, "--json")
    assert answer.exit_code == 3
    failed, found = json.loads(answer.stdout)["highlights"]
    assert str(missing) in failed["error"]
    assert "missing.wav" in answer.stderr
    assert found["stop_s"] - found["start_s"] == 30.0
    assert 0.0 <= found["start_s"] <= 10.0
    assert len(found["curve"]) == 40
    assert 0 < found["certainty"] < 1
    assert "good.wav" in command_line.run("highlight", good).stdout


def song(path: Path, seconds: float = 40.0, **tags: str) -> Path:
    """A tone that is louder in its middle, as FLAC with tags."""
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    level = 0.05 + 0.4 * (np.abs(at - seconds / 2) < seconds / 4)
    sound = write_wav(path.with_suffix(".source.wav"), (level * np.sin(2800 * at))[None], RATE_HZ)
    cut_audio(sound, 0, None, path, codec="flac", with_loudness=False)
    sound.unlink()
    write_tags(path, SongTags(**tags))
    return path


def test_clips_are_written_under_safe_names_and_a_bad_file_is_named(
    command_line: CommandLine, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    for folder in ("a", "b"):
        (music / folder).mkdir(parents=True)
    first = song(music / "a" / "song?.flac", title="歌", artist="Mio")
    song(music / "b" / "song?.flac")
    broken = music / "broken.mp3"
    broken.write_bytes(b"\0" * 5_000)
    clips = music / "clips"
    files = (first, music / "b" / first.name, broken)
    answer = command_line.run("highlight", *files, "--clips", clips, "--json")
    assert answer.exit_code == 3
    assert "broken.mp3" in answer.stderr
    one, two, failed = json.loads(answer.stdout)["highlights"]
    assert [Path(row["clip"]).name for row in (one, two)] == [
        "song？ (highlight).flac",
        "song？ (highlight) (2).flac",
    ]
    assert "clip" not in failed
    clip = probe(Path(one["clip"]))
    assert clip.duration_s == one["stop_s"] - one["start_s"]
    tags = read_tags(clip.path)
    assert (tags.title, tags.artist) == ("歌", "Mio")
    # What was written is not listened to when its folder is given, and nothing is overwritten.
    again = command_line.run("highlight", music, "--clips", clips, "--format", ".m4a", "--json")
    listened = {row["file"] for row in json.loads(again.stdout)["highlights"]}
    assert listened == {str(file) for file in files}
    assert sorted(path.suffix for path in clips.iterdir()) == [".flac", ".flac", ".m4a", ".m4a"]


def test_a_format_that_does_not_exist_is_wrong_usage(
    command_line: CommandLine, tmp_path: Path
) -> None:
    answer = command_line.run("highlight", tmp_path / "x.mp3", "--format", "wma")
    assert answer.exit_code == 2

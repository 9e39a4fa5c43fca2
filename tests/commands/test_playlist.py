"""`utawaku playlist`: songs joined into one file."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands.conftest import CommandLine
from tests.models.separation import write_wav
from tests.tui.conftest import write_tone
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import SongSpan, Stream
from utawaku.media.probe import probe


@pytest.fixture
def two_songs(catalogue: Catalogue, settings: Settings) -> None:
    """Two songs of six seconds with files, and one without."""
    catalogue.streams.save(Stream("file-1", "/tmp/1.opus", title="歌枠"))
    spans = [
        SongSpan(i, i * 300.0, i * 300.0 + 6, "smart", 0.9, title=f"歌{i}", artist="Mio")
        for i in range(3)
    ]
    catalogue.songs.reconcile("file-1", spans, made_by="test")
    for number, song in enumerate(catalogue.songs.of_stream("file-1")[:2]):
        path = write_tone(settings.library_root / f"Songs/{number}.wav", 300 + 200 * number, 6)
        relative = path.relative_to(settings.library_root).as_posix()
        catalogue.songs.set_file(
            song.id,
            {"file_path": relative, "file_start_s": song.start_s, "file_stop_s": song.stop_s},
        )


@pytest.mark.usefixtures("two_songs")
def test_songs_that_have_a_file_are_joined_with_a_chapter_each(
    command_line: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "mix.m4a"
    arguments = ("playlist", "title:歌 sort:title", "--order", "query", "--crossfade", "2")
    report = json.loads(command_line.run(*arguments, "--no-align", "-o", file, "--json").stdout)
    assert report["file"] == str(file)
    assert file.stat().st_size > 0
    assert report["duration_s"] == pytest.approx(10.0, abs=0.2)
    assert len(report["chapters"]) == 2
    assert report["left_out"] == [{"title": "歌2", "why": "it has no file yet"}]
    assert Path(report["m3u8"]).read_text("utf-8").startswith("#EXTM3U")


def test_an_order_that_does_not_exist_is_wrong_usage(command_line: CommandLine) -> None:
    answer = command_line.run("playlist", "grade:like", "--order", "colour")
    assert (answer.exit_code, "bpm, key or query" in answer.stderr) == (2, True)


def test_a_query_that_finds_nothing_writes_no_file(
    command_line: CommandLine, tmp_path: Path
) -> None:
    answer = command_line.run("playlist", "title:nothing", "-o", tmp_path / "mix.m4a")
    assert answer.exit_code == 4
    assert not (tmp_path / "mix.m4a").exists()


def test_a_query_that_cannot_be_understood_is_wrong_usage(command_line: CommandLine) -> None:
    assert command_line.run("playlist", "length:>abc").exit_code == 2


def click_track(path: Path, bpm: float, seconds: float = 36.0, rate: int = 8_000) -> Path:
    """A short burst of noise on each beat, every fourth one louder."""
    sound = 0.002 * np.random.default_rng(1).standard_normal(round(seconds * rate))
    burst = np.random.default_rng(2).standard_normal(rate // 20) * np.linspace(1, 0, rate // 20)
    for beat, at_s in enumerate(np.arange(0.2, seconds - 0.1, 60 / bpm)):
        at = round(at_s * rate)
        sound[at : at + len(burst)] += (0.3 if beat % 4 == 0 else 0.2) * burst
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_wav(path, sound[None], rate)


def test_files_in_no_library_become_a_playlist_of_highlights_by_tempo(
    command_line: CommandLine, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    click_track(music / "fast.wav", 140)
    click_track(music / "slow.wav", 90)
    (music / "broken.mp3").write_bytes(b"\0" * 5_000)
    options = ("--highlights", "--no-align", "-o", music / "mix.mka", "--json")
    answer = command_line.run("playlist", music, "gone.mp3", *options)
    assert answer.exit_code == 0, answer.stderr
    report = json.loads(answer.stdout)
    assert [chapter["title"] for chapter in report["chapters"]] == ["slow", "fast"]
    assert [chapter["length_s"] for chapter in report["chapters"]] == pytest.approx([30, 30])
    assert [one["title"] for one in report["left_out"]] == ["broken.mp3", "gone.mp3"]
    lines = Path(report["m3u8"]).read_text("utf-8").splitlines()
    clips = [music / line for line in lines if not line.startswith("#")]
    assert [clip.name for clip in clips] == ["001 slow.flac", "002 fast.flac"]
    assert [probe(clip).duration_s for clip in clips] == pytest.approx([30, 30])


@pytest.mark.usefixtures("two_songs")
def test_a_search_goes_together_with_files_and_a_song_without_highlight_is_named(
    command_line: CommandLine, tmp_path: Path
) -> None:
    file = write_tone(tmp_path / "mine.wav", 440, 6)
    target = tmp_path / "mix.m4a"
    arguments = ("title:歌", "sort:title", file, "--order", "query", "-o", target, "--highlights")
    answer = command_line.run("playlist", *arguments)
    assert answer.exit_code == 0, answer.stderr
    assert "歌0: it has no highlight yet, so the whole song plays" in answer.stderr
    assert "mine" not in answer.stderr
    titles = [chapter.title for chapter in probe(target).chapters]
    assert titles == ["mine", "Mio - 歌0", "Mio - 歌1"]

"""`utawaku playlist`: songs joined into one file."""

import json
from pathlib import Path

import pytest

from tests.commands.conftest import CommandLine
from tests.tui.conftest import write_tone
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import SongSpan, Stream


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

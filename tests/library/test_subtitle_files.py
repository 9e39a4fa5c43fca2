"""Subtitles in a stream's folder."""

from utawaku.library.config import Settings
from utawaku.library.subtitle_files import subtitle_files


def test_every_format_is_found_whatever_its_case(settings: Settings) -> None:
    folder = settings.stream_dir("file-1")
    folder.mkdir(parents=True)
    names = ["a.srt", "b.VTT", "c.ass", "d.ssa", "e.lrc"]
    for name in [*names, "info.json", "notes.txt"]:
        (folder / name).write_text("")
    assert [path.name for path in subtitle_files("file-1", settings)] == names


def test_a_stream_without_a_folder_has_none(settings: Settings) -> None:
    assert subtitle_files("file-1", settings) == []

"""Taking in a recording in several files, with what lies beside each of them."""

from pathlib import Path

import numpy as np
import pytest

from tests.models.song_files import write
from utawaku.media.joined import Part, write_parts
from utawaku.models.chat import ChatMessage, chat_lines, read_chat
from utawaku.models.setlist.subtitles import read_subtitles
from utawaku.services.downloader import take_parts

RATE_HZ = 8_000


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two pieces of a recorder, of 4 and 3 seconds, in a list."""
    parts = []
    start_s = 0.0
    for number, duration_s in enumerate((4.0, 3.0), 1):
        path = tmp_path / f"录制-12-20261120-20{number}000-000-evening.flac"
        sound = np.full((1, int(duration_s * RATE_HZ)), 0.1 * number, np.float32)
        write(path, sound, RATE_HZ, "flac")
        parts.append(Part(path, start_s, duration_s))
        start_s += duration_s
    listed = tmp_path / "stream" / "recording.parts.json"
    write_parts(listed, parts)
    return listed


def danmaku(path: Path, at_s: float, text: str) -> None:
    path.with_suffix(".xml").write_text(
        f'<i><d p="{at_s},1,25,16777215,0,0,viewer,0">{text}</d></i>', "utf-8"
    )


def pieces(recording: Path) -> list[Path]:
    return sorted(recording.parent.parent.glob("*.flac"))


def test_the_chats_of_all_parts_are_one_on_the_recordings_timeline(recording: Path) -> None:
    first, second = pieces(recording)
    danmaku(first, 1.5, "夜明けの歌")
    danmaku(second, 0.5, "海と猫")
    for _ in range(2):  # taking it in again changes nothing
        taken = take_parts(recording, recording.parent)
        assert taken.live_chat_path is not None
        told = [(one.offset_s, one.author, one.text) for one in read_chat(taken.live_chat_path)]
        assert told == [(1.5, "viewer", "夜明けの歌"), (4.5, "viewer", "海と猫")]
        assert [path.name for path in recording.parent.glob("live_chat*")] == ["live_chat.json"]
    assert (taken.info.title, taken.info.uploaded_on) == ("evening", "2026-11-20")


def test_the_chat_of_a_later_part_counts_alone_and_a_broken_one_is_a_warning(
    recording: Path,
) -> None:
    first, second = pieces(recording)
    danmaku(second, 0.5, "海と猫")
    taken = take_parts(recording, recording.parent)
    assert taken.live_chat_path is not None
    assert [one.offset_s for one in read_chat(taken.live_chat_path)] == [4.5]
    first.with_name(f"{first.stem}.live_chat.json").write_text("no chat", "utf-8")
    taken = take_parts(recording, recording.parent)
    assert any("was left out" in warning for warning in taken.warnings)
    assert [one.offset_s for one in read_chat(taken.live_chat_path or Path())] == [4.5]


def test_subtitles_of_all_parts_are_joined_by_language(recording: Path) -> None:
    first, second = pieces(recording)
    cue = "1\n00:00:01,000 --> 00:00:02,000\n{}\n"
    first.with_suffix(".ja.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n夜明け\n", "utf-8")
    second.with_suffix(".ja.srt").write_text(cue.format("海"), "utf-8")
    first.with_suffix(".en.srt").write_text(cue.format("dawn"), "utf-8")
    taken = take_parts(recording, recording.parent)
    assert [path.name for path in taken.subtitle_paths] == ["subtitles.en.srt", "subtitles.ja.srt"]
    shown = [(one.start_s, one.text) for one in read_subtitles(taken.subtitle_paths[1])]
    assert shown == [(1.0, "夜明け"), (5.0, "海")]


def test_a_written_chat_is_read_as_it_was(tmp_path: Path) -> None:
    chat = [ChatMessage(-1.0, "a", "待機"), ChatMessage(2.5, "b", "Lemon\nきた", trusted=True)]
    path = tmp_path / "chat.json"
    path.write_text(chat_lines(chat), "utf-8")
    assert read_chat(path) == chat


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (("夜の歌 P1", "夜の歌 P2"), "夜の歌"),
        (("night_part001", "night_part002"), "night"),
        (("Night of songs (0)", "Night of songs (1)"), "Night of songs"),
        (("Top 1", "Other 2"), "Top 1"),
        (("P1", "P2"), "P1"),
        (("Songs of 2021", "Songs of 2022"), "Songs of 2021"),
    ],
)
def test_the_title_of_a_whole_has_no_part_number(
    tmp_path: Path, names: tuple[str, str], title: str
) -> None:
    parts = []
    for number, name in enumerate(names):
        path = tmp_path / f"{name}.flac"
        write(path, np.full((1, RATE_HZ), 0.1, np.float32), RATE_HZ, "flac")
        parts.append(Part(path, float(number), 1.0))
    listed = tmp_path / "stream" / "recording.parts.json"
    write_parts(listed, parts)
    assert take_parts(listed, listed.parent).info.title == title

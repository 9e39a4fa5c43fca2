"""Subtitles read, sliced, shifted and written."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utawaku.library.errors import SetlistError
from utawaku.models.setlist import (
    TimedText,
    parse_subtitles,
    read_subtitles,
    read_timed_lines,
    shift_text,
    slice_text,
    to_srt,
)

SRT = """1
00:00:01,000 --> 00:00:02,500
Hello <i>there</i>

2
00:01:00,250 --> 00:01:05,000
二行目
続き
3
01:00:00,000 --> 01:00:01,000
after an hour
"""
VTT = """WEBVTT

NOTE a remark
that spans lines

STYLE
::cue { color: red }

intro
00:01.000 --> 00:02.500 align:start position:10%
<v Host>Hello &amp; <00:01.500><c>welcome</c>

00:03.000 --> 00:04.000

1:00:00.000 --> 1:00:01.000
after an hour
"""


def test_srt_is_read_with_its_markup_removed() -> None:
    assert parse_subtitles(SRT) == [
        TimedText(1.0, 2.5, "Hello there"),
        TimedText(60.25, 65.0, "二行目\n続き"),
        TimedText(3600.0, 3601.0, "after an hour"),
    ]


def test_vtt_is_read_without_notes_styles_and_empty_cues() -> None:
    assert parse_subtitles(VTT) == [
        TimedText(1.0, 2.5, "Hello & welcome"),
        TimedText(3600.0, 3601.0, "after an hour"),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp932"])
def test_files_in_common_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes(SRT.replace("\n", "\r\n").encode(encoding))
    assert read_subtitles(path)[1].text == "二行目\n続き"


@pytest.mark.parametrize(
    ("line", "encoding"),
    [
        ("你好吗", "gb18030"),
        ("晚安", "gb18030"),
        ("月亮代表我的心", "gb18030"),
        ("后来，我总算学会了如何去爱", "gb18030"),
        ("月亮代表我的心", "big5"),
        ("後來", "big5"),
        ("紅蓮華", "cp932"),
        ("雨", "cp932"),
        ("ﾊﾝｶｸ カナ", "cp932"),
        ("残酷な天使のテーゼ", "cp932"),
    ],
)
def test_one_line_is_enough_to_tell_chinese_from_japanese(
    tmp_path: Path, line: str, encoding: str
) -> None:
    path = tmp_path / "a.srt"
    path.write_bytes(f"1\n00:00:01,000 --> 00:00:04,000\n{line}\n".encode(encoding))
    assert read_subtitles(path) == [TimedText(1.0, 4.0, line)]


@pytest.mark.parametrize(
    "times",
    [
        "00:00:01,500 -> 00:00:04,000",
        "00:00:01，500 --> 00:00:04，000",
        "00：00：01，500 —> 00：00：04，000",
        "00:00:01.500-->00:00:04",
        "0:01.500 → 0:04",
        "00:00:01,500000 --> 00:00:04,000000",
    ],
)
def test_times_are_read_as_people_and_translators_leave_them(times: str) -> None:
    assert parse_subtitles(f"1\n{times}\nla\n") == [TimedText(1.5, 4.0, "la")]


def test_a_file_without_cues_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text("just text")
    with pytest.raises(SetlistError, match="no subtitles"):
        read_subtitles(path)
    with pytest.raises(SetlistError, match="cannot be read"):
        read_subtitles(tmp_path / "b.srt")


def test_a_recording_given_by_mistake_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "evening.mkv"
    with path.open("wb") as file:
        file.truncate(1 << 36)
    with pytest.raises(SetlistError, match="too large for text"):
        read_subtitles(path)


def test_a_slice_is_clipped_and_counts_from_its_start() -> None:
    cues = [TimedText(0, 5, "a"), TimedText(5, 10, "b"), TimedText(12, 20, "c")]
    assert slice_text(cues, 4, 13) == [
        TimedText(0, 1, "a"),
        TimedText(1, 6, "b"),
        TimedText(8, 9, "c"),
    ]
    assert slice_text(cues, 10, 12) == []
    assert slice_text(cues, 12, 13, rebase=False) == [TimedText(12, 13, "c")]


def test_a_shift_drops_what_falls_before_the_start() -> None:
    cues = [TimedText(0, 5, "a"), TimedText(4, 8, "b"), TimedText(12, 20, "c")]
    assert shift_text(cues, -5) == [TimedText(0, 3, "b"), TimedText(7, 15, "c")]
    assert shift_text(cues, 1.5)[0] == TimedText(1.5, 6.5, "a")


@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**7),
            st.integers(1, 10**5),
            st.text(alphabet="abc歌 .", min_size=1).map(str.strip).filter(bool),
        )
    )
)
def test_written_subtitles_are_read_back(cues: list[tuple[int, int, str]]) -> None:
    made = sorted(
        (TimedText(start / 1000, (start + length) / 1000, text) for start, length, text in cues),
        key=lambda cue: (cue.start_s, cue.stop_s),
    )
    assert parse_subtitles(to_srt(made)) == [
        TimedText(pytest.approx(c.start_s), pytest.approx(c.stop_s), c.text) for c in made
    ]


def test_titles_in_subtitles_are_a_setlist_with_artists_and_ends() -> None:
    cues = parse_subtitles(
        "1\n00:01:00,500 --> 00:04:30,000\n01. Paper Boats / Ida Holm\n\n"
        "2\n00:05:00,000 --> 00:08:00,000\n夜明けの歌\n葵\n\n"
        "3\n00:09:00,000 --> 00:09:30,000\n雑談\n"
    )
    lines = read_timed_lines(cues)
    assert [(line.start_s, line.stop_s) for line in lines[:2]] == [(60.5, 270.0), (300.0, 480.0)]
    assert [(line.title, line.artist) for line in lines[:2]] == [
        ("Paper Boats", "Ida Holm"),
        ("夜明けの歌", "葵"),
    ]
    assert [line.is_song for line in lines] == [True, True, False]


def test_the_words_of_songs_are_not_taken_for_a_list_of_songs() -> None:
    words = [TimedText(4.0 * n, 4.0 * n + 3.5, f"la la {n}") for n in range(60)]
    with pytest.raises(SetlistError, match="are words"):
        read_timed_lines(words)


def test_a_line_of_one_space_ends_no_cue_of_webvtt() -> None:
    text = (
        "WEBVTT\nKind: captions\n\n"
        "00:00:01.000 --> 00:00:03.000 align:start\n \nfirst<00:00:01.500><c> line</c>\n\n"
        "00:00:20.000 --> 00:00:23.000\n \nsecond<00:00:20.500><c> song</c>\n\n"
        "00:00:30.000 --> 00:00:33.000\nthird\n"
    )
    found = [(cue.start_s, cue.text) for cue in parse_subtitles(text)]
    assert found == [(1.0, "first line"), (20.0, "second song"), (30.0, "third")]
    srt = "1\n00:00:01,000 --> 00:00:02,000\none\n \n2\n00:00:03,000 --> 00:00:04,000\ntwo\n"
    assert [cue.text for cue in parse_subtitles(srt)] == ["one", "two"]


def test_rolling_captions_show_each_line_once() -> None:
    text = (
        "WEBVTT\n\n"
        "00:00:01.000 --> 00:00:03.000\n \nfirst<00:00:01.500><c> line</c>\n\n"
        "00:00:03.000 --> 00:00:03.010\nfirst line\n \n\n"
        "00:00:03.010 --> 00:00:05.000\nfirst line\nsecond<00:00:03.500><c> line</c>\n\n"
        "00:00:05.000 --> 00:00:05.010\nsecond line\n \n"
    )
    assert [cue.text for cue in parse_subtitles(text)] == ["first line", "second line"]
    plain = "1\n00:00:01,000 --> 00:00:02,000\nla la\n\n2\n00:00:02,000 --> 00:00:03,000\nla la\n"
    assert [cue.text for cue in parse_subtitles(plain)] == ["la la", "la la"]


def test_rolling_captions_that_were_converted_to_subrip_show_each_line_once() -> None:
    sung = ["first line", "second line", "third line", "fourth line", "fourth line", "fifth line"]
    blocks = [f"00:00:01,000 --> 00:00:02,990\n\n{sung[0]}\n"]
    for at, (before, line) in enumerate(pairwise(sung), 2):
        blocks.append(f"00:00:{at:02},990 --> 00:00:{at + 1:02},000\n{before}\n \n")
        blocks.append(f"00:00:{at + 1:02},000 --> 00:00:{at + 1:02},990\n{before}\n{line}\n")
    text = "\n".join(f"{number}\n{block}" for number, block in enumerate(blocks, 1))
    cues = parse_subtitles(text)
    assert [cue.text for cue in cues] == sung
    assert cues[0].start_s == 1.0
    empty = "1\n00:00:01,000 --> 00:00:02,000\n\n\n2\n00:00:03,000 --> 00:00:04,000\ntwo\n"
    assert [(cue.start_s, cue.text) for cue in parse_subtitles(empty)] == [(3.0, "two")]


def test_a_refrain_over_two_cues_does_not_roll() -> None:
    verse = ["one\ntwo", "two\nthree", "four\nfive", "six\nseven", "seven\nla", "la la\nlu"]
    text = "".join(
        f"00:00:{at:02},000 --> 00:00:{at + 1:02},000\n{words}\n\n"
        for at, words in enumerate(verse)
    )
    assert [cue.text for cue in parse_subtitles(text)] == verse


ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,karaoke,{\\k20}la {\\k30}lu
Dialogue: 0,0:01:00.25,0:01:05.00,Default,,0,0,0,,二行目\\N続き
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,fx,{\\k20}la {\\k30}lu
Dialogue: 1,0:00:01.00,0:00:02.50,Default,,0,0,0,fx,{\\blur3}la lu
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1{\\p0}
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,
"""


@pytest.mark.parametrize("name", ["a.ass", "A.SSA"])
def test_substation_is_read_without_effects_comments_and_drawings(
    tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.write_text(ASS, "utf-8-sig")
    assert read_subtitles(path) == [
        TimedText(1.0, 2.5, "la lu"),
        TimedText(60.25, 65.0, "二行目\n続き"),
    ]


def test_a_damaged_substation_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ass"
    path.write_text(ASS.replace("0:00:01.00", "about one").replace("0:01:00.25", "then"), "utf-8")
    with pytest.raises(SetlistError, match="no subtitles"):
        read_subtitles(path)


def test_timed_lyrics_last_until_the_next_stamp(tmp_path: Path) -> None:
    path = tmp_path / "a.lrc"
    path.write_text("[ti:Song]\n[00:01.50]la <00:02.00>lu\n[00:04.00]\n[00:06.00]続き\n", "utf-8")
    assert read_subtitles(path) == [TimedText(1.5, 4.0, "la lu"), TimedText(6.0, 11.0, "続き")]


def test_lyrics_without_times_are_no_subtitles(tmp_path: Path) -> None:
    path = tmp_path / "a.lrc"
    path.write_text("la\nlu\n", "utf-8")
    with pytest.raises(SetlistError, match="no subtitles"):
        read_subtitles(path)

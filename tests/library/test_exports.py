"""Exports hold what they were given, and other programs can read them."""

import csv
import io
import json
import math
import re
import shlex
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utawaku.library.errors import LibraryFileError, NotFoundError, UsageError
from utawaku.library.exports import (
    EXPORTS,
    PlaylistEntry,
    audacity_labels,
    cue_sheet,
    export_stream,
    hms,
    ina_csv,
    m3u8,
    parse_audacity_labels,
    parse_ina_csv,
    parse_segmented_tsv,
    rttm,
    segmented_tsv,
    setlist_comment,
    song_list,
)
from utawaku.library.records import Segment, Song, Stream

STREAM = Stream(
    "youtube-abc",
    "https://www.youtube.com/watch?v=abc",
    title='【歌枠】 "birthday"\nkaraoke',
    channel="Ch, 歌",
    uploaded_on="2026-11-21",
    duration_s=8000.0,
    recording_path="Streams/youtube-abc/recording.webm",
)
SEGMENTS = [
    Segment("noEnergy", 0.0, 2.02),
    Segment("speech", 2.02, 60.5),
    Segment("music", 60.5, 300.0),
    Segment("speech", 300.0, 310.0),
]


def song(position: int, start_s: float, stop_s: float, title: str = "", artist: str = "") -> Song:
    return Song(
        f"youtube-abc@{round(start_s * 1000)}", "youtube-abc", position, start_s, stop_s,
        "smart", 1.0, title=title, artist=artist, file_path=f"Songs/Ch/{position:02} 歌.opus",
    )  # fmt: skip


SONGS = [
    song(0, 60.5, 300.0, "残酷な天使のテーゼ", "高橋洋子"),
    song(1, 310.0, 500.999, 'Quote "me"\r\n\x1b[31m', "A, B"),
    song(2, 7384.0, 7600.0),
]


def test_every_format_makes_text_that_is_valid_utf8() -> None:
    for name in EXPORTS:
        text = export_stream(name, STREAM, SEGMENTS, SONGS)
        assert text.endswith("\n")
        assert "\x1b" not in text.replace("\\u001b", "")
        assert text.encode("utf-8")
        assert export_stream(name, Stream("x", ""), [], []) is not None
    with pytest.raises(UsageError, match="cue"):
        export_stream("nope", STREAM, SEGMENTS, SONGS)


def test_the_list_has_a_line_a_song() -> None:
    assert song_list(SONGS).splitlines() == [
        "00:01:00 残酷な天使のテーゼ / 高橋洋子",
        '00:05:10 Quote "me" / A, B',
        "02:03:04 Song 3",
    ]
    assert song_list(SONGS[:1], with_stop=True) == (
        "00:01:00 - 00:05:00 残酷な天使のテーゼ / 高橋洋子\n"
    )


def test_the_comment_has_short_times_and_numbers() -> None:
    assert setlist_comment(SONGS, title="Setlist").splitlines() == [
        "Setlist",
        "1. 1:00 残酷な天使のテーゼ / 高橋洋子",
        '2. 5:10 Quote "me" / A, B',
        "3. 2:03:04 Song 3",
    ]
    assert setlist_comment([SONGS[0]] * 10).splitlines()[0].startswith("01. ")


def test_a_comment_with_ends_is_read_back_with_them() -> None:
    text = export_stream("comment-ends", STREAM, SEGMENTS, SONGS[:2])
    assert text.splitlines()[1:] == [
        "1. 1:00 - 5:00 残酷な天使のテーゼ / 高橋洋子",
        '2. 5:10 - 8:20 Quote "me" / A, B',
    ]


def test_csv_has_a_row_a_song_that_opens_at_it_and_runs_no_formula() -> None:
    songs = [*SONGS[:1], replace(SONGS[1], title="=HYPERLINK(1)", singer="Ao, i")]
    rows = list(csv.DictReader(io.StringIO(export_stream("csv", STREAM, SEGMENTS, songs))))
    assert rows == [
        {
            "start": "00:01:00",
            "stop": "00:05:00",
            "title": "残酷な天使のテーゼ",
            "artist": "高橋洋子",
            "singer": songs[0].singer,
            "url": "https://youtu.be/abc?t=60",
        },
        {
            "start": "00:05:10",
            "stop": "00:08:20",
            "title": "'=HYPERLINK(1)",
            "artist": "A, B",
            "singer": "Ao, i",
            "url": "https://youtu.be/abc?t=310",
        },
    ]
    elsewhere = replace(STREAM, url="https://www.bilibili.com/video/BV1")
    assert "https://www.bilibili.com/video/BV1\n" in export_stream("csv", elsewhere, [], SONGS)


def test_mmif_has_time_frames_in_milliseconds_over_one_document() -> None:
    made = json.loads(export_stream("mmif", STREAM, SEGMENTS, SONGS))
    (document,) = made["documents"]
    segments, songs = made["views"]
    assert document["properties"]["location"] == "file:///Streams/youtube-abc/recording.webm"
    for view in (segments, songs):
        (contains,) = view["metadata"]["contains"].values()
        assert contains["document"] == document["properties"]["id"]
        assert contains["timeUnit"] == "milliseconds"
        assert {frame["properties"]["id"].split(":")[0] for frame in view["annotations"]} == {
            view["id"]
        }
    frames = [frame["properties"] for frame in segments["annotations"]]
    labels = {"noEnergy": "silence"}
    assert [(frame["label"], frame["start"], frame["end"]) for frame in frames] == [
        (labels.get(s.label, s.label), round(1000 * s.start_s), round(1000 * s.stop_s))
        for s in SEGMENTS
    ]
    first = songs["annotations"][0]["properties"]
    assert (first["label"], first["start"], first["end"]) == ("song", 60_500, 300_000)
    assert (first["title"], first["artist"]) == ("残酷な天使のテーゼ", "高橋洋子")


def test_holodex_gets_named_songs_in_whole_seconds() -> None:
    rows = json.loads(export_stream("holodex", STREAM, SEGMENTS, SONGS))
    assert [(row["video_id"], row["name"], row["start"], row["end"]) for row in rows] == [
        ("abc", "残酷な天使のテーゼ", 60, 300),
        ("abc", 'Quote "me"', 310, 501),
    ]
    assert rows[0]["original_artist"] == "高橋洋子"


@pytest.mark.parametrize(
    ("time_s", "full", "short"),
    [(0, "00:00:00", "0:00"), (59.999, "00:00:59", "0:59"), (3600, "01:00:00", "1:00:00"),
     (360_000, "100:00:00", "100:00:00"), (-1, "00:00:00", "0:00")],
)  # fmt: skip
def test_times_are_rounded_down(time_s: float, full: str, short: str) -> None:
    assert (hms(time_s), hms(time_s, short=True)) == (full, short)


def read_cue(text: str) -> dict:
    """A small reader after the rules that players follow."""
    sheet: dict = {"tracks": []}
    for line in text.splitlines():
        word, *rest = shlex.split(line, posix=False)
        values = [value.strip('"') for value in rest]
        target = sheet["tracks"][-1] if sheet["tracks"] else sheet
        if word == "TRACK":
            sheet["tracks"].append({"number": int(values[0])})
        elif word == "INDEX":
            minutes, seconds, frames = map(int, values[1].split(":"))
            target[values[0]] = minutes * 60 + seconds + frames / 75
        else:
            target[word] = values[0]
    return sheet


def test_a_cue_sheet_reads_back_with_quotes_newlines_and_cjk() -> None:
    sheet = read_cue(cue_sheet(STREAM, SONGS))
    assert sheet["FILE"] == "recording.webm"
    assert sheet["TITLE"] == "【歌枠】 ”birthday” karaoke"
    tracks = sheet["tracks"]
    assert [t["number"] for t in tracks] == [1, 2, 3]
    assert [t["TITLE"] for t in tracks] == ["残酷な天使のテーゼ", "Quote ”me”", "Song 3"]
    for track, each in zip(tracks, SONGS, strict=True):
        assert track["01"] == pytest.approx(each.start_s, abs=1 / 150 + 1e-6)


def test_no_pregap_moves_the_start_of_a_song() -> None:
    """MPD plays the first song from an INDEX 00 on, and splitters cut there."""
    sheet = cue_sheet(STREAM, [song(0, 60.0, 100.0), song(1, 360.0, 500.0)])
    assert [line.split()[1:] for line in sheet.splitlines() if "INDEX" in line] == [
        ["01", "01:00:00"],
        ["01", "06:00:00"],
    ]


def test_a_recording_in_several_files_has_each_song_in_the_file_that_it_starts_in() -> None:
    files = [("a.flv", 0.0), ("b.mp3", 300.0)]
    songs = [song(0, 60.0, 100.0), song(1, 250.0, 320.0), song(2, 360.0, 500.0)]
    lines = [line.strip() for line in cue_sheet(STREAM, songs, files=files).splitlines()]
    kept = [line for line in lines if line.startswith(("FILE", "INDEX"))]
    assert kept == [
        'FILE "a.flv" WAVE',
        "INDEX 01 01:00:00",
        "INDEX 01 04:10:00",
        'FILE "b.mp3" MP3',
        "INDEX 01 01:00:00",
    ]


@pytest.mark.parametrize("title", ["a\\", "a\\\\", "\\", "C:\\a"])
def test_no_backslash_stands_before_a_closing_quote(title: str) -> None:
    """Readers that know escapes would read on to the next quote."""
    sheet = cue_sheet(STREAM, [replace(song(0, 0.0, 10.0), title=title, artist=title)])
    assert '\\"' not in sheet
    assert sheet.count('"') % 2 == 0
    (track,) = read_cue(sheet)["tracks"]
    assert track["TITLE"].replace("\uff3c", "\\") == title


def test_more_songs_than_cue_can_number_are_refused() -> None:
    songs = [song(n, n * 100.0, n * 100.0 + 90) for n in range(100)]
    assert "TRACK 99 AUDIO" in cue_sheet(STREAM, songs[:99])
    with pytest.raises(LibraryFileError, match="99 songs, and this stream has 100"):
        cue_sheet(STREAM, songs)


def test_a_file_name_that_cue_cannot_hold_is_refused() -> None:
    with pytest.raises(LibraryFileError):
        cue_sheet(STREAM, SONGS, files=[('a"b.mp3', 0.0)])
    assert 'FILE "a.mp3" MP3' in cue_sheet(STREAM, SONGS, files=[("a.mp3", 0.0)])


def test_a_playlist_has_two_lines_a_song() -> None:
    entries = [PlaylistEntry.of(each) for each in SONGS]
    lines = m3u8(entries, title="今日\nの歌枠").splitlines()
    assert lines[:4] == [
        "#EXTM3U",
        "#PLAYLIST:今日 の歌枠",
        "#EXTINF:240,高橋洋子 - 残酷な天使のテーゼ",
        "Songs/Ch/00 歌.opus",
    ]
    assert lines[6] == "#EXTINF:216,02 歌"
    assert len(lines) == 8


def test_a_playlist_keeps_paths_that_look_like_comments() -> None:
    lines = m3u8([PlaylistEntry("#1 hit.mp3", 1.0)]).splitlines()
    assert lines[-1] == "./#1 hit.mp3"
    with pytest.raises(LibraryFileError):
        m3u8([PlaylistEntry("a\nb.mp3", 1.0)])


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("", "Songs/Ch/00 歌.opus"),
        ("Songs", "Ch/00 歌.opus"),
        ("Playlists/x", "../../Songs/Ch/00 歌.opus"),
        ("Songs/Other", "../Ch/00 歌.opus"),
    ],
)
def test_playlist_paths_follow_where_the_playlist_lies(folder: str, expected: str) -> None:
    assert PlaylistEntry.of(SONGS[0]).relative_to(folder).path == expected


def test_the_csv_is_that_of_the_package() -> None:
    # What pandas writes there: tabs, no index, floats in their shortest form.
    assert ina_csv(SEGMENTS[:2]) == "labels\tstart\tstop\nnoEnergy\t0.0\t2.02\nspeech\t2.02\t60.5\n"
    assert ina_csv([Segment("music", 29 * 0.02, 1)]) == "labels\tstart\tstop\nmusic\t0.58\t1.0\n"


spans = st.lists(
    st.builds(
        lambda label, start, length: Segment(label, start, start + length),
        st.sampled_from(["speech", "music", "noEnergy", "noise"]),
        st.floats(0, 50_000),
        st.floats(0, 5_000),
    ),
    max_size=20,
)


@given(spans)
def test_segments_read_back_from_csv_and_labels(segments: list[Segment]) -> None:
    assert parse_ina_csv(ina_csv(segments)) == segments
    for found, given_one in zip(
        parse_audacity_labels(audacity_labels(segments)), segments, strict=True
    ):
        assert found.label == given_one.label
        assert math.isclose(found.start_s, given_one.start_s, abs_tol=1e-6)
        assert math.isclose(found.stop_s, given_one.stop_s, abs_tol=1e-6)


@given(st.text(st.characters(exclude_characters="\r", codec="utf-8"), max_size=30), spans)
def test_segmented_rows_read_back(path: str, segments: list[Segment]) -> None:
    ((found, pairs, ratio),) = parse_segmented_tsv(segmented_tsv([(path, segments)]))
    assert found == path
    assert len(pairs) == sum(s.label == "speech" for s in segments)
    assert 0 <= ratio <= 1


def test_the_share_of_speech_is_of_the_whole_duration() -> None:
    ((_, pairs, ratio),) = parse_segmented_tsv(segmented_tsv([("a", SEGMENTS)]))
    # The last frame of a stretch is told, but the number of frames where it ends the recording.
    assert pairs == [(2.02, 60.49), (300.0, 310.01)]
    assert ratio == pytest.approx(68.48 / 310.01, abs=1e-4)


def test_a_segmented_row_is_as_the_acoustic_segmenter_prints_it() -> None:
    segments = [Segment("music", 0, 1.5), Segment("speech", 1.5, 4), Segment("music", 4, 5)]
    assert segmented_tsv([("a.wav", segments)]) == (
        "a.wav\t1.5\t3.99\tspeech_ratio: 49.70% (249 / 501)\n"
    )


@pytest.mark.parametrize(
    ("n_samples", "n_frames"), [(160_000, 1001), (159_999, 1000), (160_159, 1001), (160, 2), (1, 1)]
)
def test_a_recording_has_a_frame_every_ten_milliseconds_and_one_at_its_start(
    n_samples: int, n_frames: int
) -> None:
    row = segmented_tsv([("a", [Segment("speech", 0.0, n_samples / 16_000)])])
    assert row.endswith(f"({n_frames} / {n_frames})\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "label,start,stop\n",
        "labels\tstart\tstop\nspeech\t0\n",
        "labels\tstart\tstop\na\tb\tc\n",
    ],
)
def test_a_csv_that_is_something_else_is_refused(text: str) -> None:
    with pytest.raises(NotFoundError):
        parse_ina_csv(text)


def test_labels_hold_songs_after_segments_and_skip_frequency_lines() -> None:
    text = audacity_labels(SEGMENTS, SONGS)
    assert text.splitlines()[-3] == "60.500000\t300.000000\t残酷な天使のテーゼ / 高橋洋子"
    assert len(parse_audacity_labels("1.0\t2.0\tx\n\\\t100\t200\n3.0\t4.0\t\n")) == 2


def test_rttm_lines_have_ten_fields_and_no_silence() -> None:
    lines = rttm("file abc", SEGMENTS).splitlines()
    assert len(lines) == 3
    for line in lines:
        assert re.fullmatch(
            r"SPEAKER file_abc 1 \d+\.\d{3} \d+\.\d{3} <NA> <NA> \w+ <NA> <NA>", line
        )


def test_the_json_has_everything_and_no_invalid_number() -> None:
    silent = replace(SONGS[0], loudness_lufs=float("-inf"), title="\ud800x")
    document = json.loads(export_stream("json", STREAM, SEGMENTS, [silent]))
    assert document["segments"][1] == ["speech", 2.02, 60.5]
    assert document["songs"][0]["loudness_lufs"] is None
    assert document["songs"][0]["artist"] == "高橋洋子"
    assert document["stream"]["id"] == "youtube-abc"

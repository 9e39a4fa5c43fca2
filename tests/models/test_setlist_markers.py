"""Markers of other programs as setlists."""

from __future__ import annotations

import pytest

from utawaku.library.errors import SetlistError
from utawaku.models.setlist import Marker, lines_of_markers, parse_setlist, read_markers

ROWS = (
    (24.0, 110.5, "Korobeiniki / Traditional"),
    (130.0, 220.25, "さくら / 日本古謡"),
    (3725.5, 3900.0, 'Ob-La, Di / The "B" Band'),
)
SPANS = [Marker(start_s, stop_s, name) for start_s, stop_s, name in ROWS]
POINTS = [Marker(start_s, None, name) for start_s, _, name in ROWS]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def clock(seconds: float, hours: bool = True) -> str:
    whole, ms = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    if not hours and minutes < 60:
        return f"{minutes}:{second:02}.{ms:03}"
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}.{ms:03}"


def timecode(seconds: float, rate: int = 30, begins_s: int = 0) -> str:
    frames = round(seconds * rate)
    return clock(frames // rate + begins_s)[:8] + f":{frames % rate:02}"


def written(form: str, head: str = "", tail: str = "") -> str:
    rows = [
        form.format(
            n=n,
            start=start_s,
            stop=stop_s,
            length=stop_s - start_s,
            name=name,
            quoted=quoted(name),
            start_ms=round(start_s * 1000),
            stop_ms=round(stop_s * 1000),
            start_clock=clock(start_s),
            stop_clock=clock(stop_s),
            start_short=clock(start_s, hours=False),
            length_short=clock(stop_s - start_s, hours=False),
            start_code=timecode(start_s),
            stop_code=timecode(stop_s),
            start_hour=timecode(start_s, begins_s=3600),
            length_frames=round((stop_s - start_s) * 30),
        )
        for n, (start_s, stop_s, name) in enumerate(ROWS, 1)
    ]
    return head + "".join(rows) + tail


SPANNING = {
    "labels of Audacity": written("{start:.6f}\t{stop:.6f}\t{name}\n"),
    "labels with frequencies": written("{start:.6f}\t{stop:.6f}\t{name}\n\\\t90.0\t2000.0\n"),
    "CSV of LosslessCut": written("{start},{stop},{quoted}\n"),
    "CSV of LosslessCut with clock times": written("{start_clock},{stop_clock},{quoted}\n"),
    "TSV of LosslessCut": written("{start}\t{stop}\t{name}\n"),
    "project of LosslessCut": written(
        "    {{\n      start: {start},\n      end: {stop},\n      name: '{name}',\n    }},\n",
        "{\n  version: 1,\n  mediaFileName: 'evening.mkv',\n  cutSegments: [\n",
        "  ],\n}\n",
    ),
    "metadata of FFmpeg": written(
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART={start_ms}\nEND={stop_ms}\ntitle={name}\n",
        ";FFMETADATA1\ntitle=Evening\n",
    ),
    "Matroska": written(
        "<ChapterAtom><ChapterTimeStart>{start_clock}000000</ChapterTimeStart><ChapterTimeEnd>"
        "{stop_clock}000000</ChapterTimeEnd><ChapterDisplay><ChapterString>{name}</ChapterString>"
        "</ChapterDisplay></ChapterAtom>",
        '<?xml version="1.0"?>\n<!DOCTYPE Chapters SYSTEM "matroskachapters.dtd">\n'
        "<Chapters><EditionEntry>",
        "</EditionEntry></Chapters>",
    ),
    "regions of REAPER": written(
        "R{n},{quoted},{start_short},{stop_clock},{length_short}\n", "#,Name,Start,End,Length\n"
    ),
    "markers of Audition": written(
        "{name}\t{start_short}\t{length_short}\tdecimal\tCue\t\n",
        "Name\tStart\tDuration\tTime Format\tType\tDescription\n",
    ),
    "sheet of a viewer": written(
        "{n};{quoted};{start_clock};{stop_clock}\n", "No.;曲名;開始;終了\n"
    ),
}


@pytest.mark.parametrize("program", SPANNING)
def test_spans_of_programs_are_read(program: str) -> None:
    found = read_markers("\ufeff" + SPANNING[program].replace("\n", "\r\n"))
    assert found == [
        Marker(pytest.approx(start_s), pytest.approx(stop_s), name)
        for start_s, stop_s, name in ROWS
    ]


POINTING = {
    "OGM": written("CHAPTER{n:02}={start_clock}\nCHAPTER{n:02}NAME={name}\n"),
    "PotPlayer": written("{n}={start_ms}*{name}*28000000\n", "[Bookmark]\n", "4=\n"),
    "Twitch": written("{start_clock:.8},Editor,some_name,{quoted}\n"),
}


@pytest.mark.parametrize("program", POINTING)
def test_points_of_programs_are_read(program: str) -> None:
    found = read_markers(POINTING[program])
    assert found is not None
    assert [(one.start_s, one.stop_s, one.name) for one in found] == [
        (pytest.approx(start_s, abs=0.51), None, name) for start_s, _, name in ROWS
    ]


def test_timecodes_count_frames_and_resolve_begins_at_an_hour() -> None:
    premiere = written(
        "{name}\t\t{start_code}\t{stop_code}\t\tComment\n",
        "Marker Name\tDescription\tIn\tOut\tDuration\tMarker Type\n",
    )
    resolve = written(
        "{n:03}  001      V     C        {start_hour} {start_hour} {start_hour} {start_hour}  \n"
        " |C:ResolveColorBlue |M:{name} |D:{length_frames}\n\n",
        "TITLE: Timeline 1\nFCM: NON-DROP FRAME\n\n",
    )
    for text in (premiere, resolve):
        found = read_markers(text)
        assert found is not None
        assert [one.name for one in found] == [name for _, _, name in ROWS]
        assert [one.start_s for one in found] == pytest.approx([row[0] for row in ROWS], abs=0.04)
        assert [one.stop_s for one in found] == pytest.approx([row[1] for row in ROWS], abs=0.08)


CUE = """PERFORMER "Mio"
TITLE "Evening"
FILE "evening.wav" WAVE
  TRACK 01 AUDIO
    TITLE "First"
    PERFORMER "Mio"
    INDEX 01 00:24:37
  TRACK 02 AUDIO
    TITLE "Second"
    PERFORMER "Ida Holm"
    INDEX 00 61:00:00
    INDEX 01 62:05:00
"""


def test_a_cue_sheet_counts_minutes_and_frames_and_tells_artists() -> None:
    first, second = read_markers(CUE) or ()
    assert (first.start_s, first.name, first.artist) == (pytest.approx(24 + 37 / 75), "First", "")
    assert (second.start_s, second.name, second.artist) == (3725.0, "Second", "Ida Holm")


def test_a_cue_sheet_of_several_files_needs_as_many_parts() -> None:
    text = CUE.replace("  TRACK 02", 'FILE "part 2.wav" WAVE\n  TRACK 02')
    assert [one.start_s for one in read_markers(text, part_starts_s=(0.0, 5000.0)) or ()] == [
        pytest.approx(24 + 37 / 75),
        8725.0,
    ]
    with pytest.raises(SetlistError, match="2 files"):
        read_markers(text)


def test_chapters_of_podcasts_and_songs_of_holodex_are_read() -> None:
    podcast = '{"version": "1.2.0", "chapters": [{"startTime": 24, "title": "First"}]}'
    holodex = '[{"name": "First", "original_artist": "Ida", "start": 24, "end": 110}]'
    assert read_markers(podcast) == [Marker(24.0, None, "First")]
    assert read_markers(holodex) == [Marker(24.0, 110.0, "First", "Ida")]


def test_of_nested_matroska_chapters_the_innermost_shown_ones_count() -> None:
    def atom(start: str, name: str, inner: str = "") -> str:
        return (
            f"<ChapterAtom><ChapterTimeStart>{start}</ChapterTimeStart><ChapterDisplay>"
            f"<ChapterString>{name}</ChapterString></ChapterDisplay>{inner}</ChapterAtom>"
        )

    hidden = atom("00:03:00", "Hidden", "<ChapterFlagHidden>1</ChapterFlagHidden>")
    songs = atom("00:01:00", "First") + atom("00:02:00", "Second") + hidden
    other = f"<EditionEntry>{atom('00:09:00', 'Other')}</EditionEntry>"
    edition = f"<EditionEntry>{atom('00:00:30', 'Part one', songs)}</EditionEntry>"
    found = read_markers(f"<Chapters>{edition}{other}</Chapters>") or ()
    assert [one.name for one in found] == ["First", "Second"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<Chapters><EditionEntry>", "no XML"),
        ('<!DOCTYPE c [<!ENTITY a "b">]><Chapters></Chapters>', "entities"),
        (";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/0\nSTART=1\n", "no time"),
        ("#,Name,Start,End,Length\nR1,Song,13.1.00,29.1.00,16.0.00\n", "is no time"),
        ("[Bookmark]\n", "no marker"),
        ('{"cutSegments": [{"start": "soon"}]}', "no time in seconds"),
        (f"[Bookmark]\n0={'9' * 400}*First*28\n", "cannot be read"),
        (f";FFMETADATA1\n[CHAPTER]\nSTART={'9' * 400}\n", "cannot be read"),
        ("1e300\t\tFirst\n", "no recording has"),
        ("24\t30\tFirst\n25.5\t1e999\tSecond\n", "no recording has"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, problem: str) -> None:
    with pytest.raises(SetlistError, match=problem):
        read_markers(text)


@pytest.mark.parametrize(
    "text",
    [
        "0:24 First / Ida\n2:10 Second / Ida\n",
        "1. First\n2. Second\n",
        "Start of the evening\nFirst, Second\n",
        "[0:24] First\n[2:10] Second\n",
        "{a brace} and words\n",
        '{"title": "no spans"}',
        "",
    ],
)
def test_what_people_type_is_no_file_of_markers(text: str) -> None:
    assert read_markers(text) is None


def test_what_nobody_named_is_a_song_without_a_title() -> None:
    text = "24.5,110.5,\n130,220.25,Marker 2\n300,400,First / Ida\n"
    lines = lines_of_markers(read_markers(text) or ())
    assert [(line.title, line.artist, line.is_song) for line in lines] == [
        ("", "", True),
        ("", "", True),
        ("First", "Ida", True),
    ]


def test_spans_set_on_the_sound_are_cut_there_and_typed_ones_are_not() -> None:
    assert all(line.is_cut for line in lines_of_markers(SPANS))
    assert not any(line.is_cut for line in lines_of_markers(POINTS))
    typed = [Marker(24.0, 110.0, "First"), Marker(130.0, 220.0, "Second")]
    assert not any(line.is_cut for line in lines_of_markers(typed))
    assert not any(line.is_cut for line in parse_setlist("0:24 - 1:50 First\n2:10 - 3:40 Second"))


def test_chapters_that_touch_tell_no_end_of_a_song() -> None:
    chapters = [
        Marker(0.0, 24.0, "Opening"),
        Marker(24.0, 130.02, "First"),
        Marker(130.0, 300.0, "Second"),
    ]
    lines = lines_of_markers(chapters)
    assert [(line.title, line.stop_s, line.is_song) for line in lines] == [
        ("Opening", None, False),
        ("First", None, True),
        ("Second", None, True),
    ]


def test_segments_beside_the_songs_of_a_label_track_are_no_songs() -> None:
    text = "0.0\t24.0\tspeech\n24.0\t110.5\tmusic\n24.0\t110.5\tFirst / Ida\n"
    assert [one.name for one in read_markers(text) or ()] == ["First / Ida"]

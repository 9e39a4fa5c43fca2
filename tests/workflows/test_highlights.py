"""Evidence for highlights that lies in a stream's folder."""

import json

from utawaku.library.config import Settings
from utawaku.library.records import Stream
from utawaku.models.setlist import TimedText
from utawaku.workflows.highlights import heatmap_of, lyrics_of

CHAT = """[Script Info]
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:09.00,Default,,0,0,0,,{\\move(1920,0,-100,0)}888
"""


def test_words_are_read_from_lyrics_and_not_from_drawn_chat(settings: Settings) -> None:
    stream = Stream(id="file-1", url="", site="file", title="evening")
    folder = settings.stream_dir(stream.id)
    folder.mkdir(parents=True)
    (folder / "subtitles.ass").write_text(CHAT)
    assert lyrics_of(stream, settings) == []
    (folder / "subtitles.lrc").write_text("[00:02.00]la\n[00:04.00]\n")
    assert lyrics_of(stream, settings) == [TimedText(2.0, 4.0, "la")]


def test_evidence_for_a_section_of_a_video_counts_from_its_start(settings: Settings) -> None:
    stream = Stream(id="file-1", url="", site="file", title="evening")
    folder = settings.stream_dir(stream.id)
    folder.mkdir(parents=True)
    (folder / "subtitles.lrc").write_text("[00:30.00]before\n[01:02.00]la\n[01:04.00]\n")
    row = {"start_time": 60.0, "end_time": 70.0, "value": 0.5}
    (folder / "info.json").write_text(json.dumps({"section_start": 60, "heatmap": [row, None]}))
    assert lyrics_of(stream, settings) == [TimedText(0.0, 2.0, "before"), TimedText(2.0, 4.0, "la")]
    moved = {"start_time": 0.0, "end_time": 10.0, "value": 0.5}
    assert heatmap_of(stream, settings) == [moved, None]

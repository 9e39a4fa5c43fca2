"""Titles, channels and days of recordings, from names and chats of recorders."""

import gzip
import json
from datetime import datetime
from pathlib import Path

import pytest

from tests.services.downloader_media import media_file
from utawaku.services.downloader.local import take_file
from utawaku.services.downloader.nfo import facts_of_nfo
from utawaku.services.downloader.recorder_facts import (
    facts_of_chat,
    facts_of_name,
    start_in_name,
)

HEAD = """<?xml version="1.0" encoding="utf-8"?>
<?xml-stylesheet type="text/xsl" href="#s"?>
<i>
<chatserver>chat.example</chatserver><chatid>0</chatid>
"""
BY_BILILIVE_RECORDER = (
    HEAD
    + """<BililiveRecorder version="2.17.3" />
<BililiveRecorderRecordInfo roomid="12" shortid="0" name="青井ソラ" title="【歌枠】夜 &amp; more"
 areanameparent="a" areanamechild="b" start_time="2026-11-20T20:30:15.1234567+08:00" />
<d p="20.0,1,25,16777215,1700000001000,0,abc,1" user="a">夜明けの歌</d>
<d p="30.0,1,25,167"""  # the recorder was stopped here
)
BY_BLREC = (
    HEAD
    + """<metadata><user_name>青井ソラ</user_name><room_id>12</room_id><room_title>歌枠</room_title>
<area>b</area><parent_area>a</parent_area><live_start_time>2026-11-20T20:00:00+08:00</live_start_time>
<record_start_time>2026-11-21T00:30:15+08:00</record_start_time><recorder>x</recorder></metadata>
<d p="20.0,1,25,16777215,1700000001000,0,abc,1">hello</d></i>"""
)


@pytest.mark.parametrize(
    ("name", "title", "channel", "day"),
    [
        ("12-Ida/录制-12-20261120-203015-123-【歌枠】夜.flv", "【歌枠】夜", "Ida", "20261120"),
        ("12 - Ida/blive_12_2026-11-20-203015.flv", "", "Ida", "20261120"),
        ("[2026-11-20 20-30-15][Ida][Night of songs].flv", "Night of songs", "Ida", "20261120"),
        ("[11-20-26] Ida - Night of songs.mp4", "Night of songs", "Ida", "20261120"),
        ("2026-11-20_123456789_ida_night_of_songs.mkv", "ida night of songs", "", "20261120"),
        ("2026-11-20 20-30-15.mkv", "2026-11-20 20-30-15", "", "20261120"),
        ("Ida2026-11-20T20_30_15.flv", "Ida", "", "20261120"),
        ("【2026.11.20】【歌枠】夜 [aB3-_f5g7H9].webm", "【歌枠】夜", "", "20261120"),
        ("2026年11月20日 歌枠.mp4", "歌枠", "", "20261120"),
        ("歌枠_2026-11-20_20-30-15_000.ts", "歌枠", "", "20261120"),
        ("until 2026.11.20 and on.mp4", "until 2026.11.20 and on", "", "20261120"),
        ("20269920 songs.mp4", "20269920 songs", "", ""),
        ("3月9日を歌う.mp4", "3月9日を歌う", "", ""),
        ("Songs 123456789012.mp4", "Songs 123456789012", "", ""),
        ("Songs [official video].mp4", "Songs [official video]", "", ""),
        ("【歌枠】夜-aB3-_f5g7H9.mp4", "【歌枠】夜", "", ""),
        ("(2026-11-20) 【歌枠】夜 (aB3-_f5g7H9).mp4", "【歌枠】夜", "", "20261120"),
        ("Songs of the sea-Performance.mp4", "Songs of the sea-Performance", "", ""),
        ("夜の歌 [aB3-_f5g7H9].f140.m4a", "夜の歌", "", ""),
        ("夜の歌 [BV1xx411c7mD].f30280.m4a", "夜の歌", "", ""),
        ("take.five.mp4", "take.five", "", ""),
        ("Songs-karaoke2026.mp4", "Songs-karaoke2026", "", ""),
        ("夜の歌 [sm12345678].mp4", "夜の歌", "", ""),
        ("ida (live) 2026-11-20 20_30 [312345678901].mp4", "ida (live)", "", "20261120"),
        ("夜の歌 [20261120].mp4", "夜の歌", "", "20261120"),
        ("歌枠-2026年11月20日20点30分15秒.flv", "歌枠", "", "20261120"),
        ("2026-11-20T20:30:15+09:00 歌枠.mp4", "歌枠", "", "20261120"),
        ("VID_20261120_203015.mp4", "VID_20261120_203015", "", "20261120"),
        ("録音 2026-11-20 20.30.15.m4a", "録音 2026-11-20 20.30.15", "", "20261120"),
        ("Ida2026-11-20T20_30_15夜の歌.flv", "Ida 夜の歌", "", "20261120"),
        ("Ida - 夜の歌 - 2026年11月20日 20時30分.mp4", "Ida - 夜の歌", "", "20261120"),
        ("【录播】Ida 2026年11月20日20点.flv", "【录播】Ida", "", "20261120"),
        ("lv345678901_夜の歌.ts", "夜の歌", "", ""),
        ("v2123456789 - Night of songs.mp4", "Night of songs", "", ""),
        (
            "VRChat_2026-11-20_20-30-15.123_9x5.mp4",
            "VRChat_2026-11-20_20-30-15.123_9x5",
            "",
            "20261120",
        ),
        (
            "bandicam 2026-11-20 20-30-15-123.mp4",
            "bandicam 2026-11-20 20-30-15-123",
            "",
            "20261120",
        ),
    ],
)
def test_names_of_recorders_are_read(name: str, title: str, channel: str, day: str) -> None:
    told = facts_of_name(Path("/recordings") / name)
    assert (told.get("title", ""), told.get("channel", ""), told.get("upload_date", "")) == (
        title,
        channel,
        day,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BY_BILILIVE_RECORDER, ("【歌枠】夜 & more", "青井ソラ", "20261120")),
        (BY_BLREC, ("歌枠", "青井ソラ", "20261120")),  # the day of the evening, not of this piece
    ],
)
def test_heads_of_danmaku_files_are_read(
    tmp_path: Path, text: str, expected: tuple[str, str, str]
) -> None:
    chat = tmp_path / "evening.xml"
    chat.write_text(text, "utf-8")
    told = facts_of_chat(chat)
    assert (told["title"], told["channel"], told["upload_date"]) == expected


@pytest.mark.parametrize("n_messages", [0, 3, 5000])
def test_the_foot_of_a_danmaku_file_is_read(tmp_path: Path, n_messages: int) -> None:
    said = '<d p="20.0,1,25,16777215,1700000001000,0,abc,1" user="a">夜明けの歌</d>\n' * n_messages
    chat = tmp_path / "evening.xml"
    at_ms = int(datetime(2026, 11, 20, 20, 30, 15).timestamp() * 1000)
    chat.write_text(
        f'<?xml version="1.0" encoding="utf-8"?>\n<i>\n{said}<metadata><platform>p</platform>'
        f"<video_start_time>{at_ms}</video_start_time><live_start_time></live_start_time>"
        "<room_title>歌回 &amp; more</room_title><user_name>青井ソラ</user_name></metadata>\n</i>",
        "utf-8",
    )
    assert facts_of_chat(chat) == {
        "title": "歌回 & more",
        "channel": "青井ソラ",
        "upload_date": "20261120",
    }


def test_the_head_of_a_twitch_chat_is_read_also_packed(tmp_path: Path) -> None:
    told = {
        "streamer": {"name": "Ida", "id": 1},
        "video": {"title": "Night of songs", "created_at": "2026-11-20T20:30:15Z"},
        "comments": [],
    }
    packed = tmp_path / "evening.json.gz"
    packed.write_bytes(gzip.compress(json.dumps(told).encode()))
    assert facts_of_chat(packed) == {
        "title": "Night of songs",
        "channel": "Ida",
        "upload_date": "20261120",
    }


def test_the_head_of_a_chat_of_twitch_dl_is_read(tmp_path: Path) -> None:
    told = {
        "video": {
            "title": "Night of songs",
            "publishedAt": "2026-11-20T20:30:15Z",
            "creator": {"login": "ida", "displayName": "Ida"},
        },
        "comments": [],
    }
    chat = tmp_path / "evening.json"
    chat.write_text(json.dumps(told), "utf-8")
    assert facts_of_chat(chat) == {
        "title": "Night of songs",
        "channel": "Ida",
        "upload_date": "20261120",
    }


@pytest.mark.parametrize("text", ["", "<i>", "<i><d p='1'>x</d></i>", "{}", "[]", "not json"])
def test_a_chat_without_a_head_tells_nothing(tmp_path: Path, text: str) -> None:
    for suffix in (".xml", ".json"):
        chat = tmp_path / f"evening{suffix}"
        chat.write_text(text, "utf-8")
        assert facts_of_chat(chat) == {}


def test_a_damaged_chat_tells_nothing(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b'{"streamer": {"name": "Ida"}, "video": {}}' * 50))
    packed[20:30] = bytes(10)
    for name, data in (("damaged.json.gz", bytes(packed)), ("nested.json", b"[" * 100_000)):
        (tmp_path / name).write_bytes(data)
        assert facts_of_chat(tmp_path / name) == {}


def test_a_declared_document_type_is_not_read(tmp_path: Path) -> None:
    chat = tmp_path / "evening.xml"
    chat.write_text(BY_BLREC.replace("<i>", "<!DOCTYPE i><i>", 1), "utf-8")
    assert facts_of_chat(chat) == {}


def test_a_recording_has_the_facts_of_its_recorder(tmp_path: Path) -> None:
    folder = tmp_path / "12-Ida"
    folder.mkdir()
    recording = media_file(folder / "录制-12-20261119-203015-123-named.flac", "flac", "flac")
    info = take_file(recording, tmp_path / "first").info
    assert (info.title, info.channel, info.uploaded_on) == ("named", "Ida", "2026-11-19")
    recording.with_suffix(".xml").write_text(BY_BILILIVE_RECORDER, "utf-8")
    info = take_file(recording, tmp_path / "second").info
    assert (info.title, info.channel) == ("【歌枠】夜 & more", "青井ソラ")
    assert info.uploaded_on == "2026-11-20"


@pytest.mark.parametrize(
    ("name", "moment"),
    [
        ("2026-11-20 20-30-15.mkv", "2026-11-20T20:30:15"),
        ("录制-12-20261120-203015-123-Songs.flv", "2026-11-20T20:30:15"),
        ("2026-11-20T20_30_15+0900 x.ts", "2026-11-20T20:30:15+09:00"),
        ("[2026-11-20] Songs.mp4", None),
        ("20261120_2030 Songs.mp4", None),
        ("Songs.mp4", None),
    ],
)
def test_a_name_may_tell_when_the_recording_began(name: str, moment: str | None) -> None:
    expected = None if moment is None else datetime.fromisoformat(moment).timestamp()
    assert start_in_name(Path(name)) == expected


NFO = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<{root}><title>【歌枠】夜 &amp; more</title><studio>青井ソラ</studio><plot>0:05 夜明けの歌
0:09 海と猫</plot><aired>2026-11-20</aired><uniqueid type="youtube">a</uniqueid></{root}>
https://example.org/behind
"""


@pytest.mark.parametrize("root", ["episodedetails", "musicvideo", "movie"])
def test_a_nfo_beside_a_recording_tells_its_facts(tmp_path: Path, root: str) -> None:
    source = media_file(tmp_path / "x.mkv", "matroska", "flac")
    (tmp_path / "x.nfo").write_text(NFO.format(root=root), "utf-8")
    taken = take_file(source, tmp_path / "s").info
    assert (taken.title, taken.channel, taken.uploaded_on) == (
        "【歌枠】夜 & more", "青井ソラ", "2026-11-20"
    )  # fmt: skip
    assert taken.description == "0:05 夜明けの歌\n0:09 海と猫"
    (tmp_path / "x.info.json").write_text('{"title": "歌枠", "description": "none"}', "utf-8")
    taken = take_file(source, tmp_path / "t").info
    assert (taken.title, taken.description, taken.channel) == ("歌枠", "none", "青井ソラ")


@pytest.mark.parametrize(
    "text", ["~ a group's drawing ~", "<movie><title>cut", "<!DOCTYPE a><movie/>", "<other/>", ""]
)
def test_another_nfo_tells_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.nfo").write_text(text)
    assert facts_of_nfo(tmp_path / "x.nfo") == {}

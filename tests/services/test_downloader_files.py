"""Stream ids, and taking in files that lie on this machine."""

import json
import os
import stat
import string
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.mp4 import MP4, MP4Cover

from tests.services.downloader_media import JPEG, PNG, audio_bytes, media_file
from utawaku.library.config import DownloadSettings
from utawaku.library.errors import (
    ConfigError,
    DownloadCancelledError,
    MediaError,
    NoAudioError,
    NotMediaError,
    TruncatedMediaError,
)
from utawaku.models.chat import read_chat
from utawaku.services.downloader import (
    Downloader,
    StreamInfo,
    stream_id_for_file,
    stream_id_for_info,
    take_file,
)
from utawaku.services.downloader.pictures import picture_extension
from utawaku.services.downloader.redaction import redact, without_secrets

SAFE = set(string.ascii_letters + string.digits + "_-")


def info_of(site_id: str, key: str = "Youtube", **more: object) -> dict[str, object]:
    return {"extractor_key": key, "id": site_id, **more}


@given(st.lists(st.text(min_size=1, max_size=80), min_size=2, max_size=8, unique=True))
def test_stream_ids_are_safe_and_never_collide_even_without_letter_case(ids: list[str]) -> None:
    made = [stream_id_for_info(info_of(one)) for one in ids]
    assert len({one.lower() for one in made}) == len(ids)
    for one in made:
        assert set(one) <= SAFE
        assert len(one) <= 120


@given(st.text(alphabet="aAbB-_c1h", min_size=1, max_size=12))
def test_an_id_never_collides_with_its_own_variants(site_id: str) -> None:
    variants = {site_id, site_id.lower(), site_id.upper(), site_id.swapcase()}
    marked = {stream_id_for_info(info_of(one)).removeprefix("youtube-") for one in variants}
    assert len({one.lower() for one in marked}) == len(variants)
    # What a mark makes of one id must not be what another id is called already.
    both = variants | marked
    assert len({stream_id_for_info(info_of(one)).lower() for one in both}) == len(both)


def test_the_id_shows_the_sites_own_id_and_stays_the_same() -> None:
    assert stream_id_for_info(info_of("v123456789", "TwitchVod")) == "twitchvod-v123456789"
    assert stream_id_for_info(info_of("dQw4w9WgXcQ")) == "youtube-dQw4w9WgXcQ-c95"
    flat = {"ie_key": "Youtube", "id": "dQw4w9WgXcQ", "_type": "url"}
    assert stream_id_for_info(flat) == stream_id_for_info(info_of("dQw4w9WgXcQ"))
    assert stream_id_for_info(info_of("BV1xx411c7mD_p1", "BiliBili")).startswith(
        "bilibili-BV1xx411c7mD_p1-c"
    )


def test_bare_media_addresses_get_ids_of_their_own_whatever_their_signature() -> None:
    def of(url: str) -> str:
        return stream_id_for_info(info_of("stream", "Generic", webpage_url=url))

    one = of("https://a.example/stream.m4a?Expires=1&Signature=abc")
    assert one == of("https://a.example/stream.m4a?Expires=2&Signature=def")
    assert one != of("https://b.example/stream.m4a")
    assert of("https://a.example/stream.m4a?id=1") != of("https://a.example/stream.m4a?id=2")


def test_an_id_needs_a_site_and_an_id() -> None:
    with pytest.raises(ValueError, match="extractor"):
        stream_id_for_info({"id": "x"})


def test_a_files_id_follows_its_content_through_renames(tmp_path: Path) -> None:
    first = media_file(tmp_path / "a.wav", "wav", "pcm_s16le")
    stream_id = stream_id_for_file(first)
    assert stream_id.startswith("file-")
    assert len(stream_id) == 21
    moved = first.rename(tmp_path / "歌枠 2026.wav")
    assert stream_id_for_file(moved) == stream_id
    content = bytearray(moved.read_bytes())
    content[len(content) // 2] ^= 1
    moved.write_bytes(content)
    assert stream_id_for_file(moved) != stream_id


def test_a_large_file_is_identified_without_reading_it_all(tmp_path: Path) -> None:
    large = tmp_path / "large.bin"
    with large.open("wb") as file:  # a sparse gigabyte
        file.truncate(1 << 30)
    first = stream_id_for_file(large)
    with large.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    assert stream_id_for_file(large) != first
    with large.open("r+b") as file:
        file.truncate((1 << 30) - 1)
    assert stream_id_for_file(large) != first


@pytest.mark.parametrize("name", ["missing.wav", "empty.wav"])
def test_a_file_that_has_no_content_has_no_id(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty.wav").touch()
    with pytest.raises(MediaError, match=name):
        stream_id_for_file(tmp_path / name)


CONTAINERS = [
    ("wav", "pcm_s16le", "wav"),
    ("flac", "flac", "flac"),
    ("mp3", "libmp3lame", "mp3"),
    ("mp4", "aac", "m4a"),
    ("ogg", "libopus", "opus"),
    ("matroska", "libopus", "webm"),
    ("mpegts", "aac", "ts"),
    ("adts", "aac", "aac"),
]


@pytest.mark.parametrize(("container", "codec", "extension"), CONTAINERS)
def test_any_container_is_taken_whatever_the_file_is_called(
    tmp_path: Path, container: str, codec: str, extension: str
) -> None:
    source = media_file(tmp_path / "x.dat", container, codec, rate_hz=48_000)
    taken = take_file(source, tmp_path / "s", mode="copy")
    assert taken.path == tmp_path / "s" / f"recording.{extension}"
    assert taken.path.read_bytes() == source.read_bytes()
    assert (taken.sample_rate_hz, taken.n_channels, taken.has_video) == (48_000, 2, False)
    assert taken.info.stream_id == stream_id_for_file(source)


def test_the_original_stays_where_and_what_it_is_by_default(tmp_path: Path) -> None:
    source = media_file(tmp_path / "mine.wav", "wav", "pcm_s16le")
    before = (source.read_bytes(), source.stat().st_mtime_ns)
    taken = take_file(source, tmp_path / "s")
    assert taken.path == source
    assert (source.read_bytes(), source.stat().st_mtime_ns) == before
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == ["info.json"]


def test_copy_hardlink_and_move_do_what_they_say(tmp_path: Path) -> None:
    for mode in ("copy", "hardlink", "move"):
        source = media_file(tmp_path / f"{mode}.wav", "wav", "pcm_s16le", seed=len(mode))
        content = source.read_bytes()
        taken = take_file(source, tmp_path / mode, mode=mode)
        assert taken.path.read_bytes() == content
        assert source.exists() is (mode != "move")
        if mode == "hardlink":
            assert taken.path.samefile(source)
        elif mode == "copy":
            assert not taken.path.samefile(source)
        again = take_file(taken.path, tmp_path / mode, mode=mode)
        assert again.path == taken.path
        assert again.path.read_bytes() == content


def test_taking_a_file_twice_copies_it_once(tmp_path: Path) -> None:
    source = media_file(tmp_path / "x.wav", "wav", "pcm_s16le")
    first = take_file(source, tmp_path / "s", mode="copy")
    stamp = first.path.stat().st_mtime_ns
    again = take_file(source, tmp_path / "s", mode="copy")
    assert again == first
    assert again.path.stat().st_mtime_ns == stamp


def test_what_lies_beside_the_file_comes_along(tmp_path: Path) -> None:
    source = media_file(tmp_path / "[歌枠] a.b.webm", "webm", "libopus", rate_hz=48_000)
    stem = "[歌枠] a.b"
    info = {
        "id": "dQw4w9WgXcQ", "extractor_key": "Youtube", "title": "歌枠\u202e",
        "channel": "A Singer",
        "webpage_url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "duration": 4,
        "chapters": [{"start_time": 1.5, "title": "one"}], "http_headers": {"Cookie": "SECRET"},
        "formats": [{"url": "https://x.example/?sig=SECRET"}], "url": "https://x.example/SECRET",
        "comments": [{"id": "1", "text": "0:01 one", "author": "@a"}], "timestamp": 1782903600,
    }  # fmt: skip
    (tmp_path / f"{stem}.info.json").write_text(json.dumps(info), encoding="utf-8")
    (tmp_path / f"{stem}.description").write_text("0:01 one\n", encoding="utf-8")
    (tmp_path / f"{stem}.webp").write_bytes(JPEG)
    (tmp_path / f"{stem}.live_chat.json").write_text('{"replayChatItemAction": {}}\n')
    (tmp_path / f"{stem}.ja.vtt").write_text("WEBVTT\n")
    (tmp_path / f"{stem}.srt").write_text("1\n")
    (tmp_path / f"{stem}.zh.ass").write_text("[Script Info]\n")
    (tmp_path / f"{stem} 2.srt").write_text("another recording's\n")
    taken = take_file(source, tmp_path / "s")
    assert {path.name for path in (tmp_path / "s").iterdir()} == {
        "info.json", "thumbnail.jpg", "comments.json", "live_chat.json", "subtitles.ja.vtt",
        "subtitles.srt", "subtitles.zh.ass",
    }  # fmt: skip
    assert taken.info.title == "歌枠"
    assert taken.info.channel == "A Singer"
    assert taken.info.description == "0:01 one\n"
    assert taken.info.chapters[0].start_s == 1.5
    assert (taken.info.site, taken.info.site_id) == ("youtube", "dQw4w9WgXcQ")
    assert taken.info.stream_id == stream_id_for_file(source)
    assert taken.thumbnail_path == tmp_path / "s" / "thumbnail.jpg"
    assert len(taken.subtitle_paths) == 3
    assert taken.warnings == ()
    kept = taken.info_path.read_text(encoding="utf-8")
    assert "SECRET" not in kept
    assert StreamInfo.from_info(json.loads(kept)) == taken.info


def test_facts_in_forms_of_other_sites_and_programs_are_read() -> None:
    told = StreamInfo.from_info(
        info_of("a", key="TwitCasting", uploader_id="c:ida", tags="歌枠, 弾き語り,")
        | {"upload_date": "2026-11-20", "timestamp": 1_795_206_615_000}
    )
    assert (told.channel, told.tags) == ("c:ida", ("歌枠", "弾き語り"))
    assert (told.uploaded_on, told.started_at) == ("2026-11-20", None)
    assert StreamInfo.from_info(info_of("a", uploader_id="42")).channel == ""
    for day in ("20269920", "2026-1-12", "0000-00-00", 20261120.5):
        assert StreamInfo.from_info(info_of("a", upload_date=day)).uploaded_on == ""
    named = StreamInfo.from_info(info_of("a", channel=None, uploader="", artist="Ida"))
    assert named.channel == "Ida"


@pytest.mark.parametrize(
    ("more", "length_s"),
    [
        ({"section_end": 7200}, 3600.0),
        ({"section_end": None}, 5400.0),
        ({"section_start": 0}, 9000.0),
    ],
)
def test_a_section_of_a_video_is_not_cut_off(more: dict[str, object], length_s: float) -> None:
    info = info_of("a", duration=9000, section_start=3600) | more
    assert StreamInfo.from_info(info).duration_s == length_s


DANMAKU = '<?xml version="1.0"?><i><d p="1.5,1,25,0,0,0,4711,0" user="v">歌</d>'
TWITCH = '{"comments": [{"content_offset_seconds": 5, "message": {"body": "hi"}}]}'
JSON_LINES = '{"time_in_seconds": 5, "message": "hi", "author": {"id": "a"}}\n' * 2
NICONICO = '[{"vposMs": 5000, "body": "hi", "userId": "a"}]'
REPLAY = '{"replayChatItemAction": {"videoOffsetTimeMsec": "1", "actions": []}}'


@pytest.mark.parametrize(
    ("name", "content", "taken_as"),
    [
        ("x.xml", DANMAKU, "live_chat.xml"),
        ("x.danmaku.xml", DANMAKU, "live_chat.xml"),
        ("x.json", TWITCH, "live_chat.json"),
        ("x_chat.json", TWITCH, "live_chat.json"),
        ("x.chat.json", TWITCH, "live_chat.json"),
        ("x.live_chat.json", REPLAY, "live_chat.json"),
        ("x.live_chat.json.part", REPLAY, "live_chat.json"),
        ("x.jsonl", JSON_LINES, "live_chat.json"),
        ("x_chat.jsonl", JSON_LINES, "live_chat.json"),
        ("x.chat.jsonl", JSON_LINES, "live_chat.json"),
        ("x.comments.json", NICONICO, "live_chat.json"),
        ("x.txt", "[0:00:05] viewer: hi\n" * 5, "live_chat.txt"),
        ("x_chat.txt", "0:05 | viewer: hi\n" * 5, "live_chat.txt"),
    ],
)
def test_the_chat_that_a_recorder_left_beside_comes_along(
    tmp_path: Path, name: str, content: str, taken_as: str
) -> None:
    source = media_file(tmp_path / "x.flv", "flv", "aac")
    (tmp_path / name).write_text(content, "utf-8")
    taken = take_file(source, tmp_path / "s")
    assert taken.live_chat_path == tmp_path / "s" / taken_as
    assert taken.warnings == ()
    read_chat(taken.live_chat_path)


def test_a_chat_with_times_of_day_is_placed_by_the_recordings_name(tmp_path: Path) -> None:
    source = media_file(tmp_path / "2026-11-20 20-00-00 x.flv", "flv", "aac")
    log = "".join(f"[20:00:0{n}]  ann: song {n}\n" for n in range(5, 10))
    (tmp_path / "2026-11-20 20-00-00 x.log").write_text("# Start logging at 2026-11-20\n" + log)
    taken = take_file(source, tmp_path / "s")
    assert (taken.live_chat_path, taken.warnings) == (tmp_path / "s" / "live_chat.log", ())
    assert taken.info.started_at == datetime(2026, 11, 20, 20).timestamp()
    found = read_chat(taken.live_chat_path, started_at=taken.info.started_at)
    assert [one.offset_s for one in found] == [5.0, 6.0, 7.0, 8.0, 9.0]


def test_sound_that_was_not_joined_with_its_picture_has_the_side_files_of_both(
    tmp_path: Path,
) -> None:
    source = media_file(tmp_path / "歌枠 [a].f251-drc.webm", "webm", "libopus", rate_hz=48_000)
    (tmp_path / "歌枠 [a].info.json").write_text('{"id": "a", "channel": "Ida"}')
    (tmp_path / "歌枠 [a].live_chat.json").write_text(REPLAY)
    (tmp_path / "歌枠 [a].ja.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nla\n")
    (tmp_path / "歌枠 [a].cover.jpg").write_bytes(JPEG)
    taken = take_file(source, tmp_path / "s")
    assert (taken.info.title, taken.info.channel) == ("歌枠 [a]", "Ida")
    assert {path.name for path in (tmp_path / "s").iterdir()} == {
        "info.json", "thumbnail.jpg", "live_chat.json", "subtitles.ja.vtt",
    }  # fmt: skip


def test_chapters_and_description_inside_of_the_file_are_read(tmp_path: Path) -> None:
    plain = media_file(tmp_path / "plain.mka", "matroska", "flac", duration_s=9.0)
    source = tmp_path / "evening.mka"
    with av.open(plain) as reader, av.open(source, "w") as writer:
        writer.metadata.update(
            comment="https://www.youtube.com/watch?v=a", description="0:01 Harbour", artist="Ida"
        )
        writer.set_chapters([
            {"id": n, "start": start, "end": stop, "time_base": Fraction(1), "metadata": told}
            for n, start, stop, told in (
                (1, 0, 4, {"title": "talk"}), (2, 4, 9, {"title": "海"})
            )
        ])  # fmt: skip
        track = writer.add_stream_from_template(reader.streams.audio[0])
        for packet in reader.demux(audio=0):
            if packet.dts is not None:
                packet.stream = track
                writer.mux(packet)
    taken = take_file(source, tmp_path / "s").info
    told = [(one.title, one.start_s, one.stop_s) for one in taken.chapters]
    assert told == [("talk", 0.0, 4.0), ("海", 4.0, 9.0)]
    assert (taken.description, taken.channel) == ("0:01 Harbour", "Ida")
    (tmp_path / "evening.info.json").write_text('{"chapters": [{"start_time": 1, "title": "空"}]}')
    assert [one.title for one in take_file(source, tmp_path / "t").info.chapters] == ["空"]


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        (
            ".cue",
            'FILE "e.wav" WAVE\nTRACK 01 AUDIO\nTITLE "夜"\nPERFORMER "Ida"\nINDEX 01 00:01:00',
        ),
        ("-proj.llc", "{cutSegments: [{start: 1, name: '夜 / Ida'}, {start: 2}]}"),
        (".pbf", "[Bookmark]\n0=1000*夜 / Ida*28\n1=2000**28\n"),
        (".chapters.txt", "CHAPTER01=00:00:01.000\nCHAPTER01NAME=夜 / Ida\n"),
    ],
)
def test_markers_of_a_program_beside_the_file_are_its_chapters(
    tmp_path: Path, ending: str, text: str
) -> None:
    source = media_file(tmp_path / "evening.wav", "wav", "pcm_s16le")
    (tmp_path / f"evening{ending}").write_text(text, "utf-8")
    chapters = take_file(source, tmp_path / "s").info.chapters
    assert [(one.start_s, one.title) for one in chapters] == [(1.0, "夜 / Ida")]


def test_markers_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    source = media_file(tmp_path / "evening.wav", "wav", "pcm_s16le")
    (tmp_path / "evening.chapters.xml").write_text("<Chapters><EditionEntry>", "utf-8")
    taken = take_file(source, tmp_path / "s")
    assert not taken.info.chapters
    assert any("evening.chapters.xml was left out: is no XML" in one for one in taken.warnings)


def test_side_files_may_be_named_in_capitals(tmp_path: Path) -> None:
    source = media_file(tmp_path / "EVENING.WAV", "wav", "pcm_s16le")
    (tmp_path / "EVENING.JPG").write_bytes(JPEG)
    (tmp_path / "EVENING.XML").write_text(DANMAKU, "utf-8")
    (tmp_path / "EVENING.LRC").write_text("[00:01.00]la\n")
    (tmp_path / "EVENING.INFO.JSON").write_text('{"title": "歌枠"}')
    taken = take_file(source, tmp_path / "s")
    names = {path.name for path in (tmp_path / "s").iterdir()}
    assert names == {"info.json", "thumbnail.jpg", "live_chat.xml", "subtitles.lrc"}
    assert taken.info.title == "歌枠"


def test_a_vague_name_is_a_chat_only_by_its_content(tmp_path: Path) -> None:
    source = media_file(tmp_path / "x.flv", "flv", "aac")
    (tmp_path / "x.json").write_text('{"some": "metadata"}')
    (tmp_path / "x.txt").write_text("0:01 one\n0:02 two\n" * 5)
    (tmp_path / "x.html").write_text("<!DOCTYPE html><html><body>a page</body></html>")
    (tmp_path / "x.comments.json").write_text('[{"text": "0:01 one", "author": "@a"}]')
    (tmp_path / "x.xml").write_text("<metadata><title>x</title></metadata>")
    taken = take_file(source, tmp_path / "s")
    assert taken.live_chat_path is None
    (warning,) = taken.warnings
    assert warning.startswith("x.xml was left out")


def test_side_files_that_are_broken_are_told_and_do_no_harm(tmp_path: Path) -> None:
    source = media_file(tmp_path / "x.wav", "wav", "pcm_s16le")
    (tmp_path / "x.info.json").write_text("{broken")
    (tmp_path / "x.jpg").write_bytes(b"<html>no picture</html>")
    taken = take_file(source, tmp_path / "s")
    assert taken.info.title == "x"
    assert len(taken.warnings) == 2
    for content in ("[1, 2]", "null", "[" * 100_000):
        (tmp_path / "x.info.json").write_text(content)
        assert take_file(source, tmp_path / "s").info.title == "x"


def test_hostile_fields_of_a_side_file_are_read_as_nothing_worse_than_missing(
    tmp_path: Path,
) -> None:
    source = media_file(tmp_path / "x.wav", "wav", "pcm_s16le")
    info = {
        "id": ["x"], "extractor_key": {"a": 1}, "title": {"no": "string"}, "duration": "NaN",
        "chapters": [None, {"start_time": "x"}, {"start_time": -1}, 5], "timestamp": 1e300,
        "thumbnails": ["x", {"url": 5}], "heatmap": {"a": 1}, "tags": [None, 3, "ok"],
        "entries": None, "live_status": "hacked", "upload_date": "99999999", "comments": "none",
        "requested_formats": [{"format_id": "1"}], "utawaku_stream_id": "../../evil",
    }  # fmt: skip
    (tmp_path / "x.info.json").write_text(json.dumps(info))
    taken = take_file(source, tmp_path / "s")
    assert taken.info.stream_id == stream_id_for_file(source)
    assert (taken.info.duration_s, taken.info.live_status, taken.info.uploaded_on) == (
        None,
        None,
        "",
    )
    assert taken.info.tags == ("ok",)


def test_media_tags_fill_what_no_side_file_tells(tmp_path: Path) -> None:
    tags = {"title": "歌枠 #3", "artist": "A Singer", "date": "2026-07-01"}
    source = media_file(tmp_path / "x.m4a", "mp4", "aac", tags=tags)
    info = take_file(source, tmp_path / "s").info
    assert (info.title, info.channel, info.uploaded_on) == ("歌枠 #3", "A Singer", "2026-07-01")
    assert info.duration_s == pytest.approx(4.0, abs=0.1)


def test_video_is_seen_and_cover_art_is_not_taken_for_it(tmp_path: Path) -> None:
    video = media_file(tmp_path / "v.mkv", "matroska", "aac", video_codec="libx264", duration_s=1.0)
    assert take_file(video, tmp_path / "v", mode="copy").has_video
    assert take_file(video, tmp_path / "v", mode="copy").path.suffix == ".mkv"
    cover = media_file(tmp_path / "c.m4a", "mp4", "aac", duration_s=1.0)
    tagged = MP4(cover)
    tagged["covr"] = [MP4Cover(PNG, MP4Cover.FORMAT_PNG)]
    tagged.save()
    with av.open(str(cover)) as container:
        assert container.streams.video
    assert not take_file(cover, tmp_path / "c", mode="copy").has_video


def test_what_cannot_be_a_recording_is_told_by_name_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("no media at all\n" * 100)
    (tmp_path / "page.mp4").write_text("<!DOCTYPE html><html></html>")
    (tmp_path / "cut.mp4").write_bytes(audio_bytes("mp4", "aac")[:20_000])
    media_file(tmp_path / "silent.mp4", "mp4", None, video_codec="libx264", duration_s=1.0)
    expected = {
        "missing.mp3": MediaError,
        "": MediaError,
        "text.mp3": NotMediaError,
        "page.mp4": NotMediaError,
        "cut.mp4": TruncatedMediaError,
        "silent.mp4": NoAudioError,
    }
    for name, error in expected.items():
        with pytest.raises(error) as raised:
            take_file(tmp_path / name, tmp_path / "s")
        assert name in str(raised.value)
        assert raised.value.next_step
        assert not (tmp_path / "s").exists()


def test_a_cancelled_copy_leaves_nothing_behind(tmp_path: Path) -> None:
    source = media_file(tmp_path / "x.wav", "wav", "pcm_s16le", duration_s=30.0)
    reports: list[float] = []
    downloader = Downloader(DownloadSettings(local_files="copy"))
    with pytest.raises(DownloadCancelledError):
        downloader.take_file(
            source, tmp_path / "s", progress=lambda f, _m: reports.append(f),
            cancelled=lambda: bool(reports and reports[-1] > 0.5),
        )  # fmt: skip
    assert [path.name for path in (tmp_path / "s").iterdir()] == ["info.json"]
    taken = downloader.take_file(source, tmp_path / "s")
    assert taken.path.read_bytes() == source.read_bytes()
    assert all(a <= b for a, b in pairwise(reports))


@pytest.mark.parametrize(
    ("content", "extension"),
    [(PNG, "png"), (JPEG, "jpg"), (b"RIFF0000WEBPVP8 ", "webp"), (b"GIF89a", "gif"), (b"<svg", "")],
)
def test_pictures_are_told_by_their_content(content: bytes, extension: str) -> None:
    assert picture_extension(content) == extension


def test_secrets_in_addresses_do_not_survive() -> None:
    url = "https://me:pw@cdn.example/a.m4a?id=7&X-Amz-Signature=abc&access_token=def#t=5"
    assert without_secrets(url) == (
        "https://cdn.example/a.m4a?id=7&X-Amz-Signature=REDACTED&access_token=REDACTED"
    )
    assert redact(f"failed: {url} and watch?session=abc") == (
        f"failed: {without_secrets(url)} and watch?session=REDACTED"
    )


COOKIES = "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t2147483647\tlogin\tSECRET\n"


@pytest.mark.skipif(os.name == "nt", reason="no permission bits")
def test_cookies_that_others_can_read_are_refused(tmp_path: Path) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(COOKIES)
    cookies.chmod(0o644)
    downloader = Downloader(DownloadSettings(cookies_file=cookies))
    with pytest.raises(ConfigError, match="chmod 600"):
        downloader.resolve("http://127.0.0.1:9/x")
    assert stat.S_IMODE(cookies.stat().st_mode) == 0o644


@pytest.mark.parametrize("content", ["", '[{"name": "login"}]', "login=SECRET", "a\tb\tc"])
def test_what_is_no_cookies_file_is_refused_without_showing_it(
    tmp_path: Path, content: str, capfd: pytest.CaptureFixture[str]
) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(content)
    cookies.chmod(0o600)
    with pytest.raises(ConfigError, match="Netscape") as raised:
        Downloader(DownloadSettings(cookies_file=cookies)).resolve("http://127.0.0.1:9/x")
    assert "SECRET" not in str(raised.value)
    assert "SECRET" not in "".join(capfd.readouterr())

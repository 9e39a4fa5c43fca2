"""Tags read back as they were written, in every format, whatever the texts are."""

import io
import os
import struct
import wave
from dataclasses import replace
from pathlib import Path

import av
import mutagen
import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from mediafile import MediaFile
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, POPM, TXXX
from mutagen.mp3 import MP3
from mutagen.oggopus import OggOpus
from PIL import Image

from utawaku.library.artwork import prepare_cover
from utawaku.library.errors import TagError
from utawaku.library.tag_formats import open_tags
from utawaku.library.tags import SongTags, clean_tags, read_cover, read_tags, write_tags

ENCODERS = {
    "mp3": "libmp3lame",
    "m4a": "aac",
    "mp4": "aac",
    "opus": "libopus",
    "flac": "flac",
    "wav": "pcm_s16le",
}
FULL = SongTags(
    title="残酷な天使のテーゼ",
    artist="高橋洋子",
    performer="Singer 🎤",
    album="【歌枠】歌います",
    album_artist="Channel",
    date="2026-11-21",
    track=3,
    n_tracks=12,
    source_url="https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=754s",
    comment="cut by utawaku\nsecond line",
    genre="Anime",
    isrc="JPKI09500190",
    musicbrainz_id="5bcd10a1-1a4d-4d4c-8e5f-1f2ad5f0c111",
    lyrics="ざんこくな\nてんし",
    replaygain_gain_db=-5.37,
    replaygain_peak=0.987654,
    stars=4,
    grade=1,
    extra={"HIGHLIGHT": "61.5-91.5"},
)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    for suffix, encoder in ENCODERS.items():
        with av.open(str(folder / f"song.{suffix}"), "w") as container:
            stream = container.add_stream(encoder, rate=48_000, layout="mono")
            silence = np.zeros((1, 24_000), np.float32)
            frame = av.AudioFrame.from_ndarray(silence, "fltp", "mono")
            frame.sample_rate = 48_000
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return folder


@pytest.fixture(params=ENCODERS)
def song(request: pytest.FixtureRequest, originals: Path, tmp_path: Path) -> Path:
    path = tmp_path / f"song.{request.param}"
    path.write_bytes((originals / path.name).read_bytes())
    return path


def picture(width: int, height: int, kind: str = "PNG", mode: str = "RGB") -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (height, width, 4), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise, "RGBA").convert(mode).save(buffer, kind)
    return buffer.getvalue()


def n_decoded(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(frame.samples for frame in container.decode(audio=0))


def test_every_field_reads_back_and_the_sound_stays(song: Path) -> None:
    before = n_decoded(song)
    cover = prepare_cover(picture(640, 360))
    written = write_tags(song, FULL, cover)
    found = read_tags(song)
    expected = replace(FULL, replaygain_peak=None) if song.suffix == ".opus" else FULL
    assert found == written
    assert found.replaygain_gain_db == pytest.approx(-5.37, abs=0.005)
    assert replace(found, replaygain_gain_db=-5.37) == expected
    assert read_cover(song) == cover
    assert n_decoded(song) == before


def test_the_id_of_musicbrainz_is_where_the_library_of_beets_looks_for_it(song: Path) -> None:
    write_tags(song, FULL)
    assert MediaFile(song).mb_trackid == FULL.musicbrainz_id
    file = MediaFile(song)
    file.mb_trackid = other = "00000000-1a4d-4d4c-8e5f-1f2ad5f0c111"
    file.save()
    assert read_tags(song).musicbrainz_id == other
    write_tags(song, SongTags(musicbrainz_id=""))
    assert not MediaFile(song).mb_trackid
    assert write_tags(song, SongTags(musicbrainz_id="../no id")).musicbrainz_id is None


def test_none_keeps_a_field_and_empty_removes_it(song: Path) -> None:
    write_tags(song, FULL)
    found = write_tags(song, SongTags(title="new", genre="", stars=0, track=0))
    assert (found.title, found.genre, found.stars, found.track) == ("new", None, None, None)
    assert (found.artist, found.n_tracks, found.grade) == (FULL.artist, 12, 1)


def test_writing_twice_gives_the_same_file(song: Path) -> None:
    write_tags(song, FULL, picture(300, 300))
    first = song.read_bytes()
    write_tags(song, FULL, picture(300, 300))
    assert song.read_bytes() == first


def test_a_cover_can_be_replaced_and_removed(song: Path) -> None:
    write_tags(song, FULL, picture(100, 100))
    write_tags(song, SongTags(), picture(200, 100))
    with Image.open(io.BytesIO(read_cover(song))) as image:
        assert image.size == (200, 100)
    write_tags(song, SongTags(), b"")
    assert read_cover(song) == b""
    assert read_tags(song).title == FULL.title


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(min_size=1, max_size=80), number=st.integers(-(10**6), 10**6))
def test_hostile_texts_are_cleaned_the_same_way_every_time(
    song: Path, text: str, number: int
) -> None:
    tags = SongTags(
        title=text, comment=text, lyrics=text, date=text, source_url=text, genre=text,
        isrc=text, track=number, stars=number, extra={text: text},
    )  # fmt: skip
    found = write_tags(song, tags)
    clean = clean_tags(tags)
    assert clean_tags(clean) == clean
    assert found.title == (clean.title or None)
    assert found.comment == (clean.comment or None)


@pytest.mark.parametrize(
    ("genre", "expected"), [("0", None), ("(17)", "17)"), ("RX", None), ("80s", "80s")]
)
def test_a_genre_is_not_taken_for_a_number_of_the_id3_list(
    genre: str, expected: str | None, originals: Path, tmp_path: Path
) -> None:
    song = tmp_path / "a.mp3"
    song.write_bytes((originals / "song.mp3").read_bytes())
    assert write_tags(song, SongTags(genre=genre)).genre == expected


def test_terminal_escapes_and_bidi_overrides_do_not_reach_the_file(song: Path) -> None:
    found = write_tags(
        song, SongTags(title="\x1b[31mred\u202e\x07\x00 title\u2028", date="20261121")
    )
    assert (found.title, found.date) == ("red title", "2026-11-21")


def test_tags_of_others_survive_in_id3(originals: Path, tmp_path: Path) -> None:
    song = tmp_path / "a.mp3"
    song.write_bytes((originals / "song.mp3").read_bytes())
    tags = MP3(song)
    tags.add_tags() if tags.tags is None else None
    tags.tags.add(TXXX(encoding=3, desc="MusicBrainz Album Id", text=["x"]))
    tags.tags.add(POPM(email="Windows Media Player 9 Series", rating=128, count=7))
    tags.tags.add(APIC(encoding=0, mime="image/png", type=4, desc="back", data=b"back"))
    tags.save()
    write_tags(song, FULL, picture(50, 50))
    found = ID3(song)
    assert found.version == (2, 4, 0)
    assert found["TXXX:MusicBrainz Album Id"].text == ["x"]
    assert found["POPM:Windows Media Player 9 Series"].count == 7
    assert [p.data for p in found.getall("APIC") if p.type == 4] == [b"back"]


def test_tags_of_others_survive_in_vorbis_comments(originals: Path, tmp_path: Path) -> None:
    song = tmp_path / "a.flac"
    song.write_bytes((originals / "song.flac").read_bytes())
    tags = FLAC(song)
    tags["MUSICBRAINZ_ALBUMID"] = "x"
    back = Picture()
    back.type, back.data, back.mime = 4, b"back", "image/png"
    tags.add_picture(back)
    tags.save()
    write_tags(song, FULL, picture(50, 50))
    found = FLAC(song)
    assert found["MUSICBRAINZ_ALBUMID"] == ["x"]
    assert [p.data for p in found.pictures if p.type == 4] == [b"back"]


def test_opus_has_the_gain_that_the_specification_asks_for(originals: Path, tmp_path: Path) -> None:
    song = tmp_path / "a.opus"
    song.write_bytes((originals / "song.opus").read_bytes())
    write_tags(song, FULL)
    tags = OggOpus(song)
    assert tags["R128_TRACK_GAIN"] == [str(round((-5.37 - 5.0) * 256))]
    assert not [key for key in tags.keys() if "replaygain" in key.lower()]  # noqa: SIM118


def test_other_players_find_the_usual_names(originals: Path, tmp_path: Path) -> None:
    for suffix in ("mp3", "m4a", "flac"):
        song = tmp_path / f"a.{suffix}"
        song.write_bytes((originals / f"song.{suffix}").read_bytes())
        write_tags(song, FULL)
        easy = mutagen.File(song, easy=True)
        assert easy["title"] == [FULL.title]
        assert easy["albumartist"] == [FULL.album_artist]
        assert easy["date"] == [FULL.date]
        with av.open(str(song)) as container:
            shown = {name.lower(): text for name, text in container.metadata.items()}
        assert shown["title"] == FULL.title
        assert shown["replaygain_track_gain"] == "-5.37 dB"


def test_a_big_picture_becomes_a_jpeg_of_at_most_a_megabyte() -> None:
    for source in (
        picture(1900, 1000),
        picture(700, 500, "WEBP", "RGBA"),
        picture(9, 9, "GIF", "P"),
    ):
        cover = prepare_cover(source)
        assert len(cover) <= 1_000_000
        with Image.open(io.BytesIO(cover)) as image:
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert max(image.size) <= 1600
        assert prepare_cover(cover) == cover


@pytest.mark.parametrize(
    "bad",
    [
        b"<svg/>",
        picture(200, 200)[:500],
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0),
    ],
)
def test_a_bad_picture_is_refused_and_the_file_stays(
    bad: bytes, originals: Path, tmp_path: Path
) -> None:
    song = tmp_path / "a.mp3"
    song.write_bytes((originals / "song.mp3").read_bytes())
    with pytest.raises(TagError, match="cover"):
        write_tags(song, FULL, bad)
    assert song.read_bytes() == (originals / "song.mp3").read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp3"]


@pytest.mark.parametrize("name", ["a.mp3", "a.txt", "a.opus", "a.m4a", "a.mkv"])
def test_what_is_no_song_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"not a song" * 100)
    with pytest.raises(TagError) as caught:
        write_tags(path, FULL)
    assert caught.value.next_step
    with pytest.raises(TagError):
        read_tags(path)
    assert path.read_bytes() == b"not a song" * 100


def test_a_wav_written_by_python_takes_tags(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(os.urandom(1600))
    assert write_tags(path, FULL).title == FULL.title
    with wave.open(str(path)) as file:
        assert file.getnframes() == 800


def test_names_that_an_older_version_gave_its_prefix_twice_are_read_and_replaced(
    song: Path,
) -> None:
    store = open_tags(song)
    store.set("UTAWAKU_UTAWAKU_SONG", "file-1@99")
    store.set("UTAWAKU_HIGHLIGHT", "1-2")
    old = song.with_stem("old")
    store.save(song, old)
    assert read_tags(old).extra == {"SONG": "file-1@99", "HIGHLIGHT": "1-2"}
    write_tags(old, SongTags(extra={"SONG": "file-1@100"}))
    assert read_tags(old).extra["SONG"] == "file-1@100"
    assert open_tags(old).get("UTAWAKU_SONG") == "file-1@100"
    assert open_tags(old).get("UTAWAKU_UTAWAKU_SONG") == ""

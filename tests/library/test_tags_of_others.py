"""Tags as other music programs write and read them, and what writing a tag costs."""

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import mutagen
import numpy as np
import pytest
from mutagen.flac import FLAC
from mutagen.id3 import COMM, ID3, POPM, TXXX, USLT
from mutagen.mp4 import MP4
from mutagen.ogg import OggPage
from mutagen.oggopus import OggOpus

from tests.library.test_tags import ENCODERS, n_decoded, picture
from utawaku.library.errors import TagError
from utawaku.library.tag_formats.ratings import stars_of_popm, stars_of_share, stars_of_text
from utawaku.library.tags import SongTags, read_cover, read_tags, write_tags


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Make a fresh song of half a second by suffix."""

    def song(suffix: str) -> Path:
        path = tmp_path_factory.mktemp("song") / f"song.{suffix}"
        encoder = {**ENCODERS, "ogg": "vorbis"}[suffix]
        # FFmpeg's own Vorbis encoder counts as experimental, and knows stereo alone.
        layout, n_channels = ("stereo", 2) if suffix == "ogg" else ("mono", 1)
        with av.open(str(path), "w") as container:
            options = {"strict": "experimental"}
            stream = container.add_stream(encoder, rate=48_000, layout=layout, options=options)
            noise = np.random.default_rng(0).uniform(-0.5, 0.5, (n_channels, 24_000))
            frame = av.AudioFrame.from_ndarray(noise.astype(np.float32), "fltp", layout)
            frame.sample_rate = 48_000
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return song


def edit(path: Path, change: Callable[[Any], None]) -> Path:
    """Change a file's tags with mutagen, as other programs do."""
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    change(file.tags)
    file.save()
    return path


@pytest.mark.parametrize("language", ["eng", "jpn", "XXX", "xxx", "zho"])
def test_lyrics_of_every_language_code_are_read(language: str, make: Callable[[str], Path]) -> None:
    song = edit(
        make("mp3"), lambda tags: tags.add(USLT(encoding=3, lang=language, desc="", text="la"))
    )
    assert read_tags(song).lyrics == "la"


@pytest.mark.parametrize("theirs", ["XXX", "xxx", "eng"])
@pytest.mark.parametrize("ours", ["XXX", "xxx"])
def test_new_lyrics_of_another_program_are_read_and_replaced(
    ours: str, theirs: str, make: Callable[[str], Path]
) -> None:
    song = edit(make("mp3"), lambda t: t.add(USLT(encoding=3, lang=ours, desc="", text="old")))
    edit(song, lambda tags: tags.add(USLT(encoding=3, lang=theirs, desc="", text="new")))
    # Without a hint which is newer, a named language and Picard's lower case win.
    assert read_tags(song).lyrics == ("old" if (ours, theirs) == ("xxx", "XXX") else "new")
    write_tags(song, SongTags(lyrics="ours"))
    assert [frame.text for frame in ID3(song).getall("USLT")] == ["ours"]


def test_lyrics_with_a_description_are_read_kept_beside_ours_and_removed(
    make: Callable[[str], Path],
) -> None:
    song = edit(
        make("mp3"), lambda t: t.add(USLT(encoding=3, lang="eng", desc="romaji", text="la"))
    )
    assert read_tags(song).lyrics == "la"
    write_tags(song, SongTags(lyrics="ours"))
    assert read_tags(song).lyrics == "ours"
    assert sorted(frame.text for frame in ID3(song).getall("USLT")) == ["la", "ours"]
    assert write_tags(song, SongTags(lyrics="")).lyrics is None


def test_a_programs_own_note_is_no_comment(make: Callable[[str], Path]) -> None:
    song = edit(
        make("mp3"), lambda t: t.add(COMM(encoding=0, lang="eng", desc="iTunNORM", text=["00 0"]))
    )
    assert read_tags(song).comment is None
    write_tags(song, SongTags(comment="mine"))
    write_tags(song, SongTags(comment=""))
    assert [frame.desc for frame in ID3(song).getall("COMM")] == ["iTunNORM"]


def test_gains_in_m4a_are_written_in_lower_case(make: Callable[[str], Path]) -> None:
    song = make("m4a")
    write_tags(song, SongTags(replaygain_gain_db=-6.72, replaygain_peak=0.98))
    free = {key: value for key, value in MP4(song).items() if "replaygain" in key.lower()}
    assert {key: bytes(value[0]) for key, value in free.items()} == {
        "----:com.apple.iTunes:replaygain_track_gain": b"-6.72 dB",
        "----:com.apple.iTunes:replaygain_track_peak": b"0.980000",
    }


@pytest.mark.parametrize("name", ["replaygain_track_gain", "REPLAYGAIN_TRACK_GAIN"])
@pytest.mark.parametrize("suffix", ["m4a", "mp3", "wav", "flac", "ogg", "opus"])
def test_gains_in_both_cases_are_read_and_replaced(
    suffix: str, name: str, make: Callable[[str], Path]
) -> None:
    def change(tags: Any) -> None:
        if suffix == "m4a":
            tags[f"----:com.apple.iTunes:{name}"] = [b"-3.50 dB"]
        elif suffix in ("mp3", "wav"):
            tags.add(TXXX(encoding=3, desc=name, text=["-3.50 dB"]))
        else:
            tags[name] = ["-3.50 dB"]

    song = edit(make(suffix), change)
    assert read_tags(song).replaygain_gain_db == -3.5
    written = write_tags(song, SongTags(replaygain_gain_db=-7.0))
    assert written.replaygain_gain_db == pytest.approx(-7.0, abs=0.005)
    if suffix in ("m4a", "mp3"):
        names = [key for key in mutagen.File(song).tags if name.lower() in key.lower()]
        assert len(names) == 1


def test_a_comment_under_the_name_description_is_read(make: Callable[[str], Path]) -> None:
    for suffix in ("flac", "ogg", "opus"):
        song = edit(make(suffix), lambda tags: tags.update({"DESCRIPTION": ["theirs"]}))
        assert read_tags(song).comment == "theirs"
        write_tags(song, SongTags(comment="ours"))
        assert mutagen.File(song)["DESCRIPTION"] == ["ours"]
        assert write_tags(song, SongTags(comment="")).comment is None
    song = edit(make("m4a"), lambda tags: tags.update({"desc": ["theirs"]}))
    assert read_tags(song).comment == "theirs"
    assert write_tags(song, SongTags(comment="")).comment is None
    song = edit(make("mp3"), lambda t: t.add(TXXX(encoding=3, desc="description", text=["theirs"])))
    assert read_tags(song).comment == "theirs"
    assert write_tags(song, SongTags(comment="")).comment is None


@pytest.mark.parametrize("total", [{"TOTALTRACKS": ["12"]}, {"TRACKTOTAL": ["12"]}, {}])
def test_the_number_of_tracks_is_read_under_each_of_its_names(
    total: dict[str, list[str]], make: Callable[[str], Path]
) -> None:
    number = "3" if total else "3/12"
    song = edit(make("flac"), lambda tags: tags.update({"TRACKNUMBER": [number], **total}))
    found = read_tags(song)
    assert (found.track, found.n_tracks) == (3, 12)
    write_tags(song, SongTags(track=4))
    tags = FLAC(song)
    assert (tags["TRACKNUMBER"], tags["TRACKTOTAL"]) == (["4"], ["12"])
    write_tags(song, SongTags(n_tracks=13))
    assert (FLAC(song)["TRACKTOTAL"], FLAC(song)["TOTALTRACKS"]) == (["13"], ["13"])
    assert write_tags(song, SongTags(n_tracks=0)).n_tracks is None


def test_stars_are_those_that_other_programs_mean() -> None:
    windows, linear = (1, 64, 128, 196, 255), (51, 102, 153, 204, 255)
    assert [stars_of_popm(rating) for rating in windows] == [1, 2, 3, 4, 5]
    assert [stars_of_popm(rating) for rating in linear] == [1, 2, 3, 4, 5]
    assert [stars_of_popm(rating) for rating in (0, 13, 186, 242, 300)] == [0, 1, 4, 5, 5]
    texts = ("4", "80", "0.8", "204", "100", "5", "1", "1.0", "3.5")
    assert [stars_of_text(text) for text in texts] == [4, 4, 4, 4, 5, 5, 1, 5, 4]
    assert [stars_of_share(text) for text in ("0.8", "1", "0", "0.05")] == [4, 5, 0, 1]
    assert [stars_of_text(text) for text in ("", "0", "-3", "good", "9" * 400)] == [0] * 5


@pytest.mark.parametrize("suffix", ["mp3", "wav", "flac", "ogg", "opus", "m4a"])
def test_a_rating_is_written_in_every_form_and_read_from_the_one_that_changed(
    suffix: str, make: Callable[[str], Path]
) -> None:
    song = make(suffix)
    assert write_tags(song, SongTags(stars=4)).stars == 4

    def fmps(tags: Any) -> None:
        if suffix == "m4a":
            assert tags["----:com.apple.iTunes:FMPS_RATING"] == [b"0.8"]
            tags["----:com.apple.iTunes:FMPS_RATING"] = [b"0.4"]
        elif suffix in ("mp3", "wav"):
            assert tags["TXXX:FMPS_RATING"].text == ["0.8"]
            tags["TXXX:FMPS_RATING"].text = ["0.4"]
        else:
            assert tags["FMPS_RATING"] == ["0.8"]
            tags["FMPS_RATING"] = ["0.4"]

    def other(tags: Any) -> None:
        if suffix == "m4a":
            assert tags["----:com.apple.iTunes:RATING"] == [b"80"]
            tags["----:com.apple.iTunes:RATING"] = [b"60"]
        elif suffix in ("mp3", "wav"):
            assert tags["POPM:utawaku"].rating == 196
            tags.add(POPM(email="Windows Media Player 9 Series", rating=128, count=7))
        else:
            assert tags["RATING"] == ["80"]
            tags["RATING:quodlibet@lists.sacredchao.net"] = ["0.6"]

    assert read_tags(edit(song, fmps)).stars == 2
    assert write_tags(song, SongTags(stars=4)).stars == 4
    assert read_tags(edit(song, other)).stars == 3
    assert write_tags(song, SongTags(stars=5)).stars == 5
    if suffix == "mp3":
        frames = {frame.email: (frame.rating, frame.count) for frame in ID3(song).getall("POPM")}
        assert frames == {"utawaku": (255, 0), "Windows Media Player 9 Series": (255, 7)}
    assert write_tags(song, SongTags(stars=0)).stars is None


def test_pulse_key_and_original_artist_stand_where_players_look(
    make: Callable[[str], Path],
) -> None:
    tags = SongTags(artist="Singer", original_artist="Composer", bpm=128, key="F#m")
    for suffix in ENCODERS:
        found = write_tags(make(suffix), tags)
        assert (found.original_artist, found.bpm, found.key) == ("Composer", 128, "F#m")
    song = make("mp3")
    write_tags(song, tags)
    frames = ID3(song)
    assert [str(frames[key]) for key in ("TPE1", "TOPE", "TBPM", "TKEY")] == [
        "Singer", "Composer", "128", "F#m",
    ]  # fmt: skip
    song = make("opus")
    write_tags(song, tags)
    assert OggOpus(song)["ORIGINALARTIST"] == ["Composer"]


@pytest.mark.parametrize("claimed", [0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFE])
def test_a_wav_of_unknown_size_is_refused_with_a_sentence(
    claimed: int, make: Callable[[str], Path]
) -> None:
    song = make("wav")
    data = bytearray(song.read_bytes())
    at = data.index(b"data") + 4
    data[4:8] = data[at : at + 4] = struct.pack("<I", claimed)
    song.write_bytes(data)
    for action in (lambda: read_tags(song), lambda: write_tags(song, SongTags(title="t"))):
        with pytest.raises(TagError, match="does not say how long") as caught:
            action()
        assert "FLAC" in caught.value.next_step
    assert song.read_bytes() == data


def _pages(path: Path) -> list[tuple[int, int, int]]:
    found = []
    with path.open("rb") as file:
        while file.tell() < path.stat().st_size:
            page = OggPage(file)
            found.append((page.sequence, page.position, len(b"".join(page.packets))))
    return found


@pytest.mark.parametrize("suffix", ["opus", "ogg"])
def test_ogg_pages_are_numbered_and_the_sound_stays_whatever_cover_comes_and_goes(
    suffix: str, make: Callable[[str], Path]
) -> None:
    song = make(suffix)
    before = n_decoded(song)
    for cover in (picture(600, 600), picture(40, 40), b"", picture(300, 300)):
        write_tags(song, SongTags(title="t"), cover)
        pages = _pages(song)
        assert [sequence for sequence, _, _ in pages] == list(range(len(pages)))
        assert n_decoded(song) == before
        assert bool(read_cover(song)) == bool(cover)


def test_another_stream_between_the_pages_and_bytes_at_the_end_stay(
    make: Callable[[str], Path],
) -> None:
    song, other = make("opus"), make("ogg")
    song.write_bytes(song.read_bytes() + other.read_bytes() + b"tail")  # chained (RFC 3533)
    write_tags(song, SongTags(title="t"), picture(500, 500))
    assert song.read_bytes().endswith(other.read_bytes() + b"tail")


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="counts bytes as Linux tells them")
@pytest.mark.parametrize("suffix", ["opus", "ogg", "mp3", "m4a", "flac"])
def test_a_smaller_cover_costs_at_most_two_writes_of_the_file(
    suffix: str, make: Callable[[str], Path]
) -> None:
    def n_written() -> int:
        lines = Path("/proc/self/io").read_text().splitlines()
        return int(dict(line.split(": ") for line in lines)["wchar"])

    song = make(suffix)
    for cover in (picture(800, 800), picture(100, 100), b"", picture(800, 800)):
        size, before = song.stat().st_size, n_written()
        write_tags(song, SongTags(title="t"), cover)
        assert n_written() - before <= 2 * max(size, song.stat().st_size) + 100_000

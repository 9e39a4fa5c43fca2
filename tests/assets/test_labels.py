"""Names through the whole chain: humans' stamps, the own index, Shazam on loopback."""

import json
import shutil
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import DemoStream, Program
from tests.servers.shazam import KnownSong, Misdeed, ShazamServer, shazam_server
from utawaku.demo import render_song
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.tags import SongTags, read_tags, write_tags
from utawaku.media.decode import load
from utawaku.services.recognizer import pitch_shift


@pytest.fixture
def bare(demo_stream: DemoStream, tmp_path: Path) -> Path:
    """The demo stream without its page: nobody left timestamps."""
    copy = tmp_path / "bare.opus"
    shutil.copyfile(demo_stream.path, copy)
    return copy


def known_songs(demo_stream: DemoStream) -> list[KnownSong]:
    known = []
    for true in demo_stream.truth.songs:
        audio, _ = load(
            demo_stream.path,
            sample_rate_hz=16_000,
            n_channels=1,
            start_s=true.start_s,
            stop_s=true.stop_s,
        )
        known.append(KnownSong(true.title, true.artist, audio.reshape(-1), isrc="JPABC2600001"))
    return known


def ask_at(program: Program, server: ShazamServer) -> None:
    program.environment |= {
        "UTAWAKU_LABELS__SHAZAM_URL": server.url,
        "UTAWAKU_LABELS__SHAZAM_PER_MINUTE": "600",
        "UTAWAKU_LABELS__TRANSPOSITIONS": "0",
    }


def ingested(program: Program, source: Path, *more: str) -> list[dict[str, Any]]:
    done = program.run("ingest", source, *more, "--json")
    assert done.returncode == 0, done.stderr
    songs: list[dict[str, Any]] = json.loads(done.stdout)["streams"][0]["songs"]
    return songs


def test_shazam_names_what_nobody_listed_and_is_asked_once(
    program: Program, demo_stream: DemoStream, bare: Path
) -> None:
    with shazam_server(known_songs(demo_stream)) as server:
        ask_at(program, server)
        server.misbehave(*[Misdeed("slow", seconds=2.0)] * 2)
        songs = ingested(program, bare)
        n_asked = len(server.asked)
        assert server.faults == []
        assert server.most_at_once == len(songs) == 2, "songs are asked about at the same time"
        assert ingested(program, bare, "--again", "labels") == songs
        assert len(server.asked) == n_asked
    assert [(song["title"], song["artist"]) for song in songs] == [
        (true.title, true.artist) for true in demo_stream.truth.songs
    ]
    for song in songs:
        tags = read_tags(program.home / "library" / song["file"])
        assert (tags.title, tags.isrc) == (song["title"], "JPABC2600001")
    catalogue = Catalogue.open(load_settings())
    (candidate, *_) = catalogue.labels.of_song(songs[0]["id"])
    assert candidate.source == "shazam"
    assert candidate.evidence["windows"]
    catalogue.close()


def test_a_list_without_times_names_what_lies_between_known_songs(
    program: Program, demo_stream: DemoStream, bare: Path
) -> None:
    first, second = ((song.title, song.artist) for song in demo_stream.truth.songs)
    listed = [first, second, ("海と猫", "月見団子")]
    lines = [f"{number}. {title} / {artist}" for number, (title, artist) in enumerate(listed, 1)]
    page = {"channel": "Mio", "description": "今日のセトリ\n" + "\n".join(lines)}
    bare.with_suffix(".info.json").write_text(json.dumps(page), "utf-8")
    with shazam_server(known_songs(demo_stream)[1:]) as server:
        ask_at(program, server)
        songs = ingested(program, bare)
    assert [(song["title"], song["artist"]) for song in songs] == [first, second]
    catalogue = Catalogue.open(load_settings())
    (candidate, *_) = catalogue.labels.of_song(songs[0]["id"])
    catalogue.close()
    assert candidate.source == "setlist"
    assert candidate.evidence["in_order"]
    assert candidate.evidence["known_around"] == 1


@pytest.mark.slow
def test_a_refusal_leaves_songs_unknown_with_the_reason_and_label_asks_again(
    program: Program, demo_stream: DemoStream, bare: Path
) -> None:
    with shazam_server(known_songs(demo_stream)) as server:
        ask_at(program, server)
        server.misbehave(*[Misdeed("429", retry_after="1")] * 4)
        songs = ingested(program, bare)
        assert [song["title"] for song in songs] == ["", ""]
        catalogue = Catalogue.open(load_settings())
        metadata = catalogue.assets.of(songs[0]["id"].partition("@")[0])["labels"].metadata
        catalogue.close()
        assert all("slow down" in why for why in metadata["unknown_because"].values())
        assert metadata["retry_at"] > 0
        unnamed = program.home / "library" / songs[0]["file"]
        assert unnamed.is_file()

        server.behave()
        asked_again = program.run("label", "--json")
        assert asked_again.returncode == 0, asked_again.stderr
        named = json.loads(asked_again.stdout)["changed"]
    assert {song["title"] for song in named} == {true.title for true in demo_stream.truth.songs}
    # The file went where its new name belongs, and nothing dangles.
    assert not unnamed.exists()
    assert all((program.home / "library" / song["file_path"]).is_file() for song in named)


@pytest.mark.slow
def test_the_users_name_outlives_every_relabelling(
    program: Program, demo_stream: DemoStream
) -> None:
    songs = ingested(program, demo_stream.path)
    catalogue = Catalogue.open(load_settings())
    catalogue.songs.set_label(songs[0]["id"], "私の歌", "私", "user")
    catalogue.close()
    songs = ingested(program, demo_stream.path, "--again", "labels")
    assert (songs[0]["title"], songs[0]["artist"]) == ("私の歌", "私")
    assert "私の歌" in songs[0]["file"]
    assert read_tags(program.home / "library" / songs[0]["file"]).title == "私の歌"


@pytest.mark.slow
def test_the_library_knows_its_own_songs(
    program: Program, demo_stream: DemoStream, tmp_path: Path
) -> None:
    songs = ingested(program, demo_stream.path)
    known = program.home / "library" / songs[0]["file"]
    done = program.run("identify", known, "--no-shazam", "--json")
    (best, *_) = json.loads(done.stdout)
    assert (best["title"], best["source"]) == (demo_stream.truth.songs[0].title, "reference")


def test_a_pasted_setlist_wins(program: Program, demo_stream: DemoStream, tmp_path: Path) -> None:
    songs = ingested(program, demo_stream.path)
    stream_id = songs[0]["id"].partition("@")[0]
    first, second = (round(song["start_s"]) for song in songs)
    pasted = tmp_path / "setlist.txt"
    pasted.write_text(
        f"0:{first:02} 一曲目 / 誰か\n{second // 60}:{second % 60:02} 二曲目 / 誰か\n", "utf-8"
    )
    done = program.run("setlist", stream_id, "--file", pasted, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["source"] == "user"
    assert [song["title"] for song in ingested(program, demo_stream.path)] == ["一曲目", "二曲目"]


@pytest.mark.slow
def test_subtitles_of_the_whole_broadcast_are_sliced_to_the_recording(
    program: Program, demo_stream: DemoStream, tmp_path: Path
) -> None:
    songs = ingested(program, demo_stream.path)
    stream_id = songs[0]["id"].partition("@")[0]
    subtitles = tmp_path / "titles.srt"
    # The recording holds what the broadcast showed from 1:00:02 on.
    blocks = []
    titles = ["Paper Boats", "夜明け"]
    for number, (song, title) in enumerate(zip(songs, titles, strict=True)):
        first, last = (3602 + song[name] for name in ("start_s", "stop_s"))
        clocks = [
            f"01:{int(at - 3600) // 60:02}:{at % 60:06.3f}".replace(".", ",")
            for at in (first, last)
        ]
        blocks.append(f"{number}\n{clocks[0]} --> {clocks[1]}\n{title}\n誰か\n")
    subtitles.write_text(
        "0\n00:10:00,000 --> 00:14:00,000\nAn hour earlier\n\n" + "\n".join(blocks), "utf-8"
    )
    done = program.run(
        "setlist", stream_id, "--file", subtitles, "--slice", "1:00:00-2:00:00", "--shift-s", "-2",
        "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (mine, *_) = json.loads(done.stdout)
    assert [line["title"] for line in mine["lines"]] == titles
    assert [(song["title"], song["artist"]) for song in ingested(program, demo_stream.path)] == [
        (title, "誰か") for title in titles
    ]
    wrong = program.run("setlist", stream_id, "--file", subtitles, "--slice", "soon")
    assert wrong.returncode != 0
    assert "Write it like 1:00:00-2:30:00" in wrong.stderr


@pytest.mark.slow
def test_a_karaoke_track_in_another_key_names_the_song(
    program: Program, demo_stream: DemoStream, bare: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "karaoke"
    folder.mkdir()
    for index, true in enumerate(demo_stream.truth.songs):
        # The backing alone, two semitones up, as a karaoke machine shifts it.
        track = render_song(
            true.name,
            sample_rate_hz=16_000,
            transpose=true.transposition_semitones,
            seed=demo_stream.truth.seed * 100 + index,
            seconds=true.stop_s - true.start_s,
        )
        path = folder / f"{true.name}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            backing = pitch_shift(track.accompaniment.mean(axis=0), 2, 16_000)
            file.writeframes((np.clip(backing, -1, 1) * 32767).astype("<i2").tobytes())
        write_tags(path, SongTags(title=f"{true.title} (karaoke)", artist=true.artist))
    added = program.run("reference", "add", folder)
    assert added.returncode == 0, added.stderr
    assert "2 added, 0 unreadable" in added.stdout
    program.environment["UTAWAKU_LABELS__SHAZAM"] = "false"
    songs = ingested(program, bare)
    assert [song["title"] for song in songs] == [
        f"{true.title} (karaoke)" for true in demo_stream.truth.songs
    ]

"""The main job as a user runs it: real networks, real audio, real processes."""

import json
import shutil
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DemoStream, Program
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.tags import read_cover, read_tags
from utawaku.media.cut import cut_audio
from utawaku.media.decode import load


def songs_on_disk(program: Program) -> dict[str, int]:
    folder = program.home / "library" / "Songs"
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file()
    }


def leftovers(program: Program) -> list[Path]:
    return [path for path in (program.home / "library").rglob(".*.part*") if path.is_file()]


def test_a_stream_becomes_tagged_songs_and_a_second_run_does_nothing(
    program: Program, demo_stream: DemoStream
) -> None:
    done = program.run("ingest", demo_stream.path, "--json")
    assert done.returncode == 0, done.stderr
    (stream,) = json.loads(done.stdout)["streams"]
    assert stream["state"] == "done"
    # Music opens and closes the evening, and is no song.
    music = [region for region in demo_stream.truth.regions if region.label == "music"]
    assert ["jingle" in music[at].detail for at in (0, -1)] == [True, True]
    assert len(stream["songs"]) == len(demo_stream.truth.songs)
    for song, true in zip(stream["songs"], demo_stream.truth.songs, strict=True):
        assert song["start_s"] == pytest.approx(true.start_s, abs=3)
        assert song["stop_s"] == pytest.approx(true.stop_s, abs=5)
        # The page's comments hold a setlist, so the songs have names at once.
        assert (song["title"], song["artist"]) == (true.title, true.artist)
        path = program.home / "library" / song["file"]
        tags = read_tags(path)
        assert (tags.title, tags.artist) == (true.title, true.artist)
        assert tags.replaygain_gain_db is not None
        assert tags.source_url is None, "the path of a local file went into its songs"
        samples, rate_hz = load(path, sample_rate_hz=16_000, n_channels=1)
        assert samples.shape[-1] / rate_hz == pytest.approx(
            song["stop_s"] - song["start_s"], abs=0.02
        )
    before = songs_on_disk(program)

    again = program.run("ingest", demo_stream.path, "--json")
    assert json.loads(again.stdout)["streams"][0]["state"] == "already done"
    assert songs_on_disk(program) == before
    assert leftovers(program) == []


@pytest.mark.slow
def test_a_renamed_file_is_the_same_stream(
    program: Program, demo_stream: DemoStream, tmp_path: Path
) -> None:
    renamed = tmp_path / "another name.opus"
    shutil.copyfile(demo_stream.path, renamed)
    first = json.loads(program.run("ingest", demo_stream.path, "--json").stdout)["streams"][0]
    second = json.loads(program.run("ingest", renamed, "--json").stdout)["streams"][0]
    assert first["stream_id"] == second["stream_id"]
    assert second["state"] == "already done"


def with_damaged_thumbnail(stream: DemoStream, folder: Path) -> Path:
    """A copy of the stream and its page, with something that is no picture as its thumbnail."""
    for suffix in (".opus", ".info.json"):
        shutil.copyfile(stream.path.with_suffix(suffix), folder / f"evening{suffix}")
    (folder / "evening.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    return folder / "evening.opus"


def test_bad_sources_and_pictures_are_named_and_the_rest_goes_on(
    program: Program, demo_stream: DemoStream, tmp_path: Path
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("a list of songs that I like\n" * 50)
    evening = with_damaged_thumbnail(demo_stream, tmp_path)
    done = program.run("ingest", text, tmp_path / "gone.mp3", evening, "--json")
    states = [stream["state"] for stream in json.loads(done.stdout)["streams"]]
    assert states == ["failed", "failed", "done"]
    assert done.returncode == 3
    assert "notes.txt" in done.stderr
    assert "gone.mp3: there is no such file" in done.stderr
    assert "Traceback" not in done.stderr
    songs = json.loads(done.stdout)["streams"][-1]["songs"]
    assert len(songs) == len(demo_stream.truth.songs)
    for song in songs:
        path = program.home / "library" / song["file"]
        assert (read_tags(path).title, read_cover(path)) == (song["title"], b"")
    catalogue = Catalogue.open(load_settings())
    (notice,) = [one for one in catalogue.notices.recent() if "thumbnail" in one.body]
    catalogue.close()
    assert notice.stream_id == songs[0]["id"].partition("@")[0]


def running_asset(home: Path) -> str:
    try:
        with sqlite3.connect(home / "data" / "catalogue.db", timeout=1) as connection:
            rows = connection.execute("SELECT asset FROM asset_states WHERE state = 'running'")
            return next((row[0] for row in rows), "")
    except sqlite3.OperationalError:
        return ""


def start_and_kill_in(program: Program, stream: DemoStream, asset: str) -> bool:
    """Kill -9 the ingest while it makes `asset`; False when it was too quick to be caught."""
    process = program.start("ingest", stream.path)
    deadline = time.monotonic() + 120
    try:
        while process.poll() is None and time.monotonic() < deadline:
            if running_asset(program.home) == asset:
                process.send_signal(signal.SIGKILL)
                return True
            time.sleep(0.002)
        return False
    finally:
        process.kill()
        process.communicate()


def facts(home: Path) -> list[tuple[Any, ...]]:
    catalogue = Catalogue.open(load_settings())
    songs = [
        (song.id, song.start_s, song.stop_s, song.title, song.file_path, song.loudness_lufs)
        for stream in catalogue.streams.all()
        for song in catalogue.songs.of_stream(stream.id, dropped=True)
    ]
    catalogue.close()
    return songs


@pytest.mark.slow
def test_a_killed_ingest_goes_on_where_it_was(
    program: Program, demo_stream: DemoStream, tmp_path: Path, weights_dir: Path
) -> None:
    killed = [
        asset
        for asset in ("recordings", "segments", "songs", "library_files")
        if start_and_kill_in(program, demo_stream, asset)
    ]
    assert "segments" in killed
    assert "library_files" in killed
    done = program.run("ingest", demo_stream.path, "--json")
    assert done.returncode == 0, done.stderr
    after_kills = facts(program.home)
    files = songs_on_disk(program)
    assert leftovers(program) == []

    fresh = Program(tmp_path / "fresh", weights_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UTAWAKU_HOME", str(fresh.home))
        fresh.run("ingest", demo_stream.path)
        assert facts(fresh.home) == after_kills
        assert songs_on_disk(fresh) == files


def test_ctrl_c_leaves_nothing_half_written(program: Program, demo_stream: DemoStream) -> None:
    process = program.start("ingest", demo_stream.path)
    deadline = time.monotonic() + 120
    # On a busy machine segments may be over between two looks; songs have no files yet either.
    while (
        running_asset(program.home) not in ("segments", "songs", "labels")
        and process.poll() is None
        and time.monotonic() < deadline
    ):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    assert "The same command continues" in errors
    assert running_asset(program.home) == ""
    assert songs_on_disk(program) == {}
    assert leftovers(program) == []


@pytest.mark.slow
def test_parts_of_an_evening_are_one_stream_and_a_song_across_the_seam_is_whole(
    program: Program, demo_stream: DemoStream, tmp_path: Path
) -> None:
    first_song = demo_stream.truth.songs[0]
    seam_s = (first_song.start_s + first_song.stop_s) / 2
    files = [tmp_path / "evening_000.opus", tmp_path / "evening_001.opus"]
    cut_audio(demo_stream.path, 0.0, seam_s, files[0], with_loudness=False)
    cut_audio(demo_stream.path, seam_s, None, files[1], with_loudness=False)
    done = program.run("ingest", "--as-one", *files, "--json")
    assert done.returncode == 0, done.stderr
    (stream,) = json.loads(done.stdout)["streams"]
    assert len(stream["songs"]) == len(demo_stream.truth.songs)
    for song, true in zip(stream["songs"], demo_stream.truth.songs, strict=True):
        assert song["start_s"] == pytest.approx(true.start_s, abs=3)
        assert song["stop_s"] == pytest.approx(true.stop_s, abs=5)
        samples, rate_hz = load(program.home / "library" / song["file"])
        length_s = song["stop_s"] - song["start_s"]
        assert samples.shape[-1] / rate_hz == pytest.approx(length_s, abs=0.02)
    again = program.run("ingest", "--as-one", *files, "--json")
    assert json.loads(again.stdout)["streams"][0]["state"] == "already done"

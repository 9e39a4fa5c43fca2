"""What a stranger may hand over: a message with the next step, and the rest goes on."""

import json
import os
import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from tests.conftest import Program
from tests.servers.media_site import MediaSite
from utawaku.library.errors import ExitCode

RATE_HZ = 16_000


def sound(path: Path, seconds: float = 3.0, *, level: float = 0.3) -> Path:
    """Write noise of any container PyAV knows by the file's name."""
    codec = {".wav": "pcm_s16le", ".m4a": "aac", ".mp4": "aac", ".mp3": "libmp3lame"}[path.suffix]
    noise = np.random.default_rng(1).uniform(-level, level, (1, int(seconds * RATE_HZ)))
    with av.open(os.fspath(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(noise.astype(np.float32), format="fltp", layout="mono")
        frame.rate = RATE_HZ
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def picture(path: Path) -> Path:
    """Write one picture, or a film of it without sound."""
    with av.open(os.fspath(path), "w") as container:
        stream = container.add_stream("png" if path.suffix == ".png" else "mpeg4", rate=5)
        stream.width = stream.height = 32
        stream.pix_fmt = "rgb24" if path.suffix == ".png" else "yuv420p"
        for _ in range(1 if path.suffix == ".png" else 10):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


CODES = {
    "the file is empty": ExitCode.UNPLAYABLE,
    "cut short or damaged": ExitCode.UNPLAYABLE,
    "there is no audio track": ExitCode.NO_SOUND,
}


def bad_sources(folder: Path) -> dict[str, str]:
    """Path or address of what cannot be ingested -> what the message says is wrong with it."""
    (folder / "empty.mp3").touch()
    (folder / "notes.txt").write_text("a list of songs\n" * 50)
    (folder / "folder").mkdir()
    picture(folder / "cover.png")
    picture(folder / "mute.mp4")
    whole = sound(folder / "whole.m4a")
    (folder / "cut.m4a").write_bytes(whole.read_bytes()[:9_000])
    (folder / "loop.wav").symlink_to(folder / "loop.wav")
    found = {
        "empty.mp3": "the file is empty",
        "notes.txt": "this is a text file",
        "folder": "no audio or video file is in this folder",
        "missing.wav": "there is no such file",
        "cover.png": "there is no audio track",
        "mute.mp4": "there is no audio track",
        "cut.m4a": "cut short or damaged",
        "loop.wav": "cannot be read",
        "empty.mp3/inside.wav": "there is no such file",
    }
    return {str(folder / name): problem for name, problem in found.items()}


def test_every_bad_file_is_named_with_its_problem_and_the_good_one_is_taken(
    program: Program, tmp_path: Path
) -> None:
    bad = bad_sources(tmp_path)
    good = sound(tmp_path / "good.wav")
    done = program.run("ingest", *bad, good, "--json")
    assert done.returncode == 1, "failures of several kinds"
    assert "Traceback" not in done.stderr
    *failed, taken = json.loads(done.stdout)["streams"]
    assert [stream["source"] for stream in failed] == list(bad)
    for stream, problem in zip(failed, bad.values(), strict=True):
        assert stream["error"].startswith(f"{stream['source']}: ")
        assert problem in stream["error"]
        assert stream["exit_code"] == CODES.get(problem, ExitCode.BAD_MEDIA)
        assert stream["error"].count(". ") >= 1, "no next step"
        assert stream["error"] in done.stderr.replace("\n  -> ", ". ")
    assert taken["state"] == "done"
    assert [path.name for path in (program.home / "library" / "Streams").iterdir()] == [
        taken["stream_id"]
    ]


def test_segment_and_identify_tell_a_bad_file_as_ingest_does(
    program: Program, tmp_path: Path
) -> None:
    for command, path, code in (
        ("segment", tmp_path / "missing.wav", ExitCode.BAD_MEDIA),
        ("segment", tmp_path, ExitCode.NOT_FOUND),  # a folder without media
        ("identify", tmp_path / "missing.wav", ExitCode.BAD_MEDIA),
    ):
        done = program.run(command, path)
        assert done.returncode == code
        assert done.stderr.startswith(f"error: {path}: ")
        assert "\n  -> " in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_name_that_is_no_text_is_refused_in_words(program: Program, tmp_path: Path) -> None:
    bad = os.fsencode(tmp_path) + b"/song\xff.wav"
    try:
        Path(os.fsdecode(bad)).touch()
    except OSError:
        pytest.skip("this file system takes text only")
    shutil.copyfile(sound(tmp_path / "good.wav"), os.fsdecode(bad))
    done = program.run("ingest", os.fsdecode(bad), tmp_path / "good.wav", "--json")
    states = [stream["state"] for stream in json.loads(done.stdout)["streams"]]
    assert states == ["failed", "done"]
    assert done.returncode == 3
    assert "its name is no valid UTF-8" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to the superuser")
def test_a_file_that_may_not_be_read_says_so(program: Program, tmp_path: Path) -> None:
    closed = sound(tmp_path / "closed.wav")
    closed.chmod(0)
    done = program.run("segment", closed)
    assert done.returncode == 3
    assert "you may not read this file" in done.stderr


@pytest.mark.slow
def test_names_that_act_on_a_terminal_or_are_long_are_only_names(
    program: Program, tmp_path: Path
) -> None:
    names = ["two\nlines\x1b[31mred\x1b]0;title\x07", "\u202e" + "歌" * 80]
    paths = [sound(tmp_path / f"{name}.wav", 1.0 + n / 10) for n, name in enumerate(names)]
    done = program.run("ingest", *paths)
    assert done.returncode == 0, done.stderr
    for acting in ("\x1b]0;", "\u202e", "\x07"):
        assert acting not in done.stdout + done.stderr
    # However long the name, the table still says what became of the file.
    assert done.stdout.count(" done ") == len(names)


@pytest.mark.slow
def test_a_library_that_cannot_be_written_to_is_named(program: Program, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.write_text("a file where the library should be")
    program.environment["UTAWAKU_LIBRARY_ROOT"] = str(root)
    done = program.run("ingest", sound(tmp_path / "a.wav"), sound(tmp_path / "b.wav", 2.0))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert done.stderr.count(f"error: {root}/Streams/") == 2
    assert "set library_root" in done.stderr


@pytest.mark.slow
def test_a_file_that_goes_away_before_its_turn_fails_alone(
    program: Program, tmp_path: Path
) -> None:
    going, staying = sound(tmp_path / "going.wav"), sound(tmp_path / "staying.wav", 2.0)
    assert program.run("ingest", going).returncode == 0
    going.unlink()
    done = program.run("ingest", going, staying, "--again", "segments", "--json")
    states = [stream["state"] for stream in json.loads(done.stdout)["streams"]]
    assert states == ["failed", "done"]
    assert done.returncode == 3
    assert f"{going}: there is no such file" in done.stderr


def test_addresses_that_lead_nowhere_are_told_apart_from_files(
    program: Program, tmp_path: Path
) -> None:
    with MediaSite() as site:
        page = site.url("/nothing-here")
        done = program.run(
            "ingest", page, "http://127.0.0.1:9/x", sound(tmp_path / "good.wav"), "--json"
        )
    *failed, taken = json.loads(done.stdout)["streams"]
    assert taken["state"] == "done"
    assert [stream["exit_code"] for stream in failed] == [5, 5]
    assert done.returncode == 5
    assert "Traceback" not in done.stderr
    assert "127.0.0.1:9/x: the connection failed" in done.stderr

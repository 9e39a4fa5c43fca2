"""`utawaku separate`: files and streams in pieces and back, changed vocals, broken networks."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.conftest import Program
from tests.models.separation import grid, write_wav
from utawaku.commands.app import app
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.errors import MediaError, UtawakuError
from utawaku.library.records import SongSpan, Stream
from utawaku.models.training.separator_network import build, fresh_weights

RATE = 16_000
SUBTITLES = """1
00:00:02,000 --> 00:00:03,250
first line

2
00:00:04,500 --> 00:00:05,000
second line
"""


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    time = np.arange(8 * RATE) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 330 * time) * (np.sin(2 * np.pi * 3 * time) > 0)
    return write_wav(
        tmp_path / "evening.wav",
        np.stack([tone, tone]) + rng.uniform(-0.1, 0.1, (2, 8 * RATE)),
        RATE,
    )


def test_pieces_of_a_slice_with_shifted_subtitles_join_to_the_slice_and_one_can_be_changed(
    program: Program, tmp_path: Path, recording: Path
) -> None:
    subtitles = tmp_path / "lines.srt"
    subtitles.write_text(SUBTITLES)
    span = ["--start", "1.5", "--stop", "7.25", "--shift", "0.5"]
    done = program.run(
        "separate", recording, "-o", tmp_path, "--subtitles", subtitles, *span, "--json"
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "evening pieces"
    rows = json.loads((folder / "pieces.json").read_text("utf-8"))["pieces"]
    assert [(row["start_s"], row["stop_s"], row["text"]) for row in rows] == [
        (0.0, 1.0, ""),
        (1.0, 2.25, "first line"),
        (2.25, 3.5, ""),
        (3.5, 4.0, "second line"),
        (4.0, 5.75, ""),
    ]
    expected = grid(recording)[:, round(1.5 * RATE) : round(7.25 * RATE)]
    voice = grid(folder / "0002.vocals.flac") / 32768 * 0.5
    write_wav(folder / "0002.changed.wav", voice, RATE)
    joined = program.run("separate", folder, "-o", tmp_path / "out", "--json")
    assert joined.returncode == 0, joined.stderr
    (told,) = json.loads(joined.stdout)["separated"]
    assert told["n_changed"] == 1
    mix = grid(tmp_path / "out" / "evening.mix.flac")
    assert mix.shape == expected.shape
    touched = slice(RATE, round(2.25 * RATE))
    same = np.ones(mix.shape[1], bool)
    same[touched] = False
    np.testing.assert_array_equal(mix[:, same], expected[:, same])
    band = grid(tmp_path / "out" / "evening.accompaniment.flac")
    half = grid(folder / "0002.changed.wav")
    np.testing.assert_array_equal(mix[:, touched], band[:, touched] + half)


def test_names_and_format_of_pieces_and_a_network_of_ones_own(
    program: Program, tmp_path: Path, recording: Path
) -> None:
    (tmp_path / "lines.srt").write_text(SUBTITLES)
    own = tmp_path / "mine.onnx"
    own.write_bytes(build(fresh_weights(3)).SerializeToString(deterministic=True))
    asked = [
        *("separate", str(recording), "-o", str(tmp_path), "--engine", str(own)),
        *("--subtitles", str(tmp_path / "lines.srt"), "--start", "0_01.5", "--stop", "0:00:07.25"),
        *("--shift", "0:00:00.5", "--format", "wav", "--names", "{start} {words}", "--sounds"),
        "--json",
    ]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.stderr
    folder = tmp_path / "evening pieces"
    names = ["0_01.500", "0_02.500 first line", "0_03.750", "0_05 second line", "0_05.500"]
    expected = [
        f"{name}.{stem}.wav" for name in names for stem in ("accompaniment", "sound", "vocals")
    ]
    assert sorted(path.name for path in folder.glob("*.wav")) == expected
    write_wav(folder / f"{names[1]}.changed.wav", np.zeros((1, 10)), RATE)
    joined = CliRunner().invoke(app, ["separate", str(folder), "-o", str(tmp_path), "--json"])
    (told,) = json.loads(joined.stdout)["separated"]
    assert told["files"][-2:] == [
        str(tmp_path / "evening.mix.wav"),
        str(folder / f"{names[1]}.mix.wav"),
    ]
    assert (folder / f"{names[1]}.mix.wav").is_file()


@pytest.fixture
def stream_id(program: Program, recording: Path) -> str:
    """The recording as a stream of the library, taken in place, with a song on record."""
    catalogue = Catalogue.open(load_settings())
    stream = Stream(
        "file-1", str(recording), "An evening", site="file",
        recording_path=str(recording), duration_s=8.0,
    )  # fmt: skip
    catalogue.streams.save(stream)
    span = SongSpan(0, 1.0, 7.0, "smart", 1, title="夜に駆ける")
    catalogue.songs.reconcile("file-1", [span], made_by="x")
    catalogue.close()
    return stream.id


@pytest.mark.slow
def test_a_stream_of_the_library_is_cut_once_changed_and_joined(
    program: Program, tmp_path: Path, recording: Path, stream_id: str
) -> None:
    subtitles = tmp_path / "lines.srt"
    subtitles.write_text(SUBTITLES)
    form = ("--format", "wav", "--sounds")
    done = program.run("separate", "夜に駆ける", "--subtitles", subtitles, *form, "--json")
    assert done.returncode == 0, done.stderr
    (told,) = json.loads(done.stdout)["separated"]
    assert (told["n_pieces"], told["n_made"], told["n_lines_left_out"]) == (5, 5, 0)
    folder = program.home / "library" / "Streams" / stream_id / "stems" / "lines pieces"
    assert told["files"] == [str(folder / "pieces.json")]
    write_wav(folder / "0002.changed.wav", np.zeros((1, 10)), RATE)
    again = CliRunner().invoke(app, ["separate", stream_id, "--json"])  # by what is on record
    assert json.loads(again.stdout)["separated"][0]["n_made"] == 0, again.exception
    vocal = write_wav(tmp_path / "mine.wav", np.full((1, 4 * RATE), 0.25), RATE)
    out = tmp_path / "out"
    joining = [str(folder), "-o", str(out), "--remix", str(vocal), "--remix-shift", "1"]
    joined = CliRunner().invoke(app, ["separate", *joining])
    assert joined.exit_code == 0, joined.exception
    silent = np.arange(2 * RATE, round(3.25 * RATE))
    mix, band = grid(out / "lines.mix.wav"), grid(out / "lines.accompaniment.wav")
    np.testing.assert_array_equal(mix[:, silent], band[:, silent])
    np.testing.assert_array_equal(np.delete(mix, silent, 1), np.delete(grid(recording), silent, 1))
    remixed = grid(out / "lines.remix.wav") - band
    assert (folder / "0002.mix.wav").is_file()
    assert (remixed[:, RATE : 5 * RATE] == 8192).all()
    assert not np.delete(remixed, np.arange(RATE, 5 * RATE), 1).any()


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("file-1", "--subtitles", "none.srt"), 4, "there are no such subtitles"),
        (("file-1",), 4, "no subtitles were given, now or before"),
        (("file-1", "--subtitles", "empty.srt"), 2, "holds no subtitles"),
        (("file-1", "--subtitles", "lines.srt", "--shift", "-9"), 2, "none of the 2 lines"),
        (("file-1", "--subtitles", "lines.srt", "--shift", "9"), 2, "before the first line"),
        (("file-1", "--subtitles", "lines.srt", "--start", "-1"), 2, "not a span"),
        (("file-1", "--subtitles", "lines.srt", "--engine", "spleeter"), 2, "of the settings"),
        (("file-1", "--subtitles", "lines.srt", "-o", "."), 2, "its own place"),
        (("file-1", "--subtitles", "lines.srt", "--names", "{title}"), 2, "no field"),
        (("夜に駆ける", "--start", "2"), 2, "songs are taken whole"),
        (("夜に駆ける", "--format", "wav"), 2, "keeps stems as FLAC"),
        (("evening.wav", "--names", "{words}"), 2, "only pieces between subtitles"),
        (("unheard", "--subtitles", "lines.srt"), 4, "nor a query that finds songs"),
        (("evening.wav", "--remix", "none.wav"), 2, "there is no such file"),
    ],
)
def test_what_cannot_be_done_says_why_and_leaves_nothing(
    program: Program, tmp_path: Path, stream_id: str,
    arguments: tuple[str, ...], code: int, why: str,
) -> None:  # fmt: skip
    (tmp_path / "lines.srt").write_text(SUBTITLES)
    (tmp_path / "empty.srt").write_text("")
    here = {path.name: str(path) for path in tmp_path.iterdir() if path.is_file()}
    done = CliRunner().invoke(app, ["separate", *(here.get(one, one) for one in arguments)])
    if isinstance(done.exception, UtawakuError):
        assert (done.exception.exit_code, why in str(done.exception)) == (code, True)
    else:  # typer itself tells of a wrong option
        assert (done.exit_code, why in done.stderr) == (code, True), done.stderr
    assert not list(program.home.glob("library/Streams/*/stems"))


def test_a_dry_run_lists_the_pieces_and_those_that_are_made(
    program: Program, tmp_path: Path, recording: Path
) -> None:
    subtitles = tmp_path / "lines.srt"
    subtitles.write_text(SUBTITLES)
    asked = ["separate", str(recording), "-o", str(tmp_path), "--subtitles", str(subtitles)]
    listed = CliRunner().invoke(app, [*asked, "--shift=-0.5", "--dry-run"])
    assert listed.exit_code == 0, listed.output
    assert "0:01.50  0:02.75        first line" in listed.output
    assert not (tmp_path / "evening pieces").exists()
    CliRunner().invoke(app, asked)
    done = CliRunner().invoke(app, [*asked, "--dry-run", "--json"])
    told = json.loads(done.stdout)
    made = json.loads((tmp_path / "evening pieces" / "pieces.json").read_text("utf-8"))["pieces"]
    keys = ("number", "name", "start_s", "stop_s", "text")
    assert [[row[key] for key in keys] for row in told["pieces"]] == [
        [row[key] for key in keys] for row in made
    ]
    assert all(Path(row["vocals"]).is_file() for row in told["pieces"])
    refused = CliRunner().invoke(app, ["separate", str(recording), "--dry-run"])
    assert refused.exit_code == 2


def test_a_dry_run_of_a_stream_names_the_folder_in_the_library(
    program: Program, tmp_path: Path, stream_id: str
) -> None:
    (tmp_path / "lines.srt").write_text(SUBTITLES)
    arguments = ["separate", stream_id, "--subtitles", str(tmp_path / "lines.srt")]
    done = CliRunner().invoke(app, [*arguments, "--dry-run", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["folder"].endswith(f"Streams/{stream_id}/stems/lines pieces")
    assert [row["text"] for row in told["pieces"]] == ["", "first line", "", "second line", ""]
    assert not Path(told["folder"]).exists()


def test_pieces_of_a_stream_whose_recording_is_gone_say_how_to_get_it_back(
    program: Program, tmp_path: Path, recording: Path, stream_id: str
) -> None:
    (tmp_path / "lines.srt").write_text(SUBTITLES)
    recording.unlink()
    done = CliRunner().invoke(
        app, ["separate", stream_id, "--subtitles", str(tmp_path / "lines.srt")]
    )
    assert isinstance(done.exception, MediaError)
    assert "the recording is gone" in str(done.exception)
    assert "ingest --again recordings" in str(done.exception)


def test_a_broken_checkpoint_is_an_error_and_never_audio(tmp_path: Path, recording: Path) -> None:
    weights = tmp_path / "own-weights"
    weights.mkdir()
    (weights / "2stems.tar.gz").write_bytes(b"\x1f\x8b" + b"\0" * 5_000)
    own = Program(tmp_path / "own", weights)
    done = own.run("separate", recording, "-o", tmp_path / "out", "--engine", "spleeter")
    assert done.returncode
    assert "sha256" in done.stderr
    assert not list(tmp_path.glob("out/*"))


def test_a_damaged_network_of_ours_is_made_again(tmp_path: Path, recording: Path) -> None:
    weights = tmp_path / "own-weights"
    weights.mkdir()
    own = Program(tmp_path / "own", weights)
    first = own.run("separate", recording, "-o", tmp_path / "one", "--stop", "0.5")
    assert first.returncode == 0, first.stderr
    (network,) = weights.glob("vocal-unet*.onnx")
    whole = network.read_bytes()
    network.write_bytes(whole[:5_000])
    second = own.run("separate", recording, "-o", tmp_path / "two", "--stop", "0.5")
    assert second.returncode == 0, second.stderr
    assert network.read_bytes() == whole
    one, two = (tmp_path / folder / "evening.vocals.flac" for folder in ("one", "two"))
    np.testing.assert_array_equal(grid(one), grid(two))


def test_an_engine_that_is_not_installed_says_how(
    program: Program, tmp_path: Path, recording: Path
) -> None:
    done = program.run(
        "separate", recording, "-o", tmp_path / "out", "--engine", "spleeter-reference"
    )
    assert done.returncode
    assert "install-reference" in done.stderr
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())

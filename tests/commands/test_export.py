"""`utawaku export`: files that name other files name them where they are."""

import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from utawaku.commands.app import app
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotFoundError
from utawaku.library.records import Segment, SongSpan, Stream
from utawaku.media.joined import Part, write_parts

ID = "file-0123456789abcdef"


@pytest.fixture
def catalogue(settings: Settings) -> Iterator[Catalogue]:
    catalogue = Catalogue.open(settings)
    recording = settings.stream_dir(ID) / "recording.webm"
    recording.parent.mkdir(parents=True)
    recording.touch()
    catalogue.streams.save(
        Stream(
            ID,
            "https://example.com/1",
            title="an evening",
            recording_path=recording.relative_to(settings.library_root).as_posix(),
            duration_s=600.0,
        )
    )
    spans = [SongSpan(0, 60.0, 240.0, "smart", 0.9), SongSpan(1, 360.0, 500.0, "smart", 0.9)]
    catalogue.songs.reconcile(ID, spans, made_by="test")
    yield catalogue
    catalogue.close()


def export(*arguments: str | Path) -> str:
    result = CliRunner().invoke(app, ["export", ID, "--as", "cue", *map(str, arguments)])
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_a_sheet_away_from_its_recording_comes_with_a_word_on_mpv(
    catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    del catalogue
    away = CliRunner().invoke(app, ["export", ID, "--as", "cue", "-o", str(tmp_path / "a.cue")])
    assert "mpv looks for the recording beside the sheet" in away.stderr
    beside = settings.stream_dir(ID) / "a.cue"
    told = CliRunner().invoke(app, ["export", ID, "--as", "cue", "-o", str(beside)])
    assert "mpv" not in told.stderr


def named_file(sheet: str) -> str:
    (line,) = [line for line in sheet.splitlines() if line.startswith("FILE ")]
    return shlex.split(line)[1]


@pytest.mark.parametrize("folder", ["away", "away/deeper", "."])
def test_a_cue_sheet_names_the_recording_from_where_it_lies(
    folder: str, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    del catalogue
    output = tmp_path / folder / "evening.cue"
    export("-o", output)
    name = named_file(output.read_text("utf-8"))
    assert not Path(name).is_absolute()
    assert (output.parent / name).samefile(settings.stream_dir(ID) / "recording.webm")


def test_a_printed_cue_sheet_names_the_recording_by_its_whole_path(
    catalogue: Catalogue, settings: Settings
) -> None:
    del catalogue
    assert Path(named_file(export())) == settings.stream_dir(ID) / "recording.webm"


def test_a_recording_left_where_it_was_is_named_there(catalogue: Catalogue, tmp_path: Path) -> None:
    elsewhere = tmp_path / "mine" / "own.mka"
    elsewhere.parent.mkdir()
    elsewhere.touch()
    stream = catalogue.streams.get(ID)
    catalogue.streams.save(replace(stream, recording_path=str(elsewhere)))
    output = tmp_path / "sheets" / "evening.cue"
    export("-o", output)
    assert named_file(output.read_text("utf-8")) == "../mine/own.mka"


def test_a_stream_whose_recording_was_dropped_has_no_cue_sheet(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    catalogue.streams.save(replace(catalogue.streams.get(ID), recording_path=""))
    with pytest.raises(NotFoundError) as caught:
        export("-o", tmp_path / "evening.cue")
    assert "--again recordings" in caught.value.next_step
    assert not (tmp_path / "evening.cue").exists()


def test_a_sheet_of_a_recording_in_parts_names_the_parts(
    catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    listed = settings.stream_dir(ID) / "recording.parts.json"
    parts = [Part(tmp_path / "a.flv", 0.0, 300.0), Part(tmp_path / "b.flv", 300.0, 300.0)]
    write_parts(listed, parts)
    stream = replace(catalogue.streams.get(ID), recording_path=str(listed))
    catalogue.streams.save(stream)
    output = tmp_path / "evening.cue"
    export("-o", output)
    lines = [line.strip() for line in output.read_text("utf-8").splitlines()]
    kept = [line for line in lines if line.startswith(("FILE", "INDEX"))]
    assert kept == [
        'FILE "a.flv" WAVE', "INDEX 01 01:00:00", 'FILE "b.flv" WAVE', "INDEX 01 01:00:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("list", ["00:01:00 Song 1 / Mio", "00:06:00 Song 2"]),
        ("comment", ["1. 1:00 Song 1 / Mio", "2. 6:00 Song 2"]),
        ("comment-ends", ["1. 1:00 - 4:00 Song 1 / Mio", "2. 6:00 - 8:20 Song 2"]),
        ("ina-csv", ["labels\tstart\tstop", "speech\t0.0\t58.02"]),
    ],
)
def test_each_list_is_printed_and_written_with_what_the_stream_holds(
    catalogue: Catalogue, tmp_path: Path, kind: str, lines: list[str]
) -> None:
    (first, _second) = catalogue.songs.of_stream(ID)
    catalogue.songs.set_label(first.id, "Song 1", "Mio", "user")
    catalogue.streams.replace_segments(ID, [Segment("speech", 0.0, 58.02)])
    printed = CliRunner().invoke(app, ["export", ID, "--as", kind])
    assert printed.exit_code == 0, printed.exception
    assert printed.stdout.splitlines()[-2:] == lines
    file = tmp_path / "list.txt"
    assert CliRunner().invoke(app, ["export", ID, "--as", kind, "-o", str(file)]).exit_code == 0
    assert file.read_text("utf-8") == printed.stdout

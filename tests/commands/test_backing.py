"""`utawaku backing`: stems first where there are none, then the files."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.fixtures.song_with_stems import song as song
from utawaku.commands.app import app
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.errors import NotFoundError
from utawaku.library.records import Song
from utawaku.library.tags import read_tags
from utawaku.media.probe import probe


def test_the_command_separates_first_where_there_are_no_stems(
    song: Song, catalogue: Catalogue, tmp_path: Path
) -> None:
    with catalogue.write() as connection:
        connection.exec_driver_sql("delete from stems")
    done = CliRunner().invoke(
        app, ["backing", f"id:{song.id}", "-o", str(tmp_path / "out"), "--format", "m4a"]
    )
    assert done.exit_code == 0, done.output
    (made,) = (tmp_path / "out").iterdir()
    assert made.suffix == ".m4a"
    assert read_tags(made).title == "夜/に (instrumental)"
    assert catalogue.stems.of(song.id)
    assert load_settings().stems.engine == "builtin"


def test_a_song_that_was_cut_since_is_separated_again(
    song: Song, catalogue: Catalogue, settings: Settings, tmp_path: Path
) -> None:
    catalogue.songs.set_span(song.id, 0.0, 5.0)
    recording = settings.library_root / song.file_path
    catalogue.streams.save(replace(catalogue.streams.get("file-1"), recording_path=song.file_path))
    done = CliRunner().invoke(app, ["backing", f"id:{song.id}", "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    (made,) = (tmp_path / "out").iterdir()
    assert probe(made).duration_s == pytest.approx(5.0, abs=0.01)
    assert probe(recording).duration_s == pytest.approx(6.0, abs=0.01)


def test_the_voice_alone_is_written_beside_it(
    song: Song, catalogue: Catalogue, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["backing", f"id:{song.id}", "-o", str(out), "--vocals"])
    assert done.exit_code == 0, done.output
    assert {read_tags(path).title for path in out.iterdir()} == {
        "夜/に (instrumental)",
        "夜/に (vocals)",
    }


def test_a_query_that_finds_nothing_is_told() -> None:
    done = CliRunner().invoke(app, ["backing", "title:nothing-of-that-name"])
    assert done.exit_code != 0
    assert isinstance(done.exception, NotFoundError)

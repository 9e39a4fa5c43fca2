"""`utawaku backing`: stems first where there are none, then the files."""

from pathlib import Path

from typer.testing import CliRunner

from tests.fixtures.song_with_stems import song as song
from utawaku.commands.app import app
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.errors import NotFoundError
from utawaku.library.records import Song
from utawaku.library.tags import read_tags


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

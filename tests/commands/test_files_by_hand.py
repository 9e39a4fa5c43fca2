"""What people do to their library between two runs: other names, deleted files, own cuts."""

import json
from pathlib import Path

import pytest

from tests.conftest import DemoStream, Program
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.store.edits import Edits


@pytest.mark.slow
def test_files_follow_template_and_edits_and_come_back_when_deleted(
    program: Program, demo_stream: DemoStream, monkeypatch
) -> None:
    folder = program.home / "library" / "Songs"

    def names() -> list[str]:
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))

    def ingest(*options: str) -> list[dict]:
        done = program.run("ingest", demo_stream.path, "--json", *options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["streams"][0]["songs"]

    program.environment["UTAWAKU_CUT__TEMPLATE"] = "{date}/{stream_title}/{track:02} {title}"
    first, second = ingest()
    assert len(names()) == 4  # two folders, two files

    program.environment["UTAWAKU_CUT__TEMPLATE"] = "all/song"
    first, second = ingest()
    # No folder is left empty, and two songs of one name have two files.
    assert names() == ["all", "all/song (2).opus", "all/song.opus"]
    assert {Path(first["file"]).name, Path(second["file"]).name} == {"song.opus", "song (2).opus"}

    (program.home / "library" / first["file"]).unlink()
    assert [song["file"] for song in ingest()] == [first["file"], second["file"]]
    assert len(names()) == 3

    monkeypatch.setenv("UTAWAKU_HOME", str(program.home))
    catalogue = Catalogue.open(load_settings())
    edits = Edits(catalogue)
    edits.rename({first["id"]: {"title": "mine/own", "artist": ".."}})
    edits.move(first["id"], first["start_s"] + 2, first["stop_s"] - 2)
    edits.drop([second["id"]], "unwanted")
    catalogue.close()
    program.environment["UTAWAKU_CUT__TEMPLATE"] = "{artist}/{title}"
    (kept,) = ingest("--again", "segments")
    assert (kept["id"], kept["title"], kept["artist"]) == (first["id"], "mine/own", "..")
    assert kept["start_s"] == first["start_s"] + 2
    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    assert file == program.home / "library" / kept["file"]
    assert file.resolve().is_relative_to(folder.resolve())
    assert (program.home / "library" / ".trash").is_dir()

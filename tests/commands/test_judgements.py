"""`utawaku judgements`: out of one library, into another."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.commands.conftest import CommandLine
from utawaku.library.catalogue import Catalogue
from utawaku.library.records import SongSpan, Stream
from utawaku.library.requests import Recut
from utawaku.library.schema import songs

URL = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


@pytest.fixture
def library(catalogue: Catalogue) -> Catalogue:
    for stream_id, url in (("a", URL), ("file-0123456789abcdef", "/home/me/private.opus")):
        catalogue.streams.save(Stream(stream_id, url, duration_s=1_000))
        spans = [SongSpan(n, 100 * n, 100 * n + 80, "smart", 0.5) for n in range(1, 4)]
        catalogue.songs.reconcile(stream_id, spans, made_by="x")
        first, second, _ = catalogue.songs.of_stream(stream_id)
        catalogue.edits.confirm([first.id])
        catalogue.edits.drop([second.id], "no_song")
    return catalogue


def forget(catalogue: Catalogue) -> None:
    """Take every edit back, as in a library that was built anew."""
    for stream in catalogue.streams.all():
        for edit in catalogue.edits.history(stream.id):
            catalogue.edits.undo(edit.id)


def test_judgements_survive_a_library_that_is_built_anew(
    command_line: CommandLine, library: Catalogue, tmp_path: Path
) -> None:
    file = tmp_path / "cuts.jsonl"
    before = library.songs.select()
    assert command_line.run("judgements", "export", "-o", str(file)).exit_code == 0
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {line["stream"] for line in lines} == {URL, "file-0123456789abcdef"}
    assert "private" not in file.read_text()
    assert len(lines) == 4
    forget(library)
    assert library.songs.count(songs.c.boundary_source == "user") == 0
    taken = command_line.run("judgements", "import", str(file), "--json")
    assert taken.exit_code == 0, taken.stderr
    assert json.loads(taken.stdout) == {
        "taken": 4, "known": 0, "differing": 0, "failed": 0, "elsewhere": 0,
    }  # fmt: skip
    assert library.songs.select() == before
    assert len(library.requests.waiting(Recut)) == 2
    again = command_line.run("judgements", "import", str(file))
    assert "0 judgements taken, 4 known already" in again.stdout


def test_streams_and_recordings_that_are_not_here_are_passed_over(
    command_line: CommandLine, library: Catalogue, tmp_path: Path
) -> None:
    file = tmp_path / "cuts.jsonl"
    file.write_text(command_line.run("judgements", "export", "a").stdout)
    assert len(file.read_text().splitlines()) == 2
    forget(library)
    library.streams.save(replace(library.streams.get("a"), duration_s=700.0))
    with file.open("a") as out:
        out.write('{"stream": "https://x.org/1", "said": "song", "start_s": 1, "stop_s": 90}\n')
    taken = command_line.run("judgements", "import", str(file), "--json")
    assert json.loads(taken.stdout)["elsewhere"] == 3
    assert library.songs.count(songs.c.boundary_source == "user") == 0


def test_what_cannot_be_placed_is_told_and_ends_with_one(
    command_line: CommandLine, library: Catalogue, tmp_path: Path
) -> None:
    file = tmp_path / "cuts.jsonl"
    file.write_text(
        json.dumps({"stream": URL, "said": "song", "start_s": 900, "stop_s": 1_500}) + "\n"
    )
    failed = command_line.run("judgements", "import", str(file))
    assert failed.exit_code == 1
    assert "leave the recording" in failed.stderr
    file.write_text("no JSON")
    assert command_line.run("judgements", "import", str(file)).exit_code == 2
    assert command_line.run("judgements", "import", str(tmp_path / "none")).exit_code == 2

"""The examples of docs/python.md, run as they stand there."""

import re
import shutil
import threading
from pathlib import Path

import pytest

from benchmarks.fake_catalogue import fill
from tests.checks import ROOT
from tests.conftest import DemoStream, Program
from utawaku.api import Library
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.models.registry import pull

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs/python.md").read_text("utf-8"), re.DOTALL)


def run(block: str) -> None:
    exec(compile(block, "docs/python.md", "exec"), {})


def block_with(word: str) -> str:
    (found,) = (block for block in BLOCKS if word in block)
    return found


@pytest.fixture
def filled(settings: Settings) -> Settings:
    catalogue = Catalogue.open(settings)
    fill(catalogue, 20)
    catalogue.close()
    return settings


def test_there_are_examples_of_each_thing() -> None:
    assert len(BLOCKS) == 4


@pytest.mark.usefixtures("filled")
def test_songs_are_queried(capsys: pytest.CaptureFixture[str]) -> None:
    with Library.open() as library:
        expected = library.songs("is:cut sort:taste", limit=20)
    run(block_with("sort:taste"))
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == len(expected)
    assert all(song.title in line for song, line in zip(expected, printed, strict=True))


@pytest.mark.usefixtures("filled")
def test_grades_and_names_are_the_users() -> None:
    run(block_with("library.grade"))
    with Library.open() as library:
        (song,) = library.songs("title:夜に駆ける label:user")
        assert (song.grade, song.stars, song.artist) == (1, 5, "YOASOBI")
        assert library.streams()
        assert library.path_of(song) is None


def test_a_recording_is_ingested_and_an_address_asked_for(
    demo_stream: DemoStream,
    program: Program,
    weights_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    del program  # it sets the home, with weights
    pull("sm", weights_dir)
    monkeypatch.setenv("UTAWAKU_LABELS__SHAZAM", "false")
    shutil.copy(demo_stream.path, tmp_path / "evening.opus")
    monkeypatch.chdir(tmp_path)
    run(block_with("library.ingest"))
    printed = capsys.readouterr().out
    assert "2 songs" in printed
    assert "{1: 'queued'}" in printed
    with Library.open() as library:
        assert all(library.path_of(song) for song in library.songs())


@pytest.mark.usefixtures("filled")
def test_changes_are_listened_to(capsys: pytest.CaptureFixture[str]) -> None:
    listening = threading.Thread(target=run, args=(block_with("library.changes"),), daemon=True)
    listening.start()
    with Library.open() as library:
        for number in range(200):
            library.catalogue.notices.add("info", f"notice {number}")
            listening.join(0.3)
            if not listening.is_alive():
                break
    assert not listening.is_alive()
    assert "notice" in capsys.readouterr().out

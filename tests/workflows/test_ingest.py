"""From a path to streams in the catalogue."""

import shutil
from pathlib import Path

import pytest

from tests.tui.conftest import write_tone
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import NotMediaError, UtawakuError
from utawaku.services.downloader import Downloader
from utawaku.workflows.ingest import resolve_streams


def evenings(folder: Path) -> Path:
    """A folder of two recordings, a copy of one, a broken one and what is no recording."""
    write_tone(folder / "b.wav", 440, 1)
    write_tone(folder / "more" / "a.WAV", 330, 1)
    shutil.copyfile(folder / "b.wav", folder / "copy of b.wav")
    (folder / "broken.mp3").write_bytes(b"no sound" * 200)
    (folder / "notes.txt").write_text("hello")
    (folder / ".hidden").mkdir()
    write_tone(folder / ".hidden" / "c.wav", 220, 1)
    return folder


def test_a_folder_becomes_a_stream_for_each_recording_in_it(
    tmp_path: Path, catalogue: Catalogue, settings: Settings
) -> None:
    folder = evenings(tmp_path / "evenings")
    failed: list[str] = []
    steps: list[tuple[int, int, str]] = []
    streams = resolve_streams(
        str(folder),
        catalogue,
        Downloader(settings.download),
        on_failed_entry=lambda path, _error: failed.append(path),
        on_progress=lambda *step: steps.append(step),
    )
    assert sorted(stream.title for stream in streams) == ["a", "b"]
    assert failed == [str(folder / "broken.mp3")]
    assert [step[0] for step in steps] == [0, 1, 2, 3]
    assert {step[1] for step in steps} == {4}
    again = resolve_streams(
        str(folder),
        catalogue,
        Downloader(settings.download),
        on_failed_entry=lambda _path, _error: None,
    )
    assert [stream.id for stream in again] == [stream.id for stream in streams]


def test_a_folder_without_recordings_is_refused_in_words(
    tmp_path: Path, catalogue: Catalogue, settings: Settings
) -> None:
    with pytest.raises(NotMediaError, match="no audio or video file is in this folder") as raised:
        resolve_streams(str(tmp_path), catalogue, Downloader(settings.download))
    assert raised.value.next_step


def test_a_bad_recording_in_a_folder_is_an_error_where_nobody_listens(
    tmp_path: Path, catalogue: Catalogue, settings: Settings
) -> None:
    folder = evenings(tmp_path / "evenings")
    with pytest.raises(UtawakuError):
        resolve_streams(str(folder), catalogue, Downloader(settings.download))

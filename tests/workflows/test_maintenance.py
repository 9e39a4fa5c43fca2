"""Backups, and recordings that go to make room."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Stream
from utawaku.orchestration.pending_assets import pending_assets
from utawaku.workflows.maintenance import back_up, keep_within_budget


def test_backups_can_be_opened_and_are_rotated(catalogue: Catalogue, settings: Settings) -> None:
    catalogue.streams.save(Stream("file-1", "/x.opus"))
    now = time.time()
    for number in range(settings.maintenance.keep_backups + 3):
        last = back_up(catalogue, settings, now + number)
    assert last is not None
    (settings.data_dir / "backups" / "catalogue-schema0000-x.db").touch()  # not ours to rotate
    copies = sorted(last.parent.glob("catalogue-2*.db"))
    assert len(copies) == settings.maintenance.keep_backups
    opened = Catalogue.open_url(f"sqlite:///{last}")
    assert opened.streams.ids() == {"file-1"}
    opened.close()


def test_recordings_go_only_when_allowed_and_everything_is_made_of_them(
    catalogue: Catalogue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(name: str, **more: object) -> tuple[Stream, Path]:
        path = settings.streams_dir / name / "recording.m4a"
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(1000))
        stored = path.relative_to(settings.library_root).as_posix()
        stream = Stream(name, f"https://youtu.be/{name}", site="youtube", recording_path=stored)
        return catalogue.streams.save(replace(stream, **more)), path

    _, unfinished = held("unfinished")
    assert keep_within_budget(catalogue, settings, pending_assets).n_recordings == 0
    monkeypatch.setenv("UTAWAKU_MAINTENANCE__DELETE_RECORDINGS", "true")
    monkeypatch.setenv("UTAWAKU_MAINTENANCE__RECORDINGS_GB", "0.000000001")
    assert keep_within_budget(catalogue, load_settings(), pending_assets).n_recordings == 0
    assert unfinished.exists()

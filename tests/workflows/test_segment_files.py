"""Many recordings segmented in processes of their own."""

import os
from dataclasses import replace
from pathlib import Path, PosixPath
from typing import Any

import numpy as np
import pytest

from tests.models.separation import write_wav
from tests.models.test_mfcc_segmenter import random_layers
from tests.models.test_own_mfcc_segmenter import onnx_file
from utawaku.library.config import SegmentSettings
from utawaku.models.mfcc_segmenter.network import build
from utawaku.workflows.segment_files import SegmentedFile, SegmentJob, files_in, segment_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Recordings in two folders, and one that is broken."""
    folder = tmp_path / "talks"
    for name, seconds in (("b/two", 1.0), ("a", 2.0), ("b/one", 0.5)):
        path = folder / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = 0.1 * np.random.default_rng(1).standard_normal((1, round(seconds * 16_000)))
        write_wav(path, noise, 16_000)
    (folder / "broken.wav").write_bytes(b"\0" * 100)
    return folder


@pytest.fixture
def job(tmp_path: Path, folder: Path) -> SegmentJob:
    settings = SegmentSettings(engine="bacs", weights=onnx_file(tmp_path / "own.onnx"))
    return SegmentJob(settings, tmp_path, as_it_is=True, root=folder)


def test_files_and_folders_are_taken_once_in_order_and_as_many_as_wanted(folder: Path) -> None:
    names = ["a.wav", "broken.wav", "b/one.wav", "b/two.wav"]
    expected = [folder / name for name in names]
    assert files_in([folder]) == expected
    assert files_in([folder / "a.wav", folder]) == expected
    assert files_in([folder], 2) == expected[:2]
    assert files_in([folder / "b"]) == expected[2:]


def test_a_file_that_fails_is_named_and_the_others_go_on(folder: Path, job: SegmentJob) -> None:
    told: list[SegmentedFile] = []
    found = segment_files(files_in([folder]), job, n_processes=2, done=told.append)
    assert [one.path.name for one in found] == ["a.wav", "broken.wav", "one.wav", "two.wav"]
    assert sorted(one.path.name for one in told) == sorted(one.path.name for one in found)
    broken = found[1]
    assert "broken.wav" in broken.error
    assert broken.exit_code == 3
    assert [one.duration_s for one in found] == [2.0, 0.0, 0.5, 1.0]
    assert all(one.segments and not one.exit_code for one in found if one is not broken)
    assert 0 <= found[0].speech_share <= 1


class DeadlyPath(PosixPath):
    """A file at which the process that takes it ends, as one does that is out of memory."""

    def __reduce__(self) -> Any:
        return os._exit, (9,)


def test_a_process_that_dies_costs_its_own_file(folder: Path, job: SegmentJob) -> None:
    deadly = DeadlyPath(folder / "b/one.wav")
    found = segment_files([deadly, folder / "a.wav"], job, n_processes=1)
    assert "ended" in found[0].error
    assert (found[0].path, found[0].exit_code) == (folder / "b/one.wav", 1)
    assert (found[1].duration_s, found[1].error) == (2.0, "")


def test_slices_of_files_with_one_name_lie_apart(
    tmp_path: Path, folder: Path, job: SegmentJob
) -> None:
    layers = random_layers(5)
    kernel, _bias = layers[-1]
    layers[-1] = (0 * kernel, np.array([9.0, 0.0], np.float32))  # all of it is speech
    own = tmp_path / "own.onnx"
    own.write_bytes(build(layers).SerializeToString())
    (folder / "b/one.flac").write_bytes((folder / "a.wav").read_bytes())
    paths = [folder / name for name in ("a.wav", "b/one.wav", "b/one.flac")]
    job = replace(job, slices=tmp_path / "out")
    assert [one.error for one in segment_files(paths, job, n_processes=1)] == ["", "", ""]
    written = sorted(path.relative_to(tmp_path / "out").as_posix() for path in job_files(tmp_path))
    assert written == ["a.0.0.flac", "b/one.flac.0.0.flac", "b/one.wav.0.0.flac"]


def job_files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "out").rglob("*") if path.is_file()]

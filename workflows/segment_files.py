"""Many recordings segmented at once, in processes of their own, with one line told of each."""

import logging
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from utawaku.library.config import SegmentSettings
from utawaku.library.errors import ExitCode, UtawakuError
from utawaku.library.records import Segment
from utawaku.media.folders import MEDIA_SUFFIXES, media_files
from utawaku.media.timeline import loss_code
from utawaku.media.tracks import with_track
from utawaku.models import registry
from utawaku.models.mfcc_segmenter import make_bacs_segmenter, slice_speech
from utawaku.models.segmenter import Segmenter
from utawaku.services.downloader.languages import same_language

_DIED = "the process that segmented it ended (was memory short?)"


@dataclass(frozen=True)
class SegmentJob:
    """The wishes that all files share."""

    settings: SegmentSettings
    weights_dir: Path
    as_it_is: bool = False
    """Take the labels of `bacs` without the pipeline's silences."""
    slices: Path | None = None
    """Folder for each stretch of speech; a file's lie below it as the file below `root`."""
    root: Path | None = None
    track: str = ""


@dataclass(frozen=True)
class SegmentedFile:
    """The result of one file."""

    path: Path
    segments: tuple[Segment, ...] = ()
    duration_s: float = 0.0
    warnings: tuple[str, ...] = ()
    error: str = ""
    exit_code: int = 0

    @property
    def speech_share(self) -> float:
        """Speech by the length of the recording, 0 to 1."""
        speech_s = sum(one.duration_s for one in self.segments if one.label == "speech")
        return speech_s / self.duration_s if self.duration_s else 0.0


def files_in(given: Sequence[Path], limit: int | None = None) -> list[Path]:
    """Return files as they are and those of folders with all below, each once, at most `limit`."""
    found: dict[Path, None] = {}
    for path in given:
        if path.is_dir():
            found |= {media: None for media, _stat in media_files(path)}
        else:
            found[path] = None
    return list(found)[:limit]


def segment_files(
    paths: Sequence[Path],
    job: SegmentJob,
    *,
    n_processes: int = 0,
    done: Callable[[SegmentedFile], None] = lambda _file: None,
) -> list[SegmentedFile]:
    """Segment files in several processes; returns their results in the order of `paths`.

    A file that fails, or whose process ends, has an error and stops no other.

    Args:
        paths: files.
        job: what all of them share.
        n_processes: 0 is one a core.
        done: called with each result as it comes.

    Raises:
        WeightsMissingError, WeightsCorruptError: see `utawaku.models.registry.pull`.
    """
    if job.settings.engine != "bacs" or job.settings.weights is None:
        registry.pull(job.settings.engine, job.weights_dir)  # once, not in each process
    results: dict[Path, SegmentedFile] = {}
    for result in _results(list(dict.fromkeys(paths)), job, n_processes or os.cpu_count() or 1):
        results[result.path] = result
        done(result)
    return [results[path] for path in dict.fromkeys(paths)]


def _results(paths: list[Path], job: SegmentJob, n_processes: int) -> Iterator[SegmentedFile]:
    finished: set[Path] = set()
    try:
        for result in _in_pool(paths, job, n_processes):
            finished.add(result.path)
            yield result
        return
    except BrokenProcessPool:
        left = [path for path in paths if path not in finished]
    # A process that died takes the pool with it: the rest goes one by one, so that the file at
    # fault is known.
    for path in left:
        try:
            yield from _in_pool([path], job, 1)
        except BrokenProcessPool:
            yield SegmentedFile(path, error=_DIED, exit_code=ExitCode.FAILED)


def _in_pool(paths: Sequence[Path], job: SegmentJob, n_processes: int) -> Iterator[SegmentedFile]:
    pool = ProcessPoolExecutor(
        max(1, min(n_processes, len(paths))),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(job,),
    )
    try:
        waiting: set[Future[SegmentedFile]] = {pool.submit(_segment, path) for path in paths}
        while waiting:
            ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ready:
                yield future.result()
    finally:
        pool.shutdown(cancel_futures=True)


_held: dict[str, Any] = {}
"""Job and engine of this process."""


def _begin(job: SegmentJob) -> None:
    # The command tells of damage; a reader in a process of its own would print it in between.
    logging.disable(logging.WARNING)
    _held["job"] = job


def _engine(job: SegmentJob) -> Any:
    """The engine, loaded with the first file of a process: where it cannot be, files say why."""
    wanted = job.settings
    if "engine" not in _held:
        if wanted.engine == "bacs":
            _held["engine"] = make_bacs_segmenter(
                job.weights_dir, wanted.weights, energy_ratio=wanted.energy_ratio
            )
        else:
            _held["engine"] = Segmenter.from_registry(
                job.weights_dir,
                engine=wanted.engine,
                mode=wanted.mode,
                energy_ratio=wanted.energy_ratio,
                threads=1,
            )
    return _held["engine"]


def _segment(path: Path) -> SegmentedFile:
    job: SegmentJob = _held["job"]
    try:
        engine = _engine(job)
        with TemporaryDirectory(prefix="utawaku-track-") as folder:
            source = with_track(path, job.track, Path(folder), same_language) if job.track else path
            found = engine.listen(source) if job.as_it_is else engine.analyse(source)
            if job.slices is not None:
                slice_speech(source, found.segments, _slices_of(path, job), name=_slice_name(path))
    except (UtawakuError, OSError) as error:
        code = error.exit_code if isinstance(error, UtawakuError) else ExitCode.FAILED
        return SegmentedFile(path, error=str(error), exit_code=int(code))
    return SegmentedFile(
        path,
        tuple(found.segments),
        found.duration_s,
        tuple(found.timeline.warnings()),
        exit_code=int(loss_code(found.timeline.as_metadata())),
    )


def _slices_of(path: Path, job: SegmentJob) -> Path:
    assert job.slices is not None
    if job.root is not None and path.is_relative_to(job.root):
        return job.slices / path.relative_to(job.root).parent
    return job.slices


def _slice_name(path: Path) -> str:
    """The file's name without its ending, unless another recording beside it has the same."""
    same = (one for one in path.parent.glob("*") if one.stem == path.stem and one != path)
    return path.name if any(one.suffix.lower() in MEDIA_SUFFIXES for one in same) else path.stem

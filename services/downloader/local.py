"""Taking in recordings that already lie on this machine."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from utawaku.library.errors import MediaError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent
from utawaku.media.hls import is_playlist_name, missing_files
from utawaku.media.joined_mp4 import rewrite_if_mixed
from utawaku.media.probe import probe as probe_recording
from utawaku.services.downloader.container import Probe, probe
from utawaku.services.downloader.failures import disk_full
from utawaku.services.downloader.identity import stream_id_for_file
from utawaku.services.downloader.result import FetchedRecording, recording_in
from utawaku.services.downloader.sidecars import take_sidecars, with_sidecars

TakeMode = Literal["reference", "copy", "move", "hardlink"]

_COPY_BYTES = 4 * 1024 * 1024


def take_file(
    path: str | Path,
    folder: Path,
    *,
    mode: TakeMode = "reference",
    progress: Progress = silent,
    check: Callable[[], None] = lambda: None,
) -> FetchedRecording:
    """Take a local audio or video file of any container into the stream's `folder`.

    `reference` (the default) leaves the file where it is and keeps its absolute path: a recording
    may be gigabytes, and the songs are cut into files of their own anyway; a file on a disk that
    goes away is better copied. `copy` makes an independent copy, `hardlink` shares the bytes where
    the file system can and copies where it cannot, `move` is the only mode that touches the
    original, which disappears once its copy is complete. An MP4 whose joined parts differ in format
    is rewritten into the folder in every mode, because one header cannot fit all of its sound; an
    HLS playlist stays with its segments in every mode.

    What lies beside `X.mp4` comes along as copies: `X.info.json`, `X.jpg/.jpeg/.webp/.png`,
    `X.description`, facts of `X.nfo`, subtitles (`X.srt`, `X.<language>.vtt`, .ass, .ssa, .lrc),
    and the chat:
    `X.live_chat.json`, `X.comments.json` (yt-dlp), `X.chat.json`, `X_chat.json` or `X.json`
    (TwitchDownloader, twitch-dl, chat-downloader; also `.jsonl`, `.html`, `.txt`, `.log`, or packed
    as `.gz`),
    `X.danmaku.xml` or `X.xml` (recorders of Bilibili and Niconico). Chapters are the markers of
    `X.cue`, `X-proj.llc` (LosslessCut), `X.pbf` (PotPlayer) or `X.chapters.txt/.xml`, else those
    inside of the file. Side files that cannot be read are listed in `warnings`, never fatal. Title,
    channel and day that no side file tells are read from the head of the chat, the tags and the
    name (`recorder_facts`).
    Taking the same file again changes nothing and is cheap.

    Raises MediaError, NotMediaError, TruncatedMediaError, NoAudioError, DiskFullError.
    """
    source = Path(path).absolute()
    if not source.is_file():
        raise MediaError(
            "a folder, not a file" if source.is_dir() else "there is no such file",
            subject=str(source),
            next_step="Give the path of an audio or video file",
        )
    progress(0.0, "reading the file")
    probed = probe(source)
    stream_id = stream_id_for_file(source)
    folder.mkdir(parents=True, exist_ok=True)
    warnings: list[str] = []
    try:
        marks = probe_recording(source).chapters
        sidecars = take_sidecars(source, folder, stream_id, probed, warnings, marks=marks)
        if is_playlist_name(source.name) and (missing := missing_files(source)):
            warnings.append(
                f"missing segments: {len(missing)}, the first is {missing[0]}; silence stands for "
                "them"
            )
        kept = _rewritten(source, folder, mode, progress, check, warnings)
        if kept is None:
            kept = _keep(source, folder, probed, mode, progress, check, warnings)
        else:
            probed = probe(kept)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(str(folder)) from error
        raise MediaError(
            f"the file cannot be ingested ({error.strerror or error})",
            subject=str(source),
            next_step=f"Check that {folder} can be written to",
        ) from error
    progress(1.0, "ingested")
    return with_sidecars(
        sidecars,
        warnings,
        path=kept,
        duration_s=probed.duration_s,
        expected_duration_s=None,
        has_video=probed.has_video,
        sample_rate_hz=probed.sample_rate_hz,
        n_channels=probed.n_channels,
    )


def _rewritten(
    source: Path,
    folder: Path,
    mode: TakeMode,
    progress: Progress,
    check: Callable[[], None],
    warnings: list[str],
) -> Path | None:
    """Put an MP4 right whose joined parts differ in format; None for every other file."""
    target = folder / "recording.ts"
    if not rewrite_if_mixed(source, target, warnings, progress, check):
        return None
    if mode == "move":
        source.unlink()
    return target


def _keep(
    source: Path,
    folder: Path,
    probed: Probe,
    mode: TakeMode,
    progress: Progress,
    check: Callable[[], None],
    warnings: list[str],
) -> Path:
    """Place the recording by `mode`; return where it is to be read from."""
    if is_playlist_name(source.name):
        if mode != "reference":
            warnings.append("the playlist and its segments stay where they are")
        return source
    if mode == "reference" or source.parent == folder.absolute():
        return source
    suffix = probed.extension or source.suffix.lstrip(".").lower() or "bin"
    target = folder / f"recording.{suffix}"
    present = recording_in(folder)
    if present is not None and present.samefile(source):
        return present
    if present is not None and stream_id_for_file(present) == stream_id_for_file(source):
        if mode == "move":
            source.unlink()
        return present
    if mode == "move" and source.stat().st_dev == folder.stat().st_dev:
        source.replace(target)
        return target
    if mode == "hardlink":
        try:
            target.unlink(missing_ok=True)
            os.link(source, target)
            return target
        except OSError as error:
            warnings.append(
                f"copied, as this file system cannot share the file ({error.strerror or error})"
            )
    _copy(source, target, progress, check)
    if mode == "move":
        source.unlink()
    return target


def _copy(source: Path, target: Path, progress: Progress, check: Callable[[], None]) -> None:
    size = source.stat().st_size
    if shutil.disk_usage(target.parent).free < size:
        raise disk_full(str(target.parent))
    done = 0
    with atomic_path(target) as temporary, source.open("rb") as reader, temporary.open("wb") as out:
        while block := reader.read(_COPY_BYTES):
            check()
            out.write(block)
            done += len(block)
            progress(done / max(size, 1), f"copying {source.name}")
        if done != size:
            raise MediaError(
                "the file changed while it was copied",
                subject=str(source),
                next_step="Wait until nothing writes to it and try again",
            )

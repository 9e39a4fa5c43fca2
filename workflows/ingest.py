"""From an address or a file to streams in the catalogue: what a run needs before it can start."""

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import (
    MediaError,
    NotMediaError,
    StillProcessingError,
    UsageError,
    UtawakuError,
)
from utawaku.library.progress import Progress, part, silent
from utawaku.library.records import Stream
from utawaku.library.sites import full_address
from utawaku.media.folders import media_files
from utawaku.media.joined import SUFFIX, Part, joined_id, write_parts
from utawaku.media.lengths import counted_s
from utawaku.media.probe import probe
from utawaku.services.downloader import Downloader, StreamInfo, stream_id_for_file
from utawaku.workflows.site_parts import is_in_parts

NOT_YET = ("is_live", "is_upcoming", "post_live")


def is_address(source: str) -> bool:
    """Return whether `source` is a web address and not a path."""
    return urlsplit(source).scheme in ("http", "https")


def resolve_streams(
    source: str,
    catalogue: Catalogue,
    downloader: Downloader,
    *,
    take_unfinished: bool = False,
    as_one: bool = False,
    on_failed_entry: Callable[[str, UtawakuError], None] | None = None,
    on_progress: Callable[[int, int, str], None] = lambda _n, _total, _name: None,
) -> list[Stream]:
    """Put the streams behind `source` on record: a file, a folder, a stream or a playlist.

    Nothing is downloaded; a stream that is known already is only looked up. With
    `take_unfinished` a broadcast that is over but still processed by the site is taken, too. With
    `as_one` a video in parts on a site is one stream.
    With `on_failed_entry` an entry of a playlist or folder that cannot be resolved is reported
    (address or path, error), and the others go on. `on_progress` hears of each entry before it is
    resolved (how many are done, how many there are, its name).

    Raises:
        MediaError: a path that is no audio or video file.
        UsageError: `as_one`, and the address is no video in parts.
        DownloadError: the site does not answer, or has no finished recording there.
    """
    source = full_address(source)
    if not is_address(source):
        path = Path(source).expanduser().absolute()
        if path.is_dir():
            return _take_in_folder(path, catalogue, on_failed_entry, on_progress)
        return [_resolve_file(path, catalogue)]
    known = catalogue.streams.by_url(source)
    if known is not None and (known.as_one or not as_one):
        return [known]
    info = downloader.resolve(source)
    if as_one:
        return [register_parts(info, catalogue)]
    if not info.is_playlist:
        return [register(info, catalogue, take_unfinished=take_unfinished)]
    taken: list[Stream] = []
    entries = [entry for entry in info.entries if entry.live_status not in NOT_YET]
    for n, entry in enumerate(entries):
        on_progress(n, len(entries), entry.url)
        known = catalogue.streams.find(entry.stream_id) if entry.stream_id else None
        try:
            taken.append(known or register(downloader.resolve(entry.url), catalogue))
        except UtawakuError as error:
            if on_failed_entry is None:
                raise
            on_failed_entry(entry.url, error)
    return taken


def _take_in_folder(
    folder: Path,
    catalogue: Catalogue,
    on_failed_entry: Callable[[str, UtawakuError], None] | None,
    on_progress: Callable[[int, int, str], None],
) -> list[Stream]:
    paths = [path for path, _stat in media_files(folder)]
    if not paths:
        raise NotMediaError(
            "no audio or video file is in this folder",
            subject=str(folder),
            next_step="Give another folder, or the path of a file",
        )
    found: dict[str, Stream] = {}
    for n, path in enumerate(paths):
        on_progress(n, len(paths), path.name)
        try:
            stream = _resolve_file(path, catalogue)
        except UtawakuError as error:
            if on_failed_entry is None:
                raise
            on_failed_entry(str(path), error)
        else:
            found[stream.id] = stream  # a copy of a file is the same stream
    return list(found.values())


def _resolve_file(path: Path, catalogue: Catalogue) -> Stream:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise MediaError(
            "its name is no valid UTF-8",
            subject=os.fsencode(path).decode("utf-8", "backslashreplace"),
            next_step="Rename it, then try again",
        ) from None
    media = probe(path)
    stream_id = stream_id_for_file(path)
    known = catalogue.streams.find(stream_id)
    if known is not None:
        # The same recording under a new name: the old path may be gone.
        return catalogue.streams.save(replace(known, url=str(path)))
    return catalogue.streams.save(
        Stream(
            id=stream_id,
            url=str(path),
            title=path.stem,
            site="file",
            site_id=stream_id.removeprefix("file-"),
            duration_s=media.duration_s,
            has_video=media.video_codec is not None,
            sample_rate_hz=media.sample_rate_hz,
            n_channels=media.n_channels,
        )
    )


def resolve_parts(
    files: Sequence[Path], catalogue: Catalogue, settings: Settings, progress: Progress = silent
) -> Stream:
    """Put files that follow each other on record as one stream; the files stay where they are.

    The same files in the same order are the same stream. Each part's length is counted, as what a
    recorder's header says may be wrong, and everything behind it would be late.

    Raises:
        MediaError: a file is no recording, is named twice, or has another codec than the first.
    """
    paths = [path.expanduser().absolute() for path in files]
    if len(paths) < 2 or len({path.resolve() for path in paths}) < len(paths):
        raise MediaError(
            "one stream needs two or more files, each named once",
            subject=", ".join(path.name for path in paths),
            next_step="Name the files in the order in which they were recorded",
        )
    codecs = [probe(path).audio_codec for path in paths]
    for path, codec in zip(paths, codecs, strict=True):
        if codec != codecs[0]:
            raise MediaError(
                f"its sound is {codec}, that of {paths[0].name} is {codecs[0]}",
                subject=str(path),
                next_step="Convert one of them with ffmpeg, or ingest them one by one",
            )
    stream_id = joined_id([stream_id_for_file(path) for path in paths])
    known = catalogue.streams.find(stream_id)
    listed = settings.stream_dir(stream_id) / f"recording{SUFFIX}"
    parts: list[Part] = []
    start_s = 0.0
    for number, path in enumerate(paths):
        share = part(progress, number / len(paths), (number + 1) / len(paths))
        duration_s = counted_s(path, share)
        parts.append(Part(path, start_s, duration_s, _address_beside(path)))
        start_s += duration_s
    write_parts(listed, parts)
    if known is not None:
        return known
    media = probe(listed)
    return catalogue.streams.save(
        Stream(
            id=stream_id,
            url=str(listed),
            title=paths[0].stem,
            site="file",
            site_id=stream_id.removeprefix("file-"),
            duration_s=media.duration_s,
            sample_rate_hz=media.sample_rate_hz,
            n_channels=media.n_channels,
        )
    )


def _address_beside(path: Path) -> str:
    """Address that the `X.info.json` beside a file `X.mp4` gives for it; empty without one."""
    try:
        info = json.loads(path.with_name(f"{path.stem}.info.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ""
    address = info.get("webpage_url") if isinstance(info, dict) else None
    return address if isinstance(address, str) and is_address(address) else ""


def register(info: StreamInfo, catalogue: Catalogue, *, take_unfinished: bool = False) -> Stream:
    """Put a stream that was looked at on record.

    Raises:
        StillProcessingError: the broadcast is not over, or its archive not complete.
    """
    if info.live_status in NOT_YET and not (take_unfinished and info.live_status == "post_live"):
        raise StillProcessingError(
            f"the broadcast is not over ({info.live_status})",
            subject=info.url,
            next_step="Try again when the archive is up; a followed channel does so by itself",
        )
    known = catalogue.streams.find(info.stream_id)
    return known or catalogue.streams.save(stream_of(info))


def register_parts(info: StreamInfo, catalogue: Catalogue) -> Stream:
    """Put a video in parts on a site on record as one stream.

    Raises:
        UsageError: it is no such video.
    """
    if not is_in_parts(info):
        raise UsageError(
            "this is not one video in parts",
            subject=info.url,
            next_step="Ingest it without --as-one; files of this machine are named one by one",
        )
    known = catalogue.streams.find(info.stream_id)
    return catalogue.streams.save(replace(known or stream_of(info), as_one=True))


def stream_of(info: StreamInfo, known: Stream | None = None) -> Stream:
    """The catalogue's record of what a site tells; where it is silent, what was known stays."""
    base = known or Stream(id=info.stream_id, url=info.url)
    return replace(
        base,
        title=info.title or base.title,
        site=info.site or base.site,
        site_id=info.site_id or base.site_id,
        channel_id=info.channel_id or base.channel_id,
        channel=info.channel or base.channel,
        uploaded_on=info.uploaded_on or base.uploaded_on,
        duration_s=info.duration_s or base.duration_s,
        description=info.description or base.description,
    )

"""Songs of charts and other lists as a training folder, each with what viewers replayed."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import DownloadError, UtawakuError, file_trouble
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, part, silent
from utawaku.library.sites import full_address
from utawaku.services.downloader import Downloader
from utawaku.services.downloader.info import StreamInfo
from utawaku.services.rate_limits import asking, note_download, wait_before_download
from utawaku.workflows.ingest import is_address
from utawaku.workflows.liked_lists import LISTS, entries_of
from utawaku.workflows.training_songs import CURVE, Collected

LONGEST_S = 900.0
"""A longer upload is hardly one song."""
_FETCHED = ".fetched"


def is_list(source: str) -> bool:
    """Return whether this is an address, or a file that lists addresses."""
    named = Path(source).expanduser()
    return is_address(full_address(source)) or (named.suffix.lower() in LISTS and named.is_file())


def collect_lists(
    source: str,
    folder: Path,
    catalogue: Catalogue,
    settings: Settings,
    downloader: Downloader,
    *,
    limit: int,
    progress: Progress = silent,
) -> Collected:
    """Fetch the songs of a list into `folder`, as `train highlight` reads them.

    The library gets none. A song that is there already is not asked again; those whose page shows
    no curve are not fetched. The quota of the day and cooldowns hold as for every download: the
    same command goes on later.

    Args:
        source: a playlist, chart, channel or upload, or a file that lists any of these.
        folder: gets NAME.EXT and NAME.curve.json, which is yt-dlp's heatmap.
        catalogue: counts what each site was asked for.
        settings: quotas.
        downloader: fetches.
        limit: songs taken of the list at most, in its order.
        progress: is told the share that is done.

    Raises:
        UtawakuError: the list cannot be read, or the folder cannot be written to.
    """
    found = list(_entries(source, catalogue, downloader, limit))
    written: list[Path] = []
    left_out: list[tuple[str, str]] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, (title, url) in enumerate(found):
            share = part(progress, number / len(found), (number + 1) / len(found))
            share(0.0, title)
            try:
                written.append(_collect(url, folder, catalogue, settings, downloader, share))
            except UtawakuError as error:
                left_out.append((title, error.problem))
        with suppress(OSError):  # what broke off is in it, and goes on the next time
            (folder / _FETCHED).rmdir()
    except OSError as error:
        raise file_trouble(error, str(folder)) or error from error
    return Collected(tuple(written), tuple(left_out))


def _entries(
    source: str, catalogue: Catalogue, downloader: Downloader, limit: int
) -> Iterator[tuple[str, str]]:
    """Title and address of each song."""
    left = limit
    for entry in entries_of(source):
        address = full_address(entry)
        with asking(address, catalogue):
            info = downloader.resolve(address, max_entries=max(1, left))
        songs = (
            [(one.title or one.url, one.url) for one in info.entries]
            if info.is_playlist
            else [(info.title or info.url, info.url)]
        )
        yield from songs[:left]
        left -= len(songs[:left])
        if left <= 0:
            return


def _collect(
    url: str,
    folder: Path,
    catalogue: Catalogue,
    settings: Settings,
    downloader: Downloader,
    progress: Progress,
) -> Path:
    """Fetch one song with its curve; one that is there already is only named.

    Raises:
        UtawakuError: it cannot be fetched now, or will not do.
    """
    index = _Index(folder)
    known = index.file_of(url)
    if known is not None:
        return known
    waiting = wait_before_download(url, catalogue, settings, time.time())
    if waiting is not None:
        raise DownloadError(waiting.reason, subject=url)
    with asking(url, catalogue):
        info = downloader.resolve(url)
        _check(info)
        fetched = downloader.fetch(
            info,
            folder / _FETCHED / info.stream_id,
            want="audio",
            with_comments=False,
            with_live_chat=False,
            progress=progress,
        )
    note_download(url, info.stream_id, fetched.path.stat().st_size, catalogue)
    target = folder / f"{info.stream_id}{fetched.path.suffix}"
    curve = [
        {"start_time": start_s, "end_time": stop_s, "value": value}
        for start_s, stop_s, value in info.heatmap
    ]
    # The curve comes first: a song without one is told as a fault of the folder.
    with atomic_path(folder / f"{info.stream_id}{CURVE}") as temporary:
        temporary.write_text(json.dumps(curve), "utf-8")
    fetched.path.replace(target)
    shutil.rmtree(folder / _FETCHED / info.stream_id)
    index.note(url, target)
    return target


def _check(info: StreamInfo) -> None:
    """Raise a DownloadError where this is no song with a curve."""
    if info.is_playlist:
        raise DownloadError("a list inside of a list is not read", subject=info.url)
    if not info.heatmap or len({value for _, _, value in info.heatmap}) < 2:
        raise DownloadError("its page does not show what is replayed", subject=info.url)
    if info.duration_s is not None and info.duration_s > LONGEST_S:
        raise DownloadError(f"it is longer than {LONGEST_S / 60:.0f} minutes", subject=info.url)


class _Index:
    """Addresses whose songs lie in a folder, kept beside them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ".collected.json"
        self._folder = folder
        try:
            self._names: dict[str, str] = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):  # then the sites are asked again
            self._names = {}

    def file_of(self, url: str) -> Path | None:
        name = self._names.get(url, "")
        path = self._folder / Path(name).name
        curve = path.with_name(f"{path.stem}{CURVE}")
        return path if name and path.is_file() and curve.is_file() else None

    def note(self, url: str, path: Path) -> None:
        self._names[url] = path.name
        with atomic_path(self._path) as temporary:
            temporary.write_text(json.dumps(self._names, indent=0), "utf-8")

"""From an address or a file to streams in the catalogue: what a run needs before it can start."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import StillProcessingError, UtawakuError
from utawaku.library.records import Stream
from utawaku.library.sites import full_address
from utawaku.media.probe import probe
from utawaku.services.downloader import Downloader, StreamInfo, stream_id_for_file

NOT_YET = ("is_live", "is_upcoming", "post_live")


def is_address(source: str) -> bool:
    """Whether `source` is a web address and not a path."""
    return urlsplit(source).scheme in ("http", "https")


def take_in(
    source: str,
    catalogue: Catalogue,
    downloader: Downloader,
    *,
    take_unfinished: bool = False,
    on_failed_entry: Callable[[str, UtawakuError], None] | None = None,
) -> list[Stream]:
    """Put the stream(s) behind `source` (file, address of a stream or of a playlist) on record.

    Nothing is downloaded; a stream that is known already is only looked up. With
    `take_unfinished` a broadcast that is over but still processed by the site is taken, too.
    With `on_failed_entry` an entry of a playlist that cannot be taken is told (address, error),
    and the others go on.

    Raises:
        MediaError: a path that is no audio or video file.
        DownloadError: the site does not answer, or has no finished recording there.
    """
    source = full_address(source)
    if not is_address(source):
        return [_take_in_file(Path(source), catalogue)]
    known = catalogue.streams.by_url(source)
    if known is not None:
        return [known]
    info = downloader.resolve(source)
    if not info.is_playlist:
        return [register(info, catalogue, take_unfinished=take_unfinished)]
    taken: list[Stream] = []
    for entry in info.entries:
        if entry.live_status in NOT_YET:
            continue
        known = catalogue.streams.find(entry.stream_id) if entry.stream_id else None
        try:
            taken.append(known or register(downloader.resolve(entry.url), catalogue))
        except UtawakuError as error:
            if on_failed_entry is None:
                raise
            on_failed_entry(entry.url, error)
    return taken


def _take_in_file(path: Path, catalogue: Catalogue) -> Stream:
    path = path.expanduser().absolute()
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

"""A short piece out of the middle of a stream, without fetching the whole of it."""

from pathlib import Path
from typing import Any

from utawaku.library.errors import EncodeError, MediaError, NetworkError
from utawaku.library.files import atomic_path

PREVIEW_S = 30.0
_SKIPPED_SHARE = 0.4
"""Streams begin with waiting music and talk; a good third in, somebody sings."""


def fetch_preview(
    media_url: str,
    target: Path,
    *,
    duration_s: float | None,
    length_s: float = PREVIEW_S,
    headers: dict[str, str] | None = None,
    proxy: str = "",
) -> Path:
    """Copy `length_s` seconds of a media address' audio to `target` (Matroska audio).

    FFmpeg seeks by Range, so only the container's index and the piece itself are fetched.

    Args:
        media_url: address of an audio format, as yt-dlp gives it.
        target: file to write; `.mka`.
        duration_s: length of the whole; None takes the beginning.
        length_s: seconds to take.
        headers: request headers that the site wants.
        proxy: an http proxy.

    Raises:
        NetworkError: the address does not answer.
        MediaError: there is no audio in it.
        EncodeError: the piece cannot be written.
    """
    import av

    from utawaku.media.probe import default_track

    options = {"timeout": "15000000", "rw_timeout": "15000000"}
    if headers:
        options["headers"] = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    if proxy:
        options["http_proxy"] = proxy
    start_s = max(0.0, (duration_s or 0.0) * _SKIPPED_SHARE)
    try:
        source = av.open(media_url, options=options)
    except (av.error.FFmpegError, OSError) as error:
        raise NetworkError(f"the preview cannot be opened ({_told(error)})") from error
    with source:
        stream = default_track(source)
        if stream is None:
            raise MediaError("no audio to preview")
        try:
            with atomic_path(target) as temporary:
                _copy(source, stream, temporary, start_s, length_s)
        except av.error.FFmpegError as error:
            raise EncodeError(f"the preview cannot be written ({_told(error)})") from error
    return target


def _copy(source: Any, stream: Any, target: Path, start_s: float, length_s: float) -> None:
    import av

    if start_s:
        source.seek(int(start_s * av.time_base), backward=True)
    with av.open(str(target), "w", format="matroska") as out:
        copied = out.add_stream_from_template(stream)
        first: int | None = None
        for packet in source.demux(stream):
            if packet.pts is None or packet.dts is None:
                continue
            first = packet.dts if first is None else first
            if float((packet.pts - first) * packet.time_base) >= length_s:
                break
            packet.pts -= first
            packet.dts -= first
            packet.stream = copied
            out.mux(packet)
        if first is None:
            raise MediaError("nothing at this place of the stream")


def _told(error: BaseException) -> str:
    return type(error).__name__

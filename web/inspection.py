"""The check of an uploaded file: it is opened, and only as one of the formats that hold sound.

`python -m utawaku.web.inspection FILE` does it in a process of its own and prints one JSON object:
a file that brings a decoder down takes nothing else with it.
"""

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import av
from av.error import FFmpegError

from utawaku.library.errors import NotMediaError, UtawakuError
from utawaku.library.text import clean_line
from utawaku.media.probe import MediaInfo, probe

FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,eac3,flac,flv,matroska,mov,mp3,mpeg,mpegts,ogg,opus,tta,"
    "w64,wav,webm,wv"
)
"""Of FFmpeg. Others, such as lists of parts, would make it open further files or addresses."""

_PLAYED = {
    ("mp3", "mp3"): "audio/mpeg",
    ("ogg", "opus"): "audio/ogg",
    ("ogg", "vorbis"): "audio/ogg",
    ("wav", "pcm_s16le"): "audio/wav",
    ("mov", "aac"): "audio/mp4",
}
"""Container and codec that every browser plays, with its type; other sound is encoded as AAC."""


@dataclass(frozen=True)
class Inspection:
    """The facts that a file tells about itself."""

    title: str
    artist: str
    duration_s: float
    """As its header says; 0 where it says nothing."""
    content_type: str
    """Type as which a browser plays it; empty where it has to be encoded first."""


def inspect(path: Path) -> Inspection:
    """Open a file that may be anything.

    Raises:
        NotMediaError: it is of none of `FORMATS`.
        MediaError: it has no sound, or lacks what is needed to play it.
    """
    try:
        with av.open(f"file:{path}", options={"format_whitelist": FORMATS}):
            pass
    except FFmpegError as error:
        raise NotMediaError(
            "is no audio or video file that can be read", next_step="Upload another file"
        ) from error
    info = probe(path)
    tags = {name.lower(): value for name, value in info.tags.items()}
    return Inspection(
        title=clean_line(tags.get("title", "")),
        artist=clean_line(tags.get("artist", "")),
        duration_s=info.duration_s,
        content_type=played_as(info),
    )


def played_as(info: MediaInfo) -> str:
    """Return the type as which a browser plays a file as it is; empty where it does not."""
    if info.video_codec or info.n_tracks != 1:
        return ""
    return _PLAYED.get((info.container.split(",")[0], info.audio_codec), "")


def main() -> None:
    """Print what the file of the command line tells about itself, or why it is refused."""
    try:
        told = {"event": "inspected", **asdict(inspect(Path(sys.argv[1])))}
    except UtawakuError as error:
        told = {"event": "refused", "why": error.problem, "next_step": error.next_step}
    print(json.dumps(told))


if __name__ == "__main__":
    main()

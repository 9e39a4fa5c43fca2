"""The option `--track` of commands that read a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

TrackOption = Annotated[
    str,
    typer.Option(
        "--track",
        metavar="N|LANG",
        help="Sound track: a number counted from 0, or a language (jpn, ja). Default: the track "
        "flagged as default.",
    ),
]


@contextmanager
def chosen_track(file: Path, track: str) -> Iterator[Path]:
    """Give what to read so that `track` of `file` is heard; an empty one is the default track.

    Raises:
        NoAudioError: there is no such track; the message lists those that are there.
    """
    if not track:
        yield file
        return
    from utawaku.media.tracks import with_track
    from utawaku.services.downloader.languages import same_language

    with TemporaryDirectory(prefix="utawaku-track-") as folder:
        yield with_track(file, track, Path(folder), same_language)

"""The data of a timeline, read in one go."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from utawaku.library.analysis import Envelope, read_envelope
from utawaku.library.errors import UtawakuError
from utawaku.library.records import Segment, SetlistLine, Song, Stream
from utawaku.library.words import word

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings


@dataclass(frozen=True)
class StreamPicture:
    """The data of a stream."""

    stream: Stream
    segments: list[Segment]
    songs: list[Song]
    numbers: dict[str, int]
    stamps: Sequence[SetlistLine]
    envelope: Envelope | None
    damaged: str = ""
    """The reason why there is no waveform, if not for being too early."""
    off_topic: Sequence[SetlistLine] = ()
    """Spans in which viewers hear no song, named by what they are."""


def read_stream(
    catalogue: "Catalogue", settings: "Settings", stream_id: str
) -> StreamPicture | None:
    """Read one stream, or the newest; off the event loop. None when there is none at all."""
    if not stream_id:
        newest = catalogue.streams.all(limit=1)
        if not newest:
            return None
        stream_id = newest[0].id
    stream = catalogue.streams.get(stream_id)
    songs = catalogue.songs.of_stream(stream_id)
    setlists = catalogue.setlists.of_stream(stream_id)
    envelope, damaged = None, ""
    try:
        envelope = read_envelope(settings, stream_id)
    except UtawakuError as error:
        damaged = str(error)
    return StreamPicture(
        stream,
        catalogue.streams.segments(stream_id),
        songs,
        catalogue.browser.numbers_of([song.id for song in songs]),
        next((one.lines for one in setlists if any(line.is_song for line in one.lines)), ()),
        envelope,
        damaged,
        [
            replace(line, title=word(line.title))
            for one in setlists
            if not any(line.is_song for line in one.lines)
            for line in one.lines
        ],
    )

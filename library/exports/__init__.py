"""Exports: what is known of one stream, as text that other programs read.

All are pure functions from records to text; `EXPORTS` lists them by name for the command line.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from utawaku.library.errors import UsageError
from utawaku.library.exports.cue import cue_sheet
from utawaku.library.exports.document import stream_json
from utawaku.library.exports.playlist import PlaylistEntry, m3u8
from utawaku.library.exports.segments import (
    audacity_labels,
    ina_csv,
    parse_audacity_labels,
    parse_ina_csv,
    parse_segmented_tsv,
    rttm,
    segmented_row,
    segmented_tsv,
)
from utawaku.library.exports.setlists import NamedSpan, hms, setlist_comment, song_list
from utawaku.library.exports.tables import CSV_COLUMNS, holodex_songs, songs_csv
from utawaku.library.exports.timeframes import mmif
from utawaku.library.records import Segment, Song, Stream


@dataclass(frozen=True)
class Export:
    """One format: what its file is called and how it is made from one stream."""

    name: str
    suffix: str
    description: str
    make: Callable[[Stream, Sequence[Segment], Sequence[Song]], str]


EXPORTS: dict[str, Export] = {
    export.name: export
    for export in (
        Export(
            "list",
            ".txt",
            "HH:MM:SS list of the songs",
            lambda _stream, _segments, songs: song_list(songs),
        ),
        Export(
            "comment",
            ".txt",
            "setlist to paste under the video",
            lambda stream, _segments, songs: setlist_comment(songs, title=stream.title),
        ),
        Export(
            "comment-ends",
            ".txt",
            "setlist to paste, with the ends of the songs",
            lambda stream, _segments, songs: setlist_comment(
                songs, title=stream.title, with_stop=True
            ),
        ),
        Export(
            "csv",
            ".csv",
            "songs as rows: start, stop, title, artist, singer, url",
            lambda stream, _segments, songs: songs_csv(stream, songs),
        ),
        Export("mmif", ".mmif", "segments and songs as MMIF time frames", mmif),
        Export(
            "holodex",
            ".holodex.json",
            "songs in the form of Holodex",
            lambda stream, _segments, songs: holodex_songs(stream, songs),
        ),
        Export(
            "cue",
            ".cue",
            "CUE sheet over the recording",
            lambda stream, _segments, songs: cue_sheet(stream, songs),
        ),
        Export(
            "audacity",
            ".labels.txt",
            "label track for Audacity",
            lambda _stream, segments, songs: audacity_labels(segments, songs),
        ),
        Export(
            "ina-csv",
            ".csv",
            "segments as inaSpeechSegmenter writes them",
            lambda _stream, segments, _songs: ina_csv(segments),
        ),
        Export(
            "segmented-tsv",
            ".segmented.tsv",
            "path, speech spans, share of speech",
            lambda stream, segments, _songs: segmented_tsv([(_path(stream), segments)]),
        ),
        Export(
            "rttm",
            ".rttm",
            "segments as NIST Rich Transcription Time Marks",
            lambda stream, segments, _songs: rttm(stream.id, segments),
        ),
        Export(
            "m3u8",
            ".m3u8",
            "playlist of the song files",
            lambda stream, _segments, songs: m3u8(
                [PlaylistEntry.of(song) for song in songs if song.file_path], title=stream.title
            ),
        ),
        Export("json", ".json", "everything as one JSON object", stream_json),
    )
}


def _path(stream: Stream) -> str:
    return stream.recording_path or stream.url


def export_stream(
    name: str, stream: Stream, segments: Sequence[Segment], songs: Sequence[Song]
) -> str:
    """Return one stream in the format `name`. Raises UsageError for a format that is none."""
    if name not in EXPORTS:
        raise UsageError(
            "there is no such export format",
            subject=name,
            next_step=f"Choose one of {', '.join(EXPORTS)}",
        )
    return EXPORTS[name].make(stream, segments, songs)


__all__ = [
    "CSV_COLUMNS",
    "EXPORTS",
    "Export",
    "NamedSpan",
    "PlaylistEntry",
    "audacity_labels",
    "cue_sheet",
    "export_stream",
    "hms",
    "holodex_songs",
    "ina_csv",
    "m3u8",
    "mmif",
    "parse_audacity_labels",
    "parse_ina_csv",
    "parse_segmented_tsv",
    "rttm",
    "segmented_row",
    "segmented_tsv",
    "setlist_comment",
    "song_list",
    "songs_csv",
    "stream_json",
]

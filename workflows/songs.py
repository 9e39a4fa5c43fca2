"""Song boundaries of a stream: the rules that apply, and the picture of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.files import atomic_path
from utawaku.library.records import Setlist, SetlistLine, Song, SongSpan, Stream
from utawaku.media.pictures import timeline_picture
from utawaku.models.segmentation import Segmentation
from utawaku.models.songs import (
    VERSION,
    SongRules,
    find_songs,
    find_songs_with_evidence,
    is_one_song,
    whole_song,
)
from utawaku.models.songs.off_topic import OffTopic
from utawaku.models.songs.sequence import SequenceScorer

TIMELINE_NAME = "timeline.png"
_WHOLE = {"song": "always", "songs": "never"}
"""The rule `whole` for each choice of `Stream.holds`."""
_OF_WHOLE = ("whole", "whole_max_s", "whole_music")


def rules_of(stream: Stream, catalogue: Catalogue, settings: Settings) -> SongRules:
    """The song rules for a stream: the choice made for it over its channel's over the user's over
    the defaults."""
    channel = catalogue.channels.of_stream(stream)
    of_channel = channel.rules.get("songs", {}) if channel else {}
    own = {"whole": _WHOLE[stream.holds]} if stream.holds in _WHOLE else {}
    return SongRules.model_validate({**settings.songs, **of_channel, **own})


def made_with(
    rules: SongRules,
    setlist: Setlist | None,
    duration_s: float,
    off_topic: Sequence[OffTopic] = (),
) -> dict[str, Any]:
    """Return what decides the outcome, to tell whether it has to be made again.

    Args:
        rules: those that hold for the stream.
        setlist: the list that its songs are cut by.
        duration_s: length of its recording.
        off_topic: spans in which viewers hear no song.
    """
    told = rules.model_dump(mode="json", exclude=set(_OF_WHOLE))
    # Left away where it decides nothing, so that the streams of older versions do not become stale.
    if rules.whole == "always" or (rules.whole == "auto" and duration_s <= rules.whole_max_s):
        told |= rules.model_dump(mode="json", include=set(_OF_WHOLE))
    return {
        "rules": told,
        "setlist": [_told(line) for line in setlist.lines] if setlist else [],
        "version": VERSION,
        **({"off_topic": [[one.start_s, one.stop_s] for one in off_topic]} if off_topic else {}),
    }


def _told(line: SetlistLine) -> list[Any]:
    """Return what a line decides; ends only where it has one, for the sake of older versions."""
    ends = [] if line.stop_s is None else [line.stop_s, line.is_cut]
    return [line.start_s, line.title, line.artist, *ends]


def found_songs(
    segmentation: Segmentation,
    rules: SongRules,
    setlist: Setlist | None,
    written: Sequence[Setlist],
    network: SequenceScorer | None = None,
    off_topic: Sequence[OffTopic] = (),
) -> tuple[list[SongSpan], Setlist | None]:
    """Songs of a recording by rules, and what was believed of the lists that people wrote.

    Args:
        segmentation: of the recording, with what `segment_and_listen` kept beside it.
        rules: those that hold for the stream.
        setlist: the best list; one that the user gave is taken as it is.
        written: all lists of the stream's page and chat.
        network: replaces the sequence network that comes with the package.
        off_topic: spans in which viewers hear no song.
    """
    if setlist is not None and setlist.source == "user":
        return find_songs(segmentation, rules, setlist.lines, network, off_topic), None
    weighed = find_songs_with_evidence(segmentation, rules, written, network, off_topic)
    n_listed = max((sum(line.is_song for line in one.lines) for one in written), default=0)
    if is_one_song(segmentation, weighed.songs, n_listed, rules):
        return [whole_song(segmentation, rules)], None
    return weighed.songs, weighed.setlist


def tell_left_out(warnings: Sequence[str], stream: Stream, catalogue: Catalogue) -> None:
    """Leave a notice on the stream for every piece of evidence that there is none of."""
    for warning in warnings:
        catalogue.notices.add(
            "warning",
            "left out of the evidence for songs and titles",
            body=warning,
            next_step="The recording is cut without it",
            stream_id=stream.id,
        )


def songs_astray(songs: Sequence[Song], duration_s: float) -> list[str]:
    """Return ids of songs that reach out of the recording, or begin before the last one stops."""
    astray = []
    stop_s = 0.0
    for song in songs:
        if not stop_s - 1e-6 <= song.start_s < song.stop_s <= duration_s + 1e-6:
            astray.append(song.id)
        stop_s = max(stop_s, song.stop_s)
    return astray


def draw_timeline(
    stream: Stream, segmentation: Segmentation, songs: list[Song], settings: Settings
) -> Path:
    """Draw waveform, segments and songs into the stream's folder."""
    target = settings.stream_dir(stream.id) / TIMELINE_NAME
    envelope = np.maximum(np.abs(segmentation.wave_min), np.abs(segmentation.wave_max))
    picture = timeline_picture(
        envelope, segmentation.duration_s, segmentation.segments, songs, title=stream.title
    )
    with atomic_path(target) as temporary:
        temporary.write_bytes(picture)
    return target

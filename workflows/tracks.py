"""The sound track of a stream: what the user or a rule chose, applied to its recording."""

from dataclasses import dataclass, replace
from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import NoAudioError
from utawaku.library.records import Stream
from utawaku.media.probe import probe
from utawaku.media.tracks import with_track
from utawaku.services.downloader import FetchedRecording
from utawaku.services.downloader.languages import same_language


@dataclass(frozen=True, slots=True)
class TrackChoice:
    """A recording with the chosen track."""

    path: Path
    """The path to read: the recording itself, or a list that names the track."""
    wanted: str
    """The choice that is kept with the stream; empty where the default track is read."""
    warning: str = ""


def choose_track(recording: Path, own: str, rule: str, folder: Path) -> TrackChoice:
    """Apply the choice for a stream.

    Args:
        own: chosen for this stream; a recording without it is refused.
        rule: what its channel or the settings want; a recording without it is read as it is.

    Raises:
        NoAudioError: the recording lacks the track that was chosen for it.
    """
    try:
        path = with_track(recording, own or rule, folder, same_language)
    except NoAudioError as error:
        if own:
            raise
        warning = f"{error.problem}: the track flagged as default is read"
        return TrackChoice(with_track(recording, "", folder, same_language), "", warning)
    return TrackChoice(path, own or rule)


def apply_choice(
    fetched: FetchedRecording, stream: Stream, rule: str, folder: Path
) -> tuple[FetchedRecording, Stream]:
    """Return recording and stream with the chosen track, which is kept with the stream.

    Raises:
        NoAudioError: the recording lacks the track that was chosen for the stream.
    """
    choice = choose_track(fetched.path, stream.track, rule, folder)
    warnings = (*fetched.warnings, *([choice.warning] if choice.warning else []))
    if choice.path != fetched.path:
        info = probe(choice.path)
        fetched = replace(
            fetched,
            path=choice.path,
            sample_rate_hz=info.sample_rate_hz,
            n_channels=info.n_channels,
        )
    return replace(fetched, warnings=warnings), replace(stream, track=choice.wanted)


def track_changed(stream: Stream, catalogue: Catalogue) -> bool:
    """Return whether another track was chosen since the recording was taken in."""
    state = catalogue.assets.of(stream.id).get("recordings")
    return state is not None and state.metadata.get("track", "") != stream.track

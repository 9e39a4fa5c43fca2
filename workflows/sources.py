"""Asking outside sources about a stream and its songs, as far as the settings switch them on.

A source that has no answer costs nothing but what it would have known: it becomes a warning.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import SourceError
from utawaku.library.files import atomic_path
from utawaku.library.records import LabelCandidate, SetlistLine, Stream
from utawaku.library.service_status import services
from utawaku.services.service_gate import ServiceGate
from utawaku.services.sources.acoustid import ask_acoustid, chromaprint_of
from utawaku.services.sources.bilibili_music import ask_background_music
from utawaku.services.sources.client import DAY_S, SourceClient, SourceOptions
from utawaku.services.sources.holodex import ask_holodex
from utawaku.services.sources.musicbrainz import (
    Spelling,
    ask_musicbrainz,
    spelled_alike,
)
from utawaku.services.sources.sponsorblock import (
    OFF_TOPIC,
    SponsorSegment,
    ask_sponsorblock,
    off_topic,
)

if TYPE_CHECKING:
    from utawaku.models.songs.off_topic import OffTopic

HOLODEX_FILE = "holodex.json"
MUSIC_FILE = "background_music.json"
SPONSORBLOCK_FILE = "sponsorblock.json"
SPONSORBLOCK_LICENCE = "CC BY-NC-SA 4.0, https://sponsor.ajay.app/"
CUTTING = ("holodex", "sponsorblock")
"""Sources that are asked when songs are cut, not when they are labelled."""
MUSIC_SURENESS = 0.6
"""Probability that a tagged title is the one song of a video; not measured, so the tag only
supports what others say."""
BACKGROUND_MUSIC = "background_music"

Answer = TypeVar("Answer")


def switched_on(settings: Settings) -> list[str]:
    """Return the names of the sources that are asked about labels, Shazam left aside."""
    others = ("shazam", "lrclib")
    return [
        name
        for name, service in services(settings).items()
        if service.enabled and name not in others
    ]


def client_of(
    name: str, settings: Settings, catalogue: Catalogue, *, longest_wait_s: float = 30.0
) -> SourceClient:
    """Return the way to a source, as the settings want it."""
    wanted = settings.sources
    service = services(settings)[name]
    gate = ServiceGate(
        service.store(catalogue), at_once=service.at_once, per_minute=service.per_minute
    )
    options = {
        "holodex": SourceOptions(
            "Holodex",
            wanted.holodex_url.get_secret_value(),
            keep_s=DAY_S,
            key_setting="sources.holodex_key",
            headers={"X-APIKEY": wanted.holodex_key.get_secret_value()},
        ),
        "bilibili_music": SourceOptions("Bilibili", wanted.bilibili_url.get_secret_value()),
        "musicbrainz": SourceOptions(
            "MusicBrainz", wanted.musicbrainz_url.get_secret_value(), keep_s=30 * DAY_S
        ),
        "acoustid": SourceOptions(
            "AcoustID",
            wanted.acoustid_url.get_secret_value(),
            keep_s=30 * DAY_S,
            key_setting="sources.acoustid_key",
        ),
        "sponsorblock": SourceOptions(
            "SponsorBlock", wanted.sponsorblock_url.get_secret_value(), keep_s=DAY_S
        ),
        "lrclib": SourceOptions("LRCLIB", wanted.lrclib_url.get_secret_value(), keep_s=30 * DAY_S),
    }[name]
    # SponsorBlock is not to know who asks.
    contact = "" if name == "sponsorblock" else wanted.contact
    return SourceClient(gate, replace(options, contact=contact, longest_wait_s=longest_wait_s))


def gather(stream: Stream, settings: Settings, catalogue: Catalogue) -> list[str]:
    """Ask about a stream and keep the answers in its folder; return what went wrong.

    What was known before stays where a source has no answer now.
    """
    folder, warnings = settings.stream_dir(stream.id), list[str]()
    if settings.sources.holodex and stream.site == "youtube":

        def holodex(client: SourceClient) -> None:
            video = ask_holodex(client, stream.site_id)
            if video is not None:
                _write(folder / HOLODEX_FILE, asdict(video))

        _ask("holodex", settings, catalogue, holodex, warnings)
    if settings.sources.bilibili_music and stream.site == "bilibili":

        def music(client: SourceClient) -> None:
            titles = ask_background_music(client, stream.site_id)
            _write(folder / MUSIC_FILE, list(titles))

        _ask("bilibili_music", settings, catalogue, music, warnings)
    if settings.sources.sponsorblock and stream.site == "youtube":

        def sponsorblock(client: SourceClient) -> None:
            marked = ask_sponsorblock(client, stream.site_id, stream.duration_s)
            rows = [asdict(segment) for segment in marked]
            _write(folder / SPONSORBLOCK_FILE, {"licence": SPONSORBLOCK_LICENCE, "segments": rows})

        _ask("sponsorblock", settings, catalogue, sponsorblock, warnings)
    return warnings


def sponsorblock_of(stream: Stream, settings: Settings) -> list[SponsorSegment]:
    """Return what viewers marked in a stream, from the stream's folder."""
    kept = _read(settings.stream_dir(stream.id) / SPONSORBLOCK_FILE)
    if not settings.sources.sponsorblock or not isinstance(kept, dict):
        return []
    end_s = stream.duration_s or math.inf
    read = [SponsorSegment(**row) for row in kept["segments"]]
    return [one for one in read if one.start_s < end_s]


def off_topic_of(stream: Stream, settings: Settings) -> "list[OffTopic]":
    """Return the spans of a stream in which viewers hear no song."""
    # The package of the song networks imports SciPy, and most who import this module cut no songs.
    from utawaku.models.songs.off_topic import OffTopic

    return [
        OffTopic(one.start_s, one.stop_s, one.category == OFF_TOPIC, one.votes, one.locked)
        for one in off_topic(sponsorblock_of(stream, settings))
    ]


def holodex_of(
    stream: Stream, settings: Settings
) -> tuple[tuple[SetlistLine, ...], list[dict[str, str]]]:
    """Return songs and comments that Holodex told of a stream, from the stream's folder."""
    kept = _read(settings.stream_dir(stream.id) / HOLODEX_FILE)
    if not settings.sources.holodex or not isinstance(kept, dict):
        return (), []
    lines = tuple(SetlistLine(**line) for line in kept["songs"])
    return lines, list(kept["comments"])


def background_music_of(stream: Stream, n_songs: int, settings: Settings) -> list[LabelCandidate]:
    """Return what Bilibili heard in a video, as weak guesses about each of its songs."""
    titles = _read(settings.stream_dir(stream.id) / MUSIC_FILE)
    if not settings.sources.bilibili_music or not isinstance(titles, list):
        return []
    score = round(MUSIC_SURENESS / max(n_songs, 1), 4)
    return [LabelCandidate(title, "", BACKGROUND_MUSIC, score, {"tag": title}) for title in titles]


class SongSources:
    """Asks about songs, one run long. Thread-safe; `warnings` holds what went wrong."""

    def __init__(self, settings: Settings, catalogue: Catalogue) -> None:
        self.warnings: list[str] = []
        self._settings = settings
        self._catalogue = catalogue

    def by_sound(self, audio: NDArray[np.float32], sample_rate_hz: int) -> list[LabelCandidate]:
        """Return what AcoustID knows of a song's sound, float32 (n_samples,) mono."""
        if not self._settings.sources.acoustid:
            return []

        def ask(client: SourceClient) -> list[LabelCandidate]:
            key = self._settings.sources.acoustid_key.get_secret_value()
            if not key:
                raise SourceError(
                    "no key is set",
                    subject="AcoustID",
                    next_step="Register an application at acoustid.org and set "
                    "sources.acoustid_key",
                )
            duration_s = len(audio) / sample_rate_hz
            return ask_acoustid(client, key, chromaprint_of(audio, sample_rate_hz), duration_s)

        return _ask("acoustid", self._settings, self._catalogue, ask, self.warnings) or []

    def spelled(self, named: LabelCandidate) -> tuple[LabelCandidate, Spelling | None]:
        """Return a name as MusicBrainz spells it, with its ids, and what else it is called."""
        if not self._settings.sources.musicbrainz:
            return named, None

        def ask(client: SourceClient) -> Spelling | None:
            if not self._settings.sources.contact:
                raise SourceError(
                    "it wants to know whom to write to",
                    subject="MusicBrainz",
                    next_step="Set sources.contact to a mail or web address of yours",
                )
            return ask_musicbrainz(client, named.title, named.artist)

        spelling = _ask("musicbrainz", self._settings, self._catalogue, ask, self.warnings)
        if spelling is None:
            return named, None
        better = named
        if spelled_alike(spelling, named.title, named.artist):
            better = replace(named, title=spelling.title, artist=spelling.artist)
        evidence = {**named.evidence, "musicbrainz": {"recording_id": spelling.recording_id}}
        return replace(better, isrc=named.isrc or spelling.isrc, evidence=evidence), spelling


def recording_id(evidence: Mapping[str, Any]) -> str:
    """Return the id on MusicBrainz of the recording that named a label; empty where it has none."""
    spelled = evidence.get("musicbrainz")
    found = spelled if isinstance(spelled, Mapping) else evidence
    return str(found.get("recording_id") or "")


def keep_aliases(song_id: str, spelling: Spelling, catalogue: Catalogue) -> None:
    """Let searches find a song by every spelling."""
    titles = dict.fromkeys((spelling.title, *spelling.title_aliases))
    artists = dict.fromkeys((spelling.artist, *spelling.artist_aliases))
    catalogue.aliases.replace(
        song_id,
        "musicbrainz",
        [*(("title", text) for text in titles), *(("artist", text) for text in artists)],
    )


def forget_aliases(song_id: str, catalogue: Catalogue) -> None:
    """Forget the spellings of a name that a song no longer has."""
    if catalogue.aliases.of_song(song_id):
        catalogue.aliases.replace(song_id, "musicbrainz", [])


def _ask(
    name: str,
    settings: Settings,
    catalogue: Catalogue,
    ask: Callable[[SourceClient], Answer],
    warnings: list[str],
) -> Answer | None:
    """Ask a source; what goes wrong is added to `warnings`, the same only once."""
    try:
        client = client_of(name, settings, catalogue)
        try:
            return ask(client)
        finally:
            client.close()
    except SourceError as error:
        if str(error) not in warnings:
            warnings.append(str(error))
    return None


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):  # nobody was asked yet, or a disk broke: it is asked again
        return None

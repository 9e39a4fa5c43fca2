"""Titles and artists for the songs of one stream."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.progress import Progress
from utawaku.library.records import LabelCandidate, Setlist, Song, Stream
from utawaku.library.service_status import services
from utawaku.media.pcm_cache import SAMPLE_RATE_HZ
from utawaku.models.fingerprint import Fingerprint, FingerprintIndex, SharedIndex, fingerprint
from utawaku.models.labels import accepted, rank_candidates
from utawaku.models.setlist import OrderedList, names_by_order
from utawaku.models.songs import WHOLE
from utawaku.services.artwork import fetch_cover
from utawaku.services.recognizer import ClientOptions, Gate, ShazamClient
from utawaku.workflows.labelling import (
    ENGINE_VERSION,
    LabelDecision,
    available_sources,
    decide,
    ordered_candidate,
    remember,
)
from utawaku.workflows.pcm_sharing import song_sound
from utawaku.workflows.sources import (
    CUTTING,
    SongSources,
    background_music_of,
    forget_aliases,
    keep_aliases,
    switched_on,
)
from utawaku.workflows.whole_songs import name_of_recording

AT_ONCE = 2


RETRY_S = 3600.0


def index_folder(settings: Settings) -> Path:
    """Return where this machine keeps its index of the library's own fingerprints."""
    return settings.data_dir / "fingerprints"


def open_index(settings: Settings, catalogue: Catalogue) -> FingerprintIndex:
    """Open the index of the library's own fingerprints, which several machines may share.

    Raises:
        FingerprintError: it cannot be used.
    """
    folder = index_folder(settings)
    if settings.is_shared:
        return SharedIndex(folder, catalogue.fingerprints)
    return FingerprintIndex(folder)


def shazam_gate(settings: Settings, catalogue: Catalogue) -> Gate:
    """The rate limit, remembered answers and circuit breaker that all processes share."""
    wanted = settings.labels
    return Gate(
        services(settings)["shazam"].store(catalogue),
        at_once=wanted.shazam_concurrency,
        per_minute=wanted.shazam_per_minute,
        most_per_minute=wanted.shazam_most_per_minute,
    )


def shazam_client(
    settings: Settings, catalogue: Catalogue, *, wait_for_rate_limit: bool
) -> ShazamClient:
    """The way to Shazam, as the settings want it."""
    options = ClientOptions(
        base_url=settings.labels.shazam_url.get_secret_value(),
        longest_wait_s=600.0 if wait_for_rate_limit else 0.0,
    )
    return ShazamClient(shazam_gate(settings, catalogue), options)


def cover_file(song: Song, settings: Settings) -> Path:
    """Return where the cover art that came with a song's name is kept."""
    start_ms = song.id.rpartition("@")[2]
    return settings.stream_dir(song.stream_id) / "covers" / f"{start_ms}.jpg"


def made_with(settings: Settings) -> dict[str, Any]:
    """Return what decides the outcome, to tell whether it has to be made again."""
    told: dict[str, Any] = {"version": ENGINE_VERSION, "shazam": settings.labels.shazam}
    # Left away while all is off, so that switching nothing on makes nothing stale.
    sources = [name for name in switched_on(settings) if name not in CUTTING]
    return told | ({"sources": sources} if sources else {})


def by_user(song: Song) -> bool:
    """Return whether the user named the song."""
    return song.label_source == "user"


_Sound = tuple[NDArray[np.float32] | None, Fingerprint | None, str]
"""Samples of a song, its fingerprint where the index lacks it, and why there are none."""


class StreamLabeller:
    """Names the songs of one stream. The index belongs to the calling thread; what is slow
    (decoding, fingerprints, the network) runs in a few others, a few songs at a time."""

    def __init__(
        self,
        stream: Stream,
        catalogue: Catalogue,
        settings: Settings,
        setlist: Setlist | None,
        index: FingerprintIndex,
        shazam: ShazamClient | None,
        *,
        ordered: Callable[[], Sequence[OrderedList]] = tuple,
        wait_for_rate_limit: bool,
    ) -> None:
        self._ordered = ordered
        self._wait_for_rate_limit = wait_for_rate_limit
        self._catalogue = catalogue
        self._settings = settings
        self._stream = stream
        self._setlist = setlist
        self._index = index
        self._shazam = shazam
        self.sources = SongSources(settings, catalogue)

    def label_all(self, songs: Sequence[Song], progress: Progress) -> dict[str, LabelDecision]:
        """Name every song that the user did not, and let the index know all of them."""
        decisions: dict[str, LabelDecision] = {}
        tagged = background_music_of(self._stream, len(songs), self._settings)
        own = self._name_of_whole(songs)
        tagged = [*tagged, *([own] if own else [])]
        asks = self._shazam is not None or self._settings.sources.acoustid
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for batch, heard in self._heard_ahead(songs, pool):
                unsure: list[tuple[Song, list[LabelCandidate]]] = []
                for song, (audio, print_, reason) in zip(batch, heard, strict=True):
                    if audio is None:
                        decisions[song.id] = LabelDecision([], None, reason, time.time() + RETRY_S)
                        continue
                    remember(self._index, song, print_)
                    at_hand = available_sources(
                        song,
                        audio,
                        self._setlist_for(song),
                        self._index,
                        self._settings.labels,
                        covers=self._wait_for_rate_limit,
                    )
                    self._catalogue.sounds.replace(
                        song.id, at_hand.links, engine_version=ENGINE_VERSION
                    )
                    if not by_user(song):
                        guesses = [*at_hand.candidates, *tagged]
                        decision = decide(guesses, self._settings.labels, audio, None)
                        decisions[song.id] = decision
                        if decision.applied is None and asks:
                            unsure.append((song, guesses))
                asked = pool.map(lambda pair: self._ask(*pair), unsure)
                for (song, _), decision in zip(unsure, asked, strict=True):
                    decisions[song.id] = decision
                if own:
                    named = {song.id: or_else(decisions[song.id], own) for song in batch
                             if song.id in decisions}  # fmt: skip
                    decisions |= named
                for song in batch:
                    self._apply(song, decisions.get(song.id))
                    remember(self._index, self._catalogue.songs.get(song.id), None)
                progress(len(decisions) / len(songs), f"named {len(decisions)} of {len(songs)}")
        self._name_by_order(songs, decisions)
        return decisions

    def _name_by_order(self, songs: Sequence[Song], decisions: dict[str, LabelDecision]) -> None:
        """Name what is left by the first list without times whose order fits."""
        known = [_name_of(song, decisions.get(song.id)) for song in songs]
        if None not in known:  # to read all comments takes a moment
            return
        for listed in self._ordered():
            named = names_by_order(known, listed.names)
            for index, line in named.items():
                song = songs[index]
                decision = decisions[song.id]
                ranked = rank_candidates([*decision.candidates, ordered_candidate(line, listed)])
                applied = accepted(ranked, self._settings.labels.accept)
                decisions[song.id] = replace(
                    decision,
                    candidates=ranked,
                    applied=applied,
                    reason="" if applied else decision.reason,
                )
                self._apply(song, decisions[song.id])
                remember(self._index, self._catalogue.songs.get(song.id), None)
            if named:
                return

    def _heard_ahead(
        self, songs: Sequence[Song], pool: ThreadPoolExecutor
    ) -> Iterator[tuple[Sequence[Song], Iterator[_Sound]]]:
        """Yield a few songs with what is heard of them; the next ones are listened to meanwhile."""

        def begin(batch: Sequence[Song]) -> tuple[Sequence[Song], Iterator[_Sound]]:
            new = {song.id for song in batch if song.id not in self._index}
            return batch, pool.map(lambda song: self._hear(song, song.id in new), batch)

        begun: deque[tuple[Sequence[Song], Iterator[_Sound]]] = deque()
        for batch in batches(songs, 2 * AT_ONCE):
            begun.append(begin(batch))
            if len(begun) > 1:
                yield begun.popleft()
        yield from begun

    def _name_of_whole(self, songs: Sequence[Song]) -> LabelCandidate | None:
        """Return the name of the recording itself, where it is one song."""
        if len(songs) != 1 or songs[0].boundary_source != WHOLE:
            return None
        return name_of_recording(self._stream, self._settings, self._catalogue.songs.artists())

    def _setlist_for(self, song: Song) -> Setlist | None:
        """The list that names a song; in one whole recording others list its parts, not songs."""
        listed = self._setlist
        if song.boundary_source == WHOLE and listed is not None and listed.source != "user":
            return None
        return listed

    def _hear(self, song: Song, is_new: bool) -> _Sound:
        """The song's sound and, where the index lacks it, its fingerprint; or why there is none."""
        try:
            audio = song_sound(song, self._stream, self._settings)
        except UtawakuError as error:
            return None, None, str(error)
        return audio, fingerprint(audio) if is_new else None, ""

    def _ask(self, song: Song, found: list[LabelCandidate]) -> LabelDecision:
        try:
            # Read again: keeping the sound of all unsure songs would take a gigabyte an evening.
            audio = song_sound(song, self._stream, self._settings)
        except UtawakuError as error:
            return LabelDecision([], None, str(error), time.time() + RETRY_S)
        found = [*found, *self.sources.by_sound(audio, SAMPLE_RATE_HZ)]
        return decide(found, self._settings.labels, audio, self._shazam)

    def _apply(self, song: Song, decision: LabelDecision | None) -> None:
        if by_user(song):
            self._spelled(song, LabelCandidate(song.title, song.artist, "user", 1.0))
            return
        if decision is None:
            return
        applied = decision.applied
        if applied is not None:
            applied = self._spelled(song, applied)
        candidates = [
            applied if applied is not None and one == decision.applied else one
            for one in decision.candidates
        ]
        self._catalogue.labels.replace_found(
            song.id, candidates, applied, engine_version=ENGINE_VERSION
        )
        if applied is not None:
            self._catalogue.songs.set_label(song.id, applied.title, applied.artist, applied.source)
            if applied.cover_url:
                fetch_cover(applied.cover_url, cover_file(song, self._settings))

    def _spelled(self, song: Song, named: LabelCandidate) -> LabelCandidate:
        """The name as MusicBrainz spells it; its other spellings are kept for searches."""
        better, spelling = self.sources.spelled(named)
        if spelling is not None:
            keep_aliases(song.id, spelling, self._catalogue)
        elif (named.title, named.artist) != (song.title, song.artist):
            forget_aliases(song.id, self._catalogue)  # they were of another name
        return better


def _name_of(song: Song, decision: LabelDecision | None) -> tuple[str, str] | None:
    """Return title and artist, as the user or a decision gave them; None where nobody did."""
    if by_user(song):
        return song.title, song.artist
    if decision is None or decision.applied is None:
        return None
    return decision.applied.title, decision.applied.artist


def or_else(decision: LabelDecision, own: LabelCandidate) -> LabelDecision:
    """The decision; where it names nothing, with the name that the recording itself has."""
    if decision.applied is not None:
        return decision
    found = decision.candidates
    return replace(decision, applied=own, candidates=found if own in found else [*found, own])


def batches(songs: Sequence[Song], size: int) -> Iterator[Sequence[Song]]:
    """Cut a list into parts of at most `size`."""
    for at in range(0, len(songs), size):
        yield songs[at : at + size]

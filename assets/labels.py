"""Names for the songs of a stream: ranked candidates with evidence, the best applied."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
from numpy.typing import NDArray

from utawaku.assets.models import naming_rules
from utawaku.assets.recordings import recording_file
from utawaku.assets.songs import songs_asset
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.progress import Progress, part
from utawaku.library.records import LabelCandidate, Setlist, Song, Stream
from utawaku.library.shazam_status import shazam_path
from utawaku.models.fingerprint import Fingerprint, FingerprintIndex, fingerprint
from utawaku.orchestration.materialization import work_on
from utawaku.orchestration.partitions import stream_partitions
from utawaku.orchestration.resources import LibraryResource
from utawaku.services.artwork import fetch_cover
from utawaku.services.recognizer import ClientOptions, Gate, ShazamClient
from utawaku.workflows.labelling import ENGINE_VERSION, Naming, remember, settle, witnesses_at_hand
from utawaku.workflows.pcm_sharing import forget_sound, keep_for, song_sound
from utawaku.workflows.setlists import best_setlist

AT_ONCE = 2
RETRY_S = 3600.0


class LabelsConfig(dg.Config):
    """How much a name is worth."""

    patient: bool = False
    """Wait for Shazam's rate limit and compare with covers; else what cannot be had at once is put
    off."""


def index_folder(settings: Settings) -> Path:
    """Where the library's own fingerprints lie."""
    return settings.data_dir / "fingerprints"


def shazam_gate(settings: Settings) -> Gate:
    """The rate limit, remembered answers and circuit breaker that all processes share."""
    wanted = settings.labels
    return Gate(
        shazam_path(settings),
        at_once=wanted.shazam_at_once,
        per_minute=wanted.shazam_per_minute,
    )


def shazam_client(settings: Settings, *, patient: bool) -> ShazamClient:
    """The way to Shazam, as the settings want it."""
    options = ClientOptions(
        base_url=settings.labels.shazam_url, longest_wait_s=600.0 if patient else 0.0
    )
    return ShazamClient(shazam_gate(settings), options)


def cover_file(song: Song, settings: Settings) -> Path:
    """Where the cover art that came with a song's name is kept."""
    start_ms = song.id.rpartition("@")[2]
    return settings.stream_dir(song.stream_id) / "covers" / f"{start_ms}.jpg"


def made_with(settings: Settings) -> dict[str, Any]:
    """What decides the outcome, to tell whether it has to be made anew."""
    return {"version": ENGINE_VERSION, "shazam": settings.labels.shazam}


@dg.asset(
    name="labels",
    partitions_def=stream_partitions,
    deps=[songs_asset, naming_rules],
    group_name="streams",
    code_version=ENGINE_VERSION,
    pool="shazam",
    kinds={"shazam"},
    check_specs=[dg.AssetCheckSpec("names_of_the_user_stand", asset="labels")],
)
def labels_asset(
    context: dg.AssetExecutionContext, config: LabelsConfig, library: LibraryResource
) -> dg.MaterializeResult:
    """Ask setlist, own index and Shazam for names; what the user chose is never overwritten."""
    settings, catalogue = library.settings, library.catalogue
    stream = catalogue.streams.get(context.partition_key)
    with work_on(library, context, "labels") as work:
        songs = catalogue.songs.of_stream(stream.id)
        before = {song.id: (song.title, song.artist) for song in songs if by_user(song)}
        namings: dict[str, Naming] = {}
        if songs:
            recording_file(stream, settings)  # nothing can be heard without it
            keep_for(songs, stream, settings, part(work.progress, 0.0, 0.2))
            shazam = None
            if settings.labels.shazam:
                shazam = shazam_client(settings, patient=config.patient)
            with FingerprintIndex(index_folder(settings)) as index:
                setlist = best_setlist(stream, catalogue, settings)
                labeller = _Labeller(
                    library, stream, setlist, index, shazam, patient=config.patient
                )
                namings = labeller.label_all(songs, part(work.progress, 0.2, 1.0))
            if shazam is not None:
                shazam.close()
        now = catalogue.songs.of_stream(stream.id)
        retry_at = min((n.retry_at for n in namings.values() if n.retry_at), default=0.0)
        metadata: dict[str, Any] = {
            "n_songs": len(now),
            "n_named": sum(bool(song.title) for song in now),
            "n_by_user": len(before),
            "n_unknown": sum(not song.title for song in now),
            "n_questions": sum(naming.n_questions for naming in namings.values()),
            "n_cached": sum(naming.n_cached for naming in namings.values()),
            "unknown_because": {
                song_id: naming.reason for song_id, naming in namings.items() if naming.reason
            },
            "retry_at": retry_at,
            "made_with": made_with(settings),
        }
        work.done(engine="naming", engine_version=ENGINE_VERSION, metadata=metadata)
        forget_sound(stream.id, catalogue, settings)
    after = {song.id: (song.title, song.artist) for song in now if song.id in before}
    return dg.MaterializeResult(
        metadata=metadata,
        data_version=dg.DataVersion(work.data_version),
        check_results=[
            dg.AssetCheckResult(check_name="names_of_the_user_stand", passed=after == before)
        ],
    )


def by_user(song: Song) -> bool:
    """Whether the user named the song."""
    return song.label_source == "user"


class _Labeller:
    """Names the songs of one stream. The index belongs to the calling thread; what is slow
    (decoding, fingerprints, the network) runs in a few others, a few songs at a time."""

    def __init__(
        self,
        library: LibraryResource,
        stream: Stream,
        setlist: Setlist | None,
        index: FingerprintIndex,
        shazam: ShazamClient | None,
        *,
        patient: bool,
    ) -> None:
        self._patient = patient
        self._catalogue = library.catalogue
        self._settings = library.settings
        self._stream = stream
        self._setlist = setlist
        self._index = index
        self._shazam = shazam

    def label_all(self, songs: Sequence[Song], progress: Progress) -> dict[str, Naming]:
        """Name every song that the user did not, and let the index know all of them."""
        namings: dict[str, Naming] = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for batch in batches(songs, 2 * AT_ONCE):
                new = {song.id for song in batch if song.id not in self._index}
                heard = pool.map(lambda song, new=new: self._hear(song, song.id in new), batch)
                unsure: list[tuple[Song, list[LabelCandidate]]] = []
                for song, (audio, print_, reason) in zip(batch, heard, strict=True):
                    if audio is None:
                        namings[song.id] = Naming([], None, reason, time.time() + RETRY_S)
                        continue
                    remember(self._index, song, print_)
                    at_hand = witnesses_at_hand(
                        song,
                        audio,
                        self._setlist,
                        self._index,
                        self._settings.labels,
                        covers=self._patient,
                    )
                    self._catalogue.sounds.replace(
                        song.id, at_hand.links, engine_version=ENGINE_VERSION
                    )
                    if not by_user(song):
                        naming = settle(at_hand.candidates, self._settings.labels, audio, None)
                        namings[song.id] = naming
                        if naming.applied is None and self._shazam is not None:
                            unsure.append((song, at_hand.candidates))
                asked = pool.map(lambda pair: self._ask(*pair), unsure)
                for (song, _), naming in zip(unsure, asked, strict=True):
                    namings[song.id] = naming
                for song in batch:
                    self._apply(song, namings.get(song.id))
                    remember(self._index, self._catalogue.songs.get(song.id), None)
                progress(len(namings) / len(songs), f"named {len(namings)} of {len(songs)}")
        return namings

    def _hear(
        self, song: Song, is_new: bool
    ) -> tuple[NDArray[np.float32] | None, Fingerprint | None, str]:
        """The song's sound and, where the index lacks it, its fingerprint; or why there is none."""
        try:
            audio = song_sound(song, self._stream, self._settings)
        except UtawakuError as error:
            return None, None, str(error)
        return audio, fingerprint(audio) if is_new else None, ""

    def _ask(self, song: Song, found: list[LabelCandidate]) -> Naming:
        try:
            # Read again: keeping the sound of all unsure songs would take a gigabyte an evening.
            audio = song_sound(song, self._stream, self._settings)
        except UtawakuError as error:
            return Naming([], None, str(error), time.time() + RETRY_S)
        return settle(found, self._settings.labels, audio, self._shazam)

    def _apply(self, song: Song, naming: Naming | None) -> None:
        if naming is None or by_user(song):
            return
        self._catalogue.labels.replace_found(
            song.id, naming.candidates, naming.applied, engine_version=ENGINE_VERSION
        )
        applied = naming.applied
        if applied is not None:
            self._catalogue.songs.set_label(song.id, applied.title, applied.artist, applied.source)
            if applied.cover_url:
                fetch_cover(applied.cover_url, cover_file(song, self._settings))


def batches(songs: Sequence[Song], size: int) -> Iterator[Sequence[Song]]:
    """Cut a list into parts of at most `size`."""
    for at in range(0, len(songs), size):
        yield songs[at : at + size]

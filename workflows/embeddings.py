"""Embeddings and tags of songs."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import MediaError, UtawakuError
from utawaku.library.progress import Progress, silent
from utawaku.library.records import Song, Stream
from utawaku.library.store.embeddings import EMBEDDING_KIND, TAGS_KIND, TIMBRE_KIND
from utawaku.models.tagger import ENGINE_VERSION, Impression, Tagger, top_tags
from utawaku.workflows.model_versions import MODELS
from utawaku.workflows.pcm_sharing import kept_sound
from utawaku.workflows.recordings import recording_file
from utawaku.workflows.song_files import holds_span

TAG_SOURCE = "musicnn"


AT_ONCE = 2
"""Songs heard side by side."""


SAME_SPAN_S = 2.0
"""A song whose boundaries moved by less still sounds the same."""


@dataclass
class Heard:
    """The work done for the songs of a stream."""

    n_heard: int = 0
    n_untouched: int = 0
    unheard: dict[str, str] = field(default_factory=dict)
    """Songs that could not be heard, and why."""


def made_with() -> dict[str, Any]:
    """Return what decides the outcome, to tell whether it has to be made again."""
    return {"version": ENGINE_VERSION, "kind": EMBEDDING_KIND}


def heard_by(weights_version: str) -> str:
    """Engine and weights, as they are kept with what was heard."""
    return f"{ENGINE_VERSION}+{weights_version[:16]}"


def due_songs(stream: Stream, catalogue: Catalogue, settings: Settings) -> list[Song]:
    """Kept songs of the stream that were not heard, not as they lie now, or by other weights.

    Where the weights are not here, songs that any weights heard stay as they are.
    """
    known = catalogue.taste.spans(stream.id)
    coloured = catalogue.taste.spans(stream.id, TIMBRE_KIND)
    model = MODELS["tagger_weights"]
    weights = model.version(settings) if model.is_here(settings) else ""

    def is_due(song: Song) -> bool:
        start_s, stop_s, version = known.get(song.id, (0.0, 0.0, ""))
        moved_s = max(abs(song.start_s - start_s), abs(song.stop_s - stop_s))
        if not weights:
            return moved_s > SAME_SPAN_S or version.partition("+")[0] != ENGINE_VERSION
        # Earlier versions kept no colour of the sound.
        return moved_s > SAME_SPAN_S or version != heard_by(weights) or song.id not in coloured

    return [song for song in catalogue.songs.of_stream(stream.id) if is_due(song)]


class Ear:
    """Hears songs in a thread of its own, while other work on their stream goes on.

    `hear_songs` takes what is heard already and hears the rest itself. What goes wrong here is
    left to it, which knows whom to tell.
    """

    def __init__(
        self,
        engine: Callable[[], Tagger],
        songs: Sequence[Song],
        stream: Stream,
        settings: Settings,
    ) -> None:
        """Begin with the first song.

        Args:
            engine: gives the network; called in the thread.
        """
        self._pool = ThreadPoolExecutor(1, "ear")
        self._engine = self._pool.submit(engine)
        self._heard = {
            _place(song): self._pool.submit(self._hear, song, stream, settings) for song in songs
        }

    def take(self, song: Song, tagger: Tagger) -> Impression | None:
        """Return the impression of a song as it lies now, by this network; else None.

        A song that is being heard is waited for; one that was not begun with never will be.
        """
        found = self._heard.pop(_place(song), None)
        if found is None or found.cancel() or found.exception() is not None:
            return None
        version, impression = found.result()
        return impression if version == tagger.version else None

    def close(self) -> None:
        """Stop after the song that is being heard."""
        self._pool.shutdown(cancel_futures=True)

    def _hear(self, song: Song, stream: Stream, settings: Settings) -> tuple[str, Impression]:
        tagger = self._engine.result()
        return tagger.version, _impression(tagger, song, stream, settings)


def _place(song: Song) -> tuple[str, float, float]:
    return song.id, song.start_s, song.stop_s


def hear_ahead(
    engine: Callable[[], Tagger], stream: Stream, catalogue: Catalogue, settings: Settings
) -> Ear | None:
    """Begin to hear the songs of a stream that are due; None where it would cost a decode.

    Args:
        engine: gives the network; called in another thread.
    """
    due = due_songs(stream, catalogue, settings)
    if not due or kept_sound(due[0], stream, settings) is None:
        return None
    return Ear(engine, due, stream, settings)


def hear_songs(
    tagger: Tagger,
    songs: list[Song],
    stream: Stream,
    catalogue: Catalogue,
    settings: Settings,
    progress: Progress = silent,
    ear: Ear | None = None,
) -> Heard:
    """Hear songs and keep what they sound like; one that cannot be heard holds up no other.

    `ear` has begun with some of them.
    """
    heard = Heard()

    def hear(song: Song) -> Impression | str:
        known = ear.take(song, tagger) if ear is not None else None
        if known is not None:
            return known
        try:
            return _impression(tagger, song, stream, settings)
        except UtawakuError as error:
            return str(error)

    # Two songs on a core each cost less than one song on two, whose small steps wait for each
    # other. The network runs outside of the interpreter's lock.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number, (song, made) in enumerate(zip(songs, pool.map(hear, songs), strict=True), 1):
            if isinstance(made, str):
                heard.unheard[song.id] = made
                continue
            _keep(made, song, heard_by(tagger.version), catalogue)
            heard.n_heard += 1
            progress(number / len(songs), f"heard {number} of {len(songs)}")
    return heard


def _keep(impression: Impression, song: Song, model_version: str, catalogue: Catalogue) -> None:
    catalogue.taste.put_embeddings(
        song.id,
        {
            EMBEDDING_KIND: impression.embedding,
            TAGS_KIND: impression.tags,
            TIMBRE_KIND: impression.timbre,
        },
        model_version=model_version,
        start_s=song.start_s,
        stop_s=song.stop_s,
    )
    catalogue.songs.set_tags(song.id, top_tags(impression.tags), source=TAG_SOURCE)


def _impression(tagger: Tagger, song: Song, stream: Stream, settings: Settings) -> Impression:
    kept = kept_sound(song, stream, settings)
    if kept is not None:
        return tagger.listen_to(kept)
    path, start_s, stop_s = _where_it_is(song, stream, settings)
    return tagger.listen(path, start_s, stop_s)


def _where_it_is(
    song: Song, stream: Stream, settings: Settings
) -> tuple[Path, float, float | None]:
    """The song's own file, or its span of the recording.

    Raises:
        UtawakuError: neither is there.
    """
    file = settings.library_root / song.file_path
    if holds_span(song) and file.is_file():
        return file, 0.0, None
    try:
        return recording_file(stream, settings), song.start_s, song.stop_s
    except UtawakuError as error:
        raise MediaError(
            "neither the song's file nor the recording is here",
            subject=song.file_path or song.id,
            next_step="Put the file back, or fetch the recording again",
        ) from error

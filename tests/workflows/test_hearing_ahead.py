"""Songs that are heard beside other work sound as they do when they are heard in their turn."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from tests.models.taste_world import tagger as tagger  # a fixture
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import EngineError, WeightsMissingError
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.models.tagger import Impression, Tagger
from utawaku.workflows.embeddings import Ear, hear_ahead, hear_songs
from utawaku.workflows.pcm_sharing import keep_sound

RATE = 16_000


@pytest.fixture
def evening(catalogue: Catalogue, settings: Settings, tmp_path: Path) -> Stream:
    """A stream of two songs whose sound is kept."""
    recording = tmp_path / "evening.opus"
    recording.write_bytes(b"only its size and age are looked at")
    stream = catalogue.streams.save(
        Stream("file-1", str(recording), recording_path=str(recording), duration_s=30.0)
    )
    spans = [SongSpan(i, 15.0 * i, 15.0 * i + 12.0, "smart", 1.0) for i in range(2)]
    catalogue.songs.reconcile(stream.id, spans, made_by="test")
    at = np.arange(30 * RATE) / RATE
    with keep_sound(recording, stream, settings) as spool:
        spool.add((0.3 * np.sin(2 * np.pi * (220 + 20 * at) * at)).astype(np.float32))
    return stream


class Listening(Tagger):
    """Tells when it begins to listen."""

    def __init__(self, tagger: Tagger, *, version: str = "") -> None:
        self._session = tagger._session
        self.version = version or tagger.version
        self.begun = Event()

    def listen_to(self, samples: np.ndarray) -> Impression:
        self.begun.set()
        return super().listen_to(samples)


class Deaf(Listening):
    """Hears nothing."""

    def listen_to(self, samples: np.ndarray) -> Impression:
        raise EngineError("hears nothing")


@pytest.fixture
def listening(tagger: Tagger) -> Listening:
    return Listening(tagger)


@pytest.fixture
def songs(catalogue: Catalogue, evening: Stream) -> list[Song]:
    return catalogue.songs.of_stream(evening.id)


@pytest.fixture
def ear(
    listening: Listening, songs: list[Song], evening: Stream, settings: Settings
) -> Iterator[Ear]:
    """An ear that is at the first song, or behind it."""
    begun = Ear(lambda: listening, songs[:1], evening, settings)
    assert listening.begun.wait(60)
    yield begun
    begun.close()


def test_what_is_heard_ahead_is_kept_as_if_it_were_heard_in_its_turn(
    ear: Ear,
    tagger: Tagger,
    songs: list[Song],
    evening: Stream,
    catalogue: Catalogue,
    settings: Settings,
) -> None:
    deaf = Deaf(tagger)
    heard = hear_songs(deaf, songs[:1], evening, catalogue, settings, ear=ear)
    assert (heard.n_heard, heard.unheard) == (1, {})
    ahead = catalogue.taste.embedded([songs[0].id]).vectors
    hear_songs(tagger, songs[:1], evening, catalogue, settings)
    assert np.array_equal(ahead, catalogue.taste.embedded([songs[0].id]).vectors)


def test_songs_that_nobody_began_with_are_heard_in_their_turn(
    ear: Ear,
    tagger: Tagger,
    songs: list[Song],
    evening: Stream,
    catalogue: Catalogue,
    settings: Settings,
) -> None:
    heard = hear_songs(tagger, songs, evening, catalogue, settings, ear=ear)
    assert (heard.n_heard, heard.unheard) == (2, {})


def test_a_song_that_was_moved_meanwhile_is_heard_again(
    ear: Ear, tagger: Tagger, songs: list[Song]
) -> None:
    moved = replace(songs[0], stop_s=songs[0].stop_s - 1)
    assert ear.take(moved, tagger) is None
    assert ear.take(songs[0], tagger) is not None


def test_weights_that_were_replaced_meanwhile_hear_again(
    ear: Ear, tagger: Tagger, songs: list[Song]
) -> None:
    assert ear.take(songs[0], Listening(tagger, version="newer")) is None


def test_a_song_that_waits_for_its_turn_is_left_to_who_asks(
    tagger: Tagger, songs: list[Song], evening: Stream, settings: Settings
) -> None:
    may_go_on = Event()

    def engine() -> Tagger:
        may_go_on.wait(60)
        return tagger

    ear = Ear(engine, songs, evening, settings)
    assert ear.take(songs[1], tagger) is None  # and does not wait
    may_go_on.set()
    ear.close()


def test_what_goes_wrong_ahead_is_told_by_who_hears_in_turn(
    songs: list[Song], tagger: Tagger, evening: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    def engine() -> Tagger:
        raise WeightsMissingError("the weights are not here")

    ear = Ear(engine, songs, evening, settings)
    heard = hear_songs(tagger, songs, evening, catalogue, settings, ear=ear)
    assert (heard.n_heard, heard.unheard) == (2, {})
    ear.close()


def test_nothing_is_begun_where_all_is_heard_or_no_sound_is_kept(
    tagger: Tagger, songs: list[Song], evening: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    plain = settings.model_copy(update={"short_cuts": False})
    assert hear_ahead(lambda: tagger, evening, catalogue, plain) is None
    begun = hear_ahead(lambda: tagger, evening, catalogue, settings)
    assert begun is not None
    begun.close()
    hear_songs(tagger, songs, evening, catalogue, settings)
    # Without the weights of the registry in place, songs that any weights heard stay.
    assert hear_ahead(lambda: tagger, evening, catalogue, settings) is None

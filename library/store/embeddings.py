"""Embeddings of songs, of several kinds."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa

from utawaku.library.schema import embeddings, songs
from utawaku.library.store.connections import Connections, batches, upsert

EMBEDDING_KIND = "musicnn-msd"
"""Vectors that the taste model and likeness work with; see `utawaku.models.tagger`."""
N_EMBEDDING = 400
TAGS_KIND = "musicnn-msd-tags"
N_TAGS = 50
TIMBRE_KIND = "mfcc-20"
"""Vectors of the colour of the sound, which the taste model takes beside the others."""
N_TIMBRE = 40


@dataclass(frozen=True)
class Embedded:
    """Vectors of many songs."""

    song_ids: list[str]
    vectors: np.ndarray
    """float32 (n_songs, n_values), in the order of `song_ids`."""


class Embeddings:
    """Vectors of songs."""

    def __init__(self, catalogue: Connections) -> None:
        self._catalogue = catalogue

    def put_embedding(
        self,
        song_id: str,
        kind: str,
        vector: np.ndarray,
        *,
        model_version: str,
        start_s: float,
        stop_s: float,
    ) -> None:
        """Keep a vector of a song, float (n_dimensions,); see `put_embeddings`."""
        self.put_embeddings(
            song_id, {kind: vector}, model_version=model_version, start_s=start_s, stop_s=stop_s
        )

    def put_embeddings(
        self,
        song_id: str,
        vectors: Mapping[str, np.ndarray],
        *,
        model_version: str,
        start_s: float,
        stop_s: float,
    ) -> None:
        """Keep vectors of a song by their kinds, rounded to float16: all of them or none.

        Each vector is float (n_dimensions,); `start_s` and `stop_s` are seconds of the song.
        """
        known = {
            "model_version": model_version,
            "start_s": start_s,
            "stop_s": stop_s,
            "at": time.time(),
        }
        with self._catalogue.write() as connection:
            for kind, vector in vectors.items():
                values = known | {"vector": np.asarray(vector, "<f2").tobytes()}
                upsert(connection, embeddings, {"song_id": song_id, "kind": kind}, values)

    def embedded(
        self,
        song_ids: Sequence[str] | None = None,
        *,
        kind: str = EMBEDDING_KIND,
        n_values: int = N_EMBEDDING,
    ) -> Embedded:
        """Vectors of these songs, or of all kept ones; those of another length are left out."""
        where = [embeddings.c.kind == kind, songs.c.state == "kept"]
        query = (
            sa.select(embeddings.c.song_id, embeddings.c.vector)
            .join(songs, songs.c.id == embeddings.c.song_id)
            .order_by(songs.c.number)
        )
        found: list[Any] = []
        with self._catalogue.read() as connection:
            if song_ids is None:
                found = list(connection.execute(query.where(*where)))
            else:
                for some in batches(song_ids, 500):
                    chosen = embeddings.c.song_id.in_(some)
                    found += connection.execute(query.where(*where[:1], chosen))
        whole = [row for row in found if len(row.vector) == 2 * n_values]
        data = b"".join(row.vector for row in whole)
        vectors = np.frombuffer(data, "<f2").reshape(len(whole), n_values).astype(np.float32)
        return Embedded([row.song_id for row in whole], vectors)

    def n_embedded(self, kind: str = EMBEDDING_KIND) -> int:
        """Return how many kept songs have a vector."""
        query = (
            sa.select(sa.func.count())
            .select_from(embeddings.join(songs, songs.c.id == embeddings.c.song_id))
            .where(embeddings.c.kind == kind, songs.c.state == "kept")
        )
        with self._catalogue.read() as connection:
            return int(connection.execute(query).scalar_one())

    def spans(
        self, stream_id: str, kind: str = EMBEDDING_KIND
    ) -> dict[str, tuple[float, float, str]]:
        """Start, stop and model version of the vectors of a stream's songs, by song."""
        query = (
            sa.select(
                embeddings.c.song_id,
                embeddings.c.start_s,
                embeddings.c.stop_s,
                embeddings.c.model_version,
            )
            .join(songs, songs.c.id == embeddings.c.song_id)
            .where(embeddings.c.kind == kind, songs.c.stream_id == stream_id)
        )
        with self._catalogue.read() as connection:
            return {row[0]: (row[1], row[2], row[3]) for row in connection.execute(query)}

    def embeddings_stamp(self, kind: str = EMBEDDING_KIND) -> tuple[float, ...]:
        """Changes whenever a kept song gets, loses or changes its vector."""
        query = (
            sa.select(sa.func.count(), sa.func.max(embeddings.c.at), sa.func.sum(songs.c.number))
            .select_from(embeddings.join(songs, songs.c.id == embeddings.c.song_id))
            .where(embeddings.c.kind == kind, songs.c.state == "kept")
        )
        with self._catalogue.read() as connection:
            return tuple(float(value or 0) for value in connection.execute(query).one())

    def heard_at(self, kind: str = EMBEDDING_KIND) -> dict[str, float]:
        """Return when the vector of each kept song was made."""
        query = (
            sa.select(embeddings.c.song_id, embeddings.c.at)
            .join(songs, songs.c.id == embeddings.c.song_id)
            .where(embeddings.c.kind == kind, songs.c.state == "kept")
        )
        with self._catalogue.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

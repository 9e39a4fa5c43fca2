"""Taste in a large library: training, scoring, likeness, at 100,000 songs made of random vectors.

python benchmarks/taste_library.py
python benchmarks/taste_library.py --songs 30000
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

# As `utawaku` itself starts; NumPy reads it when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.schema import embeddings, songs, streams
from utawaku.library.similarity_index import alike
from utawaku.library.store.embeddings import EMBEDDING_KIND, N_EMBEDDING
from utawaku.models.tagger import ENGINE_VERSION
from utawaku.workflows.taste import explain, score_songs, train_taste

N_GRADED = 200
N_SEARCHES = 200
_A_STREAM = 30

Result = TypeVar("Result")


def fill(catalogue: Catalogue, n: int) -> tuple[list[str], np.ndarray]:
    """Add `n` songs of two kinds, heard; their ids, and bool (n,) which kind each is of."""
    rng = np.random.default_rng(0)
    kind = rng.random(n) < 0.5
    directions = rng.standard_normal((41, N_EMBEDDING)) / np.sqrt(N_EMBEDDING)
    amounts = rng.standard_normal((n, 41))
    amounts[:, 0] += np.where(kind, 1.2, -1.2)
    vectors = (amounts @ directions + 0.01 * rng.standard_normal((n, N_EMBEDDING))).astype("<f2")
    stream_ids = [f"file-{number:016x}" for number in range(-(-n // _A_STREAM))]
    ids = [f"{stream_ids[i // _A_STREAM]}@{i % _A_STREAM * 300_000}" for i in range(n)]
    with catalogue.write() as connection:
        connection.execute(
            streams.insert(), [{"id": i, "url": i, "added_at": 0.0} for i in stream_ids]
        )
        connection.execute(
            songs.insert(),
            [
                {
                    "id": song_id,
                    "stream_id": song_id.partition("@")[0],
                    "position": i % _A_STREAM,
                    "start_s": 300.0 * (i % _A_STREAM),
                    "stop_s": 300.0 * (i % _A_STREAM) + 240,
                    "boundary_source": "smart",
                    "confidence": 1.0,
                    "added_at": 0.0,
                }
                for i, song_id in enumerate(ids)
            ],
        )
        connection.execute(
            embeddings.insert(),
            [
                {
                    "song_id": song_id,
                    "kind": EMBEDDING_KIND,
                    "vector": vectors[i].tobytes(),
                    "model_version": ENGINE_VERSION,
                    "at": 1.0,
                }
                for i, song_id in enumerate(ids)
            ],
        )
    return ids, kind


def timed(name: str, work: Callable[[], Result]) -> Result:
    """Do it, and print wall and CPU seconds."""
    wall, cpu = time.monotonic(), time.process_time()
    result = work()
    print(f"{name:44}{time.monotonic() - wall:10.2f}{time.process_time() - cpu:10.2f}", flush=True)
    return result


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--songs", type=int, default=100_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["UTAWAKU_HOME"] = home
        settings = load_settings()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        catalogue = Catalogue.open(settings)
        print(f"{f'{wanted.songs} songs':44}{'wall s':>10}{'CPU s':>10}")
        ids, kind = timed("(making the library)", lambda: fill(catalogue, wanted.songs))
        for i in range(N_GRADED):
            place = i * (wanted.songs // N_GRADED)
            catalogue.grades.give(ids[place], grade=1 if kind[place] else -1)
        timed(f"train on {N_GRADED} grades", lambda: train_taste(catalogue, settings))
        timed("score all songs", lambda: score_songs(catalogue, settings))
        timed("explain a score", lambda: explain(catalogue, settings, ids[5]))
        timed("likeness: first index", lambda: alike(catalogue, settings))
        index = timed("likeness: open the index kept", lambda: alike(catalogue, settings))
        wall, cpu = [], []
        for i in range(N_SEARCHES):
            at = time.perf_counter(), time.process_time()
            index.like(ids[i * (wanted.songs // N_SEARCHES)])
            wall.append(time.perf_counter() - at[0])
            cpu.append(time.process_time() - at[1])
        catalogue.taste.put_embedding(
            ids[7], EMBEDDING_KIND, np.ones(N_EMBEDDING), model_version="1", start_s=0, stop_s=240
        )
        timed("likeness: after one song was heard anew", lambda: alike(catalogue, settings))
        catalogue.close()
    print(
        f"\nmore like this, ms: median {np.median(wall) * 1e3:.1f}, "
        f"p90 {np.quantile(wall, 0.9) * 1e3:.1f}; CPU median {np.median(cpu) * 1e3:.1f}"
    )
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak_mb:.0f} MB")


if __name__ == "__main__":
    main()

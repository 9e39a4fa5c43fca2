"""Training the spectrogram network on the grades, beside the embedding model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assets.library_files import holds_span
from library.catalogue import Catalogue
from library.config import Settings
from library.errors import NotFoundError
from library.files import atomic_path
from library.progress import Progress, part, silent
from models.taste import fit
from models.training.spectrograms import read_spectrograms
from models.training.taste_cnn import Comparison, Pretrained, compare, pretrain, transfer

MIN_GRADED = 40
"""Fewer graded songs than this cannot tell two models apart."""


@dataclass(frozen=True)
class NetworkTraining:
    """What came of it."""

    comparison: Comparison
    path: Path
    """The network as ONNX, learnt from all grades."""
    n_songs: int
    n_broken: int


def work_folder(settings: Settings) -> Path:
    """Spectrograms and pretrained weights; can be made again."""
    return settings.cache_dir / "taste"


def pretrain_on_fma(
    folder: Path, settings: Settings, *, n_epochs: int, progress: Progress = silent
) -> Pretrained:
    """Learn genres from an FMA folder; goes on where an earlier start was stopped.

    Raises:
        ConfigError: not an FMA folder, or TensorFlow is not installed.
    """
    return pretrain(folder, work_folder(settings), n_epochs=n_epochs, progress=progress)


def train_network(
    catalogue: Catalogue, settings: Settings, *, progress: Progress = silent
) -> NetworkTraining:
    """Train the network on graded songs, and judge it and the embedding model on the same splits.

    Raises:
        NotFoundError: too few graded songs have a file; ConfigError: TensorFlow is not installed.
    """
    marks = {mark.song_id: mark for mark in catalogue.taste.marks() if mark.target != 0.5}
    heard = catalogue.taste.embedded(list(marks))
    songs = {song.id: song for song in catalogue.browser.songs_by_id(heard.song_ids)}
    rows = [row for row, song_id in enumerate(heard.song_ids) if holds_span(songs[song_id])]
    paths = [settings.library_root / songs[heard.song_ids[row]].file_path for row in rows]
    work = work_folder(settings)
    read = read_spectrograms(paths, work / "spectrograms", part(progress, 0.0, 0.4))
    rows = [rows[place] for place in read.places]
    chosen = [marks[heard.song_ids[row]] for row in rows]
    targets = np.array([mark.target for mark in chosen])
    if len(rows) < MIN_GRADED or (targets > 0.5).all() or (targets < 0.5).all():
        raise NotFoundError(
            f"{len(rows)} of {MIN_GRADED} graded songs with a file, of both kinds, needed",
            subject="taste network",
            next_step="Grade more songs; the embedding model needs far fewer",
        )
    vectors, everything = heard.vectors[rows], catalogue.taste.embedded().vectors

    def by_embedding(train: np.ndarray, held_out: np.ndarray, told: np.ndarray) -> np.ndarray:
        return fit(vectors[train], told[train], everything=everything).scores(vectors[held_out])

    weights = work / "genres.weights.h5"
    pretrained = weights if weights.is_file() else None
    progress(0.4, "comparing network and embedding model")
    comparison = compare(
        read.pieces,
        targets,
        [mark.singer for mark in chosen],
        [mark.name for mark in chosen],
        by_embedding,
        pretrained=pretrained,
    )
    progress(0.9, "learning from all grades")
    model = transfer(read.pieces, targets, pretrained=pretrained)
    path = settings.data_dir / "taste" / "network.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_bytes(model.SerializeToString())
    progress(1.0, "trained")
    return NetworkTraining(comparison, path, len(rows), len(read.broken))

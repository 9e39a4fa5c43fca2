"""Training the spectrogram network on the grades, beside the embedding model."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import MediaError, NotFoundError, WeightsError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, part, silent
from utawaku.library.records import Song
from utawaku.library.shared_files import shared_file
from utawaku.library.store.taste_models import TasteModel
from utawaku.models.taste import fit
from utawaku.models.taste.network import NetworkTaste
from utawaku.models.training.spectrograms import pieces_of_file, read_spectrograms
from utawaku.models.training.taste_cnn import (
    Comparison,
    Pieces,
    Pretrained,
    compare,
    pretrain,
    transfer,
)
from utawaku.models.training.taste_imagenet import (
    ImagenetBase,
    fetch_imagenet,
    read_imagenet,
    transfer_imagenet,
)
from utawaku.workflows.song_files import holds_span
from utawaku.workflows.taste_vectors import taste_vectors

AT_ONCE = 2
"""Songs heard side by side."""
MIN_GRADED = 40
"""Fewer graded songs than this cannot tell two models apart."""


@dataclass(frozen=True)
class NetworkTraining:
    """The result."""

    comparison: Comparison
    path: Path
    """The network as ONNX, learnt from all grades."""
    version: str
    n_songs: int
    n_broken: int
    on_genres: bool = False
    """True where the network of the comparison learnt genres first; else it began from nothing."""


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


def imagenet_base(
    source: str, settings: Settings, *, site: str = "", progress: Progress = silent
) -> ImagenetBase:
    """Return MobileNetV2 with ImageNet's weights, from a file or fetched.

    Args:
        source: a file, or `fetch`.
        settings: say where fetched weights are kept.
        site: another address of the folder that holds them.
        progress: is told the share that is fetched.

    Raises:
        WeightsMissingError, WeightsCorruptError: they are not there, or others.
        ExtraMissingError: TensorFlow is not installed.
    """
    if source != "fetch":
        return read_imagenet(Path(source).expanduser())
    options = {"site": site} if site else {}
    return read_imagenet(fetch_imagenet(work_folder(settings), progress=progress, **options))


def train_network(
    catalogue: Catalogue,
    settings: Settings,
    *,
    imagenet: ImagenetBase | None = None,
    n_steps: int = 200,
    progress: Progress = silent,
) -> NetworkTraining:
    """Train the network on graded songs, and judge it and the embedding model on the same splits.

    Args:
        imagenet: base of a second network, which is judged on the same splits; the better one is
            kept.
        n_steps: batches of 32 songs that each network learns from; there are six networks, one of
            each fold and the last one of all songs.

    Raises:
        NotFoundError: too few graded songs have a file; ConfigError: TensorFlow is not installed.
    """
    last_grade_id = catalogue.taste.last_grade_id()
    marks = {mark.song_id: mark for mark in catalogue.taste.marks() if mark.target != 0.5}
    heard = taste_vectors(catalogue, list(marks))
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
    vectors, everything = heard.vectors[rows], taste_vectors(catalogue).vectors

    def by_embedding(train: np.ndarray, held_out: np.ndarray, told: np.ndarray) -> np.ndarray:
        return fit(vectors[train], told[train], everything=everything).scores(vectors[held_out])

    weights = work / "genres.weights.h5"
    pretrained = weights if weights.is_file() else None

    def on_imagenet(some: Pieces, told: np.ndarray) -> onnx.ModelProto:
        assert imagenet is not None
        return transfer_imagenet(imagenet, some, told, n_steps=n_steps)

    progress(0.4, "comparing network and embedding model")
    comparison = compare(
        read.pieces,
        targets,
        [mark.singer for mark in chosen],
        [mark.name for mark in chosen],
        by_embedding,
        pretrained=pretrained,
        on_imagenet=on_imagenet if imagenet is not None else None,
        n_steps=n_steps,
    )
    progress(0.9, "learning from all grades")
    model = (
        on_imagenet(read.pieces, targets)
        if comparison.imagenet_is_better
        else transfer(read.pieces, targets, pretrained=pretrained, n_steps=n_steps)
    )
    kept = comparison.best_network
    data = model.SerializeToString()
    version = hashlib.sha256(data).hexdigest()[:16]
    path = network_file(version, settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)
    catalogue.taste.add_model(
        TasteModel(
            version,
            "spectrogram",
            n_liked=int((targets > 0.5).sum()),
            n_disliked=int((targets < 0.5).sum()),
            last_grade_id=last_grade_id,
            auc=kept.auc,
            ece=kept.ece,
            brier=kept.brier,
            facts={
                "base": _base(comparison, pretrained),
                "better": comparison.network_is_better,
                "embedding_auc": comparison.embedding.auc,
                "held_out": comparison.split,
                "n_broken": len(read.broken),
            },
        )
    )
    for old in path.parent.glob("*.onnx"):
        if old != path:
            old.unlink(missing_ok=True)
    progress(1.0, "trained")
    return NetworkTraining(
        comparison, path, version, len(rows), len(read.broken), pretrained is not None
    )


def _base(comparison: Comparison, pretrained: Path | None) -> str:
    """Return what the network that is kept learnt before grades."""
    if comparison.imagenet_is_better:
        return "imagenet"
    return "genres" if pretrained is not None else ""


def network_file(version: str, settings: Settings) -> Path:
    """Return where a network is kept."""
    return shared_file(settings, "taste", f"{version}.onnx")


def network_in_use(catalogue: Catalogue, settings: Settings) -> NetworkTaste | None:
    """The network, where it is the model that scores songs.

    One whose file is gone or damaged is taken out of use, and the embedding model scores.
    """
    current = catalogue.taste.current()
    if current is None or current.kind != "spectrogram":
        return None
    try:
        return NetworkTaste(network_file(current.version, settings))
    except WeightsError as error:
        catalogue.taste.withdraw(current.version, error.problem)
        catalogue.notices.add(
            "warning",
            "The spectrogram network is out of use",
            body=f"{error.subject}: {error.problem}",
            next_step=error.next_step,
        )
        return None


def score_by_network(
    network: NetworkTaste, songs: Sequence[Song], settings: Settings
) -> dict[str, float]:
    """p(like) of each song that has a file which can be heard."""

    def score(song: Song) -> float | None:
        try:
            return network.score(pieces_of_file(settings.library_root / song.file_path))
        except (MediaError, OSError):
            return None

    here = [song for song in songs if song.file_path]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        scores = zip(here, pool.map(score, here), strict=True)
        return {song.id: value for song, value in scores if value is not None}

"""A network of the user's own for the acoustic segmenter: an .onnx file or a SavedModel."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from utawaku.library.errors import EngineError, WeightsCorruptError
from utawaku.library.progress import Progress, silent
from utawaku.models import registry
from utawaku.models.mfcc_segmenter.engine import BacsSegmenter
from utawaku.models.mfcc_segmenter.network import build
from utawaku.models.mfcc_segmenter.saved_model import read_saved_model

_FORM = (
    "Give an .onnx of `utawaku train segmenter`, one that maps MFCC (n, 40) to (n, 2), or a "
    "SavedModel of such a network"
)


def is_own(engine: str) -> bool:
    """Return whether the name of an engine is the path of a network."""
    return Path(engine).suffix == ".onnx" or (Path(engine) / "saved_model.pb").is_file()


def own_version(path: Path) -> str:
    """sha256 of a network, or of those of the shards of a SavedModel; empty where none is there."""
    if not path.is_dir():
        return registry.version_of(path) if path.is_file() else ""
    shards = sorted((path / "variables").glob("variables.data-*-of-*"))
    versions = [registry.version_of(shard) for shard in shards]
    return versions[0] if len(versions) == 1 else _joined(versions)


def _joined(versions: Sequence[str]) -> str:
    return hashlib.sha256("".join(versions).encode()).hexdigest() if versions else ""


def make_bacs_segmenter(
    weights_dir: Path,
    own: Path | None = None,
    *,
    energy_ratio: float = 0.02,
    progress: Progress = silent,
) -> BacsSegmenter:
    """Return the acoustic segmenter with the user's own network, or the published one.

    Raises:
        EngineError: the user's own cannot be used.
        WeightsMissingError, WeightsCorruptError: see `utawaku.models.registry.pull`.
    """
    if own is None:
        return BacsSegmenter.from_registry(
            weights_dir, energy_ratio=energy_ratio, progress=progress
        )
    version = own_version(own)
    if not version:
        raise EngineError("there is no network", subject=str(own), next_step=_FORM)
    try:
        if not own.is_dir():
            return BacsSegmenter(own, energy_ratio=energy_ratio, model_version=version)
        with TemporaryDirectory(prefix="utawaku-network-") as folder:
            converted = Path(folder, "network.onnx")
            converted.write_bytes(build(read_saved_model(own)).SerializeToString())
            return BacsSegmenter(converted, energy_ratio=energy_ratio, model_version=version)
    except WeightsCorruptError as error:
        raise EngineError(error.problem, subject=str(own), next_step=_FORM) from error

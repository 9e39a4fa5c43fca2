"""musicnn's network of the Million Song Dataset, out of its 0.1.0 wheel (ISC, MTG, Jordi Pons)."""

import zipfile
from pathlib import Path

from utawaku.library.errors import WeightsCorruptError
from utawaku.models.registry.entry import Weights
from utawaku.models.registry.tf_checkpoint import read_checkpoint
from utawaku.models.registry.wheel_folder import WheelFolder

_INDEX = ".index"
_SHARD = ".data-00000-of-00001"


def _convert(raw: Path, target: Path) -> None:
    """TensorFlow checkpoint to ONNX."""
    from utawaku.models.tagger.network import tagger_model

    try:
        with zipfile.ZipFile(raw) as archive:
            tensors = read_checkpoint(archive.read(_INDEX), [archive.read(_SHARD)])
    except (zipfile.BadZipFile, KeyError) as error:
        raise WeightsCorruptError(f"the checkpoint cannot be unpacked ({error})") from error
    target.write_bytes(tagger_model(tensors).SerializeToString(deterministic=True))


ENTRIES = (
    Weights(
        name="musicnn",
        purpose="tags and taste: what a song sounds like (musicnn, Million Song Dataset)",
        licence="ISC",
        source=WheelFolder(
            requirement="musicnn==0.1.0",
            wheel_name="musicnn-0.1.0-py3-none-any.whl",
            wheel_sha256="f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa",
            wheel_bytes=29_292_476,
            member="musicnn/MSD_musicnn",
            names=(_INDEX, _SHARD),
        ),
        raw_sha256="b5d7b24d646938124be6f40de7229919463886b5d8223c0afe3ee0997840b117",
        raw_bytes=9_470_770,
        file_name="musicnn-msd.onnx",
        sha256="68dcfe211d1b6f3a67084179e566cdacc008a742475ae7db889d859a3ab78cee",
        convert=_convert,
        converter_version=3,
        default=True,
    ),
)

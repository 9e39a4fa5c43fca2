"""Spleeter's two-stem networks, from its 1.4.0 release (MIT, Deezer)."""

from pathlib import Path

from utawaku.models.registry.entry import Weights
from utawaku.models.registry.sources import HttpsFile

_SHA256 = "f3a90b39dd2874269e8b05a48a86745df897b848c61f3958efc80a39152bd692"
_BYTES = 73_109_797


def _convert(raw: Path, target: Path) -> None:
    """The TensorFlow checkpoint inside the archive to ONNX."""
    from utawaku.models.separator.spleeter.network import build, read_archive

    target.write_bytes(build(read_archive(raw)).SerializeToString(deterministic=True))


ENTRIES = (
    Weights(
        name="spleeter-2stems",
        purpose="stems: vocals and accompaniment (Spleeter 2stems)",
        licence="MIT",
        source=HttpsFile(
            "https://github.com/deezer/spleeter/releases/download/v1.4.0/2stems.tar.gz",
            "2stems.tar.gz",
            _BYTES,
            _SHA256,
        ),
        raw_sha256=_SHA256,
        raw_bytes=_BYTES,
        file_name="spleeter-2stems.onnx",
        convert=_convert,
    ),
)

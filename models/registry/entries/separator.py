"""The separator that ships with utawaku (`models/separator/builtin/MODEL_CARD.md`)."""

from models.registry.entry import Weights
from models.registry.sources import PackagedFile

ENTRIES = (
    Weights(
        name="vocal-unet",
        purpose="stems: vocals and accompaniment, works at once (ours)",
        licence="GPL-3.0-or-later; trained on MIR-1K, whose catalogue names no licence",
        source=PackagedFile("models.separator.builtin", "vocal_unet_16k.onnx"),
        raw_sha256="4ad75df6d3046d6a7eca1c1ef97baf5ea3534c2784334b72b24cbf57f247cfc0",
        raw_bytes=3_991_857,
        file_name="vocal-unet-16k.onnx",
    ),
)

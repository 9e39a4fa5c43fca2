"""Speech/music segmentation with inaSpeechSegmenter's networks, on ONNX Runtime."""

from utawaku.models.segmenter.engine import ENGINE_VERSION, LABELS, Segmenter

__all__ = ["ENGINE_VERSION", "LABELS", "Segmenter"]

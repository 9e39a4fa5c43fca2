"""The acoustic segmenter `bacs` (keighrim/audio-segmentation, MIT): speech or not, every 10 ms."""

from utawaku.models.mfcc_segmenter.engine import VERSION, BacsResult, BacsSegmenter, slice_speech
from utawaku.models.mfcc_segmenter.features import mfcc
from utawaku.models.mfcc_segmenter.own import is_own, make_bacs_segmenter, own_version
from utawaku.models.mfcc_segmenter.smoothing import smooth

__all__ = [
    "VERSION",
    "BacsResult",
    "BacsSegmenter",
    "is_own",
    "make_bacs_segmenter",
    "mfcc",
    "own_version",
    "slice_speech",
    "smooth",
]

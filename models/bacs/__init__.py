"""The acoustic segmenter `bacs` (keighrim/audio-segmentation, MIT): speech or not, every 10 ms."""

from models.bacs.engine import VERSION, BacsResult, BacsSegmenter, slice_speech
from models.bacs.features import mfcc
from models.bacs.smoothing import smooth

__all__ = ["VERSION", "BacsResult", "BacsSegmenter", "mfcc", "slice_speech", "smooth"]

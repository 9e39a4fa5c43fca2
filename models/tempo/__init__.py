"""Tempo in beats a minute, beats, and key of a song."""

from utawaku.models.tempo.beats import beat_times
from utawaku.models.tempo.features import SAMPLE_RATE_HZ, Heard, Listener, listen, listen_file
from utawaku.models.tempo.key import KeyEstimate, estimate_key
from utawaku.models.tempo.tempogram import TempoEstimate, estimate_tempo

__all__ = [
    "SAMPLE_RATE_HZ",
    "VERSION",
    "Heard",
    "KeyEstimate",
    "Listener",
    "TempoEstimate",
    "beat_times",
    "estimate_key",
    "estimate_tempo",
    "listen",
    "listen_file",
]

VERSION = "1"
"""Raised when results can change."""

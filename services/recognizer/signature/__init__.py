"""Shazam signatures: made from PCM, written and read."""

from utawaku.services.recognizer.signature.codec import (
    Peaks,
    Signature,
    decode_signature,
    decode_uri,
)
from utawaku.services.recognizer.signature.generator import (
    MAX_WINDOW_S,
    SAMPLE_RATE_HZ,
    iter_signatures,
    pcm_from_audio,
    signature_of,
)

__all__ = [
    "MAX_WINDOW_S",
    "SAMPLE_RATE_HZ",
    "Peaks",
    "Signature",
    "decode_signature",
    "decode_uri",
    "iter_signatures",
    "pcm_from_audio",
    "signature_of",
]

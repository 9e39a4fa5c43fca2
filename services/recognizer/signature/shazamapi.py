"""Signatures by the package ShazamAPI itself, for who trusts the original more than its rebuild."""

import warnings

import numpy as np
from numpy.typing import NDArray

from utawaku.library.extras import needing
from utawaku.services.recognizer.signature.codec import Signature, decode_signature


def shazamapi_signature(pcm: NDArray[np.int16]) -> Signature:
    """The signature of `pcm`, int16 (n_samples,) at 16 kHz; byte for byte as `signature_of`.

    Raises:
        ExtraMissingError: ShazamAPI is not installed.
    """
    with needing("shazamapi", "for labels.signatures = shazamapi"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydub looks for ffmpeg on import; it is not needed here
        from ShazamAPI.algorithm import SignatureGenerator

    generator = SignatureGenerator()
    generator.MAX_TIME_SECONDS = len(pcm) / 16_000 + 1
    generator.feed_input(pcm.tolist())
    message = generator.get_next_signature()
    return decode_signature(message.encode_to_binary())

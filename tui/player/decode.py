"""Samples of a span of a file, from any moment."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from utawaku.library.errors import NotFoundError

RATE_HZ = 48_000
N_CHANNELS = 2
_BLOCK_S = 0.1
"""Short, so that the first sound is heard soon after a key was pressed."""


class Decoder:
    """Reads a file from `at_s` on as float32 blocks (n_frames, 2) at 48 kHz.

    It reads as everything else does (`utawaku.media.decode`), so that the same second is the same
    sound in the player, in the cut and in the setlist.

    Raises:
        NotFoundError: the file is gone.
        NotMediaError, NoAudioError, TruncatedMediaError: it cannot be played.
    """

    def __init__(self, path: Path, at_s: float = 0.0, stop_s: float | None = None) -> None:
        # 0.1 s that the first screen should not wait for
        from utawaku.media.decode import decode
        from utawaku.media.probe import probe

        if not path.is_file():
            raise NotFoundError(
                "the file is gone",
                subject=str(path),
                next_step="Make it again (Pipeline, v to Streams, y), or take it out of the trash",
            )
        # FFmpeg would put mono 3 dB softer on both sides; it is heard at its own level instead.
        self._is_mono = probe(path).n_channels == 1
        self._reader = decode(
            path,
            sample_rate_hz=RATE_HZ,
            n_channels=1 if self._is_mono else N_CHANNELS,
            start_s=max(0.0, at_s),
            stop_s=stop_s,
            chunk_s=_BLOCK_S,
        )

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float32 blocks (n_frames, 2) in [-1, 1], the first beginning exactly at `at_s`.

        Raises:
            TruncatedMediaError: nothing could be decoded.
        """
        for chunk in self._reader:
            if self._is_mono:
                yield np.repeat(chunk[:, np.newaxis], N_CHANNELS, axis=1)
            else:
                yield np.ascontiguousarray(chunk.T)

"""Stems read back from disk: are they as long as their mix, and do they add up to it?"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from utawaku.library.errors import MediaError
from utawaku.media.decode import AudioReader, decode
from utawaku.models.separator.engine import Audio

_CHUNK_S = 10.0
ON_GRID = 1.5 / 32768
"""Two stems on the 16-bit grid add up to a decoded mix to within its own rounding."""
ENDLESS = 1 << 62
"""More samples than any recording has: all of it."""
_BLOCK = 1 << 19


class Samples:
    """Decoded audio, taken in portions of any length."""

    def __init__(self, reader: AudioReader) -> None:
        self._reader = reader
        self._held: list[Audio] = []
        self._n_held = 0
        self._n_channels = 0

    def take(self, n_samples: int) -> Audio:
        """The next samples, float32 (n_channels, n_samples); fewer only at the end."""
        while self._n_held < n_samples and (chunk := next(self._reader, None)) is not None:
            self._held.append(np.atleast_2d(chunk))
            self._n_held += self._held[-1].shape[1]
            self._n_channels = len(self._held[-1])
        if not self._held:
            return np.zeros((self._n_channels, 0), np.float32)
        held = np.concatenate(self._held, axis=1) if len(self._held) > 1 else self._held[0]
        taken, rest = held[:, :n_samples], held[:, n_samples:]
        self._held, self._n_held = [rest], rest.shape[1]
        return taken


def fault_of(mix: Samples, stems: Sequence[Path], n_samples: int = ENDLESS) -> tuple[str, int]:
    """Return what is wrong with stems of the next `n_samples` of a mix, and how many there were of
    these.

    The mix is read on in any case. The fault is `missing`, `unreadable`, `length`, `sum`, or empty
    where the stems are as long as the mix and add up to it. A third file must be the mix itself.
    """
    fault = "" if all(path.is_file() for path in stems) else "missing"
    readers: list[Samples] = []
    n_taken = 0
    try:
        readers = [] if fault else [Samples(decode(path, chunk_s=_CHUNK_S)) for path in stems]
    except MediaError:
        fault = "unreadable"
    while (block := mix.take(min(n_samples - n_taken, _BLOCK))).shape[1]:
        n_taken += block.shape[1]
        try:
            fault = fault or _difference(block, [one.take(block.shape[1]) for one in readers])
        except MediaError:
            fault = "unreadable"
    if not fault and any(one.take(1).shape[1] for one in readers):
        fault = "length"
    return fault, n_taken


def _difference(mix: Audio, stems: Sequence[Audio]) -> str:
    if any(stem.shape != mix.shape for stem in stems):
        return "length"
    clipped = np.clip(mix, -1, 1)
    sums = (sum(stems[:2]), *stems[2:])
    far = max(float(np.abs(found - clipped).max()) for found in sums)
    return "sum" if far > ON_GRID else ""

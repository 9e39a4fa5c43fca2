"""Two engines at once: the mean of what they give, which is that of their masks."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import tee

import numpy as np

from utawaku.models.separator.engine import Audio, Separator, Stems


class BlendSeparator:
    """The mean of several engines whose stems add up to the mix; so do the blend's.

    Where one engine takes an instrument for the voice and the other does not, half of it stays
    out. The memory is the engines' together and does not grow with the length.
    """

    name = "blend"
    version = "1"

    def __init__(self, engines: Sequence[Separator]) -> None:
        """Take the engines; each hears the whole mix."""
        self._engines = list(engines)
        told = " ".join(f"{one.name} {one.version} {one.model_version}" for one in self._engines)
        self.model_version = hashlib.sha256(told.encode()).hexdigest()

    def stream(self, chunks: Iterable[Audio], sample_rate_hz: int) -> Iterator[Stems]:
        """See `utawaku.models.separator.engine.Separator`."""
        copies = tee((np.atleast_2d(chunk) for chunk in chunks), len(self._engines))
        streams = [
            engine.stream(copy, sample_rate_hz)
            for engine, copy in zip(self._engines, copies, strict=True)
        ]
        waiting: list[list[Stems]] = [[] for _ in streams]
        while True:
            # The engine that is behind goes on, so that no more waits than one block of another.
            lengths = [sum(one.vocals.shape[1] for one in parts) for parts in waiting]
            if n_ready := min(lengths):
                yield _mean([_take(parts, n_ready) for parts in waiting])
                continue
            behind = lengths.index(min(lengths))
            stems = next(streams[behind], None)
            if stems is None:
                return
            waiting[behind].append(stems)


def _take(parts: list[Stems], n_samples: int) -> Stems:
    """Take the first samples out of `parts`, which keeps the rest."""
    whole = Stems(*(np.concatenate(part, axis=1) for part in zip(*parts, strict=True)))
    parts[:] = [Stems(*(part[:, n_samples:] for part in whole))]
    return Stems(*(part[:, :n_samples] for part in whole))


def _mean(stems: Sequence[Stems]) -> Stems:
    n_engines = np.float32(len(stems))
    vocals, accompaniment = (sum(part) / n_engines for part in zip(*stems, strict=True))
    return Stems(vocals, accompaniment)

"""Two engines at once: their mean where they agree, and the first where they do not."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import tee

import numpy as np
import numpy.typing as npt

from utawaku.models.separator.engine import Audio, Separator, Stems

_BLOCK_S = 0.1
"""Time of one measure of how loud the vocals of both are."""
_N_SIDE = 5
"""Blocks on each side that a measure is smoothed over: a second in all."""
_MARGIN = _N_SIDE + 1
"""Blocks that have to be known on each side; one more than the smoothing, to fade between."""
_AT_ONCE = 10
"""Blocks that are mixed at once."""
_QUIET = 1e-10
"""Power of a sample below which both engines hear nothing."""


class BlendSeparator:
    """The mean of two engines whose stems add up to the mix; so do the blend's.

    Where both hear about as much voice, each makes its own mistakes, and the mean has half of
    them. Where one hears far less than the other, one of them is wrong about the whole passage:
    the first decides. The share of the second is half of the ratio of the powers of their vocals,
    the smaller over the larger, over a second. The memory is the engines' together and does not
    grow with the length.
    """

    name = "blend"
    version = "2"

    def __init__(self, first: Separator, second: Separator) -> None:
        """Take the engines; each hears the whole mix."""
        self._engines = [first, second]
        told = " ".join(f"{one.name} {one.version} {one.model_version}" for one in self._engines)
        self.model_version = hashlib.sha256(told.encode()).hexdigest()

    def stream(self, chunks: Iterable[Audio], sample_rate_hz: int) -> Iterator[Stems]:
        """See `utawaku.models.separator.engine.Separator`."""
        n_block = max(1, round(_BLOCK_S * sample_rate_hz))
        held: list[Stems] = []
        done = 0
        """Samples of what is held that are out already; they tell what comes after them."""
        for pair in self._aligned(chunks, sample_rate_hz):
            held = [_joined(*both) for both in zip(held, pair, strict=True)] if held else [*pair]
            n_blocks = held[0].vocals.shape[1] // n_block
            ready = max(0, n_blocks - _MARGIN) * n_block
            if ready - done >= _AT_ONCE * n_block:
                yield _mixed(held, n_block, done, ready)
                drop = max(0, ready - _MARGIN * n_block)
                held = [Stems(*(part[:, drop:] for part in stems)) for stems in held]
                done = ready - drop
        if held and held[0].vocals.shape[1] > done:
            yield _mixed(held, n_block, done, held[0].vocals.shape[1])

    def _aligned(self, chunks: Iterable[Audio], rate: int) -> Iterator[tuple[Stems, ...]]:
        """Stems of each engine, of the same samples."""
        copies = tee((np.atleast_2d(chunk) for chunk in chunks), len(self._engines))
        streams = [
            engine.stream(copy, rate) for engine, copy in zip(self._engines, copies, strict=True)
        ]
        waiting: list[list[Stems]] = [[] for _ in streams]
        while True:
            # The engine that is behind goes on, so that no more waits than one block of another.
            lengths = [sum(one.vocals.shape[1] for one in parts) for parts in waiting]
            if n_ready := min(lengths):
                yield tuple(_take(parts, n_ready) for parts in waiting)
                continue
            behind = lengths.index(min(lengths))
            stems = next(streams[behind], None)
            if stems is None:
                return
            waiting[behind].append(stems)


def _take(parts: list[Stems], n_samples: int) -> Stems:
    """Take the first samples out of `parts`, which keeps the rest."""
    whole = _joined(*parts)
    parts[:] = [Stems(*(part[:, n_samples:] for part in whole))]
    return Stems(*(part[:, :n_samples] for part in whole))


def _joined(*parts: Stems) -> Stems:
    if len(parts) == 1:
        return parts[0]
    return Stems(*(np.concatenate(part, axis=1) for part in zip(*parts, strict=True)))


def _mixed(held: Sequence[Stems], n_block: int, start: int, stop: int) -> Stems:
    """Mix the samples [start, stop) of what is held."""
    share = _share_of_second([stems.vocals for stems in held], n_block)[start:stop]
    first, second = (Stems(*(part[:, start:stop] for part in stems)) for stems in held)
    vocals, accompaniment = (
        one + share * (other - one) for one, other in zip(first, second, strict=True)
    )
    return Stems(vocals, accompaniment)


def _share_of_second(vocals: Sequence[Audio], n_block: int) -> npt.NDArray[np.float32]:
    """Share of the second engine in each sample, 0 to 0.5: float32 (n_samples,)."""
    n_samples = vocals[0].shape[1]
    n_blocks = -(-n_samples // n_block)
    edges = np.arange(n_blocks) * n_block
    powers = [
        np.add.reduceat(np.square(one, dtype=np.float64).sum(axis=0), edges) for one in vocals
    ]
    sizes = np.diff(np.append(edges, n_samples)).astype(float)
    smooth = np.ones(2 * _N_SIDE + 1)
    lengths = np.convolve(sizes, smooth)[_N_SIDE:-_N_SIDE]
    one, other = (np.convolve(p, smooth)[_N_SIDE:-_N_SIDE] / lengths + _QUIET for p in powers)
    shares = 0.5 * np.minimum(one / other, other / one)
    centres = edges + n_block / 2
    return np.interp(np.arange(n_samples), centres, shares).astype(np.float32)

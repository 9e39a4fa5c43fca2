"""An engine of one sampling rate for audio of any: there and back, to the sample."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import soxr

from utawaku.models.separator.engine import Audio, Stems

Streamed = Callable[[Iterable[Audio]], Iterator[Stems]]
"""Maps chunks to stems, both float32 (n_channels, n_samples) at the engine's own rate."""


def stream_at(
    rate_hz: int,
    separated: Streamed,
    chunks: Iterable[Audio],
    sample_rate_hz: int,
    *,
    adds_up: bool,
) -> Iterator[Stems]:
    """Separate audio at `sample_rate_hz` by an engine that works at `rate_hz`.

    Args:
        rate_hz: rate of the engine.
        separated: the engine.
        chunks: the mix, each float32 (n_channels, n_samples).
        sample_rate_hz: rate of the mix, and of the stems.
        adds_up: the stems are to add up to the mix, so the accompaniment is what the vocals leave
            of it. Else both stems are brought back.
    """
    clean = (np.nan_to_num(np.atleast_2d(chunk)) for chunk in chunks)
    if sample_rate_hz == rate_hz:
        yield from separated(clean)
    else:
        yield from _Resampled(rate_hz, sample_rate_hz, adds_up).stream(separated, clean)


class _Resampled:
    """The mix on its way to the engine's rate, and the stems on their way back."""

    def __init__(self, rate_hz: int, sample_rate_hz: int, adds_up: bool) -> None:
        self._rate_hz, self._sample_rate_hz = rate_hz, sample_rate_hz
        self._adds_up = adds_up
        self._waiting: list[Audio] = []
        """The mix at its own rate whose stems are not out yet."""
        self._n_in = self._n_out = 0

    def stream(self, separated: Streamed, chunks: Iterable[Audio]) -> Iterator[Stems]:
        back: list[soxr.ResampleStream] = []
        for stems in separated(self._converted(chunks)):
            n_channels = len(stems.vocals)
            back = back or [
                soxr.ResampleStream(self._rate_hz, self._sample_rate_hz, n_channels) for _ in stems
            ]
            yield from self._out(
                [_resample(one, part) for one, part in zip(back, stems, strict=True)]
            )
        if self._n_out < self._n_in:
            missing = self._n_in - self._n_out
            pair = []
            for resampler in back:
                nothing = np.zeros((len(self._waiting[0]), 0), np.float32)
                rest = _resample(resampler, nothing, last=True)[:, :missing]
                pair.append(np.pad(rest, ((0, 0), (0, missing - rest.shape[1]))))
            yield from self._out(pair)

    def _converted(self, chunks: Iterable[Audio]) -> Iterator[Audio]:
        resampler = None
        n_channels = 0
        for chunk in chunks:
            if resampler is None:
                n_channels = len(chunk)
                resampler = soxr.ResampleStream(self._sample_rate_hz, self._rate_hz, n_channels)
            self._waiting.append(chunk)
            self._n_in += chunk.shape[1]
            yield _resample(resampler, chunk)
        if resampler is not None:
            yield _resample(resampler, np.zeros((n_channels, 0), np.float32), last=True)

    def _out(self, pair: list[Audio]) -> Iterator[Stems]:
        n_now = min(pair[0].shape[1], self._n_in - self._n_out)
        if not n_now:
            return
        self._n_out += n_now
        vocals, accompaniment = (part[:, :n_now] for part in pair)
        mix = np.concatenate(self._waiting, axis=1) if len(self._waiting) > 1 else self._waiting[0]
        self._waiting[:] = [mix[:, n_now:]]
        yield Stems(vocals, mix[:, :n_now] - vocals if self._adds_up else accompaniment)


def _resample(resampler: soxr.ResampleStream, part: Audio, *, last: bool = False) -> Audio:
    """Resample float32 (n_channels, n_samples), which may be empty."""
    frames = np.ascontiguousarray(part.T)
    found: Audio = resampler.resample_chunk(frames, last=last).T.reshape(len(part), -1)
    return found

"""Samples of a span of a file, from any moment."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from utawaku.library.errors import MediaError, NoAudioError, NotFoundError, NotMediaError

RATE_HZ = 48_000
N_CHANNELS = 2


class Decoder:
    """Reads a file from `at_s` on as float32 blocks (n_frames, 2) at 48 kHz.

    Raises:
        NotFoundError: the file is gone.
        NotMediaError: FFmpeg cannot read it.
        NoAudioError: it has no audio track.
    """

    def __init__(self, path: Path, at_s: float = 0.0, stop_s: float | None = None) -> None:
        self.path = path
        import av  # 0.1 s that the first screen should not wait for

        if not path.is_file():
            raise NotFoundError(
                "the file is gone",
                subject=str(path),
                next_step="Make it again (Pipeline, v to Streams, y), or take it out of the trash",
            )
        try:
            self._container = av.open(str(path))
        except (av.FFmpegError, OSError) as error:
            raise NotMediaError(
                f"cannot be played ({error})",
                subject=str(path),
                next_step="Make it again (Pipeline, v to Streams, y)",
            ) from error
        if not self._container.streams.audio:
            self._container.close()
            raise NoAudioError("has no audio", subject=str(path), next_step="Take it in again")
        self._stream = self._container.streams.audio[0]
        self._at_s = at_s
        self._stop_s = stop_s
        if at_s > 0:
            # A little early: what stands before the wanted sample is thrown away exactly.
            try:
                self._container.seek(int(max(0.0, at_s - 0.1) * av.time_base), backward=True)
            except (av.FFmpegError, OSError) as error:
                self._container.close()
                raise MediaError(
                    f"has nothing at {at_s:.0f} s ({error})",
                    subject=str(path),
                    next_step="Make it again (Pipeline, v to Streams, y)",
                ) from error

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def blocks(self) -> Iterator[np.ndarray]:
        """Blocks of float32 samples (n_frames, 2), the first beginning exactly at `at_s`.

        Raises:
            MediaError: the file breaks in the middle.
        """
        import av

        # FFmpeg would put mono 3 dB softer on both sides; it is heard at its own level instead.
        mono = self._stream.channels == 1
        layout = "mono" if mono else "stereo"
        resampler = av.AudioResampler(format="flt", layout=layout, rate=RATE_HZ)
        start_s = float(self._stream.start_time or 0) * float(self._stream.time_base or 0)
        to_skip: int | None = None
        left = None
        if self._stop_s is not None:
            left = max(0, round((self._stop_s - self._at_s) * RATE_HZ))
        try:
            for frame in self._container.decode(self._stream):
                if to_skip is None:
                    began_s = (frame.time if frame.time is not None else start_s) - start_s
                    to_skip = round((self._at_s - began_s) * RATE_HZ)
                for piece in resampler.resample(frame):
                    samples: np.ndarray = piece.to_ndarray().reshape(-1, 1 if mono else N_CHANNELS)
                    if mono:
                        samples = np.repeat(samples, N_CHANNELS, axis=1)
                    if to_skip > 0:
                        skipped = min(to_skip, len(samples))
                        to_skip -= skipped
                        samples = samples[skipped:]
                    if left is not None:
                        samples = samples[:left]
                        left -= len(samples)
                    if len(samples):
                        yield samples
                    if left == 0:
                        return
        except (av.FFmpegError, OSError) as error:
            raise MediaError(
                f"breaks off while playing ({error})",
                subject=str(self.path),
                next_step="Make it again (Pipeline, v to Streams, y)",
            ) from error

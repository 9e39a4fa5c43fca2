"""Sound kept for a while: 16-bit mono samples in a file that is read in place.

Decoding is the dearest step that several engines share. Who decodes a recording leaves its samples
in a spool; who wants a span of it later maps the file and copies the span.
"""

import logging
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import numpy as np

from utawaku.library.files import temporary_path

_log = logging.getLogger(__name__)

SAMPLE_RATE_HZ = 16_000
_FULL_SCALE = 32_768


class SpoolWriter:
    """Writes a spool, chunk by chunk; the file is there, whole, once the block has ended well.

    Without a sample there is no file. Where there is no room it is given up: a spool saves work,
    nothing hangs on it.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self._temporary = temporary_path(target)
        self._failed = False
        self._n_samples = 0

    def __enter__(self) -> "SpoolWriter":
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._temporary.open("xb")
        except OSError as error:
            self._give_up(error)
        return self

    def add(self, samples: np.ndarray) -> None:
        """Take float32 (n_samples,) in [-1, 1], 16 kHz mono."""
        if self._failed:
            return
        rounded = np.rint(samples * _FULL_SCALE).clip(-_FULL_SCALE, _FULL_SCALE - 1)
        try:
            self._file.write(rounded.astype("<i2").tobytes())
            self._n_samples += len(samples)
        except OSError as error:
            self._file.close()
            self._give_up(error)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._failed:
            return
        try:
            with self._file:
                if kind is None:
                    self._file.flush()
                    os.fsync(self._file.fileno())
            if kind is None and self._n_samples:
                self._temporary.replace(self._target)
        except OSError as error:
            self._give_up(error)
        finally:
            with suppress(OSError):
                self._temporary.unlink(missing_ok=True)

    def _give_up(self, error: OSError) -> None:
        _log.warning("%s: no sound is kept (%s); it is decoded again", self._target, error)
        self._failed = True
        with suppress(OSError):
            self._temporary.unlink(missing_ok=True)


def read_spool(path: Path, start_s: float, stop_s: float) -> np.ndarray:
    """A span of a spool: float32 (n_samples,) in [-1, 1], 16 kHz mono.

    It is what `utawaku.media.decode` gives for the span, rounded to 16 bits.

    Raises:
        FileNotFoundError: there is no spool.
    """
    samples = np.memmap(path, "<i2", mode="r")
    start, stop = (max(0, round(at_s * SAMPLE_RATE_HZ)) for at_s in (start_s, stop_s))
    return samples[start:stop].astype(np.float32) / np.float32(_FULL_SCALE)

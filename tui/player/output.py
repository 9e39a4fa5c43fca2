"""Outputs of samples: the machine's audio device, or a silent clock where there is none."""

import ctypes
import threading
import time
from collections.abc import Callable, Generator
from typing import Any, Protocol

import numpy as np

from utawaku.tui.player.decode import N_CHANNELS, RATE_HZ

Pull = Callable[[int], np.ndarray]
"""Asked for n frames, returns float32 (n, 2)."""
_PIECE = 2048
"""Frames that the silent output pulls at once."""


class Output(Protocol):
    """Something that pulls samples at the pace of the clock."""

    silent_because: str
    """The reason why nothing can be heard; empty when it can."""

    def start(self, pull: Pull) -> None:
        """Begin to pull."""
        ...

    def close(self) -> None:
        """Stop pulling."""
        ...


def open_device() -> Output:
    """The machine's audio device, or a silent clock where miniaudio is not installed."""
    try:
        import miniaudio  # noqa: F401 - looked for before a device is opened
    except ImportError:
        return SilentOutput("miniaudio is not installed")
    return DeviceOutput()


class SilentOutput:
    """Pulls at the pace of the clock, and throws the samples away."""

    def __init__(self, because: str) -> None:
        self.silent_because = because
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, pull: Pull) -> None:
        """Begin to pull."""
        self._thread = threading.Thread(target=self._run, args=(pull,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop pulling."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, pull: Pull) -> None:
        began, n_pulled = time.monotonic(), 0
        while not self._ended.is_set():
            n_due = int((time.monotonic() - began) * RATE_HZ) + _PIECE - n_pulled
            while n_due >= _PIECE and not self._ended.is_set():
                pull(_PIECE)
                n_pulled += _PIECE
                n_due -= _PIECE
            self._ended.wait(_PIECE / RATE_HZ)


class DeviceOutput:
    """The default device through miniaudio; its null backend where there is no device."""

    def __init__(self) -> None:
        import miniaudio

        self.silent_because = ""
        _quiet_alsa()
        try:
            self._device = _open(
                [backend for backend in miniaudio.Backend if backend != miniaudio.Backend.NULL]
            )
        except miniaudio.MiniaudioError:
            self.silent_because = "no audio device"
            self._device = _open([miniaudio.Backend.NULL])

    def start(self, pull: Pull) -> None:
        """Begin to pull."""
        stream = _stream(pull)
        next(stream)
        self._device.start(stream)

    def close(self) -> None:
        """Give the device back."""
        self._device.close()


def _open(backends: list[Any]) -> Any:
    import miniaudio

    return miniaudio.PlaybackDevice(
        output_format=miniaudio.SampleFormat.FLOAT32,
        nchannels=N_CHANNELS,
        sample_rate=RATE_HZ,
        buffersize_msec=80,
        backends=backends,
        app_name="utawaku",
    )


def _stream(pull: Pull) -> Generator[bytes, int, None]:
    n_frames = yield b""
    while True:
        n_frames = yield pull(n_frames).tobytes()


_ALSA_HANDLER = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)
_say_nothing = _ALSA_HANDLER(lambda *_words: None)


def _quiet_alsa() -> None:
    """ALSA's library writes complaints over the screen unless it is given somebody to tell."""
    try:
        alsa = ctypes.CDLL("libasound.so.2")
    except OSError:
        return  # no ALSA on this machine, so nobody to quiet
    alsa.snd_lib_error_set_handler(_say_nothing)

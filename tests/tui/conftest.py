"""A small library with sound, and the app on it without a device."""

import json
import math
import shutil
import time
import wave
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.fake_catalogue import fill
from tests import postgres
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.tui.app import UtawakuApp
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.player.output import Pull

NOW = time.time()
RATE_HZ = 48_000


class HandOutput:
    """An output that pulls only when a test turns the handle."""

    def __init__(self) -> None:
        self.silent_because = ""
        self.pull: Pull | None = None
        self.closed = False

    def start(self, pull: Pull) -> None:
        """Remember whom to ask."""
        self.pull = pull

    def close(self) -> None:
        """Ask no more."""
        self.closed = True

    def turn(self, seconds: float) -> np.ndarray:
        """Pull this much in small buffers, as a device would."""
        assert self.pull is not None
        pieces = [self.pull(480) for _ in range(round(seconds * 100))]
        return np.concatenate(pieces) if pieces else np.zeros((0, 2), np.float32)


def write_tone(path: Path, hertz: float, seconds: float, *, level: float = 0.25) -> Path:
    """A mono sine as a WAV file at 48 kHz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    samples = (level * 32767 * np.sin(2 * math.pi * hertz * t)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())
    return path


def write_analysis(settings: Settings, stream_id: str, duration_s: float) -> None:
    """A waveform that swells every four minutes, as the segmenter would leave it."""
    at = np.arange(int(np.ceil(duration_s * 10))) / 10
    loud = (0.15 + 0.5 * np.clip(np.sin(at / 38), 0, 1) + 0.1 * np.sin(at * 7)).clip(0.02, 1)
    folder = settings.stream_dir(stream_id)
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        folder / "analysis.npz",
        header=np.array(json.dumps({"format": 1, "duration_s": duration_s})),
        wave_min=(-loud).astype(np.float16),
        wave_max=loud.astype(np.float16),
    )


def pitch_of(samples: np.ndarray) -> float:
    """The strongest frequency, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples[:, 0] * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * RATE_HZ / len(samples))


@pytest.fixture
def output() -> HandOutput:
    return HandOutput()


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `library` and `data`, made once and copied for each test."""
    home = tmp_path_factory.mktemp("prepared")
    settings = Settings(library_root=home / "library", data_dir=home / "data", catalogue_url="")
    catalogue = Catalogue.open(settings)
    _fill(catalogue, settings)
    catalogue.close()
    return home


def _fill(catalogue: Catalogue, settings: Settings) -> None:
    fill(catalogue, 300, now=NOW)
    stream = catalogue.streams.get("youtube-fake0000000")
    recording = settings.stream_dir(stream.id) / "recording.wav"
    write_tone(recording, 440, 20)
    catalogue.streams.save(
        replace(stream, recording_path=str(recording.relative_to(settings.library_root)))
    )
    write_analysis(settings, stream.id, stream.duration_s)


@pytest.fixture
def library(prepared: Path, settings: Settings) -> Iterator[Catalogue]:
    """300 made-up songs; the recording of stream 0 really is there."""
    shutil.copytree(prepared / "library", settings.library_root)
    shutil.copytree(prepared / "data", settings.data_dir)
    opened = Catalogue.open(settings)
    if postgres.SERVER:
        _fill(opened, settings)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def remembered_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Return what a notice said stays in `app.remembered`: on a busy machine it goes between two
    looks.
    """
    notify = UtawakuApp.notify

    def remember(app: Any, message: str, **how: Any) -> None:
        vars(app).setdefault("remembered", []).append(message)
        notify(app, message, **how)

    monkeypatch.setattr(UtawakuApp, "notify", remember)


@pytest.fixture
def app(library: Catalogue, settings: Settings, output: HandOutput) -> UtawakuApp:
    return UtawakuApp(LibraryHandle.of(settings, library), open_output=lambda: output)


async def until(condition: Callable[[], object], pause: Callable[..., Awaitable[None]]) -> None:
    """Wait for the app to get somewhere; a test fails rather than hangs."""
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, "the app never got there"
        await pause(0.02)

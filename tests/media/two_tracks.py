"""A film with two sound tracks, each a tone of its own."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

RATE_HZ = 48_000
TONES_HZ = {"eng": 1000, "jpn": 440}
"""Language and tone of the tracks in their order; the first is flagged as default."""


def write_two_tracks(
    path: Path, seconds: int = 4, *, default: int = 0, picture: bool = True
) -> Path:
    """Write the film; `default` is the number of the track that is flagged."""
    times = np.arange(seconds * RATE_HZ) / RATE_HZ
    with av.open(str(path), "w") as container:
        film: Any = None
        if picture:
            film = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
            film.width = film.height = 64
            film.pix_fmt = "yuv420p"
        tracks: list[Any] = [
            container.add_stream("aac", rate=RATE_HZ, layout="mono") for _ in TONES_HZ
        ]
        for number, (track, language) in enumerate(zip(tracks, TONES_HZ, strict=True)):
            track.metadata["language"] = language
            track.disposition = av.stream.Disposition.default if number == default else 0
        for second in range(seconds):
            for index in range(10 if picture else 0):
                shade = np.full((96, 64), 16 + 20 * second + index, np.uint8)
                frame = av.VideoFrame.from_ndarray(shade, "yuv420p")
                frame.pts, frame.time_base = second * 10 + index, Fraction(1, 10)
                container.mux(film.encode(frame))
            for track, hertz in zip(tracks, TONES_HZ.values(), strict=True):
                tone = 0.3 * np.sin(2 * np.pi * hertz * times)
                piece = tone[second * RATE_HZ : (second + 1) * RATE_HZ].astype(np.float32)
                heard = av.AudioFrame.from_ndarray(piece[None], "fltp", "mono")
                heard.sample_rate, heard.pts = RATE_HZ, second * RATE_HZ
                container.mux(track.encode(heard))
        for stream in [*([film] if picture else []), *tracks]:
            container.mux(stream.encode(None))
    return path


def tone_of(samples: np.ndarray, rate_hz: int = RATE_HZ) -> int:
    """Return the strongest frequency in Hz, rounded to 10 Hz."""
    mono = np.atleast_2d(samples)[0]
    spectrum = np.abs(np.fft.rfft(mono * np.hanning(mono.size)))
    return int(round(spectrum.argmax() * rate_hz / mono.size, -1))

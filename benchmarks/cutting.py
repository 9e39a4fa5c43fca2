"""How exact a cut is and what it costs, per codec: `python benchmarks/cutting.py [RECORDING...]`.

Without arguments it makes its own recordings. The cut is decoded and compared with the same span of
a decode of the whole recording: samples off at the start (by correlation) and at the end, and, for
copies and lossless codecs, the largest difference of a sample.
"""

import logging
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.models.song_files import sound, write
from utawaku.media.cut import cut_audio
from utawaku.media.decode import load

DURATION_S, START_S, STOP_S = 120.0, 41.2345, 101.5
SOURCES = (
    ("opus.webm", "libopus", 48_000, 96_000),
    ("aac.m4a", "aac", 44_100, 128_000),
    ("lame.mp3", "libmp3lame", 44_100, 128_000),
    ("lossless.flac", "flac", 48_000, 0),
)


def lag(expected: np.ndarray, played: np.ndarray) -> int:
    """By how many samples `played` is late."""
    size = 1 << (2 * max(expected.size, played.size)).bit_length()
    spectrum = np.fft.rfft(played, size) * np.conj(np.fft.rfft(expected, size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)))
    return peak if peak < size // 2 else peak - size


def row(source: Path, codec: str, folder: Path) -> str:
    begin = time.process_time()
    cut = cut_audio(source, START_S, STOP_S, folder / "cut", codec=codec, with_loudness=False)
    cost_s = time.process_time() - begin
    played, rate = load(cut.path)
    played = np.atleast_2d(played)
    expected, _ = load(source, sample_rate_hz=rate)
    first = round(START_S * rate)
    last = round(STOP_S * rate)
    expected = np.atleast_2d(expected)[:, first:last]
    both = min(expected.shape[1], played.shape[1])
    difference = float(np.abs(expected[:, :both] - played[:, :both]).max())
    how = "copied" if cut.copied else "encoded"
    return (
        f"| {source.name} | {codec} | {cut.codec} | {how} | {lag(expected[0], played[0])} "
        f"| {played.shape[1] - expected.shape[1]} | {difference:.1e} | {cost_s:.2f} |"
    )


def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = [Path(argument) for argument in sys.argv[1:]]
        for file, encoder, rate, bit_rate in SOURCES if not sources else ():
            samples = np.tile(sound(DURATION_S / 4, rate), 4)
            sources.append(write(folder / file, samples, rate, encoder, bit_rate=bit_rate))
        print(f"A cut of {STOP_S - START_S:.1f} s")
        print("| Recording | Asked | Codec | How | Start off | End off | Max diff | CPU s |")
        print("|---|---|---|---|---|---|---|---|")
        for source in sources:
            for codec in ("auto", "opus", "mp3", "flac", "m4a"):
                print(row(source, codec, folder), flush=True)


if __name__ == "__main__":
    main()

"""The engines side by side where the truth is known: `python benchmarks/separators.py FOLDER`.

FOLDER is what `python -m utawaku.models.training.mir1k Wavfile FOLDER` wrote; UTAWAKU_CORPUS names
the corpus. Spleeter's weights are fetched where they are missing. The built-in network has heard
none of it: neither the four singers, nor the corpus's voices, nor the ten pieces without voice. SDR
is plain (no leave to scale or filter).
"""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from utawaku.library.config import load_settings
from utawaku.media.decode import load
from utawaku.models import registry
from utawaku.models.separator.blend import BlendSeparator
from utawaku.models.separator.builtin.engine import BuiltinSeparator
from utawaku.models.separator.engine import Stems, separate
from utawaku.models.separator.spleeter.engine import SpleeterSeparator

RATE = 44_100
TRAINED_ON = (
    "brahms_hungarian", "outfoxing", "legends_of_the_north", "silvan_sanctuary",
    "the_city_falls", "to_be_happy", "by_product", "coherence", "hr3_desert", "hr3_laboratory",
    "armygeddon",
)  # fmt: skip
"""Pieces that the built-in network was trained on (`models/separator/builtin/MODEL_CARD.md`)."""
MOST_S = 30.0
ENGINES = ("builtin", "spleeter", "their plain mean", "blend")


class Known:
    """An engine whose stems are known already, so that the blend does not make them again."""

    name, version, model_version = "known", "1", ""

    def __init__(self, stems: Stems) -> None:
        self._stems = stems

    def stream(self, chunks: Iterable[np.ndarray], sample_rate_hz: int) -> Iterator[Stems]:
        yield self._stems


Pair = tuple[np.ndarray, np.ndarray, int]
"""Voice and music, float32 (n_channels, n_samples), and their rate."""


def sound(path: Path, rate: int | None = RATE) -> tuple[np.ndarray, int]:
    samples, own = load(path, sample_rate_hz=rate, stop_s=MOST_S)
    return np.atleast_2d(samples), own


def karaoke(folder: Path) -> Iterator[Pair]:
    """The card's clips: singers held out over their backing, mono at 16 kHz."""
    for path in sorted((folder / "test" / "songs").glob("*.vocals.wav")):
        voice, rate = sound(path, None)
        music, _ = sound(path.with_name(path.name.replace(".vocals.", ".accompaniment.")), None)
        yield voice, music, rate


def laid_over(voices: Iterable[Path], pieces: list[Path], n_pieces: int) -> Iterator[Pair]:
    """Each voice in the centre of some pieces, at equal energy."""
    for number, path in enumerate(voices):
        voice = sound(path)[0].mean(axis=0, keepdims=True)
        for turn in range(n_pieces):
            music = sound(pieces[(number + 2 * turn) % len(pieces)])[0]
            n_samples = min(music.shape[1], voice.shape[1])
            sung, music = voice[:, :n_samples], music[:, :n_samples]
            equal = np.sqrt(np.mean(music**2) / max(float(np.mean(sung**2)), 1e-9))
            yield np.repeat(sung * np.float32(equal), len(music), axis=0), music, RATE


def corpus_pair(corpus: Path, name: str) -> Iterator[Pair]:
    parts = [sound(corpus / "separation" / f"{name}.{stem}.flac")[0]
             for stem in ("vocals", "accompaniment")]  # fmt: skip
    yield parts[0], parts[1], RATE


def demo_songs() -> Iterator[Pair]:
    from utawaku.demo import SONGS, render_song

    for name in list(SONGS)[-3:]:
        song = render_song(name, seconds=MOST_S)
        voice, music = (np.atleast_2d(part)[:, : round(MOST_S * RATE)].astype(np.float32)
                        for part in (song.vocals, song.accompaniment))  # fmt: skip
        yield voice, music, RATE


def alone(pieces: list[Path]) -> Iterator[Pair]:
    for path in pieces:
        music = sound(path)[0]
        yield np.zeros_like(music), music, RATE


def gain_db(truth: np.ndarray, found: np.ndarray, mix: np.ndarray) -> float:
    """Plain SDR of a stem less that of the mix."""
    power = [float(np.sum((truth - one) ** 2)) + 1e-9 for one in (mix, found)]
    return float(10 * np.log10(power[0] / power[1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--builtin", type=Path, help="another network of the built-in form")
    parser.add_argument("--only", default="", help="words of the sets to measure")
    arguments = parser.parse_args()
    corpus = Path(os.environ["UTAWAKU_CORPUS"])
    weights = load_settings().weights_dir
    engines = [
        BuiltinSeparator(arguments.builtin or registry.pull("vocal-unet", weights)),
        SpleeterSeparator(registry.pull("spleeter-2stems", weights), extension="average"),
    ]
    pieces = [path for path in sorted((corpus / "instrumental").iterdir())
              if not any(name in path.name for name in TRAINED_ON)]  # fmt: skip
    voices = {
        kind: [path for path in sorted((corpus / kind).iterdir()) if path.suffix != ".json"]
        for kind in ("singing", "speech")
    }
    sets = {
        "card: 177 clips of MIR-1K": karaoke(arguments.folder),
        "singing over pieces, full band": laid_over(voices["singing"], pieces, 5),
        "speech over pieces, full band": laid_over(voices["speech"], pieces, 1),
        "vocadito over funk": corpus_pair(corpus, "vocadito_over_boas"),
        "speech over jazz": corpus_pair(corpus, "speech_over_vibe_ace"),
        "demo songs": demo_songs(),
        "pieces without voice: level of the vocals": alone(pieces),
    }
    print(f"{len(pieces)} pieces: {', '.join(path.stem for path in pieces)}", file=sys.stderr)
    print(f"| vocals / accompaniment, dB over the mix | {' | '.join(ENGINES)} |")
    print("|---" * (len(ENGINES) + 1) + "|")
    for name, pairs in sets.items():
        if arguments.only not in name:
            continue
        began, told, lengths = time.process_time(), [], []
        for voice, music, rate in pairs:
            mix = voice + music
            made = [separate(engine, mix, rate) for engine in engines]
            small, large = (stems.vocals for stems in made)
            blend = separate(BlendSeparator(Known(made[1]), Known(made[0])), mix, rate).vocals
            row = []
            for vocals in (small, large, (small + large) / 2, blend):
                if voice.any():
                    row.append((gain_db(voice, vocals, mix), gain_db(music, mix - vocals, mix)))
                else:
                    ratio = (np.sum(vocals**2) + 1e-9) / (np.sum(music**2) + 1e-9)
                    row.append((float(10 * np.log10(ratio)),) * 2)
            told.append(row)
            lengths.append(mix.shape[1])
        means = np.average(told, axis=0, weights=lengths)
        same = np.allclose(means[:, 0], means[:, 1])
        cells = [f"{v:.2f}" if same else f"{v:.2f} / {a:.2f}" for v, a in means]
        print(f"| {name} ({len(told)}) | {' | '.join(cells)} |", flush=True)
        print(f"{name}: {time.process_time() - began:.0f} CPU-s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

"""Songs that nobody has heard: composed by dice, played by the demo's band and sung by its singers.

    python benchmarks/composed_songs.py FOLDER [--songs 150]

Each number is one song for ever: key, mode, tempo, style, voice, progressions and melody come from
it. They share instruments, drum patterns and chord progressions, as songs of one kind do, so as
strangers they are harder than recordings of different bands. Files are 16 kHz mono WAV, with and
without the voice.
"""

from __future__ import annotations

import argparse
import sys
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from utawaku.demo.arrangement import STYLES, form
from utawaku.demo.rendering import RenderedSong, render_sections
from utawaku.demo.score import Chord, Note, Song, Strain

RATE = 16_000
Audio = NDArray[np.float32]

_TONICS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_PROGRESSIONS = {
    "major": ((1, 5, 6, 4), (6, 4, 1, 5), (4, 5, 3, 6), (1, 6, 4, 5), (1, 4, 1, 5), (2, 5, 1, 6)),
    "minor": ((1, 6, 3, 7), (1, 4, 5, 1), (6, 7, 1, 1), (1, 7, 6, 5), (4, 7, 3, 6), (1, 3, 7, 6)),
}
_RHYTHMS = ((1.0,) * 4, (1.5, 0.5, 1.0, 1.0), (0.5,) * 8, (2.0, 1.0, 1.0), (1.0, 0.5, 0.5, 2.0))
_WORDS = "ka sa ta na ha ma ya ra wa ki shi chi ni mi ri ku su tsu mu ru ke se te ne me ko so to no"


def compose(number: int) -> Song:
    """The song of this number."""
    rng = np.random.default_rng([number, 77])
    mode = "minor" if rng.random() < 0.5 else "major"
    tonic = int(rng.integers(12))
    words = tuple(rng.choice(_WORDS.split(), 24).tolist())
    centre = int(rng.integers(62, 72))
    return Song(
        name=f"composed-{number}",
        title=f"Composed {number}",
        artist="Dice",
        tonic=_TONICS[tonic],
        mode=mode,
        shift=0,
        bpm=float(rng.integers(66, 152)),
        beats_per_bar=4,
        style=str(rng.choice(styles())),
        voice=str(rng.choice(["female", "male"])),
        verse=_strain(rng, tonic, mode, words, centre),
        chorus=_strain(rng, tonic, mode, words[::-1], centre + 3),
    )


def play(
    number: int,
    *,
    seconds: float = 100.0,
    transpose: int = 0,
    tempo_factor: float = 1.0,
    style: str = "",
) -> RenderedSong:
    """The song of this number as the demo's band plays it, in another style as a cover."""
    song = compose(number)
    bpm = song.bpm * tempo_factor
    return render_sections(
        song,
        STYLES[style or song.style],
        form(song, seconds, bpm),
        bpm=bpm,
        sample_rate_hz=RATE,
        transpose=transpose,
        seed=number,
    )


def styles() -> list[str]:
    """The styles in four."""
    return [name for name in sorted(STYLES) if _beats(name) == 4]


def _beats(style: str) -> int:
    hits = [hit.beat for layer in STYLES[style].layers for hit in layer.hits]
    return 4 if max(hits) >= 3 else 3


def _strain(
    rng: np.random.Generator, tonic: int, mode: str, words: tuple[str, ...], centre: int
) -> Strain:
    scale = _SCALES[mode]
    progressions = _PROGRESSIONS[mode]
    bars = [
        degree for _ in range(2) for degree in progressions[int(rng.integers(len(progressions)))]
    ]
    chords, notes = [], []
    pitch = centre
    motif = [_RHYTHMS[int(rng.integers(len(_RHYTHMS)))] for _ in range(2)]
    for bar, degree in enumerate(bars):
        triad = [scale[(degree - 1 + step) % 7] for step in (0, 2, 4)]
        root = (tonic + triad[0]) % 12
        intervals = tuple((tone - triad[0]) % 12 for tone in triad)
        chords.append(Chord(4.0 * bar, 4.0, root, intervals))
        beat = 4.0 * bar
        for place, n_beats in enumerate(motif[bar % 2]):
            tones = triad if place == 0 else scale
            reach = [midi for midi in range(centre - 7, centre + 9) if (midi - tonic) % 12 in tones]
            near = sorted(reach, key=lambda midi: abs(midi - pitch))[:4]
            pitch = int(rng.choice(near))
            notes.append(Note(beat, n_beats, pitch))
            beat += n_beats
    return Strain(tuple(notes), tuple(chords), words, len(bars), 4)


def mono(audio: NDArray[np.float32]) -> Audio:
    """(2, n_samples) as (n_samples,)."""
    return np.asarray(audio.mean(axis=0), dtype=np.float32)


def save(path: Path, audio: Audio) -> None:
    """Write 16 kHz mono, whole or not at all."""
    working = path.with_name(f".{path.name}")
    with wave.open(str(working), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(audio, -1, 1) * 32767).astype("<i2").tobytes())
    working.rename(path)


def write(folder: Path, n_songs: int) -> None:
    """Render what is missing of the first `n_songs` songs into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(n_songs):
        target = folder / f"{number:04}.mix.wav"
        if not target.exists():
            made = play(number)
            save(folder / f"{number:04}.backing.wav", mono(made.accompaniment))
            save(target, mono(made.mix))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--songs", type=int, default=150)
    chosen = parser.parse_args()
    write(chosen.folder, chosen.songs)

"""Songs of one genre in two kinds, for tests of taste that no genre gives away.

* Karaoke of one kind of pop: the recordings of MIR-1K (`Wavfile`), each singer's clips of a song
  joined. Kinds: singers of higher or lower voices; or singers whom one user likes, by chance.
* Ballads that utawaku renders: every melody of its songbook by every singer, with either band, at
  either tempo. Kinds: the voice, the band, or the tempo, while the others differ by chance.
"""

import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from utawaku.demo.arrangement import STYLES, Layer, Style, form
from utawaku.demo.rendering import render_sections
from utawaku.demo.songbook import songbook
from utawaku.models.tagger import Tagger
from utawaku.models.tagger.engine import n_patches_for
from utawaku.models.tagger.excerpts import pieces_of
from utawaku.models.tagger.features import SAMPLE_RATE_HZ, patch_of

BALLAD_S = 40.0
_FRAME = 1024


@dataclass(frozen=True)
class Heard:
    """Vectors of songs, by what made them."""

    vectors: dict[str, np.ndarray]
    """float32 (n_songs, n_values) each: `embedding`, `tags`, `timbre`, `mel`."""
    facts: dict[str, np.ndarray]
    """What is known of each song: (n_songs,) strings or numbers."""

    @property
    def n_songs(self) -> int:
        """Number of songs."""
        return len(next(iter(self.facts.values())))


@dataclass(frozen=True)
class Question:
    """One test: what a user likes, and what is held out whole."""

    name: str
    heard: Heard
    held_out_by: str
    """Fact whose values are never graded and tested at once."""
    likes: Callable[[Heard, np.random.Generator], np.ndarray] = field(repr=False)
    """bool (n_songs,) for the user that chance makes."""


def hear(samples: np.ndarray, tagger: Tagger) -> dict[str, np.ndarray]:
    """Vectors of float32 (n_samples,) mono at 16 kHz, all of the same pieces of the song."""
    pieces = pieces_of(samples, n_patches_for(samples.size / SAMPLE_RATE_HZ))
    patches = np.stack([patch_of(piece) for piece in pieces])
    told = tagger.impression_of(patches)
    mel = patches.reshape(-1, patches.shape[-1])
    return {
        "embedding": told.embedding,
        "tags": told.tags,
        "timbre": told.timbre,
        "mel": np.concatenate([mel.mean(axis=0), mel.std(axis=0)]),
    }


def karaoke(folder: Path, tagger: Tagger) -> Heard:
    """Every recording of MIR-1K's `Wavfile`, both channels mixed."""
    recordings: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*_*_*.wav")):
        recordings.setdefault(path.stem.rpartition("_")[0], []).append(path)
    rows, singers, pitches = [], [], []
    for name, paths in recordings.items():
        both = np.concatenate([_stereo(path) for path in paths])
        rows.append(hear(both.mean(axis=1).astype(np.float32), tagger))
        singers.append(name.partition("_")[0])
        pitches.append(median_pitch_hz(both[:, 1]))
    names, pitch = np.array(singers), np.array(pitches)
    of_singer = {one: float(np.median(pitch[names == one])) for one in np.unique(names)}
    facts = {
        "recording": np.array(list(recordings)),
        "singer": names,
        "pitch_hz": np.array([of_singer[one] for one in names]),
    }
    return Heard(_stacked(rows), facts)


def ballads(tagger: Tagger) -> Heard:
    """Every melody of the songbook in four beats, as ballads of all kinds."""
    rows, facts = [], []
    for melody, samples, told in _rendered():
        rows.append(hear(samples, tagger))
        facts.append((melody, *told))
    columns = zip(*facts, strict=True)
    named = dict(zip(("melody", "voice", "band", "tempo"), map(np.array, columns), strict=True))
    return Heard(_stacked(rows), named)


def _rendered() -> Iterator[tuple[str, np.ndarray, tuple[str, str, str]]]:
    place = 0
    for melody, song in songbook().items():
        if song.beats_per_bar != 4:
            continue
        for voice in ("female", "male"):
            for band in ("piano", "guitar"):
                for tempo, bpm in (("slow", 66.0), ("moving", 84.0)):
                    for transpose in (-2, 1):
                        place += 1
                        rng = np.random.default_rng(place)
                        sung = replace(song, voice=voice)
                        made = render_sections(
                            sung,
                            _band(band, rng),
                            form(sung, BALLAD_S, bpm),
                            bpm=bpm * float(rng.uniform(0.95, 1.05)),
                            sample_rate_hz=SAMPLE_RATE_HZ,
                            transpose=transpose,
                            seed=place,
                        )
                        samples = made.mix.mean(axis=0).astype(np.float32)
                        yield melody, samples, (voice, band, tempo)


def _band(kind: str, rng: np.random.Generator) -> Style:
    """The ballad's band, every player as loud as chance will; or a guitar where its piano was."""
    style = STYLES["ballad"]

    def player(layer: Layer) -> Layer:
        name = layer.instrument
        if kind == "guitar" and name == "piano":
            name = "nylon guitar"
        return replace(layer, instrument=name, gain=layer.gain * float(rng.uniform(0.5, 1.6)))

    beats = style.beats if rng.random() < 0.5 else ()
    return replace(style, layers=tuple(map(player, style.layers)), beats=beats)


def questions(karaoke_: Heard | None, ballads_: Heard) -> list[Question]:
    """All tests on what was heard."""
    found = []
    if karaoke_ is not None:
        found += [
            Question("karaoke: high or low voices", karaoke_, "singer", _high_voices),
            Question("karaoke: singers liked", karaoke_, "recording", _half_of_the_singers),
        ]
    for fact in ("voice", "band", "tempo"):
        found.append(Question(f"ballads: {fact}", ballads_, "melody", _one_of(fact)))
    return found


def _high_voices(heard: Heard, rng: np.random.Generator) -> np.ndarray:
    pitch = heard.facts["pitch_hz"]
    by_singer = dict(zip(heard.facts["singer"], pitch, strict=True))
    high = pitch > float(np.median(list(by_singer.values())))
    return high if rng.random() < 0.5 else ~high


def _half_of_the_singers(heard: Heard, rng: np.random.Generator) -> np.ndarray:
    names = np.unique(heard.facts["singer"])
    return np.isin(heard.facts["singer"], rng.choice(names, len(names) // 2, replace=False))


def _one_of(fact: str) -> Callable[[Heard, np.random.Generator], np.ndarray]:
    def likes(heard: Heard, rng: np.random.Generator) -> np.ndarray:
        values = heard.facts[fact]
        wanted: np.ndarray = values == rng.choice(np.unique(values))
        return wanted

    return likes


def median_pitch_hz(voice: np.ndarray) -> float:
    """Median over the loud frames of a voice, float (n_samples,) at 16 kHz, by autocorrelation."""
    n = len(voice) // _FRAME
    frames = voice[: n * _FRAME].reshape(n, _FRAME).astype(np.float64)
    power = (frames**2).mean(axis=1)
    frames = frames[power > np.quantile(power, 0.6)]
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(_FRAME), 2 * _FRAME, axis=1)) ** 2
    lags = np.fft.irfft(spectrum, axis=1)[:, :_FRAME]
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(_FRAME), 2 * _FRAME)) ** 2)[:_FRAME]
    first, last = SAMPLE_RATE_HZ // 600, SAMPLE_RATE_HZ // 80
    even = lags[:, first:last] / window[first:last]
    # The shortest lag that is nearly as good as the best one: not an octave below.
    good = even > 0.9 * even.max(axis=1, keepdims=True)
    return float(np.median(SAMPLE_RATE_HZ / (first + np.argmax(good, axis=1))))


def _stereo(path: Path) -> np.ndarray:
    """Samples of a clip: float32 (n_samples, 2) in [-1, 1]."""
    with wave.open(str(path)) as file:
        data = file.readframes(file.getnframes())
    return np.frombuffer(data, "<i2").reshape(-1, 2).astype(np.float32) / 32768


def _stacked(rows: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.stack([row[name] for row in rows]).astype(np.float32) for name in rows[0]}

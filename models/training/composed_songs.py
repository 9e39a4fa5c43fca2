"""Songs that nobody wrote: verse, pre-chorus, chorus, bridge and solos from chance, with the truth.

They teach the interest model what choruses have in common and what they need not have. Each cue (a
chorus is louder, higher, fuller, sung with the same words again) is there in most songs and
missing or turned round in some, so that none of them is trusted alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from utawaku.demo.arrangement import STYLES, Beat, Layer, Section, Style
from utawaku.demo.rendering import render_sections
from utawaku.demo.score import Chord, Note, Song, Strain

Array = npt.NDArray[np.float32]
Rng = np.random.Generator

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 10)
_PROGRESSIONS = (
    (0, 4, 5, 3), (5, 3, 0, 4), (3, 4, 2, 5), (0, 5, 3, 4), (0, 3, 4, 0), (5, 4, 3, 4),
    (1, 4, 0, 5), (0, 2, 3, 4), (0, 3, 0, 4), (3, 0, 4, 5), (0, 0, 3, 4), (5, 1, 4, 0),
)  # fmt: skip
"""Degrees of the scale, a chord a bar."""
_SYLLABLES = [
    "ka",
    "ki",
    "ku",
    "ke",
    "ko",
    "sa",
    "shi",
    "su",
    "se",
    "so",
    "ta",
    "chi",
    "tsu",
    "te",
    "to",
    "na",
    "ni",
    "nu",
    "ne",
    "no",
    "ha",
    "hi",
    "fu",
    "he",
    "ho",
    "ma",
    "mi",
    "mu",
    "me",
    "mo",
    "ya",
    "yu",
    "yo",
    "ra",
    "ri",
    "ru",
    "re",
    "ro",
    "wa",
    "ga",
    "ji",
    "zu",
    "do",
    "ba",
    "bi",
    "n",
    "a",
    "i",
    "u",
    "e",
    "o",
]
_SOLOS = ("flute", "koto", "rock guitar", "organ", "brass", "saws", "music box", "electric piano")
TEST_INSTRUMENTS = frozenset({"organ", "koto", "electric piano", "synth bass", "brass"})
"""Played by the bands of test songs only."""
_TEST_STYLES = frozenset({"city", "gospel", "march", "swing"})
_IN_THREE = frozenset({"folk", "waltz", "gospel"})
_OTHERS = {"organ": "strings", "koto": "nylon guitar", "electric piano": "piano",
           "synth bass": "bass", "brass": "saws"}  # fmt: skip


@dataclass(frozen=True)
class ComposedSong:
    """A song at 11,025 Hz (or as asked for) with the spans of its choruses in seconds."""

    samples: Array
    """float32 (n_samples,)."""
    sample_rate_hz: int
    chorus_spans: tuple[tuple[float, float], ...]
    edges_s: tuple[float, ...]
    """Starts of sections, and the end of the last one."""


def compose(
    seed: int,
    *,
    sample_rate_hz: int = 11_025,
    unheard: bool = False,
    levels: bool = False,
    plain: bool = False,
) -> ComposedSong:
    """Make the song of a number; the same arguments give the same samples.

    Args:
        seed: number of the song.
        sample_rate_hz: rate of the samples.
        unheard: with bands, tempos and keys that the other songs do not have.
        levels: make each section louder or softer by chance, a few dB.
        plain: a short song of verses and choruses alone, each always the same, choruses fuller.
    """
    rng = np.random.default_rng([seed, int(unheard), 2026 + int(plain)])
    style, beats = _band(rng, unheard)
    bpm = float(rng.uniform(128, 172) if unheard else rng.uniform(70, 130))
    song, parts = _write(rng, beats, bpm)
    arrange = _arrange_plainly if plain else _arrange
    sections = arrange(rng, parts, beats, bpm)
    rendered = render_sections(
        song,
        style,
        sections,
        bpm=bpm,
        sample_rate_hz=sample_rate_hz,
        seed=seed,
    )
    mix = rendered.mix.mean(axis=0)
    edges = np.cumsum([0.05, *(section.n_beats * 60 / bpm for section in sections)])
    edges = np.minimum(edges, rendered.duration_s)
    if levels or not plain:
        mix = _mastered(mix, sections, edges, sample_rate_hz, rng, levels)
    spans = tuple((min(a, rendered.duration_s), min(b, rendered.duration_s))
                  for a, b in rendered.chorus_spans)  # fmt: skip
    return ComposedSong(mix, sample_rate_hz, spans, tuple(float(edge) for edge in edges))


def with_section_levels(
    samples: Array, sample_rate_hz: int, edges_s: Sequence[float], gains_db: Sequence[float]
) -> Array:
    """The song with a gain for each stretch between edges, gliding over a second at each."""
    n_glide = sample_rate_hz
    gain = np.zeros(len(samples), np.float64)
    for start, stop, gain_db in zip(edges_s[:-1], edges_s[1:], gains_db, strict=True):
        gain[int(start * sample_rate_hz) : int(stop * sample_rate_hz)] = gain_db
    # No click may give a border away.
    total = np.cumsum(np.concatenate([[0.0], np.pad(gain, n_glide // 2, mode="edge")]))
    glided = (total[n_glide:] - total[:-n_glide])[: len(samples)] / n_glide
    glided = np.pad(glided, (0, len(samples) - len(glided)), mode="edge")
    return (samples * 10 ** (glided / 20)).astype(np.float32)


def _band(rng: Rng, unheard: bool) -> tuple[Style, int]:
    """A band, players of two styles that join in from other energies, and its beats a bar."""
    names = [name for name in STYLES if (name in _TEST_STYLES) == unheard]
    name = str(rng.choice(names))
    in_three = name in _IN_THREE
    style = STYLES[name]
    other = STYLES[str(rng.choice([one for one in names if (one in _IN_THREE) == in_three]))]
    layers = list(style.layers[: int(rng.integers(2, len(style.layers) + 1))])
    layers += [one for one in other.layers if rng.random() < 0.35]
    band = replace(
        style,
        layers=tuple(_player(rng, one, unheard) for one in layers),
        beats=tuple(_drummer(rng, one) for one in style.beats),
        solo=_allowed(str(rng.choice(_SOLOS)), unheard),
        reverb_s=float(rng.uniform(0.8, 2.2)),
        reverb_gain=float(rng.uniform(0.12, 0.35)),
    )
    return band, 3 if in_three else 4


def _allowed(instrument: str, unheard: bool) -> str:
    return instrument if unheard else _OTHERS.get(instrument, instrument)


def _player(rng: Rng, layer: Layer, unheard: bool) -> Layer:
    return replace(
        layer,
        instrument=_allowed(layer.instrument, unheard),
        gain=layer.gain * float(rng.uniform(0.6, 1.5)),
        from_energy=layer.from_energy if rng.random() < 0.6 else float(rng.choice([0, 0.6, 0.9])),
    )


def _drummer(rng: Rng, beat: Beat) -> Beat:
    from_energy = beat.from_energy if rng.random() < 0.6 else float(rng.choice([0, 0.5, 0.7, 0.9]))
    return replace(beat, gain=beat.gain * float(rng.uniform(0.6, 1.5)), from_energy=from_energy)


@dataclass(frozen=True)
class _Part:
    kind: str
    strain: Strain
    energy: float
    same_words: bool
    """Sung with the same words each time."""


def _write(rng: Rng, beats: int, bpm: float) -> tuple[Song, dict[str, _Part]]:
    """Melodies and chords of all parts, and the song that they belong to."""
    scale = _MAJOR if rng.random() < 0.65 else _MINOR
    tonic = int(rng.integers(12))
    bar_s = beats * 60 / bpm
    verse_chords = _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]
    chorus_chords = _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]
    if rng.random() < 0.35:
        chorus_chords = verse_chords
    verse_centre = 62 + int(rng.integers(-2, 5))
    # A chorus mostly lies higher than the verse, and at times lower.
    chorus_centre = verse_centre + int(np.clip(rng.normal(3.5, 2.5), -3, 8))
    lift = float(np.clip(rng.normal(0.32, 0.22), -0.1, 0.6))
    verse_energy = float(rng.uniform(0.45, 0.85))
    density = float(rng.uniform(0.3, 0.8))

    def part(
        kind: str, seconds: tuple[float, float], chords: tuple[int, ...], centre: int, energy: float
    ) -> _Part:
        n_bars = _bars(rng, bar_s, *seconds)
        crowd = float(np.clip(density + rng.normal(0, 0.2), 0.15, 0.95))
        strain = _strain(rng, n_bars, beats, chords, scale, tonic, centre, crowd)
        same = {"chorus": 0.95, "verse": 0.2}.get(kind, 0.6)
        return _Part(kind, strain, energy, rng.random() < same)

    bridge_chords = _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]
    parts = {
        "verse": part("verse", (14, 32), verse_chords, verse_centre, verse_energy),
        "chorus": part("chorus", (12, 34), chorus_chords, chorus_centre, verse_energy + lift),
        "pre": part("pre", (6, 15), bridge_chords, (verse_centre + chorus_centre) // 2,
                    verse_energy + lift * float(rng.uniform(-0.3, 1.0))),
        "bridge": part("bridge", (10, 24), bridge_chords, verse_centre + int(rng.integers(-2, 7)),
                       float(rng.uniform(0.4, 1.1))),
    }  # fmt: skip
    song = Song(
        name="composed", title="", artist="", tonic="C", mode="major", shift=0, bpm=bpm,
        beats_per_bar=beats, style="", voice=str(rng.choice(["female", "male"])),
        verse=parts["verse"].strain, chorus=parts["chorus"].strain,
    )  # fmt: skip
    return song, parts


def _bars(rng: Rng, bar_s: float, shortest_s: float, longest_s: float) -> int:
    """Mostly a multiple of four bars, of about so many seconds."""
    wanted = rng.uniform(shortest_s, longest_s) / bar_s
    step = 4 if wanted > 5 and rng.random() < 0.9 else 2
    return max(2, step * round(wanted / step))


def _strain(
    rng: Rng,
    n_bars: int,
    beats: int,
    progression: tuple[int, ...],
    scale: tuple[int, ...],
    tonic: int,
    centre: int,
    density: float,
) -> Strain:
    """A phrase of two bars and its answer, again and again, over the chords."""
    chords = []
    for bar in range(n_bars):
        degree = progression[bar % len(progression)]
        root = scale[degree]
        intervals = tuple((scale[(degree + i) % 7] - root) % 12 for i in (0, 2, 4))
        chords.append(Chord(float(bar * beats), float(beats), (root + tonic) % 12, intervals))
    ideas = [_phrase(rng, 2 * beats, density) for _ in range(2)]
    form = ((0, 1), (0, 0), (0, 1, 0, 1), (0, 0, 0, 1))[int(rng.integers(4))]
    notes: list[Note] = []
    for place in range(0, n_bars, 2):
        drift = int(rng.integers(-1, 2))
        for start, length, step in ideas[form[(place // 2) % len(form)]]:
            beat = place * beats + start
            if beat + length > n_bars * beats:
                continue
            chord = chords[int(beat // beats)]
            midi = _nearest(centre + 2 * (step + drift), scale, tonic)
            if start % beats == 0:
                midi = _nearest_of(midi, chord.pitch_classes())
            notes.append(Note(float(beat), float(length), midi))
    return Strain(tuple(notes), tuple(chords), _words(rng, len(notes)), n_bars, beats)


def _phrase(rng: Rng, n_beats: int, density: float) -> list[tuple[float, float, int]]:
    """(start beat, beats, step from the centre) of each note of a phrase."""
    notes = []
    beat, step = float(rng.choice([0, 0, 0.5, 1])), int(rng.integers(-2, 3))
    stop = n_beats - float(rng.choice([0.0, 0.5, 1.0, 2.0]))
    while beat < stop - 0.25:
        length = float(rng.choice([0.5, 1.0, 1.5, 2.0], p=_lengths(density)))
        length = min(length, stop - beat)
        notes.append((beat, length, step))
        beat += length
        step = int(np.clip(step + rng.integers(-2, 3), -4, 4))
    return notes


def _lengths(density: float) -> list[float]:
    short = 0.15 + 0.7 * density
    rest = 1 - short
    return [short, 0.55 * rest, 0.2 * rest, 0.25 * rest]


def _nearest(midi: int, scale: tuple[int, ...], tonic: int) -> int:
    return _nearest_of(midi, [(tone + tonic) % 12 for tone in scale])


def _nearest_of(midi: int, classes: Sequence[int]) -> int:
    return min(
        (midi + d for d in range(-6, 7)), key=lambda m: (m % 12 not in classes, abs(m - midi))
    )


def _words(rng: Rng, n: int) -> tuple[str, ...]:
    return tuple(str(one) for one in rng.choice(_SYLLABLES, max(1, n)))


def _arrange(rng: Rng, parts: dict[str, _Part], beats: int, bpm: float) -> list[Section]:
    """One of the usual forms, with its turns, solos and a last chorus that may be raised."""
    pre = ["pre"] if rng.random() < 0.4 else []
    verses = ["verse", "verse"] if rng.random() < 0.25 else ["verse"]
    # A song may come in after its start and go before its end: streams are cut.
    order: list[str] = ["chorus"] if rng.random() < 0.15 else []
    order += ["intro"] if rng.random() < 0.8 else []
    n_turns = int(rng.integers(2, 4))
    for turn in range(n_turns):
        order += [*(verses if turn == 0 else ["verse"]), *pre, "chorus"]
        if rng.random() < 0.3:
            order.append("chorus")
        if turn < n_turns - 1 and rng.random() < 0.4:
            order.append("interlude")
    if rng.random() < 0.6:
        order += ["bridge"] if rng.random() < 0.6 else ["solo"]
        order += ["chorus"] * int(rng.integers(1, 3))
    order += ["interlude"] if rng.random() < 0.2 else []
    order += ["verse"] if rng.random() < 0.12 else []
    order += ["outro"] if rng.random() < 0.8 else []
    raised = int(rng.integers(1, 3)) if rng.random() < 0.2 else 0
    full = float(rng.uniform(0.5, 1.15))
    sections: list[Section] = []
    for place, kind in enumerate(order):
        last_choruses = kind == "chorus" and "verse" not in order[place:] and place > 2
        sections.append(
            _section(rng, kind, parts, beats, bpm, raised if last_choruses else 0, full)
        )
    return sections


def _arrange_plainly(rng: Rng, parts: dict[str, _Part], beats: int, bpm: float) -> list[Section]:
    """Verse and chorus in turn; the chorus is always fuller, and the last one fullest."""
    n_turns = int(rng.integers(1, 4))
    interludes, last_twice = rng.random(2) < 0.5
    order = ["intro"]
    for turn in range(n_turns):
        order += ["interlude"] if turn and interludes else []
        order += ["verse", "chorus"]
    order += ["chorus"] * int(last_twice or n_turns == 1) + ["outro"]
    energies = {"intro": 0.75, "interlude": 0.75, "verse": 0.55, "chorus": 1.0, "outro": 0.8}
    last = len(order) - 1 - order[::-1].index("chorus")
    sections = []
    for place, kind in enumerate(order):
        energy = 1.1 if place == last else energies[kind]
        if kind in parts:
            strain = parts[kind].strain
            sections.append(Section(kind, strain.chords, strain.n_beats, energy, strain))
        else:
            made = _section(rng, kind, parts, beats, bpm, 0, energy)
            sections.append(replace(made, energy=energy))
    return sections


def _section(
    rng: Rng, kind: str, parts: dict[str, _Part], beats: int, bpm: float, raised: int, full: float
) -> Section:
    if kind in parts:
        part = parts[kind]
        strain = part.strain
        if not part.same_words:
            strain = replace(strain, syllables=_words(rng, len(strain.notes)))
        strain = _moved(strain, raised)
        energy = float(np.clip(part.energy + rng.normal(0, 0.08), 0.3, 1.2))
        return Section(kind, strain.chords, strain.n_beats, energy, strain)
    source = parts["chorus" if rng.random() < 0.5 else "verse"].strain
    if kind == "outro":
        chord = replace(source.chords[0], n_beats=float(beats))
        return Section("outro", (chord,), 2.0 * beats, 0.8)
    shortest_s, longest_s = {"solo": (10.0, 24.0), "intro": (6.0, 20.0)}.get(kind, (4.0, 12.0))
    n_bars = min(_bars(rng, beats * 60 / bpm, shortest_s, longest_s), source.n_bars)
    n_beats = n_bars * beats
    chords = tuple(chord for chord in source.chords if chord.start_beat < n_beats)
    solo = _moved(source, 0 if rng.random() < 0.6 else int(rng.integers(3, 9)))
    energy = float(np.clip(full + rng.normal(0, 0.1) + (0.15 if kind == "solo" else 0), 0.3, 1.2))
    return Section(kind, chords, float(n_beats), energy, solo=solo if rng.random() < 0.8 else None)


def _moved(strain: Strain, semitones: int) -> Strain:
    if not semitones:
        return strain
    return replace(
        strain,
        notes=tuple(replace(note, midi=note.midi + semitones) for note in strain.notes),
        chords=tuple(replace(c, root=(c.root + semitones) % 12) for c in strain.chords),
    )


def _mastered(
    mix: Array,
    sections: Sequence[Section],
    edges_s: npt.NDArray[np.float64],
    rate: int,
    rng: Rng,
    levels: bool,
) -> Array:
    """Levels of the sections, then what streams do to songs: compression, tone, noise."""
    by_kind = {kind: float(rng.normal(0, 1.5)) for kind in sorted({s.kind for s in sections})}
    by_kind["chorus"] = float(rng.normal(1.0, 1.5))
    spread = 4.0 if levels else 0.7
    gains = [by_kind[section.kind] + float(rng.normal(0, spread)) for section in sections]
    if levels:
        gains = [float(rng.normal(0, spread)) for _ in sections]
    mix = with_section_levels(mix, rate, edges_s.tolist(), gains)
    if not levels and rng.random() < 0.5:
        mix = _compressed(mix, rate, float(rng.uniform(0.2, 0.7)))
    tilt = float(rng.uniform(-0.4, 0.4))
    mix = mix + tilt * np.concatenate([[0], mix[:-1]]).astype(np.float32)
    level = float(np.sqrt(np.mean(mix**2))) + 1e-9
    noise = rng.standard_normal(len(mix)).astype(np.float32)
    noise_gain = level * 10 ** (float(rng.uniform(-60, -28)) / 20)
    return (mix + noise_gain * noise).astype(np.float32)


def _compressed(mix: Array, rate: int, strength: float) -> Array:
    """Slow levels brought nearer to each other: gain = level ** -strength over half seconds."""
    n = rate // 2
    n_blocks = max(1, len(mix) // n)
    power = (mix[: n_blocks * n].reshape(n_blocks, -1) ** 2).mean(axis=1) + 1e-6
    gain_db = -strength * 10 * np.log10(power / power.mean())
    gain_db = np.clip(gain_db, -12, 6)
    centres = (np.arange(n_blocks) + 0.5) * n
    gain = 10 ** (np.interp(np.arange(len(mix)), centres, gain_db) / 20)
    result: Array = (mix * gain).astype(np.float32)
    return result

"""Arrangements: which form a song takes, and what each band plays over its chords.

A style is data: layers of comping, bass, pads and drums with the energy from which they join in.
Patterns are written as hits in beats; drum patterns as one character a step (``X`` loud, ``x``
normal, ``-`` soft, ``.`` none).
"""

from dataclasses import dataclass

from utawaku.demo.score import Chord, Song, Strain


@dataclass(frozen=True, slots=True)
class Hit:
    """Beat in the bar, length in beats and strength; `tone` picks a chord tone, None plays
    all."""

    beat: float
    n_beats: float
    strength: float = 1.0
    tone: int | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """One player: joins in when the section's energy reaches `from_energy`."""

    instrument: str
    hits: tuple[Hit, ...]
    gain: float
    pan: float = 0.0
    centre_midi: int = 62
    from_energy: float = 0.0
    spread_s: float = 0.0
    release_s: float = 0.15


@dataclass(frozen=True, slots=True)
class Beat:
    """One drum and its pattern over a bar."""

    drum: str
    steps: str
    gain: float
    from_energy: float = 0.0


@dataclass(frozen=True, slots=True)
class Style:
    """A band: players, drums, the instrument that plays intros, swing and room."""

    layers: tuple[Layer, ...]
    beats: tuple[Beat, ...]
    solo: str
    reverb_s: float = 1.3
    reverb_gain: float = 0.22


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of whole bars of a song."""

    kind: str
    """``intro``, ``verse``, ``chorus``, ``interlude`` or ``outro``."""
    chords: tuple[Chord, ...]
    n_beats: float
    energy: float
    strain: Strain | None = None
    solo: Strain | None = None


def form(song: Song, seconds: float, bpm: float) -> list[Section]:
    """The sections of the form whose length comes nearest to `seconds` at `bpm`."""
    beat_s = 60.0 / bpm
    candidates = [_short_form(song)]
    for n_rounds in range(1, 13):
        for interludes in (False, True):
            for last_twice in (False, True):
                candidates.append(_form(song, n_rounds, interludes, last_twice))
    return min(candidates, key=lambda form: abs(sum(s.n_beats for s in form) * beat_s - seconds))


def _form(song: Song, n_rounds: int, interludes: bool, last_twice: bool) -> list[Section]:
    sections = [_instrumental(song, "intro", 4)]
    for turn in range(n_rounds):
        if turn and interludes:
            sections.append(_instrumental(song, "interlude", 4))
        sections.append(Section("verse", song.verse.chords, song.verse.n_beats, 0.55, song.verse))
        last = turn == n_rounds - 1
        energy = 1.1 if last else 1.0
        chorus = Section("chorus", song.chorus.chords, song.chorus.n_beats, energy, song.chorus)
        sections.extend([chorus, chorus] if last and last_twice else [chorus])
    sections.append(_outro(song))
    return sections


def _short_form(song: Song) -> list[Section]:
    return [
        Section("chorus", song.chorus.chords, song.chorus.n_beats, 1.0, song.chorus),
        _outro(song),
    ]


def _instrumental(song: Song, kind: str, n_bars: int) -> Section:
    n_beats = n_bars * song.beats_per_bar
    chords = tuple(c for c in song.chorus.chords if c.start_beat < n_beats)
    return Section(kind, chords, n_beats, 0.75, solo=song.chorus)


def _outro(song: Song) -> Section:
    """Two bars on the last chord: one still played, one ringing out."""
    last = song.chorus.chords[-1]
    if song.name == "korobeiniki":  # its chorus ends on the dominant
        last = song.verse.chords[-1]
    bar = float(song.beats_per_bar)
    return Section("outro", (Chord(0.0, bar, last.root, last.intervals),), 2 * bar, 0.8)


def _every(
    step: float, stop: float, n_beats: float, tones: tuple[int | None, ...] = (None,)
) -> tuple[Hit, ...]:
    n_hits = round(stop / step)
    return tuple(
        Hit(i * step, n_beats, 1.0 if (i * step) % 1 == 0 else 0.75, tones[i % len(tones)])
        for i in range(n_hits)
    )


def _hits(*places: tuple[float, float], tone: int | None = None) -> tuple[Hit, ...]:
    return tuple(Hit(beat, n_beats, 1.0, tone) for beat, n_beats in places)


_WHOLE4 = _hits((0.0, 4.0))
_WHOLE3 = _hits((0.0, 3.0))

STYLES: dict[str, Style] = {
    "ballad": Style(
        layers=(
            Layer("piano", _every(0.5, 4, 1.0, (0, 2, 3, 2, 1, 2, 3, 2)), 0.8, -0.25, 58),
            Layer("piano", _hits((0, 2), (2, 2)), 0.35, 0.2, 64, from_energy=0.9),
            Layer("strings", _WHOLE4, 0.5, 0.35, 64, from_energy=0.7, release_s=0.4),
            Layer("choir", _WHOLE4, 0.35, -0.35, 60, from_energy=0.9, release_s=0.4),
            Layer("bass", _hits((0, 1.9), (2, 1.9), tone=0), 0.8, 0.0, 40),
        ),
        beats=(
            Beat("kick", "x.......x.x.....", 0.6, 0.9),
            Beat("snare", "....x.......x...", 0.45, 0.9),
            Beat("rim", "....x.......x...", 0.3, 0.5),
            Beat("hat", "x.-.x.-.x.-.x.-.", 0.14, 0.5),
        ),
        solo="flute",
        reverb_s=1.9,
        reverb_gain=0.3,
    ),
    "city": Style(
        layers=(
            Layer(
                "electric piano",
                _hits((0, 0.9), (1.5, 0.4), (2.5, 0.9)),
                0.8,
                -0.3,
                62,
                spread_s=0.006,
            ),
            Layer("koto", _every(0.5, 4, 0.5, (0, 1, 2, 3, 2, 1)), 0.3, 0.45, 72, from_energy=0.7),
            Layer("strings", _WHOLE4, 0.3, 0.2, 67, from_energy=0.9, release_s=0.3),
            Layer(
                "synth bass",
                _hits((0, 0.7), (0.75, 0.2), (1.5, 0.4), (2, 0.7), (3.5, 0.4), tone=0),
                0.8,
                0.0,
                40,
            ),
        ),
        beats=(
            Beat("kick", "x..x..x.x..x....", 0.7),
            Beat("snare", "....x.......x..-", 0.5),
            Beat("hat", "x-x-x-x-x-x-x-x-", 0.16),
            Beat("open hat", "..............x.", 0.16, 0.7),
            Beat("clap", "....x.......x...", 0.3, 0.9),
        ),
        solo="koto",
    ),
    "folk": Style(
        layers=(
            Layer("steel guitar", _every(0.5, 3, 1.2, (0, 2, 3, 1, 3, 2)), 0.9, -0.3, 57),
            Layer(
                "steel guitar",
                _hits((1, 0.9), (2, 0.9)),
                0.4,
                0.4,
                62,
                from_energy=0.7,
                spread_s=0.012,
            ),
            Layer("strings", _WHOLE3, 0.4, 0.2, 62, from_energy=0.9, release_s=0.3),
            Layer("bass", _hits((0, 2.5), tone=0), 0.7, 0.0, 40),
        ),
        beats=(
            Beat("taiko", "x...........", 0.4, 0.9),
            Beat("shaker", "x.-.x.-.x.-.", 0.25, 0.5),
            Beat("rim", "....x...x...", 0.2, 0.7),
        ),
        solo="flute",
        reverb_s=1.6,
    ),
    "march": Style(
        layers=(
            Layer("brass", _hits((1, 0.6), (3, 0.6)), 0.6, -0.3, 60),
            Layer("brass", _WHOLE4, 0.35, 0.3, 65, from_energy=0.9),
            Layer("piano", _every(1, 4, 0.8), 0.45, 0.2, 60),
            Layer("bass", _hits((0, 0.9), tone=0) + _hits((2, 0.9), tone=2), 0.9, 0.0, 40),
        ),
        beats=(
            Beat("kick", "x.......x.......", 0.7),
            Beat("snare", "x...x.xxx...x-x-", 0.4),
            Beat("crash", "x...............", 0.15, 0.9),
            Beat("hat", "....x.......x...", 0.2),
        ),
        solo="brass",
    ),
    "rock": Style(
        layers=(
            Layer("rock guitar", _every(0.5, 4, 0.42, (0,)), 0.6, -0.6, 48),
            Layer("rock guitar", _hits((0, 1.9), (2, 1.9), tone=0), 0.55, 0.6, 48, from_energy=0.7),
            Layer("organ", _WHOLE4, 0.3, 0.15, 64, from_energy=0.9),
            Layer("piano", _every(1, 4, 0.9), 0.4, 0.1, 64),
            Layer("bass", _every(0.5, 4, 0.45, (0,)), 0.8, 0.0, 38),
        ),
        beats=(
            Beat("kick", "x.....x.x.x.....", 0.8),
            Beat("snare", "....x.......x...", 0.6),
            Beat("hat", "x.x.x.x.x.x.x.x.", 0.2),
            Beat("crash", "x...............", 0.18, 0.95),
        ),
        solo="rock guitar",
        reverb_s=1.0,
        reverb_gain=0.16,
    ),
    "waltz": Style(
        layers=(
            Layer("electric piano", _hits((1, 0.7), (2, 0.7)), 0.7, -0.25, 62),
            Layer(
                "nylon guitar",
                _every(0.5, 3, 0.8, (0, 1, 2, 3, 2, 1)),
                0.5,
                0.35,
                60,
                from_energy=0.7,
            ),
            Layer("strings", _WHOLE3, 0.35, 0.1, 66, from_energy=0.9, release_s=0.3),
            Layer("bass", _hits((0, 1.8), tone=0) + _hits((2, 0.8), tone=2), 0.8, 0.0, 40),
        ),
        beats=(
            Beat("kick", "x...........", 0.5),
            Beat("brush", "....x...x...", 0.5),
            Beat("ride", "x...x.x.x...", 0.15),
        ),
        solo="flute",
    ),
    "bossa": Style(
        layers=(
            Layer(
                "nylon guitar",
                _hits((0, 0.9), (1.5, 0.9), (2.5, 0.5), (3, 0.9)),
                0.9,
                -0.3,
                60,
                spread_s=0.008,
            ),
            Layer("electric piano", _hits((0.5, 1.4), (2.5, 1.4)), 0.35, 0.35, 66, from_energy=0.7),
            Layer("strings", _WHOLE4, 0.3, 0.1, 66, from_energy=0.9, release_s=0.3),
            Layer(
                "bass",
                _hits((0, 1.4), (1.5, 0.4), tone=0) + _hits((2, 1.4), (3.5, 0.4), tone=2),
                0.8,
                0.0,
                40,
            ),
        ),
        beats=(
            Beat("kick", "x.....xxx.....xx", 0.4),
            Beat("rim", "x..x..x...x..x..", 0.35),
            Beat("shaker", "x-x-x-x-x-x-x-x-", 0.3),
        ),
        solo="flute",
    ),
    "dance": Style(
        layers=(
            Layer("saws", _hits((0.5, 0.4), (1.5, 0.4), (2.5, 0.4), (3.5, 0.4)), 0.5, -0.2, 64),
            Layer(
                "saws",
                _hits((0, 0.7), (0.75, 0.7), (1.5, 0.4), (2, 0.7), (2.75, 0.7), (3.5, 0.4)),
                0.35,
                0.3,
                70,
                0.9,
            ),
            Layer(
                "music box", _every(0.5, 4, 0.5, (0, 1, 2, 3, 2, 1)), 0.3, 0.4, 76, from_energy=0.7
            ),
            Layer("synth bass", _every(0.5, 4, 0.4, (0,)), 0.7, 0.0, 38),
        ),
        beats=(
            Beat("kick", "X...X...X...X...", 0.8),
            Beat("clap", "....x.......x...", 0.45),
            Beat("hat", "x-x-x-x-x-x-x-x-", 0.12),
            Beat("open hat", "..x...x...x...x.", 0.2, 0.7),
            Beat("crash", "x...............", 0.12, 0.95),
        ),
        solo="saws",
        reverb_s=1.1,
    ),
    "swing": Style(
        layers=(
            Layer("piano", _hits((0, 0.6), (1.667, 0.8), (3.667, 0.3)), 0.7, -0.3, 62),
            Layer("brass", _hits((0, 0.5), (1.667, 0.5)), 0.4, 0.35, 66, from_energy=0.9),
            Layer(
                "bass",
                (
                    Hit(0, 0.95, 1, 0),
                    Hit(1, 0.95, 0.9, 1),
                    Hit(2, 0.95, 1, 2),
                    Hit(3, 0.95, 0.9, 1),
                ),
                0.9,
                0.0,
                40,
            ),
        ),
        beats=(
            Beat("kick", "x.....x.....", 0.35),
            Beat("ride", "x..x.xx..x.x", 0.3),
            Beat("hat", "...x.....x..", 0.25),
            Beat("snare", "...x.....x..", 0.35, 0.9),
            Beat("brush", "...x.....x..", 0.4),
        ),
        solo="brass",
        reverb_s=1.0,
    ),
    "gospel": Style(
        layers=(
            Layer("organ", _WHOLE3, 0.55, 0.2, 60, release_s=0.25),
            Layer("piano", _every(0.5, 3, 0.9, (0, 2, 3, 1, 3, 2)), 0.6, -0.3, 62),
            Layer("choir", _WHOLE3, 0.5, 0.0, 66, from_energy=0.9, release_s=0.4),
            Layer("bass", _hits((0, 1.9), tone=0) + _hits((2, 0.9), tone=2), 0.8, 0.0, 40),
        ),
        beats=(
            Beat("kick", "x.........x.", 0.6),
            Beat("snare", "....x...x...", 0.35),
            Beat("ride", "x.x.x.x.x.x.", 0.18),
            Beat("crash", "x...........", 0.12, 1.05),
        ),
        solo="organ",
        reverb_s=1.8,
        reverb_gain=0.28,
    ),
    "lofi": Style(
        layers=(
            Layer("electric piano", _hits((0, 1.9), (2, 1.9)), 0.8, -0.25, 60, spread_s=0.02),
            Layer("music box", _every(0.5, 4, 0.8, (0, 2, 1, 3)), 0.25, 0.4, 74, from_energy=0.7),
            Layer(
                "nylon guitar",
                _hits((0, 0.9), (1.5, 0.9), (3, 0.9)),
                0.5,
                0.3,
                62,
                from_energy=0.9,
                spread_s=0.01,
            ),
            Layer("bass", _hits((0, 1.4), (1.75, 0.2), (2.5, 1.2), tone=0), 0.9, 0.0, 40),
        ),
        beats=(
            Beat("kick", "x......x..x.....", 0.75),
            Beat("snare", "....x.......x...", 0.45),
            Beat("hat", "x.x.x.xxx.x.x.x.", 0.16),
            Beat("shaker", "..x...x...x...x.", 0.2, 0.9),
        ),
        solo="music box",
    ),
}

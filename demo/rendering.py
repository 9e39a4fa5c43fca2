"""One song from its score: vocals and accompaniment as exact stems, with its tempo and chorus
spans."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utawaku.demo.arrangement import STYLES, Layer, Section, Style, form
from utawaku.demo.drums import DrumKit
from utawaku.demo.instruments import Orchestra
from utawaku.demo.mixing import block_powers, gated_lufs, limiter_gain, reverb
from utawaku.demo.score import Chord, Song
from utawaku.demo.singer import VOICES, SungNote, sing
from utawaku.demo.songbook import find_song

Audio = NDArray[np.float32]

_TAIL_S = 2.0
_LEAD_IN_S = 0.05
_FADE_OUT_S = 0.3
_CEILING = 0.89
_STRENGTH = {"X": 1.15, "x": 1.0, "-": 0.45}


@dataclass(frozen=True, slots=True)
class RenderedSong:
    """A song with everything that is known about it. ``mix`` is the exact sum of the two stems."""

    name: str
    title: str
    artist: str
    key: str
    bpm: float
    beats_per_bar: int
    transposition_semitones: int
    sample_rate_hz: int
    first_beat_s: float
    """Time of the first downbeat; beats follow every ``60 / bpm`` seconds."""
    chorus_spans: tuple[tuple[float, float], ...]
    """Start and stop of each chorus, seconds; two choruses in a row are two spans."""
    vocal_spans: tuple[tuple[float, float], ...]
    """Start and stop of each sung phrase, seconds."""
    vocals: Audio
    """(2, n_samples) float32."""
    accompaniment: Audio
    """(2, n_samples) float32."""

    @property
    def mix(self) -> Audio:
        """Vocals plus accompaniment, (2, n_samples) float32."""
        return self.vocals + self.accompaniment

    @property
    def duration_s(self) -> float:
        """Length of the stems."""
        result: float = self.vocals.shape[1] / self.sample_rate_hz
        return result


def render_song(
    name: str,
    *,
    sample_rate_hz: int = 44100,
    transpose: int = 0,
    tempo_factor: float = 1.0,
    seed: int = 0,
    seconds: float | None = None,
    loudness: float = -16.0,
) -> RenderedSong:
    """Arrange and render one song of the songbook.

    `transpose` is in semitones, `tempo_factor` multiplies the song's own tempo, `seconds` picks the
    form (how many verses and choruses) that comes nearest, 105 by default; the ring of the last
    chord comes on top. `loudness` is in LUFS. The same arguments give the same samples. Raises
    NotFoundError for an unknown name.
    """
    song = find_song(name)
    bpm = song.bpm * tempo_factor
    return render_sections(
        song,
        STYLES[song.style],
        form(song, 105.0 if seconds is None else seconds, bpm),
        bpm=bpm,
        sample_rate_hz=sample_rate_hz,
        transpose=transpose,
        seed=seed,
        loudness=loudness,
    )


def render_sections(
    song: Song,
    style: Style,
    sections: Sequence[Section],
    *,
    bpm: float,
    sample_rate_hz: int = 44100,
    transpose: int = 0,
    seed: int = 0,
    loudness: float = -16.0,
) -> RenderedSong:
    """Render any sections, one after the other, played by a band of any style.

    Key, voice and metre come from `song`. The same arguments give the same samples.
    """
    beat_s = 60.0 / bpm
    n_samples = int(
        (_LEAD_IN_S + sum(s.n_beats for s in sections) * beat_s + _TAIL_S) * sample_rate_hz
    )
    stage = _Stage(song, style, transpose, beat_s, n_samples, sample_rate_hz, seed)
    start_s = _LEAD_IN_S
    chorus_spans: list[tuple[float, float]] = []
    for section in sections:
        stage.play(section, start_s)
        stop_s = start_s + section.n_beats * beat_s
        if section.kind == "chorus":
            chorus_spans.append((start_s, stop_s))
        start_s = stop_s
    vocals, accompaniment = stage.mix_down(loudness)
    return RenderedSong(
        name=song.name,
        title=song.title,
        artist=song.artist,
        key=song.key(transpose),
        bpm=bpm,
        beats_per_bar=song.beats_per_bar,
        transposition_semitones=transpose,
        sample_rate_hz=sample_rate_hz,
        first_beat_s=_LEAD_IN_S,
        chorus_spans=tuple(chorus_spans),
        vocal_spans=stage.vocal_spans(),
        vocals=vocals,
        accompaniment=accompaniment,
    )


def planned_seconds(name: str, seconds: float, tempo_factor: float = 1.0) -> float:
    """Length of the form that `render_song` picks for `seconds`, without the ring of the last
    chord."""
    song = find_song(name)
    bpm = song.bpm * tempo_factor
    return sum(section.n_beats for section in form(song, seconds, bpm)) * 60.0 / bpm


class _Stage:
    """The tracks of one song while they are being filled."""

    def __init__(
        self,
        song: Song,
        style: Style,
        transpose: int,
        beat_s: float,
        n_samples: int,
        sample_rate_hz: int,
        seed: int,
    ) -> None:
        self.song = song
        self.style = style
        self.shift = song.shift + transpose
        self.beat_s = beat_s
        self.n_samples = n_samples
        self.rate = sample_rate_hz
        self.seed = seed
        self.rng = np.random.default_rng([seed, sum(song.name.encode())])
        self.band = np.zeros((2, n_samples), np.float32)
        self.low = np.zeros((2, n_samples), np.float32)
        """Bass and drums: they get no reverb to speak of."""
        self.orchestra = Orchestra(sample_rate_hz, seed)
        self.kit = DrumKit(sample_rate_hz, seed)
        self.lead: list[SungNote] = []
        self.harmony: list[SungNote] = []

    def play(self, section: Section, start_s: float) -> None:
        """Let everybody play one section."""
        if section.kind == "outro":
            self._play_ending(section, start_s)
            return
        for layer in self.style.layers:
            if section.energy < layer.from_energy:
                continue
            for chord in section.chords:
                self._comp(layer, chord, section, start_s)
        self._drum(section, start_s)
        if section.strain:
            self._sing(section, start_s)
        if section.solo:
            self._solo(section, start_s)

    def _comp(self, layer: Layer, chord: Chord, section: Section, start_s: float) -> None:
        beats_per_bar = self.song.beats_per_bar
        first_bar = int(chord.start_beat // beats_per_bar)
        tones = _voicing(chord.pitch_classes(self.shift), layer.centre_midi)
        is_bass = "bass" in layer.instrument
        track = self.low if is_bass else self.band
        for hit in layer.hits:
            beat = first_bar * beats_per_bar + hit.beat
            if not chord.start_beat <= beat < chord.start_beat + chord.n_beats:
                # A chord that enters off the pattern is still touched once, where it enters.
                if hit is not layer.hits[0] or beat >= chord.start_beat:
                    continue
                beat = chord.start_beat
            n_beats = min(hit.n_beats, chord.start_beat + chord.n_beats - beat)
            picked = tones if hit.tone is None else [_tone(tones, hit.tone)]
            gain = layer.gain * hit.strength * _dynamics(section.energy)
            gain *= float(self.rng.uniform(0.9, 1.1)) / (len(picked) ** 0.6)
            at_s = start_s + beat * self.beat_s + float(self.rng.normal(0.0, 0.004))
            for order, midi in enumerate(picked):
                self.orchestra.play(
                    track, layer.instrument, midi, at_s + order * layer.spread_s,
                    n_beats * self.beat_s, gain, layer.pan, layer.release_s,
                )  # fmt: skip

    def _drum(self, section: Section, start_s: float) -> None:
        bar_s = self.song.beats_per_bar * self.beat_s
        n_bars = round(section.n_beats / self.song.beats_per_bar)
        for beat in self.style.beats:
            if section.energy < beat.from_energy:
                continue
            for bar in range(n_bars):
                if beat.drum == "crash" and bar % 4:
                    continue
                for step, mark in enumerate(beat.steps):
                    if mark == ".":
                        continue
                    at_s = start_s + (bar + step / len(beat.steps)) * bar_s
                    gain = beat.gain * _STRENGTH[mark] * _dynamics(section.energy)
                    gain *= float(self.rng.uniform(0.9, 1.1))
                    self.kit.strike(
                        self.low, beat.drum, at_s + float(self.rng.normal(0.0, 0.002)), gain
                    )

    def _sing(self, section: Section, start_s: float) -> None:
        strain = section.strain
        if strain is None:
            return
        down = 12 if self.song.voice == "male" else 0
        gain = _dynamics(section.energy)
        for index, note in enumerate(strain.notes):
            at_s = start_s + note.start_beat * self.beat_s
            held_s = note.n_beats * self.beat_s
            stop_s = at_s + held_s - min(0.03, 0.1 * held_s)
            syllable = strain.syllables[index % len(strain.syllables)]
            midi = note.midi + self.shift
            self.lead.append(SungNote(at_s, stop_s, midi - down, syllable, gain))
            if section.energy >= 1.0:
                below = self._harmony_below(midi, strain.chords, note.start_beat)
                self.harmony.append(SungNote(at_s, stop_s, below - down, syllable, 0.8 * gain))

    def _harmony_below(self, midi: int, chords: tuple[Chord, ...], beat: float) -> int:
        chord = next((c for c in reversed(chords) if c.start_beat <= max(beat, 0.0)), chords[0])
        classes = set(chord.pitch_classes(self.shift))
        return next((m for m in range(midi - 3, midi - 10, -1) if m % 12 in classes), midi - 12)

    def _solo(self, section: Section, start_s: float) -> None:
        if section.solo is None:
            return
        for note in section.solo.notes:
            if 0.0 <= note.start_beat < section.n_beats:
                midi = note.midi + self.shift
                low = self.style.solo in ("rock guitar", "organ", "brass")
                self.orchestra.play(
                    self.band, self.style.solo, midi - 12 if low else midi,
                    start_s + note.start_beat * self.beat_s,
                    min(note.n_beats, section.n_beats - note.start_beat) * self.beat_s * 0.95,
                    0.75, 0.1,
                )  # fmt: skip

    def _play_ending(self, section: Section, start_s: float) -> None:
        """The last chord, struck once by everybody and left to ring."""
        seconds = section.n_beats * self.beat_s * 0.8
        chord = section.chords[0]
        for layer in self.style.layers:
            tones = _voicing(chord.pitch_classes(self.shift), layer.centre_midi)
            is_bass = "bass" in layer.instrument
            picked = tones[:1] if is_bass else tones
            for order, midi in enumerate(picked):
                self.orchestra.play(
                    self.low if is_bass else self.band, layer.instrument, midi,
                    start_s + 0.02 * order, seconds, layer.gain / len(picked) ** 0.6,
                    layer.pan, 1.2,
                )  # fmt: skip
        self.kit.strike(self.low, "kick", start_s, 0.6)
        if any(beat.drum in ("crash", "ride") for beat in self.style.beats):
            self.kit.strike(self.low, "crash", start_s, 0.2)

    def vocal_spans(self) -> tuple[tuple[float, float], ...]:
        """Sung phrases: notes less than half a second apart are one."""
        spans: list[tuple[float, float]] = []
        for note in self.lead:
            if spans and note.start_s - spans[-1][1] < 0.5:
                spans[-1] = (spans[-1][0], note.stop_s)
            else:
                spans.append((note.start_s, note.stop_s))
        return tuple(spans)

    def mix_down(self, loudness: float) -> tuple[Audio, Audio]:
        """Rooms, balance, level and limiter; both stems alike, so that they add up to the mix."""
        vocals = self._vocals()
        accompaniment = self.band
        accompaniment += np.float32(self.style.reverb_gain) * reverb(
            self.band.sum(axis=0) / 1.4, self.rate, seconds=self.style.reverb_s, seed=self.seed + 4
        )
        accompaniment += np.tanh(1.2 * self.low) / 1.2
        vocal_powers = block_powers(vocals, self.rate)
        band_powers = block_powers(accompaniment, self.rate)
        balance_db = gated_lufs(vocal_powers) - gated_lufs(band_powers)
        lift = 10.0 ** ((_VOCALS_OVER_BAND_DB - balance_db) / 20.0)
        # Lead and band are in step but not in phase: their powers add.
        mix_lufs = gated_lufs(vocal_powers * lift**2 + band_powers)
        gain = 10.0 ** ((loudness - mix_lufs) / 20.0)
        vocals *= np.float32(lift * gain)
        accompaniment *= np.float32(gain)
        mix = vocals + accompaniment
        n_heard = _audible_samples(mix, self.rate)
        level = limiter_gain(mix[:, :n_heard], self.rate, _CEILING) * _fades(n_heard, self.rate)
        return vocals[:, :n_heard] * level, accompaniment[:, :n_heard] * level

    def _vocals(self) -> Audio:
        """Lead in the middle, harmony a little to the left, and their room: (2, n_samples)."""
        voice = VOICES[self.song.voice]
        lead = sing(self.lead, voice, self.n_samples, self.rate, self.seed + 1)
        harmony = sing(self.harmony, VOICES["harmony"], self.n_samples, self.rate, self.seed + 2)
        vocals = np.float32(0.24) * reverb(
            lead + np.float32(0.4) * harmony, self.rate, seconds=1.5, seed=self.seed + 3
        )
        vocals += lead
        vocals += np.array([[0.42], [0.30]], np.float32) * harmony
        return vocals


_VOCALS_OVER_BAND_DB = 1.0


def _dynamics(energy: float) -> float:
    """Return how strongly everybody plays: a verse is about 2.5 dB below a chorus."""
    return 0.45 + 0.6 * energy


def _voicing(classes: list[int], centre_midi: int) -> list[int]:
    """Chord tones, root first, each in the octave nearest to `centre_midi`."""
    return [centre_midi + ((pitch - centre_midi + 6) % 12) - 6 for pitch in classes]


def _tone(tones: list[int], index: int) -> int:
    """The index-th tone counted upwards; beyond the chord, an octave higher."""
    ordered = sorted(tones)[:3] if index else tones
    if not index:
        return tones[0]
    return ordered[index % len(ordered)] + 12 * (index // len(ordered))


def _audible_samples(mix: Audio, rate: int) -> int:
    """Return where the last chord has rung out: 50 ms frames 21 dB below the song, and a moment
    more.
    """
    n_frame = int(0.05 * rate)
    n_frames = mix.shape[1] // n_frame
    power = (mix[:, : n_frames * n_frame] ** 2).reshape(2, n_frames, n_frame).mean(axis=(0, 2))
    heard = np.flatnonzero(power > power.mean() * 7e-3)
    result: int = min(int(heard[-1] + 1) * n_frame + int(_FADE_OUT_S * rate), mix.shape[1])
    return result


def _fades(n_samples: int, rate: int) -> Audio:
    fade = np.ones(n_samples, np.float32)
    n_in, n_out = int(0.01 * rate), int(_FADE_OUT_S * rate)
    fade[:n_in] = np.linspace(0.0, 1.0, n_in)
    fade[-n_out:] = np.linspace(1.0, 0.0, n_out) ** 2
    return fade

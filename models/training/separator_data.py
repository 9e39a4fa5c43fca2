"""Mixtures for the separator's training: a folder of sounds, drawn together at random.

    FOLDER/songs/NAME.vocals.*, NAME.accompaniment.*     stems of one song
    FOLDER/vocals/*                                      voices alone
    FOLDER/accompaniment/*                               music without voice

Any audio that can be decoded; each part may be missing, but there must be a voice and music. The
stems' names are those that `utawaku separate` gives.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve, sosfilt

from utawaku.library.errors import ConfigError, MediaError
from utawaku.library.files import atomic_path
from utawaku.library.progress import Progress, silent
from utawaku.media.decode import load
from utawaku.media.probe import probe
from utawaku.models.separator.builtin.engine import HOP_S, N_BINS, centre_mask, network_hop
from utawaku.models.separator.stft import hann, spectra

Array = npt.NDArray[np.float32]

ENDINGS = {".wav", ".mp3", ".flac", ".ogg", ".opus", ".m4a", ".webm", ".mka"}
MOST_RATE_HZ = 44_100
_STEMS = ("vocals", "accompaniment")
RATES_HZ = (16_000, 44_100)
"""Rates that mixtures are made at: the network sees 0 to 8 kHz of either."""
N_SONGS_KEPT = 3
"""Songs of the demo's songbook that are never trained on."""
_NO_VOICE = 0.15
"""Share of examples that are music alone; half as many are voice alone."""
_COMPOSED = 0.15
"""Share of examples that are a composed song, where there are any."""
_AS_RECORDED = 0.5
"""Share of a pair's examples in which voice and accompaniment stay together."""
_MONO = 0.3
_LEAST_RMS = 1e-3
_TRIES = 4


@dataclass(frozen=True)
class Sound:
    """A decoded file."""

    name: str
    samples: npt.NDArray[np.int16]
    """int16 (n_channels, n_samples), one or two channels; mapped from disk."""
    rate_hz: int


@dataclass(frozen=True)
class Material:
    """The sounds that examples are drawn from."""

    pairs: tuple[tuple[Sound, Sound], ...]
    """Voice and accompaniment of the same performance."""
    vocals: tuple[Sound, ...]
    accompaniment: tuple[Sound, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    """Files that cannot be read, and why."""
    composed: tuple[tuple[Sound, Sound], ...] = ()
    """Voice and accompaniment of songs by the demo's composer. They have a share of their own, so
    that one synthetic singer is neither lost among recorded ones nor drawn as often."""

    @property
    def voices(self) -> tuple[Sound, ...]:
        """Every voice, of a pair or alone."""
        return (*self.vocals, *(voice for voice, _ in self.pairs))

    @property
    def bands(self) -> tuple[Sound, ...]:
        """Everything without a voice, of a pair or alone."""
        return (*self.accompaniment, *(band for _, band in self.pairs))


@dataclass(frozen=True)
class Example:
    """Spectra of a mixture and of its parts, divided by the level that the engine divides by."""

    magnitude: Array
    """float32 (512, n_frames): of the mean of both channels, as the network gets it."""
    truth: Array
    """float32 (512, n_frames, 7): mix, vocals and accompaniment of the left and of the right
    channel, and the mask for the centre that the engine multiplies by."""


def read_material(folder: Path, cache: Path, progress: Progress = silent) -> Material:
    """Decode a folder into `cache`, where files are found again as long as they do not change.

    Raises:
        ConfigError: there is no voice, or no music.
    """
    stems: dict[str, dict[str, Path]] = {}
    for path in _files(folder / "songs"):
        name, _, stem = path.stem.rpartition(".")
        if stem in _STEMS:
            stems.setdefault(name, {})[stem] = path
    singles = {part: _files(folder / part) for part in _STEMS}
    n_files = sum(map(len, stems.values())) + sum(map(len, singles.values()))
    left_out: list[tuple[str, str]] = []
    n_read = 0

    def read(path: Path) -> Sound | None:
        nonlocal n_read
        progress(n_read / n_files, f"reading {path.name}")
        n_read += 1
        try:
            return _decoded(path, cache)
        except (MediaError, OSError) as error:
            left_out.append((path.name, str(error)))
            return None

    pairs: list[tuple[Sound, Sound]] = []
    loose: dict[str, list[Sound]] = {"vocals": [], "accompaniment": []}
    for found in stems.values():
        heard = {stem: sound for stem, path in found.items() if (sound := read(path))}
        if len(heard) == 2:
            pairs.append((heard["vocals"], heard["accompaniment"]))
        else:
            for stem, sound in heard.items():
                loose[stem].append(sound)
    for part, paths in singles.items():
        loose[part] += [sound for path in paths if (sound := read(path))]
    made = Material(
        tuple(pairs), tuple(loose["vocals"]), tuple(loose["accompaniment"]), tuple(left_out)
    )
    if not made.voices or not made.bands:
        raise ConfigError(
            f"there is no {'music without voice' if made.voices else 'voice'} in it",
            subject=str(folder),
            next_step="Put stems into songs/ as NAME.vocals.flac and NAME.accompaniment.flac, "
            "voices into vocals/, music without voice into accompaniment/",
        )
    return made


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)


def _decoded(path: Path, cache: Path) -> Sound:
    facts = path.stat()
    stamp = f"{path.resolve()}:{facts.st_size}:{facts.st_mtime_ns}"
    info = probe(path)
    rate = min(info.sample_rate_hz, MOST_RATE_HZ)
    kept = cache / f"{hashlib.sha256(stamp.encode()).hexdigest()[:24]}.npy"
    if not kept.is_file():
        samples, _ = load(path, sample_rate_hz=rate, n_channels=min(2, info.n_channels))
        whole = np.rint(np.clip(np.nan_to_num(np.atleast_2d(samples)), -1, 1) * 32767)
        if not whole.any():
            raise MediaError("there is no sound in it", subject=str(path))
        cache.mkdir(parents=True, exist_ok=True)
        with atomic_path(kept) as temporary, temporary.open("wb") as file:
            np.save(file, whole.astype(np.int16))
    return Sound(path.name, np.load(kept, mmap_mode="r"), rate)


def composed_songs(
    n_songs: int, cache: Path, progress: Progress = silent
) -> tuple[tuple[Sound, Sound], ...]:
    """Voice and band by the demo's composer: songs in turn, in other keys and tempi.

    The songbook's last three songs are left out, to measure on.
    """
    from utawaku.demo import SONGS, render_song

    made = []
    names = list(SONGS)[:-N_SONGS_KEPT]
    for number in range(n_songs):
        name = names[number % len(names)]
        progress(number / n_songs, f"composing {name}")
        kept = [cache / f"composed-{name}-{number}.{stem}.npy" for stem in _STEMS]
        if not all(path.is_file() for path in kept):
            rng = np.random.default_rng(number)
            song = render_song(
                name,
                seconds=45,
                tempo_factor=float(rng.uniform(0.8, 1.2)),
                transpose=int(rng.integers(-5, 6)),
                seed=number,
            )
            cache.mkdir(parents=True, exist_ok=True)
            for path, samples in zip(kept, (song.vocals, song.accompaniment), strict=True):
                with atomic_path(path) as temporary, temporary.open("wb") as file:
                    np.save(file, np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16))
        voice, band = (Sound(path.stem, np.load(path, mmap_mode="r"), MOST_RATE_HZ)
                       for path in kept)  # fmt: skip
        made.append((voice, band))
    return tuple(made)


def split_material(material: Material, share: float, seed: int) -> tuple[Material, Material]:
    """Material to train on, and a share of every kind that is held out to measure.

    Pairs whose names begin alike up to the first `_` or space are of one singer and stay together.
    """
    rng = np.random.default_rng(seed)

    def chosen(names: Sequence[str]) -> set[str]:
        groups = sorted(set(names))
        n_held = max(1, round(share * len(groups))) if len(groups) > 1 else 0
        return {groups[i] for i in rng.permutation(len(groups))[:n_held]}

    singers = [_singer(voice.name) for voice, _ in material.pairs]
    of_pairs = chosen(singers)
    held_singles = {
        part: chosen([sound.name for sound in getattr(material, part)]) for part in _STEMS
    }

    def taken(held: bool) -> Material:
        return Material(
            tuple(
                pair
                for pair, singer in zip(material.pairs, singers, strict=True)
                if (singer in of_pairs) == held
            ),
            *(
                tuple(
                    sound
                    for sound in getattr(material, part)
                    if (sound.name in held_singles[part]) == held
                )
                for part in _STEMS
            ),
        )

    return taken(False), taken(True)


def _singer(name: str) -> str:
    return name.replace(" ", "_").split("_")[0]


def draw(material: Material, n_frames: int, rng: np.random.Generator) -> Example:
    """One mixture: random parts, levels, places in the stereo image, colours and rooms."""
    rate = int(rng.choice(RATES_HZ))
    hop = network_hop(rate)
    n_samples = (n_frames - 1) * hop + 4 * hop
    voice, band = _parts(material, n_samples, rate, rng)
    kind = rng.random()
    if kind < _NO_VOICE:
        voice = np.zeros_like(voice)
    elif kind < 1.5 * _NO_VOICE:
        band = np.zeros_like(band)
    mix = voice + band
    window = hann(4 * hop)
    of_parts = [spectra(part, window, hop)[:, :, :N_BINS] for part in (mix, voice, band)]
    magnitude = np.abs(of_parts[0].mean(axis=0))
    level = np.float32(max(8 * float(magnitude.mean()), 1e-6))
    channels = [np.abs(part[channel]) / level for channel in (0, 1) for part in of_parts]
    stereo = not np.array_equal(mix[0], mix[1])
    centre = centre_mask(of_parts[0]) if stereo else np.ones_like(magnitude)
    truth = np.stack([*channels, centre], axis=-1)
    return Example(
        (magnitude / level).T.astype(np.float32), truth.transpose(1, 0, 2).astype(np.float32)
    )


def _parts(
    material: Material, n_samples: int, rate: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Voice and accompaniment, each float32 (2, n_samples), at levels that fit each other."""
    n_pairs = len(material.pairs)
    n_voices = n_pairs + len(material.vocals)
    if material.composed and rng.random() < _COMPOSED:
        pair = material.composed[int(rng.integers(len(material.composed)))]
        voice, band = _excerpt(pair, n_samples, rate, rng)
    elif rng.random() < _AS_RECORDED * n_pairs / n_voices:
        pair = material.pairs[int(rng.integers(n_pairs))]
        voice, band = _excerpt(pair, n_samples, rate, rng)
    else:
        (voice,) = _excerpt([_any(material.voices, rng)], n_samples, rate, rng)
        # Pieces of music are long and few: each kind gets its half.
        kinds = [sounds for sounds in (material.accompaniment, _bands(material)) if sounds]
        (band,) = _excerpt([_any(kinds[int(rng.integers(len(kinds)))], rng)], n_samples, rate, rng)
        band = _repitched(band, rng)
    voice = _coloured(voice.mean(axis=0, keepdims=True), rate, rng)
    mono = rng.random() < _MONO
    voice = _in_a_room(_placed(voice, 0.0 if mono else 0.15, rng), rate, mono, rng)
    band = _coloured(band, rate, rng)
    band = (
        np.repeat(band.mean(axis=0, keepdims=True), 2, axis=0) if mono else _placed(band, 0.8, rng)
    )
    # The voice lies between 8 dB below the music and 10 dB above it.
    ratio = 10 ** (rng.uniform(-8, 10) / 20)
    loudness = [max(float(np.sqrt(np.mean(part**2))), _LEAST_RMS) for part in (voice, band)]
    return voice * np.float32(ratio / loudness[0]), band * np.float32(1 / loudness[1])


def _any(sounds: Sequence[Sound], rng: np.random.Generator) -> Sound:
    return sounds[int(rng.integers(len(sounds)))]


def _bands(material: Material) -> tuple[Sound, ...]:
    return tuple(band for _, band in material.pairs)


def _excerpt(
    sounds: Sequence[Sound], n_samples: int, rate: int, rng: np.random.Generator
) -> list[Array]:
    """The same random span of each sound, (n_channels, n_samples) at `rate`; not a silent one."""
    import soxr

    own = sounds[0].rate_hz
    n_own = -(-n_samples * own // rate) + 8
    length = min(sound.samples.shape[1] for sound in sounds)
    for _ in range(_TRIES):
        start = int(rng.integers(max(1, length - n_own + 1)))
        cut = [sound.samples[:, start : start + n_own] / np.float32(32768) for sound in sounds]
        if float(np.sqrt(np.mean(cut[0] ** 2))) > _LEAST_RMS:
            break
    made = []
    for piece in cut:
        if own != rate:
            piece = np.ascontiguousarray(soxr.resample(piece.T, own, rate, quality="MQ").T)
        piece = piece[:, :n_samples]
        made.append(np.pad(piece, ((0, 0), (0, n_samples - piece.shape[1]))).astype(np.float32))
    return made


def _repitched(band: Array, rng: np.random.Generator) -> Array:
    """Played a little faster or slower, so that few pieces are as good as more."""
    import soxr

    n_samples = band.shape[1]
    factor = float(rng.uniform(0.85, 1.0))
    faster = soxr.resample(band.T, 1.0, factor, quality="MQ").T
    # What is missing at the end is played backwards.
    return np.ascontiguousarray(
        np.pad(faster, ((0, 0), (0, n_samples - faster.shape[1])), mode="reflect")
    ).astype(np.float32)


def _coloured(part: Array, rate: int, rng: np.random.Generator) -> Array:
    """Three random peaks or dips of up to 8 dB."""
    if rng.random() < 0.4:
        return part
    sections = []
    for _ in range(3):
        centre_hz = float(np.exp(rng.uniform(np.log(80), np.log(7_000))))
        sections.append(_peak(centre_hz, float(rng.uniform(-8, 8)), rate))
    return np.asarray(sosfilt(np.array(sections), part, axis=1), np.float32)


def _peak(centre_hz: float, gain_db: float, rate: int) -> list[float]:
    """A peaking filter of an octave (R. Bristow-Johnson's cookbook), as a second-order section."""
    amplitude = 10 ** (gain_db / 40)
    angle = 2 * np.pi * centre_hz / rate
    alpha = np.sin(angle) / 2
    over = [1 + alpha * amplitude, -2 * np.cos(angle), 1 - alpha * amplitude]
    under = [1 + alpha / amplitude, -2 * np.cos(angle), 1 - alpha / amplitude]
    return [value / under[0] for value in (*over, *under)]


def _placed(part: Array, most: float, rng: np.random.Generator) -> Array:
    """On two channels, moved up to `most` of the way to one side, narrowed and turned at will."""
    if len(part) == 1:
        part = np.repeat(part, 2, axis=0)
    else:
        middle, side = (part[0] + part[1]) / 2, (part[0] - part[1]) / 2
        side = side * np.float32(rng.uniform(0, 1.5) * rng.choice([-1, 1]))
        part = np.stack([middle + side, middle - side])
    where = rng.uniform(-most, most)
    return part * np.array([[1 - max(0, where)], [1 + min(0, where)]], np.float32)


def _in_a_room(voice: Array, rate: int, mono: bool, rng: np.random.Generator) -> Array:
    """The voice with the echo of a room: noise that dies away, another one on each side."""
    if rng.random() < 0.5:
        return voice
    seconds = float(rng.uniform(0.2, 1.5))
    n_tail = int(0.5 * seconds * rate)
    tail = rng.standard_normal((2, n_tail)) * np.exp(-6.9 * np.arange(n_tail) / rate / seconds)
    if mono:
        tail[1] = tail[0]
    tail *= 10 ** (rng.uniform(-25, -8) / 20) / np.sqrt(np.sum(tail[0] ** 2))
    n_before = int(rng.uniform(0.0, 0.03) * rate)
    wet = fftconvolve(voice, np.pad(tail, ((0, 0), (n_before, 0))), axes=1)[:, : voice.shape[1]]
    result: Array = (voice + wet).astype(np.float32)
    return result


def frames_for(seconds: float) -> int:
    """Frames of an example, a multiple of what the network wants."""
    return max(32, round(seconds / HOP_S / 32) * 32)

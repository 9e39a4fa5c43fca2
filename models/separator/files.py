"""Stems as files, and a changed vocal laid over an accompaniment."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utawaku.library.errors import MediaError
from utawaku.library.progress import Progress, silent
from utawaku.media.cut.encode import output_channels
from utawaku.media.decode import AudioReader, decode
from utawaku.media.probe import probe
from utawaku.models.separator.engine import Audio, Separator, Stems
from utawaku.models.separator.sound_files import FULL_SCALE, SoundWriter, exact_pair

_CHUNK_S = 2.0
STEMS = ("vocals", "accompaniment")


@dataclass(frozen=True)
class SeparatedFiles:
    """The result of `separate_file`."""

    vocals: Path
    accompaniment: Path
    n_samples: int
    sample_rate_hz: int
    n_channels: int


def stem_path(folder: Path, name: str, stem: str, file_format: str = "flac") -> Path:
    """Return where a stem lies: `<name>.vocals.flac` or `<name>.accompaniment.flac` in `folder`."""
    return folder / f"{name}.{stem}.{file_format}"


def separate_file(
    engine: Separator,
    source: Path,
    folder: Path,
    *,
    name: str = "",
    start_s: float = 0.0,
    stop_s: float | None = None,
    file_format: str = "flac",
    progress: Progress = silent,
) -> SeparatedFiles:
    """Write the stems of a file, or of a span of it, as FLAC or WAV of its own rate and length.

    Vocals plus accompaniment is the mix exactly, on the 16-bit grid. The files appear when both
    are complete.

    Raises:
        NotMediaError, NoAudioError, TruncatedMediaError: see `utawaku.media.decode`.
        EncodeError: they cannot be written.
    """
    name = name or source.stem
    paths = [stem_path(folder, name, stem, file_format) for stem in STEMS]
    stream = StemStream(engine, open_mix(source, start_s, stop_s, progress))
    n_samples = 0
    with ExitStack() as stack:
        writers = [
            stack.enter_context(SoundWriter(path, stream.sample_rate_hz, stream.n_channels))
            for path in paths
        ]
        for pair in stream:
            n_samples += pair.vocals.shape[1]
            for writer, samples in zip(writers, pair, strict=True):
                writer.write(samples)
        if not n_samples:
            raise MediaError("there is no sound in it", subject=str(source))
    progress(1.0, "separated")
    return SeparatedFiles(paths[0], paths[1], n_samples, stream.sample_rate_hz, stream.n_channels)


def open_mix(
    source: Path,
    start_s: float = 0.0,
    stop_s: float | None = None,
    progress: Progress = silent,
) -> AudioReader:
    """The samples of a file or of a span of it, in the channels that its stems have.

    Raises:
        NotMediaError, NoAudioError, TruncatedMediaError: see `utawaku.media.decode`.
    """
    return decode(
        source,
        n_channels=output_channels("flac", probe(source).n_channels),
        start_s=start_s,
        stop_s=stop_s,
        chunk_s=_CHUNK_S,
        progress=progress,
    )


class StemStream:
    """Stems of a file piece by piece, on the 16-bit grid and adding up to it."""

    def __init__(self, engine: Separator, mix: AudioReader) -> None:
        self._engine = engine
        self._reader = mix
        channels = output_channels("flac", mix.info.n_channels)
        self.n_channels = channels or mix.info.n_channels
        self.sample_rate_hz = mix.sample_rate_hz

    def __iter__(self) -> Iterator[Stems]:
        waiting: list[Audio] = []

        def remembered() -> Iterator[Audio]:
            for chunk in self._reader:
                waiting.append(np.atleast_2d(chunk))
                yield waiting[-1]

        for stems in self._engine.stream(remembered(), self.sample_rate_hz):
            n_samples = stems.vocals.shape[1]
            mix = np.concatenate(waiting, axis=1) if len(waiting) > 1 else waiting[0]
            waiting[:] = [mix[:, n_samples:]]
            yield exact_pair(mix[:, :n_samples], stems)


def remix(
    vocals: Path,
    accompaniment: Path,
    target: Path,
    *,
    vocals_gain_db: float = 0.0,
    vocals_shift_s: float = 0.0,
    progress: Progress = silent,
) -> float:
    """Lay a vocal (changed, or another one) over an accompaniment; the accompaniment's length.

    Any rate and channels; more than stereo stays only where both have it. Where the sum would clip,
    all of it is turned down; returns by how many dB (0 or less).

    Raises:
        MediaError: one of the files cannot be used.
    """
    info = probe(accompaniment)
    channels = output_channels("flac", info.n_channels) or info.n_channels
    if channels > 2 and probe(vocals).n_channels != channels:
        channels = 2

    def mixed() -> Iterator[Audio]:
        return _laid_over(
            vocals, accompaniment, info.sample_rate_hz, channels, vocals_gain_db, vocals_shift_s
        )

    # 16 bits reach down to -1, but up only to the last step before 1.
    highest = 1 - 1 / FULL_SCALE
    peak = max(
        (max(chunk.max(initial=0) / highest, -chunk.min(initial=0)) for chunk in mixed()),
        default=0.0,
    )
    progress(0.5, "mixing")
    gain = 1 / max(1.0, float(peak))
    with SoundWriter(target, info.sample_rate_hz, channels) as writer:
        for chunk in mixed():
            writer.write(chunk * np.float32(gain))
    progress(1.0, "mixed")
    return float(20 * np.log10(gain))


def _laid_over(
    vocals: Path, accompaniment: Path, rate: int, channels: int, gain_db: float, shift_s: float
) -> Iterator[Audio]:
    gain = np.float32(10 ** (gain_db / 20))
    voice = decode_as(vocals, rate, channels, start_s=max(0.0, -shift_s))
    held = np.zeros((channels, round(max(0.0, shift_s) * rate)), np.float32)
    for band in decode_as(accompaniment, rate, channels):
        while held.shape[1] < band.shape[1] and (more := next(voice, None)) is not None:
            held = np.concatenate([held, gain * more], axis=1)
        now = held[:, : band.shape[1]]
        held = held[:, band.shape[1] :]
        out = band.copy()
        out[:, : now.shape[1]] += now
        yield out


def decode_as(path: Path, rate: int, channels: int, *, start_s: float = 0.0) -> Iterator[Audio]:
    """A file's samples at a rate and in so many channels, float32 (channels, n_samples).

    Mono is put on all of them as it is: FFmpeg would turn it down by 3 dB on its way to two.
    """
    own = probe(path).n_channels
    as_it_is = own == channels and channels > 2
    wanted = min(own, channels) if channels <= 2 else 1
    reader = decode(
        path,
        sample_rate_hz=rate,
        n_channels=None if as_it_is else wanted,
        start_s=start_s,
        chunk_s=_CHUNK_S,
    )
    for chunk in reader:
        yield np.broadcast_to(np.atleast_2d(chunk), (channels, chunk.shape[-1]))

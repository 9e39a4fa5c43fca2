"""Stems of files: whole, or in pieces between subtitles that join again sample by sample."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from library.errors import MediaError
from library.files import atomic_path
from library.progress import Progress, silent
from library.text import clean_line
from models.audio import decode, probe
from models.cutter.encode import output_channels
from models.separator.engine import Audio, Separator, Stems
from models.separator.flac import FlacWriter, exact_pair
from models.setlist.subtitles import TimedText

_CHUNK_S = 10.0
STEMS = ("vocals", "accompaniment")
MANIFEST = "pieces.json"


@dataclass(frozen=True)
class SeparatedFiles:
    """What `separate_file` wrote."""

    vocals: Path
    accompaniment: Path
    n_samples: int
    sample_rate_hz: int
    n_channels: int


@dataclass(frozen=True)
class Piece:
    """One stretch of a recording: the text shown over it, or a gap without text."""

    start: int
    """First sample."""
    stop: int
    text: str = ""


def stem_path(folder: Path, name: str, stem: str) -> Path:
    """Where a stem lies: `<name>.vocals.flac` or `<name>.accompaniment.flac` in `folder`."""
    return folder / f"{name}.{stem}.flac"


def separate_file(
    engine: Separator,
    source: Path,
    folder: Path,
    *,
    name: str = "",
    start_s: float = 0.0,
    stop_s: float | None = None,
    progress: Progress = silent,
) -> SeparatedFiles:
    """Write the stems of a file, or of a span of it, as FLAC of its own rate and length.

    Vocals plus accompaniment is the mix exactly, on the 16-bit grid. The files appear when both
    are complete.

    Raises:
        NotMediaError, NoAudioError, TruncatedMediaError: see `models.audio.decode`.
        EncodeError: they cannot be written.
    """
    name = name or source.stem
    paths = [stem_path(folder, name, stem) for stem in STEMS]
    stream = _Stream(engine, source, start_s, stop_s, progress)
    n_samples = 0
    with ExitStack() as stack:
        writers = [
            stack.enter_context(FlacWriter(path, stream.sample_rate_hz, stream.n_channels))
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


class _Stream:
    """Stems of a file piece by piece, on the 16-bit grid and adding up to it."""

    def __init__(
        self,
        engine: Separator,
        source: Path,
        start_s: float,
        stop_s: float | None,
        progress: Progress,
    ) -> None:
        self._engine = engine
        self._reader = decode(
            source,
            n_channels=output_channels("flac", probe(source).n_channels),
            start_s=start_s,
            stop_s=stop_s,
            chunk_s=_CHUNK_S,
            progress=progress,
        )
        channels = output_channels("flac", self._reader.info.n_channels)
        self.n_channels = channels or self._reader.info.n_channels
        self.sample_rate_hz = self._reader.sample_rate_hz

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


def plan_pieces(cues: Sequence[TimedText], n_samples: int, sample_rate_hz: int) -> list[Piece]:
    """Cut [0, n_samples) at the cues: each cue a piece, and every gap one without text.

    Cues that overlap share a border: the later one starts where the earlier one stops.
    """
    pieces: list[Piece] = []
    at = 0
    for cue in sorted(cues, key=lambda cue: (cue.start_s, cue.stop_s)):
        start = min(n_samples, max(at, round(cue.start_s * sample_rate_hz)))
        stop = min(n_samples, round(cue.stop_s * sample_rate_hz))
        if stop <= start:
            continue
        if start > at:
            pieces.append(Piece(at, start))
        pieces.append(Piece(start, stop, cue.text))
        at = stop
    if at < n_samples:
        pieces.append(Piece(at, n_samples))
    return pieces


def separate_pieces(
    engine: Separator,
    source: Path,
    cues: Sequence[TimedText],
    folder: Path,
    *,
    start_s: float = 0.0,
    stop_s: float | None = None,
    progress: Progress = silent,
) -> list[Piece]:
    """Write the stems of every piece between subtitles: `0001.vocals.flac`, ..., `pieces.json`.

    The recording is separated once and then cut, so that the pieces joined in order are the stems
    of the whole. `cues` count from `start_s`.

    Raises:
        As `separate_file`.
    """
    stream = _Stream(engine, source, start_s, stop_s, progress)
    rate = stream.sample_rate_hz
    # The length is only known at the end, so gaps and the rest are cut as the samples come.
    endless = plan_pieces(cues, 1 << 62, rate)
    done: list[Piece] = []
    position = 0
    with ExitStack() as stack:
        writers: list[FlacWriter] = []
        for pair in stream:
            while pair.vocals.shape[1]:
                piece = endless[len(done)]
                if not writers:
                    number = len(done) + 1
                    paths = [stem_path(folder, f"{number:04}", stem) for stem in STEMS]
                    writers = [
                        stack.enter_context(FlacWriter(path, rate, stream.n_channels))
                        for path in paths
                    ]
                n_now = min(piece.stop - position, pair.vocals.shape[1])
                for writer, samples in zip(writers, pair, strict=True):
                    writer.write(samples[:, :n_now])
                pair = Stems(pair.vocals[:, n_now:], pair.accompaniment[:, n_now:])
                position += n_now
                if position == piece.stop:
                    stack.close()
                    writers = []
                    done.append(piece)
    if not position:
        raise MediaError("there is no sound in it", subject=str(source))
    if writers:
        done.append(Piece(endless[len(done)].start, position, endless[len(done)].text))
    _write_manifest(folder, source, start_s, rate, done)
    progress(1.0, f"{len(done)} pieces")
    return done


def _write_manifest(
    folder: Path, source: Path, start_s: float, rate: int, pieces: Sequence[Piece]
) -> None:
    rows = [
        {
            "number": number,
            "start_s": piece.start / rate,
            "stop_s": piece.stop / rate,
            "n_samples": piece.stop - piece.start,
            "text": clean_line(piece.text),
        }
        for number, piece in enumerate(pieces, 1)
    ]
    document = {"source": source.name, "from_s": start_s, "sample_rate_hz": rate, "pieces": rows}
    with atomic_path(folder / MANIFEST) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")


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

    Any rate; mono or stereo are brought to the accompaniment's. Where the sum would clip, all of
    it is turned down; returns by how many dB (0 or less).

    Raises:
        MediaError: one of the files cannot be used.
    """
    info = probe(accompaniment)
    channels = output_channels("flac", info.n_channels) or info.n_channels
    if channels > 2:
        channels = 2

    def mixed() -> Iterator[Audio]:
        return _laid_over(
            vocals, accompaniment, info.sample_rate_hz, channels, vocals_gain_db, vocals_shift_s
        )

    peak = max((float(np.abs(chunk).max(initial=0)) for chunk in mixed()), default=0.0)
    progress(0.5, "mixing")
    gain = min(1.0, (1 - 2**-15) / peak) if peak else 1.0
    with FlacWriter(target, info.sample_rate_hz, channels) as writer:
        for chunk in mixed():
            writer.write(chunk * np.float32(gain))
    progress(1.0, "mixed")
    return float(20 * np.log10(gain))


def _laid_over(
    vocals: Path, accompaniment: Path, rate: int, channels: int, gain_db: float, shift_s: float
) -> Iterator[Audio]:
    gain = np.float32(10 ** (gain_db / 20))
    voice = decode(
        vocals,
        sample_rate_hz=rate,
        # Mono is put on both sides below: FFmpeg would turn it down by 3 dB.
        n_channels=min(channels, probe(vocals).n_channels),
        start_s=max(0.0, -shift_s),
        chunk_s=_CHUNK_S,
    )
    held = np.zeros((channels, round(max(0.0, shift_s) * rate)), np.float32)
    for chunk in decode(accompaniment, sample_rate_hz=rate, n_channels=channels, chunk_s=_CHUNK_S):
        band = np.atleast_2d(chunk)
        while held.shape[1] < band.shape[1] and (more := next(voice, None)) is not None:
            more = np.broadcast_to(np.atleast_2d(more), (channels, more.shape[-1]))
            held = np.concatenate([held, gain * more], axis=1)
        now = held[:, : band.shape[1]]
        held = held[:, band.shape[1] :]
        out = band.copy()
        out[:, : now.shape[1]] += now
        yield out

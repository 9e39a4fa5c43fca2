"""Pieces of a recording back to a whole, with those that were changed in the meantime."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from library.errors import MediaError
from library.progress import Progress, part, silent
from models.audio import decode, probe
from models.separator.engine import Audio
from models.separator.files import MANIFEST, STEMS, remix, stem_path
from models.separator.flac import FlacWriter

_CHUNK_S = 10.0
_CHANGED = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus")


@dataclass(frozen=True)
class Joined:
    """What `join_pieces` wrote: three FLAC files of the recording's length."""

    vocals: Path
    accompaniment: Path
    mix: Path
    n_samples: int
    sample_rate_hz: int
    n_changed: int
    """Pieces whose vocals were replaced."""
    turned_down_db: float
    """0 or less: by how much the mix was turned down to fit."""


def join_pieces(
    folder: Path,
    target: Path,
    *,
    name: str,
    vocals_gain_db: float = 0.0,
    progress: Progress = silent,
) -> Joined:
    """Join the pieces that `separate_pieces` left in `folder`, in order, to the sample.

    A file `0007.changed.*` takes the place of the vocals of piece 7, at any rate: it starts where
    the piece starts and is cut or filled up to its length. The mix is the joined vocals over the
    joined accompaniment; of unchanged pieces it is the recording.

    Raises:
        MediaError: the folder holds no pieces, one is gone, or cannot be read.
    """
    rows, rate = _listed(folder)
    first = stem_path(folder, f"{rows[0][0]:04}", STEMS[0])
    if not first.is_file():
        raise MediaError("a piece is gone", subject=str(first))
    channels = probe(first).n_channels
    n_changed = 0
    paths = [stem_path(target, name, stem) for stem in STEMS]
    for share, stem, path in zip((0.0, 0.4), STEMS, paths, strict=True):
        told = part(progress, share, share + 0.4)
        with FlacWriter(path, rate, channels) as writer:
            for done, (number, n_samples) in enumerate(rows):
                told(done / len(rows), f"joining {stem}")
                piece = stem_path(folder, f"{number:04}", stem)
                changed = _changed(folder, number) if stem == STEMS[0] else None
                n_changed += changed is not None
                for chunk in _fitted(changed or piece, rate, channels, n_samples):
                    writer.write(chunk)
    mix = target / f"{name}.mix.flac"
    told = part(progress, 0.8, 1.0)
    vocals, accompaniment = paths
    turned_down_db = remix(vocals, accompaniment, mix, vocals_gain_db=vocals_gain_db, progress=told)
    n_samples = sum(length for _, length in rows)
    return Joined(vocals, accompaniment, mix, n_samples, rate, n_changed, turned_down_db)


def _listed(folder: Path) -> tuple[list[tuple[int, int]], int]:
    """Number and length of each piece, and their rate."""
    try:
        document = json.loads((folder / MANIFEST).read_text("utf-8"))
        rows = [(int(row["number"]), int(row["n_samples"])) for row in document["pieces"]]
        rate = int(document["sample_rate_hz"])
        if not rows:
            raise ValueError("it is empty")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MediaError(
            f"there is no list of pieces ({error})",
            subject=str(folder / MANIFEST),
            next_step="Make the pieces with `utawaku separate FILE --subtitles SUBTITLES`",
        ) from error
    return rows, rate


def _changed(folder: Path, number: int) -> Path | None:
    for ending in _CHANGED:
        path = folder / f"{number:04}.changed{ending}"
        if path.is_file():
            return path
    return None


def _fitted(path: Path, rate: int, channels: int, n_samples: int) -> Iterator[Audio]:
    """A file at the rate, with the channels and of the length of its place."""
    if not path.is_file():
        raise MediaError("a piece is gone", subject=str(path))
    # Mono is put on all channels by hand: FFmpeg would turn it down by 3 dB.
    own = probe(path).n_channels
    left = n_samples
    for chunk in decode(
        path, sample_rate_hz=rate, n_channels=1 if own == 1 else channels, chunk_s=_CHUNK_S
    ):
        piece = np.broadcast_to(np.atleast_2d(chunk), (channels, chunk.shape[-1]))[:, :left]
        left -= piece.shape[1]
        yield piece
        if not left:
            return
    while left:
        n_now = min(left, round(_CHUNK_S * rate))
        left -= n_now
        yield np.zeros((channels, n_now), np.float32)

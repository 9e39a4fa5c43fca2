"""Pieces of a recording back to a whole, with those that were changed in the meantime."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from utawaku.library.errors import MediaError
from utawaku.library.progress import Progress, part, silent
from utawaku.media.decode import decode
from utawaku.media.probe import probe
from utawaku.models.separator.engine import Audio
from utawaku.models.separator.files import STEMS, decode_as, remix, stem_path
from utawaku.models.separator.plan import MIX, Plan, changed_vocals, read_plan
from utawaku.models.separator.sound_files import SoundWriter

_CHUNK_S = 10.0
_AGAIN = "The command that made the pieces makes those that are missing"


@dataclass(frozen=True)
class Joined:
    """The result of `join_pieces`: three files of the recording's length."""

    vocals: Path
    accompaniment: Path
    mix: Path
    n_samples: int
    sample_rate_hz: int
    n_changed: int
    """Pieces whose vocals were replaced."""
    turned_down_db: float
    """0 or less: by how much the mix was turned down to fit."""
    piece_mixes: tuple[Path, ...] = ()
    """Of pieces whose vocals were replaced, each its own mix, where pieces have their sound."""


def join_pieces(
    folder: Path,
    target: Path,
    *,
    name: str,
    vocals_gain_db: float = 0.0,
    file_format: str = "",
    progress: Progress = silent,
) -> Joined:
    """Join the pieces that `separate_pieces` left in `folder`, in order, to the sample.

    A file `0007.changed.*` takes the place of the vocals of piece 7, at any rate: it starts where
    the piece starts and is cut or filled up to its length. The mix is the joined vocals over the
    joined accompaniment; of unchanged pieces it is the recording. Files are of the format of the
    pieces, unless one is named.

    Raises:
        MediaError: the folder holds no pieces, one is gone, or cannot be read.
    """
    plan = read_plan(folder)
    rate, n_pieces = plan.sample_rate_hz, len(plan.pieces)
    for number in range(1, n_pieces + 1):
        for path in plan.files_of(number, folder)[: len(STEMS)]:
            if not path.is_file():
                raise MediaError("a piece is gone", subject=str(path), next_step=_AGAIN)
    file_format = file_format or plan.form.file_format
    channels = probe(plan.files_of(1, folder)[0]).n_channels
    n_changed = 0
    paths = [stem_path(target, name, stem, file_format) for stem in STEMS]
    for share, place, path in zip((0.0, 0.4), range(len(STEMS)), paths, strict=True):
        told = part(progress, share, share + 0.4)
        with SoundWriter(path, rate, channels) as writer:
            for number, piece in enumerate(plan.pieces, 1):
                told(number / n_pieces, f"joining {STEMS[place]}")
                own = plan.files_of(number, folder)[place]
                changed = changed_vocals(folder, piece) if place == 0 else None
                n_changed += changed is not None
                n_samples = piece.stop - piece.start
                chunks = (
                    _fitted(changed, rate, channels, n_samples)
                    if changed
                    else _whole(own, n_samples)
                )
                for chunk in chunks:
                    writer.write(chunk)
    mix = stem_path(target, name, MIX, file_format)
    told = part(progress, 0.8, 1.0)
    vocals, accompaniment = paths
    turned_down_db = remix(vocals, accompaniment, mix, vocals_gain_db=vocals_gain_db, progress=told)
    mixes = _piece_mixes(plan, folder, vocals_gain_db) if plan.form.sounds else []
    return Joined(
        vocals, accompaniment, mix, plan.n_samples, rate, n_changed, turned_down_db, tuple(mixes)
    )


def _piece_mixes(plan: Plan, folder: Path, vocals_gain_db: float) -> list[Path]:
    """Lay each changed vocal over the accompaniment of its piece; returns the files."""
    made = []
    for number, piece in enumerate(plan.pieces, 1):
        changed = changed_vocals(folder, piece)
        mix = stem_path(folder, piece.name, MIX, plan.form.file_format)
        if changed is None:
            mix.unlink(missing_ok=True)  # of a changed vocal that was taken away
            continue
        accompaniment = plan.files_of(number, folder)[1]
        remix(changed, accompaniment, mix, vocals_gain_db=vocals_gain_db)
        made.append(mix)
    return made


def _whole(path: Path, n_samples: int) -> Iterator[Audio]:
    """A stem as it is, which must be of the length of its place."""
    n_read = 0
    for chunk in decode(path, chunk_s=_CHUNK_S):
        n_read += chunk.shape[-1]
        yield np.atleast_2d(chunk)
    if n_read != n_samples:
        raise MediaError(
            f"a piece has {n_read} samples and not {n_samples}", subject=str(path), next_step=_AGAIN
        )


def _fitted(path: Path, rate: int, channels: int, n_samples: int) -> Iterator[Audio]:
    """A file at the rate, with the channels and of the length of its place."""
    left = n_samples
    for chunk in decode_as(path, rate, channels):
        yield chunk[:, :left]
        left -= min(left, chunk.shape[1])
        if not left:
            return
    while left:
        n_now = min(left, round(_CHUNK_S * rate))
        left -= n_now
        yield np.zeros((channels, n_now), np.float32)

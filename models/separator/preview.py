"""The pieces that a recording would be cut into, before anything is separated."""

from dataclasses import dataclass
from pathlib import Path

from utawaku.library.errors import UsageError
from utawaku.library.planned_pieces import PlannedPiece
from utawaku.media.probe import probe
from utawaku.models.separator.plan import Cut, Piece, Plan, files_of, named, plan_pieces


@dataclass(frozen=True)
class PiecesPreview:
    """The result that `separate_pieces` would have."""

    folder: str
    duration_s: float
    """Of the span that is cut."""
    n_lines_left_out: int
    pieces: tuple[PlannedPiece, ...]


def preview_pieces(source: Path, cut: Cut, folder: Path) -> PiecesPreview:
    """Plan the pieces of a recording from the length that its file tells, which may be off by a
    few samples at the very end.

    Raises:
        NotMediaError, NoAudioError: see `utawaku.media.probe`. UsageError: it ends before the
            first line.
    """
    info = probe(source)
    rate = info.sample_rate_hz
    stop_s = info.duration_s if cut.stop_s is None else min(cut.stop_s, info.duration_s)
    n_samples = max(0, round((stop_s - cut.start_s) * rate))
    pieces = named(plan_pieces(cut.cues, n_samples, rate), cut, rate)
    if not any(piece.text for piece in pieces):
        raise UsageError(
            f"it ends after {n_samples / rate:.1f} s, before the first line of the subtitles",
            subject=str(source),
            next_step="Check that they belong together, and the shift",
        )
    plan = Plan(source.name, cut.start_s, cut.stop_s, rate, tuple(pieces), cut.form)
    return PiecesPreview(
        str(folder),
        n_samples / rate,
        cut.n_lines - sum(bool(piece.text) for piece in pieces),
        tuple(_row(number, piece, plan, folder) for number, piece in enumerate(pieces, 1)),
    )


def _row(number: int, piece: Piece, plan: Plan, folder: Path) -> PlannedPiece:
    files = files_of(piece, plan.form, folder)
    vocals, accompaniment = map(str, files[:2]) if all(f.is_file() for f in files) else ("", "")
    at = [plan.start_s + sample / plan.sample_rate_hz for sample in (piece.start, piece.stop)]
    return PlannedPiece(number, piece.name, at[0], at[1], piece.text, vocals, accompaniment)

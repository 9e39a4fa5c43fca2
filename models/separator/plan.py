"""The plan of a recording's pieces: cuts between subtitles, every gap kept, stored as JSON.

A folder of pieces holds `pieces.json`, for each piece `0007.vocals.flac` and
`0007.accompaniment.flac`, and, of the user's making, `0007.changed.*` where its vocals are to be
others.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from utawaku.library.errors import MediaError, UsageError
from utawaku.library.files import atomic_path
from utawaku.library.text import clean_line
from utawaku.models.separator.files import STEMS, stem_path
from utawaku.models.setlist.subtitles import TimedText, read_subtitles, shift_text, slice_text

MANIFEST = "pieces.json"
_CHANGED = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus")
_STEM = re.compile(rf"^(\d{{4,}})\.(?:{'|'.join(STEMS)})\.flac$")


@dataclass(frozen=True)
class Piece:
    """One stretch of a recording: the text shown over it, or a gap without text."""

    start: int
    """First sample, counted from the start of the span that was cut."""
    stop: int
    text: str = ""


@dataclass(frozen=True)
class Cut:
    """A span of a recording, and the lines between which it is cut."""

    cues: tuple[TimedText, ...]
    """Their times count from `start_s`."""
    start_s: float = 0.0
    stop_s: float | None = None
    """None is the end of the recording."""
    n_lines: int = 0
    """Lines of the subtitles, those outside of the span included."""


@dataclass(frozen=True)
class Plan:
    """The intended content of a folder of pieces."""

    source: str
    """Name of the recording's file."""
    start_s: float
    stop_s: float | None
    sample_rate_hz: int
    pieces: tuple[Piece, ...]
    """They tile the span, without gap or overlap; numbers count from 1."""

    @property
    def n_samples(self) -> int:
        """Length of the span."""
        return self.pieces[-1].stop

    @property
    def cut(self) -> Cut:
        """The cut that gives these pieces again."""
        rate = self.sample_rate_hz
        cues = (TimedText(one.start / rate, one.stop / rate, one.text) for one in self.pieces)
        return Cut(tuple(cues), self.start_s, self.stop_s)


def cut_at_subtitles(
    subtitles: Path, *, shift_s: float = 0.0, start_s: float = 0.0, stop_s: float | None = None
) -> Cut:
    """Cut a span of a recording at the lines of a .srt or .vtt file, moved by `shift_s`.

    Raises:
        SetlistError: the file cannot be read, or holds no lines. UsageError: the span is none, or
            no line shows in it.
    """
    end_s = math.inf if stop_s is None else stop_s
    if not (math.isfinite(shift_s) and 0 <= start_s < end_s) or stop_s == math.inf:
        raise UsageError(
            "not a span of a recording",
            subject=f"{start_s:g} s to {end_s:g} s, moved by {shift_s:g} s",
            next_step="The start is 0 or later, and the stop behind it",
        )
    lines = read_subtitles(subtitles)
    cues = slice_text(shift_text(lines, shift_s), start_s, end_s)
    if not cues:
        raise UsageError(
            f"none of the {len(lines)} lines shows within the span",
            subject=str(subtitles),
            next_step="Check shift, start and stop: all are seconds of the recording",
        )
    return Cut(tuple(cues), start_s, stop_s, len(lines))


def plan_pieces(cues: Sequence[TimedText], n_samples: int, sample_rate_hz: int) -> list[Piece]:
    """Cut [0, n_samples) at the cues: each cue a piece, and every gap one without text.

    Cues that overlap share a border: the later one starts where the earlier one stops, and one
    that lies within an earlier one is left out, as is what lies past the end.
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


def write_plan(plan: Plan, folder: Path) -> None:
    """Put a plan on record in its folder."""
    rate = plan.sample_rate_hz
    rows = [
        {
            "number": number,
            "start_s": piece.start / rate,
            "stop_s": piece.stop / rate,
            "n_samples": piece.stop - piece.start,
            "text": clean_line(piece.text),
        }
        for number, piece in enumerate(plan.pieces, 1)
    ]
    document = {
        "source": plan.source,
        "from_s": plan.start_s,
        "until_s": plan.stop_s,
        "sample_rate_hz": rate,
        "pieces": rows,
    }
    with atomic_path(folder / MANIFEST) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")


def read_plan(folder: Path) -> Plan:
    """The plan of a folder of pieces.

    Raises:
        MediaError: there is none that can be read.
    """
    try:
        document = json.loads((folder / MANIFEST).read_text("utf-8"))
        pieces: list[Piece] = []
        at = 0
        for row in document["pieces"]:
            pieces.append(Piece(at, at + int(row["n_samples"]), str(row["text"])))
            at = pieces[-1].stop
        until_s = document.get("until_s")
        plan = Plan(
            str(document["source"]),
            float(document["from_s"]),
            None if until_s is None else float(until_s),
            int(document["sample_rate_hz"]),
            tuple(pieces),
        )
        if not pieces or plan.sample_rate_hz <= 0 or any(p.stop <= p.start for p in pieces):
            raise ValueError("it lists no pieces")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MediaError(
            f"there is no list of pieces ({error})",
            subject=str(folder / MANIFEST),
            next_step="Make the pieces with `utawaku separate FILE --subtitles SUBTITLES`",
        ) from error
    return plan


def stems_of(folder: Path, number: int) -> list[Path]:
    """Return where vocals and accompaniment of a piece lie."""
    return [stem_path(folder, f"{number:04}", stem) for stem in STEMS]


def changed_vocals(folder: Path, number: int) -> Path | None:
    """The user's own vocals for a piece."""
    for ending in _CHANGED:
        path = folder / f"{number:04}.changed{ending}"
        if path.is_file():
            return path
    return None


def check_changed_vocals(folder: Path, wanted: Sequence[Piece], start_s: float, rate: int) -> None:
    """Changed vocals go by number, so where their pieces start must stay what it is.

    Raises:
        UsageError: one would come to lie elsewhere in the recording.
    """
    if not (folder / MANIFEST).is_file():
        return
    old = read_plan(folder)
    starts = dict(enumerate((round(start_s + one.start / rate, 3) for one in wanted), 1))
    for number, piece in enumerate(old.pieces, 1):
        changed = changed_vocals(folder, number)
        before = round(old.start_s + piece.start / old.sample_rate_hz, 3)
        if changed is not None and before != starts.get(number):
            raise UsageError(
                "the recording is to be cut elsewhere, and this changed vocal would move",
                subject=str(changed),
                next_step="Join the pieces first and take it away, or give the subtitles another "
                "name",
            )


def leftover_stems(folder: Path, n_pieces: int) -> Iterator[Path]:
    """Stems of pieces that the plan does not have any more."""
    for path in sorted(folder.glob("*.flac")):
        match = _STEM.match(path.name)
        if match and int(match[1]) > n_pieces:
            yield path

"""The plan of a recording's pieces: cuts between subtitles, every gap kept, stored as JSON.

A folder of pieces holds `pieces.json`, for each piece `0007.vocals.flac` and
`0007.accompaniment.flac` (names and format: `piece_names`), and, of the user's making,
`0007.changed.*` where its vocals are to be others.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from utawaku.library.errors import MediaError, UsageError
from utawaku.library.files import atomic_path
from utawaku.library.text import clean_line
from utawaku.models.separator.files import STEMS, stem_path
from utawaku.models.separator.piece_names import (
    FORMATS,
    PieceForm,
    check_form,
    is_safe,
    piece_names,
)
from utawaku.models.setlist.subtitles import TimedText, read_subtitles, shift_text, slice_text

MANIFEST = "pieces.json"
_CHANGED = (".wav", ".flac", ".mp3", ".m4a", ".ogg", ".opus")
SOUND = "sound"
"""Ending of the sound of a piece itself."""
MIX = "mix"
"""Ending of a changed vocal over the accompaniment of its piece."""


@dataclass(frozen=True)
class Piece:
    """One stretch of a recording: the text shown over it, or a gap without text."""

    start: int
    """First sample, counted from the start of the span that was cut."""
    stop: int
    text: str = ""
    name: str = ""
    """Of its files, without endings."""


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
    form: PieceForm = field(default_factory=PieceForm)


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
    form: PieceForm = field(default_factory=PieceForm)

    @property
    def n_samples(self) -> int:
        """Length of the span."""
        return self.pieces[-1].stop

    @property
    def cut(self) -> Cut:
        """The cut that gives these pieces again."""
        rate = self.sample_rate_hz
        cues = (TimedText(one.start / rate, one.stop / rate, one.text) for one in self.pieces)
        return Cut(tuple(cues), self.start_s, self.stop_s, form=self.form)

    def files_of(self, number: int, folder: Path) -> list[Path]:
        """Return where vocals, accompaniment and, where it is kept, the sound of a piece lie."""
        return files_of(self.pieces[number - 1], self.form, folder)


def cut_at_subtitles(
    subtitles: Path,
    *,
    shift_s: float = 0.0,
    start_s: float = 0.0,
    stop_s: float | None = None,
    form: PieceForm | None = None,
) -> Cut:
    """Cut a span of a recording at the lines of a file of subtitles, moved by `shift_s`.

    Raises:
        SetlistError: the file cannot be read, or holds no lines. UsageError: the span is none, no
            line shows in it, or the form cannot be used.
    """
    form = form or PieceForm()
    check_form(form)
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
    return Cut(tuple(cues), start_s, stop_s, len(lines), form)


def named(pieces: Sequence[Piece], cut: Cut, sample_rate_hz: int) -> list[Piece]:
    """Return pieces with their names, whose times are those of the recording."""
    spans_s = [
        (
            cut.start_s + one.start / sample_rate_hz,
            cut.start_s + one.stop / sample_rate_hz,
            one.text,
        )
        for one in pieces
    ]
    names = piece_names(spans_s, cut.form.names)
    return [replace(one, name=name) for one, name in zip(pieces, names, strict=True)]


def plan_pieces(cues: Sequence[TimedText], n_samples: int, sample_rate_hz: int) -> list[Piece]:
    """Cut [0, n_samples) at the cues: each cue a piece, and every gap one without text.

    They have no names yet: see `named`.

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
            "name": piece.name,
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
        **asdict(plan.form),
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
        for number, row in enumerate(document["pieces"], 1):
            # Lists of releases before 0.2 have no names: theirs are numbers.
            name = str(row.get("name", f"{number:04}"))
            pieces.append(Piece(at, at + int(row["n_samples"]), str(row["text"]), name))
            at = pieces[-1].stop
        until_s = document.get("until_s")
        plan = Plan(
            str(document["source"]),
            float(document["from_s"]),
            None if until_s is None else float(until_s),
            int(document["sample_rate_hz"]),
            tuple(pieces),
            _form_of(document),
        )
        if not pieces or plan.sample_rate_hz <= 0 or any(p.stop <= p.start for p in pieces):
            raise ValueError("it lists no pieces")
        if not all(is_safe(piece.name) for piece in pieces):
            raise ValueError("a name in it is none of a piece")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise MediaError(
            f"there is no list of pieces ({error})",
            subject=str(folder / MANIFEST),
            next_step="Make the pieces with `utawaku separate FILE --subtitles SUBTITLES`",
        ) from error
    return plan


def _form_of(document: dict[str, object]) -> PieceForm:
    standard = PieceForm()
    form = PieceForm(
        str(document.get("file_format", standard.file_format)),
        str(document.get("names", standard.names)),
        bool(document.get("sounds", standard.sounds)),
    )
    if form.file_format not in FORMATS:
        raise ValueError(f"its format is {form.file_format}")
    return form


def files_of(piece: Piece, form: PieceForm, folder: Path) -> list[Path]:
    """Return where vocals, accompaniment and, where the form has it, the sound of a piece lie."""
    endings = (*STEMS, SOUND) if form.sounds else STEMS
    return [stem_path(folder, piece.name, ending, form.file_format) for ending in endings]


def changed_vocals(folder: Path, piece: Piece) -> Path | None:
    """The user's own vocals for a piece."""
    for ending in _CHANGED:
        path = folder / f"{piece.name}.changed{ending}"
        if path.is_file():
            return path
    return None


def check_changed_vocals(folder: Path, wanted: Plan) -> None:
    """Changed vocals go by name, so where their pieces start must stay what it is.

    Raises:
        UsageError: one would come to lie elsewhere in the recording.
    """
    old = plan_on_record(folder)
    if old is None:
        return
    starts = {one.name: _starts_at(one, wanted) for one in wanted.pieces}
    for piece in old.pieces:
        changed = changed_vocals(folder, piece)
        if changed is not None and _starts_at(piece, old) != starts.get(piece.name):
            raise UsageError(
                "the recording is to be cut elsewhere, and this changed vocal would move",
                subject=str(changed),
                next_step="Join the pieces first and take it away, or give the subtitles another "
                "name",
            )


def _starts_at(piece: Piece, plan: Plan) -> float:
    return round(plan.start_s + piece.start / plan.sample_rate_hz, 3)


def plan_on_record(folder: Path) -> Plan | None:
    """The plan of a folder, where one is there.

    Raises:
        MediaError: it cannot be read.
    """
    return read_plan(folder) if (folder / MANIFEST).is_file() else None


def leftover_files(folder: Path, wanted: Plan) -> Iterator[Path]:
    """Files of the plan on record that the wanted one does not have any more."""
    old = plan_on_record(folder)
    kept = {path for one in wanted.pieces for path in files_of(one, wanted.form, folder)}
    for piece in old.pieces if old else ():
        for path in files_of(piece, old.form if old else wanted.form, folder):
            if path not in kept:
                yield path

"""Stems of a recording in pieces between subtitles, which join again sample by sample.

The recording is separated in one go and cut as the samples come. Pieces that are there already, of
the right length and by the present engine, are not made again, so the same call goes on after a
break, and mends what is missing, short, or of another recording.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from utawaku.library.errors import EngineError, MediaError, UsageError
from utawaku.library.progress import Progress, part, silent
from utawaku.media.probe import probe
from utawaku.models.separator.checking import ENDLESS, Samples, fault_of
from utawaku.models.separator.engine import Separator, Stems
from utawaku.models.separator.files import StemStream, open_mix
from utawaku.models.separator.plan import (
    Cut,
    Piece,
    Plan,
    check_changed_vocals,
    files_of,
    leftover_files,
    named,
    plan_on_record,
    plan_pieces,
    write_plan,
)
from utawaku.models.separator.sound_files import SoundWriter
from utawaku.models.separator.sound_files import made_by as maker_of

_CONTEXT_S = 5.0
"""Heard around a stretch that is made by itself, so that its edges sound as made in one go."""
_BROKEN = 3
"""So many failures of the engine one after another are the engine's fault and not the pieces'."""


@dataclass(frozen=True)
class SeparatedPieces:
    """A folder of pieces after `separate_pieces`."""

    plan: Plan
    n_made: int
    failed: dict[int, str]
    """The reason why pieces could not be separated, by number."""
    faults: dict[int, str]
    """Faults of pieces as read back from disk, by number; see `checking.fault_of`."""

    def n_lines_left_out(self, cut: Cut) -> int:
        """Return how many lines of the subtitles show nowhere in the pieces."""
        return cut.n_lines - sum(bool(piece.text) for piece in self.plan.pieces)


def separate_pieces(
    engine: Separator,
    source: Path,
    cut: Cut,
    folder: Path,
    *,
    name: str = "",
    progress: Progress = silent,
) -> SeparatedPieces:
    """Write the stems of every piece between subtitles: `0001.vocals.flac`, ..., `pieces.json`.

    The form of `cut` says how files are named, FLAC or WAV, and if pieces have their own sound too.

    A piece that cannot be separated is left out and told, and the others are made. Afterwards all
    are read back and compared with the recording. `name` is told as that of the recording where the
    name of `source` is not.

    Raises:
        NotMediaError, NoAudioError, TruncatedMediaError: see `utawaku.media.decode`.
        MediaError: the span has no sound. EngineError: the engine fails with every piece.
        UsageError: no line shows in the recording, or a changed vocal would move.
    """
    rate = probe(source).sample_rate_hz
    made_by = f"{engine.name} {engine.version} {engine.model_version}".strip()
    expected = _expected(cut, folder, rate)
    faults, n_samples = _read_back(source, cut, expected, folder, made_by, part(progress, 0.0, 0.1))
    if not n_samples:
        raise MediaError(
            "there is no sound in it", subject=str(source), next_step="Check start and stop"
        )
    pieces = named(plan_pieces(cut.cues, n_samples, rate), cut, rate)
    if min((cue.start_s for cue in cut.cues), default=0.0) * rate >= n_samples:
        raise UsageError(
            f"it ends after {n_samples / rate:.1f} s, before the first line of the subtitles",
            subject=str(source),
            next_step="Check that they belong together, and the shift",
        )
    for number, (one, before) in enumerate(zip(pieces, expected, strict=False), 1):
        if one.name != before.name:
            faults[number] = "missing"
    plan = Plan(name or source.name, cut.start_s, cut.stop_s, rate, tuple(pieces), cut.form)
    check_changed_vocals(folder, plan)
    # What is wrong goes before the plan says that it is right: a break in between leaves a gap.
    wrong = [number for number, fault in faults.items() if fault in ("length", "sum", "unreadable")]
    for path in [
        *leftover_files(folder, plan),
        *(path for number in wrong for path in plan.files_of(number, folder)),
    ]:
        path.unlink(missing_ok=True)
    write_plan(plan, folder)
    work = _Work(engine, source, plan, folder, made_by, part(progress, 0.1, 0.9))
    work.make(sorted(faults))
    faults, _ = _read_back(source, cut, pieces, folder, made_by, part(progress, 0.9, 1.0))
    progress(1.0, f"{len(pieces)} pieces")
    return SeparatedPieces(plan, work.n_made, work.failed, faults)


def _expected(cut: Cut, folder: Path, rate: int) -> list[Piece]:
    """The pieces as they are while the recording's length is not known: the last has no end.

    Names go by the length on record, for the last one's may tell where it stops.
    """
    endless = plan_pieces(cut.cues, ENDLESS, rate)
    old = plan_on_record(folder)
    if old is not None:
        before = plan_pieces(cut.cues, old.n_samples, rate)
        if len(before) == len(endless):
            pairs = zip(endless, named(before, cut, rate), strict=True)
            return [replace(one, name=as_before.name) for one, as_before in pairs]
    return named(endless, cut, rate)


def _read_back(
    source: Path, cut: Cut, pieces: Sequence[Piece], folder: Path, made_by: str, progress: Progress
) -> tuple[dict[int, str], int]:
    """Return what is wrong with each piece of a folder, by number, and how long the span is in
    samples.

    The recording is read from end to end, so sound pieces are the recording, cut.
    """
    mix = Samples(open_mix(source, cut.start_s, cut.stop_s, progress))
    faults: dict[int, str] = {}
    n_samples = 0
    for number, piece in enumerate(pieces, 1):
        files = files_of(piece, cut.form, folder)
        fault, n_read = fault_of(mix, files, piece.stop - piece.start)
        if not n_read:
            break
        n_samples += n_read
        if fault := fault or _made_by_another(files, made_by):
            faults[number] = fault
    return faults, n_samples


def _made_by_another(files: Sequence[Path], made_by: str) -> str:
    same = all(maker_of(probe(path).tags) == made_by for path in files)
    return "" if same else "older"


@dataclass
class _Work:
    """Making the pieces that are missing."""

    engine: Separator
    source: Path
    plan: Plan
    folder: Path
    made_by: str
    progress: Progress
    n_made: int = 0
    failed: dict[int, str] = field(default_factory=dict)

    def make(self, numbers: Sequence[int]) -> None:
        """Make these pieces, as many in one go as follow each other.

        Where that fails, the piece that was not reached is tried alone; from there on it goes in
        growing stretches. So one bad piece costs little, and an engine that holds a whole stretch
        in memory finds one that it can.
        """
        waiting = list(numbers)
        n_wanted, n_broken, most = len(waiting), 0, ENDLESS
        while waiting:
            stretch = _first_stretch(waiting)[:most]
            share = len(stretch) / n_wanted
            begun = 1 - len(waiting) / n_wanted
            try:
                for number in self._stretch(stretch, part(self.progress, begun, begun + share)):
                    waiting.remove(number)
                    self.n_made += 1
                    n_broken = 0
                most *= 2
            except (MediaError, EngineError) as error:
                if len(stretch) > 1:
                    most = 1
                    continue
                self.failed[waiting.pop(0)] = str(error)
                n_broken += isinstance(error, EngineError)
                if n_broken >= _BROKEN:
                    raise

    def _stretch(self, numbers: Sequence[int], progress: Progress) -> Iterator[int]:
        """Make pieces that follow each other; tells each one's number when it is on disk."""
        rate, pieces = self.plan.sample_rate_hz, self.plan.pieces
        first, last = pieces[numbers[0] - 1], pieces[numbers[-1] - 1]
        at = max(0, first.start - round(_CONTEXT_S * rate))
        end = min(self.plan.n_samples, last.stop + round(_CONTEXT_S * rate))
        origin = round(self.plan.start_s * rate)
        mix = open_mix(self.source, (origin + at) / rate, (origin + end) / rate, progress)
        stream = StemStream(self.engine, mix)
        waiting = list(numbers)
        with ExitStack() as stack:
            writers: list[SoundWriter] = []
            for pair in stream:
                while waiting and pair.vocals.shape[1]:
                    piece = pieces[waiting[0] - 1]
                    if at < piece.start:
                        n_now = min(piece.start - at, pair.vocals.shape[1])
                    else:
                        n_now = min(piece.stop - at, pair.vocals.shape[1])
                        writers = writers or [
                            stack.enter_context(
                                SoundWriter(path, rate, stream.n_channels, made_by=self.made_by)
                            )
                            for path in self.plan.files_of(waiting[0], self.folder)
                        ]
                        # Where its own sound is kept, it is the third: what the two add up to.
                        sounds = (*pair, pair.vocals + pair.accompaniment)
                        for writer, samples in zip(writers, sounds, strict=False):
                            writer.write(samples[:, :n_now])
                    pair = Stems(pair.vocals[:, n_now:], pair.accompaniment[:, n_now:])
                    at += n_now
                    if at == piece.stop:
                        stack.close()
                        writers = []
                        yield waiting.pop(0)
                if not waiting:
                    return
            raise MediaError("it ends in the middle of a piece", subject=str(self.source))


def _first_stretch(numbers: Sequence[int]) -> list[int]:
    """The numbers at the start that follow each other."""
    return [number for place, number in enumerate(numbers) if number == numbers[0] + place]

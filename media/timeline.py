"""Facts about a recording's timeline: what was lost, where it is silent, where its clock jumped."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from utawaku.library.errors import ExitCode
from utawaku.library.time_format import clock

_MOST_KEPT = 200
"""So many places are listed; more are only counted."""


@dataclass(frozen=True)
class Place:
    """A stretch of the timeline, in seconds."""

    start_s: float
    duration_s: float


@dataclass
class Timeline:
    """The result of one pass over a recording. Times are seconds on its own timeline."""

    starts_s: float = 0.0
    """Start of the first sound in seconds: 0, or later where the picture comes first."""
    n_holes: int = 0
    """Packets that could not be decoded."""
    lost_s: float = 0.0
    """Length of these packets: silence stands for them."""
    holes: list[Place] = field(default_factory=list)
    """The first of them."""
    n_gaps: int = 0
    silent_s: float = 0.0
    """Length of the gaps in the time stamps: silence stands for them."""
    gaps: list[Place] = field(default_factory=list)
    n_restarts: int = 0
    """Number of times that the clock jumped and the timeline went on where it was."""
    restarts_s: list[float] = field(default_factory=list)
    n_formats: int = 1
    """Sample rates and channel layouts that followed each other."""
    duration_s: float = 0.0
    """End of the last sound in seconds; known once all was decoded."""
    cut_off: bool = False
    """The recording ends before its header says."""
    claimed_s: float = 0.0
    """Length that the header claims; 0 where it claims none."""
    pieces: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 0.0)])
    """Stretches without a jump, as (seconds of sound before it, start on the timeline)."""

    def add_hole(self, start_s: float, duration_s: float) -> None:
        """Note a packet that could not be decoded; holes that touch are one place."""
        self.n_holes += 1
        self.lost_s += duration_s
        last = self.holes[-1] if self.holes else None
        if last and start_s - last.start_s - last.duration_s < duration_s:
            self.holes[-1] = Place(last.start_s, start_s + duration_s - last.start_s)
        elif len(self.holes) < _MOST_KEPT:
            self.holes.append(Place(start_s, duration_s))

    def add_gap(self, start_s: float, duration_s: float) -> None:
        """Note a stretch for which there is no sound."""
        self.n_gaps += 1
        self.silent_s += duration_s
        if len(self.gaps) < _MOST_KEPT:
            self.gaps.append(Place(start_s, duration_s))

    def add_restart(self, at_s: float) -> None:
        """Note a jump of the clock that the timeline does not follow."""
        self.n_restarts += 1
        if len(self.restarts_s) < _MOST_KEPT:
            self.restarts_s.append(at_s)

    def add_piece(self, sound_s: float, start_s: float) -> None:
        """Note that from `sound_s` seconds of sound on the timeline is at `start_s`."""
        self.pieces.append((sound_s, start_s))

    def join(self, part: "Timeline", start_s: float) -> None:
        """Add what was found in a part of the recording that begins at `start_s`."""
        self.n_holes += part.n_holes
        self.lost_s += part.lost_s
        self.n_gaps += part.n_gaps
        self.silent_s += part.silent_s
        self.n_restarts += part.n_restarts
        self.n_formats = max(self.n_formats, part.n_formats)
        for mine, others in ((self.holes, part.holes), (self.gaps, part.gaps)):
            mine += [Place(start_s + one.start_s, one.duration_s) for one in others]
            del mine[_MOST_KEPT:]
        self.restarts_s = [*self.restarts_s, *(start_s + at for at in part.restarts_s)][:_MOST_KEPT]
        self.duration_s = start_s + part.duration_s

    def of_sound(self, sound_s: float) -> float:
        """Place on the timeline of what stands `sound_s` seconds into the decoded sound alone.

        Readers that only counted samples, as utawaku once did, called this place `sound_s`.
        """
        before = [piece for piece in self.pieces if piece[0] <= sound_s + 1e-9]
        from_s, start_s = before[-1] if before else self.pieces[0]
        return start_s + max(0.0, sound_s - from_s)

    @property
    def is_plain(self) -> bool:
        """Return whether counting the samples of the decoded sound gives the timeline's times."""
        return all(abs(sound_s - start_s) < 1e-3 for sound_s, start_s in self.pieces)

    def warnings(self) -> list[str]:
        """One sentence a kind of trouble, for the recording's metadata and the user."""
        told = []
        if self.n_holes:
            where = ", ".join(clock(hole.start_s) for hole in self.holes[:3])
            more = ", ..." if len(self.holes) > 3 else ""
            told.append(
                f"{self.n_holes} damaged packet{'s' * (self.n_holes != 1)} could not be decoded: "
                f"{self.lost_s:.2f} s of silence at {where}{more}"
            )
        if self.cut_off:
            told.append(
                f"the recording is cut off: {self.duration_s:.1f} s are there, "
                f"its header says {self.claimed_s:.1f} s"
            )
        return told

    def as_metadata(self) -> dict[str, object]:
        """Return the counts, as the catalogue keeps them with a stream's results."""
        return {
            "n_holes": self.n_holes,
            "lost_s": round(self.lost_s, 3),
            "n_gaps": self.n_gaps,
            "silent_s": round(self.silent_s, 3),
            "n_restarts": self.n_restarts,
            "sound_starts_s": round(self.starts_s, 3),
            "cut_off": self.cut_off,
            "duration_s": self.duration_s,
            "pieces": [[round(a, 4), round(b, 4)] for a, b in self.pieces[: 4 * _MOST_KEPT]],
            "warnings": self.warnings(),
        }


def loss_code(facts: Mapping[str, object]) -> ExitCode:
    """Return what `Timeline.as_metadata` says of a recording: whole, damaged, or cut off."""
    if facts.get("cut_off"):
        return ExitCode.CUT_OFF
    return ExitCode.DAMAGED if facts.get("n_holes") else ExitCode.DONE

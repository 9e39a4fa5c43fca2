"""A piece that a recording is cut into at subtitles, as it is planned, printed and shown."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class PlannedPiece:
    """A line of the subtitles, or a gap; times are seconds of the recording."""

    number: int
    name: str
    start_s: float
    stop_s: float
    text: str
    """Empty for a gap."""
    vocals: str
    """Path of the stem; empty where the piece is not made yet."""
    accompaniment: str

    def moved(self, by_s: float) -> "PlannedPiece":
        """Return it as it would lie with the subtitles moved."""
        start_s, stop_s = (max(0.0, at_s + by_s) for at_s in (self.start_s, self.stop_s))
        return replace(self, start_s=start_s, stop_s=stop_s)

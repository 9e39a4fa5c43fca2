"""Picture protocols of terminals.

How a terminal shows pictures is told by its environment, not by asking it: an answer would have to
be read from between the keys that were typed before the screen was there, and over a slow line, in
tmux or in a browser it may never come.
"""

import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Literal

import numpy as np

from utawaku.library.language import msg

Way = Literal["kitty", "sixel", "blocks", "text"]
WAYS: dict[Way, str] = {
    "kitty": msg("kitty's graphics protocol"),
    "sixel": msg("sixels"),
    "blocks": msg("half blocks"),
    "text": msg("its size in words"),
}
_CHUNK = 4096
_PLACEHOLDER = "\U0010eeee"
_MARKS = (
    "0305 030d 030e 0310 0312 033d 033e 033f 0346 034a 034b 034c"
    " 0350 0351 0352 0357 035b 0363 0364 0365 0366 0367 0368 0369"
    " 036a 036b 036c 036d 036e 036f 0483 0484 0485 0486 0487 0592"
    " 0593 0594 0595 0597 0598 0599 059c 059d 059e 059f 05a0 05a1"
)
PLACES = [chr(int(code, 16)) for code in _MARKS.split()]
"""The marks that number rows and columns in kitty's protocol."""


def way_of(environment: Mapping[str, str], *, no_color: bool) -> Way:
    """Return how a terminal with this environment shows pictures.

    Only terminals that are known for it get their own graphics. Inside of tmux and screen, and in
    a browser, pictures are half blocks.
    """
    term = environment.get("TERM", "")
    program = environment.get("TERM_PROGRAM", "").lower()
    if no_color or term in ("", "dumb"):
        return "text"
    multiplexed = "TMUX" in environment or "STY" in environment
    if multiplexed or term.startswith(("tmux", "screen")) or "TEXTUAL_DRIVER" in environment:
        return "blocks"
    if "KITTY_WINDOW_ID" in environment or "kitty" in term or "ghostty" in f"{term} {program}":
        return "kitty"
    if term.startswith(("foot", "mlterm", "contour")) or program in ("wezterm", "iterm.app"):
        return "sixel"
    if environment.get("KONSOLE_VERSION", "").isdigit():
        return "sixel" if int(environment["KONSOLE_VERSION"]) >= 220400 else "blocks"
    return "blocks"


def is_slow(environment: Mapping[str, str]) -> bool:
    """Return whether what is drawn goes over a network: moving pictures would be late."""
    return any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "TEXTUAL_DRIVER"))


def cell_pixels(terminal: IO[str] | None) -> tuple[int, int] | None:
    """Width and height of a cell in pixels, where the terminal tells it."""
    if sys.platform == "win32":
        return None
    import fcntl
    import termios

    try:
        packed = fcntl.ioctl(terminal or -1, termios.TIOCGWINSZ, b"\0" * 8)
    except (OSError, ValueError, TypeError):
        return None
    rows, columns, width, height = struct.unpack("4H", packed)
    if not (rows and columns and width >= columns and height >= rows):
        return None
    return width // columns, height // rows


@dataclass(frozen=True, eq=False)
class Picture:
    """A cover as large as its place in the terminal."""

    way: Way
    columns: int
    rows: int
    original: tuple[int, int]
    """Width and height of the file's picture in pixels."""
    pixels: np.ndarray | None = None
    """uint8 (2 * rows, columns, 3), for half blocks."""
    data: str = ""
    """For sixels the whole sequence, for kitty the picture as base64 of a PNG."""

    def is_like(self, other: "Picture") -> bool:
        """Return whether both look the same."""
        if (self.way, self.original, self.data) != (other.way, other.original, other.data):
            return False
        if self.pixels is None or other.pixels is None:
            return self.pixels is other.pixels
        return np.array_equal(self.pixels, other.pixels)


def kitty_sends(picture: Picture, number: int) -> list[str]:
    """The sequences that give kitty a picture and its size in cells, under a number."""
    pieces = [picture.data[at : at + _CHUNK] for at in range(0, len(picture.data), _CHUNK)]
    sent = [
        f"\x1b_Gi={number},f=100,q=2,m={int(n + 1 < len(pieces))};{piece}\x1b\\"
        for n, piece in enumerate(pieces)
    ]
    return [*sent, f"\x1b_Ga=p,U=1,q=2,i={number},c={picture.columns},r={picture.rows}\x1b\\"]


def kitty_forgets(number: int) -> str:
    """The sequence that frees a picture."""
    return f"\x1b_Ga=d,d=I,q=2,i={number}\x1b\\"


def kitty_row(picture: Picture, row: int) -> str:
    """The signs that stand for one row of a picture; their colour says which."""
    return "".join(_PLACEHOLDER + PLACES[row] + PLACES[column] for column in range(picture.columns))

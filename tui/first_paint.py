"""The first sight of the library: the latest songs, drawn before the screen itself is loaded.

Loading Textual takes half a second of computing or more; reading and drawing a page of songs takes
a tenth. So the page is drawn by itself, at the places where the screen draws it a moment later.
What is typed in between waits in the terminal and reaches the screen.
"""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from utawaku.library.language import tr
from utawaku.library.paths import CatalogueLocation, catalogue_location
from utawaku.library.records import Song
from utawaku.tui import palette
from utawaku.tui.columns import COLUMNS, DETAILS_FROM, Column, details_width, lay_out, mark
from utawaku.tui.preferences import Preferences, load_preferences
from utawaku.tui.tabs import TABS, key_and_rest
from utawaku.tui.text import fit

_SQLITE = "sqlite:///"
_PLAIN = [field.name for field in fields(Song) if field.name not in ("flags", "tags")]
_LATEST = (
    f"SELECT number, {', '.join(_PLAIN)} FROM songs WHERE state = 'kept'"
    " ORDER BY added_at DESC, number DESC LIMIT ?"
)
# The places of things, as the screen lays them out; a test compares the two.
FACETS_WIDTH = 26
_ABOVE, _BELOW = 3, 4
_LEFT, _GAP = 4, 2
_CONNECT_S = 2
"""The screen itself waits longer for a server, and says so."""

N_FIRST = 300
"""Songs that are known before the catalogue is loaded: those of any page, and some to move in."""

Piece = tuple[str, str]
"""A text and the name of its colour."""


@dataclass(frozen=True)
class FirstSight:
    """Facts that are known before anything is loaded."""

    place: CatalogueLocation | None
    """None where the settings cannot be told without loading them."""
    songs: list[tuple[int, Song]] | None
    """The latest, with their numbers; None where they could not be read."""
    hand_over: Callable[[], None]
    """To be called when the screen itself draws."""


@contextmanager
def first_sight(out: TextIO | None = None) -> Iterator[FirstSight]:
    """Show the latest songs until `hand_over` is called: then the screen itself draws.

    Nothing is shown where there is no terminal, or no catalogue that can be read: the screen finds
    out why and says so. The terminal is left as it was.
    """
    out = sys.stdout if out is None else out
    place = catalogue_location() if _is_terminal(out) else None
    songs = latest(place, N_FIRST) if place is not None else None
    if sys.platform == "win32" or place is None or songs is None:
        yield FirstSight(place, songs, lambda: None)
        return
    import termios

    width, height = shutil.get_terminal_size()
    preferences = load_preferences(place)
    before = termios.tcgetattr(sys.stdin)
    handed_over = False

    def hand_over() -> None:
        nonlocal handed_over
        handed_over = True

    quiet = termios.tcgetattr(sys.stdin)
    # Keys wait unseen, one by one; Ctrl-C still ends the program.
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(sys.stdin, termios.TCSANOW, quiet)
    try:
        page = draw([song for _number, song in songs], width, height, preferences)
        out.write("\x1b[?1049h\x1b[?25l" + page)
        out.flush()
        yield FirstSight(place, songs, hand_over)
    finally:
        if not handed_over:
            out.write("\x1b[0m\x1b[?25h\x1b[?1049l")
            out.flush()
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)


def latest(place: CatalogueLocation, n: int) -> list[tuple[int, Song]] | None:
    """The songs that the library lists first, with their numbers.

    Empty before there is a catalogue; None where it takes more effort to tell. Reads the database
    itself: loading SQLAlchemy would take longer than everything else here.
    """
    url = place.database_url
    rows = _of_file(url, n) if url.startswith(_SQLITE) else _of_server(url, n)
    if rows is None:
        return None
    return [(row[0], Song(**dict(zip(_PLAIN, row[1:], strict=True)))) for row in rows]


def _of_file(url: str, n: int) -> list[tuple[Any, ...]] | None:
    file = url.removeprefix(_SQLITE)
    if not Path(file).exists():
        return []
    try:
        db = sqlite3.connect(f"file:{quote(file)}?mode=ro", 0.2, uri=True)
        try:
            return db.execute(_LATEST, (n,)).fetchall()
        finally:
            db.close()
    except sqlite3.Error:
        return None


def _of_server(url: str, n: int) -> list[tuple[Any, ...]] | None:
    """Rows of PostgreSQL, read by the driver alone; None where no server answers at once."""
    try:
        import psycopg
    except ImportError:
        return None
    address, _, query = url.partition("://")[2].partition("?")
    # `+` for a space is SQLAlchemy's reading only.
    known = f"postgresql://{address}?{query.replace('+', '%20')}"
    try:
        with psycopg.connect(known, connect_timeout=_CONNECT_S, autocommit=True) as connection:
            return connection.execute(_LATEST.replace("?", "%s").encode(), (n,)).fetchall()
    except psycopg.Error:
        return None


def draw(songs: list[Song], width: int, height: int, preferences: Preferences) -> str:
    """The page as the terminal takes it: every line placed by itself."""
    paint = _painter(preferences.theme)
    text_width, left, n_rows = _table(width, height, preferences)
    columns = lay_out([COLUMNS[name] for name in preferences.columns], text_width - _LEFT - 1)
    n_hidden = len(preferences.columns) - len(columns)
    blank = [(" " * width, "")]
    top = "  歌枠   " + "  ".join("".join(key_and_rest(title)) for _mode, title in TABS)
    lines: list[list[Piece]] = [
        [(fit(top[:5], 7), "primary"), (fit(top[5:], width - 7), "muted")],
        [("  / ", "primary"), (fit("…", width - 4), "muted")],
        [(" " * left, ""), *_header(columns, n_hidden), (" " * width, "")],
    ]
    for song in songs[: max(0, n_rows)]:
        lines.append([(" " * left, ""), *row(song, columns), (" " * width, "")])
    lines += [blank] * (height - len(lines))
    drawn = []
    for y, line in enumerate(lines[:height], start=1):
        drawn.append(f"\x1b[{y};1H{_clipped(line, width, paint)}")
    return "".join(drawn) + "\x1b[0m"


def row(song: Song, columns: list[tuple[Column, int]]) -> list[Piece]:
    """One song, as the table draws it."""
    grade = {1: "primary", -1: "error"}.get(song.grade or 0, "muted")
    pieces: list[Piece] = [("  ", ""), (mark(song), grade), (" ", "")]
    looks = {"accent": "primary", "warn": "warning"}
    for n, (column, width) in enumerate(columns):
        look = column.look
        if column.name == "title" and not song.title:
            look = "muted"
        pieces.append((" " * _GAP if n else "", ""))
        text = fit(column.text(song), width, right=column.right, middle=column.middle)
        pieces.append((text, looks.get(look, look)))
    return pieces


def _header(columns: list[tuple[Column, int]], n_hidden: int) -> list[Piece]:
    pieces: list[Piece] = [(fit(f" +{n_hidden}" if n_hidden else "", _LEFT), "muted")]
    for n, (column, width) in enumerate(columns):
        title = tr(column.title) + (" ↓" if column.sort == "added" else "")
        pieces.append((" " * _GAP if n else "", ""))
        pieces.append((fit(title, width, right=column.right), "muted"))
    return pieces


def _table(width: int, height: int, preferences: Preferences) -> tuple[int, int, int]:
    """Width of the table's text, what stands left of it, and how many songs are in sight."""
    rows = height - _ABOVE - _BELOW
    if width < DETAILS_FROM:
        # A pane that is open stands above the songs here; that is left to the screen.
        return width - 3, 1, 0 if preferences.facets else rows
    beside = FACETS_WIDTH if preferences.facets else 0
    return width - 3 - beside - details_width(width), 1 + beside, rows


def _clipped(line: list[Piece], width: int, paint: Callable[[str, str], str]) -> str:
    from rich.cells import cell_len

    out, room = [], width
    for text, colour in line:
        if room <= 0:
            break
        kept = text if cell_len(text) <= room else fit(text.rstrip(), room)
        room -= cell_len(kept)
        out.append(paint(kept, colour))
    return "".join(out)


def _painter(theme: str) -> Callable[[str, str], str]:
    """Colours a text; not at all where colours are unwanted or the theme is none of ours."""
    colours: dict[str, Any] | None = {
        one["name"]: one | one["variables"] for one in (palette.NIGHT, palette.DAY)
    }.get(theme)
    many = os.environ.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit")
    if colours is None or not many or os.environ.get("NO_COLOR"):
        return lambda text, _colour: text
    ground = _code(48, colours["background"])

    def paint(text: str, colour: str) -> str:
        ink = colours.get(colour) or colours["foreground"]
        return f"\x1b[{_code(38, ink)};{ground}m{text}"

    return paint


def _code(which: int, colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{which};2;{red};{green};{blue}"


def _is_terminal(out: TextIO) -> bool:
    if sys.platform == "win32":
        return False
    dumb = os.environ.get("TERM", "") in ("", "dumb")
    if dumb or not (sys.stdin.isatty() and out.isatty()):
        return False
    # Whoever changes a terminal that belongs to another job is stopped.
    return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()

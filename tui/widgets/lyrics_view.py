"""Lyrics that scroll with the music."""

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from utawaku.library.lrc import Lyrics
from utawaku.tui.text import fit, shown


class LyricsView(Widget, can_focus=False):
    """The line that is sung in the middle, what was sung above, what comes below."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lyrics--sung",
        "lyrics--now",
        "lyrics--next",
        "lyrics--over",
    }
    DEFAULT_CSS: ClassVar[str] = """
    LyricsView {
        width: 1fr; height: 1fr; min-height: 3;
        & > .lyrics--sung { color: $primary; text-style: bold; }
        & > .lyrics--now { color: $foreground; text-style: bold; }
        & > .lyrics--next { color: $foreground; }
        & > .lyrics--over { color: $muted; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.lyrics: Lyrics | None = None
        self.told = ""
        """Text where there are none."""
        self._at = -1
        self._n_sung = 0
        self._top = 0

    def take(self, lyrics: Lyrics | None, told: str = "") -> None:
        """Show other lyrics, or say why there are none."""
        self.lyrics, self.told = lyrics, told
        self._at, self._n_sung = -1, 0
        self.refresh()

    def follow(self, at_s: float) -> None:
        """Scroll to a second of the song."""
        lyrics = self.lyrics
        if lyrics is None or not lyrics.is_synced:
            return
        at = lyrics.line_at(at_s)
        words = lyrics.lines[at].words if at >= 0 else ()
        n_sung = sum(word.at_s <= at_s for word in words)
        if (at, n_sung) != (self._at, self._n_sung):
            self._at, self._n_sung = at, n_sung
            self.refresh()

    def scroll_plain(self, by: int) -> None:
        """Read on in lyrics without times."""
        lyrics = self.lyrics
        if lyrics is not None and not lyrics.is_synced:
            last = max(0, len(lyrics.plain.split("\n")) - self.size.height)
            self._top = min(max(0, self._top + by), last)
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """One line: the sung one stands in the middle, every second line is empty."""
        width, height, base = self.size.width, self.size.height, self.rich_style
        lyrics = self.lyrics
        if lyrics is None or not lyrics.is_synced:
            return self._plain_line(y, width, height, base)
        gap = 2 if height >= 9 else 1
        offset = y - height // 2
        if offset % gap:
            return Strip.blank(width, base)
        index = max(self._at, 0) + offset // gap
        if not 0 <= index < len(lyrics.lines):
            return Strip.blank(width, base)
        if index == self._at:
            return self._sung_line(width, base)
        look = "over" if index < self._at else "next"
        text = shown(lyrics.lines[index].text)
        return Strip([Segment(_centred(text, width), self._look(look, base))])

    def _look(self, name: str, base: Style) -> Style:
        return base + self.get_component_rich_style(f"lyrics--{name}", partial=True)

    def _sung_line(self, width: int, base: Style) -> Strip:
        assert self.lyrics is not None
        line = self.lyrics.lines[self._at]
        sung, rest = shown(line.text), ""
        if line.words:
            texts = [shown(word.text) or word.text for word in line.words]
            texts = [
                f" {text}" if word.text[:1].isspace() and n else text
                for n, (word, text) in enumerate(zip(line.words, texts, strict=True))
            ]
            sung = "".join(texts[: self._n_sung])
            rest = "".join(texts[self._n_sung :])
        if 2 * cell_len(sung + rest) <= width * 2 // 3:
            sung, rest = _spread(sung), _spread(rest)
        sung, rest = f"▸ {sung}" if sung else "▸ ", rest
        room = width - cell_len(sung + rest)
        if room < 0:
            return Strip([Segment(fit(sung + rest, width), self._look("sung", base))])
        left = room // 2
        return Strip(
            [
                Segment(" " * left, base),
                Segment(sung, self._look("sung", base)),
                Segment(rest, self._look("now", base)),
                Segment(" " * (room - left), base),
            ]
        )

    def _plain_line(self, y: int, width: int, height: int, base: Style) -> Strip:
        if self.lyrics is None:
            text = self.told if y == height // 2 else ""
            return Strip([Segment(_centred(shown(text), width), self._look("over", base))])
        lines = self.lyrics.plain.split("\n")
        at = self._top + y
        text = shown(lines[at]) if at < len(lines) else ""
        return Strip([Segment(_centred(text, width), self._look("next", base))])


def _spread(text: str) -> str:
    """Letters with a space between: the largest that a terminal writes."""
    return "".join(char + " " for char in text)


def _centred(text: str, width: int) -> str:
    room = width - cell_len(text)
    if room < 0:
        return fit(text, width)
    return " " * (room // 2) + text + " " * (room - room // 2)

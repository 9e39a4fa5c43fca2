"""Names and tags by hand: of one song, or of many with a look before the leap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from utawaku.library.language import msg, tr, trn
from utawaku.library.records import Song
from utawaku.library.text import clean_line
from utawaku.tui.columns import title_of
from utawaku.tui.messages import RowChosen
from utawaku.tui.text import clock, fit, shown
from utawaku.tui.widgets.line_input import LineInput
from utawaku.tui.widgets.rows import Cell, Rows

FIELDS = {
    "title": msg("Title"),
    "artist": msg("Artist"),
    "singer": msg("Singer"),
    "tags": msg("Tags"),
}
"""Each field that is edited, with its label."""
_KEEP = "—"


@dataclass(frozen=True)
class Change:
    """The edit of one song."""

    song: Song
    values: Mapping[str, str]
    """New title, artist, singer; only those that change."""
    tags: tuple[str, ...] | None
    """The user's tags; None keeps them."""


def changes_of(
    songs: Sequence[Song], tags: Mapping[str, Sequence[str]], typed: Mapping[str, str]
) -> list[Change]:
    """Songs that would change, given what was typed (fields left alone are not in `typed`)."""
    found = []
    for song in songs:
        values = {
            name: clean_line(typed[name])
            for name in ("title", "artist", "singer")
            if name in typed and clean_line(typed[name]) != getattr(song, name)
        }
        new_tags: tuple[str, ...] | None = None
        if "tags" in typed:
            words = tuple(
                dict.fromkeys(
                    clean_line(word) for word in typed["tags"].split(",") if clean_line(word)
                )
            )
            if set(words) != set(tags.get(song.id, ())):
                new_tags = words
        if values or new_tags is not None:
            found.append(Change(song, values, new_tags))
    return found


class EditSongs(ModalScreen[dict[str, str] | None]):
    """Fields to type into; with several songs, what differs is kept unless typed over."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("ctrl+s", "done", "Save"),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, songs: Sequence[Song], tags: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self._songs = songs
        self._old: dict[str, str | None] = {}
        for name in FIELDS:
            texts = {
                ", ".join(tags.get(song.id, ())) if name == "tags" else getattr(song, name)
                for song in songs
            }
            self._old[name] = texts.pop() if len(texts) == 1 else None

    def compose(self) -> ComposeResult:
        """One line a field."""
        n = len(self._songs)
        with Vertical(classes="dialog wide"):
            title = tr("Edit song") if n == 1 else tr("Edit {n} songs", n=n)
            yield Static(title, classes="dialog-title", markup=False)
            for name, label in FIELDS.items():
                old = self._old[name]
                with Horizontal(classes="field"):
                    yield Static(tr(label), classes="field-name", markup=False)
                    yield LineInput(
                        shown(old) if old is not None else "",
                        placeholder="" if old is not None else tr("(different; kept)"),
                        id=f"edit-{name}",
                        compact=True,
                    )
            if n == 1:
                song = self._songs[0]
                where = tr(
                    "{clock} of {stream_title}",
                    clock=clock(song.start_s),
                    stream_title=shown(song.stream_title),
                )
                yield Static(where, classes="dialog-text", markup=False)
            else:
                yield Static(
                    tr("A single space empties a field that differs."),
                    classes="dialog-text",
                    markup=False,
                )
            yield Static(tr("enter save     esc cancel"), classes="dialog-keys", markup=False)

    def on_input_submitted(self) -> None:
        """Enter."""
        self.action_done()

    def action_done(self) -> None:
        """Hand back what was changed."""
        typed = {}
        for name in FIELDS:
            value = self.query_one(f"#edit-{name}", Input).value
            old = self._old[name]
            if (old is None and value) or (old is not None and value != shown(old)):
                typed[name] = value
        self.dismiss(typed or None)

    def action_cancel(self) -> None:
        """Leave it."""
        self.dismiss(None)


class _PreviewRows(Rows):
    """Before and after, one line a change."""

    has_header = False

    def __init__(self, changes: Sequence[Change], tags: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self._lines: list[tuple[str, str, str, str]] = []
        """Song (empty: the same as above), field, before, after."""
        for change in changes:
            song = title_of(change.song)
            fields = [
                (name, getattr(change.song, name), value) for name, value in change.values.items()
            ]
            if change.tags is not None:
                fields.append(
                    ("tags", ", ".join(tags.get(change.song.id, ())), ", ".join(change.tags))
                )
            for n, (name, before, after) in enumerate(fields):
                self._lines.append(("" if n else song, name, before or _KEEP, after or _KEEP))

    def row_count(self) -> int:
        """Return how many changes there are."""
        return len(self._lines)

    def draw_row(self, index: int, width: int) -> list[Cell]:
        """Song, field, before, after."""
        song, name, before, after = self._lines[index]
        left = max(12, width // 3)
        half = max(8, (width - left - 8 - 3) // 2)
        return [
            (fit(song, left - 1) + " ", None),
            (fit(shown(name), 8), self.look("muted")),
            (fit(shown(before), half), self.look("bad")),
            (" → ", self.look("muted")),
            (fit(shown(after), max(0, width - left - 8 - half - 3)), self.look("good")),
        ]


class Preview(ModalScreen[bool]):
    """A preview of changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Change them"),
        Binding("n,escape,q", "answer(False)", "Leave them"),
    ]

    def __init__(self, changes: Sequence[Change], tags: Mapping[str, Sequence[str]]) -> None:
        """Show changes; `tags` are those the songs have now, by song id."""
        super().__init__()
        self._changes = changes
        self._tags = tags

    def compose(self) -> ComposeResult:
        """The list of changes."""
        n = len(self._changes)
        with Vertical(classes="dialog wide"):
            yield Static(
                trn("{n} song will change", "{n} songs will change", n),
                classes="dialog-title",
                markup=False,
            )
            rows = _PreviewRows(self._changes, self._tags)
            rows.styles.height = min(14, max(1, rows.row_count()))
            yield rows
            yield Static(tr("y change them     n leave them"), classes="dialog-keys", markup=False)

    def on_row_chosen(self, event: RowChosen) -> None:
        """Enter agrees."""
        event.stop()
        self.dismiss(True)

    def action_answer(self, answer: bool) -> None:
        """Done."""
        self.dismiss(answer)

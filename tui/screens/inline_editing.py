"""Names typed into the rows of a table."""

from dataclasses import replace

from textual import events

from utawaku.library.records import Song
from utawaku.tui.columns import COLUMNS
from utawaku.tui.messages import CellLeft
from utawaku.tui.screens.edit_songs import changes_of
from utawaku.tui.screens.song_actions import SongActions
from utawaku.tui.widgets.cell_editor import CellEditor
from utawaku.tui.widgets.song_table import SongTable

NAMES = ("title", "artist", "singer")
"""Columns that can be typed into."""


class InlineEditing(SongActions):
    """A place with a table whose names are edited where they stand."""

    _edited: Song | None = None
    editor: CellEditor | None = None
    """The field that is open."""
    _typed: dict[str, str]
    """New names of the song that is edited, by column."""

    @property
    def table(self) -> SongTable:
        """The songs."""
        return self.query_one(SongTable)

    @property
    def is_typing(self) -> bool:
        """Return whether a name is being typed: rows must stay where they are."""
        return self._edited is not None

    def on_mount(self) -> None:
        """The field lies above the table."""
        self.styles.layers = "base above"

    def action_edit(self) -> None:
        """Type into the row under the cursor; several songs get the dialog."""
        song, numbers = self.table.current, self.table.chosen_numbers()
        here = [self.table.number_at(self.table.cursor)]
        if song is None or numbers != here or not self._cells():
            self.action_edit_all()
            return
        self._typed = {}
        self._edited = song
        self._open(self._cells()[0])

    def action_edit_all(self) -> None:
        """All names and the tags, in a dialog."""
        super().action_edit()

    def _cells(self) -> list[str]:
        """Columns in sight that can be typed into, from left to right."""
        return [name for name in self.table.columns_in_sight() if name in NAMES]

    def _open(self, name: str) -> None:
        song, region = self._edited, self.table.cell_region(self.table.cursor, name)
        if song is None or region is None:
            self._close()
            return
        editor = self.editor
        if editor is None:
            editor = self.editor = CellEditor()
            self.mount(editor)
        stored = getattr(song, name)
        editor.take(name, COLUMNS[name].title, stored, self._typed.get(name, stored))
        editor.place(region)
        editor.focus()

    def on_cell_left(self, event: CellLeft) -> None:
        """To the next cell, or save, or not."""
        event.stop()
        editor = self.editor
        if editor is None or self._edited is None:
            return
        if event.way == "leave":
            self._close()
            return
        self._note(editor)
        cells = self._cells()
        if event.way in ("next", "previous") and editor.field in cells:
            step = 1 if event.way == "next" else -1
            self._open(cells[(cells.index(editor.field) + step) % len(cells)])
            return
        self._save()
        if event.way in ("down", "up"):
            self.table.cursor += 1 if event.way == "down" else -1
            song = self.table.current
            if song is not None:
                self._typed = {}
                self._edited = song
                self._open(editor.field)
                return
        self._close()

    def _note(self, editor: CellEditor) -> None:
        if editor.value != editor.before:
            self._typed[editor.field] = editor.value
        else:
            self._typed.pop(editor.field, None)

    def _save(self) -> None:
        song, typed = self._edited, self._typed
        if song is not None and typed:
            changes = changes_of([song], {}, typed)
            number = self.table.number_at(self.table.cursor)
            if changes and number is not None:
                # At once in the row; the catalogue follows, and undoes it where it cannot.
                names = {name: getattr(song, name) for name in NAMES} | dict(changes[0].values)
                named = replace(
                    song, title=names["title"], artist=names["artist"], singer=names["singer"]
                )
                self.table.put([(number, named)])
                self._change(changes)

    def _close(self) -> None:
        self._edited = None
        editor, self.editor = self.editor, None
        if editor is not None:
            if editor.has_focus:
                self.table.focus()
            editor.remove()
        self.refresh_data()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """A click somewhere else saves."""
        editor = self.editor
        if self._edited is None or editor is None or isinstance(event.widget, CellEditor):
            return
        self._note(editor)
        self._save()
        self._close()

    def place_editor(self) -> None:
        """The table has another size: put the field over its cell again, or save without it."""
        editor = self.editor
        if editor is None:
            return
        region = self.table.cell_region(self.table.cursor, editor.field)
        if region is not None:
            editor.place(region)
        else:
            self._note(editor)
            self._save()
            self._close()

"""The play queue, to view and rearrange."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from utawaku.library.language import tr
from utawaku.tui.messages import CursorMoved, RowChosen
from utawaku.tui.player.player import Player
from utawaku.tui.player.queue import Entry
from utawaku.tui.services.catalogue_worker import CatalogueWorker
from utawaku.tui.widgets.queue_rows import QueueRows

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue


class PlayQueueScreen(ModalScreen[None]):
    """The play queue."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,Q", "close", "Close"),
        Binding("x,delete", "remove", "Remove"),
        Binding("K,shift+up", "shift(-1)", "Up"),
        Binding("J,shift+down", "shift(1)", "Down"),
        Binding("C", "clear", "Clear"),
        Binding("w", "save", "Save as a playlist"),
    ]

    def __init__(
        self,
        player: Player,
        worker: CatalogueWorker,
        catalogue: "Catalogue",
        save: Callable[[Sequence[str]], None],
        stop_radio: Callable[[], None],
    ) -> None:
        """`save` asks for a name and keeps songs as a playlist."""
        super().__init__()
        self._player = player
        self._worker = worker
        self._catalogue = catalogue
        self._save = save
        self._stop_radio = stop_radio

    def compose(self) -> ComposeResult:
        """Title, turns, keys."""
        with Vertical(classes="dialog wide queue"):
            yield Static(tr("Play queue"), classes="dialog-title", markup=False)
            yield QueueRows(self._player)
            yield Static(
                tr("enter play   x remove   J K move   C clear   w save as a playlist   esc close"),
                classes="dialog-keys",
                markup=False,
            )

    @property
    def rows(self) -> QueueRows:
        """The turns."""
        return self.query_one(QueueRows)

    def on_mount(self) -> None:
        """Stand on what plays, and follow it."""
        self.rows.cursor = max(0, self._player.queue.at)
        self.set_interval(1.0, self.rows.refresh)
        self._read()

    def _read(self) -> None:
        rows = self.rows
        wanted = [entry.song_id for entry in rows.entries if entry.song_id not in rows.songs]

        def arrived(songs: Any) -> None:
            if isinstance(songs, list):
                rows.songs |= {song.id: song for song in songs}
                rows.rows_changed()

        browser = self._catalogue.browser
        self._worker.read(lambda: browser.songs_by_id(wanted), arrived)

    def _entry(self) -> Entry | None:
        entries = self.rows.entries
        return entries[self.rows.cursor] if entries else None

    def on_row_chosen(self, event: RowChosen) -> None:
        """Play this turn now."""
        event.stop()
        entry = self._entry()
        if entry is not None:
            self._worker.write(lambda: self._player.jump(entry.key), self._jumped)

    def _jumped(self, _result: Any) -> None:
        self.rows.refresh()

    def on_cursor_moved(self, event: CursorMoved) -> None:
        """Nobody else's business."""
        event.stop()

    def action_remove(self) -> None:
        """Take the turn out."""
        entry = self._entry()
        if entry is not None:
            self._player.remove(entry.key)
            self.rows.rows_changed()

    def action_shift(self, by: int) -> None:
        """Move the turn."""
        entry = self._entry()
        if entry is not None:
            self._player.move(entry.key, by)
            self.rows.refresh()
            self.rows.cursor += by

    def action_clear(self) -> None:
        """Forget all but what plays."""
        self._stop_radio()
        self._player.clear_queue()
        self.rows.rows_changed()

    def action_save(self) -> None:
        """Keep the queue as a playlist."""
        self._save([entry.song_id for entry in self.rows.entries])

    def action_close(self) -> None:
        """Back."""
        self.dismiss(None)

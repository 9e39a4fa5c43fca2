"""The song that plays, large: artwork beside a spectrum."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical

from utawaku.library.records import Song
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.player.player import Player
from utawaku.tui.preferences import Preferences
from utawaku.tui.widgets.cover import Cover
from utawaku.tui.widgets.spectrum import Spectrum


class SongStage(Horizontal):
    """Artwork at the left, the spectrum at the right."""

    DEFAULT_CSS: ClassVar[str] = """
    SongStage {
        height: 1fr;
        & > #stage-cover { width: 1fr; height: 1fr; align: center middle; }
        & > #stage-side { width: 1fr; height: 1fr; padding: 0 0 0 2; }
        & Cover { margin: 0; }
    }
    """

    def __init__(self, home: LibraryHandle, player: Player, preferences: Preferences) -> None:
        super().__init__()
        self.cover = Cover(home, share=1.0)
        self.cover.choose(preferences.pictures)
        self.spectrum = Spectrum(player, preferences.spectrum)

    def compose(self) -> ComposeResult:
        """Both halves."""
        with Vertical(id="stage-cover"):
            yield self.cover
        with Vertical(id="stage-side"):
            yield self.spectrum

    def on_resize(self) -> None:
        """The cover has another room."""
        self.cover.again()

    def show(self, song: Song | None) -> None:
        """Show a song's artwork."""
        self.cover.show(song)

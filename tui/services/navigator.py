"""Navigation between tabs."""

from typing import Any, Protocol, runtime_checkable

from textual.app import App


@runtime_checkable
class ShowsStream(Protocol):
    """A screen that shows one stream."""

    def show_stream(self, stream_id: str, song_id: str = "") -> None:
        """Show a stream, with the cursor on a song."""
        ...


class Navigator:
    """Switches tabs."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app

    def go(self, mode: str) -> None:
        """Switch to a tab."""
        if self._app.current_mode != mode:
            self._app.switch_mode(mode)

    def show_timeline(self, stream_id: str, song_id: str = "") -> None:
        """Show a stream in the timeline, with the cursor on a song."""
        self.go("timeline")
        screen = self._app.screen
        if isinstance(screen, ShowsStream):
            screen.show_stream(stream_id, song_id)

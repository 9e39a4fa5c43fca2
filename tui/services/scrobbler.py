"""Tells ListenBrainz what was heard, through a child of our own program."""

from textual.app import App

from utawaku.library.errors import UtawakuError
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.services.child_events import Child
from utawaku.tui.services.error_reports import ErrorReports


class Scrobbler:
    """Runs `utawaku scrobble` after plays, one at a time, where it is switched on."""

    def __init__(self, app: App[int], library: LibraryHandle, reports: ErrorReports) -> None:
        self._app = app
        self._library = library
        self._reports = reports
        self._child: Child | None = None
        self._again = False
        self._told = False
        self._closed = False

    def heard(self) -> None:
        """Send what was heard. Call it on the event loop."""
        if self._closed or not self._library.settings.scrobble.listenbrainz:
            return
        if self._child is not None:
            self._again = True
            return
        self._again = False
        self._child = Child(self._app, ["scrobble", "--json"], lambda _event: None, self._ended)

    def close(self) -> None:
        """Send nothing more; the next session does."""
        self._again, self._closed = False, True
        if self._child is not None:
            self._child.stop()

    def _ended(self, error: UtawakuError | None) -> None:
        self._child = None
        # Once a session: offline, it would be told after every song.
        if error is not None and not self._told:
            self._told = True
            self._reports.report(error)
        if self._again:
            self.heard()

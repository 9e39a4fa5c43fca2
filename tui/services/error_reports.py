"""Errors as notices on the screen, kept for the session."""

import time
from typing import Any

from textual.app import App

from utawaku.library.errors import UtawakuError
from utawaku.library.language import translated
from utawaku.library.records import Notice
from utawaku.tui.text import shown

MAX_KEPT = 500
REPEAT_AFTER_S = 10.0
"""The same error is shown again only after this time."""


class ErrorReports:
    """Shows errors and keeps them for the notices screen."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._last = ""
        self._last_at = 0.0
        self.of_session: list[Notice] = []
        """Errors since the app was opened, the latest last."""

    def report(self, error: UtawakuError) -> None:
        """Show what went wrong and keep it."""
        if str(error) == self._last and time.monotonic() - self._last_at < REPEAT_AFTER_S:
            return
        self._last, self._last_at = str(error), time.monotonic()
        subject = shown(error.subject)
        text = shown(f"{subject}: {error.problem}" if subject else error.problem)
        told = shown(translated(error.problem))
        told = f"{subject}: {told}" if subject else told
        self.of_session.append(
            Notice(0, "error", text, next_step=error.next_step, created_at=time.time())
        )
        del self.of_session[:-MAX_KEPT]
        # One at a time: several songs in a row that cannot be played must not cover the screen.
        self._app.clear_notifications()
        self._app.notify(
            f"{told}\n{shown(translated(error.next_step))}".strip(),
            title="",
            severity="error",
            timeout=8,
            markup=False,
        )

    def report_or_raise(self, error: Exception) -> None:
        """Report an error of ours; anything else is a bug and ends the app."""
        if not isinstance(error, UtawakuError):
            raise error
        self.report(error)

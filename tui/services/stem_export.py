"""Stems of songs written as tagged files, by children that go on while the screens are used."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.app import App

from utawaku.library.errors import UtawakuError
from utawaku.library.language import trn
from utawaku.tui.services.child_events import Child
from utawaku.tui.services.error_reports import ErrorReports
from utawaku.tui.text import shown


@dataclass(frozen=True)
class StemFiles:
    """The files to write."""

    song_ids: Sequence[str]
    folder: Path
    file_format: str
    """flac, opus, m4a or mp3."""
    vocals: bool
    """Also the voice alone."""

    def arguments(self) -> list[str]:
        """Return it as arguments of `utawaku`."""
        query = " | ".join(f"id:{song_id}" for song_id in self.song_ids)
        options = [f"--output={self.folder}", f"--format={self.file_format}", "--json"]
        return ["backing", query, *options, *(["--vocals"] if self.vocals else [])]


class StemExport:
    """Runs the children, and says when their files are there."""

    def __init__(self, app: App[Any], reports: ErrorReports) -> None:
        self._app = app
        self._reports = reports
        self._children: dict[int, Child] = {}
        self._n_started = 0

    def start(self, wanted: StemFiles) -> None:
        """Write files; songs without stems are separated first."""
        number = self._n_started = self._n_started + 1
        n, folder = len(wanted.song_ids), shown(str(wanted.folder))

        def ended(error: UtawakuError | None) -> None:
            self._children.pop(number, None)
            if error is not None:
                self._reports.report(error)
                return
            told = trn("{n} backing is in {folder}", "{n} backings are in {folder}", n,
                       folder=folder)  # fmt: skip
            self._app.notify(told, timeout=10, markup=False)

        self._children[number] = Child(self._app, wanted.arguments(), lambda _event: None, ended)
        self._app.notify(
            trn("{n} backing is being written …", "{n} backings are being written …", n)
        )

    @property
    def is_running(self) -> bool:
        """Return whether files are being written."""
        return bool(self._children)

    def close(self) -> None:
        """End the children."""
        for child in self._children.values():
            child.stop()

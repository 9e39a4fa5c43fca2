"""The dialog that asks which stems of songs become files, and where."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.app import App

from utawaku.library.language import tr, trn
from utawaku.library.records import Song
from utawaku.tui.columns import title_of
from utawaku.tui.screens.dialogs import AskText, Choice, Choose
from utawaku.tui.services.services import Services
from utawaku.tui.services.stem_export import StemFiles

FORMATS = ("flac", "m4a", "opus", "mp3")
MAX_SONGS = 200
"""Songs that one child writes: more do not fit on its command line."""


def ask_for_files(app: App[Any], services: Services, songs: Sequence[Song]) -> None:
    """Ask for form and folder, then write."""
    if not songs:
        return
    if len(songs) > MAX_SONGS:
        told = tr("Select up to {most} songs for backings.", most=MAX_SONGS)
        app.notify(told, severity="warning")
        return
    n = len(songs)
    title = (
        tr("Backing of {title}", title=title_of(songs[0]))
        if n == 1
        else trn("Backing of {n} song", "Backings of {n} songs", n)
    )
    choices = [
        Choice(f"{name} {stems}", told, name.upper())
        for stems, told in (
            ("one", tr("Without the voice")),
            ("both", tr("Without the voice, and the voice alone")),
        )
        for name in FORMATS
    ]

    def chosen(value: str | None) -> None:
        if value is None:
            return
        file_format, _, stems = value.partition(" ")

        def typed(text: str | None) -> None:
            if text:
                folder = Path(text).expanduser().absolute()
                ids = [song.id for song in songs]
                services.stem_export.start(StemFiles(ids, folder, file_format, stems == "both"))

        app.push_screen(
            AskText(
                tr("Folder for the files"),
                value="~/Karaoke",
                help=tr("Songs without stems are separated first, which takes a while."),
                check=lambda text: "" if text.strip() else tr("Name a folder."),
            ),
            typed,
        )

    app.push_screen(Choose(title, choices), chosen)

"""The user's own playlists: put songs on one, save the queue as one, play or delete one."""

from collections.abc import Callable, Sequence
from typing import Any

from textual.app import App

from utawaku.library.language import tr, trn
from utawaku.library.records import Song
from utawaku.library.text import clean_line
from utawaku.tui.screens.dialogs import AskText, Choice, Choose, Confirm
from utawaku.tui.services.services import Services
from utawaku.tui.text import shown

_NEW = "\0new"


def add_to_one(app: App[Any], services: Services, read: Callable[[], Sequence[Song]]) -> None:
    """Ask for a playlist and put songs at its end; `read` reads them, in a thread."""
    from utawaku.library import static_playlists

    root = services.library.settings.library_root

    def add(name: str | None) -> None:
        if name is None or not clean_line(name):
            return

        def added(n: int) -> None:
            songs = trn("{n} song", "{n} songs", n) if n else tr("Nothing new")
            app.notify(
                tr("{songs} put on {name}. ' shows playlists.", songs=songs, name=shown(name)),
                markup=False,
            )

        services.worker.write(lambda: static_playlists.add(root, clean_line(name), read()), added)

    def chosen(value: str | None) -> None:
        if value == _NEW:
            app.push_screen(AskText(tr("A new playlist"), help=tr("Its name."), check=_fault), add)
        else:
            add(value)

    def ask(names: Sequence[str]) -> None:
        if not names:
            chosen(_NEW)
            return
        choices = [Choice(name, name) for name in names]
        choices.append(Choice(_NEW, tr("A new playlist …")))
        app.push_screen(Choose(tr("Put on a playlist"), choices), chosen)

    services.worker.read(lambda: static_playlists.names(root), ask)


def save_as_one(app: App[Any], services: Services, song_ids: Sequence[str]) -> None:
    """Ask for a name and write these songs as a playlist."""
    from utawaku.library import static_playlists

    root, browser = services.library.settings.library_root, services.library.catalogue.browser

    def write(name: str) -> None:
        def written(path: Any) -> None:
            app.notify(
                tr("Saved as {path}", path=shown(str(path.relative_to(root)))),
                markup=False,
            )

        services.worker.write(
            lambda: static_playlists.save(root, name, browser.songs_by_id(song_ids)), written
        )

    def named(text: str | None) -> None:
        name = clean_line(text or "")
        if not name:
            return
        if not static_playlists.file_of(root, name).exists():
            write(name)
            return

        def answered(sure: bool | None) -> None:
            if sure:
                write(name)

        question = tr("Replace the playlist {name}?", name=name)
        app.push_screen(
            Confirm(question, tr("Its songs are others then."), yes=tr("Replace")), answered
        )

    if song_ids:
        help_ = tr("Its name; the file lies beside Songs/, for any player.")
        app.push_screen(
            AskText(tr("Save the queue as a playlist"), help=help_, check=_fault), named
        )


def play(services: Services, name: str) -> None:
    """Play a playlist from its start."""
    from utawaku.library import static_playlists

    library, player = services.library, services.player
    root = library.settings.library_root

    def begin() -> None:
        player.play(static_playlists.song_ids(root, name, library.catalogue))

    services.tuner.stop()
    services.worker.write(begin)


def delete(app: App[Any], services: Services, name: str) -> None:
    """Delete a playlist after a question."""
    from utawaku.library import static_playlists

    root = services.library.settings.library_root

    def answered(sure: bool | None) -> None:
        if sure:
            services.worker.write(
                lambda: static_playlists.delete(root, name), lambda _: app.notify(tr("Deleted."))
            )

    app.push_screen(
        Confirm(tr("Delete the playlist {name}?", name=name), tr("Its songs stay.")), answered
    )


def _fault(text: str) -> str:
    return "" if clean_line(text) else tr("It needs a name.")

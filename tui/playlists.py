"""Playlists from the screen: asked for, told of when they are there, played."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.timer import Timer

from utawaku.library import requests as asked
from utawaku.library.errors import UtawakuError
from utawaku.library.playlists import MAX_SONGS, PlaylistWish
from utawaku.library.records import Request
from utawaku.tui.playing import PlayingApp
from utawaku.tui.screens.playlist import MakePlaylist, Playlists
from utawaku.tui.text import shown

LOOK_EVERY_S = 1.0


class PlaylistApp(PlayingApp):
    """An app that has playlists made."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._asked_for: set[int] = set()
        """Requests of this session whose outcome was not told yet."""
        self._asking: Timer | None = None

    def make_playlist(self, numbers: Sequence[int], name: str) -> None:
        """Ask how these songs are to be joined, and file the request."""
        if len(numbers) > MAX_SONGS:
            self.notify(
                f"{len(numbers):,} songs are too many for one file: search, or select up to "
                f"{MAX_SONGS:,}.",
                severity="warning",
            )
            return

        def ask(song_ids: list[str]) -> None:
            if not song_ids:
                self.notify("None of these songs has a file yet.", severity="warning")
                return
            self.push_screen(MakePlaylist(song_ids, name, self.settings.library_root), self._wished)

        if numbers:
            self.read(
                lambda: [
                    song.id for song in self.catalogue.browser.songs(numbers) if song.file_path
                ],
                ask,
            )

    def _wished(self, wish: PlaylistWish | None) -> None:
        if wish is None:
            return

        def filed(request: Request) -> None:
            self.notify(f"{shown(wish.name)} will be made{self.down_note()}", markup=False)
            self._await(request.id)

        self.write(lambda: self.catalogue.requests.file(asked.MakePlaylist(wish=wish)), filed)

    def _await(self, request_id: int) -> None:
        self._asked_for.add(request_id)
        if self._asking is None:
            self._asking = self.set_interval(LOOK_EVERY_S, self._look_for_playlists)

    def _look_for_playlists(self) -> None:
        waiting = sorted(self._asked_for)
        requests = self.catalogue.requests

        def tell(found: list[Request]) -> None:
            for request in found:
                if request.id in self._asked_for:
                    self._tell_of(request)
            if not self._asked_for and self._asking is not None:
                self._asking.stop()
                self._asking = None

        self.read(lambda: [requests.get(request_id) for request_id in waiting], tell)

    def _tell_of(self, request: Request) -> None:
        if request.state not in ("done", "failed", "cancelled"):
            return
        self._asked_for.discard(request.id)
        name = shown(str(request.arguments.get("name", "")))
        if request.state == "failed":
            self.report(UtawakuError(shown(request.message), subject=name))
        elif request.state == "done":
            self.notify(
                f"{name} is made ({shown(request.message)}). Y plays it.\n{shown(request.target)}",
                timeout=10,
                markup=False,
            )

    def show_playlists(self) -> None:
        """Those that were asked for; Enter plays one."""
        requests = self.catalogue.requests

        def chosen(request: Request | None) -> None:
            if request is None:
                return
            if request.state != "done":
                self.notify(f"It is {request.state}. {shown(request.message)}", markup=False)
                return
            player, path = self.player, Path(request.target)
            name = str(request.arguments.get("name", path.stem))
            self.write(lambda: player.play_file(path, name), lambda _: self.show_player())

        def show(found: list[Request]) -> None:
            self.push_screen(Playlists(found, time.time()), chosen)

        self.read(lambda: requests.of_kind(asked.MakePlaylist), show)

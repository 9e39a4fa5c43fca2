"""Media keys and panels of the desktop, through MPRIS 2 on the session bus where there is one.

Spec: https://specifications.freedesktop.org/mpris-spec/2.2/. One thread owns the connection: it
answers calls and tells changes, so nothing else ever touches the socket.
"""

import os
import threading
from collections.abc import Callable
from html import escape
from typing import Any

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageFlag,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from utawaku.library.records import Song
from utawaku.tui.columns import title_of
from utawaku.tui.player.player import MAX_VOLUME, Player
from utawaku.tui.text import shown

NAME = "org.mpris.MediaPlayer2.utawaku"
PATH = "/org/mpris/MediaPlayer2"
ROOT = "org.mpris.MediaPlayer2"
PLAYER = "org.mpris.MediaPlayer2.Player"
PROPERTIES = "org.freedesktop.DBus.Properties"
NOTICES = "org.freedesktop.Notifications"
NOTICES_PATH = "/org/freedesktop/Notifications"
NOTICE_MS = 5000
LOOK_EVERY_S = 0.3
_LOOPS = {"off": "None", "one": "Track", "all": "Playlist"}

Variant = tuple[str, Any]


class Mpris:
    """Offers a player on the session bus until closed.

    Args:
        player: what is controlled.
        run: brings a control to the thread that the player wants to be called from.
        quit: ends the app.
    """

    def __init__(
        self,
        player: Player,
        run: Callable[[Callable[[], Any]], Any],
        quit: Callable[[], Any],
    ) -> None:
        self._player = player
        self._run = run
        self._quit = quit
        self._closed = threading.Event()
        self._told: dict[str, Variant] = {}
        self._thread: threading.Thread | None = None
        self.name = ""
        """The name on the bus; empty while there is none."""
        self.notices = False
        """True where each song is told on the desktop."""
        self._noticed = ""
        self._placed: tuple[str, dict[str, Variant]] = ("", {})

    def start(self) -> bool:
        """Begin; False where there is no session bus."""
        if not os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
            return False
        try:
            connection = open_dbus_connection(bus="SESSION")
        except (OSError, ValueError, KeyError, RuntimeError, StopIteration):
            # An address that leads nowhere, that is malformed, or of a transport that jeepney lacks
            # (`tcp:`): media keys do not work, and music does.
            return False
        try:
            for name in (NAME, f"{NAME}.instance{os.getpid()}"):
                reply = connection.send_and_get_reply(message_bus.RequestName(name, 4), timeout=5)
                if reply.body and reply.body[0] in (1, 4):
                    self.name = name
                    break
        except (OSError, EOFError, TimeoutError):
            connection.close()
            return False  # the bus closed the connection, or does not answer
        self._thread = threading.Thread(
            target=self._serve, args=(connection,), name="mpris", daemon=True
        )
        self._thread.start()
        return True

    def close(self) -> None:
        """Leave the bus."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=2)

    def _serve(self, connection: DBusConnection) -> None:
        try:
            while not self._closed.is_set():
                try:
                    message = connection.receive(timeout=LOOK_EVERY_S)
                except TimeoutError:
                    self._tell_changes(connection)
                    continue
                if message.header.message_type == MessageType.method_call:
                    connection.send(self._answer(message))
                    self._tell_changes(connection)
        except (OSError, EOFError):
            self.name = ""  # the bus has gone; the music has not
        finally:
            connection.close()

    def _tell_changes(self, connection: DBusConnection) -> None:
        now = self._player_properties()
        changed = {
            name: value
            for name, value in now.items()
            if name != "Position" and self._told.get(name) != value
        }
        self._told = now
        song = self._player.state.song
        if song is not None and song.id != self._noticed and self._player.state.playing:
            self._noticed = song.id
            if self.notices:
                self._notify(connection, song)
        if changed:
            address = DBusAddress(PATH, interface=PROPERTIES)
            signal = new_signal(address, "PropertiesChanged", "sa{sv}as", (PLAYER, changed, []))
            connection.send(signal)

    def _answer(self, message: Message) -> Message:
        fields = message.header.fields
        interface = fields.get(HeaderFields.interface, "")
        member = fields.get(HeaderFields.member, "")
        if interface == PROPERTIES:
            return self._answer_properties(message, member)
        if interface == ROOT and member == "Quit":
            self._run(self._quit)
            return new_method_return(message)
        if interface == ROOT and member == "Raise":
            return new_method_return(message)
        if interface == PLAYER and self._control(member, message.body):
            return new_method_return(message)
        return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "s", (member,))

    def _answer_properties(self, message: Message, member: str) -> Message:
        wanted = message.body[0] if message.body else ""
        known = self._root_properties() if wanted == ROOT else self._player_properties()
        if member == "GetAll":
            return new_method_return(message, "a{sv}", (known,))
        name = message.body[1] if len(message.body) > 1 else ""
        if member == "Get" and name in known:
            return new_method_return(message, "v", (known[name],))
        if member == "Set" and wanted == PLAYER and self._set(name, message.body[2][1]):
            return new_method_return(message)
        return new_error(message, "org.freedesktop.DBus.Error.UnknownProperty", "s", (name,))

    def _control(self, member: str, body: tuple[Any, ...]) -> bool:
        player = self._player
        controls: dict[str, Callable[[], Any]] = {
            "PlayPause": player.toggle,
            "Play": lambda: None if player.moving else player.toggle(),
            "Pause": player.pause,
            "Stop": player.stop,
            "Next": player.next,
            "Previous": player.previous,
        }
        if member in controls:
            self._run(controls[member])
        elif member == "Seek":
            self._run(lambda: player.seek_by(body[0] / 1e6))
        elif member == "SetPosition":
            self._run(lambda: player.seek(body[1] / 1e6))
        else:
            return False
        return True

    def _set(self, name: str, value: Any) -> bool:
        player = self._player
        if name == "Volume":
            self._run(lambda: player.set_volume(float(value)))
        elif name == "Shuffle":
            self._run(lambda: player.set_shuffled(bool(value)))
        elif name == "LoopStatus" and value in _LOOPS.values():
            wanted = next(mode for mode, word in _LOOPS.items() if word == value)

            def turn() -> None:
                while player.queue.repeat != wanted:
                    player.cycle_repeat()

            self._run(turn)
        else:
            return False
        return True

    def _places(self, song: Song) -> dict[str, Variant]:
        """Addresses of the song's file and of its artwork, as far as there are any."""
        if self._placed[0] != song.id:
            file, artwork = self._player.files_of(song)
            found: dict[str, Variant] = {}
            if file is not None:
                found["xesam:url"] = ("s", file.as_uri())
            if artwork is not None:
                found["mpris:artUrl"] = ("s", artwork.as_uri())
            self._placed = (song.id, found)
        return self._placed[1]

    def _notify(self, connection: DBusConnection, song: Song) -> None:
        """Show a notice on the desktop; where nobody shows them, nothing happens."""
        artwork = self._places(song).get("mpris:artUrl", ("s", ""))[1]
        address = DBusAddress(NOTICES_PATH, bus_name=NOTICES, interface=NOTICES)
        body = " · ".join(shown(name) for name in (song.artist, song.singer) if name)
        arguments: tuple[Any, ...] = (
            "utawaku",
            0,
            artwork,
            title_of(song),
            escape(body),
            [],
            {},
            NOTICE_MS,
        )
        message = new_method_call(address, "Notify", "susssasa{sv}i", arguments)
        message.header.flags |= MessageFlag.no_reply_expected
        connection.send(message)

    def _root_properties(self) -> dict[str, Variant]:
        return {
            "CanQuit": ("b", True),
            "CanRaise": ("b", False),
            "HasTrackList": ("b", False),
            "Identity": ("s", "utawaku"),
            "SupportedUriSchemes": ("as", []),
            "SupportedMimeTypes": ("as", []),
        }

    def _player_properties(self) -> dict[str, Variant]:
        state = self._player.state
        song = state.song
        metadata: dict[str, Variant] = {
            "mpris:trackid": ("o", "/org/mpris/MediaPlayer2/TrackList/NoTrack")
        }
        if song is not None:
            number = self._player.queue.current.key if self._player.queue.current else 0
            metadata = {
                "mpris:trackid": ("o", f"/io/utawaku/turn/{number}"),
                "mpris:length": ("x", int(song.duration_s * 1e6)),
                "xesam:title": ("s", title_of(song)),
                "xesam:artist": ("as", [shown(song.singer or song.artist)]),
                "xesam:album": ("s", shown(song.stream_title)),
                **self._places(song),
            }
        status = "Stopped" if song is None else "Playing" if state.playing else "Paused"
        return {
            "PlaybackStatus": ("s", status),
            "LoopStatus": ("s", _LOOPS[self._player.queue.repeat]),
            "Shuffle": ("b", self._player.queue.shuffled),
            "Rate": ("d", 1.0),
            "MinimumRate": ("d", 1.0),
            "MaximumRate": ("d", 1.0),
            "Metadata": ("a{sv}", metadata),
            "Volume": ("d", min(self._player.volume, MAX_VOLUME)),
            "Position": ("x", int(state.position_s * 1e6)),
            "CanGoNext": ("b", True),
            "CanGoPrevious": ("b", True),
            "CanPlay": ("b", True),
            "CanPause": ("b", True),
            "CanSeek": ("b", song is not None),
            "CanControl": ("b", True),
        }

"""Media keys over a real session bus of our own."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.tui.conftest import HandOutput
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.player.mpris import NAME, PATH, PLAYER, PROPERTIES, ROOT, Mpris
from utawaku.tui.player.player import Player

STREAM = "youtube-fake0000000"

pytestmark = pytest.mark.skipif(
    shutil.which("dbus-daemon") is None, reason="no dbus-daemon on this machine"
)


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A session bus for one test."""
    process = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address=1",
         f"--address=unix:path={tmp_path}/bus"],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    yield address
    process.terminate()
    process.wait(timeout=5)
    process.stdout.close()


@pytest.fixture
def player(library: Catalogue, settings: Settings, output: HandOutput) -> Iterator[Player]:
    made = Player(
        LibraryHandle.of(settings, library),
        changed=lambda: None,
        failed=lambda error: None,
        open_output=lambda: output,
    )
    yield made
    made.close()


@pytest.mark.parametrize(
    "address",
    [
        "tcp:host=127.0.0.1,port=9",
        "unix:path=/no/such/bus",
        "unix:tmpdir=/tmp",
        "nonsense",
        "unix:",
        "tcp:host=127.0.0.1,port=9;unix:path=/no/such/bus",
    ],
)
def test_a_bus_out_of_reach_means_no_media_keys_and_nothing_else(
    player: Player, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    mpris = Mpris(player, lambda control: control(), lambda: None)
    assert mpris.start() is False
    assert mpris.name == ""
    mpris.close()


@pytest.fixture
def mpris(bus: str, player: Player) -> Iterator[Mpris]:
    made = Mpris(player, lambda control: control(), lambda: None)
    assert made.start()
    yield made
    made.close()


@pytest.fixture
def desktop(mpris: Mpris) -> Iterator[DBusConnection]:
    connection = open_dbus_connection(bus="SESSION")
    yield connection
    connection.close()


def call(desktop: DBusConnection, interface: str, member: str, *arguments: Any) -> Any:
    signature = arguments[0] if arguments else None
    message = new_method_call(
        DBusAddress(PATH, NAME, interface), member, signature, arguments[1:] if arguments else ()
    )
    reply = desktop.send_and_get_reply(message, timeout=5)
    assert reply.header.message_type == MessageType.method_return, reply.body
    return reply.body


def get(desktop: DBusConnection, name: str) -> Any:
    return call(desktop, PROPERTIES, "Get", "ss", PLAYER, name)[0][1]


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_desktop_sees_what_plays_and_controls_it(
    desktop: DBusConnection, player: Player, library: Catalogue
) -> None:
    songs = library.songs.of_stream(STREAM)
    assert call(desktop, PROPERTIES, "Get", "ss", ROOT, "Identity")[0] == ("s", "utawaku")
    assert get(desktop, "PlaybackStatus") == "Stopped"
    player.play([song.id for song in songs])
    until(lambda: get(desktop, "PlaybackStatus") == "Playing")
    metadata = get(desktop, "Metadata")
    assert metadata["mpris:length"] == ("x", int(songs[0].duration_s * 1e6))
    call(desktop, PLAYER, "PlayPause")
    until(lambda: get(desktop, "PlaybackStatus") == "Paused")
    call(desktop, PLAYER, "Next")
    until(lambda: player.state.song is not None and player.state.song.id == songs[1].id)
    call(desktop, PLAYER, "Seek", "x", 3_000_000)
    until(lambda: get(desktop, "Position") == 3_000_000)
    call(desktop, PROPERTIES, "Set", "ssv", PLAYER, "Volume", ("d", 0.5))
    assert player.volume == 0.5
    call(desktop, PROPERTIES, "Set", "ssv", PLAYER, "LoopStatus", ("s", "Track"))
    assert player.queue.repeat == "one"
    call(desktop, PROPERTIES, "Set", "ssv", PLAYER, "Shuffle", ("b", True))
    assert player.queue.shuffled
    call(desktop, PLAYER, "Stop")
    until(lambda: get(desktop, "PlaybackStatus") == "Stopped")


def test_what_it_does_not_know_is_refused(desktop: DBusConnection) -> None:
    message = new_method_call(DBusAddress(PATH, NAME, PLAYER), "Explode")
    reply = desktop.send_and_get_reply(message, timeout=5)
    assert reply.header.message_type == MessageType.error


def test_two_of_us_can_be_on_one_bus(mpris: Mpris, player: Player) -> None:
    second = Mpris(player, lambda control: control(), lambda: None)
    assert second.start()
    assert second.name.startswith(f"{NAME}.instance")
    second.close()


def test_without_a_bus_there_is_nothing_and_no_harm(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    assert not Mpris(player, lambda control: control(), lambda: None).start()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    assert not Mpris(player, lambda control: control(), lambda: None).start()


def test_the_desktop_gets_the_address_of_the_file_and_of_the_artwork(
    desktop: DBusConnection, player: Player, library: Catalogue, settings: Settings
) -> None:
    song = library.songs.of_stream(STREAM)[0]
    file = settings.library_root / "Songs" / "夜 #1.opus"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    library.songs.set_file(song.id, {"file_path": "Songs/夜 #1.opus"})
    artwork = settings.stream_dir(STREAM) / "thumbnail.jpg"
    artwork.write_bytes(b"x")
    player.play([song.id])
    until(lambda: "xesam:url" in get(desktop, "Metadata"))
    metadata = get(desktop, "Metadata")
    assert metadata["xesam:url"] == ("s", file.as_uri())
    assert metadata["mpris:artUrl"] == ("s", artwork.as_uri())


def test_a_song_is_told_on_the_desktop_where_that_is_wanted(
    bus: str, mpris: Mpris, player: Player, library: Catalogue
) -> None:
    song = library.songs.of_stream(STREAM)[0]
    library.songs.set_label(song.id, "夜に駆ける", "<b>YOASOBI</b>", "user")
    server = open_dbus_connection(bus="SESSION")
    server.send_and_get_reply(message_bus.RequestName("org.freedesktop.Notifications", 4))
    mpris.notices = True
    player.play([song.id])
    while True:
        message = server.receive(timeout=5)
        if message.header.fields.get(HeaderFields.member) == "Notify":
            break
    program, _replaces, _icon, summary, body, *_rest = message.body
    assert (program, summary) == ("utawaku", "夜に駆ける")
    assert "&lt;b&gt;YOASOBI" in body
    server.close()

"""Programs of `benchmarks.readers` that read a whole folder: music servers and their databases."""

import json
import re
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.reader_output import flat, joined, lines, run

SUPYSONIC = "supysonic==0.7.9"


class Mpd:
    """A music player daemon over one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._socket = folder / "socket"

    @contextmanager
    def running(self) -> Iterator["Mpd"]:
        """Start it, update its database, stop it."""
        state = Path(tempfile.mkdtemp())
        (state / "playlists").mkdir()
        self._socket = state / "socket"
        (state / "conf").write_text(
            f'music_directory "{self.folder}"\nplaylist_directory "{state}/playlists"\n'
            f'db_file "{state}/db"\nlog_file "{state}/log"\nbind_to_address "{self._socket}"\n'
            f'zeroconf_enabled "no"\nmetadata_to_use "+comment"\n'
            'audio_output {\n type "null"\n name "none"\n}\n'
        )
        process = subprocess.Popen(
            ["mpd", "--no-daemon", str(state / "conf")],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while not self._socket.exists():
                time.sleep(0.1)
            self.ask("update")
            while "updating_db" in self.ask("status"):
                time.sleep(0.2)
            yield self
        finally:
            process.terminate()
            process.wait(20)
            shutil.rmtree(state, ignore_errors=True)

    def ask(self, *commands: str) -> str:
        """Send commands in MPD's protocol and return the answers."""
        told = b""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(self._socket))
            stream = connection.makefile("rwb")
            stream.readline()
            for command in commands:
                stream.write(command.encode() + b"\n")
                stream.flush()
                while not (line := stream.readline()).startswith((b"OK", b"ACK")):
                    told += line
        return told.decode("utf-8", "replace")

    def __call__(self, path: Path) -> Mapping[str, str]:
        told = self.ask(f'lsinfo "{path.name}"', f'readcomments "{path.name}"')
        picture = "picture: yes\n" if self._has_picture(path.name) else ""
        return lines(told + picture, r"([^:]+): (.*)")

    def _has_picture(self, name: str) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(self._socket))
            connection.recv(1000)
            connection.sendall(f'readpicture "{name}" 0\n'.encode())
            return connection.recv(64).startswith(b"size: ")


class Mopidy:
    """Mopidy-Local's database of one folder."""

    def __init__(self, folder: Path) -> None:
        self._state = Path(tempfile.mkdtemp())
        config = self._state / "mopidy.conf"
        config.write_text(
            f"[core]\ndata_dir = {self._state}/data\ncache_dir = {self._state}/cache\n"
            f"config_dir = {self._state}\n[local]\nmedia_dir = {folder}\n"
        )
        self.told = run("mopidy", "--config", config, "local", "scan")

    def __call__(self, path: Path) -> Mapping[str, str]:
        (database,) = self._state.rglob("library.db")
        with sqlite3.connect(database) as connection:
            connection.row_factory = sqlite3.Row
            rows = connection.execute("SELECT * FROM tracks").fetchall()
            albums = connection.execute("SELECT images FROM album").fetchall()
        row = next(dict(row) for row in rows if str(row["uri"]).endswith(path.name))
        found = joined(flat({name: value for name, value in row.items() if value}))
        # Its names of the fields that this table has.
        renamed = {"name": "title", "albumartist_name": "albumartist", "track_no": "track",
                   "num_tracks": "tracktotal", "musicbrainz_id": "musicbrainz_trackid",
                   "artist_name": "artist", "performer_name": "performer",
                   "album_name": "album"}  # fmt: skip
        picture = {"picture": "yes"} if any(row["images"] for row in albums) else {}
        return {renamed.get(name, name): text for name, text in found.items()} | picture


_SUBSONIC = r"""
import json, sys
from supysonic.config import DefaultConfig
from supysonic.web import create_application
from supysonic.db import init_database, release_database
from supysonic.managers.user import UserManager
from supysonic.managers.folder import FolderManager
from supysonic.scanner import Scanner

state, folder = sys.argv[1:]
class Config(DefaultConfig):
    BASE = {**DefaultConfig.BASE, "database_uri": f"sqlite:///{state}/db"}
    WEBAPP = {**DefaultConfig.WEBAPP, "cache_dir": state, "log_file": None}
    TESTING = True
init_database(Config.BASE["database_uri"])
UserManager.add("u", "p", admin=True)
FolderManager.add("songs", folder)
scanner = Scanner()
scanner.queue_folder("songs")
scanner.run()
release_database()
client = create_application(Config).test_client()
def ask(call, **more):
    query = {"u": "u", "p": "p", "c": "readers", "v": "1.12.0", "f": "json", **more}
    return client.get(f"/rest/{call}.view", query_string=query).json["subsonic-response"]
for song in ask("search3", query="", songCount=50)["searchResult3"]["song"]:
    cover = client.get("/rest/getCoverArt.view", query_string={"u": "u", "p": "p", "c": "readers",
        "v": "1.12.0", "id": song.get("coverArt", "")})
    if not cover.content_type.startswith("image/"):
        song.pop("coverArt", None)
    print(json.dumps(song))
"""


class Subsonic:
    """Supysonic, a server of Subsonic's protocol, asked over that protocol."""

    def __init__(self, python: Path, folder: Path) -> None:
        state = tempfile.mkdtemp()
        told = run(python, "-c", _SUBSONIC, state, folder)
        self._songs = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
        if not self._songs:
            raise RuntimeError(f"Supysonic found no song:\n{told}")

    def __call__(self, path: Path) -> Mapping[str, str]:
        songs = (one for one in self._songs if re.search(rf"{re.escape(path.name)}$", one["path"]))
        return joined(flat(next(songs)))

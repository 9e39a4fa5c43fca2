"""A local server that speaks Shazam's protocol and really matches signatures.

Every request is validated as the service's clients send it: path, query, headers, JSON, and the
signature, which is decoded and checked (checksum, structure, length). A signature is matched by
aligning its peaks with those of the songs the server knows; a window of 15 s or more never matches,
as with the real service. `misbehave` queues what shall go wrong with the next requests.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
from numpy.typing import NDArray

from utawaku.library.errors import SignatureError
from utawaku.services.recognizer.signature import (
    Signature,
    decode_uri,
    pcm_from_audio,
    signature_of,
)

_UUID = r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}"
_PATH = re.compile(rf"^/discovery/v5/[a-z]{{2}}/[A-Z]{{2}}/iphone/-/tag/{_UUID}/{_UUID}$")
_QUERY = {
    "sync": "true",
    "webv3": "true",
    "sampling": "true",
    "connected": "",
    "shazamapiversion": "v3",
    "sharehub": "true",
    "hubv5minorversion": "v5.1",
    "hidelb": "true",
    "video": "v3",
}
_RATE = 16_000
_FRAME_S = 128 / _RATE


@dataclass
class KnownSong:
    """A song that the server recognises."""

    title: str
    artist: str
    audio: NDArray[np.float32]
    key: str = ""
    isrc: str = ""
    cover_url: str = ""
    table: dict[int, NDArray[np.int64]] = field(default_factory=dict, repr=False)
    """Frames of the peaks, by FFT bin."""

    def __post_init__(self) -> None:
        pcm = pcm_from_audio(self.audio)
        places: dict[int, set[int]] = {}
        for first in range(0, max(len(pcm) - 2 * _RATE, 1), 5 * _RATE):
            peaks = signature_of(pcm[first : first + 12 * _RATE]).peaks
            for frame, bin64 in zip(peaks.frame.tolist(), peaks.bin64.tolist(), strict=True):
                places.setdefault((bin64 + 32) // 64, set()).add(frame + first // 128)
        self.table = {bin_: np.array(sorted(frames)) for bin_, frames in places.items()}

    def place(self, asked: Signature) -> tuple[float, float]:
        """Share of the asked peaks that align, and where in the song they begin (seconds)."""
        offsets = [
            self.table[bin_] - frame
            for frame, bin_ in zip(
                asked.peaks.frame.tolist(), ((asked.peaks.bin64 + 32) // 64).tolist(), strict=True
            )
            if bin_ in self.table
        ]
        if not offsets:
            return 0.0, 0.0
        values, counts = np.unique(np.concatenate(offsets) // 4, return_counts=True)
        best = int(np.argmax(counts))
        return counts[best] / len(asked.peaks), float(values[best] * 4 * _FRAME_S)


@dataclass
class Misdeed:
    """What goes wrong with one request."""

    kind: str
    """`429`, `500`, `html`, `slow`, `drip`, `drop`, `truncated`, `silent`, `nonsense` or `body`."""
    retry_after: str = ""
    body: str = ""
    seconds: float = 0.0


class ShazamServer:
    """The server's state: what it knows, what it was asked, what it will do wrong."""

    def __init__(self, songs: list[KnownSong]) -> None:
        self.songs = songs
        self.url = ""
        self.port = 0
        self.asked: list[Signature] = []
        """Signatures of valid requests that were answered properly."""
        self.times: list[float] = []
        """When each request came in, refused ones too."""
        self.faults: list[str] = []
        """What was wrong with requests; a test ends by looking that it is empty."""
        self.least_share = 0.12
        """Share of a signature's peaks from which a song is a match; 0 always answers something."""
        self.most_at_once = 0
        self._under_way = 0
        self._misdeeds: deque[Misdeed] = deque()
        self._lock = threading.Lock()
        self.stopping = threading.Event()

    def misbehave(self, *misdeeds: Misdeed | str) -> None:
        """Return what shall go wrong with the next requests, one each."""
        with self._lock:
            self._misdeeds.extend(m if isinstance(m, Misdeed) else Misdeed(m) for m in misdeeds)

    def behave(self) -> None:
        """Nothing shall go wrong from now on."""
        with self._lock:
            self._misdeeds.clear()

    def begin(self) -> Misdeed | None:
        """A request has come in; what to do wrong with it."""
        with self._lock:
            self.times.append(time.time())
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
            return self._misdeeds.popleft() if self._misdeeds else None

    def end(self) -> None:
        """A request is over."""
        with self._lock:
            self._under_way -= 1

    def answer(self, asked: Signature) -> dict[str, Any]:
        """The service's answer about a valid signature."""
        with self._lock:
            self.asked.append(asked)
        nothing: dict[str, Any] = {"matches": [], "tagid": "T", "retryms": 3000}
        if asked.duration_s >= 15 or len(asked.peaks) == 0:
            return nothing
        placed = [(*song.place(asked), song) for song in self.songs]
        share, offset_s, song = max(placed, key=lambda place: place[0], default=(0, 0, None))
        if song is None or share < self.least_share:
            return nothing
        track = {
            "key": song.key or str(abs(hash((song.title, song.artist))) % 10**9),
            "title": song.title,
            "subtitle": song.artist,
            "isrc": song.isrc,
            "images": {"coverarthq": song.cover_url},
            "genres": {"primary": "J-Pop"},
            "type": "MUSIC",
        }
        match = {"id": "1", "offset": offset_s, "timeskew": 0.0, "frequencyskew": 0.0}
        return {"matches": [match], "track": track, "tagid": "T", "timestamp": 1}


def faults_of(path: str, headers: Any, body: bytes) -> tuple[list[str], Signature | None]:
    """All that is wrong with a request, and its signature when that can be read."""
    faults = []
    parts = urlsplit(path)
    if not _PATH.match(parts.path):
        faults.append(f"path {parts.path}")
    query = {
        name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()
    }
    if query != _QUERY:
        faults.append(f"query {query}")
    expected = {
        "X-Shazam-Platform": "IPHONE",
        "X-Shazam-AppVersion": "14.1.0",
        "Content-Type": "application/json",
    }
    faults += [f"header {n}: {headers[n]}" for n, v in expected.items() if headers[n] != v]
    faults += [f"no header {n}" for n in ("Accept-Language", "User-Agent") if not headers[n]]
    try:
        record = json.loads(body)
        asked = decode_uri(record["signature"]["uri"])
    except (ValueError, KeyError, TypeError, SignatureError) as error:
        return [*faults, f"body: {error!r}"], None
    wanted = {"timezone", "signature", "timestamp", "context", "geolocation"}
    if set(record) != wanted:
        faults.append(f"fields {sorted(record)}")
    if record["signature"].get("samplems") != int(asked.duration_s * 1000):
        faults.append(f"samplems {record['signature'].get('samplems')}")
    stamp = record.get("timestamp")
    if not isinstance(stamp, int) or abs(stamp / 1000 - time.time()) > 600:
        faults.append(f"timestamp {stamp}")
    if asked.sample_rate_hz != _RATE:
        faults.append(f"rate {asked.sample_rate_hz}")
    return faults, asked


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    state: ShazamServer

    def do_POST(self) -> None:
        misdeed = self.state.begin()
        try:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            faults, asked = faults_of(self.path, self.headers, body)
            if faults or asked is None:
                self.state.faults.extend(faults)
                self._send(400, b'{"error": "bad request"}')
            elif misdeed is None:
                self._send(200, json.dumps(self.state.answer(asked)).encode())
            else:
                self._misbehave(misdeed, asked)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            self.state.end()

    def _misbehave(self, misdeed: Misdeed, asked: Signature) -> None:
        if misdeed.kind == "429":
            extra = {"Retry-After": misdeed.retry_after} if misdeed.retry_after else {}
            self._send(429, b"slow down", extra)
        elif misdeed.kind == "500":
            self._send(500, b"oops")
        elif misdeed.kind == "html":
            self._send(200, b"<!doctype html><title>Access denied</title>")
        elif misdeed.kind == "body":
            self._send(200, misdeed.body.encode())
        elif misdeed.kind == "nonsense":
            self._send(200, b'{"error": {"code": 7}}')
        elif misdeed.kind == "slow":
            self.state.stopping.wait(misdeed.seconds)
            self._send(200, json.dumps(self.state.answer(asked)).encode())
        elif misdeed.kind == "silent":
            self.state.stopping.wait(misdeed.seconds)
            self.close_connection = True
        else:
            self._break_off(misdeed, json.dumps(self.state.answer(asked)).encode())

    def _break_off(self, misdeed: Misdeed, body: bytes) -> None:
        """Answers whose body does not arrive as announced."""
        half = body[: len(body) // 2]
        if misdeed.kind == "truncated":
            self._send(200, half)
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if misdeed.kind == "drip":
            for byte in half:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if self.state.stopping.wait(misdeed.seconds):
                    break
        else:
            self.wfile.write(half)
        self.close_connection = True

    def _send(self, status: int, body: bytes, extra: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests look at the server's state instead."""


@contextmanager
def shazam_server(
    songs: list[KnownSong], tls: ssl.SSLContext | None = None
) -> Iterator[ShazamServer]:
    """Run a server on the loopback interface, with TLS where a context is given."""
    state = ShazamServer(songs)
    handler = type("Handler", (_Handler,), {"state": state})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    state.port = server.server_address[1]
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()

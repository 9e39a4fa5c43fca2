"""The play queue from one session to the next."""

import json
import threading
from pathlib import Path
from typing import Any

from textual.app import App
from textual.timer import Timer

from utawaku.library.errors import UtawakuError
from utawaku.library.radio import Radio
from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.player.player import Player
from utawaku.tui.player.queue import Repeat
from utawaku.tui.services.catalogue_worker import CatalogueWorker
from utawaku.tui.services.radio_tuner import RadioTuner

FILE = "queue.json"
KEEP_AFTER_S = 3.0
"""A change is written when this time has gone by: many come together."""
MAX_KEPT = 5000
"""Turns that are kept, those around what plays."""
MAX_BYTES = 5_000_000


class QueueKeeper:
    """Writes the queue after changes, and brings it back at the start, without playing."""

    def __init__(
        self,
        app: App[Any],
        library: LibraryHandle,
        worker: CatalogueWorker,
        player: Player,
        tuner: RadioTuner,
    ) -> None:
        self._app = app
        self._library = library
        self._worker = worker
        self._player = player
        self._tuner = tuner
        self._timer: Timer | None = None
        self._lock = threading.Lock()
        self._written: dict[str, Any] = {}
        self._closed = False

    @property
    def _path(self) -> Path:
        return self._library.place.data_dir / FILE

    def restore(self) -> None:
        """Bring the queue back, unless something was queued meanwhile."""

        def read() -> tuple[dict[str, Any], list[str]]:
            stored = _read(self._path)
            wanted = [str(one) for one in stored.get("songs", [])]
            songs = self._library.catalogue.browser.songs_by_id(wanted)
            kept = {song.id for song in songs if song.state == "kept"}
            at = int(stored.get("at", 0))
            stored["at"] = sum(one in kept for one in wanted[:at])
            stored["same"] = 0 <= at < len(wanted) and wanted[at] in kept
            return stored, [one for one in wanted if one in kept]

        def restored(found: tuple[dict[str, Any], list[str]]) -> None:
            stored, ids = found
            if not ids or self._player.queue.entries:
                return
            position_s = float(stored.get("position_s", 0.0)) if stored["same"] else 0.0
            modes: tuple[Repeat, ...] = ("off", "all", "one")
            repeat: Repeat = next((mode for mode in modes if mode == stored.get("repeat")), "off")
            self._player.restore(ids, stored["at"], position_s, repeat=repeat)
            self._tuner.radio = Radio.read(stored.get("radio"))
            self._written = self._now()

        self._worker.read(read, restored)

    def changed(self) -> None:
        """Write the queue in a moment."""
        if self._timer is None and not self._closed:
            self._timer = self._app.set_timer(KEEP_AFTER_S, self._due)

    def _due(self) -> None:
        self._timer = None
        if not self._closed:
            self._worker.write(self.keep)

    def close(self) -> None:
        """Write the queue as it is, and nothing after that."""
        self._closed = True
        if self._library.is_open and self._library.failure is None:
            self._worker.write(self.keep)

    def keep(self) -> None:
        """Write the queue as it is now. Call it in a thread.

        Raises:
            UtawakuError: the file cannot be written.
        """
        from utawaku.library.files import atomic_path

        now = self._now()
        with self._lock:
            if now == self._written or (not now["songs"] and not self._path.exists()):
                return
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                with atomic_path(self._path) as temporary:
                    temporary.write_text(json.dumps(now, ensure_ascii=False), "utf-8")
            except OSError as error:
                raise UtawakuError(
                    f"the play queue cannot be kept ({error.strerror})",
                    subject=str(self._path),
                    next_step="Free space on the disk, or make the folder writable",
                ) from error
            self._written = now

    def _now(self) -> dict[str, Any]:
        queue, radio = self._player.queue, self._tuner.radio
        entries, at = list(queue.entries), queue.at
        low = max(0, at - MAX_KEPT // 2)
        return {
            "songs": [entry.song_id for entry in entries[low : low + MAX_KEPT]],
            "at": at - low,
            "position_s": round(self._player.position_s, 1),
            "repeat": queue.repeat,
            "radio": radio.stored() if radio is not None else None,
        }


def _read(path: Path) -> dict[str, Any]:
    """Return what was kept; nothing where there is none, or nothing sound."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return {}
        stored = json.loads(path.read_text("utf-8"))
        sound = isinstance(stored, dict) and isinstance(stored.get("songs"), list)
        if not sound or not isinstance(stored.get("at"), int):
            return {}
        float(stored.get("position_s", 0.0))
    except (OSError, ValueError, TypeError):
        return {}
    found: dict[str, Any] = stored
    return found

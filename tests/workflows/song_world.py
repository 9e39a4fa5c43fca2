"""One song with its file, and other programs that change its tags."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen
import numpy as np

from tests.models.song_files import write
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.records import Song, SongSpan, Stream
from utawaku.workflows.song_tags import Outcome, bring_in_step

CODECS = {"opus": "libopus", "mp3": "libmp3lame", "m4a": "aac", "flac": "flac"}


class World:
    """One stream with one song and its file."""

    def __init__(self, catalogue: Catalogue, settings: Settings, suffix: str) -> None:
        self.catalogue, self.settings = catalogue, settings
        self.stream = catalogue.streams.save(
            Stream(
                "youtube-a",
                "https://youtu.be/a",
                "evening",
                channel="Mio",
                uploaded_on="2026-11-01",
            )
        )
        catalogue.songs.reconcile("youtube-a", [SongSpan(0, 0.0, 1.0, "smart", 1.0)], made_by="x")
        path = settings.library_root / f"Songs/song.{suffix}"
        path.parent.mkdir(parents=True)
        write(path, np.zeros((1, 48_000), np.float32), 48_000, CODECS[suffix])
        values = {"file_path": f"Songs/song.{suffix}", "file_start_s": 0.0, "file_stop_s": 1.0}
        catalogue.songs.set_file(self.song.id, values)
        catalogue.songs.set_label(self.song.id, "夜に駆ける", "YOASOBI", "shazam")
        self.step()

    @property
    def song(self) -> Song:
        return self.catalogue.songs.of_stream("youtube-a")[0]

    @property
    def path(self) -> Path:
        return self.settings.library_root / self.song.file_path

    def step(self) -> Outcome:
        return bring_in_step(self.song, self.stream, 1, self.catalogue, self.settings)

    def edit(self, **tags: str) -> None:
        """Change tags as other programs do, by mutagen's easy names."""
        file = mutagen.File(self.path, easy=True)
        for name, text in tags.items():
            if text:
                file[name] = [text]
            else:
                del file[name]
        file.save()

    def change(self, change: Callable[[Any], None]) -> None:
        file = mutagen.File(self.path)
        change(file.tags)
        file.save()

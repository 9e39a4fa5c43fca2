"""A library whose songs a network can tell apart and the embeddings cannot."""

import numpy as np

from tests.models.song_files import write
from tests.models.taste_world import World, hear, library_of
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings

RATE = 16_000


def library_of_noise_and_hum(catalogue: Catalogue, settings: Settings) -> World:
    """Make 44 songs with files, 42 of them graded: the listener likes noise and dislikes hum."""
    world = library_of(catalogue, 44)
    rng = np.random.default_rng(3)
    settings.songs_dir.mkdir(parents=True)
    time_s = np.arange(5 * RATE) / RATE
    for place, song_id in enumerate(world.ids):
        hear(catalogue, song_id, rng.standard_normal(400), np.full(50, 0.1))
        hum = np.sin(2 * np.pi * rng.uniform(80, 200) * time_s)
        sound = rng.standard_normal(time_s.size) if world.good[place] else hum
        write(settings.songs_dir / f"{place}.flac", 0.2 * sound[None].astype("f4"), RATE, "flac")
        song = catalogue.songs.get(song_id)
        file = {"file_path": f"Songs/{place}.flac"}
        span = {"file_start_s": song.start_s, "file_stop_s": song.stop_s}
        catalogue.songs.set_file(song_id, file | span)
    world.grade(range(42))
    return world

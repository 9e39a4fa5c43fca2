"""Endless choices of the next songs."""

import numpy as np
import pytest

from benchmarks.fake_catalogue import fill
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.radio import N_APART, Radio, next_songs
from utawaku.library.records import Song
from utawaku.library.store.embeddings import EMBEDDING_KIND, N_EMBEDDING

N_SONGS = 36


@pytest.fixture
def songs(catalogue: Catalogue) -> list[Song]:
    """Songs with titles of their own, in two groups that sound alike."""
    fill(catalogue, N_SONGS)
    found = catalogue.songs.select()
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(2, N_EMBEDDING))
    for n, song in enumerate(found):
        catalogue.songs.set_label(song.id, f"title {n}", "artist", "user")
        catalogue.grades.clear(song.id)
        vector = centres[n % 2] + 0.3 * rng.normal(size=N_EMBEDDING)
        catalogue.taste.put_embedding(
            song.id, EMBEDDING_KIND, vector, model_version="1", start_s=0, stop_s=30
        )
    return catalogue.songs.select()


def test_the_radio_plays_songs_of_the_same_sound_and_never_ends(
    catalogue: Catalogue, settings: Settings, songs: list[Song]
) -> None:
    radio = Radio("like", songs[0].id, "title 0")
    alike = {song.id for n, song in enumerate(songs) if n % 2 == 0}
    heard = [songs[0].id]
    first = next_songs(radio, heard, catalogue, settings, n=8)
    assert len(first) == 8
    assert set(first) <= alike - {songs[0].id}
    while len(heard) < 3 * N_SONGS:
        chosen = next_songs(radio, heard, catalogue, settings)
        assert chosen
        assert not set(chosen) & set(heard[-N_APART:])
        heard += chosen


def test_disliked_songs_and_the_same_title_again_are_left_out(
    catalogue: Catalogue, settings: Settings, songs: list[Song]
) -> None:
    radio = Radio("like", songs[0].id, "title 0")
    first, second, *_rest = next_songs(radio, [songs[0].id], catalogue, settings)
    catalogue.grades.give(first, grade=-1)
    catalogue.songs.set_label(second, "Title ０", "artist", "user")
    chosen = next_songs(radio, [songs[0].id], catalogue, settings, n=N_SONGS)
    assert first not in chosen
    assert second not in chosen


def test_never_played_and_best_of_a_channel_choose_by_their_rule(
    catalogue: Catalogue, settings: Settings, songs: list[Song]
) -> None:
    for song in songs[10:]:
        catalogue.grades.played(song.id, 0.0, 60.0)
    unheard = {song.id for song in songs if catalogue.songs.get(song.id).play_count == 0}
    chosen = next_songs(Radio("never"), [], catalogue, settings, n=5)
    assert chosen
    assert set(chosen) <= unheard
    channel = songs[0].channel
    theirs = [song for song in songs if song.channel == channel]
    catalogue.grades.give(theirs[-1].id, stars=5)
    best = next_songs(Radio("channel", channel, channel), [], catalogue, settings, n=3)
    assert best[0] == theirs[-1].id
    assert set(best) <= {song.id for song in theirs}


def test_a_radio_is_kept_and_read_back_and_nonsense_is_none() -> None:
    radio = Radio("like", "s@1", "夜")
    assert Radio.read(radio.stored()) == radio
    assert Radio.read({"kind": "loud"}) is None
    assert Radio.read([1]) is None

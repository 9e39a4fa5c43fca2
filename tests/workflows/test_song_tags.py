"""Tags of song files and the catalogue in step, whichever of them changed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from mutagen.id3 import POPM, USLT

from tests.models.song_files import write
from tests.workflows.song_world import CODECS, World
from utawaku.library import migrations
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, TagSettings
from utawaku.library.records import SongSpan
from utawaku.library.store.song_files import SongFile
from utawaku.library.tags import read_tags
from utawaku.workflows.song_files import Counts, file_away, keep_in_step
from utawaku.workflows.song_tags import (
    Outcome,
    genre_of,
    short_key,
    tags_are_true,
    tags_for,
)


@pytest.fixture(params=CODECS)
def world(request: pytest.FixtureRequest, catalogue: Catalogue, settings: Settings) -> World:
    return World(catalogue, settings, request.param)


@pytest.fixture
def mp3(catalogue: Catalogue, settings: Settings) -> World:
    return World(catalogue, settings, "mp3")


def texts_in(path: Path) -> set[str]:
    """Every text among a file's tags, whatever its name."""
    tags = mutagen.File(path).tags
    # Comments of Ogg and FLAC are a list of pairs; frames hold texts, atoms bytes or texts.
    values = [v for _, v in tags] if isinstance(tags, list) else list(tags.values())
    found: set[str] = set()
    for value in values:
        for one in value if isinstance(value, list) else getattr(value, "text", [value]):
            found.add(bytes(one).decode() if isinstance(one, bytes) else str(one))
    return found


def test_what_is_in_step_is_not_opened_again(world: World) -> None:
    assert world.step() is Outcome.UNCHANGED
    before = world.path.stat().st_mtime_ns
    damaged = world.path.read_bytes()
    assert world.step() is Outcome.UNCHANGED
    assert (world.path.stat().st_mtime_ns, world.path.read_bytes()) == (before, damaged)


def test_names_that_another_program_changed_are_the_users_own(world: World) -> None:
    world.edit(title="Into the Night", artist="Ayase")
    assert world.step() is Outcome.TAKEN_OVER
    song = world.song
    assert (song.title, song.artist, song.label_source) == ("Into the Night", "Ayase", "user")
    tags = read_tags(world.path)
    assert (tags.title, tags.artist, tags.original_artist) == ("Into the Night", "Ayase", "Ayase")
    assert world.step() is Outcome.UNCHANGED
    world.catalogue.songs.set_label(song.id, "Guess", "Nobody", "shazam")  # may not
    assert world.song.title == "Into the Night"


def test_a_file_that_was_made_anew_without_tags_is_no_edit(world: World) -> None:
    world.catalogue.songs.set_label(world.song.id, "夜", "ヨルシカ", "user")
    world.catalogue.grades.give(world.song.id, stars=5)
    world.step()
    codec = CODECS[world.path.suffix.removeprefix(".")]
    write(world.path, np.zeros((1, 24_000), np.float32), 48_000, codec)
    assert world.step() is Outcome.WRITTEN
    assert (world.song.title, world.song.artist, world.song.stars) == ("夜", "ヨルシカ", 5)
    tags = read_tags(world.path)
    assert (tags.title, tags.artist, tags.stars) == ("夜", "ヨルシカ", 5)


def test_the_users_edit_in_utawaku_goes_into_the_file(world: World) -> None:
    world.catalogue.songs.set_label(world.song.id, "夜", "ヨルシカ", "user")
    assert world.step() is Outcome.WRITTEN
    assert (read_tags(world.path).title, read_tags(world.path).artist) == ("夜", "ヨルシカ")


def test_score_and_tags_are_written_where_wanted_and_taken_out_again(world: World) -> None:
    catalogue, song = world.catalogue, world.song
    catalogue.taste.put_scores({song.id: 0.832}, model_version="1")
    catalogue.songs.set_tags(song.id, {"beautiful": 0.6, "female vocals": 0.5}, source="musicnn")
    assert world.step() is Outcome.UNCHANGED
    assert read_tags(world.path).taste is None
    world.settings = world.settings.model_copy(update={"tags": TagSettings(heard=True)})
    assert world.step() is Outcome.WRITTEN
    found = read_tags(world.path)
    assert found.taste == "0.85"
    assert found.heard_tags is not None
    assert set(found.heard_tags.split("; ")) == {"beautiful", "female vocals"}
    assert texts_in(world.path) >= {"0.85", found.heard_tags}
    assert world.step() is Outcome.UNCHANGED
    catalogue.taste.put_scores({song.id: 0.86}, model_version="2")  # less than a step
    assert world.step() is Outcome.UNCHANGED
    catalogue.taste.put_scores({song.id: 0.31}, model_version="3")
    assert world.step() is Outcome.WRITTEN
    assert read_tags(world.path).taste == "0.30"
    world.settings = world.settings.model_copy(update={"tags": TagSettings()})
    assert world.step() is Outcome.WRITTEN
    assert not texts_in(world.path) & {"0.30", found.heard_tags}
    assert (read_tags(world.path).taste, read_tags(world.path).heard_tags) == (None, None)
    assert world.step() is Outcome.UNCHANGED
    assert world.song.tags


def test_a_score_that_another_program_changed_is_no_edit(mp3: World) -> None:
    mp3.settings = mp3.settings.model_copy(update={"tags": TagSettings(heard=True)})
    mp3.catalogue.taste.put_scores({mp3.song.id: 0.7}, model_version="1")
    mp3.step()
    mp3.change(lambda tags: tags.delall("TXXX:UTAWAKU_TASTE"))
    assert read_tags(mp3.path).taste is None
    assert mp3.step() is Outcome.WRITTEN
    assert read_tags(mp3.path).taste == "0.70"
    assert mp3.catalogue.song_files.of(mp3.song.id).edits == {}


def test_where_both_changed_utawaku_has_the_last_word(world: World) -> None:
    world.edit(title="theirs")
    world.catalogue.songs.set_label(world.song.id, "ours", "us", "user")
    world.step()
    assert (world.song.title, read_tags(world.path).title) == ("ours", "ours")


def test_a_new_guess_of_an_engine_gives_way_to_an_edit_in_the_file(world: World) -> None:
    world.edit(title="theirs")
    world.catalogue.songs.set_label(world.song.id, "a better guess", "somebody", "shazam")
    world.step()
    assert (world.song.title, read_tags(world.path).title) == ("theirs", "theirs")


def test_fields_without_a_place_in_the_catalogue_stay_as_the_user_has_them(world: World) -> None:
    world.edit(album="Best of Mio", date="2020-02-02", genre="J-Rock")
    assert world.step() is Outcome.TAKEN_OVER
    world.catalogue.songs.set_label(world.song.id, "new", "name", "user")
    assert world.step() is Outcome.WRITTEN
    tags = read_tags(world.path)
    assert (tags.album, tags.date, tags.genre) == ("Best of Mio", "2020-02-02", "J-Rock")
    assert (tags.title, tags.album_artist) == ("new", "Mio")


def test_a_field_that_the_user_removed_stays_away(world: World) -> None:
    world.edit(date="")
    assert world.step() is Outcome.TAKEN_OVER
    world.catalogue.songs.set_label(world.song.id, "new", "name", "user")
    world.step()
    assert read_tags(world.path).date is None


def test_an_edit_outlives_a_new_cut_and_measurements_do_not(world: World) -> None:
    world.edit(album="Best of Mio")
    world.step()
    files = world.catalogue.song_files
    known = files.of(world.song.id)
    files.put(world.song.id, replace(known, edits={**known.edits, "replaygain_gain_db": -1.0}))
    files.cut_again(world.song.id, ("replaygain_gain_db",))
    write(world.path, np.ones((1, 48_000), np.float32), 48_000, CODECS[world.path.suffix[1:]])
    assert world.step() is Outcome.WRITTEN
    tags = read_tags(world.path)
    assert (tags.album, tags.title) == ("Best of Mio", "夜に駆ける")
    assert tags.replaygain_gain_db is None


def test_stars_go_both_ways(mp3: World) -> None:
    mp3.catalogue.grades.give(mp3.song.id, stars=4)
    assert mp3.step() is Outcome.WRITTEN
    assert read_tags(mp3.path).stars == 4
    mp3.change(lambda tags: tags.add(POPM(email="Windows Media Player 9 Series", rating=64)))
    assert mp3.step() is Outcome.TAKEN_OVER
    assert mp3.song.stars == 2
    assert [frame.rating for frame in mutagen.File(mp3.path).tags.getall("POPM")] == [64, 64]
    mp3.catalogue.grades.give(mp3.song.id, grade=1, stars=5)
    mp3.step()
    mp3.catalogue.grades.take_stars_off(mp3.song.id)
    assert mp3.step() is Outcome.WRITTEN
    assert (read_tags(mp3.path).stars, mp3.song.stars, mp3.song.grade) == (None, None, 1)


def test_stars_taken_off_by_another_program_are_taken_off_here(mp3: World) -> None:
    mp3.catalogue.grades.give(mp3.song.id, stars=4)
    mp3.step()

    def unrate(tags: Any) -> None:
        tags.delall("POPM")
        tags.delall("TXXX:FMPS_RATING")

    mp3.change(unrate)
    assert mp3.step() is Outcome.TAKEN_OVER
    assert mp3.song.stars is None
    assert mp3.catalogue.grades.history(mp3.song.id)[0].context["where"] == "file"


def test_stars_in_a_file_of_an_older_utawaku_are_not_lost(mp3: World) -> None:
    mp3.catalogue.song_files.put(mp3.song.id, SongFile())
    mp3.change(lambda tags: tags.add(POPM(email="other", rating=196)))
    assert mp3.step() is Outcome.TAKEN_OVER
    assert mp3.song.stars == 4


def test_lyrics_from_picard_stay(mp3: World) -> None:
    mp3.change(lambda tags: tags.add(USLT(encoding=3, lang="xxx", desc="", text="la la")))
    mp3.step()
    mp3.catalogue.songs.set_label(mp3.song.id, "new", "name", "user")
    mp3.step()
    assert read_tags(mp3.path).lyrics == "la la"


def test_the_artist_is_the_original_one_or_the_singer(mp3: World) -> None:
    mp3.settings = mp3.settings.model_copy(update={"tags": TagSettings(artist="singer")})
    assert mp3.step() is Outcome.WRITTEN
    tags = read_tags(mp3.path)
    assert (tags.artist, tags.original_artist, tags.performer) == ("Mio", "YOASOBI", "Mio")
    mp3.edit(artist="Mio & Rin")
    mp3.step()
    assert (mp3.song.singer, mp3.song.artist) == ("Mio & Rin", "YOASOBI")


def test_the_album_is_the_streams_title_with_its_day_where_wanted(mp3: World) -> None:
    assert read_tags(mp3.path).album == "evening"
    mp3.settings = mp3.settings.model_copy(update={"tags": TagSettings(album="dated")})
    assert mp3.step() is Outcome.WRITTEN
    assert read_tags(mp3.path).album == "2026-11-01 evening"
    assert mp3.step() is Outcome.UNCHANGED


def test_pulse_key_and_genre_are_told_as_players_read_them(mp3: World) -> None:
    song = replace(mp3.song, bpm=127.6, key="F# minor", tags=("female vocal", "j-pop", "rock"))
    tags = tags_for(song, mp3.stream, 1, mp3.catalogue)
    assert (tags.bpm, tags.key, tags.genre) == (128, "F#m", "JPop")
    assert (genre_of("guitar"), short_key("C major"), short_key("")) == ("", "C", "")
    assert not tags_are_true(mp3.path, tags)


def test_the_nightly_round_takes_edits_over_and_renames_the_file(mp3: World) -> None:
    mp3.catalogue.assets.started("youtube-a", "library_files", run_id="r")
    mp3.edit(title="Into the Night")
    assert keep_in_step(mp3.catalogue, mp3.settings).n_taken_over == 0  # a run is at it
    mp3.catalogue.assets.done(
        "youtube-a", "library_files", engine="cutter", engine_version="1", metadata={}
    )
    counts = keep_in_step(mp3.catalogue, mp3.settings)
    assert (counts.n_taken_over, counts.n_moved, counts.n_unusable) == (1, 1, 0)
    assert "Into the Night" in mp3.path.name
    assert keep_in_step(mp3.catalogue, mp3.settings) == Counts()
    mp3.path.write_bytes(b"no song")
    assert keep_in_step(mp3.catalogue, mp3.settings).n_unusable == 1


def test_filing_a_song_counts_what_was_taken_over(mp3: World) -> None:
    mp3.edit(artist="Ayase")
    counts = Counts()
    file_away(mp3.song, mp3.stream, 1, mp3.catalogue, mp3.settings, counts)
    assert (counts.n_taken_over, counts.n_retagged, mp3.song.artist) == (1, 1, "Ayase")


def test_a_catalogue_that_kept_no_account_of_its_files_is_upgraded(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'old.db'}")
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO streams (id, url, added_at) VALUES ('s', 'u', 1)")
    engine.dispose()
    opened = Catalogue.open_url(f"sqlite:///{tmp_path / 'old.db'}")
    opened.songs.reconcile("s", [SongSpan(0, 0.0, 1.0, "smart", 1.0)], made_by="x")
    (song,) = opened.songs.of_stream("s")
    assert not opened.song_files.of(song.id).written
    opened.song_files.put(song.id, SongFile({"title": "t"}, {"album": ""}, 2**62, 2**40))
    assert opened.song_files.of(song.id) == SongFile({"title": "t"}, {"album": ""}, 2**62, 2**40)
    opened.close()

"""Catalogues made before recordings had one clock: what changes is stale, and carried over."""

from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import utawaku.library.migrations
from tests.media.test_timeline import noise, write
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Setlist, SetlistLine, SongSpan
from utawaku.media.decode import decode
from utawaku.media.timeline import Timeline
from utawaku.workflows.timelines import carry_times, outdate_changed_times


def old_library(tmp_path: Path, recordings: dict[str, float]) -> tuple[Catalogue, Settings]:
    """Make a catalogue as c4cbdbe left it, upgraded: streams with a song of 7 to 9 s each.

    `recordings` are files in the library with the seconds of sound that were decoded of them.
    """
    path = tmp_path / "old.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(utawaku.library.migrations.__file__).parent))
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
    with engine.begin() as connection:
        for name, decoded_s in recordings.items():
            connection.execute(
                sa.text(
                    "INSERT INTO streams (id, url, added_at, recording_path)"
                    " VALUES (:id, :id, 1, :path)"
                ),
                {"id": name, "path": f"{name}.webm"},
            )
            connection.execute(
                sa.text(
                    "INSERT INTO songs (id, stream_id, position, start_s, stop_s, boundary_source,"
                    " confidence, title, added_at, grade, file_path, file_start_s, file_stop_s)"
                    " VALUES (:id || '@7000', :id, 0, 7, 9, 'user', 1, 'a song', 1, 1, 'a.opus',"
                    " 7, 9)"
                ),
                {"id": name},
            )
            connection.execute(
                sa.text(
                    "INSERT INTO asset_states"
                    " (stream_id, asset, state, engine_version, finished_at, metadata)"
                    " VALUES (:id, 'segments', 'done', '1', 1, json_object('duration_s', :length))"
                ),
                {"id": name, "length": decoded_s},
            )
    engine.dispose()
    settings = load_settings(catalogue_url=f"sqlite:///{path}", library_root=tmp_path)
    return Catalogue.open(settings), settings


def test_only_streams_whose_times_change_become_stale(tmp_path: Path) -> None:
    write(tmp_path / "plain.webm", noise(12.0), "libopus")
    write(tmp_path / "gap.webm", noise(12.0), "libopus", gap=(6.0, 3.5))
    catalogue, settings = old_library(tmp_path, {"plain": 12.0, "gap": 12.0})
    assert sorted(catalogue.timelines.counted()) == ["gap", "plain"]
    assert outdate_changed_times(catalogue, settings) == 1
    assert catalogue.assets.of("plain")["segments"].engine_version == "1"
    stale = catalogue.assets.stale("segments", "1", models={}, upstream=(), dropped=True)
    assert [stream_id for stream_id, _ in stale] == ["gap"]
    assert catalogue.timelines.counted() == []
    assert outdate_changed_times(catalogue, settings) == 0
    catalogue.close()


def test_songs_are_carried_once_and_keep_identity_grade_and_file(tmp_path: Path) -> None:
    path = write(tmp_path / "gap.webm", noise(12.0), "libopus", gap=(6.0, 3.5))
    catalogue, _ = old_library(tmp_path, {"gap": 12.0})
    reader = decode(path, sample_rate_hz=16_000, n_channels=1)
    np.concatenate(list(reader))
    assert carry_times("gap", reader.timeline, catalogue) == 1
    assert carry_times("gap", reader.timeline, catalogue) == 0
    (song,) = catalogue.songs.of_stream("gap")
    assert (song.id, song.title, song.grade, song.file_path) == ("gap@7000", "a song", 1, "a.opus")
    assert song.boundary_source == "user"
    assert (song.start_s, song.stop_s) == pytest.approx((10.5, 12.5), abs=0.03)
    # The file was cut at the container's stamps: it holds another span, and is cut again.
    assert (song.file_start_s, song.file_stop_s) == (7.0, 9.0)
    catalogue.songs.reconcile(
        "gap",
        [SongSpan(index=0, start_s=10.4, stop_s=12.6, source="smart", confidence=0.9)],
        made_by="x",
    )
    assert [one.id for one in catalogue.songs.of_stream("gap")] == ["gap@7000"]
    catalogue.close()


def test_a_setlist_keeps_its_times_which_were_the_players_and_meets_the_carried_song(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "gap.webm", noise(12.0), "libopus", gap=(6.0, 3.5))
    catalogue, _ = old_library(tmp_path, {"gap": 12.0})
    setlist = Setlist((SetlistLine(10.5, "夜に"), SetlistLine(14.0, "おわり")), "user", 1.0)
    catalogue.setlists.set_users("gap", setlist)
    reader = decode(path, sample_rate_hz=16_000, n_channels=1)
    np.concatenate(list(reader))
    assert carry_times("gap", reader.timeline, catalogue) == 1
    (kept,) = catalogue.setlists.of_stream("gap")
    assert kept == setlist
    (song,) = catalogue.songs.of_stream("gap")
    assert kept.lines[0].start_s == pytest.approx(song.start_s, abs=0.05)
    catalogue.close()


def test_sound_that_starts_late_moves_song_and_file_alike(tmp_path: Path) -> None:
    catalogue, _ = old_library(tmp_path, {"late": 12.0})
    timeline = Timeline(starts_s=2.0, pieces=[(0.0, 2.0)])
    assert carry_times("late", timeline, catalogue) == 1
    (song,) = catalogue.songs.of_stream("late")
    assert (song.start_s, song.stop_s, song.file_start_s, song.file_stop_s) == (9, 11, 9, 11)
    catalogue.close()


def test_a_file_of_a_clock_that_restarted_is_cut_again(tmp_path: Path) -> None:
    catalogue, _ = old_library(tmp_path, {"again": 12.0})
    timeline = Timeline(n_restarts=1, pieces=[(0.0, 0.0), (6.0, 6.0)])
    carry_times("again", timeline, catalogue)
    (song,) = catalogue.songs.of_stream("again")
    assert (song.start_s, song.stop_s) == (7, 9)
    assert song.file_start_s is None
    assert song.file_path == "a.opus"
    catalogue.close()

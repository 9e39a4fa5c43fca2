"""Playlists on request: the file, what is told of it, and what is done when it cannot be made."""

from pathlib import Path

import av
import pytest

from tests.fixtures.pipeline import Pipeline
from tests.stored_requests import store_row
from tests.tui.conftest import write_tone
from utawaku.jobs.playlists import make_playlists
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.playlists import PlaylistOptions
from utawaku.library.records import Request, SongSpan, Stream
from utawaku.library.requests import MakePlaylist
from utawaku.library.schema import songs


@pytest.fixture
def song_ids(catalogue: Catalogue, settings: Settings) -> list[str]:
    """Two songs of three seconds with files, and one without."""
    catalogue.streams.save(Stream("file-1", "/tmp/1.opus", title="歌枠"))
    spans = [
        SongSpan(i, i * 300, i * 300 + 3, "smart", 0.9, title=f"歌{i}", artist="[b]人")
        for i in range(3)
    ]
    catalogue.songs.reconcile("file-1", spans, made_by="test")
    ids = [song.id for song in catalogue.songs.of_stream("file-1")]
    for number, song_id in enumerate(ids[:2]):
        path = write_tone(settings.library_root / f"Songs/{number}.wav", 300 + 200 * number, 3)
        relative = path.relative_to(settings.library_root).as_posix()
        with catalogue.write() as connection:
            connection.execute(
                songs.update().where(songs.c.id == song_id).values(file_path=relative)
            )
    return ids


def asked(catalogue: Catalogue, options: PlaylistOptions) -> Request:
    return catalogue.requests.file(MakePlaylist(options=options))


def wish_for(song_ids: list[str], file: Path) -> PlaylistOptions:
    return PlaylistOptions(
        "夜 <b>", str(file), tuple(song_ids), highlights=False, order="query", crossfade_s=1.0
    )


def test_the_songs_are_joined_and_the_user_is_told_where(
    catalogue: Catalogue, pipeline: Pipeline, song_ids: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "Playlists" / "夜.opus"
    request = asked(catalogue, wish_for([song_ids[1], song_ids[0], song_ids[2]], file))
    (run,) = pipeline.drain()
    assert run.job_name == make_playlists.name
    assert catalogue.requests.get(request.id).state == "running"
    pipeline.carry_out(run)
    done = catalogue.requests.get(request.id)
    assert done.state == "done"
    assert done.message == "2 songs, 0:05; 1 left out: they have no file that plays"
    with av.open(str(file)) as container:
        titles = [chapter["metadata"]["title"] for chapter in container.chapters()]
        assert titles == ["[b]人 - 歌1", "[b]人 - 歌0"]
    assert "1.wav" in file.with_suffix(".m3u8").read_text("utf-8")
    (notice,) = catalogue.notices.recent()
    assert notice.title == "Playlist made: 夜 <b>"
    assert str(file) in notice.body
    assert not pipeline.drain()


def test_one_that_cannot_be_made_is_given_up_with_the_reason(
    catalogue: Catalogue, pipeline: Pipeline, song_ids: list[str], tmp_path: Path
) -> None:
    request = asked(catalogue, wish_for(song_ids[2:], tmp_path / "none.opus"))
    (run,) = pipeline.drain()
    pipeline.carry_out(run)
    failed = catalogue.requests.get(request.id)
    assert failed.state == "failed"
    assert "has a file" in failed.message
    assert not (tmp_path / "none.opus").exists()
    assert any("Given up" in notice.title for notice in catalogue.notices.recent())


def test_one_that_was_cancelled_before_its_run_began_is_not_made(
    catalogue: Catalogue, pipeline: Pipeline, song_ids: list[str], tmp_path: Path
) -> None:
    request = asked(catalogue, wish_for(song_ids[:2], tmp_path / "late.opus"))
    (run,) = pipeline.drain()
    catalogue.requests.cancel(request.id)
    assert not pipeline.carry_out(run, raises=False).success
    assert catalogue.requests.get(request.id).state == "cancelled"
    assert not (tmp_path / "late.opus").exists()


def test_one_that_is_cancelled_at_work_stops(
    catalogue: Catalogue,
    pipeline: Pipeline,
    song_ids: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("utawaku.jobs.playlists.REPORT_EVERY_S", 0.0)
    request = asked(catalogue, wish_for(song_ids[:2], tmp_path / "stopped.opus"))
    (run,) = pipeline.drain()
    progressed = type(catalogue.requests).progressed

    def cancel_then(requests: object, request_id: int, progress: float, message: str) -> None:
        catalogue.requests.cancel(request_id)
        progressed(catalogue.requests, request_id, progress, message)

    # The user's cancelling is put between two steps of the work, which has no other clock.
    monkeypatch.setattr(type(catalogue.requests), "progressed", cancel_then)
    pipeline.carry_out(run)
    assert catalogue.requests.get(request.id).state == "cancelled"
    assert list(tmp_path.glob("*stopped*")) == []


@pytest.mark.parametrize(
    "change",
    [
        {"song_ids": []},
        {"order": "moon"},
        {"file": "/tmp/x.exe"},
        {"crossfade_s": 99},
        {"name": ""},
    ],
)
def test_a_request_that_makes_no_sense_is_given_up(
    catalogue: Catalogue, pipeline: Pipeline, song_ids: list[str], change: dict[str, object]
) -> None:
    arguments = wish_for(song_ids, Path("/tmp/x.opus")).arguments() | change
    request = store_row(catalogue, "playlist", "/tmp/x.opus", arguments)
    for run in pipeline.drain():
        pipeline.carry_out(run)
    assert catalogue.requests.get(request.id).state == "failed"

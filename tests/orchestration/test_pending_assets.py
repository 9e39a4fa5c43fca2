"""Which artefacts are still to be made."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import utawaku.assets  # noqa: F401  binds the artefacts
from utawaku.library.artefacts import CHAIN
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Segment, Setlist, SetlistLine, Song, SongSpan, Stream
from utawaku.orchestration.pending_assets import pending_assets
from utawaku.orchestration.present_versions import present_versions
from utawaku.orchestration.versions import DATA_VERSION, INPUTS, inputs_of
from utawaku.workflows import embeddings, highlights, segments, songs
from utawaku.workflows import song_files as library_files
from utawaku.workflows import stream_labels as labels
from utawaku.workflows.segments import segments_tile
from utawaku.workflows.songs import songs_astray


@pytest.fixture
def stream(catalogue: Catalogue, settings: Settings) -> Stream:
    """A stream for which everything is done."""
    recording = settings.library_root / "Streams" / "file-1" / "recording.opus"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"audio")
    segments.analysis_file("file-1", settings).write_bytes(b"curves")
    made = catalogue.streams.save(
        Stream("file-1", "/evening.opus", recording_path="Streams/file-1/recording.opus")
    )
    catalogue.songs.reconcile("file-1", [SongSpan(0, 10, 100, "smart", 1)], made_by="x")
    song_file = settings.songs_dir / "a.opus"
    song_file.parent.mkdir(parents=True)
    song_file.write_bytes(b"song")
    catalogue.songs.set_file(
        "file-1@10000",
        {"file_path": "Songs/a.opus", "file_start_s": 10.0, "file_stop_s": 100.0},
    )
    rules = songs.rules_of(made, catalogue, settings)
    made_with: dict[str, Any] = {
        "recordings": {},
        "segments": segments.made_with(settings),
        "songs": songs.made_with(rules, None, made.duration_s),
        "labels": labels.made_with(settings),
        "library_files": library_files.made_with(settings),
        "highlights": highlights.made_with(settings),
        "embeddings": embeddings.made_with(),
    }
    for name in CHAIN:
        catalogue.assets.done(
            "file-1",
            name,
            engine="e",
            engine_version=present_versions(settings)[name].engine_version or "",
            metadata={
                "made_with": made_with.get(name),
                INPUTS: inputs_of(name, "file-1", catalogue, settings),
                DATA_VERSION: name,
            },
        )
    return made


def test_a_new_stream_needs_the_whole_chain(catalogue: Catalogue, settings: Settings) -> None:
    new = catalogue.streams.save(Stream("file-2", "/x.opus"))
    assert pending_assets(new, catalogue, settings) == list(CHAIN)


def test_a_finished_stream_needs_nothing(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    assert pending_assets(stream, catalogue, settings) == []


def test_what_is_asked_for_again_brings_what_depends_on_it(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    wanted = pending_assets(stream, catalogue, settings, again=["songs"])
    assert wanted == list(CHAIN[CHAIN.index("songs") :])


@pytest.mark.parametrize(
    ("variable", "value", "first"),
    [
        ("UTAWAKU_SEGMENTS__MODE", "exact", "segments"),
        ("UTAWAKU_SONGS", '{"strategy": "classic"}', "songs"),
        ("UTAWAKU_CUT__CODEC", "flac", "library_files"),
    ],
)
def test_a_changed_setting_makes_due_what_it_decides(
    stream: Stream,
    catalogue: Catalogue,
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str,
    first: str,
) -> None:
    monkeypatch.setenv(variable, value)
    assert pending_assets(stream, catalogue, load_settings())[0] == first


def test_a_failed_artefact_is_due(stream: Stream, catalogue: Catalogue, settings: Settings) -> None:
    catalogue.assets.failed("file-1", "songs", "no weights")
    assert pending_assets(stream, catalogue, settings)[0] == "songs"


def test_a_users_setlist_makes_songs_due(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    given = Setlist((SetlistLine(10.0, "夜に駆ける"),), source="user", score=1.0)
    catalogue.setlists.set_users("file-1", given)
    assert pending_assets(stream, catalogue, settings)[0] == "songs"


def test_a_moved_boundary_makes_the_file_due(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    catalogue.songs.set_span("file-1@10000", 12.0, 100.0)
    assert pending_assets(stream, catalogue, settings)[0] == "library_files"


def test_a_vanished_song_file_is_cut_again(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    (settings.songs_dir / "a.opus").unlink()
    assert pending_assets(stream, catalogue, settings)[0] == "library_files"


def test_a_recording_dropped_on_purpose_is_not_fetched_again(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    (settings.library_root / stream.recording_path).unlink()
    assert pending_assets(stream, catalogue, settings)[0] == "recordings"
    dropped = catalogue.streams.save(replace(stream, dropped_at=1.0))
    assert pending_assets(dropped, catalogue, settings) == []


def test_segments_with_a_gap_or_an_overlap_do_not_tile() -> None:
    whole = (Segment("speech", 0.0, 4.0), Segment("music", 4.0, 9.0))
    assert segments_tile(whole, 9.0)
    assert not segments_tile(whole, 10.0)
    assert not segments_tile((whole[0], Segment("music", 4.5, 9.0)), 9.0)
    assert not segments_tile((whole[0], Segment("music", 3.5, 9.0)), 9.0)


def test_songs_that_overlap_or_leave_the_recording_are_not_apart() -> None:
    song = Song("a@0", "a", 0, 0.0, 50.0, "smart", 1.0)
    after = replace(song, id="a@1", start_s=50.0, stop_s=90.0)
    assert songs_astray([song, after], 90.0) == []
    assert songs_astray([song, replace(after, start_s=49.0)], 90.0) == ["a@1"]
    assert songs_astray([replace(song, stop_s=91.0)], 90.0) == ["a@0"]


def test_files_never_leave_the_songs_folder(
    stream: Stream, catalogue: Catalogue, settings: Settings
) -> None:
    hostile = replace(
        catalogue.songs.get("file-1@10000"), title="../../etc/passwd", artist="\x1b[2J/.."
    )
    path = library_files.song_path(hostile, replace(stream, channel=".."), settings, "opus")
    assert Path(path).resolve().is_relative_to(settings.songs_dir.resolve())

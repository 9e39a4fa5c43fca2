"""What is stale, and the last success beside the last attempt."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import utawaku.library.migrations
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Stream
from utawaku.library.staleness import (
    INPUTS_ONLY,
    Present,
    Version,
    keep_present,
    kept_present,
    stale_artefacts,
)

PRESENT: Present = {
    "segments": Version("1", {"segmenter_weights": "w1"}),
    "songs": Version("1", {"song_scorer": "s1"}),
}


@pytest.fixture
def made(catalogue: Catalogue) -> Catalogue:
    """A stream with segments, and songs made from them."""
    catalogue.streams.save(Stream("a", "/a.opus"))
    make_segments(catalogue)
    inputs = {"segments": "seg-w1", "song_scorer": "s1"}
    metadata = {"inputs": inputs, "data_version": "songs1"}
    catalogue.assets.done("a", "songs", engine="s", engine_version="1", metadata=metadata)
    return catalogue


def make_segments(catalogue: Catalogue, weights: str = "w1") -> None:
    metadata = {"inputs": {"segmenter_weights": weights}, "data_version": f"seg-{weights}"}
    catalogue.assets.done(
        "a",
        "segments",
        engine="sm",
        engine_version="1",
        model_version=weights,
        metadata=metadata,
        run_id="first",
    )


def stale(catalogue: Catalogue, present: Present = PRESENT) -> list[str]:
    return [one.asset for one in stale_artefacts(catalogue, present, stream_id="a")]


def test_what_another_engine_model_or_input_made_is_stale(made: Catalogue) -> None:
    assert stale(made) == []
    other_model = {**PRESENT, "segments": Version("1", {"segmenter_weights": "w2"})}
    assert stale(made, other_model) == ["segments"]
    other_engine = {**PRESENT, "songs": Version("2", {"song_scorer": "s1"})}
    assert stale(made, other_engine) == ["songs"]
    make_segments(made, "w2")
    assert stale(made, other_model) == ["songs"]  # made from the segments of before
    assert stale(made, INPUTS_ONLY) == ["songs"]


@pytest.mark.parametrize("ends", ["fails", "is going on"])
def test_an_attempt_that_does_not_succeed_leaves_the_last_success_as_it_was(
    made: Catalogue, ends: str
) -> None:
    before = made.assets.of("a")["segments"]
    made.assets.started("a", "segments", run_id="second")
    if ends == "fails":
        made.assets.failed("a", "segments", "no space", error="DiskFullError", exit_code=7)
    now = made.assets.of("a")["segments"]
    for name in ("engine", "engine_version", "model_version", "metadata", "made_at", "made_by_run"):
        assert getattr(now, name) == getattr(before, name), name
    assert now.is_made
    assert now.run_id == "second"
    if ends == "fails":
        assert (now.state, now.message) == ("failed", "no space")
        assert now.trouble["error"] == "DiskFullError"
    assert stale(made) == []
    assert made.assets.runs() == {"first", "second"}  # neither is deleted from Dagster
    make_segments(made)
    assert made.assets.of("a")["segments"].trouble == {}


def test_an_artefact_that_never_succeeded_is_not_stale(catalogue: Catalogue) -> None:
    catalogue.streams.save(Stream("a", "/a.opus"))
    catalogue.assets.started("a", "segments")
    assert stale(catalogue) == []
    catalogue.assets.failed("a", "segments", "no weights")
    assert stale(catalogue) == []
    assert not catalogue.assets.of("a")["segments"].is_made
    assert catalogue.assets.done_streams("segments") == []


def test_the_screen_knows_what_is_stale_only_for_the_settings_that_it_was_told_for(
    made: Catalogue, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kept_present(made, settings) == {}
    keep_present(made, settings, PRESENT)
    assert kept_present(made, settings) == PRESENT
    other = {**PRESENT, "segments": Version("1", {"segmenter_weights": "w2"})}
    counts = {
        maker.asset: (maker.n_streams, maker.n_stale) for maker in made.overview.makers(other)
    }
    assert counts == {"segments": (1, 1), "songs": (1, 0)}
    assert [maker.n_stale for maker in made.overview.makers({})] == [None, None]
    monkeypatch.setenv("UTAWAKU_SEGMENTS__ENGINE", "smn")
    assert kept_present(made, load_settings()) == {}


def test_a_catalogue_of_before_keeps_its_successes_and_its_failures(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    engine = sa.create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(utawaku.library.migrations.__file__).parent))
    with engine.connect() as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0007")
    trouble = {"exit_code": 7, "error": "DiskFullError", "retry_after_s": None}
    rows = {
        "segments": ("done", {"data_version": "d"}, 20.0),
        "songs": ("running", {"data_version": "e"}, None),
        "labels": ("running", {}, None),
        "library_files": ("failed", trouble, 30.0),
    }
    with engine.begin() as connection:
        connection.execute(
            sa.text("INSERT INTO streams (id, url, added_at) VALUES ('a', '/a.opus', 1)")
        )
        for asset, (state, metadata, finished_at) in rows.items():
            connection.execute(
                sa.text(
                    "INSERT INTO asset_states (stream_id, asset, state, metadata, run_id,"
                    " started_at, finished_at)"
                    " VALUES ('a', :asset, :state, :metadata, 'r', 10, :at)"
                ),
                {
                    "asset": asset,
                    "state": state,
                    "metadata": json.dumps(metadata),
                    "at": finished_at,
                },
            )
    engine.dispose()
    opened = Catalogue.open(load_settings(catalogue_url=f"sqlite:///{path}"))
    states = opened.assets.of("a")
    opened.close()
    assert {name: state.made_at for name, state in states.items()} == {
        "segments": 20.0,
        "songs": 10.0,
        "labels": None,
        "library_files": None,
    }
    assert states["segments"].made_by_run == "r"
    assert states["library_files"].trouble == trouble
    assert states["library_files"].metadata == {}

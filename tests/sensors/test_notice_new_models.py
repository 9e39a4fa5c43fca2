"""Real other models in place of the old: what is stale, and that the user's work stays.

Catalogue and Dagster are asked side by side; each change is one that an update makes: other weights
of the separator, another highlight or taste model, other networks in the package itself.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import numpy as np
import onnx
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

import utawaku.models.highlight.model
import utawaku.models.songs.scorer
from tests.conftest import install_weights
from tests.fixtures.pipeline import Pipeline
from tests.models.taste_world import library_of
from tests.orchestration.test_rematerialize import record_models
from tests.servers.media_site import MediaSite
from utawaku.definitions import defs
from utawaku.demo import DemoTruth, make_demo_stream
from utawaku.jobs.taste import score_taste_job, train_taste_job
from utawaku.library.artefacts import ARTEFACTS, CHAIN
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import Song, Stream
from utawaku.library.requests import Ingest, IngestStream, LaySetlist, Rematerialize, Separate
from utawaku.library.staleness import stale_artefacts
from utawaku.library.tags import read_tags
from utawaku.media.probe import probe
from utawaku.models import registry
from utawaku.orchestration.present_versions import present_versions
from utawaku.workflows.taste import retrain_due

TEN_STEPS = 10
"""No request needs as many ticks."""


def serve(pipeline: Pipeline, catalogue: Catalogue) -> list[tuple[str, str]]:
    """Carry out what the requests ask for until none is open; (stream, artefact) made, in order."""
    made: list[tuple[str, str]] = []
    for _ in range(TEN_STEPS):
        runs = pipeline.drain()
        for run in runs:
            done = pipeline.carry_out(run)
            assert done.success
            for check in done.get_asset_check_evaluations():
                assert check.passed, (check.check_name, check.metadata)
            made += [
                (str(run.partition_key), key.to_user_string())
                for key in run.asset_selection or ()
                if key.to_user_string() in ARTEFACTS
            ]
        if not runs and not catalogue.requests.count("queued"):
            assert catalogue.requests.count("running") == 0
            return made
    raise AssertionError(f"still open: {catalogue.requests.recent()}")


def change_network(path: Path, rename: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """Put another network in place of one: an initializer of it changed, everything else as was."""
    network = onnx.load(path)
    (found,) = [one for one in network.graph.initializer if one.name == rename]
    values = change(onnx.numpy_helper.to_array(found).copy())
    found.CopyFrom(onnx.numpy_helper.from_array(values, found.name))
    path.write_bytes(network.SerializeToString())


def replace_weights(
    name: str, settings: Settings, initializer: str, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    """The same for weights of the registry, as after a pull of a newer release."""
    entry = registry.entry(name)
    file = settings.weights_dir / entry.file_name
    change_network(file, initializer, change)
    registry.store._keep(entry, settings.weights_dir, file, entry.raw_files[0])


def replace_arrays(source: Path, target: Path, name: str) -> None:
    """A copy of an npz with one array a little different."""
    with np.load(source) as found:
        arrays = {key: found[key] for key in found.files}
    arrays[name] = (arrays[name] * 1.01).astype(arrays[name].dtype)
    np.savez(target, **arrays)


@dataclass
class Evening:
    """A stream that was downloaded, cut, named and highlighted, and what is true about it."""

    site: MediaSite
    pipeline: Pipeline
    catalogue: Catalogue
    truth: DemoTruth
    stream: Stream
    made: list[tuple[str, str]] = field(default_factory=list)

    @property
    def songs(self) -> list[Song]:
        return self.catalogue.songs.of_stream(self.stream.id)

    def stale(self) -> set[tuple[str, str]]:
        """Return what catalogue and Dagster say alike; it fails where they differ."""
        record_models(self.pipeline)
        graph = defs().resolve_asset_graph()
        instance = self.pipeline.instance
        resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
        theirs = {
            (self.stream.id, name)
            for name in ARTEFACTS
            if resolver.get_status(dg.AssetKey(name), self.stream.id) == StaleStatus.STALE
        }
        ours = stale_artefacts(self.catalogue, present_versions(load_settings()))
        assert {(one.stream_id, one.asset) for one in ours} == theirs
        return {pair for pair in theirs if pair[1] in (*CHAIN, "stems")}

    def make_anew(self) -> list[str]:
        """One request; the artefacts that were made again, in order."""
        self.catalogue.requests.file(Rematerialize(asset="all"))
        return [name for _, name in serve(self.pipeline, self.catalogue)]


@pytest.fixture
def evening(
    catalogue: Catalogue,
    settings: Settings,
    pipeline: Pipeline,
    weights_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Evening]:
    """The whole chain over a short stream from a site, with the real networks."""
    install_weights(weights_dir, settings, "sm", "musicnn")
    monkeypatch.setenv("UTAWAKU_LABELS__SHAZAM", "false")
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__SLEEP_REQUESTS_S", "0")
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__SLEEP_S", "[0, 0]")
    truth = make_demo_stream(tmp_path / "evening.opus", seed=5, minutes=1.5)
    with MediaSite() as site:
        site.add("/evening.opus", (tmp_path / "evening.opus").read_bytes(), "audio/ogg")
        catalogue.requests.file(Ingest(source=site.url("/evening.opus")))
        made = serve(pipeline, catalogue)
        (stream,) = catalogue.streams.all()
        yield Evening(site, pipeline, catalogue, truth, stream, made)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_everything_the_user_did_is_still_there_after_a_model_update(
    evening: Evening, settings: Settings
) -> None:
    catalogue = evening.catalogue
    assert [name for _, name in evening.made] == list(CHAIN)
    assert len(evening.songs) >= 2
    pasted = evening.truth.setlist
    catalogue.requests.file(LaySetlist(stream_id=evening.stream.id, text=pasted))
    serve(evening.pipeline, catalogue)
    assert [song.title for song in evening.songs] == [one.title for one in evening.truth.songs]
    mine, other, *rest = evening.songs
    catalogue.edits.rename({mine.id: {"title": "夜に駆ける", "artist": "YOASOBI"}})
    catalogue.songs.set_tags(mine.id, {"お気に入り": 1.0}, source="user")
    catalogue.grades.give(mine.id, grade=1, stars=5)
    catalogue.edits.move(mine.id, mine.start_s + 1.5, mine.stop_s - 2.5)
    catalogue.edits.drop([other.id], "no_song")
    catalogue.requests.file(IngestStream(stream_id=evening.stream.id))
    serve(evening.pipeline, catalogue)
    before = catalogue.songs.get(mine.id)
    assert before.start_s == pytest.approx(mine.start_s + 1.5)
    assert before.stop_s == pytest.approx(mine.stop_s - 2.5)
    assert evening.stale() == set()

    replace_weights("sm", settings, "dense5.bias", lambda bias: bias + np.float32([0.0, 0.4]))
    assert evening.stale() == {(evening.stream.id, "segments")}
    remade = evening.make_anew()
    assert remade[:2] == ["segments", "songs"]
    assert "library_files" in remade
    assert evening.stale() == set()

    after = catalogue.songs.get(mine.id)
    for name in ("start_s", "stop_s", "title", "artist", "label_source", "grade", "stars", "tags"):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.title, after.artist, after.grade, after.stars) == ("夜に駆ける", "YOASOBI", 1, 5)
    assert "お気に入り" in after.tags
    assert other.id not in {song.id for song in evening.songs}
    assert catalogue.songs.get(other.id).state == "dropped"
    assert not (settings.library_root / other.file_path).exists()
    (setlist,) = catalogue.setlists.of_stream(evening.stream.id, source="user")
    assert [line.title for line in setlist.lines] == [one.title for one in evening.truth.songs]
    assert [song.title for song in evening.songs if song.id != mine.id] == [
        song.title for song in rest
    ]
    file = settings.library_root / after.file_path
    assert read_tags(file).title == "夜に駆ける"
    assert probe(file).duration_s == pytest.approx(after.stop_s - after.start_s, abs=0.2)
    files = [path for path in settings.songs_dir.rglob("*") if path.is_file() and path.suffix]
    assert len([path for path in files if path.suffix not in (".jpg", ".png")]) == 1 + len(rest)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_catalogue_and_dagster_agree_when_other_models_take_the_place_of_the_old(
    evening: Evening,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream_id = evening.stream.id
    assert evening.stale() == set()
    first, *_ = evening.songs
    evening.catalogue.requests.file(Separate(song_id=first.id))
    assert ("stems" in {name for _, name in serve(evening.pipeline, evening.catalogue)}) or (
        evening.catalogue.stems.of_stream(stream_id, settings.stems.engine)
    )
    assert evening.stale() == set()

    # Highlights: a model of one's own, as `utawaku train highlight` writes it.
    shipped = Path(utawaku.models.highlight.model.__file__).with_name("highlight_model.npz")
    with np.load(shipped) as arrays:
        floats = [key for key in arrays.files if arrays[key].dtype.kind == "f" and arrays[key].ndim]
    replace_arrays(shipped, tmp_path / "mine.npz", floats[0])
    monkeypatch.setenv("UTAWAKU_HIGHLIGHT__WEIGHTS", str(tmp_path / "mine.npz"))
    assert evening.stale() == {(stream_id, "highlights")}
    assert evening.make_anew() == ["highlights"]
    assert evening.stale() == set()

    # The scorer of boundaries, which comes with the package: a release with other numbers.
    release = tmp_path / "release"
    shutil.copytree(Path(utawaku.models.songs.__file__).parent, release)
    for file in release.glob("scorer_*.npz"):
        with np.load(file) as arrays:
            name = next(key for key in arrays.files if arrays[key].dtype.kind == "f")
        replace_arrays(file, file, name)
    monkeypatch.setattr(utawaku.models.songs, "__file__", str(release / "__init__.py"))
    monkeypatch.setattr(utawaku.models.songs.scorer, "_HERE", release)
    assert evening.stale() == {(stream_id, "songs")}
    assert evening.make_anew()[0] == "songs"
    assert evening.stale() <= {(stream_id, "stems")}

    # The separator: another network of the same shape.
    entry = registry.entry("vocal-unet")
    network = onnx.load(settings.weights_dir / entry.file_name)
    weights = next(one.name for one in network.graph.initializer if len(one.dims) == 4)
    replace_weights("vocal-unet", settings, weights, lambda values: values * np.float32(0.99))
    stale = {name for _, name in evening.stale()}
    assert "stems" in stale
    assert stale == {"stems"}
    evening.make_anew()
    assert evening.stale() == set()


def test_catalogue_and_dagster_agree_that_scores_are_of_an_older_taste(
    catalogue: Catalogue, pipeline: Pipeline
) -> None:
    world = library_of(catalogue, 60)
    graph = defs().resolve_asset_graph()

    def scores_are_stale() -> bool:
        instance = pipeline.instance
        resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
        theirs = resolver.get_status(dg.AssetKey("taste_scores")) != StaleStatus.FRESH
        assert retrain_due(catalogue, load_settings()).scores == theirs
        return theirs

    world.grade(range(20))
    pipeline.carry_out(dg.RunRequest(), job=train_taste_job.name)
    assert not scores_are_stale()
    world.grade(range(20, 60))  # a model of all of them is another one
    only_the_model = dg.RunRequest(asset_selection=[dg.AssetKey("taste_model")])
    pipeline.carry_out(only_the_model, job=train_taste_job.name)
    assert scores_are_stale()
    pipeline.carry_out(dg.RunRequest(), job=score_taste_job.name)
    assert not scores_are_stale()

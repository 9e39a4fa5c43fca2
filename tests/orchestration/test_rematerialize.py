"""After a model update: just what is stale, a few at a time, and on after a break."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from tests.conftest import install_weights
from tests.fixtures.pipeline import Pipeline, local_resources
from tests.services.downloader_media import audio_bytes
from utawaku.definitions import defs
from utawaku.library.artefacts import CHAIN, with_followers
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.records import SongSpan, Stream
from utawaku.library.requests import IngestStream, Rematerialize, Separate
from utawaku.library.staleness import stale_artefacts, stale_streams
from utawaku.models import registry
from utawaku.orchestration.model_versions import recorded_versions
from utawaku.orchestration.present_versions import present_versions
from utawaku.orchestration.rematerialize import AT_ONCE, advance_rematerializations
from utawaku.orchestration.versions import DATA_VERSION, INPUTS, inputs_of
from utawaku.sensors.notice_new_models import notice_new_models
from utawaku.workflows.model_versions import MODELS
from utawaku.workflows.segments import analysis_file

Install = Callable[[str, bytes], str]


@pytest.fixture
def install(settings: Settings) -> Install:
    """Put weights of any content in place, as after a pull; gives their version."""

    def put(name: str, content: bytes) -> str:
        entry = registry.entry(name)
        settings.weights_dir.mkdir(parents=True, exist_ok=True)
        file = settings.weights_dir / entry.file_name
        file.write_bytes(content)
        registry.store._keep(entry, settings.weights_dir, file, entry.raw_files[0])
        return registry.version(name, settings.weights_dir)

    return put


def made(
    catalogue: Catalogue, settings: Settings, name: str, asset: str = "segments", **inputs: str
) -> None:
    """An artefact made by the present engine, of what there is now but for `inputs`."""
    if catalogue.streams.find(name) is None:
        catalogue.streams.save(Stream(name, f"/{name}.opus", site="file"))
    of = inputs_of(asset, name, catalogue, settings) | inputs
    catalogue.assets.done(
        name,
        asset,
        engine="e",
        engine_version=present_versions(settings)[asset].engine_version,
        model_version=inputs.get("segmenter_weights", ""),
        metadata={INPUTS: of, DATA_VERSION: "v1"},
    )


def children(catalogue: Catalogue) -> list[str]:
    return [r.target for r in reversed(catalogue.requests.recent()) if r.kind == "ingest_stream"]


def test_models_are_grouped_apart_from_streams() -> None:
    graph = defs().resolve_asset_graph()
    assert {graph.get(dg.AssetKey(name)).group_name for name in MODELS} == {"models"}


def test_what_follows_an_artefact_is_what_is_made_of_it() -> None:
    assert with_followers({"labels"}) == {
        "labels", "library_files", "highlights", "embeddings", "stems"
    }  # fmt: skip
    assert with_followers({"highlights"}) == {"highlights"}


def test_one_request_makes_only_stale_streams_anew_in_batches(
    catalogue: Catalogue, settings: Settings, install: Install
) -> None:
    install("sm", b"new weights")
    for number in range(AT_ONCE + 3):
        made(catalogue, settings, f"old-{number:02}", segmenter_weights="old")
    made(catalogue, settings, "fresh")
    made(catalogue, settings, "dropped", segmenter_weights="old")
    catalogue.streams.save(replace(catalogue.streams.get("dropped"), dropped_at=1.0))
    request = catalogue.requests.file(Rematerialize(asset="segments"))
    for _ in range(3):  # ticks while nothing finishes ask for no more
        advance_rematerializations(catalogue, settings)
    assert len(children(catalogue)) == AT_ONCE
    for child in catalogue.requests.waiting(IngestStream):
        assert child.arguments["again"] == ["segments"]
        catalogue.requests.claim(child.id)
        made(catalogue, settings, child.target)
        catalogue.requests.finish(child.id)
    advance_rematerializations(catalogue, settings)
    shown = catalogue.requests.get(request.id)
    assert (shown.state, shown.message) == ("running", f"{AT_ONCE} of {AT_ONCE + 3} streams")
    assert len(children(catalogue)) == AT_ONCE + 3
    for child in catalogue.requests.waiting(IngestStream):
        catalogue.requests.claim(child.id)
        made(catalogue, settings, child.target)
        catalogue.requests.finish(child.id)
    advance_rematerializations(catalogue, settings)
    assert catalogue.requests.get(request.id).state == "done"
    assert {"fresh", "dropped"}.isdisjoint(children(catalogue))


@pytest.mark.parametrize("engine", ["builtin", "spleeter"])
def test_stems_of_an_older_or_other_separator_are_asked_for_song_by_song(
    catalogue: Catalogue, settings: Settings, install: Install, engine: str
) -> None:
    assert settings.stems.engine == "builtin"
    from utawaku.library.store.stems import SongStems

    install("vocal-unet", b"new weights")
    made(catalogue, settings, "a", "stems", separator_weights="old")
    spans = [SongSpan(n, 100.0 * n, 100.0 * n + 60, "smart", 1) for n in range(2)]
    catalogue.songs.reconcile("a", spans, made_by="x")
    first, _ = catalogue.songs.of_stream("a")
    catalogue.stems.put(SongStems(first.id, engine, "v", "a", "1+old"))
    request = catalogue.requests.file(Rematerialize(asset="all"))
    advance_rematerializations(catalogue, settings)
    (child,) = catalogue.requests.waiting(Separate)
    assert child.target == first.id  # the other song was never asked for
    catalogue.requests.claim(child.id)
    made(catalogue, settings, "a", "stems")
    catalogue.requests.finish(child.id)
    advance_rematerializations(catalogue, settings)
    assert catalogue.requests.get(request.id).state == "done"


def test_what_the_user_edited_is_not_touched_by_new_boundaries(catalogue: Catalogue) -> None:
    catalogue.streams.save(Stream("a", "/a"))
    spans = [SongSpan(0, 10, 100, "smart", 1), SongSpan(1, 200, 300, "smart", 1)]
    catalogue.songs.reconcile("a", spans, made_by="old")
    catalogue.songs.set_span("a@10000", 12.5, 99.0)
    catalogue.songs.set_label("a@10000", "夜に駆ける", "YOASOBI", "user")
    moved = [SongSpan(0, 8, 104, "smart", 1, title="x"), SongSpan(1, 203, 304, "smart", 1)]
    catalogue.songs.reconcile("a", moved, made_by="new")
    edited, other = catalogue.songs.of_stream("a")
    assert (edited.start_s, edited.stop_s, edited.title) == (12.5, 99.0, "夜に駆ける")
    assert (other.start_s, other.made_by) == (203, "new")


def record_models(pipeline: Pipeline) -> list[str]:
    """The sensor's look at the models; names what had changed for Dagster."""
    before = recorded_versions(pipeline.instance)
    with dg.build_sensor_context(
        instance=pipeline.instance, resources=local_resources()
    ) as context:
        assert isinstance(notice_new_models(context), dg.SkipReason)
    now = recorded_versions(pipeline.instance)
    return sorted(name for name in now if now[name] != before.get(name, ""))


def test_new_weights_are_recorded_once_and_told_of(
    catalogue: Catalogue,
    settings: Settings,
    install: Install,
    pipeline: Pipeline,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = install("sm", b"old weights")
    assert "segmenter_weights" in record_models(pipeline)
    assert recorded_versions(pipeline.instance)["segmenter_weights"] == old
    assert record_models(pipeline) == []
    made(catalogue, settings, "a")
    assert stale_streams(catalogue, present_versions(settings), "segments") == []
    new = install("sm", b"new weights")
    assert record_models(pipeline) == ["segmenter_weights"]
    assert record_models(pipeline) == []
    (told,) = [one for one in catalogue.notices.recent() if one.title.startswith("1 streams")]
    assert told.body == f"segments: {old[:12]} became {new[:12]}"
    assert recorded_versions(pipeline.instance)["segmenter_weights"] == new
    stale = stale_streams(catalogue, present_versions(settings), "segments")
    assert [one.stream_id for one in stale] == ["a"]
    monkeypatch.setenv("UTAWAKU_SEGMENTS__ENERGY_RATIO", "0.05")
    assert record_models(pipeline) == ["segmenter_weights"]
    bodies = {one.body for one in catalogue.notices.recent()}
    assert f"segments: {new[:12]} with other settings" in bodies
    monkeypatch.delenv("UTAWAKU_SEGMENTS__ENERGY_RATIO")
    install("sm", b"old weights")  # going back counts, too
    assert record_models(pipeline) == ["segmenter_weights"]
    assert stale_streams(catalogue, present_versions(settings), "segments") == []


def stale_for_dagster(instance: dg.DagsterInstance, streams: Iterable[str]) -> set[tuple[str, str]]:
    """Return what the Dagster UI shows as stale, for each stream and artefact of the chain."""
    graph = defs().resolve_asset_graph()
    resolver = CachingStaleStatusResolver(instance, graph, LoadingContextForTest(instance))
    found = set()
    for stream_id in streams:
        for name in CHAIN:
            status = resolver.get_status(dg.AssetKey(name), stream_id)
            assert status != StaleStatus.MISSING, (stream_id, name)
            if status == StaleStatus.STALE:
                found.add((stream_id, name))
    return found


def test_catalogue_and_dagster_agree_on_each_artefact_through_updates_and_breaks(
    catalogue: Catalogue,
    settings: Settings,
    install: Install,
    pipeline: Pipeline,
    weights_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import onnx

    install_weights(weights_dir, settings, "sm")
    install("musicnn", b"not loaded: there is no song to hear")
    monkeypatch.setenv("UTAWAKU_LABELS__SHAZAM", "false")
    streams = ["a", "b", "c"]

    def both() -> set[tuple[str, str]]:
        theirs = stale_for_dagster(pipeline.instance, streams)
        ours = stale_artefacts(catalogue, present_versions(load_settings()))
        assert {(one.stream_id, one.asset) for one in ours} == theirs
        return theirs

    def drain() -> dict[str, list[str]]:
        """Carry out what a tick asks for; which artefacts of which stream that was."""
        done = {}
        for run in pipeline.drain():
            selected = [key.to_user_string() for key in run.asset_selection or ()]
            assert pipeline.carry_out(run).success
            done[str(run.partition_key)] = selected
        return done

    for number, name in enumerate(streams):
        file = tmp_path / f"{name}.wav"
        file.write_bytes(audio_bytes("wav", "pcm_s16le", duration_s=4.0 + number))
        catalogue.streams.save(Stream(name, str(file), site="file"))
        catalogue.requests.file(IngestStream(stream_id=name))
    first = drain()
    assert first["a"] == list(CHAIN)
    # The runs themselves told Dagster the models that they used.
    assert both() == set()
    assert record_models(pipeline) == ["separator_weights"]

    # A model that is not on this machine counts like any other.
    monkeypatch.setenv("UTAWAKU_SEGMENTS__ENGINE", "smn")
    assert record_models(pipeline) == ["segmenter_weights"]
    assert both() == {(name, "segments") for name in streams}
    monkeypatch.delenv("UTAWAKU_SEGMENTS__ENGINE")
    assert record_models(pipeline) == ["segmenter_weights"]
    assert both() == set()

    # Started on the Dagster UI before any tick: the run tells which rules it goes by.
    monkeypatch.setenv("UTAWAKU_SONGS", '{"min_song_s": 26}')
    songs = dg.RunRequest(partition_key="a", asset_selection=[dg.AssetKey("songs")])
    pipeline.carry_out(songs, job="ingest_stream")
    others = {("b", "songs"), ("c", "songs")}
    assert both() == {("a", "labels"), ("a", "library_files")} | others
    # One that fails takes nothing away: neither what it was to replace nor what follows.
    curves = analysis_file("b", settings)
    curves.rename(curves.with_suffix(".away"))
    of_b = songs.with_replaced_attrs(partition_key="b")
    assert not pipeline.carry_out(of_b, job="ingest_stream", raises=False).success
    assert catalogue.assets.of("b")["songs"].state == "failed"
    assert both() == {("a", "labels"), ("a", "library_files")} | others
    curves.with_suffix(".away").rename(curves)
    monkeypatch.delenv("UTAWAKU_SONGS")
    pipeline.carry_out(of_b, job="ingest_stream")
    record_models(pipeline)
    assert both() == {("a", "songs"), ("a", "labels"), ("a", "library_files")}
    catalogue.requests.file(IngestStream(stream_id="a"))  # `ingest` goes by the same
    assert drain() == {"a": list(CHAIN[2:])}
    assert both() == set()

    monkeypatch.setenv("UTAWAKU_LABELS__ACCEPT", "0.7")
    assert record_models(pipeline) == ["naming_rules"]
    assert both() == {(name, "labels") for name in streams}
    request = catalogue.requests.file(Rematerialize(asset="all"))
    runs = pipeline.drain()
    follow = [name for name in CHAIN if name in with_followers({"labels"})]
    assert {run.partition_key: list(run.asset_selection or ()) for run in runs} == {
        name: [dg.AssetKey(one) for one in follow] for name in streams
    }
    pipeline.carry_out(runs[0])
    # The second run breaks off after its first artefact, the third never starts.
    pipeline.carry_out(runs[1].with_replaced_attrs(asset_selection=[dg.AssetKey("labels")]))
    second, third = (str(run.partition_key) for run in runs[1:])
    assert both() == {(second, "library_files"), (third, "labels")}
    pipeline.carry_out(runs[2])
    assert drain() == {second: ["library_files", "highlights", "embeddings"]}
    drain()
    assert catalogue.requests.get(request.id).state == "done"
    assert both() == set()

    network = onnx.load(settings.weights_dir / registry.entry("sm").file_name)
    network.metadata_props.add(key="release", value="2")
    install("sm", network.SerializeToString())
    install("musicnn", b"another one")
    assert record_models(pipeline) == ["segmenter_weights", "tagger_weights"]
    assert both() == {(name, one) for name in streams for one in ("segments", "embeddings")}
    catalogue.requests.file(Rematerialize(asset="all"))
    assert all(selected == list(CHAIN[1:]) for selected in drain().values())
    assert both() == set()

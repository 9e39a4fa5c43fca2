"""After a model update: just what is stale, a few at a time, and on after a break."""

import json
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from assets import segments
from assets.models import recorded_version, segmenter_weights
from assets.resources import LibraryResource
from assets.staleness import stale_streams
from library.catalogue import Catalogue
from library.config import Settings
from library.records import SongSpan, Stream
from models import registry
from sensors.models import notice_new_weights
from sensors.rematerialize import AT_ONCE, advance_rematerializations


@pytest.fixture
def install(settings: Settings) -> Callable[[bytes], str]:
    """Put weights of any content in place, as after a pull; gives their version."""

    def put(content: bytes) -> str:
        entry = registry.entry("sm")
        settings.weights_dir.mkdir(parents=True, exist_ok=True)
        file = settings.weights_dir / entry.file_name
        file.write_bytes(content)
        version = registry.sha256_of(file)
        note = {
            "sha256": version,
            "raw_sha256": entry.raw_sha256,
            "converter_version": entry.converter_version,
        }
        Path(f"{file}.json").write_text(json.dumps(note), "utf-8")
        return version

    return put


def made(catalogue: Catalogue, name: str, version: str) -> None:
    catalogue.streams.save(Stream(name, f"/{name}.opus", site="file"))
    catalogue.assets.done(
        name,
        "segments",
        engine="sm",
        engine_version=segments.ENGINE_VERSION,
        model_version=version,
    )


def children(catalogue: Catalogue) -> list[str]:
    return [r.target for r in reversed(catalogue.requests.recent()) if r.kind == "ingest_stream"]


def test_one_request_makes_only_stale_streams_anew_in_batches(
    catalogue: Catalogue, settings: Settings, install: Callable[[bytes], str]
) -> None:
    new = install(b"new weights")
    for number in range(AT_ONCE + 3):
        made(catalogue, f"old-{number:02}", "old")
    made(catalogue, "fresh", new)
    made(catalogue, "dropped", "old")
    dropped = catalogue.streams.get("dropped")
    catalogue.streams.save(Stream("dropped", dropped.url, site="file", dropped_at=1.0))
    request = catalogue.requests.file("rematerialize", "segments")
    for _ in range(3):  # ticks while nothing finishes ask for no more
        advance_rematerializations(catalogue, settings)
    assert len(children(catalogue)) == AT_ONCE
    for child in catalogue.requests.waiting("ingest_stream"):
        assert child.arguments["again"] == ["segments"]
        catalogue.requests.claim(child.id)
        made(catalogue, child.target, new)
        catalogue.requests.finish(child.id)
    advance_rematerializations(catalogue, settings)
    shown = catalogue.requests.get(request.id)
    assert (shown.state, shown.message) == ("running", f"{AT_ONCE} of {AT_ONCE + 3} streams")
    assert len(children(catalogue)) == AT_ONCE + 3
    for child in catalogue.requests.waiting("ingest_stream"):
        catalogue.requests.claim(child.id)
        made(catalogue, child.target, new)
        catalogue.requests.finish(child.id)
    advance_rematerializations(catalogue, settings)
    assert catalogue.requests.get(request.id).state == "done"
    assert {"fresh", "dropped"}.isdisjoint(children(catalogue))


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


def tick(
    instance: dg.DagsterInstance, cursor: str | None = None
) -> dg.SensorResult | dg.SkipReason:
    with dg.build_sensor_context(
        instance=instance, resources={"library": LibraryResource()}, cursor=cursor
    ) as context:
        answer = notice_new_weights(context)
    assert isinstance(answer, dg.SensorResult | dg.SkipReason)
    return answer


def test_dagster_and_the_catalogue_agree_on_what_new_weights_make_stale(
    catalogue: Catalogue, settings: Settings, install: Callable[[bytes], str]
) -> None:
    old = install(b"old weights")

    def materialize_weights(instance: dg.DagsterInstance) -> None:
        result = dg.materialize(
            [segmenter_weights], instance=instance, resources={"library": LibraryResource()}
        )
        assert result.success

    with dg.DagsterInstance.ephemeral() as instance:
        assert isinstance(tick(instance), dg.SensorResult)
        materialize_weights(instance)
        assert recorded_version(instance) == old
        assert isinstance(tick(instance), dg.SkipReason)
        made(catalogue, "a", old)
        assert stale_streams(catalogue, settings, "segments") == []
        new = install(b"new weights")
        asked = tick(instance)
        assert isinstance(asked, dg.SensorResult)
        assert isinstance(tick(instance, asked.cursor), dg.SkipReason)  # asked for once
        materialize_weights(instance)
        assert recorded_version(instance) == new
        assert [one.stream_id for one in stale_streams(catalogue, settings, "segments")] == ["a"]
        (notice,) = catalogue.notices.recent()
        assert notice.title == "1 streams were made with an older model or engine"
        install(b"old weights")  # going back counts, too
        assert isinstance(tick(instance, asked.cursor), dg.SensorResult)

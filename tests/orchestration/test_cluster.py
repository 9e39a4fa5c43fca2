"""What several machines share: addresses, Dagster's settings, the folder."""

from dataclasses import replace

import pytest
import sqlalchemy as sa
import yaml
from dagster._config import validate_config
from dagster._core.instance.config import dagster_instance_config_schema

from tests.fixtures.leases import put_lease
from tests.fixtures.pipeline import Pipeline
from utawaku.library.catalogue import Catalogue
from utawaku.library.cluster import dagster_url, environment, is_cluster, schema_of
from utawaku.library.config import Settings, load_settings
from utawaku.library.errors import ConfigError
from utawaku.library.hosts import hosts, served_queues
from utawaku.library.records import Stream
from utawaku.library.requests import COMMAND, IngestStream, SeparatePieces
from utawaku.library.store.leases import UP, WORKER
from utawaku.orchestration.cluster import check_redis, dagster_yaml, write_dagster_yaml
from utawaku.orchestration.cluster_folder import FILE, check_folder, mark_folder
from utawaku.orchestration.run_tags import PRIORITY_TAG, QUEUE_PRIORITY_TAG, QUEUE_TAG

URL = "postgresql://uta:p%40ss%2Bword@db.example.org/songs"


def test_dagster_has_a_schema_of_its_own_and_the_driver_that_works() -> None:
    made = sa.make_url(dagster_url(URL))
    assert (made.drivername, made.password) == ("postgresql+psycopg2", "p@ss+word")
    assert str(made.query["options"]).startswith("-csearch_path=dagster -c")
    assert "+" not in dagster_url(URL).partition("?")[2], "libpq reads no space in it"
    own = f"{URL}?options=-csearch_path%3Dsongs"
    options = str(sa.make_url(dagster_url(own)).query["options"])
    assert options.startswith("-csearch_path=songs_dagster -c")
    assert schema_of(sa.make_url(own)) == "songs_dagster"


def test_the_settings_of_dagster_are_valid_and_hold_no_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_cluster(settings)
    assert environment(settings) == {}
    monkeypatch.setenv("UTAWAKU_CATALOGUE_URL", URL)
    monkeypatch.setenv("UTAWAKU_CLUSTER__REDIS_URL", "redis://:s3cret@db.example.org/0")
    here = load_settings()
    assert is_cluster(here)
    text = dagster_yaml(here, 7)
    assert "db.example.org" not in text
    told = yaml.safe_load(text)
    assert told["concurrency"]["runs"]["max_concurrent_runs"] == 7
    assert told["sensors"]["use_threads"], "the look at the leases would wait for other sensors"
    named = {told["storage"]["custom"]["config"]["postgres_url"]["env"]}
    named.add(told["run_launcher"]["config"]["broker"]["env"])
    assert named == environment(here).keys()
    assert validate_config(dagster_instance_config_schema(), told).success


def test_the_settings_of_one_machine_are_kept_beside_those_of_a_cluster(
    settings: Settings,
) -> None:
    home = settings.dagster_home
    home.mkdir(parents=True)
    (home / "dagster.yaml").write_text("one: machine\n", "utf-8")
    for text in ("a: cluster\n", "another: cluster\n"):
        write_dagster_yaml(home, text)
    assert (home / "dagster.yaml").read_text("utf-8") == "another: cluster\n"
    assert (home / "dagster.yaml.one-machine").read_text("utf-8") == "one: machine\n"
    assert (home / "dagster.yaml").stat().st_mode & 0o077 == 0


def test_a_redis_that_is_not_there_is_named_without_its_password() -> None:
    pytest.importorskip("redis")
    with pytest.raises(ConfigError, match="cannot be reached") as raised:
        check_redis("redis://:s3cret@127.0.0.1:9/0")
    assert "s3cret" not in str(raised.value)
    with pytest.raises(ConfigError, match="no address"):
        check_redis("http://127.0.0.1")


def test_a_machine_that_sees_another_folder_is_refused(
    catalogue: Catalogue, settings: Settings
) -> None:
    with pytest.raises(ConfigError, match="not the folder"):
        check_folder(catalogue, settings)
    mark_folder(catalogue, settings)
    mark_folder(catalogue, settings)
    check_folder(catalogue, settings)
    (settings.library_root / FILE).unlink()
    with pytest.raises(ConfigError, match="not the folder"):
        mark_folder(catalogue, settings)


def test_each_machine_is_listed_with_what_it_does(catalogue: Catalogue) -> None:
    place = {"host": "stage", "place": "m/b/n", "process": "1-1.x"}
    put_lease(catalogue, UP, kind=UP, **place)
    put_lease(catalogue, "w", kind=WORKER, facts={"queues": ["gpu"]}, **place)
    put_lease(catalogue, "r", stream_id="a", **place)
    silent = place | {"host": "back", "place": "m2/b/n"}
    put_lease(catalogue, "w2", kind=WORKER, facts={"queues": ["dagster"]}, unseen_s=300, **silent)
    back, stage = hosts(catalogue)
    assert (back.name, back.stale, back.seen_s > 299) == ("back", True, True)
    assert replace(stage, seen_s=0.0, stale=False) == replace(
        stage,
        name="stage",
        services=("up", "worker"),
        queues=("gpu",),
        streams=("a",),
        seen_s=0.0,
        stale=False,
    )
    assert served_queues(catalogue) == {"gpu"}


def test_what_separates_voices_goes_to_workers_with_a_gpu_where_there_are_any(
    catalogue: Catalogue, pipeline: Pipeline
) -> None:
    for name in ("a", "b", "c"):
        catalogue.streams.save(Stream(name, f"/{name}.opus", site="file"))
    catalogue.requests.file(SeparatePieces(stream_id="a"))
    (plain,) = pipeline.drain()
    assert QUEUE_TAG not in plain.tags
    put_lease(catalogue, "w", kind=WORKER, facts={"queues": ["dagster", "gpu"]})
    catalogue.requests.file(SeparatePieces(stream_id="b"))
    catalogue.requests.file(IngestStream(stream_id="c"))
    tags = {run.partition_key: run.tags.get(QUEUE_TAG) for run in pipeline.drain()}
    assert tags == {"b": "gpu", "c": None}


def test_what_was_interrupted_goes_on_before_what_was_never_begun(
    catalogue: Catalogue, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("new", "watched", "interrupted"):
        catalogue.streams.save(Stream(name, f"/{name}.opus", site="file"))
    catalogue.requests.file(IngestStream(stream_id="new"), by="subscription")
    catalogue.requests.file(IngestStream(stream_id="watched"), by=COMMAND)
    asked = catalogue.requests.file(IngestStream(stream_id="interrupted"), by="subscription")
    catalogue.requests.claim(asked.id, run_id="x")
    catalogue.requests.try_again(asked.id, 0.0, "the run ended unfinished")
    monkeypatch.setenv("UTAWAKU_CLUSTER__REDIS_URL", "redis://127.0.0.1/0")
    monkeypatch.setenv("UTAWAKU_CATALOGUE_URL", load_settings().database_url)
    runs = {run.partition_key: run.tags for run in pipeline.drain()}
    assert list(runs) == ["interrupted", "watched", "new"]
    places = {name: tags[QUEUE_PRIORITY_TAG] for name, tags in runs.items()}
    assert places == {"interrupted": "0", "watched": "3", "new": "6"}  # Redis: the lowest first
    assert {name for name, tags in runs.items() if PRIORITY_TAG in tags} == {"interrupted"}

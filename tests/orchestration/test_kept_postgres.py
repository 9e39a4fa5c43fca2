"""Connections of Dagster's PostgreSQL storage stay open, and one that is ended is replaced."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
import yaml

from tests import postgres
from utawaku.library.cluster import POSTGRES_VARIABLE, dagster_url
from utawaku.orchestration import cluster, dagster_settings

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not postgres.SERVER, reason=postgres.NO_SERVER),
]


@dg.asset
def counted() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"n": 3})


@pytest.fixture
def server(catalogue_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    monkeypatch.setenv(POSTGRES_VARIABLE, dagster_url(catalogue_url))
    url = sa.make_url(catalogue_url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    cluster.make_schema(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def home(tmp_path: Path, server: sa.Engine) -> Path:
    named = {
        "module": cluster.KEPT_STORAGE,
        "class": "KeptPostgresStorage",
        "config": {"postgres_url": {"env": POSTGRES_VARIABLE}},
    }
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump({"storage": {"custom": named}}))
    return tmp_path


def connections_of(instance: dg.DagsterInstance) -> list[object]:
    """Keep what is connected from now on."""
    made: list[object] = []
    engine = instance.run_storage._engine  # type: ignore[attr-defined]
    sa.event.listen(engine, "connect", lambda connection, _record: made.append(connection))
    return made


def test_a_run_opens_no_connection_for_each_of_its_events(home: Path) -> None:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        dg.materialize([counted], instance=instance)
        made = connections_of(instance)
        result = dg.materialize([counted], instance=instance)
        assert len(instance.all_logs(result.run_id)) > 10
        assert len(made) <= 1
    with dg.DagsterInstance.from_config(str(home)) as again:  # as the next tick does
        assert again.get_run_by_id(result.run_id) is not None
        assert len(made) <= 1
        event = again.get_latest_materialization_event(counted.key)
        assert event is not None


def test_a_connection_that_the_server_ended_is_replaced(home: Path, server: sa.Engine) -> None:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        run_id = dg.materialize([counted], instance=instance).run_id
        pids: list[int] = []
        with instance.run_storage.connect() as connection:  # type: ignore[attr-defined]
            pids.append(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        with server.connect() as other:
            other.exec_driver_sql("SELECT pg_terminate_backend(%s)", (pids[0],))
        assert instance.get_run_by_id(run_id) is not None
        assert dg.materialize([counted], instance=instance).success


def test_another_release_of_dagster_gets_its_own_storage(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dagster_settings, "version", lambda _name: "1.13.99")
    with dg.DagsterInstance.from_config(str(home)) as instance:
        engine = instance.run_storage._engine  # type: ignore[attr-defined]
        assert isinstance(engine.pool, sa.NullPool)

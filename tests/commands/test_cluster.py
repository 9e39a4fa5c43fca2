"""`utawaku cluster init` with a real PostgreSQL and a real Redis."""

from pathlib import Path

import pytest
import sqlalchemy as sa
import yaml

from tests import postgres
from tests.conftest import Program
from tests.fixtures.redis_server import PASSWORD
from tests.fixtures.redis_server import redis_url as redis_url
from utawaku.library.catalogue import Catalogue
from utawaku.library.cluster import environment
from utawaku.library.config import Settings, load_settings
from utawaku.library.errors import UtawakuError
from utawaku.library.sealing import new_key
from utawaku.library.store.leases import UP
from utawaku.library.up_lock import UpLock
from utawaku.orchestration.dagster_storage import open_instance

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not postgres.SERVER, reason=postgres.NO_SERVER),
]


def test_init_checks_both_and_says_what_comes_next(
    program: Program, settings: Settings, redis_url: str, catalogue_url: str
) -> None:
    missing = program.run("cluster", "init")
    assert missing.returncode == 2
    assert "--redis" in missing.stderr
    wrong = program.run("cluster", "init", "--redis", redis_url.replace(PASSWORD, "wrong"))
    assert "refuses the log-in" in wrong.stderr
    done = program.run("cluster", "init", "--redis", redis_url)
    assert done.returncode == 0, done.stderr
    assert "utawaku worker" in done.stdout
    written = (settings.dagster_home / "dagster.yaml").read_text("utf-8")
    assert PASSWORD not in done.stdout + done.stderr + written
    again = program.run("cluster", "init")
    assert again.returncode == 0, again.stderr
    server = sa.create_engine(sa.make_url(catalogue_url).set(drivername="postgresql+psycopg"))
    with server.connect() as connection, connection.begin():
        schema = connection.exec_driver_sql("SELECT current_schema()").scalar_one()
        n_tables = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_tables WHERE schemaname = %s", (f"{schema}_dagster",)
        ).scalar_one()
    server.dispose()
    assert n_tables > 10


def test_limits_of_pools_and_runs_belong_to_the_cluster(
    program: Program, settings: Settings, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limits() -> dict[str, int]:
        with open_instance(settings.dagster_home) as instance:
            found = instance.event_log_storage.get_pool_limits()
            return {pool.name: pool.limit for pool in found if not pool.from_default}

    def runs() -> int:
        told = yaml.safe_load((settings.dagster_home / "dagster.yaml").read_text("utf-8"))
        return int(told["concurrency"]["runs"]["max_concurrent_runs"])

    def init(*options: str) -> None:
        done = program.run("cluster", "init", "--redis", redis_url, *options)
        assert done.returncode == 0, done.stderr

    init("--runs", "3")
    for name, value in environment(load_settings()).items():
        monkeypatch.setenv(name, value)
    assert (limits()["cpu"], runs()) == (3, 3)
    with open_instance(settings.dagster_home) as instance:
        instance.event_log_storage.set_concurrency_slots("cpu", 7)
        instance.event_log_storage.set_concurrency_slots("download", 2)
    init()  # on another machine, say
    assert (limits()["cpu"], limits()["download"], runs()) == (7, 2, 3)
    assert program.run("status").returncode == 0
    assert (limits()["cpu"], limits()["download"]) == (7, 2)
    init("--runs", "4")
    assert (limits()["cpu"], limits()["download"], runs()) == (4, 2, 4)


def test_log_ins_are_shared_by_one_key(
    program: Program, settings: Settings, redis_url: str
) -> None:
    done = program.run("cluster", "init", "--redis", redis_url, "--key", "new")
    assert done.returncode == 0, done.stderr
    key = load_settings().cluster.key.get_secret_value()
    assert key in done.stdout
    assert key not in program.run("settings").stdout
    assert program.run("cluster", "init", "--key", key).returncode == 0
    other = program.run("cluster", "init", "--key", new_key())
    assert other.returncode != 0
    assert "another cluster.key" in other.stderr
    assert load_settings().cluster.key.get_secret_value() == key


def test_init_makes_no_sqlite_file(program: Program, redis_url: str, tmp_path: Path) -> None:
    file = tmp_path / "songs.db"
    done = program.run("cluster", "init", "--redis", redis_url, "--postgres", f"sqlite:///{file}")
    assert (done.returncode, file.exists()) == (2, False), done.stderr


def test_one_machine_only_has_the_pipeline(catalogue: Catalogue, settings: Settings) -> None:
    first = UpLock.take(catalogue)
    assert [row.id for row in catalogue.leases.listed()[0]] == [UP]
    second = Catalogue.open(settings)
    with pytest.raises(UtawakuError, match="is running on") as raised:
        UpLock.take(second)
    assert "utawaku worker" in raised.value.next_step
    assert first.look()
    first._drop()  # its connection broke
    taken = UpLock.take(second)
    assert not first.look()
    taken.release()
    assert first.look()
    first.release()
    second.close()

"""`utawaku cluster init` with a real PostgreSQL and a real Redis."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests import postgres
from tests.conftest import Program
from tests.fixtures.redis_server import PASSWORD
from tests.fixtures.redis_server import redis_url as redis_url
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.errors import UtawakuError
from utawaku.library.store.leases import UP
from utawaku.library.up_lock import UpLock

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

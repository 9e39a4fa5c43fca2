"""A library of 100,000 streams and 1,000,000 songs in PostgreSQL: what each part of it costs.

    python -m benchmarks.postgres_scale --server postgresql://USER@/DATABASE?host=/tmp/socket
    python -m benchmarks.postgres_scale --server URL --songs 100000 --sqlite

Fills a schema of its own (`--keep NAME` leaves it there, and uses it again), adds a partition for
each stream to a Dagster storage on the same server, and times the first page at the start, orders,
pages, searches, facets, each sensor's ticks and some commands. `--sqlite` does the same on SQLite.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
import yaml

from benchmarks import postgres
from benchmarks.automation import tick_sensors
from benchmarks.fake_catalogue import fill
from utawaku.library.catalogue import Catalogue
from utawaku.library.cluster import POSTGRES_VARIABLE, dagster_url, schema_of

ROOT = Path(__file__).parent.parent
NOW = 1_790_000_000.0
COMMANDS = (
    ("status",),
    ("songs", "title:summer", "--limit", "20"),
    ("songs", "--limit", "20"),
    ("doctor",),
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="URL of a PostgreSQL database")
    parser.add_argument("--songs", type=int, default=1_000_000)
    parser.add_argument("--songs-a-stream", type=int, default=10)
    parser.add_argument("--sqlite", action="store_true", help="the same on SQLite, too")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep", default="", help="name of a schema to make, or to use again")
    given = parser.parse_args()
    postgres.ROUNDS = given.rounds
    columns: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with schema(given.server, given.keep) as url:
            columns["PostgreSQL"] = measured(url, home / "postgres", given)
        if given.sqlite:
            file = home / "sqlite" / "data" / "catalogue.db"
            file.parent.mkdir(parents=True)
            columns["SQLite"] = measured(f"sqlite:///{file}", home / "sqlite", given)
    names = list(columns)
    print(f"\n| {given.songs:,} songs | {' | '.join(names)} |\n|---|{'---|' * len(names)}")
    for what in columns["PostgreSQL"]:
        print(f"| {what} | " + " | ".join(f"{columns[name][what]:.1f}" for name in names) + " |")
    print(f"load at the end: {os.getloadavg()[0]:.1f}")


@contextmanager
def schema(server: str, keep: str) -> Iterator[str]:
    """The URL of a schema on the server, which goes at the end unless it is to be kept."""
    name = keep or f"bench_{os.getpid()}"
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    own = url.update_query_dict({"options": f"-csearch_path={name}"})
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {name}")
        connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {schema_of(own)}")
    yield own.render_as_string(hide_password=False)
    if not keep:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
            connection.exec_driver_sql(f"DROP SCHEMA {schema_of(own)} CASCADE")


def measured(url: str, home: Path, given: argparse.Namespace) -> dict[str, float]:
    """Milliseconds of each thing on one database."""
    os.environ |= {"UTAWAKU_HOME": str(home), "UTAWAKU_CATALOGUE_URL": url}
    home.mkdir(exist_ok=True)
    catalogue = Catalogue.open_url(url)
    if catalogue.songs.count() == 0:
        with told("filled"):
            fill(catalogue, given.songs, now=NOW, songs_a_stream=given.songs_a_stream)
            postgres.tidy(catalogue)
    found = {"first page at the start": first_page_ms()}
    print(found, flush=True)
    found |= postgres.figures(catalogue, lambda name, ms: print(f"{name}: {ms:.1f}", flush=True))
    found |= ticks_ms(catalogue, url, home)
    catalogue.close()
    for words in COMMANDS:
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "utawaku", *words],
            cwd=ROOT, stdout=subprocess.DEVNULL, check=False,
        )  # fmt: skip
        found[f"utawaku {' '.join(words)}"] = (time.perf_counter() - began) * 1000
    return found


def first_page_ms() -> float:
    """Read what is drawn before the screen itself is loaded."""
    from utawaku.library.paths import catalogue_location
    from utawaku.tui.first_paint import N_FIRST, latest

    place = catalogue_location()
    assert place is not None
    assert latest(place, N_FIRST), "nothing was read"
    return postgres.median_ms(lambda: latest(place, N_FIRST))


def ticks_ms(catalogue: Catalogue, url: str, home: Path) -> dict[str, float]:
    """Second ticks of the sensors, with Dagster's storage on the same database."""
    import dagster as dg

    from utawaku.orchestration.partitions import partitions_in_step

    folder = home / "dagster"
    folder.mkdir(exist_ok=True)
    told_storage: dict[str, object] = {"telemetry": {"enabled": False}}
    if not url.startswith("sqlite"):
        os.environ[POSTGRES_VARIABLE] = dagster_url(url)
        told_storage["storage"] = {"postgres": {"postgres_url": {"env": POSTGRES_VARIABLE}}}
    (folder / "dagster.yaml").write_text(yaml.safe_dump(told_storage), "utf-8")
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        with told("partitions added"):
            partitions_in_step(instance, catalogue, fix=True)
        took = tick_sensors(instance)
    return {f"tick of {name}": ticks[-1] * 1000 for name, ticks in took.items()}


@contextmanager
def told(what: str) -> Iterator[None]:
    """Print how long a block takes."""
    began = time.perf_counter()
    yield
    print(f"{what} after {time.perf_counter() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()

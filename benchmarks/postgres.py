"""The catalogue on PostgreSQL against SQLite: searches, pages, orders and facets in one run.

    python benchmarks/postgres.py --server postgresql://USER@/DATABASE?host=/tmp/socket

Fills the same songs into a new SQLite file and a new schema of the server, and times what the
screen asks. Each figure is the median of five; caches are dropped by a change of a song before
those that are told as first.
"""

import argparse
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from benchmarks.fake_catalogue import fill
from utawaku.library.catalogue import Catalogue

ROUNDS = 5
NOW = 1_790_000_000.0


def median_ms(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    times = []
    for _ in range(ROUNDS):
        before()
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


class Told(dict[str, float]):
    """Figures, each told as soon as it is known."""

    def __init__(self, tell: Callable[[str, float], object]) -> None:
        super().__init__()
        self._tell = tell

    def __setitem__(self, name: str, ms: float) -> None:
        self._tell(name, ms)
        super().__setitem__(name, ms)


def figures(
    catalogue: Catalogue, tell: Callable[[str, float], object] = lambda _name, _ms: None
) -> dict[str, float]:
    browser = catalogue.browser
    song_id = browser.songs(browser.search("").numbers[:1])[0].id
    n = 0

    def change() -> None:
        nonlocal n
        n += 1
        catalogue.grades.give(song_id, grade=n % 2)

    def page() -> object:
        return browser.numbered(browser.search("").numbers[1000:1050])

    found = Told(tell)
    found["a write (grade)"] = median_ms(change)
    found["first search"] = median_ms(lambda: browser.search(""), change)
    found["search again, unchanged"] = median_ms(lambda: browser.search(""))
    found["first search after 2.2 s, unchanged"] = median_ms(
        lambda: browser.search(""), lambda: time.sleep(2.2)
    )
    found["page of 50"] = median_ms(page)
    found["sort by title"] = median_ms(lambda: browser.search("sort:title"), change)
    found["sort by taste"] = median_ms(lambda: browser.search("sort:taste"), change)
    found["facet singer"] = median_ms(lambda: browser.facet("singer", browser.search("")), change)
    found["facet stream"] = median_ms(lambda: browser.facet("stream", browser.search("")), change)
    found["grouped"] = median_ms(lambda: browser.search("", grouped=True), change)
    found["three letters (夜に駆)"] = median_ms(lambda: browser.search("夜に駆"), change)
    found["three letters, the query alone"] = median_ms(
        lambda: browser.search("夜に駆"), lambda: browser._leaves.clear()
    )
    found["a word of a field (title:idol)"] = median_ms(
        lambda: browser.search("title:idol"), lambda: browser._leaves.clear()
    )
    found["two letters"] = median_ms(
        lambda: browser.search("夜に"), lambda: browser._leaves.clear()
    )
    browser.prepare()
    found["two letters, prepared"] = median_ms(
        lambda: browser.search("夜に"), lambda: browser._leaves.clear()
    )
    found["taste>0.7 bpm:120..140"] = median_ms(
        lambda: browser.search("taste>0.7 bpm:120..140"), lambda: browser._leaves.clear()
    )
    return found


def tidy(catalogue: Catalogue) -> None:
    """Do what the server does by itself within minutes: mark rows that all may see.

    Until then a query that an index alone could answer looks at the rows as well.
    """
    if catalogue.engine.dialect.name != "sqlite":
        engine = catalogue.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True, help="URL of a PostgreSQL database")
    parser.add_argument("--songs", type=int, default=200_000)
    parser.add_argument("--keep", action="store_true", help="leave the schema on the server")
    arguments = parser.parse_args()
    name = f"bench_{uuid.uuid4().hex[:8]}"
    server = sa.create_engine(
        sa.make_url(arguments.server).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        poolclass=sa.NullPool,
    )
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    url = server.url.update_query_dict({"options": f"-csearch_path={name}"})
    with tempfile.TemporaryDirectory() as folder:
        catalogues = {
            "SQLite": Catalogue.open_url(f"sqlite:///{Path(folder) / 'catalogue.db'}"),
            "PostgreSQL": Catalogue.open_url(url.render_as_string(hide_password=False)),
        }
        results = {}
        try:
            for database, catalogue in catalogues.items():
                began = time.perf_counter()
                fill(catalogue, arguments.songs, now=NOW)
                tidy(catalogue)
                print(f"{database}: filled after {time.perf_counter() - began:.0f} s", flush=True)
            results = {database: figures(one) for database, one in catalogues.items()}
        finally:
            for catalogue in catalogues.values():
                catalogue.close()
            if not arguments.keep:
                with server.connect() as connection:
                    connection.exec_driver_sql(f"DROP SCHEMA {name} CASCADE")
    print(f"\n| {arguments.songs:,} songs, ms | SQLite | PostgreSQL | within |\n|---|---|---|---|")
    for what, sqlite_ms in results["SQLite"].items():
        postgres_ms = results["PostgreSQL"][what]
        within = postgres_ms <= max(2 * sqlite_ms, 20)
        print(f"| {what} | {sqlite_ms:.1f} | {postgres_ms:.1f} | {'yes' if within else 'NO'} |")


if __name__ == "__main__":
    main()

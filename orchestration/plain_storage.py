"""A look at Dagster's SQLite storage without Dagster, which takes a second to import.

It can only tell that runs and partitions are as they should be. Where they are not, or where this
does not know the storage, Dagster itself is asked.
"""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from utawaku.library.catalogue import Catalogue
from utawaku.library.cluster import is_cluster
from utawaku.library.config import Settings

FINISHED = ("SUCCESS", "FAILURE", "CANCELED")
"""Of Dagster's states of a run."""
_OTHER_STORAGE = re.compile(r"^(storage|run_storage|event_log_storage)\s*:", re.MULTILINE)


def is_in_step(catalogue: Catalogue, settings: Settings) -> bool:
    """Return whether no run was left by a process that is gone, and all partitions are streams.

    False also where that cannot be told.
    """
    home = settings.dagster_home
    try:
        if is_cluster(settings) or _OTHER_STORAGE.search((home / "dagster.yaml").read_text()):
            return False
        going = _column(
            home / "history" / "runs.db",
            "SELECT run_id FROM runs WHERE status NOT IN (?, ?, ?)",
            FINISHED,
        )
        partitions = _column(
            home / "history" / "runs" / "index.db",
            "SELECT partition FROM dynamic_partitions WHERE partitions_def_name = ?",
            ("stream",),
        )
    except (OSError, ValueError, sqlite3.Error):
        return False
    left = going & {lease.id for lease in catalogue.leases.gone()}
    running = {state.run_id for state in catalogue.assets.in_state("running")}
    return not left and running <= going and partitions == catalogue.streams.ids()


def _column(path: Path, query: str, values: tuple[str, ...]) -> set[str]:
    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=5)) as database:
        return {row[0] for row in database.execute(query, values)}

"""Several machines: Dagster's storage on PostgreSQL, and its runs through Celery and Redis.

`dagster.yaml` names variables of the environment; their values come from the settings, so that no
password stands in it, nor in what Dagster sends to the workers.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml

from utawaku.library.catalogue import Catalogue
from utawaku.library.cluster import POSTGRES_VARIABLE, REDIS_VARIABLE, environment, schema_of
from utawaku.library.config import Settings
from utawaku.library.errors import CatalogueError, ConfigError
from utawaku.library.extras import needing
from utawaku.library.files import atomic_path
from utawaku.library.sealing import seal, unseal
from utawaku.library.secret_url import without_credentials
from utawaku.orchestration.dagster_settings import FILE, ONE_RUN_A_STREAM, VERSION, VERSION_FILE

LAUNCHER = "CeleryRunLauncher"
KEPT_STORAGE = "utawaku.orchestration.kept_postgres"
DEFAULT_QUEUE = "dagster"
KEPT_FILE = "dagster.yaml.one-machine"
"""The settings of one machine, kept when a cluster's take their place."""
SHARED_FOLDER = ".dagster"
"""Logs of runs, below the library's folder, which all machines see."""
DEFAULT_RUNS = 10
_RUNS, _KEY = "cluster.runs", "cluster.key"
_DAY_S = 86_400

CELERY: dict[str, Any] = {
    "worker_prefetch_multiplier": 1,
    # A message is acknowledged when its run has ended: so a worker holds no second one back.
    "task_acks_late": True,
    # What a lost worker had is taken up by its lease, long before Redis delivers it again; a run
    # may take a day.
    "broker_transport_options": {"visibility_timeout": 7 * _DAY_S, "socket_keepalive": True},
    "broker_connection_retry_on_startup": True,
    "result_expires": _DAY_S,
}


def use_environment(settings: Settings) -> None:
    """Let Dagster find them in this process, and in those that it starts."""
    os.environ.update(environment(settings))


@contextmanager
def one_after_the_other(engine: sa.Engine) -> Iterator[None]:
    """Let no two machines make tables, schema and mark at once, as containers do that start."""
    lock = "SELECT pg_advisory_lock(hashtext('utawaku init'), hashtext(current_database()))"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET lock_timeout = '5min'")
        connection.exec_driver_sql(lock)
        try:
            yield
        finally:
            connection.invalidate()  # the server takes the lock back with the connection


def agree_on_runs(catalogue: Catalogue, n_runs: int | None) -> int:
    """Return how many runs all machines take on at once; a number changes it for all of them."""
    if n_runs is None:
        return int(catalogue.memories.recall(_RUNS, DEFAULT_RUNS))
    catalogue.memories.keep(_RUNS, n_runs)
    return n_runs


def check_key(catalogue: Catalogue, key: str) -> None:
    """Make sure that a key is the one of the cluster; the first becomes it.

    Raises:
        ConfigError: it is another one, or no key.
    """
    sealed = str(catalogue.memories.recall(_KEY, ""))
    if sealed:
        unseal(bytes.fromhex(sealed), key, _KEY)
    else:
        catalogue.memories.keep(_KEY, seal(b"", key, _KEY).hex())


def make_schema(engine: sa.Engine) -> str:
    """Make the schema of Dagster's tables where it is missing; returns its name.

    Raises:
        CatalogueError: the user may not make one.
    """
    name = schema_of(engine.url)
    quoted = engine.dialect.identifier_preparer.quote(name)
    try:
        with engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {quoted}")
    except sa.exc.DBAPIError as error:
        raise CatalogueError(
            f"the schema {name} of Dagster's tables cannot be made",
            subject=without_credentials(engine.url.render_as_string(hide_password=False)),
            next_step=f"Let an administrator make it: CREATE SCHEMA {quoted} AUTHORIZATION USER",
        ) from error
    return name


def check_redis(url: str) -> str:
    """Ask a Redis server whether it is there; returns its version.

    Raises:
        ConfigError: it is no address of one, or nobody answers.
        ExtraMissingError: its client is not installed.
    """
    with needing("cluster", "for several machines"):
        import redis
    shown = without_credentials(url)
    try:
        client = redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=10)
        with client:
            return str(client.info("server")["redis_version"])
    except ValueError as error:
        raise ConfigError(
            "is no address of a Redis server",
            subject=shown,
            next_step="Use redis://:PASSWORD@HOST:6379/0",
        ) from error
    except redis.AuthenticationError as error:
        raise ConfigError(
            "the Redis server refuses the log-in",
            subject=shown,
            next_step="Correct user and password",
        ) from error
    except redis.RedisError as error:
        raise ConfigError(
            f"the Redis server cannot be reached ({error})",
            subject=shown,
            next_step="Check that it runs, and its host and port",
        ) from error


def dagster_yaml(settings: Settings, n_runs: int) -> str:
    """The text of `dagster.yaml` for a cluster.

    Args:
        settings: those of this machine; the library's folder is the same on all.
        n_runs: runs at once over all machines.
    """
    shared = str(settings.library_root / SHARED_FOLDER)
    told: dict[str, Any] = {
        "telemetry": {"enabled": False},
        "storage": {
            "custom": {
                "module": KEPT_STORAGE,
                "class": "KeptPostgresStorage",
                "config": {"postgres_url": {"env": POSTGRES_VARIABLE}},
            }
        },
        "run_launcher": {
            "module": "dagster_celery.launcher",
            "class": LAUNCHER,
            "config": {
                "broker": {"env": REDIS_VARIABLE},
                "backend": {"env": REDIS_VARIABLE},
                "default_queue": DEFAULT_QUEUE,
                "config_source": CELERY,
            },
        },
        "local_artifact_storage": {
            "module": "dagster._core.storage.root",
            "class": "LocalArtifactStorage",
            "config": {"base_dir": shared},
        },
        "compute_logs": {
            "module": "dagster._core.storage.local_compute_log_manager",
            "class": "LocalComputeLogManager",
            "config": {"base_dir": f"{shared}/logs"},
        },
        "concurrency": {
            "pools": {
                "default_limit": 2,
                "granularity": "op",
                # Else the queue sends one run each 10 s: it counts the pool of a run's first op
                # (`download`) as taken until 5 s after its begin.
                "op_granularity_run_buffer": n_runs,
            },
            "runs": {
                "max_concurrent_runs": n_runs,
                "tag_concurrency_limits": [ONE_RUN_A_STREAM],
            },
        },
        # A run that waits in Redis for a free worker counts as starting; lost ones are told by
        # their leases.
        "run_monitoring": {
            "enabled": True,
            "start_timeout_seconds": _DAY_S,
            "free_slots_after_run_end_seconds": 60,
        },
        # The look at the leases waits for no other sensor's tick.
        "sensors": {"use_threads": True, "num_workers": 4},
        "retention": {"sensor": {"purge_after_days": {"skipped": 2, "failure": 14, "success": 14}}},
    }
    head = (
        "# Settings of the Dagster instance of a cluster, written by `utawaku cluster init`.\n"
        "# The addresses come from the settings of utawaku (catalogue_url, cluster.redis_url).\n"
    )
    return head + yaml.safe_dump(told, sort_keys=False)


def write_dagster_yaml(home: Path, text: str) -> None:
    """Put it in place, with what was there kept beside it once. Raises OSError."""
    home.mkdir(parents=True, exist_ok=True)
    path, kept = home / FILE, home / KEPT_FILE
    if path.exists() and not kept.exists():
        with atomic_path(kept, mode=0o600) as temporary:
            temporary.write_bytes(path.read_bytes())
    with atomic_path(path, mode=0o600) as temporary:
        temporary.write_text(text, "utf-8")
    with atomic_path(home / VERSION_FILE) as temporary:
        temporary.write_text(f"{VERSION}\n", "utf-8")

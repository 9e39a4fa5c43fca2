"""`utawaku cluster init`: let this machine work with others on one library."""

import os
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from utawaku.commands.console import out
from utawaku.commands.help import App
from utawaku.library.language import tr

if TYPE_CHECKING:
    from dagster import DagsterInstance

    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings

app = App(help="Let several machines work on one library.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Let several machines work on one library."""


@app.command(
    epilog="Example: utawaku cluster init --postgres postgresql://uta@db.example.org/songs "
    "--redis redis://db.example.org/0"
)
def init(
    postgres: Annotated[
        str, typer.Option(help="Database of the catalogue and of Dagster; by default the present.")
    ] = "",
    redis: Annotated[
        str, typer.Option(help="Redis that hands out the runs; by default the present.")
    ] = "",
    runs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Runs at once over all machines, one stream each; at first 10. Without it what "
            "the cluster has stays.",
        ),
    ] = None,
    key: Annotated[
        str,
        typer.Option(
            help="Key that encrypts log-ins for all machines, or `new` on the first of them. "
            "Without one each log-in stays on its machine."
        ),
    ] = "",
) -> None:
    """Check PostgreSQL, Redis and the shared folder, make what is missing, and write the settings.

    Run it on each machine. A library on SQLite moves there first, with `utawaku catalogue move`.
    """
    from utawaku.commands.supervisor import is_running
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import load_settings
    from utawaku.library.errors import UsageError, UtawakuError
    from utawaku.library.extras import is_installed, next_step
    from utawaku.library.secret_url import without_credentials
    from utawaku.orchestration import cluster
    from utawaku.orchestration.cluster_folder import mark_folder
    from utawaku.orchestration.dagster_storage import open_instance

    settings = load_settings()
    if not is_installed("cluster"):
        raise UsageError(
            "the parts for several machines are not installed", next_step=next_step("cluster")
        )
    if is_running(settings):
        raise UtawakuError("the pipeline is running", next_step="End it with `utawaku down` first")
    postgres = postgres or settings.catalogue_url.get_secret_value()
    redis = redis or settings.cluster.redis_url.get_secret_value()
    for name, url in (("--postgres", postgres), ("--redis", redis)):
        if not url:
            raise UsageError(f"{name} is missing", next_step="Give both addresses")
    if postgres.startswith("sqlite"):  # to open it would make the file
        raise UsageError("is no PostgreSQL database", subject=without_credentials(postgres))
    version = cluster.check_redis(redis)
    _refuse_to_leave_songs_behind()
    with closing(Catalogue.open_url(postgres, backups=settings.data_dir / "backups")) as catalogue:
        if catalogue.engine.dialect.name != "postgresql":
            raise UsageError("is no PostgreSQL database", subject=without_credentials(postgres))
        with cluster.one_after_the_other(catalogue.engine):
            cluster.make_schema(catalogue.engine)
            mark_folder(catalogue, settings)
            made_key = _agree_on_key(catalogue, settings, key)
            n_runs = cluster.agree_on_runs(catalogue, runs)
            _write_settings(postgres, redis)
            settings = load_settings()
            home = settings.dagster_home
            cluster.write_dagster_yaml(home, cluster.dagster_yaml(settings, n_runs))
            cluster.use_environment(settings)
            with open_instance(home) as instance:
                _prepare_pools(instance, n_runs, changed=runs is not None)
    out.print(
        tr("catalogue {url}", url=without_credentials(postgres)), markup=False, soft_wrap=True
    )
    out.print(
        tr("redis     {url} ({version})", url=without_credentials(redis), version=version),
        markup=False,
        soft_wrap=True,
    )
    out.print(tr("library   {library}", library=settings.library_root), markup=False)
    if made_key:
        told = tr("key       {key}  for the other machines: --key KEY", key=made_key)
        out.print(told, markup=False, soft_wrap=True)
    out.print(
        tr("Next: `utawaku up` on one machine, `utawaku worker` on the others (this one, too)"),
        soft_wrap=True,
    )


def _prepare_pools(instance: "DagsterInstance", n_runs: int, *, changed: bool) -> None:
    """Give pools their limits once; those that somebody set since stay."""
    from utawaku.commands.pipeline import prepare_pools

    storage = instance.event_log_storage
    known = {pool.name for pool in storage.get_pool_limits() if not pool.from_default}
    # `utawaku worker --at-once` sets how much a machine takes on.
    if changed or "cpu" not in known:
        storage.set_concurrency_slots("cpu", n_runs)
    prepare_pools(instance)


def _agree_on_key(catalogue: "Catalogue", settings: "Settings", key: str) -> str:
    """Make sure that this machine has the key of the cluster; returns a new one.

    Raises:
        ConfigError: it is another one.
    """
    from utawaku.library.config import write_setting
    from utawaku.library.sealing import new_key
    from utawaku.orchestration.cluster import check_key

    made = new_key() if key == "new" else ""
    present = settings.cluster.key.get_secret_value()
    wanted = made or key or present
    if wanted:
        check_key(catalogue, wanted)
    if wanted != present:
        write_setting("cluster.key", wanted)
    return made


def _write_settings(postgres: str, redis: str) -> None:
    """Write both addresses, unless the environment has them.

    Raises:
        UsageError: the environment has others.
    """
    from utawaku.library.config import write_setting
    from utawaku.library.errors import UsageError
    from utawaku.library.paths import environment_name, is_in_environment

    for name, url in (("catalogue_url", postgres), ("cluster.redis_url", redis)):
        if not is_in_environment(name):
            write_setting(name, url)
        elif os.environ.get(environment_name(name)) != url:
            raise UsageError(
                "the environment says otherwise, whatever the settings say",
                subject=environment_name(name),
            )


def _refuse_to_leave_songs_behind() -> None:
    """Raise where this machine has a library on SQLite that would no longer be used."""
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.catalogue_copy import is_new
    from utawaku.library.config import load_settings
    from utawaku.library.errors import UtawakuError

    settings = load_settings()
    file = settings.data_dir / "catalogue.db"
    if settings.catalogue_url.get_secret_value() or not file.exists():
        return
    with closing(Catalogue.open(settings)) as present:
        if not is_new(present):
            raise UtawakuError(
                "this machine has a library on SQLite, which the cluster would not show",
                subject=str(file),
                next_step="Move it there first: utawaku catalogue move --to URL",
            )

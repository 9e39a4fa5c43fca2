"""`utawaku worker`: runs of the cluster's pipeline on this machine."""

import signal
import sys
import threading
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from utawaku.commands.console import out
from utawaku.library.language import tr

if TYPE_CHECKING:
    from utawaku.commands.supervised_process import Child
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings

LOOK_EVERY_S = 0.5


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: utawaku worker --queue gpu --queue dagster")(worker)


def worker(
    queue: Annotated[
        list[str] | None,
        typer.Option(
            help="Queue to serve: dagster (the default) has every run, and gpu those that separate "
            "voices, once a worker serves it. Repeat it for both."
        ),
    ] = None,
    at_once: Annotated[
        int, typer.Option(min=1, help="Runs at once on this machine, one stream each.")
    ] = 1,
) -> None:
    """Take runs of the pipeline that `up` starts on another machine, until Ctrl-C.

    What is running then goes on with another worker.
    """
    from utawaku.commands.pipeline import prepare_dagster_home
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.cluster import is_cluster
    from utawaku.library.config import load_settings
    from utawaku.library.errors import UsageError
    from utawaku.orchestration.cluster import DEFAULT_QUEUE, check_redis
    from utawaku.orchestration.cluster_folder import check_folder
    from utawaku.orchestration.dagster_storage import open_instance
    from utawaku.orchestration.run_tags import GPU_QUEUE

    for name in queue or ():
        if name not in (DEFAULT_QUEUE, GPU_QUEUE):
            raise UsageError(
                "there is no such queue", subject=name, next_step="Give dagster, gpu, or both"
            )
    settings = load_settings()
    if not is_cluster(settings):
        raise UsageError(
            "this machine belongs to no cluster",
            next_step="`utawaku cluster init --postgres URL --redis URL` lets it",
        )
    check_redis(settings.cluster.redis_url.get_secret_value())
    with closing(Catalogue.open(settings)) as catalogue:
        check_folder(catalogue, settings)
        home = prepare_dagster_home(settings)
        with open_instance(home):  # raises where Dagster's storage cannot be used
            pass
        _serve(settings, catalogue, queue or [DEFAULT_QUEUE], at_once)


def _serve(settings: "Settings", catalogue: "Catalogue", queues: list[str], at_once: int) -> None:
    from utawaku.library.store.leases import RECEIVED, RUN, WORKER

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    lease_id = f"{WORKER}-{uuid.uuid4()}"
    facts = {"queues": queues, "at_once": at_once}
    catalogue.leases.hand_back([RUN, RECEIVED])  # of a worker that was killed here before
    catalogue.leases.take(lease_id, WORKER, facts)
    child = _child(settings, queues, at_once)
    out.print(
        tr(
            "worker on {host}: {queues}, {at_once} at once (log: {log})",
            host=catalogue.leases.place.host,
            queues=", ".join(queues),
            at_once=at_once,
            log=child.log,
        ),
        soft_wrap=True,
    )
    out.print(tr("Ctrl-C ends it; what is running goes on with another worker"))
    try:
        _look_after(child, catalogue, lease_id, facts, stopping)
    finally:
        child.end()
        catalogue.leases.hand_back([RUN, RECEIVED])
        catalogue.leases.release(lease_id)


def _look_after(
    child: "Child",
    catalogue: "Catalogue",
    lease_id: str,
    facts: dict[str, object],
    stopping: threading.Event,
) -> None:
    import time

    from sqlalchemy.exc import DBAPIError

    from utawaku.library.errors import CatalogueError
    from utawaku.library.store.leases import RECEIVED, RUN, SEEN_EVERY_S, WORKER

    seen_at = time.monotonic()
    while not stopping.wait(LOOK_EVERY_S):
        child.look_after()
        if time.monotonic() - seen_at < SEEN_EVERY_S:
            continue
        seen_at = time.monotonic()
        try:
            if not catalogue.leases.renew(lease_id):
                catalogue.leases.take(lease_id, WORKER, facts)
            catalogue.leases.hand_back([RUN, RECEIVED])
        except (DBAPIError, CatalogueError) as error:  # the server comes back, or it does not
            out.print(
                tr("the catalogue cannot be reached for now: {error}", error=error), markup=False
            )


def _child(settings: "Settings", queues: list[str], at_once: int) -> "Child":
    from utawaku.commands.pipeline_services import child_environment
    from utawaku.commands.supervised_process import Child

    logs = settings.data_dir / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "utawaku.commands.celery_worker"]
    command += [part for queue in queues for part in ("--queue", queue)]
    command += ["--at-once", str(at_once), "--tied"]
    environment = {**child_environment(settings), "DAGSTER_HOME": str(settings.dagster_home)}
    return Child("worker", command, environment, logs / "worker.log", tied=True)

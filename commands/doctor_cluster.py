"""Findings of `utawaku doctor` on several machines: Redis, the shared folder, who is at work."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from utawaku.library.errors import UtawakuError
from utawaku.library.health import Finding

if TYPE_CHECKING:
    from utawaku.library.catalogue import Catalogue
    from utawaku.library.config import Settings
    from utawaku.library.hosts import Host


def check_redis(settings: "Settings") -> Iterator[Finding]:
    """Ask Redis whether it answers."""
    from utawaku.orchestration import cluster

    try:
        version = cluster.check_redis(settings.cluster.redis_url.get_secret_value())
    except UtawakuError as error:
        yield Finding("redis", "error", f"{error.subject}: {error.problem}", error.next_step)
        return
    yield Finding("redis", "ok", f"Redis {version}")


def check_machines(catalogue: "Catalogue", settings: "Settings") -> Iterator[Finding]:
    """Look at the mark of the library's folder, and at the machines at work."""
    from utawaku.library.hosts import hosts
    from utawaku.orchestration.cluster_folder import check_folder

    try:
        check_folder(catalogue, settings)
    except UtawakuError as error:
        yield Finding("library", "error", f"{error.subject}: {error.problem}", error.next_step)
    else:
        root = settings.library_root
        yield Finding("library", "ok", f"{root} is the folder that all machines use")
    if not settings.cluster.key.get_secret_value() and catalogue.accounts.all():
        yield Finding(
            "log-ins",
            "info",
            "each is on the machine where it was made: an upload on another one is refused",
            "`utawaku cluster init --key new` here, and --key KEY on the others, shares them",
        )
    yield from _hosts([host for host in hosts(catalogue) if host.services])


def _hosts(found: "list[Host]") -> Iterator[Finding]:
    for host in found:
        does = ", ".join([*host.services, *host.streams])
        if host.stale:
            yield Finding(
                "host",
                "warning",
                f"{host.name} is stale: {does}; last seen {host.seen_s:.0f} s ago",
                "Start it there again, or leave it off: other machines take up what it had",
            )
        else:
            yield Finding("host", "ok", f"{host.name}: {does}; seen {host.seen_s:.0f} s ago")
    if not any("worker" in host.services for host in found if not host.stale):
        yield Finding(
            "workers",
            "warning",
            "no machine has a worker: streams wait",
            "`utawaku worker` starts one, on any machine of the cluster",
        )


def check_pipeline(catalogue: "Catalogue") -> Finding:
    """Return where the pipeline runs, which is on one machine of the cluster."""
    from utawaku.library.hosts import hosts

    for host in hosts(catalogue):
        if "up" in host.services and not host.stale:
            return Finding("pipeline", "ok", f"running on {host.name}")
    return Finding(
        "pipeline",
        "info",
        "not running on any machine: followed channels and requests of the screen wait",
        "`utawaku up --detach` starts it, on one machine",
    )

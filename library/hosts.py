"""The machines at work on a library, by their leases: what each does, and which are silent."""

from dataclasses import dataclass

from utawaku.library.catalogue import Catalogue
from utawaku.library.store.leases import ENDED, SERVICES, WORKER


@dataclass(frozen=True, slots=True)
class Host:
    """A machine, or a container of one."""

    name: str
    services: tuple[str, ...]
    """`up` and `worker`, as far as they run there."""
    queues: tuple[str, ...]
    """Queues that its workers serve."""
    streams: tuple[str, ...]
    """Ids of the streams that it works on."""
    seen_s: float
    """Seconds since its last sign of life."""
    stale: bool
    """It has been silent for too long: what it worked on goes on elsewhere."""


def hosts(catalogue: Catalogue) -> list[Host]:
    """Return the machines with a service of the cluster, or at work on a stream."""
    rows, now = catalogue.leases.listed()
    places: dict[tuple[str, str], Host] = {}
    for row in rows:
        if not row.place or row.kind == ENDED or not (row.kind in SERVICES or row.stream_id):
            continue
        key = (row.host, row.place)
        known = places.get(key, Host(row.host, (), (), (), float("inf"), True))
        services = {*known.services, *([row.kind] if row.kind in SERVICES else [])}
        queues = {*known.queues, *(row.facts.get("queues", []) if row.kind == WORKER else [])}
        places[key] = Host(
            row.host,
            tuple(sorted(services)),
            tuple(sorted(queues)),
            (*known.streams, *([row.stream_id] if row.stream_id else [])),
            min(known.seen_s, row.unseen_s(now)),
            known.stale and catalogue.leases.is_stale(row, now),
        )
    return sorted(places.values(), key=lambda host: (host.name, host.stale))


def served_queues(catalogue: Catalogue) -> set[str]:
    """Return the queues that a worker serves which was heard of lately."""
    return {queue for host in hosts(catalogue) if not host.stale for queue in host.queues}

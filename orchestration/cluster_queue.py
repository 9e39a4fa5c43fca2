"""Runs of a cluster that were handed out by Redis and never arrived.

Redis gives a message to the first worker that waits, and forgets it: to one that is cut off or
asleep it goes into the void. Dagster would count the run as starting for a day.
"""

import json
import logging

import dagster as dg

from utawaku.library.cluster import is_cluster
from utawaku.library.config import Settings
from utawaku.orchestration.cluster import DEFAULT_QUEUE
from utawaku.orchestration.run_tags import GPU_QUEUE

TASK_TAG = "dagster-celery/task_id"
_SEPARATOR = "\x06\x16"
"""Kombu's, between the name of a queue and a priority other than the first."""
_PRIORITIES = ("", *(f"{_SEPARATOR}{step}" for step in (3, 6, 9)))
_log = logging.getLogger(__name__)


def runs_on_their_way(instance: dg.DagsterInstance, settings: Settings) -> list[str]:
    """Return the ids of starting runs that wait in no queue any more.

    Each is with a worker, or lost: the first has a lease within seconds. Empty on one machine, and
    where Redis cannot be asked.
    """
    if not is_cluster(settings):
        return []
    starting = instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTING]))
    sent = {run.tags[TASK_TAG]: run.run_id for run in starting if TASK_TAG in run.tags}
    if not sent:
        return []
    import redis

    try:
        waiting = waiting_tasks(settings.cluster.redis_url.get_secret_value())
    except redis.RedisError as error:
        _log.warning("Redis cannot be asked for the runs that wait: %s", error)
        return []
    return [run_id for task, run_id in sent.items() if task not in waiting]


def waiting_tasks(url: str) -> set[str]:
    """Return the ids of Celery's tasks that wait in the queues of a Redis server.

    Raises:
        redis.RedisError: it cannot be asked.
    """
    import redis

    found: set[str] = set()
    with redis.Redis.from_url(url, socket_timeout=10, socket_connect_timeout=10) as client:
        for queue in (DEFAULT_QUEUE, GPU_QUEUE):
            for priority in _PRIORITIES:
                for message in client.lrange(queue + priority, 0, -1):
                    found.add(str(json.loads(message)["headers"]["id"]))
    return found

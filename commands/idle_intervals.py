"""Longer intervals for what Dagster and gRPC do while nothing is to be done.

Each is a constant that no release promises to keep: only the fork server sets them, which `up`
starts with releases of Dagster that it was tried with.
"""

import importlib

INTERVALS_S = {
    # The daemon loads all definitions anew, a second of CPU time. `up` starts its code server again
    # when they have changed, which the daemon notices by itself.
    ("dagster._daemon.controller", "RELOAD_WORKSPACE_INTERVAL"): (60, 3600),
    # Daemon and page ask whether the code server is still the same one.
    ("dagster._grpc.server_watcher", "WATCH_INTERVAL"): (1, 5),
    # A server of gRPC wakes up to look for signals, which Python tells it of anyway.
    ("grpc._common", "MAXIMUM_WAIT_TIMEOUT"): (0.1, 2.0),
}
"""Module and name of a constant -> its value there, and ours."""


def lengthen() -> None:
    """Set the intervals for this process and those that it forks."""
    for (module, name), (_, seconds) in INTERVALS_S.items():
        setattr(importlib.import_module(module), name, seconds)

"""Starts the runs of `up` by the run server, which forks each from a process that has loaded all.

Dagster's own launcher lets the code server start a new Python for each run, which loads Dagster,
the definitions and the engines before it begins; and it waits for that before it starts the next
one. Where no run server answers (`dagster dev`), it does so here, too.
"""

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from dagster import DefaultRunLauncher, Field, StringSource
from dagster._core.errors import DagsterLaunchFailedError
from dagster._core.launcher import LaunchRunContext
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClassData, serialize_value

_ANSWERS_WITHIN_S = 60.0


class ForkedRunLauncher(DefaultRunLauncher):
    """Asks the run server of `up` to fork a run, or to end it."""

    def __init__(self, socket: str = "", inst_data: ConfigurableClassData | None = None) -> None:
        """Take the path of the run server's socket."""
        self._socket = socket
        super().__init__(inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """The settings of the launcher in `dagster.yaml`."""
        return {"socket": Field(StringSource, is_required=False, default_value="")}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> Self:
        """Make the launcher that Dagster's settings name."""
        return cls(inst_data=inst_data, **config_value)

    def launch_run(self, context: LaunchRunContext) -> None:
        """Start a run; by a new Python where no run server is there.

        Raises:
            DagsterLaunchFailedError: the run server did not say that it started the run.
        """
        run, origin = context.dagster_run, context.job_code_origin
        asked = None
        if origin is not None:
            args = ExecuteRunArgs(
                job_origin=origin, run_id=run.run_id, instance_ref=self._instance.get_ref()
            )
            asked = ask(self._socket, start=run.run_id, args=serialize_value(args))
        if asked is None:
            super().launch_run(context)
        elif "pid" not in asked:
            raise _failed(f"the run server did not start it: {asked}")

    def terminate(self, run_id: str) -> bool:
        """Ask a run to end; False where it has ended already."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        if not (ask(self._socket, find=run_id) or {}).get("pid"):
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        self._instance.report_run_canceling(run)
        return bool((ask(self._socket, end=run_id) or {}).get("pid"))


def ask(path: str, **asked: str) -> dict[str, Any] | None:
    """Ask the run server for something; None where none is there.

    Raises:
        DagsterLaunchFailedError: it was asked, and its answer did not come.
    """
    if not path or not Path(path).exists():
        return None
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return None  # it is restarting
        connection.settimeout(_ANSWERS_WITHIN_S)
        try:
            connection.sendall(json.dumps(asked).encode() + b"\n")
            with connection.makefile("rb") as answer:
                told = json.loads(answer.readline())
        except (OSError, ValueError) as error:
            raise _failed(f"the run server gave no answer: {error}") from error
    assert isinstance(told, dict)
    return told


def _failed(message: str) -> DagsterLaunchFailedError:
    return DagsterLaunchFailedError(message)  # type: ignore[no-untyped-call]

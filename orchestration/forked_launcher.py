"""Starts the runs of `up` by the fork server, which forks each from a process that has loaded all.

Dagster's own launcher lets the code server start a new Python for each run, which loads Dagster,
the definitions and the engines before it begins; and it waits for that before it starts the next
one. Where no fork server answers (`dagster dev`), it does so here, too.
"""

from collections.abc import Mapping
from typing import Any, Self

from dagster import DefaultRunLauncher, Field, StringSource
from dagster._core.errors import DagsterLaunchFailedError
from dagster._core.launcher import LaunchRunContext
from dagster._grpc.types import ExecuteRunArgs
from dagster._serdes import ConfigurableClassData, serialize_value

from utawaku.orchestration.fork_requests import ask


class ForkedRunLauncher(DefaultRunLauncher):
    """Asks the fork server of `up` to fork a run, or to end it."""

    def __init__(self, socket: str = "", inst_data: ConfigurableClassData | None = None) -> None:
        """Take the path of the fork server's socket."""
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
        """Start a run; by a new Python where no fork server is there.

        Raises:
            DagsterLaunchFailedError: the fork server was asked, and its answer did not come.
        """
        run, origin = context.dagster_run, context.job_code_origin
        asked: dict[str, Any] = {}
        if origin is not None:
            args = ExecuteRunArgs(
                job_origin=origin, run_id=run.run_id, instance_ref=self._instance.get_ref()
            )
            asked = _asked(self._socket, start=run.run_id, args=serialize_value(args))
        if not asked:
            super().launch_run(context)

    def terminate(self, run_id: str) -> bool:
        """Ask a run to end; False where it has ended already."""
        run = self._instance.get_run_by_id(run_id)
        if run is None or run.is_finished:
            return False
        if not _asked(self._socket, find=run_id).get("pid"):
            return bool(super().terminate(run_id))  # type: ignore[no-untyped-call]
        self._instance.report_run_canceling(run)
        return bool(_asked(self._socket, end=run_id).get("pid"))


def _asked(path: str, **asked: Any) -> dict[str, Any]:
    """The fork server's answer; empty where none is there."""
    try:
        return ask(path, **asked) or {}
    except ConnectionError as error:
        raise _failed(str(error)) from error


def _failed(message: str) -> DagsterLaunchFailedError:
    return DagsterLaunchFailedError(message)  # type: ignore[no-untyped-call]

"""The unmodified Spleeter as an engine: a process of its own environment.

Inside a Dagster run it is driven by Dagster Pipes, on the command line by its own output.
"""

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from typing import Any

import dagster as dg

from utawaku.library.progress import Progress
from utawaku.models.separator import Separator
from utawaku.models.separator.engines import fetch_preferred
from utawaku.models.separator.reference import (
    Costs,
    ReferenceSpleeter,
    Runner,
    end_process,
    last_line,
    reference_failed,
)
from utawaku.orchestration.resources import SeparatorResource

_LOOK_EVERY_S = 0.2


def through_pipes(context: dg.AssetExecutionContext) -> Runner:
    """A runner by Dagster Pipes: the process's messages reach the run, and progress while it runs.

    (`PipesSubprocessClient` hands over custom messages only at the end.)
    """

    def run(command: Sequence[str], progress: Progress) -> Costs:
        costs: Costs | None = None
        n_heard = 0
        with (
            tempfile.TemporaryFile("w+", errors="replace") as complaints,
            dg.open_pipes_session(
                context=context.op_execution_context,
                context_injector=dg.PipesTempFileContextInjector(),
                message_reader=dg.PipesTempFileMessageReader(),
            ) as session,
        ):
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                env={**os.environ, **session.get_bootstrap_env_vars()},
            )

            def hear() -> None:
                nonlocal n_heard, costs
                told: Sequence[Any] = session.get_custom_messages()
                for message in told[n_heard:]:
                    if "fraction" in message:
                        progress(message["fraction"], message["message"])
                    else:
                        costs = message["cost"]
                n_heard = len(told)

            try:
                while process.poll() is None:
                    hear()
                    time.sleep(_LOOK_EVERY_S)
            finally:
                end_process(process)
            complaint = last_line(complaints)
        # Leaving the session read what was left in the file.
        hear()
        if process.returncode or costs is None:
            raise reference_failed(command, complaint or f"exit code {process.returncode}")
        return costs

    return run


def separator_of(
    context: dg.AssetExecutionContext, separator: SeparatorResource, progress: Progress
) -> Separator:
    """The engine that the settings want, as a run drives it; fetches its weights on first use."""
    settings = separator.library.settings
    if settings.stems.engine == ReferenceSpleeter.name:
        return ReferenceSpleeter(settings, run=through_pipes(context))
    why = fetch_preferred(settings.stems.engine, settings.weights_dir, progress)
    if why:
        context.log.warning("uses the built-in separator: %s", why)
        separator.library.catalogue.notices.add(
            "warning",
            "Stems are made by the built-in separator: Spleeter could not be fetched",
            body=why,
            next_step="`utawaku models pull spleeter-2stems` fetches it; stems made since are "
            "then stale",
        )
    return separator.engine(progress)

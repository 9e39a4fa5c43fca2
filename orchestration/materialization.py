"""Telling catalogue and Dagster how the work on an artefact goes, and the same to both.

The screen and the command line read progress and outcome from the catalogue, whichever process
does the work.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dagster as dg
from dagster._core.definitions.data_version import get_input_data_version_tag

from utawaku.library.errors import ExitCode, UtawakuError, file_trouble, full_disk
from utawaku.orchestration.model_versions import report_versions
from utawaku.orchestration.outcome_checks import tell_failed_checks
from utawaku.orchestration.resources import LibraryResource
from utawaku.orchestration.shown_metadata import check_facts, model_facts, stream_facts, typed
from utawaku.orchestration.versions import DATA_VERSION, INPUTS, data_version_of, inputs_of
from utawaku.workflows.model_versions import MISSING, MODELS, models_of, not_fetched

MIN_INTERVAL_S = 0.5
"""Progress is written no oftener than this; each write reaches the disk."""


class Work:
    """One artefact of one stream being made."""

    def __init__(
        self, library: LibraryResource, context: dg.AssetExecutionContext, asset: str
    ) -> None:
        self._states = library.catalogue.assets
        self._stream_id = context.partition_key
        self._asset = asset
        self._library = library
        self._context = context
        self._next_at = 0.0
        # As they are before the work: what changes meanwhile makes the outcome stale.
        self._inputs = inputs_of(asset, self._stream_id, library.catalogue, library.settings)
        self._to_fetch = set(not_fetched(library.settings, [asset])) | {
            model.asset for model in models_of([asset]) if model.may_change(library.settings)
        }
        report_versions(context.instance, library.settings, models_of([asset]))
        self._engine: dict[str, str] = {}
        self.data_version = ""
        """Set by `done`; the same as Dagster is to be told."""
        self._tell_why()

    def _tell_why(self) -> None:
        """Log why the artefact is made, and with which models."""
        state = self._states.of(self._stream_id).get(self._asset)
        log = self._context.log
        if state is None or not state.is_made:
            log.info("%s of %s: never made before", self._asset, self._stream_id)
        else:
            before = state.metadata.get(INPUTS, {})
            changed = [name for name, now in self._inputs.items() if before.get(name) != now]
            why = f"changed since: {', '.join(changed)}" if changed else "asked for again"
            log.info("%s of %s: %s", self._asset, self._stream_id, why)
        models = {name: now for name, now in self._inputs.items() if name in MODELS}
        for name, version in models.items():
            fetch = " (perhaps to be fetched)" if name in self._to_fetch else ""
            log.info("uses %s %s%s", name, version[:24], fetch)

    @property
    def finished(self) -> bool:
        """Return whether `done` was called."""
        return bool(self.data_version)

    def progress(self, fraction: float, message: str) -> None:
        """A `utawaku.library.progress.Progress` that ends in the catalogue."""
        now = time.monotonic()
        if now >= self._next_at:
            self._next_at = now + MIN_INTERVAL_S
            self._states.progressed(self._stream_id, self._asset, fraction, message)

    def done(
        self,
        *,
        engine: str,
        engine_version: str,
        model_version: str = "",
        metadata: Mapping[str, Any] | None = None,
        content: Any = None,
        without_model: bool = False,
    ) -> None:
        """The artefact is complete and in its place.

        `metadata["made_with"]` and `content` (what tells one outcome from another, as JSON can hold
        it) go into the data version, with all that the artefact was made from. `without_model` says
        that its model was not to be had, so that the outcome is stale from the start.
        """
        self._take_fetched(without_model)
        self._engine = {"engine": engine or "none", "engine version": engine_version}
        self._context.log.info(
            "%s of %s: made by %s %s", self._asset, self._stream_id, engine, engine_version
        )
        told = dict(metadata or {})
        self.data_version = data_version_of(
            self._asset, engine_version, self._inputs, [told.get("made_with"), content]
        )
        self._states.done(
            self._stream_id,
            self._asset,
            engine=engine,
            engine_version=engine_version,
            model_version=model_version,
            metadata=told | {INPUTS: self._inputs, DATA_VERSION: self.data_version},
            run_id=self._context.run.run_id,
        )

    def result(
        self,
        metadata: Mapping[str, Any],
        check_results: Sequence[dg.AssetCheckResult] = (),
    ) -> dg.MaterializeResult[None]:
        """The outcome as Dagster records it: versions as the catalogue has them.

        Checks that failed are told in the catalogue, too.

        By itself Dagster would note the model that it had on record when the step began, which a
        changed setting or a fetch may have overtaken.
        """
        specs = {spec.name: spec for spec in self._context.assets_def.check_specs}
        failed = tell_failed_checks(
            self._library.catalogue, self._stream_id, self._asset, specs, check_results
        )
        for name in failed:
            self._context.log.warning("check %s of %s failed", name, self._stream_id)
        return dg.MaterializeResult(
            metadata={
                **stream_facts(self._library.catalogue, self._stream_id, self._asset),
                **model_facts(self._asset, self._library.settings),
                **self._engine,
                **typed(metadata),
            },
            data_version=dg.DataVersion(self.data_version),
            tags={
                get_input_data_version_tag(dg.AssetKey(name)): version
                for name, version in self._inputs.items()
                if name in MODELS
            },
            check_results=[
                check_facts(self._library.catalogue, self._stream_id, one) for one in check_results
            ],
        )

    def _take_fetched(self, without_model: bool) -> None:
        """Note the versions of models that were fetched meanwhile, or could not be had."""
        settings = self._library.settings
        fetched = [model for model in models_of([self._asset]) if model.asset in self._to_fetch]
        for model in fetched:
            self._inputs[model.asset] = MISSING if without_model else model.version(settings)
        if not without_model:
            report_versions(self._context.instance, settings, fetched)


@contextmanager
def track(
    library: LibraryResource, context: dg.AssetExecutionContext, asset: str
) -> Iterator[Work]:
    """Record start and outcome of making `asset` for the run's stream.

    Raises:
        dagster.Failure: for every `UtawakuError`, with its message and next step; also left as a
            notice.
    """
    stream_id = context.partition_key
    library.catalogue.assets.started(stream_id, asset, run_id=context.run.run_id)
    try:
        work = Work(library, context, asset)
        yield work
    except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
        # The state must not say "running" for ever.
        library.catalogue.assets.failed(
            stream_id,
            asset,
            "stopped; the same command continues",
            exit_code=ExitCode.STOPPED,
            error="StoppedError",
        )
        raise
    except Exception as raised:
        error = full_disk(raised, library.settings.data_dir, stream_id) or (
            raised if isinstance(raised, UtawakuError) else file_trouble(raised, stream_id)
        )
        if error is None:
            library.catalogue.assets.failed(
                stream_id, asset, f"{type(raised).__name__}: {raised}".rstrip(": ")
            )
            raise
        library.catalogue.assets.failed(
            stream_id,
            asset,
            str(error),
            exit_code=error.exit_code,
            error=type(error).__name__,
            retry_after_s=getattr(error, "retry_after_s", None),
        )
        library.catalogue.notices.add(
            "error",
            f"{asset} failed",
            body=f"{error.subject}: {error.problem}" if error.subject else error.problem,
            next_step=error.next_step,
            stream_id=stream_id,
        )
        raise dg.Failure(
            description=str(error),
            metadata={"stream": stream_id, "next step": error.next_step or "none known"},
            allow_retries=False,
        ) from raised
    if not work.finished:
        raise dg.DagsterInvariantViolationError(f"{asset} ended without telling that it is done")

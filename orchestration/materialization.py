"""Telling the catalogue how the work on an artefact goes.

The screen and the command line read progress and outcome from the catalogue, whichever process
does the work.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import dagster as dg

from utawaku.library.errors import ExitCode, UtawakuError, file_trouble, full_disk
from utawaku.orchestration.resources import LibraryResource
from utawaku.orchestration.versions import DATA_VERSION, INPUTS, data_version_of, inputs_of

MIN_INTERVAL_S = 0.5
"""Progress is written no oftener than this; each write reaches the disk."""


class Work:
    """One artefact of one stream being made."""

    def __init__(self, library: LibraryResource, stream_id: str, asset: str) -> None:
        self._states = library.catalogue.assets
        self._stream_id = stream_id
        self._asset = asset
        self._library = library
        self._next_at = 0.0
        self.data_version = ""
        """Set by `done`; the same as Dagster is to be told."""

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
    ) -> None:
        """The artefact is complete and in its place.

        `metadata["made_with"]` and `content` (what tells one outcome from another, as JSON can hold
        it) go into the data version, with all that the artefact was made from.
        """
        library = self._library
        inputs = inputs_of(self._asset, self._stream_id, library.catalogue, library.settings)
        told = dict(metadata or {})
        self.data_version = data_version_of(
            self._asset, engine_version, inputs, [told.get("made_with"), content]
        )
        self._states.done(
            self._stream_id,
            self._asset,
            engine=engine,
            engine_version=engine_version,
            model_version=model_version,
            metadata=told | {INPUTS: inputs, DATA_VERSION: self.data_version},
        )


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
    library.catalogue.assets.started(stream_id, asset, run_id=context.run_id)
    work = Work(library, stream_id, asset)
    try:
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

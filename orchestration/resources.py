"""Resources of assets, jobs and sensors: the library, and one for each engine and client.

The engine, mode and rules of an artefact are settings, by which `library.staleness` goes. The
configuration of a resource says only how the work is done: threads, waits, tries.
"""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import dagster as dg
from dagster._core.storage.tags import PARENT_RUN_ID_TAG, PARTITION_NAME_TAG
from pydantic import Field, PrivateAttr

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.files import remove_stale_temporaries
from utawaku.library.held_lease import HeldLease
from utawaku.library.progress import Progress, silent
from utawaku.library.records import Stream
from utawaku.models.mfcc_segmenter import BacsSegmenter, make_bacs_segmenter
from utawaku.models.segmenter import Segmenter
from utawaku.models.separator import Separator, make_separator
from utawaku.models.tagger import Tagger
from utawaku.orchestration.run_leases import run_lease
from utawaku.orchestration.run_processes import mark_process
from utawaku.orchestration.run_tags import BATCH_TAG
from utawaku.services.downloader import Downloader, Tuning, fetch_times
from utawaku.workflows.embeddings import Ear, hear_ahead

LOOK_EVERY_S = 0.5
TELL_EVERY_S = 60.0


class LibraryResource(dg.ConfigurableResource[Any]):
    """Settings and catalogue of this user, and the lease of the run and its stream, for one run."""

    wait_for_stream_s: float = Field(
        default=6 * 3600.0,
        ge=0,
        description="Seconds that a run waits while another run or command works on its stream.",
    )
    _settings: Settings | None = PrivateAttr(default=None)
    _catalogue: Catalogue | None = PrivateAttr(default=None)
    _lease: HeldLease | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Open the catalogue; in a run about one stream, wait until nobody else works on it.

        Raises:
            dagster.Failure: the stream stays in use, or nobody wants the run any more.
            LeaseLostError: another process has the run already.
        """
        self._settings = load_settings()
        self._catalogue = Catalogue.open(self._settings)
        try:
            if context.instance is not None and context.run is not None:
                stream = self.catalogue.streams.find(context.run.tags.get(PARTITION_NAME_TAG, ""))
                run = context.instance.get_run_by_id(context.run.run_id)
                if run is not None:  # a sensor has none
                    self._lease = run_lease(self.catalogue, run)
                    mark_process(context.instance, run, stream.title if stream else "")
                if self._lease and stream is not None:  # else what needs it says that it is gone
                    self._take_stream(context, stream.id)
                self._check_wanted(context.run)
        except BaseException:
            self.teardown_after_execution(context)
            raise

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Give the stream back and close the catalogue."""
        if self._lease is not None:
            self._lease.release()
            self._lease = None
        if self._catalogue is not None:
            self._catalogue.close()

    def _take_stream(self, context: dg.InitResourceContext, stream_id: str) -> None:
        assert self._lease is not None, "the run took its lease before"
        began, told = time.monotonic(), float("-inf")
        while not self._lease.claim_stream(stream_id):
            now = time.monotonic()
            if now - began >= self.wait_for_stream_s:
                raise dg.Failure(
                    f"another run or command has worked on {stream_id} for too long",
                    allow_retries=False,
                )
            if now - told >= TELL_EVERY_S and context.log is not None:
                told = now
                context.log.info("waits: another run or command works on %s", stream_id)
            time.sleep(LOOK_EVERY_S)
        folder = self.settings.stream_dir(stream_id)
        folder.mkdir(parents=True, exist_ok=True)
        remove_stale_temporaries(folder, of_others=True)

    def _check_wanted(self, run: dg.DagsterRun) -> None:
        """Raise where the requests of a run were cancelled, or went to another instance."""
        mark = run.tags.get(BATCH_TAG)
        if mark is None or PARENT_RUN_ID_TAG in run.tags:
            return
        if not any(request.run_id == mark for request in self.catalogue.requests.running()):
            raise dg.Failure(NOBODY_WANTS_IT, allow_retries=False)

    @property
    def settings(self) -> Settings:
        """The settings at the start of the run."""
        assert self._settings is not None, "the resource is not set up"
        return self._settings

    @property
    def catalogue(self) -> Catalogue:
        """The open catalogue."""
        assert self._catalogue is not None, "the resource is not set up"
        return self._catalogue


NOBODY_WANTS_IT = "its request was cancelled, or another run serves it"


class DownloaderResource(dg.ConfigurableResource[Any]):
    """The client of the sites that recordings come from."""

    library: dg.ResourceDependency[LibraryResource]
    socket_timeout_s: float = Field(
        default=Tuning().socket_timeout_s,
        gt=0,
        description="Seconds after which a connection that says nothing counts as broken.",
    )
    retries: int = Field(
        default=Tuning().retries, ge=0, description="New connections for one media file."
    )

    def client(
        self, settings: Settings | None = None, *, tuning: Tuning | None = None
    ) -> Downloader:
        """The client as the settings, or those of a channel, want it."""
        wanted = settings or self.library.settings
        configured = replace(Tuning(), socket_timeout_s=self.socket_timeout_s, retries=self.retries)
        return Downloader(
            wanted.download,
            tuning=tuning or configured,
            times=fetch_times(wanted, self.library.catalogue),
        )


class SegmenterResource(dg.ConfigurableResource[Any]):
    """The engine that tells speech from music."""

    library: dg.ResourceDependency[LibraryResource]
    threads: int = Field(default=0, ge=0, description="Threads; 0 as segments.threads says.")

    def engine(self, progress: Progress = silent) -> Segmenter | BacsSegmenter:
        """The engine that the settings want. Fetches its weights on first use."""
        settings = self.library.settings
        wanted = settings.segments
        if wanted.engine == "bacs":
            return make_bacs_segmenter(
                settings.weights_dir,
                wanted.weights,
                energy_ratio=wanted.energy_ratio,
                progress=progress,
            )
        return Segmenter.from_registry(
            settings.weights_dir,
            engine=wanted.engine,
            mode=wanted.mode,
            energy_ratio=wanted.energy_ratio,
            threads=self.threads or wanted.threads,
            progress=progress,
        )


class TaggerResource(dg.ConfigurableResource[Any]):
    """The engine that hears what songs sound like."""

    library: dg.ResourceDependency[LibraryResource]
    threads: int = Field(default=1, ge=1, description="Threads.")

    _engine: Tagger | None = PrivateAttr(default=None)
    _ear: Ear | None = PrivateAttr(default=None)

    def engine(self, progress: Progress = silent) -> Tagger:
        """The engine, loaded once a run. Fetches its weights on first use."""
        if self._engine is None:
            weights = self.library.settings.weights_dir
            self._engine = Tagger.from_registry(weights, threads=self.threads, progress=progress)
        return self._engine

    def begin(self, stream: Stream, settings: Settings) -> None:
        """Begin to hear the songs of a stream, beside what the run does now."""
        if self._ear is None:
            self._ear = hear_ahead(self.engine, stream, self.library.catalogue, settings)

    @property
    def ear(self) -> Ear | None:
        """Return what `begin` began."""
        return self._ear

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Stop hearing."""
        if self._ear is not None:
            self._ear.close()
            self._ear = None
        self._engine = None


class SeparatorResource(dg.ConfigurableResource[Any]):
    """The engine that takes songs apart."""

    library: dg.ResourceDependency[LibraryResource]
    threads: int = Field(default=0, ge=0, description="Threads; 0 as stems.threads says.")

    def engine(self, progress: Progress = silent) -> Separator:
        """The engine that the settings want. Fetches its weights on first use.

        Stems add up to the mix, so bands beyond Spleeter's reach are shared out (`average`).
        """
        settings = self.library.settings
        return make_separator(
            settings.stems.engine,
            settings.weights_dir,
            threads=self.threads or settings.stems.threads,
            extension="average",
            custom=settings.stems.weights,
            plugin=settings.stems.plugin,
            progress=progress,
        )


def make_resources(**others: type[dg.ConfigurableResource[Any]]) -> dict[str, Any]:
    """Every resource by its key; engines and clients share the library of the run.

    `others` take the place of resources of their key.
    """
    # Dagster shares a resource inside others only where its configuration may come with the run:
    # else each would have a library of its own.
    library = LibraryResource.configure_at_launch()
    kinds: Mapping[str, type[dg.ConfigurableResource[Any]]] = {
        "downloader": DownloaderResource,
        "segmenter": SegmenterResource,
        "tagger": TaggerResource,
        "separator": SeparatorResource,
        **others,
    }
    return {"library": library, **{key: kind(library=library) for key, kind in kinds.items()}}

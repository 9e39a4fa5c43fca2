"""Resources of the assets: settings, catalogue, engines."""

from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings, load_settings
from utawaku.library.progress import Progress, silent
from utawaku.models.mfcc_segmenter import BacsSegmenter
from utawaku.models.segmenter import Segmenter
from utawaku.models.separator import Separator, make_separator
from utawaku.models.tagger import Tagger
from utawaku.orchestration.run_processes import mark_process
from utawaku.services.downloader import Downloader, Tuning


class LibraryResource(dg.ConfigurableResource[Any]):
    """Settings and catalogue of this user, opened once a run."""

    _settings: Settings | None = PrivateAttr(default=None)
    _catalogue: Catalogue | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Open the catalogue."""
        self._settings = load_settings()
        self._catalogue = Catalogue.open(self._settings)
        if context.instance is not None and context.run is not None:
            mark_process(context.instance, context.run.run_id)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Close the catalogue."""
        if self._catalogue is not None:
            self._catalogue.close()

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

    def downloader(
        self, settings: Settings | None = None, *, tuning: Tuning | None = None
    ) -> Downloader:
        """The client that fetches recordings, as the (channel's) settings want it."""
        wanted = settings or self.settings
        return Downloader(
            wanted.download, tuning=tuning, pace_file=wanted.data_dir / "download-pace.json"
        )

    def segmenter(self, progress: Progress = silent) -> Segmenter | BacsSegmenter:
        """The engine that tells speech from music, as the settings want it.

        Fetches its weights on first use.
        """
        wanted = self.settings.segments
        if wanted.engine == "bacs":
            return BacsSegmenter.from_registry(
                self.settings.weights_dir, energy_ratio=wanted.energy_ratio, progress=progress
            )
        return Segmenter.from_registry(
            self.settings.weights_dir,
            engine=wanted.engine,
            mode=wanted.mode,
            energy_ratio=wanted.energy_ratio,
            threads=wanted.threads,
            progress=progress,
        )

    def tagger(self, progress: Progress = silent) -> Tagger:
        """The engine that hears what songs sound like. Fetches its weights on first use."""
        return Tagger.from_registry(self.settings.weights_dir, threads=1, progress=progress)

    def separator(self, progress: Progress = silent) -> Separator:
        """The engine that takes songs apart, as the settings want it.

        Fetches its weights on first use. Stems add up to the mix, so bands beyond Spleeter's
        reach are shared out (`average`) and not dropped.
        """
        wanted = self.settings.stems
        return make_separator(
            wanted.engine,
            self.settings.weights_dir,
            threads=wanted.threads,
            extension="average",
            custom=wanted.weights,
            progress=progress,
        )

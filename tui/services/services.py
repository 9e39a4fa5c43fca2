"""All services of the app in one value, as screens receive them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from textual.app import App

from utawaku.tui.library_handle import LibraryHandle
from utawaku.tui.player.output import Output, open_device
from utawaku.tui.player.player import Player
from utawaku.tui.preferences import PreferenceStore
from utawaku.tui.services.beginnings import Beginnings
from utawaku.tui.services.catalogue_worker import CatalogueWorker
from utawaku.tui.services.error_reports import ErrorReports
from utawaku.tui.services.grading import Grading
from utawaku.tui.services.navigator import Navigator
from utawaku.tui.services.pipeline_control import PipelineControl
from utawaku.tui.services.playback import Playback
from utawaku.tui.services.playlist_requests import PlaylistRequests
from utawaku.tui.services.queue_keeper import QueueKeeper
from utawaku.tui.services.radio_tuner import RadioTuner
from utawaku.tui.services.retrainer import Retrainer
from utawaku.tui.services.scrobbler import Scrobbler
from utawaku.tui.services.sleep_timer import SleepTimer
from utawaku.tui.services.stem_export import StemExport
from utawaku.tui.services.undo_stack import UndoStack


@dataclass(frozen=True)
class Services:
    """The app's services."""

    library: LibraryHandle
    """Settings and catalogue."""
    reports: ErrorReports
    worker: CatalogueWorker
    undo: UndoStack
    preferences: PreferenceStore
    playback: Playback
    grading: Grading
    pipeline: PipelineControl
    playlists: PlaylistRequests
    navigator: Navigator
    beginnings: Beginnings
    tuner: RadioTuner
    queue_keeper: QueueKeeper
    scrobbler: Scrobbler
    retrainer: Retrainer
    sleep_timer: SleepTimer
    stem_export: StemExport

    @property
    def player(self) -> Player:
        """The player."""
        return self.playback.player

    @classmethod
    def of(
        cls,
        app: App[Any],
        library: LibraryHandle,
        *,
        open_output: Callable[[], Output] = open_device,
    ) -> Self:
        """Make the services of an app."""
        reports = ErrorReports(app)
        worker = CatalogueWorker(app, reports)
        undo = UndoStack(app, worker)
        preferences = PreferenceStore(library.place, worker.write)
        pipeline = PipelineControl(app, library, worker)
        playback = Playback(app, library, worker, reports, preferences, open_output=open_output)
        tuner = RadioTuner(app, library, worker, playback.player)
        playback.by_hand = tuner.stop
        retrainer = Retrainer(app, library, worker, pipeline, reports)
        scrobbler = Scrobbler(app, library, reports)
        playback.player.recorded = lambda: app.call_later(scrobbler.heard)
        return cls(
            library,
            reports,
            worker,
            undo,
            preferences,
            playback,
            Grading(app, library, undo, retrainer.graded),
            pipeline,
            PlaylistRequests(app, library, worker, reports, pipeline),
            Navigator(app),
            Beginnings(app, library, worker, pipeline),
            tuner,
            QueueKeeper(app, library, worker, playback.player, tuner),
            scrobbler,
            retrainer,
            SleepTimer(app, playback.player),
            StemExport(app, reports),
        )

    async def close(self) -> None:
        """Finish writes, then close the player."""
        self.beginnings.close()
        self.stem_export.close()
        self.retrainer.close()
        self.sleep_timer.stop()
        self.queue_keeper.close()
        self.tuner.stop()
        await self.worker.close()
        await self.playback.close()
        self.scrobbler.close()

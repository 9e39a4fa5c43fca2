"""Sensors against local sites: Dagster's real instance, yt-dlp's real extractors."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import dagster as dg
import pytest
from pydantic import PrivateAttr

from tests.servers.youtube_fixtures import QUICK
from tests.servers.youtube_fixtures import emulated as emulated
from tests.servers.youtube_site import YoutubeSite
from utawaku.library.config import Settings
from utawaku.orchestration.resources import LibraryResource
from utawaku.sensors.channels import look_at_channels
from utawaku.sensors.requests import drain_requests
from utawaku.services.downloader import Downloader, Tuning


class LocalLibrary(LibraryResource):
    """The real resource; only patience differs, and the local sites' certificate is accepted."""

    _tuning: Tuning = PrivateAttr(default=QUICK)

    def downloader(
        self, settings: Settings | None = None, *, tuning: Tuning | None = None
    ) -> Downloader:
        wanted = settings or self.settings
        return Downloader(wanted.download, tuning=self._tuning)


@lru_cache
def everything() -> dg.Definitions:
    """The real definitions."""
    from utawaku.definitions import defs

    return defs()


@dataclass
class Pipeline:
    """A daemon by hand: each tick is one evaluation of a sensor, with its runs carried out."""

    instance: dg.DagsterInstance

    def look(self) -> list[dg.RunRequest]:
        """One tick of the channels sensor; whole lists are read in runs at once."""
        asked = self.tick(look_at_channels)
        for run in asked:
            self.carry_out(run)
        return asked

    def tick(self, sensor: dg.SensorDefinition, cursor: str | None = None) -> list[dg.RunRequest]:
        """Evaluate a sensor as the daemon does, and return its run requests."""
        with (
            dg.build_sensor_context(
                instance=self.instance,
                resources={"library": LocalLibrary()},
                cursor=cursor,
                definitions=everything(),
            ) as context,
            dg.partition_loading_context(dynamic_partitions_store=self.instance),
        ):
            return list(sensor.evaluate_tick(context).run_requests or ())

    def drain(self) -> list[dg.RunRequest]:
        """One tick of the requests sensor; nothing is carried out."""
        return self.tick(drain_requests)

    def carry_out(
        self, run: dg.RunRequest, *, raises: bool = True, job: str = "reconcile_channel"
    ) -> dg.ExecuteInProcessResult:
        """Execute what a sensor asked for, as the daemon would."""
        joined = dg.Definitions(
            assets=list(everything().assets or ()),
            jobs=list(everything().jobs or ()),
            resources={"library": LocalLibrary()},
            executor=dg.in_process_executor,
        )
        definition = joined.resolve_job_def(run.job_name or job)
        return definition.execute_in_process(
            run_config=dict(run.run_config or {}),
            instance=self.instance,
            partition_key=run.partition_key,
            asset_selection=list(run.asset_selection) if run.asset_selection else None,
            tags=dict(run.tags),
            raise_on_error=raises,
        )


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Pipeline(instance)


@pytest.fixture
def site(
    emulated: tuple[YoutubeSite, str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> YoutubeSite:
    running, proxy = emulated
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__PROXY", proxy)
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__SLEEP_REQUESTS_S", "0")
    monkeypatch.setenv("UTAWAKU_DOWNLOAD__SLEEP_S", "[0, 0]")
    running.clear()
    return running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "watched"
    made.mkdir()
    return made

"""Notices about batches: one when everything that was asked for is done."""

import time

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.orchestration.resources import LibraryResource
from utawaku.services.webhook import announce

INTERVAL_S = 120
BATCH = "batch.told"


@dg.sensor(
    description="Announces what was finished once nothing has been going on for a while.",
    target=None,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def batch_notices(context: dg.SensorEvaluationContext, library: LibraryResource) -> dg.SkipReason:
    """Announce what was finished when nothing has been going on for a while."""
    told = announce_if_quiet(library.catalogue, library.settings, time.time())
    return dg.SkipReason(told or "nothing to tell")


def announce_if_quiet(catalogue: Catalogue, settings: Settings, now: float) -> str:
    """Announce the streams finished since the last time; returns the text, empty for none."""
    memory = catalogue.memories.recall(BATCH, {})
    if not memory:
        # What was there before anything was asked of the pipeline is no batch of it.
        first_asked = catalogue.requests.first_created_at()
        memory = {"until": now if first_asked is None else first_asked}
        catalogue.memories.keep(BATCH, memory)
    since = float(memory.get("until", 0.0))
    if since > now:  # the clock was set back
        since = 0.0
    summary = catalogue.assets.finished_since("library_files", since)
    if not summary.n_streams or catalogue.requests.count("running"):
        return ""
    if now - summary.latest_at < settings.notices.batch_quiet_minutes * 60:
        return ""
    n_failed = catalogue.requests.n_failed_since(since)
    text = f"{summary.n_streams} stream(s) finished, {n_failed} given up"
    announce(settings, "warning" if n_failed else "success", "A batch has finished", text)
    catalogue.memories.keep(BATCH, {"until": summary.latest_at})
    return text

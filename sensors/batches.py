"""What follows when enough has come together: training after grades, a notice after a batch."""

import time

import dagster as dg

from utawaku.jobs.ingest import ingest_stream
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.orchestration.resources import LibraryResource
from utawaku.services.webhook import announce

INTERVAL_S = 60
TRAINED_TO = "grades.trained_to"
BATCH = "batch.told"


@dg.sensor(
    job=ingest_stream,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def ask_for_training(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> dg.SkipReason:
    """File a `train` request after every `keep.retrain_after` new grades."""
    n_new = ask_if_enough(library.catalogue, library.settings)
    return dg.SkipReason(f"{n_new} grade(s) since the last training was asked for")


def ask_if_enough(catalogue: Catalogue, settings: Settings) -> int:
    """File the request when it is time; returns how many grades are new (after that, 0).

    The request is filed first: a crash in between files the same open request again, which is one
    and the same row.
    """
    latest, n_new = catalogue.grades.since(int(catalogue.memories.recall(TRAINED_TO, 0)))
    if n_new < settings.keep.retrain_after:
        return n_new
    catalogue.requests.file("train", "taste")
    catalogue.memories.keep(TRAINED_TO, latest)
    return 0


@dg.sensor(
    job=ingest_stream,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def tell_of_batches(context: dg.SensorEvaluationContext, library: LibraryResource) -> dg.SkipReason:
    """Announce what was finished when nothing has been going on for a while."""
    told = tell_if_quiet(library.catalogue, library.settings, time.time())
    return dg.SkipReason(told or "nothing to tell")


def tell_if_quiet(catalogue: Catalogue, settings: Settings, now: float) -> str:
    """Announce the streams finished since the last time; returns the text, empty for none."""
    memory = catalogue.memories.recall(BATCH, {})
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
    if since:  # the first time would count the whole library
        announce(settings, "warning" if n_failed else "success", "A batch has finished", text)
    catalogue.memories.keep(BATCH, {"until": summary.latest_at})
    return text

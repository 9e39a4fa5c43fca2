"""Takes songs apart, those asked for and those that turn out to be good, and whole recordings."""

from collections.abc import Iterator

import dagster as dg

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.library.requests import Separate
from utawaku.models.separator.engines import engine_in_use
from utawaku.orchestration.resources import LibraryResource

INTERVAL_S = 300
AT_ONCE = 20
"""Songs asked for in one look; separation is the costly step."""


def ask_for_good_songs(catalogue: Catalogue, settings: Settings) -> list[str]:
    """File a request for each song above the thresholds that has no stems and was not asked for.

    A song whose separation failed or was cancelled is not asked for again.
    """
    wanted = settings.stems
    found = catalogue.stems.wanting(
        engine_in_use(wanted.engine, settings.weights_dir),
        min_taste=wanted.min_taste,
        min_grade=wanted.min_grade,
    )
    asked = {
        request.target for request in catalogue.requests.recent(limit=10_000)
        if request.kind == "separate"
    }  # fmt: skip
    new = [song_id for song_id in found if song_id not in asked][:AT_ONCE]
    for song_id in new:
        catalogue.requests.file(Separate(song_id=song_id), by="sensor separate_good_songs")
    return new


@dg.sensor(
    description="Asks for the stems of songs above the thresholds of the settings stems.*.",
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
    target=None,
)
def separate_good_songs(
    context: dg.SensorEvaluationContext, library: LibraryResource
) -> Iterator[dg.SkipReason]:
    """Ask for the stems of songs that score or were graded above the settings' thresholds."""
    new = ask_for_good_songs(library.catalogue, library.settings)
    yield dg.SkipReason(f"asked for the stems of {len(new)} song(s)")

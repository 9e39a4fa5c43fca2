"""The crawler's daily round."""

import dagster as dg

from utawaku.library.errors import WeightsMissingError
from utawaku.models.tagger import Tagger
from utawaku.orchestration.resources import DownloaderResource, LibraryResource, TaggerResource
from utawaku.workflows.crawl import crawl, taste_scorer


@dg.op
def crawl_round(
    context: dg.OpExecutionContext,
    library: LibraryResource,
    downloader: DownloaderResource,
    tagger: TaggerResource,
) -> None:
    """Search, preview, score; candidates wait for the user's mark."""
    catalogue, settings = library.catalogue, library.settings
    if not settings.crawl.enabled:
        context.log.info("crawl.enabled is off")
        return
    engine: Tagger | None = None
    try:
        engine = tagger.engine()
    except WeightsMissingError as error:
        context.log.warning("previews cannot be heard yet: %s", error)
    scorer = taste_scorer(catalogue, settings, engine) if engine is not None else None
    done = crawl(catalogue, settings, downloader.client(), scorer, tagger=engine)
    context.log.info(
        "%d searches, %d new candidates, %d previews, %d scored %s",
        done.n_looks,
        done.n_new,
        done.n_previews,
        done.n_scored,
        done.stopped,
    )
    for failure in done.failures:
        context.log.warning("failed, and does not count for the day: %s", failure)
    put = done.favourites
    if put.folder:
        context.log.info("favourites: %d added, %d taken off", put.n_added, put.n_removed)
    for failure in put.failures:
        context.log.warning("favourites: %s", failure)
        catalogue.notices.add("warning", "The favourites folder is not complete", body=failure)


@dg.job(executor_def=dg.in_process_executor)
def crawl_job() -> None:
    """Look for streams like those the user likes."""
    crawl_round()

"""The crawler's job while it is switched off."""

import dagster as dg

from utawaku.jobs.crawl import crawl_job
from utawaku.library.catalogue import Catalogue
from utawaku.library.config import Settings
from utawaku.orchestration.resources import make_resources


def test_nothing_is_searched_or_fetched_while_it_is_off(
    catalogue: Catalogue, settings: Settings
) -> None:
    assert not settings.crawl.enabled
    with dg.DagsterInstance.ephemeral() as instance:
        done = crawl_job.execute_in_process(instance=instance, resources=make_resources())
    assert done.success
    assert catalogue.sites.count("youtube", "search") == 0
    assert list(catalogue.candidates.in_state("found", "previewed", "scored", "failed")) == []
    assert not settings.weights_dir.exists()

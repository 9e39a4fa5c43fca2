"""Budgets, rests and retries: bounded, explained, and proof against a wrong clock."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utawaku.library.catalogue import Catalogue
from utawaku.library.config import load_settings
from utawaku.library.metrics import exposition, metrics
from utawaku.library.requests import Ingest
from utawaku.library.retry_policies import DAY_S, next_try
from utawaku.library.sites import site_of

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.youtube.com/@x", "youtube"),
        ("https://youtu.be/x", "youtube"),
        ("ytsearch20:歌枠", "youtube"),
        ("https://space.bilibili.com/1", "bilibili"),
        ("https://notyoutube.com/x", "notyoutube.com"),
        ("https://www.example.org:8080/feed", "example.org"),
        ("/home/me/a.mkv", "file"),
    ],
)
def test_all_hosts_of_a_site_share_one_budget(url: str, site: str) -> None:
    assert site_of(url) == site


def test_a_budget_frees_up_a_day_after_the_download_that_used_it(catalogue: Catalogue) -> None:
    for hours_ago in (30, 20, 10):
        catalogue.sites.note("youtube", "download", at=NOW - hours_ago * 3600)
    sites = catalogue.sites
    assert sites.count("youtube", "download", now=NOW) == 2
    assert sites.free_again_at("youtube", "download", 3, now=NOW) is None
    assert sites.free_again_at("youtube", "download", 2, now=NOW) == NOW + 4 * 3600
    assert sites.free_again_at("youtube", "download", 1, now=NOW) == NOW + 14 * 3600
    assert sites.free_again_at("bilibili", "download", 1, now=NOW) is None


def test_downloads_that_a_wrong_clock_dated_ahead_do_not_use_up_the_budget(
    catalogue: Catalogue,
) -> None:
    for _ in range(5):
        catalogue.sites.note("youtube", "download", at=NOW + 400 * DAY_S)
    assert catalogue.sites.free_again_at("youtube", "download", 1, now=NOW) is None


def test_refusals_in_a_row_double_the_rest_and_one_success_ends_it(catalogue: Catalogue) -> None:
    sites = catalogue.sites
    first = sites.refuse("youtube", "bot check", base_s=3600, now=NOW)
    assert first.until == NOW + 3600
    during = sites.refuse("youtube", "bot check", base_s=3600, now=NOW + 60)
    assert (during.refusals, during.until) == (1, first.until)  # a run that was under way
    after = sites.refuse("youtube", "bot check", base_s=3600, now=NOW + 3601)
    assert (after.refusals, after.until) == (2, NOW + 3601 + 7200)
    assert sites.rest("youtube", now=NOW + 3700) is not None
    assert sites.rest("bilibili", now=NOW) is None
    sites.welcome("youtube")
    assert sites.rest("youtube", now=NOW + 3700) is None


def test_a_rest_is_never_longer_than_two_days_nor_lengthened_by_the_clock(
    catalogue: Catalogue,
) -> None:
    for _ in range(20):
        rest = catalogue.sites.refuse("a", "429", base_s=3600, retry_after_s=1e9, now=NOW)
    assert rest.until == NOW + 2 * DAY_S
    catalogue.sites.refuse("b", "429", base_s=3600, now=NOW + 400 * DAY_S)
    late = catalogue.sites.rest("b", now=NOW)
    assert late is not None
    assert late.until <= NOW + 3600


def test_each_trouble_has_its_own_patience() -> None:
    network = next_try("NetworkError", attempts=0)
    private = next_try("PrivateStreamError", attempts=0)
    limited = next_try("RateLimitedError", attempts=0, retry_after_s=7200)
    assert network is not None
    assert private is not None
    assert limited is not None
    assert network.wait_s < limited.wait_s < private.wait_s
    assert limited.wait_s == 7200
    assert next_try("GeoBlockedError", attempts=0) is None
    assert next_try("NotMediaError", attempts=0) is None


def test_an_unfinished_archive_is_taken_as_it_is_after_a_day() -> None:
    early = next_try("StillProcessingError", attempts=3, waited_s=3600)
    late = next_try("StillProcessingError", attempts=6, waited_s=DAY_S)
    assert early is not None
    assert not early.accept_incomplete
    assert late is not None
    assert late.accept_incomplete


@given(
    st.sampled_from(
        ["StillProcessingError", "NetworkError", "BotCheckError", "killed", "unknown", "ValueError",
         "PrivateStreamError", "DiskFullError", "DownloadError", "CatalogueLockedError",
         "StoppedError"]
    ),
    st.one_of(st.none(), st.floats(0, 1e9)),
)  # fmt: skip
def test_every_trouble_ends_some_day(error: str, retry_after_s: float | None) -> None:
    attempts, waited_s = 0, 0.0
    while (
        retry := next_try(error, attempts=attempts, waited_s=waited_s, retry_after_s=retry_after_s)
    ) is not None:
        assert 0 <= retry.wait_s <= 14 * DAY_S
        attempts += 1
        waited_s += retry.wait_s
        assert attempts < 100


def test_metrics_are_text_that_prometheus_reads(catalogue: Catalogue) -> None:
    catalogue.requests.file(Ingest(source="x"))
    catalogue.sites.refuse('a "quoted"\nsite', "429", base_s=3600)
    text = exposition(metrics(catalogue, load_settings()))
    assert 'utawaku_requests{state="queued"} 1\n' in text
    assert 'utawaku_site_rest_seconds{site="a \\"quoted\\"\\nsite"} 3' in text
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name.startswith("utawaku_")
            float(value)


def test_a_wait_that_a_wrong_clock_set_years_ahead_is_over(catalogue: Catalogue) -> None:
    request = catalogue.requests.file(Ingest(source="x"))
    catalogue.requests.wait(request.id, time.time() + 86_400, "tomorrow")
    assert catalogue.requests.waiting(now=time.time()) == []
    catalogue.requests.wait(request.id, time.time() + 900 * DAY_S, "in years")
    assert [r.id for r in catalogue.requests.waiting(now=time.time())] == [request.id]

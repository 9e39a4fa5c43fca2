"""Looks at followed channels, a few in each tick, the longest waiting first."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import dagster as dg

from utawaku.jobs.ingest import reconcile_channel, reconcile_config
from utawaku.library.errors import UtawakuError
from utawaku.library.records import Channel
from utawaku.library.subscriptions import ChannelRules
from utawaku.orchestration.quiet_ticks import wait_for_change
from utawaku.orchestration.resources import DownloaderResource
from utawaku.orchestration.run_tags import ASKED_BY_TAG, ASKED_FOR_TAG, TITLE_TAG
from utawaku.services.downloader import Tuning
from utawaku.services.rate_limits import wait_before_request
from utawaku.workflows.subscriptions import is_reconcile_due, poll_channel, with_rules

INTERVAL_S = 30
TICK_S = 35.0
"""A tick has 60 s; no look begins after this, and none may take longer than what is left of it."""
LOOKS_EVERY_S = 2.0
"""A tick with nothing to poll waits for the next channel that is due."""
LEASE_S = 15 * 60.0
"""A channel whose look never comes back (the tick was killed) has its next turn after so long, and
until then it is not in the way of the others."""
IMPATIENT = Tuning(
    socket_timeout_s=8.0, stalled_s=15.0, retries=0, extractor_retries=1, retry_wait_s=0.5
)
MAX_RECONCILES = 2
"""Whole lists read in runs at once."""


@dataclass
class Tally:
    """The result of a tick."""

    n_looked: int = 0
    n_asked: int = 0
    n_failed: int = 0
    n_resting: int = 0


@dg.sensor(
    description="Polls the subscriptions whose turn it is and files a request for each new stream.",
    job=reconcile_channel,
    minimum_interval_seconds=INTERVAL_S,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def poll_subscriptions(
    context: dg.SensorEvaluationContext, downloader: DownloaderResource
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for the new streams of the channels whose turn it is.

    The cursor of each channel lies in the catalogue, where it moves together with the requests that
    follow from it.
    """
    library = downloader.library
    catalogue = library.catalogue
    tally, ends_at = Tally(), time.monotonic() + TICK_S
    n_reconciles = 0
    catalogue.stored_times.settle(time.time())
    for channel in catalogue.channels.due(time.time()):
        if time.monotonic() >= ends_at:
            break
        now = time.time()
        wait_reason = wait_before_request(channel.url, catalogue, now)
        if wait_reason is not None:
            catalogue.channels.put_off(channel.id, wait_reason.until, wait_reason.reason)
            tally.n_resting += 1
            continue
        if is_reconcile_due(channel, library.settings, now):
            if n_reconciles >= MAX_RECONCILES:
                continue
            n_reconciles += 1
            catalogue.channels.put_off(channel.id, now + LEASE_S, channel.last_error)
            yield dg.RunRequest(
                run_config=dict(reconcile_config(channel.id)),
                tags={
                    "utawaku/channel": channel.id,
                    ASKED_BY_TAG: "sensor poll_subscriptions",
                    ASKED_FOR_TAG: "read a whole list",
                    TITLE_TAG: channel.title or channel.id,
                },
            )
            continue
        # Before the look: if it takes the whole tick down, the next tick begins with another one.
        catalogue.channels.put_off(channel.id, now + LEASE_S, channel.last_error)
        _look(context, downloader, channel, ends_at, tally)
    if not n_reconciles:  # Dagster takes runs or a reason for having none, and fails at both
        yield dg.SkipReason(
            f"{tally.n_looked} polled, {tally.n_asked} new stream(s) asked for, "
            f"{tally.n_failed} failed, {tally.n_resting} on cooldown"
        )
        wait_for_change(
            context,
            catalogue,
            library.settings,
            until=lambda: bool(catalogue.channels.due(time.time(), limit=1)),
            looks_every_s=LOOKS_EVERY_S,
        )


def _look(
    context: dg.SensorEvaluationContext,
    resource: DownloaderResource,
    channel: Channel,
    ends_at: float,
    tally: Tally,
) -> None:
    library = resource.library
    try:
        rules = ChannelRules.read(channel.rules, subject=channel.url)
        downloader = resource.client(with_rules(library.settings, rules), tuning=IMPATIENT)
        look = poll_channel(
            channel,
            library.catalogue,
            library.settings,
            downloader,
            full=False,
            cancelled=lambda: time.monotonic() >= ends_at + 10,
        )
    except UtawakuError as error:
        # The channel's own next look is put off already; the others go on.
        context.log.warning("%s", error)
        tally.n_failed += 1
    else:
        tally.n_looked += 1
        tally.n_asked += look.n_asked

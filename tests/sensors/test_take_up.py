"""The longest time until the stream of a lost worker is taken up, where another worker is free."""

import dagster as dg
import pytest
from dagster._core.run_coordinator.queued_run_coordinator import QueuedRunCoordinator
from dagster._daemon.sensor import MIN_INTERVAL_LOOP_TIME

from utawaku.library.catalogue import BUSY_TIMEOUT_S
from utawaku.library.postgres import IDLE_S, KEEPALIVES_S
from utawaku.library.retry_policies import LOST, next_try
from utawaku.library.store.leases import RECEIVED_WITHIN_S, SEEN_EVERY_S, SURE_S, UNSEEN_S
from utawaku.sensors.drain_requests import drain_requests

PROMISED_S = 90.0
TICK_TAKES_S = 3.0
"""More than the longest tick that was measured on a machine that was not overloaded."""
BEGINS_WITHIN_S = 15.0
"""From Redis to the lease of the run: a new process loads the pipeline."""


def apart_s() -> float:
    """Seconds between the starts of two ticks at most.

    One that would come a moment too early waits for the next round of Dagster's daemon.
    """
    return float(drain_requests.minimum_interval_seconds or 0) + MIN_INTERVAL_LOOP_TIME


def handed_out_s() -> float:
    """Seconds from the tick that asks for the next run until Redis has it."""
    return TICK_TAKES_S + QueuedRunCoordinator().dequeue_interval_seconds


@pytest.mark.parametrize(
    "silent_s",
    [UNSEEN_S + apart_s() + SURE_S, RECEIVED_WITHIN_S + apart_s()],
    ids=["while it worked", "as Redis handed the run to it"],
)
def test_a_stream_is_taken_up_within_the_promised_time(silent_s: float) -> None:
    # Twice a look comes as late as it can, and the next run is asked for by the second one.
    noticed_s = silent_s + apart_s()
    assert noticed_s + handed_out_s() + BEGINS_WITHIN_S <= PROMISED_S


def test_a_lost_stream_never_waits_for_its_next_try() -> None:
    for attempts in range(LOST.tries - 1):
        retry = next_try("lost", attempts=attempts)
        assert retry is not None
        assert retry.wait_s == 0
    assert next_try("lost", attempts=LOST.tries - 1) is None, "it may be what ends its workers"


def test_a_worker_that_is_there_is_not_taken_for_lost() -> None:
    assert 2 * SEEN_EVERY_S <= UNSEEN_S  # one sign may be late
    assert SEEN_EVERY_S <= SURE_S  # and it speaks once more before the second look


def test_one_that_stops_in_the_middle_of_a_change_holds_nobody_up_for_longer() -> None:
    assert max(IDLE_S, KEEPALIVES_S) <= UNSEEN_S + SURE_S
    assert max(IDLE_S, KEEPALIVES_S) <= BUSY_TIMEOUT_S, "or the look itself would fail"
    assert drain_requests.default_status == dg.DefaultSensorStatus.RUNNING

"""Tags that runs carry."""

TAKE_INCOMPLETE_TAG = "utawaku/take-incomplete"
"""On a run: waiting for the complete archive was long enough."""


FETCH_AGAIN_TAG = "utawaku/fetch-again"
"""On a run: the recording that is here is not the last word."""

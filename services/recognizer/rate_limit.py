"""Shazam's rate limit: answers by signature, kept in the service's gate."""

from __future__ import annotations

from utawaku.services.recognizer.protocol import Answer
from utawaku.services.service_gate import BreakerState, Lease, ServiceGate

__all__ = ["NO_MATCH_DAYS", "BreakerState", "Gate", "Lease"]

NO_MATCH_DAYS = 30.0
"""A song that Shazam does not know today may be released later."""


class Gate(ServiceGate):
    """Shazam's gate. Safe to use from threads and processes at once."""

    def recall(self, digest: str) -> Answer | None:
        """Return the remembered answer about a signature, if it still holds."""
        known = self.recall_value(digest)
        return None if known is None else Answer.from_json({**known, "from_cache": True})

    def remember(self, digest: str, answer: Answer) -> None:
        """Keep an answer: a match for good, no match for a month."""
        for_s = None if answer.kind == "match" else NO_MATCH_DAYS * 86_400
        self.remember_value(digest, answer.to_json(), for_s=for_s)

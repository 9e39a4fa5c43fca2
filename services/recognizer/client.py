"""Asks Shazam about one signature; whatever goes wrong becomes an answer, never an exception."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from utawaku.library.errors import RecognitionError
from utawaku.services.recognizer.protocol import (
    DEFAULT_URL,
    Answer,
    Locale,
    Question,
    question,
    read_answer,
)
from utawaku.services.recognizer.rate_limit import BreakerState, Gate, Lease
from utawaku.services.recognizer.signature import Signature
from utawaku.services.retry_after import retry_after_s
from utawaku.services.web import BodyRefusedError, SystemTrust, cause_of, read_body


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """Options of requests to the service."""

    base_url: str = DEFAULT_URL
    timeout_s: float = 15.0
    """For a whole request, from connecting to the last byte."""
    n_tries: int = 3
    """Tries of one request that fails on the way (no connection, server error)."""
    first_backoff_s: float = 2.0
    longest_wait_s: float = 180.0
    """Longest wait for the rate limit, in seconds, before the question is put off."""
    locale: Locale = field(default_factory=Locale)


class _PassingError(Exception):
    """A failure that may be gone at the next try."""


class _OddAnswerError(Exception):
    """An answer that cannot be read, to this one question."""


class _RefusedError(Exception):
    """HTTP 429: nobody may ask for a while."""

    def __init__(self, after_s: float | None) -> None:
        super().__init__("Shazam asks to slow down (HTTP 429)")
        self.after_s = after_s


class ShazamClient:
    """One way to the service, through a `Gate` that all processes share. Thread-safe.

    Certificates: the system's (or SSL_CERT_FILE) and REQUESTS_CA_BUNDLE; HTTPS_PROXY is honoured.
    """

    def __init__(
        self,
        gate: Gate,
        options: ClientOptions | None = None,
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.gate = gate
        self.options = options or ClientOptions()
        self._sleep = sleep
        self._session = requests.Session()
        self._session.mount("https://", SystemTrust())
        self.n_requests = 0
        """Requests sent by this client, retries included."""

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def ask(self, signature: Signature) -> Answer:
        """Return what the service says about `signature`: from memory when it was asked before."""
        try:
            return self._ask(signature)
        except RecognitionError as error:
            return Answer("failed", reason=str(error))

    def _ask(self, signature: Signature) -> Answer:
        digest = signature.digest()
        known = self.gate.recall(digest)
        if known is not None:
            return known
        if len(signature.peaks) == 0:
            return Answer("no_match", reason="nothing to hear in the window")
        answer = self._ask_politely(question(signature, self.options.base_url, self.options.locale))
        if answer.kind in ("match", "no_match"):
            self.gate.remember(digest, answer)
        return answer

    def _ask_politely(self, asked: Question) -> Answer:
        reason = ""
        for attempt in range(self.options.n_tries):
            if attempt:
                pause_s = self.options.first_backoff_s * 2 ** (attempt - 1)
                self._sleep(pause_s * random.uniform(0.5, 1.5))
            lease = self._enter()
            if isinstance(lease, Answer):
                return lease
            try:
                answer = self._post(asked)
            except _RefusedError as refusal:
                self.gate.slow_down()
                return _paused(self.gate.pause(str(refusal), refusal.after_s))
            except _PassingError as failure:
                reason = str(failure)
                continue
            except _OddAnswerError as odd:
                # The song's own trouble: counted against the service, it would stop every song.
                return Answer("odd", reason=str(odd))
            finally:
                self.gate.release(lease)
            self.gate.succeeded()
            return answer
        state = self.gate.failed(reason)
        return Answer("failed", reason=reason, retry_at=state.open_until)

    def _enter(self) -> Lease | Answer:
        """Wait for the gate; an Answer says why we may not pass."""
        give_up_at = time.monotonic() + self.options.longest_wait_s
        while True:
            state = self.gate.state()
            if state.is_open:
                return _paused(state)
            turn = self.gate.enter()
            if isinstance(turn, Lease):
                return turn
            if time.monotonic() + turn > give_up_at:
                return Answer(
                    "failed",
                    reason="too many songs are waiting for Shazam's rate limit",
                    retry_at=time.time() + turn,
                )
            self._sleep(turn)

    def _post(self, asked: Question) -> Answer:
        deadline = time.monotonic() + self.options.timeout_s
        self.n_requests += 1
        try:
            response = self._session.post(
                asked.url,
                headers=dict(asked.headers),
                json=dict(asked.body),
                timeout=self.options.timeout_s,
                stream=True,
                allow_redirects=False,
            )
            with response:
                if response.status_code == 429:
                    raise _RefusedError(retry_after_s(response.headers.get("Retry-After")))
                if response.status_code != 200:
                    raise _PassingError(f"Shazam answered HTTP {response.status_code}")
                body = read_body(response, deadline, "Shazam")
        except BodyRefusedError as error:
            raise _PassingError(str(error)) from error
        except (requests.Timeout, ReadTimeoutError) as error:
            raise _PassingError("Shazam does not answer in time") from error
        except (requests.RequestException, HTTPError) as error:
            raise _PassingError(f"Shazam cannot be reached ({cause_of(error)})") from error
        if body.lstrip()[:1] == b"<":
            raise _PassingError("Shazam answered with a web page")
        try:
            record: Any = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _OddAnswerError("Shazam answered with broken JSON") from error
        answer = read_answer(record)
        if answer is None:
            raise _OddAnswerError("Shazam's answer is not understood")
        return answer


def _paused(state: BreakerState) -> Answer:
    return Answer("failed", reason=state.reason or "Shazam is paused", retry_at=state.open_until)

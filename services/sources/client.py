"""Asks one outside source over HTTP: politely, cached, and never trusting what comes back."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from utawaku.library.errors import SourceError
from utawaku.services.retry_after import retry_after_s
from utawaku.services.service_gate import BreakerState, Lease, ServiceGate
from utawaku.services.web import BodyRefusedError, SystemTrust, cause_of, read_body

DAY_S = 86_400.0
REFUSED_KEY_S = 3600.0
"""A key that is refused is not shown again for so long."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Options of requests to a source."""

    name: str
    """As people write it: `Holodex`."""
    base_url: str
    contact: str = ""
    timeout_s: float = 15.0
    """For a whole request, from connecting to the last byte."""
    longest_wait_s: float = 30.0
    """Longest wait for the rate limit, in seconds, before the question is put off."""
    keep_s: float = 7 * DAY_S
    """Time for which an answer holds."""
    key_setting: str = ""
    """Setting that holds the key, to name where it is refused."""
    headers: Mapping[str, str] = field(default_factory=dict)


class SourceClient:
    """One way to a source, through a gate that all processes share. Thread-safe."""

    def __init__(
        self,
        gate: ServiceGate,
        options: SourceOptions,
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.gate = gate
        self.options = options
        self._sleep = sleep
        self._session = requests.Session()
        self._session.mount("https://", SystemTrust())
        self._session.headers["User-Agent"] = user_agent(options.contact)
        self._session.headers["Accept"] = "application/json"

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Return the JSON at `path`, from memory where it was asked for lately; None for a 404.

        Raises:
            SourceError: the source has no answer now.
        """
        return self._asked("GET", path, dict(params or {}), {})

    def post(self, path: str, form: Mapping[str, str], *, secret: Mapping[str, str]) -> Any:
        """Post a form and return the JSON answer, as `get` does; `secret` fields are not kept.

        Raises:
            SourceError: the source has no answer now.
        """
        return self._asked("POST", path, dict(form), dict(secret))

    def _asked(self, method: str, path: str, fields: dict[str, str], secret: dict[str, str]) -> Any:
        question = json.dumps([self.options.base_url, method, path, sorted(fields.items())])
        key = hashlib.sha256(question.encode("utf-8", "surrogatepass")).hexdigest()
        known = self.gate.recall_value(key)
        if isinstance(known, dict):
            return known.get("answer")
        lease = self._enter()
        try:
            answer = self._sent(method, path, {**fields, **secret})
        finally:
            self.gate.release(lease)
        self.gate.remember_value(key, {"answer": answer}, for_s=self.options.keep_s)
        return answer

    def _enter(self) -> Lease:
        give_up_at = time.monotonic() + self.options.longest_wait_s
        while True:
            state = self.gate.state()
            if state.is_open:
                raise self._paused(state)
            turn = self.gate.enter()
            if isinstance(turn, Lease):
                return turn
            if time.monotonic() + turn > give_up_at:
                raise self._error("its rate limit is used up for now", "It is asked again later")
            self._sleep(turn)

    def _sent(self, method: str, path: str, fields: dict[str, str]) -> Any:
        name, options = self.options.name, self.options
        deadline = time.monotonic() + options.timeout_s
        try:
            response = self._session.request(
                method,
                f"{options.base_url.rstrip('/')}{path}",
                params=fields if method == "GET" else None,
                data=fields if method == "POST" else None,
                headers=dict(options.headers),
                timeout=options.timeout_s,
                stream=True,
                allow_redirects=False,
            )
            with response:
                if response.status_code == 404:
                    return None  # nothing is known of what was asked about
                self._heed(response)
                body = read_body(response, deadline, name)
        except BodyRefusedError as error:
            raise self._failed(str(error)) from error
        except (requests.Timeout, ReadTimeoutError) as error:
            raise self._failed(f"{name} does not answer in time") from error
        except (requests.RequestException, HTTPError) as error:
            raise self._failed(f"{name} cannot be reached ({cause_of(error)})") from error
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            # One question's odd answer says nothing about the next one's.
            raise self._error("its answer is no JSON", "It is asked again later") from error
        self.gate.succeeded()
        self._heed_quota(response)
        return answer

    def _heed(self, response: requests.Response) -> None:
        """Raise for every status that is no answer, and rest as it asks."""
        status = response.status_code
        if status == 200:
            return
        asked_s = retry_after_s(response.headers.get("Retry-After"))
        if status in (429, 503):
            wait_s = asked_s if asked_s is not None else _reset_in_s(response)
            name = self.options.name
            raise self._paused(self.gate.pause(f"{name} asks to slow down (HTTP {status})", wait_s))
        if status in (401, 403):
            self.gate.pause(f"{self.options.name} refuses the key (HTTP {status})", REFUSED_KEY_S)
            named = self.options.key_setting
            raise self._error(
                f"it refuses us (HTTP {status})",
                f"Check the setting {named}, then run `utawaku services --reset`" if named else "",
            )
        if status == 400:
            named = self.options.key_setting
            raise self._error(
                "it does not take the question (HTTP 400)",
                f"Check the setting {named}" if named else "Report it, with the song's name",
            )
        raise self._failed(f"{self.options.name} answered HTTP {status}")

    def _heed_quota(self, response: requests.Response) -> None:
        """Stop where the answer says that it was the last one for now."""
        if (response.headers.get("X-RateLimit-Remaining") or "").strip() == "0":
            wait_s = _reset_in_s(response)
            if wait_s:
                self.gate.pause(f"{self.options.name}'s quota is used up for now", wait_s)

    def _failed(self, reason: str) -> SourceError:
        self.gate.failed(reason)
        return self._error(reason, "It is asked again later")

    def _paused(self, state: BreakerState) -> SourceError:
        until = time.strftime("%H:%M", time.localtime(state.open_until))
        return self._error(
            f"on cooldown until {until}: {state.reason}",
            "It is asked again by itself; `utawaku services --reset` ends the cooldown",
        )

    def _error(self, problem: str, next_step: str) -> SourceError:
        return SourceError(problem, subject=self.options.name, next_step=next_step)


def user_agent(contact: str) -> str:
    """Return what sources ask to be told: program, version, and whom to write to."""
    version = importlib.metadata.version("utawaku")
    words = "".join(c for c in contact if c.isprintable() and c.isascii() and c not in "()")
    return f"utawaku/{version} ( {words.strip() or 'no contact set'} )"


def _reset_in_s(response: requests.Response) -> float | None:
    """Return the seconds until X-RateLimit-Reset (unix seconds); None where it says nothing."""
    value = (response.headers.get("X-RateLimit-Reset") or "").strip()
    if not (value.isascii() and value.isdigit()) or len(value) > 12:
        return None
    return max(float(value) - time.time(), 1.0)

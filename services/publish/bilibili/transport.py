"""The adapter between biliup and the network.

biliup's client stays as it is; its `requests` session gets this adapter, which is where its
known defects are met:

- an answer that biliup would misread (a refused preupload becomes a `KeyError`, a refused
  completion a silent None) is raised as what it is, before biliup sees it;
- `name` carries the full local path: it is replaced by a neutral name;
- the submit request waits 5 s only: it gets a minute, because giving up there means not knowing;
- nothing leaves over plain http, and nothing that may have been received is sent twice.
"""

import email.utils
import urllib.parse
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from utawaku.library.errors import UploadError, UploadInterruptedError
from utawaku.services.publish.bilibili.answers import (
    PUBLISHING,
    Step,
    no_answer,
    parse,
    refusal_of,
    step_of,
)

PATIENCE_S = {Step.SUBMIT: 60.0, Step.EDIT: 60.0, Step.COMPLETE: 60.0, Step.COVER: 60.0}
"""Seconds to wait for an answer, where biliup's own 5 to 15 s are too few."""
SITE = ".bilibili.com"


class GuardedAdapter(HTTPAdapter):
    """Sends one session's requests and turns bad answers into typed errors."""

    def __init__(self, *, patience_s: Mapping[Step, float] = PATIENCE_S) -> None:
        # Only connecting is tried again here: from then on the site may have acted.
        super().__init__(
            max_retries=Retry(
                total=3, connect=3, read=0, status=0, other=0, redirect=0, backoff_factor=0.5
            )
        )
        self.part_name = ""
        """File name sent to the site instead of the local path."""
        self.completions_left = 3
        """Tries of the completion that biliup may still make, 15 s apart, before we step in."""
        self.patience_s = patience_s
        self.site_time: float | None = None
        """The site's clock at its last answer; None before one, or where it sends no time.

        Ours may be wrong, so what the site dates is compared with this and not with ours.
        """

    def begin_part(self, name: str) -> None:
        """Prepare for the next file."""
        self.part_name = name
        self.completions_left = 3

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: dict[str, str] | None = None,
    ) -> requests.Response:
        """Send a request and judge the answer.

        Raises:
            UploadError: any of its kinds, by what the answer means.
            requests.RequestException: only while biliup may still repeat a completion.
        """
        url = urllib.parse.urlsplit(request.url or "")
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        host = url.hostname or ""
        step = step_of(url.path, query, on_upload_host=not host.endswith(SITE))
        if url.scheme != "https":
            raise UploadInterruptedError(
                f"refused to send the {step} request over plain {url.scheme}"
            )
        if "name" in query and step in {Step.PREUPLOAD, Step.COMPLETE}:
            query["name"] = self.part_name
            request.url = url._replace(query=urllib.parse.urlencode(query)).geturl()
        try:
            response = super().send(
                request,
                stream=stream,
                timeout=self.patience_s.get(step, timeout or 30.0),
                verify=verify,
                cert=cert,
                proxies=proxies,
            )
            content = response.content
        except requests.RequestException as error:
            if step is Step.COMPLETE and self._may_repeat_completion():
                raise
            # Not chained: its text quotes the address, and the address holds tokens.
            raise self._broken(step, error) from None
        self.site_time = _time_of(response) or self.site_time
        refusal = refusal_of(step, response.status_code, parse(content))
        if refusal is None:
            return response
        transient = step is Step.COMPLETE and response.status_code >= 500
        if transient and self._may_repeat_completion():
            return response  # biliup waits 15 s and asks again
        raise refusal

    def _may_repeat_completion(self) -> bool:
        self.completions_left -= 1
        return self.completions_left > 0

    @staticmethod
    def _broken(step: Step, error: requests.RequestException) -> UploadError:
        """A connection that failed.

        Only a connection that timed out while it was made is known to have sent nothing. A
        `ProxyError` is no proof: behind a proxy, a request whose answer was cut off is one too.
        """
        what = f"no answer ({type(error).__name__})"
        if step in PUBLISHING and isinstance(error, requests.exceptions.ConnectTimeout):
            return UploadInterruptedError(f"the {step} request could not be sent: {what}")
        return no_answer(step, what)


def _time_of(response: requests.Response) -> float | None:
    """Seconds since the epoch by the answer's `Date`; None where it has none that can be read."""
    try:
        return email.utils.parsedate_to_datetime(response.headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        return None

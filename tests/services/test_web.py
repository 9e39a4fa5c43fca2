"""Answers of web services within a time and a size."""

import time

import pytest
import requests

from tests.servers.media_site import MediaSite
from utawaku.services.web import BodyRefusedError, cause_of, read_body


def test_a_whole_answer_is_read() -> None:
    content = bytes(range(256)) * 1000
    with MediaSite() as site:
        site.add("/a", content, "application/octet-stream")
        with requests.get(site.url("/a"), stream=True, timeout=20) as response:
            assert read_body(response, time.monotonic() + 60, "the service") == content


@pytest.mark.parametrize(
    ("deadline_s", "max_bytes", "told"), [(60.0, 99_999, "too long"), (-1.0, 200_000, "in time")]
)
def test_an_answer_that_is_too_long_or_too_late_is_refused(
    deadline_s: float, max_bytes: int, told: str
) -> None:
    with MediaSite() as site:
        site.add("/a", b"x" * 100_000, "text/plain")
        with requests.get(site.url("/a"), stream=True, timeout=20) as response:
            deadline = time.monotonic() + deadline_s
            with pytest.raises(BodyRefusedError, match=told):
                read_body(response, deadline, "the service", max_bytes=max_bytes)


def test_the_innermost_error_names_the_cause() -> None:
    with pytest.raises(requests.ConnectionError) as raised:
        requests.get("http://127.0.0.1:9/", timeout=20)
    assert cause_of(raised.value) == "ConnectionRefusedError"
    assert cause_of(ValueError("alone")) == "ValueError"

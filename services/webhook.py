"""Telling the world outside: a JSON post that the Apprise API and plain webhooks understand."""

import json
import logging
import urllib.request
from urllib.error import URLError

from utawaku.library.config import Settings
from utawaku.library.text import clean_text

_LOG = logging.getLogger(__name__)
_TIMEOUT_S = 5.0
_TYPES = {"failure": "failure", "warning": "warning", "info": "info", "success": "success"}


def announce(settings: Settings, kind: str, title: str, body: str) -> bool:
    """Post a notice to `notices.webhook`; True if it was taken, also where none is set.

    A webhook that does not answer is logged (without its address, which may be a secret) and
    otherwise ignored: the notice itself is in the catalogue.

    Args:
        settings: where to.
        kind: `failure`, `warning`, `info` or `success`.
        title: one line.
        body: the rest.
    """
    address = settings.notices.webhook.get_secret_value()
    if not address:
        return True
    if not address.startswith(("http://", "https://")):
        _LOG.warning("notices.webhook is no web address; nothing is sent")
        return False
    content = {
        "title": clean_text(title),
        "body": clean_text(body, keep_lines=True),
        "type": _TYPES.get(kind, "info"),
        "tag": "utawaku",
    }
    request = urllib.request.Request(
        address,
        data=json.dumps(content, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "utawaku"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
            result: bool = 200 <= answer.status < 300
            return result
    except (URLError, OSError, ValueError) as error:
        _LOG.warning("the webhook did not take a notice (%s)", type(error).__name__)
        return False

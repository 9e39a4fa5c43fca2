"""Telling the world outside: a JSON post that the Apprise API and plain webhooks understand, and
messages of a Telegram bot."""

import json
import logging
import urllib.request
from typing import Any
from urllib.error import URLError
from urllib.parse import quote

from utawaku.library.config import Settings
from utawaku.library.text import clean_text

_LOG = logging.getLogger(__name__)
_TIMEOUT_S = 5.0
_TYPES = {"failure": "failure", "warning": "warning", "info": "info", "success": "success"}
_SIGNS = {"failure": "\u274c ", "warning": "\u26a0 ", "success": "\u2705 "}
TELEGRAM_MOST = 4_096
"""UTF-16 units that Telegram takes in one message."""


def is_told(settings: Settings) -> bool:
    """Return whether notices go anywhere outside."""
    wanted = settings.notices
    return bool(wanted.webhook.get_secret_value() or wanted.telegram_token.get_secret_value())


def announce(settings: Settings, kind: str, title: str, body: str) -> bool:
    """Post a notice to `notices.webhook` and to the Telegram chat, as far as they are set.

    Who does not answer is logged (without the address, which holds a secret) and otherwise ignored:
    the notice itself is in the catalogue. True if all that are set took it.

    Args:
        settings: where to.
        kind: `failure`, `warning`, `info` or `success`.
        title: one line.
        body: the rest.
    """
    title, body = clean_text(title), clean_text(body, keep_lines=True)
    return all(
        [_to_webhook(settings, kind, title, body), _to_telegram(settings, kind, title, body)]
    )


def _to_webhook(settings: Settings, kind: str, title: str, body: str) -> bool:
    address = settings.notices.webhook.get_secret_value()
    if not address:
        return True
    content = {"title": title, "body": body, "type": _TYPES.get(kind, "info"), "tag": "utawaku"}
    return _post(address, content, "notices.webhook")


def _to_telegram(settings: Settings, kind: str, title: str, body: str) -> bool:
    wanted = settings.notices
    token = wanted.telegram_token.get_secret_value()
    if not token:
        return True
    if not wanted.telegram_chat:
        _LOG.warning("notices.telegram_chat is not set; nothing is sent to Telegram")
        return False
    text = _short(f"{_SIGNS.get(kind, '')}{title}\n{body}".strip())
    content = {
        "chat_id": wanted.telegram_chat,
        "text": text,  # without parse_mode: titles from anywhere are no markup
        "link_preview_options": {"is_disabled": True},
    }
    base = wanted.telegram_url.get_secret_value().rstrip("/")
    return _post(f"{base}/bot{quote(token, safe=':')}/sendMessage", content, "Telegram")


def _short(text: str) -> str:
    units = text.encode("utf-16-le")
    if len(units) <= 2 * TELEGRAM_MOST:
        return text
    return units[: 2 * (TELEGRAM_MOST - 1)].decode("utf-16-le", "ignore") + "…"


def _post(address: str, content: dict[str, Any], name: str) -> bool:
    if not address.startswith(("http://", "https://")):
        _LOG.warning("%s is no web address; nothing is sent", name)
        return False
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
        _LOG.warning("%s did not take a notice (%s)", name, type(error).__name__)
        return False

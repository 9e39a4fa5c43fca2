"""Addresses that may hold a password or a token: used whole, shown without."""

import re
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

SECRET_NAME = re.compile(
    r"(?i)^(.*(token|secret|passw(or)?d|credential|session|api_?key|auth).*|key|hmac|pot)$"
)
"""Names of parameters whose values nobody else should read."""
HIDDEN = "***"


class SecretUrl(SecretStr):
    """An address in the settings; as text it has neither user and password nor secret parameters.

    `get_secret_value` is the whole address.
    """

    def _display(self) -> str:
        return without_credentials(self.get_secret_value())

    @property
    def holds_a_secret(self) -> bool:
        """Return whether something of it is hidden when it is shown."""
        return self._display() != self.get_secret_value()


def without_credentials(url: str) -> str:
    """The address with user and password, and values of secret parameters, as `***`."""
    try:
        parts = urlsplit(url)
    except ValueError:  # no address after all: nothing of it can be trusted to be harmless
        return HIDDEN if url else ""
    if "://" not in url and "@" in url:  # mistyped, as in postgresql//USER:PASSWORD@HOST
        return f"{HIDDEN}@{url.rpartition('@')[2]}"
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{HIDDEN}@{host}" if user or at else parts.netloc
    query = "&".join(_hidden(pair) for pair in parts.query.split("&"))
    changed = (parts.scheme, netloc, parts.path, query, parts.fragment)
    # Put together again only where something changed: `sqlite:///` would lose its slashes.
    return url if (netloc, query) == (parts.netloc, parts.query) else urlunsplit(changed)


def _hidden(pair: str) -> str:
    name, given, value = pair.partition("=")
    return f"{name}={HIDDEN}" if given and value and SECRET_NAME.match(name) else pair

"""Guard of the highlight page where a reverse proxy serves it to others than this machine.

The proxy ends TLS and names the host that people asked for. Who may enter shows a token, once in
the address and then in a cookie; or the proxy has logged them in, and says in a header who they
are. That header counts only beside a secret of the proxy, as whoever reaches the port could write
it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from utawaku.library.errors import ConfigError
from utawaku.library.text import clean_line
from utawaku.library.web_guard import SERVE, Verdict, is_secret, judge_token

COOKIE = "utawaku_public"
PROXY_HEADER = "x-utawaku-proxy"
"""Holds the secret of the proxy."""


@dataclass(frozen=True, slots=True)
class PublicGuard:
    """The rules for one page that a proxy serves."""

    origins: tuple[str, ...]
    """As browsers name them: `https://songs.example.org`."""
    token: str
    login_header: str = ""
    """Lower-case name of the header that holds who was logged in; empty where a token is asked."""
    proxy_secret: str = ""
    how_to_enter: str = ""
    """Said to somebody who may not enter."""

    @property
    def hosts(self) -> frozenset[str]:
        """Return what a request may call us."""
        return frozenset(urlsplit(origin).netloc for origin in self.origins)

    def judge(self, headers: Mapping[str, str], query: str) -> Verdict:
        """Decide on a request.

        Args:
            headers: by lower-case name.
            query: what follows `?` in the address.
        """
        if headers.get("host", "").lower() not in self.hosts:
            return Verdict("refuse", "unknown host")
        if headers.get("origin", self.origins[0]).lower() not in self.origins:
            return Verdict("refuse", "asked by another page")
        if self.login_header:
            return SERVE if self.user_of(headers) else Verdict("refuse", self.how_to_enter)
        found = judge_token(headers, query, token=self.token, cookie=COOKIE)
        return found or Verdict("refuse", self.how_to_enter)

    def user_of(self, headers: Mapping[str, str]) -> str:
        """Return who the proxy says was logged in; empty where it is not the proxy that says so."""
        if not self.login_header or not is_secret(headers.get(PROXY_HEADER, ""), self.proxy_secret):
            return ""
        return clean_line(headers.get(self.login_header, ""))

    def cookie_header(self) -> str:
        """The value of `Set-Cookie` for a browser that brought the token.

        `Lax`, as people follow a link with the token from a mail or a chat.
        """
        secure = " Secure;" if all(one.startswith("https:") for one in self.origins) else ""
        return f"{COOKIE}={self.token}; HttpOnly;{secure} Path=/; SameSite=Lax"

    def addresses(self, path: str) -> list[str]:
        """Return where people enter."""
        token = "" if self.login_header else f"?token={self.token}"
        return [f"{origin}{path}{token}" for origin in self.origins]


def public_origins(urls: Sequence[str]) -> tuple[str, ...]:
    """Return the origins of addresses.

    Raises:
        ConfigError: there is none, or one is no address of a host alone.
    """
    found = []
    for url in urls:
        parts = urlsplit(url.strip().rstrip("/").lower())
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
            raise ConfigError(
                "is no address such as https://songs.example.org",
                subject=url,
                next_step="Name the address that people type, without a path",
            )
        found.append(f"{parts.scheme}://{parts.netloc}")
    if not found:
        raise ConfigError(
            "nobody knows the address that people type",
            subject="web.public_urls",
            next_step="`utawaku settings web.public_urls https://songs.example.org`, or --url",
        )
    return tuple(dict.fromkeys(found))

"""Guard of the web pages that this program serves on loopback.

One guard for the library in a browser (`serve`), the Dagster UI of `up`, and the metrics. It asks
for a token, which comes once in the address and then in a cookie that other sites cannot send, or
in an `Authorization: Bearer` header. Other names of this machine are refused, so that no page
elsewhere reaches it by a name of its own. To the cookie every port of this machine is one site, so
a page of another port is refused, too.
"""

import base64
import binascii
import hmac
import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl

HOST = "127.0.0.1"
_BEARER = "Bearer "
_BASIC = "Basic "
FEED_ROOT = "/feeds"
"""Path below which feeds, and the sound that they name, are served."""
FEED_PLACES = ("songs.xml", "sound", "artwork")
"""Names right below `FEED_ROOT`, or below its token."""
HOOK_ROOT, HOOK_PLACE = "/hooks", "file-closed"
"""Path of what recorders post to."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision about a request."""

    action: Literal["serve", "refuse", "welcome", "ask"]
    """`welcome`: send the browser to the same path without the token, with the cookie; `ask`: have
    it ask the user for a password."""
    reason: str = ""
    """The reason why it is refused, for the one who asked."""


SERVE, WELCOME = Verdict("serve"), Verdict("welcome")


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules for one port."""

    port: int
    token: str
    how_to_enter: str
    """Said to somebody who has no token."""

    @property
    def cookie(self) -> str:
        """Name of the cookie; each port has its own."""
        return f"utawaku_{self.port}"

    @property
    def hosts(self) -> tuple[str, str]:
        """Return what a request may call us."""
        return f"{HOST}:{self.port}", f"localhost:{self.port}"

    @property
    def origins(self) -> tuple[str, ...]:
        """Pages that may ask."""
        return tuple(f"http://{host}" for host in self.hosts)

    def judge(self, headers: Mapping[str, str], query: str) -> Verdict:
        """Decide on a request or a WebSocket handshake.

        Args:
            headers: by lower-case name.
            query: what follows `?` in the address.
        """
        if headers.get("host", "") not in self.hosts:
            return Verdict("refuse", "unknown host")
        if headers.get("origin", self.origins[0]) not in self.origins:
            return Verdict("refuse", "asked by another page")
        found = judge_token(headers, query, token=self.token, cookie=self.cookie)
        return found or Verdict("refuse", self.how_to_enter)

    def cookie_header(self) -> str:
        """The value of `Set-Cookie` for a browser that brought the token."""
        return f"{self.cookie}={self.token}; HttpOnly; Path=/; SameSite=Strict"

    def address(self, *, with_token: bool = True) -> str:
        """Return where a person enters."""
        return f"http://{HOST}:{self.port}/" + (f"?token={self.token}" if with_token else "")


@dataclass(frozen=True, slots=True)
class PathGuard:
    """The rules for what lies below one path, beside those of the port.

    Players of podcasts and recorders keep no cookie and follow no redirect with one. They show a
    token inside the path, in `Authorization: Bearer`, or as the password of HTTP Basic. It opens
    what lies there and nothing else, and lasts longer than the token of the port.
    """

    root: str
    """Path that it guards, without a slash at its end."""
    places: tuple[str, ...]
    """Names right below `root`, or below its token."""
    methods: tuple[str, ...]
    """Those of HTTP that are let pass."""
    token: str

    def judge(self, guard: Guard, method: str, path: str, headers: Mapping[str, str]) -> Verdict:
        """Decide on a request for something below `root`.

        Args:
            guard: of the port.
            method: of HTTP.
            path: with `root`.
            headers: by lower-case name.
        """
        if headers.get("host", "") not in guard.hosts:
            return Verdict("refuse", "unknown host")
        if headers.get("origin", guard.origins[0]) not in guard.origins:
            return Verdict("refuse", "asked by another page")
        if method not in self.methods:
            return Verdict("refuse", f"only {' and '.join(self.methods)} can be asked for here")
        first = path.removeprefix(f"{self.root}/").partition("/")[0]
        if first not in self.places:
            known = is_secret(first, self.token)
            return SERVE if known else Verdict("refuse", "there is nothing here")
        given = headers.get("authorization", "")
        secrets_given = (_basic_password(given), given.removeprefix(_BEARER))
        if any(is_secret(one, self.token) for one in secrets_given):
            return SERVE
        found = judge_token(headers, "", token=guard.token, cookie=guard.cookie)
        return found or Verdict("ask", "The password is the token of the printed address.")


def _basic_password(header: str) -> str:
    """The password of HTTP Basic (RFC 7617); empty where there is none."""
    if not header.startswith(_BASIC):
        return ""
    try:
        given = base64.b64decode(header.removeprefix(_BASIC).strip(), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return given.decode("utf-8", "replace").partition(":")[2]


def judge_token(
    headers: Mapping[str, str], query: str, *, token: str, cookie: str
) -> Verdict | None:
    """Return the verdict on a request that brings the token; None on one that does not.

    Args:
        headers: by lower-case name.
        query: what follows `?` in the address.
        token: the one that is wanted.
        cookie: name of the cookie that may hold it.
    """
    given = dict(parse_qsl(query)).get("token")
    if given is not None and is_secret(given, token):
        return WELCOME
    bearer = headers.get("authorization", "")
    if bearer.startswith(_BEARER) and is_secret(bearer.removeprefix(_BEARER).strip(), token):
        return SERVE
    if is_secret(_cookies(headers.get("cookie", "")).get(cookie, ""), token):
        return SERVE
    return None


def is_secret(given: str, wanted: str) -> bool:
    """Return whether a text is the secret that is wanted; an empty one is none."""
    # A header may hold bytes that are no UTF-8; it is no secret of ours then, and no error.
    as_sent = given.encode("utf-8", "surrogateescape")
    return bool(wanted) and hmac.compare_digest(as_sent, wanted.encode())


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)


def lasting_token(path: Path) -> str:
    """The token kept in a file that only its owner can read; made where there is none.

    Two programs that make it at once get the same one.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)  # readable by nobody else
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(new_token())
            with suppress(FileExistsError):  # another program was first
                os.link(name, path)
        finally:
            Path(name).unlink()
    return path.read_text("utf-8").strip()


def _cookies(header: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in header.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs}

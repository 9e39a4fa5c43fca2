"""Who may enter the page behind a reverse proxy."""

import pytest

from utawaku.library.errors import ConfigError
from utawaku.library.public_guard import PublicGuard, public_origins

ORIGIN = "https://songs.example.org"
HOST = {"host": "songs.example.org"}
BY_TOKEN = PublicGuard((ORIGIN,), "a-token")
BY_HEADER = PublicGuard((ORIGIN,), "a-token", "x-remote-user", "a secret of the proxy")
LOGGED_IN = {**HOST, "x-remote-user": "mio", "x-utawaku-proxy": "a secret of the proxy"}


def test_the_token_of_the_address_becomes_a_cookie_that_lets_in() -> None:
    assert BY_TOKEN.judge(HOST, "token=a-token").action == "welcome"
    name = BY_TOKEN.cookie_header().partition(";")[0]
    assert BY_TOKEN.judge({**HOST, "cookie": f"a=b; {name}"}, "").action == "serve"
    assert "Secure" in BY_TOKEN.cookie_header()
    assert BY_TOKEN.judge({**HOST, "authorization": "Bearer a-token"}, "").action == "serve"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "127.0.0.1:3201"},
        {"host": "songs.example.org.evil.example"},
        {**HOST, "cookie": "utawaku_public=another"},
        {**HOST, "cookie": "utawaku_public="},
        {**HOST, "cookie": "utawaku_public=\udcff", "authorization": "Bearer \udcff"},
        {**HOST, "authorization": "Bearer a-token", "origin": "https://evil.example"},
        {**HOST, "authorization": "Bearer a-token", "origin": "null"},
        {**HOST, "x-remote-user": "mio", "x-utawaku-proxy": ""},
    ],
)
def test_others_stay_outside(headers: dict[str, str]) -> None:
    assert BY_TOKEN.judge(headers, "token=b").action == "refuse"
    assert PublicGuard((ORIGIN,), "").judge(headers, "token=").action == "refuse"


def test_whom_the_proxy_has_logged_in_may_enter_and_nobody_else() -> None:
    assert BY_HEADER.judge(LOGGED_IN, "").action == "serve"
    assert BY_HEADER.user_of(LOGGED_IN) == "mio"
    for wrong in (
        {"x-remote-user": ""},
        {"x-utawaku-proxy": "guessed"},
        {"x-utawaku-proxy": ""},
        {"host": "elsewhere.example"},
        {"origin": "https://elsewhere.example"},
    ):
        assert BY_HEADER.judge({**LOGGED_IN, **wrong}, "").action == "refuse"
    # A token is no way round the log-in.
    assert BY_HEADER.judge({**HOST, "authorization": "Bearer a-token"}, "token=a-token").action == (
        "refuse"
    )
    assert "token" not in BY_HEADER.addresses("/highlights")[0]


@pytest.mark.parametrize(
    "urls", [[], ["songs.example.org"], ["https://x.example/path"], ["ftp://x.example"], [""]]
)
def test_an_address_that_nobody_can_type_is_refused(urls: list[str]) -> None:
    with pytest.raises(ConfigError):
        public_origins(urls)
    assert public_origins([f"{ORIGIN}/", ORIGIN.upper()]) == (ORIGIN,)

"""The guard of every page that is served on loopback."""

import threading
from pathlib import Path

import pytest

from utawaku.library.web_guard import Guard, lasting_token

GUARD = Guard(3200, "secret-of-this-test", "Open the whole address.")
OURS = {"host": "127.0.0.1:3200"}
BEARER = {"authorization": "Bearer secret-of-this-test"}
COOKIE = {"cookie": "theme=dark; utawaku_3200=secret-of-this-test"}


@pytest.mark.parametrize("proof", [BEARER, COOKIE])
@pytest.mark.parametrize("host", ["127.0.0.1:3200", "localhost:3200"])
def test_whoever_has_the_token_is_served(proof: dict[str, str], host: str) -> None:
    assert GUARD.judge({"host": host, **proof}, "").action == "serve"
    own_page = {"host": host, "origin": f"http://{host}", **proof}
    assert GUARD.judge(own_page, "").action == "serve"


def test_the_token_in_the_address_is_exchanged_for_a_cookie() -> None:
    assert GUARD.judge(OURS, "token=secret-of-this-test").action == "welcome"
    assert "HttpOnly" in GUARD.cookie_header()
    assert "SameSite=Strict" in GUARD.cookie_header()
    assert GUARD.address() == "http://127.0.0.1:3200/?token=secret-of-this-test"
    assert "secret" not in GUARD.address(with_token=False)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cookie": "utawaku_3200=other"},
        {"cookie": "utawaku_3201=secret-of-this-test"},
        {"authorization": "Bearer other"},
        {"authorization": "Basic secret-of-this-test"},
    ],
)
def test_without_the_right_token_there_is_nothing(headers: dict[str, str]) -> None:
    verdict = GUARD.judge({**OURS, **headers}, "token=other")
    assert (verdict.action, verdict.reason) == ("refuse", "Open the whole address.")


@pytest.mark.parametrize(
    "asked",
    [
        {"host": "other.example"},
        {"host": "127.0.0.1:3201"},
        {"host": ""},
        {**OURS, "origin": "http://other.example"},
        {**OURS, "origin": "http://127.0.0.1:3201"},
        {**OURS, "origin": "https://127.0.0.1:3200"},
        {**OURS, "origin": "null"},
    ],
)
def test_other_names_and_other_pages_are_refused_with_the_token_too(asked: dict[str, str]) -> None:
    for proof in (BEARER, COOKIE):
        assert GUARD.judge({**asked, **proof}, "").action == "refuse"
    assert GUARD.judge(asked, "token=secret-of-this-test").action == "refuse"


def test_the_token_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data" / "web-token"
    found: set[str] = set()
    makers = [threading.Thread(target=lambda: found.add(lasting_token(path))) for _ in range(8)]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join()
    assert len(found) == 1
    assert len(found.pop()) >= 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["web-token"]
